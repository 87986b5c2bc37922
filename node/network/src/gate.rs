//! Which connections may be: bounds in total, per address and of handshakes, and bans.

use crate::config::LimitsConfig;
use crate::{Metrics, PeerKey};
use libp2p::core::Endpoint;
use libp2p::core::transport::PortUse;
use libp2p::multiaddr::Protocol;
use libp2p::swarm::{
    ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent, THandlerOutEvent,
    ToSwarm, dummy,
};
use libp2p::{Multiaddr, PeerId};
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::net::IpAddr;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Instant;

/// Why a connection is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("too many handshakes are under way")]
    Handshakes,
    #[error("too many connections from its address")]
    Address,
    #[error("too many connections")]
    Total,
    #[error("the peer is banned")]
    Banned,
    #[error("the peer's key is not an ed25519 one")]
    Key,
}

impl Refusal {
    const fn label(self) -> &'static str {
        match self {
            Self::Handshakes => "handshakes",
            Self::Address => "address",
            Self::Total => "total",
            Self::Banned => "banned",
            Self::Key => "key",
        }
    }
}

const MAX_BANS: usize = 4_096;
const LONGEST_BAN: Duration = Duration::from_secs(366 * 24 * 3_600);

/// Refuses connections. It must stand first among the behaviours, so that no other one hears of what it refuses.
#[derive(Debug)]
pub(crate) struct Gate {
    limits: LimitsConfig,
    metrics: Metrics,
    /// Incoming connections that have not proven who they are.
    handshakes: BTreeSet<ConnectionId>,
    /// The address of every incoming connection, also of those that are being made.
    addresses: BTreeMap<ConnectionId, IpAddr>,
    /// Established connections that count against the total.
    counted: BTreeSet<ConnectionId>,
    /// Validators and persistent peers: they do not count, or strangers could keep them out.
    favoured: BTreeSet<PeerKey>,
    bans: BTreeMap<PeerKey, Instant>,
}

impl Gate {
    pub(crate) const fn new(limits: LimitsConfig, metrics: Metrics) -> Self {
        Self {
            limits,
            metrics,
            handshakes: BTreeSet::new(),
            addresses: BTreeMap::new(),
            counted: BTreeSet::new(),
            favoured: BTreeSet::new(),
            bans: BTreeMap::new(),
        }
    }

    pub(crate) fn favour(&mut self, peers: BTreeSet<PeerKey>) {
        self.favoured = peers;
    }

    pub(crate) fn ban(&mut self, peer: PeerKey, duration: Duration) {
        let now = Instant::now();
        self.bans.retain(|_, until| *until > now);
        if self.bans.len() >= MAX_BANS
            && let Some(first) = self
                .bans
                .iter()
                .min_by_key(|(_, until)| **until)
                .map(|(peer, _)| *peer)
        {
            self.bans.remove(&first);
        }
        self.bans.insert(peer, now + duration.min(LONGEST_BAN));
    }

    /// Lets the peer in again.
    pub(crate) fn pardon(&mut self, peer: PeerKey) {
        self.bans.remove(&peer);
    }

    pub(crate) fn banned(&self, peer: PeerKey) -> bool {
        self.bans.get(&peer).is_some_and(|until| *until > Instant::now())
    }

    fn check_pending(&mut self, id: ConnectionId, from: &Multiaddr) -> Result<(), Refusal> {
        if self.handshakes.len() >= self.limits.max_handshakes {
            return Err(Refusal::Handshakes);
        }
        if let Some(ip) = ip(from)
            && !ip.is_loopback()
        {
            let same = self.addresses.values().filter(|other| **other == ip).count();
            if same >= self.limits.max_connections_per_ip {
                return Err(Refusal::Address);
            }
            self.addresses.insert(id, ip);
        }
        self.handshakes.insert(id);
        Ok(())
    }

    fn check_established(&mut self, id: ConnectionId, peer: PeerId) -> Result<(), Refusal> {
        self.handshakes.remove(&id);
        let key = PeerKey::from_peer_id(&peer).ok_or(Refusal::Key)?;
        if self.banned(key) {
            return Err(Refusal::Banned);
        }
        if self.favoured.contains(&key) {
            return Ok(());
        }
        if self.counted.len() >= self.limits.max_connections {
            return Err(Refusal::Total);
        }
        self.counted.insert(id);
        Ok(())
    }

    fn decide(&self, result: Result<(), Refusal>) -> Result<(), ConnectionDenied> {
        result.map_err(|refusal| {
            self.metrics.refused(refusal.label());
            ConnectionDenied::new(refusal)
        })
    }

    fn forget(&mut self, id: ConnectionId) {
        self.handshakes.remove(&id);
        self.addresses.remove(&id);
        self.counted.remove(&id);
    }
}

/// The IP address in `address`.
pub(crate) fn ip(address: &Multiaddr) -> Option<IpAddr> {
    address.iter().find_map(|part| match part {
        Protocol::Ip4(ip) => Some(IpAddr::V4(ip)),
        Protocol::Ip6(ip) => Some(IpAddr::V6(ip)),
        _ => None,
    })
}

impl NetworkBehaviour for Gate {
    type ConnectionHandler = dummy::ConnectionHandler;
    type ToSwarm = Infallible;

    fn handle_pending_inbound_connection(
        &mut self,
        id: ConnectionId,
        _: &Multiaddr,
        from: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        let result = self.check_pending(id, from);
        self.decide(result)
    }

    fn handle_established_inbound_connection(
        &mut self,
        id: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        let result = self.check_established(id, peer);
        self.decide(result).map(|()| dummy::ConnectionHandler)
    }

    fn handle_established_outbound_connection(
        &mut self,
        id: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        let result = self.check_established(id, peer);
        self.decide(result).map(|()| dummy::ConnectionHandler)
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match event {
            FromSwarm::ConnectionClosed(closed) => self.forget(closed.connection_id),
            FromSwarm::ListenFailure(failed) => self.forget(failed.connection_id),
            FromSwarm::DialFailure(failed) => self.forget(failed.connection_id),
            _ => {}
        }
    }

    fn on_connection_handler_event(&mut self, _: PeerId, _: ConnectionId, event: THandlerOutEvent<Self>) {
        match event {}
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Identity;

    fn gate() -> Gate {
        let limits = LimitsConfig {
            max_connections: 2,
            max_connections_per_peer: 2,
            max_connections_per_ip: 2,
            max_handshakes: 3,
        };
        Gate::new(limits, Metrics::default())
    }

    fn id(number: usize) -> ConnectionId {
        ConnectionId::new_unchecked(number)
    }

    fn peer(number: u8) -> Identity {
        Identity::from_secret(&mut [number; 32]).unwrap()
    }

    #[test]
    fn handshakes_are_bounded_and_their_places_come_back() {
        let mut gate = gate();
        let local: Multiaddr = "/ip4/127.0.0.1/tcp/1".parse().unwrap();
        for number in 0..3 {
            gate.check_pending(id(number), &local).unwrap();
        }
        assert_eq!(gate.check_pending(id(3), &local), Err(Refusal::Handshakes));
        gate.forget(id(0));
        gate.check_pending(id(3), &local).unwrap();
    }

    #[test]
    fn one_address_gets_a_bounded_number_and_loopback_is_exempt() {
        let mut gate = gate();
        let stranger: Multiaddr = "/ip4/203.0.113.7/tcp/1".parse().unwrap();
        gate.check_pending(id(0), &stranger).unwrap();
        gate.check_pending(id(1), &stranger).unwrap();
        assert_eq!(gate.check_pending(id(2), &stranger), Err(Refusal::Address));
        gate.check_pending(id(2), &"/ip4/203.0.113.8/tcp/1".parse().unwrap())
            .unwrap();
    }

    #[test]
    fn strangers_cannot_keep_a_validator_out() {
        let mut gate = gate();
        gate.check_established(id(0), peer(1).peer_id()).unwrap();
        gate.check_established(id(1), peer(2).peer_id()).unwrap();
        assert_eq!(
            gate.check_established(id(2), peer(3).peer_id()),
            Err(Refusal::Total)
        );
        gate.favour([peer(3).key()].into());
        assert_eq!(gate.check_established(id(2), peer(3).peer_id()), Ok(()));
    }

    #[test]
    fn a_banned_peer_is_refused_and_bans_are_bounded() {
        let mut gate = gate();
        gate.ban(peer(1).key(), Duration::from_secs(60));
        assert_eq!(
            gate.check_established(id(0), peer(1).peer_id()),
            Err(Refusal::Banned)
        );
        for number in 0..MAX_BANS {
            let mut bytes = [0; 32];
            bytes[..8].copy_from_slice(&number.to_be_bytes());
            gate.ban(PeerKey(bytes), Duration::from_secs(120));
        }
        assert_eq!(gate.bans.len(), MAX_BANS);
        assert!(!gate.banned(peer(1).key()), "the ban that ends first gives way");
    }
}
