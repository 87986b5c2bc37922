//! What the driver is asked to do, and dialing.

use super::Driver;
use crate::config::MAX_PERSISTENT;
use crate::shared::Command;
use crate::{DisconnectReason, PeerKey};
use libp2p::multiaddr::Protocol;
use libp2p::swarm::DialError;
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::{Multiaddr, PeerId};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;
use tokio::net::lookup_host;
use tokio::time::{Instant, timeout};

/// How long a name may take to be resolved.
const RESOLVE_TIME: Duration = Duration::from_secs(3);
/// Addresses of one peer that was added while the node runs.
const MAX_ADDRESSES: usize = 8;
/// Addresses that one name may have.
const MAX_RESOLVED: usize = 8;

impl Driver {
    pub(super) fn on_order(&mut self, order: Command) {
        match order {
            Command::Open { peer, lane, reply } => {
                // A key that is no key has no connection either: the reply is dropped, which says so.
                if let Some(id) = peer.peer_id() {
                    self.swarm.behaviour_mut().streams.open(id, lane, reply);
                }
            }
            Command::Gossip(message) => self.publish(message),
            Command::Report { id, from, verdict } => self.judge(id, from, verdict),
            Command::Disconnect { peer, reason } => self.part(peer, reason),
            Command::Ban { peer, duration } => {
                tracing::info!(%peer, seconds = duration.as_secs(), "banned");
                self.swarm.behaviour_mut().gate.ban(peer, duration);
                self.part(peer, DisconnectReason::Banned);
            }
            Command::Dial { peer, addresses } => self.dial(peer, addresses),
            Command::Keep { peer, address, reply } => {
                // Whoever asked may have gone: nothing depends on the answer here.
                reply.send(self.keep(peer, address)).unwrap_or_default();
            }
            Command::Learned { from, list } => self.learn(from, list),
        }
    }

    /// Stays connected to `peer` from now on; whether there was room for it.
    fn keep(&mut self, peer: PeerKey, address: Multiaddr) -> bool {
        let full = self.persistent.len() >= MAX_PERSISTENT;
        if full && !self.persistent.contains_key(&peer) {
            return false;
        }
        let addresses = self.persistent.entry(peer).or_default();
        if !addresses.contains(&address) {
            if addresses.len() >= MAX_ADDRESSES {
                return false;
            }
            addresses.push(address);
        }
        self.swarm.behaviour_mut().gate.pardon(peer);
        self.update_validators();
        true
    }

    /// Takes over the newest set of validators.
    pub(super) fn update_validators(&mut self) {
        let validators = self.validators.borrow_and_update().clone();
        let mut wanted: BTreeSet<PeerKey> = self.persistent.keys().copied().collect();
        if validators.contains(&self.shared.key) {
            wanted.extend(validators.iter());
        }
        wanted.remove(&self.shared.key);
        let connections = &self.connections;
        self.dialer
            .want(&wanted, |peer| connections.contains(*peer), Instant::now());
        wanted.extend(validators.iter());
        self.swarm.behaviour_mut().gate.favour(wanted);
        self.relink();
    }

    pub(super) fn dial_due(&mut self) {
        for peer in self.dialer.due(Instant::now()) {
            let mut addresses = self.persistent.get(&peer).cloned().unwrap_or_default();
            for address in self.book.addresses(peer) {
                if !addresses.contains(&address) {
                    addresses.push(address);
                }
            }
            if addresses.iter().any(has_name) {
                self.resolve(peer, addresses);
            } else {
                self.dial(peer, addresses);
            }
        }
    }

    /// Looks names up in a task of its own, which then orders to dial.
    fn resolve(&self, peer: PeerKey, addresses: Vec<Multiaddr>) {
        let shared = self.shared.clone();
        let resolving = async move {
            let mut resolved = Vec::new();
            for address in addresses {
                if has_name(&address) {
                    resolved.extend(look_up(&address).await);
                } else {
                    resolved.push(address);
                }
            }
            let command = Command::Dial {
                peer,
                addresses: resolved,
            };
            // An error means that the network is ending.
            drop(shared.commands.send(command).await);
        };
        let stop = self.shared.stop.clone();
        self.shared.tasks.spawn(stop.run_until_cancelled_owned(resolving));
    }

    fn dial(&mut self, peer: PeerKey, addresses: Vec<Multiaddr>) {
        let id = peer
            .peer_id()
            .filter(|_| !addresses.is_empty() && !self.swarm.behaviour().gate.banned(peer));
        let Some(id) = id else {
            self.dialer.lost(peer, Instant::now());
            return;
        };
        let options = DialOpts::peer_id(id)
            .condition(PeerCondition::DisconnectedAndNotDialing)
            .addresses(addresses)
            // From the listening port, two nodes that dial each other at once would share one TCP connection that
            // each believes to have opened.
            .allocate_new_port()
            .build();
        match self.swarm.dial(options) {
            // What follows is told by events; a link that already stands was told before.
            Ok(()) => {}
            Err(DialError::DialPeerConditionFalse(_)) if self.connections.contains(peer) => {
                self.dialer.connected(peer);
            }
            Err(error) => {
                tracing::debug!(%peer, %error, "not dialed");
                self.dialer.lost(peer, Instant::now());
            }
        }
    }

    pub(super) fn on_dial_failed(&mut self, peer: Option<PeerId>, error: &DialError) {
        let Some(peer) = peer.and_then(|id| PeerKey::from_peer_id(&id)) else {
            return;
        };
        self.shared.metrics.dial_failed();
        if let DialError::WrongPeerId { obtained, address } = error {
            tracing::warn!(
                expected = %peer, found = %obtained, %address,
                "another node answers at this address: correct the peer id or the address"
            );
        } else {
            tracing::debug!(%peer, %error, "dial failed");
        }
        if !self.connections.contains(peer) {
            self.book.unreachable(peer);
            self.dialer.lost(peer, Instant::now());
        }
    }
}

fn has_name(address: &Multiaddr) -> bool {
    address
        .iter()
        .any(|part| matches!(part, Protocol::Dns(_) | Protocol::Dns4(_) | Protocol::Dns6(_)))
}

/// The addresses behind `/dns…/<name>/tcp/<port>`.
async fn look_up(address: &Multiaddr) -> Vec<Multiaddr> {
    let parts: Vec<Protocol<'_>> = address.iter().collect();
    let (name, wants): (&str, fn(IpAddr) -> bool) = match parts.first() {
        Some(Protocol::Dns(name)) => (name, |_| true),
        Some(Protocol::Dns4(name)) => (name, |ip| ip.is_ipv4()),
        Some(Protocol::Dns6(name)) => (name, |ip| ip.is_ipv6()),
        _ => return Vec::new(),
    };
    let Some(Protocol::Tcp(port)) = parts.get(1) else {
        return Vec::new();
    };
    match timeout(RESOLVE_TIME, lookup_host((name, *port))).await {
        Ok(Ok(found)) => found
            .map(|found| found.ip())
            .filter(|ip| wants(*ip))
            .take(MAX_RESOLVED)
            .map(|ip| Multiaddr::from(ip).with(Protocol::Tcp(*port)))
            .collect(),
        Ok(Err(error)) => {
            tracing::debug!(%address, %error, "the name was not resolved");
            Vec::new()
        }
        Err(_) => {
            tracing::debug!(%address, "the name was not resolved in time");
            Vec::new()
        }
    }
}
