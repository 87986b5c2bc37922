//! The task that owns the swarm. It never waits for anybody: whoever may be slow has a task of its own.

mod addresses;
mod behaviour;
mod connections;
mod gossip;
mod orders;
mod peers;

use behaviour::topic;
pub(crate) use behaviour::{Behaviour, BehaviourEvent};

use crate::book::Book;
use crate::config::PersistentPeer;
use crate::dialer::Dialer;
use crate::shared::{Command, Shared};
use crate::streams::Protocols;
use crate::{DisconnectReason, PeerKey};
use connections::Connections;
use futures::StreamExt;
use gossip::Rejections;
use libp2p::gossipsub::IdentTopic;
use libp2p::swarm::SwarmEvent;
use libp2p::{Multiaddr, Swarm};
use peers::Link;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};

/// How often the driver looks after what no event reminds it of.
const UPKEEP: Duration = Duration::from_secs(1);
/// How long peers get to hear that this node leaves, and its tasks to end.
const FAREWELL: Duration = Duration::from_secs(2);

pub(crate) struct Driver {
    swarm: Swarm<Behaviour>,
    shared: Arc<Shared>,
    protocols: Protocols,
    topic: IdentTopic,
    orders: mpsc::Receiver<Command>,
    validators: watch::Receiver<Arc<BTreeSet<PeerKey>>>,
    /// Addresses from the configuration.
    persistent: BTreeMap<PeerKey, Vec<Multiaddr>>,
    dialer: Dialer,
    book: Book,
    connections: Connections,
    /// The direct streams of each validator.
    links: BTreeMap<PeerKey, Link>,
    /// Why this node closes its links to a peer, until the last one is gone.
    parting: BTreeMap<PeerKey, DisconnectReason>,
    rejections: Rejections,
    /// When a peer was last asked for addresses.
    asked: Option<Instant>,
    /// Who that was.
    last_asked: Option<PeerKey>,
}

impl Driver {
    pub(crate) fn new(
        swarm: Swarm<Behaviour>,
        shared: Arc<Shared>,
        protocols: Protocols,
        peers: Vec<PersistentPeer>,
        orders: mpsc::Receiver<Command>,
    ) -> Self {
        let mut persistent: BTreeMap<PeerKey, Vec<Multiaddr>> = BTreeMap::new();
        for peer in peers {
            persistent.entry(peer.key).or_default().push(peer.address);
        }
        // Chance only has to differ between nodes.
        let seed = shared
            .key
            .as_bytes()
            .iter()
            .fold(0u64, |seed, byte| seed.rotate_left(7) ^ u64::from(*byte));
        Self {
            swarm,
            topic: topic(&protocols),
            protocols,
            orders,
            validators: shared.validators.subscribe(),
            persistent,
            dialer: Dialer::new(&shared.config.dial, seed),
            book: Book::default(),
            connections: Connections::default(),
            links: BTreeMap::new(),
            parting: BTreeMap::new(),
            rejections: Rejections::new(shared.config.gossip.max_rejected_per_minute),
            asked: None,
            last_asked: None,
            shared,
        }
    }

    /// Runs until the network is to stop. `early` is what the swarm told before.
    pub(crate) async fn run(mut self, early: Vec<SwarmEvent<BehaviourEvent>>) {
        let shared = self.shared.clone();
        let _end = End(shared.clone());
        early.into_iter().for_each(|event| self.on_swarm_event(event));
        let mut upkeep = interval(UPKEEP);
        upkeep.set_missed_tick_behavior(MissedTickBehavior::Delay);
        self.update_validators();
        loop {
            let next_dial = self.dialer.next_due();
            let dial = async {
                match next_dial {
                    Some(at) => sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = shared.stop.cancelled() => break,
                event = self.swarm.select_next_some() => self.on_swarm_event(event),
                Some(order) = self.orders.recv() => self.on_order(order),
                Ok(()) = self.validators.changed() => self.update_validators(),
                () = dial => self.dial_due(),
                _ = upkeep.tick() => self.upkeep(),
            }
        }
        self.stop().await;
    }

    fn on_swarm_event(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::Behaviour(event) => self.on_behaviour_event(event),
            SwarmEvent::ConnectionEstablished {
                peer_id,
                connection_id,
                endpoint,
                ..
            } => self.on_established(peer_id, connection_id, &endpoint),
            SwarmEvent::ConnectionClosed {
                peer_id,
                connection_id,
                cause,
                ..
            } => self.on_closed(peer_id, connection_id, cause.map(|cause| cause.to_string())),
            SwarmEvent::OutgoingConnectionError { peer_id, error, .. } => {
                self.on_dial_failed(peer_id, &error)
            }
            SwarmEvent::IncomingConnectionError {
                send_back_addr,
                error,
                ..
            } => {
                tracing::debug!(from = %send_back_addr, %error, "an incoming connection failed");
            }
            SwarmEvent::NewListenAddr { address, .. } => {
                let mut local = self.shared.local();
                if !local.contains(&address) {
                    local.push(address);
                }
            }
            SwarmEvent::ExpiredListenAddr { address, .. } => {
                self.shared.local().retain(|old| *old != address)
            }
            SwarmEvent::ListenerError { error, .. } => tracing::warn!(%error, "a listener failed once"),
            SwarmEvent::ListenerClosed {
                addresses, reason, ..
            } => {
                tracing::error!(
                    ?addresses,
                    ?reason,
                    "a listener is gone: new peers cannot reach this node there"
                );
                self.shared.local().retain(|old| !addresses.contains(old));
            }
            _ => {}
        }
    }

    fn on_behaviour_event(&mut self, event: BehaviourEvent) {
        match event {
            BehaviourEvent::Streams(inbound) => self.on_stream(inbound),
            BehaviourEvent::Identify(event) => self.on_identify(event),
            BehaviourEvent::Ping(event) => self.on_ping(&event),
            BehaviourEvent::Gossip(event) => self.on_gossip(event),
            BehaviourEvent::Gate(never) => match never {},
        }
    }

    fn upkeep(&mut self) {
        self.drop_unidentified();
        self.rejections.forget_old(Instant::now());
        for peer in self.shared.peers().values() {
            let pending: usize = crate::Class::ALL
                .iter()
                .map(|class| peer.outbox(*class).pending_bytes())
                .sum();
            self.shared.metrics.pending(peer.key, pending);
        }
        self.ask_for_addresses();
    }

    async fn stop(mut self) {
        tracing::info!("network stopping");
        let peers: Vec<PeerKey> = self.connections.peers().collect();
        for peer in peers {
            self.part(peer, DisconnectReason::ShuttingDown);
        }
        let closing = async {
            while self.swarm.network_info().num_peers() > 0 {
                let event = self.swarm.select_next_some().await;
                self.on_swarm_event(event);
            }
        };
        if timeout(FAREWELL, closing).await.is_err() {
            tracing::debug!("not every peer closed its links in time");
        }
        let shared = self.shared.clone();
        // The sockets go with the swarm.
        drop(self);
        shared.tasks.close();
        if timeout(FAREWELL, shared.tasks.wait()).await.is_err() {
            tracing::warn!("not every network task ended in time");
        }
        tracing::info!("network stopped");
    }
}

/// Tells everyone that the network has ended, however it did.
struct End(Arc<Shared>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.stop.cancel();
        self.0.inbox.close();
        self.0.ended.cancel();
    }
}
