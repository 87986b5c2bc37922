//! Peers that come and go.

use super::Driver;
use super::connections::Connection;
use crate::shared::{Direction, Peer};
use crate::streams::{Inbound, Lane};
use crate::{Class, DisconnectReason, PeerKey, links, request};
use libp2p::core::ConnectedPoint;
use libp2p::swarm::ConnectionId;
use libp2p::{PeerId, Stream, identify, ping};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How long a peer may take to say which chain it is on.
const IDENTIFY_TIME: Duration = Duration::from_secs(10);
/// Failed pings in a row that end a link.
const MAX_FAILED_PINGS: u32 = 2;

/// The direct streams of one validator.
#[derive(Debug)]
pub(super) struct Link {
    /// Ends both writers and both readers.
    token: CancellationToken,
    /// Ends the reader of each class: a newer stream takes its place.
    readers: [Option<CancellationToken>; 2],
}

impl Driver {
    pub(super) fn on_established(&mut self, peer: PeerId, id: ConnectionId, endpoint: &ConnectedPoint) {
        // The gate lets nobody in whose key is of another kind.
        let Some(key) = PeerKey::from_peer_id(&peer) else {
            return;
        };
        let connection = Connection {
            id,
            since: Instant::now(),
            direction: if endpoint.is_dialer() {
                Direction::Outbound
            } else {
                Direction::Inbound
            },
            address: endpoint.get_remote_address().clone(),
            failed_pings: 0,
        };
        tracing::debug!(peer = %key, address = %connection.address, direction = ?connection.direction, "link");
        for old in self.connections.add(
            key,
            connection,
            self.shared.config.limits.max_connections_per_peer,
        ) {
            self.swarm.close_connection(old);
        }
        self.dialer.connected(key);
        if self.parting.contains_key(&key) {
            // It came while its older links were being closed.
            self.swarm.close_connection(id);
        }
    }

    pub(super) fn on_closed(&mut self, peer: PeerId, id: ConnectionId, cause: Option<String>) {
        let Some(key) = PeerKey::from_peer_id(&peer) else {
            return;
        };
        if !self.connections.remove(key, id) {
            return;
        }
        let reason = self
            .parting
            .remove(&key)
            .unwrap_or_else(|| cause.map_or(DisconnectReason::ClosedByPeer, DisconnectReason::LinkLost));
        match reason {
            DisconnectReason::WrongChain => self.dialer.wrong_chain(key, Instant::now()),
            _ => self.dialer.lost(key, Instant::now()),
        }
        self.retire(key, reason);
    }

    /// Closes every link to `peer`.
    pub(super) fn part(&mut self, peer: PeerKey, reason: DisconnectReason) {
        if let Some(id) = peer.peer_id()
            && self.connections.contains(peer)
        {
            // The first reason is the true one.
            self.parting.entry(peer).or_insert(reason);
            if self.swarm.disconnect_peer_id(id).is_err() {
                self.parting.remove(&peer);
            }
        }
    }

    /// Takes in a peer that has proven to be on this chain.
    pub(super) fn admit(&mut self, key: PeerKey) {
        if self.shared.peers().contains_key(&key) || self.parting.contains_key(&key) {
            return;
        }
        let (Some(first), Some(id)) = (self.connections.first(key), key.peer_id()) else {
            return;
        };
        let address = first.address.to_string();
        tracing::info!(peer = %key, %address, direction = ?first.direction, "peer connected");
        let peer = Arc::new(Peer::new(&self.shared, key, id, address, first.direction));
        self.shared.peers_mut().insert(key, peer);
        self.dialer.admitted(key);
        self.count_peers();
        self.relink();
        self.shared.inbox.connected(key);
    }

    fn retire(&mut self, key: PeerKey, reason: DisconnectReason) {
        self.shared.metrics.disconnected(&reason);
        let Some(peer) = self.shared.peers_mut().remove(&key) else {
            tracing::debug!(peer = %key, %reason, "a link ended before the peer was known");
            return;
        };
        tracing::info!(peer = %key, %reason, "peer disconnected");
        peer.gone.cancel();
        self.links.remove(&key);
        for class in Class::ALL {
            let lost = peer.outbox(class).clear();
            self.shared.metrics.dropped(class.name(), "disconnected", lost);
        }
        self.shared.metrics.forget(key);
        self.count_peers();
        self.shared.inbox.disconnected(key, reason);
    }

    fn count_peers(&self) {
        self.shared.metrics.peers(self.shared.peers().len());
    }

    /// Gives direct streams to the validators among the peers, and takes them from everyone else.
    pub(super) fn relink(&mut self) {
        let validators = self.validators.borrow().clone();
        let ours = validators.contains(&self.shared.key);
        let peers: Vec<Arc<Peer>> = self.shared.peers().values().cloned().collect();
        for peer in peers {
            let validator = validators.contains(&peer.key);
            peer.validator.store(validator, Ordering::Relaxed);
            let linked = ours && validator;
            if linked && !self.links.contains_key(&peer.key) {
                self.link(&peer);
            } else if !linked && let Some(link) = self.links.remove(&peer.key) {
                peer.linked.store(false, Ordering::Release);
                link.token.cancel();
                for class in Class::ALL {
                    let lost = peer.outbox(class).clear();
                    self.shared.metrics.dropped(class.name(), "no_validator", lost);
                }
            }
        }
    }

    fn link(&mut self, peer: &Arc<Peer>) {
        let token = peer.gone.child_token();
        for class in Class::ALL {
            let writing = links::write(self.shared.clone(), peer.clone(), class);
            self.shared
                .tasks
                .spawn(token.clone().run_until_cancelled_owned(writing));
        }
        let readers = [None, None];
        self.links.insert(peer.key, Link { token, readers });
        peer.linked.store(true, Ordering::Release);
    }

    pub(super) fn on_stream(&mut self, inbound: Inbound) {
        let Inbound { peer, lane, stream } = inbound;
        let Some(key) = PeerKey::from_peer_id(&peer) else {
            return;
        };
        // Our protocols have the chain in their names: whoever speaks them is on this chain.
        self.admit(key);
        let Some(peer) = self.shared.peer(key) else {
            return;
        };
        match lane {
            Lane::Consensus => self.accept(&peer, Class::Consensus, stream),
            Lane::Transactions => self.accept(&peer, Class::Transactions, stream),
            Lane::Request => {
                let serving = request::serve(self.shared.clone(), peer.clone(), stream);
                self.shared
                    .tasks
                    .spawn(peer.gone.clone().run_until_cancelled_owned(serving));
            }
            Lane::Addresses => self.tell_addresses(stream),
        }
    }

    /// Reads a direct stream in place of an older one. Whoever is no validator gets its stream closed.
    fn accept(&mut self, peer: &Arc<Peer>, class: Class, stream: Stream) {
        let Some(link) = self.links.get_mut(&peer.key) else {
            tracing::debug!(peer = %peer.key, class = class.name(), "refused a direct stream: not both are validators");
            return;
        };
        let [consensus, transactions] = &mut link.readers;
        let place = match class {
            Class::Consensus => consensus,
            Class::Transactions => transactions,
        };
        let token = link.token.child_token();
        if let Some(older) = place.replace(token.clone()) {
            older.cancel();
        }
        let reading = links::read(self.shared.clone(), peer.clone(), class, stream);
        self.shared.tasks.spawn(token.run_until_cancelled_owned(reading));
    }

    pub(super) fn on_identify(&mut self, event: identify::Event) {
        let identify::Event::Received { peer_id, info, .. } = event else {
            return;
        };
        let Some(key) = PeerKey::from_peer_id(&peer_id) else {
            return;
        };
        if info.protocol_version != self.protocols.prefix() {
            let theirs: String = info.protocol_version.chars().take(64).collect();
            tracing::warn!(
                peer = %key, ours = self.protocols.prefix(), ?theirs,
                "refused a peer on another chain: compare the genesis files"
            );
            self.shared.metrics.refused("wrong_chain");
            self.part(key, DisconnectReason::WrongChain);
            return;
        }
        let link = self.connections.ip(key);
        self.book.own(key, &info.listen_addrs, link);
        self.admit(key);
    }

    pub(super) fn on_ping(&mut self, event: &ping::Event) {
        let Some(key) = PeerKey::from_peer_id(&event.peer) else {
            return;
        };
        let Some(connection) = self.connections.find(key, event.connection) else {
            return;
        };
        match &event.result {
            Ok(rtt) => {
                connection.failed_pings = 0;
                if let Some(peer) = self.shared.peer(key) {
                    let micros = u64::try_from(rtt.as_micros()).unwrap_or(u64::MAX);
                    peer.rtt.store(micros.max(1), Ordering::Relaxed);
                }
            }
            Err(error) => {
                connection.failed_pings += 1;
                let failed = connection.failed_pings;
                tracing::debug!(peer = %key, %error, failed, "ping failed");
                if failed >= MAX_FAILED_PINGS {
                    if self.connections.count(key) == 1 {
                        self.parting.entry(key).or_insert(DisconnectReason::Unresponsive);
                    }
                    self.swarm.close_connection(event.connection);
                }
            }
        }
    }

    /// Ends the links of peers that did not say in time which chain they are on.
    pub(super) fn drop_unidentified(&mut self) {
        let now = Instant::now();
        let late = |peer: &PeerKey| {
            let since = self.connections.first(*peer).map(|first| first.since);
            since.is_some_and(|since| now.duration_since(since) > IDENTIFY_TIME)
        };
        let known = self.shared.peers();
        let strangers = self.connections.peers().filter(|peer| !known.contains_key(peer));
        let late: Vec<PeerKey> = strangers.filter(late).collect();
        drop(known);
        for peer in late {
            self.part(peer, DisconnectReason::Unidentified);
        }
    }
}
