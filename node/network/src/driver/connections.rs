//! The connections of every peer, also of those that have not said yet which chain they are on.

use crate::PeerKey;
use crate::gate::ip;
use crate::shared::Direction;
use libp2p::Multiaddr;
use libp2p::swarm::ConnectionId;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;
use tokio::time::Instant;

/// A peer dials only when it believes that it has no link. So when it dials, its links that are older than this are
/// dead, even if this side's system has not noticed yet. Younger ones may come from both sides dialing at once.
const STALE: Duration = Duration::from_secs(5);

#[derive(Clone, Debug)]
pub(super) struct Connection {
    pub(super) id: ConnectionId,
    pub(super) since: Instant,
    pub(super) direction: Direction,
    pub(super) address: Multiaddr,
    /// Pings that failed in a row.
    pub(super) failed_pings: u32,
}

/// Connections per peer, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Connections(BTreeMap<PeerKey, Vec<Connection>>);

impl Connections {
    /// Adds a connection; gives those that are to be closed for it.
    pub(super) fn add(&mut self, peer: PeerKey, new: Connection, limit: usize) -> Vec<ConnectionId> {
        let all = self.0.entry(peer).or_default();
        let inbound = new.direction == Direction::Inbound;
        let stale = |old: &&Connection| inbound && new.since.duration_since(old.since) > STALE;
        let mut close: Vec<ConnectionId> = all.iter().filter(stale).map(|old| old.id).collect();
        let excess = (all.len() + 1).saturating_sub(close.len()).saturating_sub(limit);
        let young = all
            .iter()
            .map(|old| old.id)
            .filter(|id| !close.contains(id))
            .take(excess);
        let young: Vec<ConnectionId> = young.collect();
        close.extend(young);
        all.push(new);
        close
    }

    /// Removes a connection; gives whether it was the peer's last.
    pub(super) fn remove(&mut self, peer: PeerKey, id: ConnectionId) -> bool {
        let Some(all) = self.0.get_mut(&peer) else {
            return false;
        };
        all.retain(|connection| connection.id != id);
        if all.is_empty() {
            self.0.remove(&peer);
            return true;
        }
        false
    }

    pub(super) fn contains(&self, peer: PeerKey) -> bool {
        self.0.contains_key(&peer)
    }

    pub(super) fn peers(&self) -> impl Iterator<Item = PeerKey> + '_ {
        self.0.keys().copied()
    }

    /// How many connections `peer` has.
    pub(super) fn count(&self, peer: PeerKey) -> usize {
        self.0.get(&peer).map_or(0, Vec::len)
    }

    /// The oldest connection of `peer`.
    pub(super) fn first(&self, peer: PeerKey) -> Option<&Connection> {
        self.0.get(&peer)?.first()
    }

    pub(super) fn find(&mut self, peer: PeerKey, id: ConnectionId) -> Option<&mut Connection> {
        self.0
            .get_mut(&peer)?
            .iter_mut()
            .find(|connection| connection.id == id)
    }

    /// The IP address at the other end of the oldest connection of `peer`.
    pub(super) fn ip(&self, peer: PeerKey) -> Option<IpAddr> {
        self.first(peer).and_then(|connection| ip(&connection.address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: PeerKey = PeerKey([1; 32]);

    fn connection(number: usize, since: Instant, direction: Direction) -> Connection {
        Connection {
            id: ConnectionId::new_unchecked(number),
            since,
            direction,
            address: Multiaddr::empty(),
            failed_pings: 0,
        }
    }

    fn numbers(range: std::ops::Range<usize>) -> Vec<ConnectionId> {
        range.map(ConnectionId::new_unchecked).collect()
    }

    #[test]
    fn links_of_one_instant_stay_whoever_dialed() {
        let mut connections = Connections::default();
        let now = Instant::now();
        assert!(
            connections
                .add(PEER, connection(0, now, Direction::Outbound), 4)
                .is_empty()
        );
        let later = now + Duration::from_secs(1);
        assert!(
            connections
                .add(PEER, connection(1, later, Direction::Inbound), 4)
                .is_empty()
        );
        assert!(!connections.remove(PEER, ConnectionId::new_unchecked(0)));
        assert!(connections.contains(PEER));
        assert!(connections.remove(PEER, ConnectionId::new_unchecked(1)));
    }

    #[test]
    fn a_peer_that_dials_again_has_lost_its_old_links() {
        let mut connections = Connections::default();
        let now = Instant::now();
        connections.add(PEER, connection(0, now, Direction::Outbound), 4);
        connections.add(PEER, connection(1, now, Direction::Inbound), 4);
        let later = now + Duration::from_secs(60);
        assert_eq!(
            connections.add(PEER, connection(2, later, Direction::Inbound), 4),
            numbers(0..2)
        );
    }

    #[test]
    fn one_link_too_many_closes_the_oldest() {
        let mut connections = Connections::default();
        let now = Instant::now();
        for number in 0..2 {
            assert!(
                connections
                    .add(PEER, connection(number, now, Direction::Inbound), 2)
                    .is_empty()
            );
        }
        assert_eq!(
            connections.add(PEER, connection(2, now, Direction::Inbound), 2),
            numbers(0..1)
        );
    }
}
