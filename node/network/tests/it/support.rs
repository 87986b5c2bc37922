//! Nodes for tests. Deadlines are generous: they only end tests that would never end.

use bytes::Bytes;
use palisade_network::{
    Class, Config, DisconnectReason, Event, Events, Handle, Identity, Metrics, Network, NetworkError,
    PeerKey, SendError,
};
use primitives::ChainHash;
use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;
use tokio::time::{sleep, timeout};

pub(crate) const DEADLINE: Duration = Duration::from_secs(60);
pub(crate) const CHAIN: ChainHash = ChainHash::new([0xc4; 32]);

pub(crate) struct Node {
    pub(crate) handle: Handle,
    pub(crate) events: Events,
    pub(crate) metrics: Metrics,
    pub(crate) key: PeerKey,
}

pub(crate) fn identity(number: u8) -> Identity {
    Identity::from_secret(&mut [number; 32]).unwrap()
}

pub(crate) fn key(number: u8) -> PeerKey {
    identity(number).key()
}

/// Waits for `future`, or fails saying what was waited for.
pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    timeout(DEADLINE, future)
        .await
        .unwrap_or_else(|_| panic!("waited in vain: {what}"))
}

/// Waits until `holds`.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    within(what, async {
        while !holds() {
            sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
}

impl Node {
    pub(crate) async fn try_start(
        number: u8,
        chain: ChainHash,
        config: Config,
    ) -> Result<Self, NetworkError> {
        let metrics = Metrics::default();
        let identity = identity(number);
        let key = identity.key();
        let (handle, events) = Network::start(config, identity, chain, metrics.clone()).await?;
        Ok(Self {
            handle,
            events,
            metrics,
            key,
        })
    }

    pub(crate) async fn start(number: u8, config: Config) -> Self {
        Self::try_start(number, CHAIN, config).await.unwrap()
    }

    /// A node that dials `others`.
    pub(crate) async fn dialing(number: u8, others: &[&Self]) -> Self {
        Self::start(number, dialing(others)).await
    }

    /// The next event that `pick` takes; others are dropped.
    pub(crate) async fn next<T>(&mut self, what: &str, mut pick: impl FnMut(Event) -> Option<T>) -> T {
        within(what, async {
            loop {
                let event = self.events.recv().await.expect("the network runs");
                if let Some(picked) = pick(event) {
                    return picked;
                }
            }
        })
        .await
    }

    pub(crate) async fn connected(&mut self) -> PeerKey {
        self.next("a peer", |event| match event {
            Event::Connected(peer) => Some(peer),
            _ => None,
        })
        .await
    }

    pub(crate) async fn disconnected(&mut self) -> (PeerKey, DisconnectReason) {
        self.next("the end of a link", |event| match event {
            Event::Disconnected(peer, reason) => Some((peer, reason)),
            _ => None,
        })
        .await
    }

    pub(crate) async fn frame(&mut self, wanted: Class) -> (PeerKey, Bytes) {
        self.next("a frame", |event| match event {
            Event::Frame { from, class, bytes } if class == wanted => Some((from, bytes)),
            _ => None,
        })
        .await
    }

    /// Waits until frames can go to `other`.
    pub(crate) async fn linked(&self, other: &Self) {
        until("a link", || self.handle.linked().contains(&other.key)).await;
    }

    /// Sends `text` again and again until `other` has it: streams may be in the making, and frames are not
    /// promised.
    pub(crate) async fn reaches(&self, other: &mut Self, class: Class, text: &'static str) {
        within(&format!("{text:?} to arrive"), async {
            loop {
                // No stream yet: the next turn tries again.
                let _sent: Result<(), SendError> = self.handle.send(other.key, class, text.into());
                let wait = timeout(Duration::from_millis(100), other.frame(class)).await;
                if wait.is_ok_and(|(from, bytes)| from == self.key && bytes == text) {
                    return;
                }
            }
        })
        .await;
    }
}

pub(crate) fn dialing(others: &[&Node]) -> Config {
    Config {
        persistent_peers: others
            .iter()
            .flat_map(|other| other.handle.dial_addresses())
            .collect(),
        ..Config::default()
    }
}

/// `count` validators, each connected and linked to each.
pub(crate) async fn mesh(count: u8) -> Vec<Node> {
    mesh_with(count, |_| Config::default()).await
}

pub(crate) async fn mesh_with(count: u8, config: impl Fn(u8) -> Config) -> Vec<Node> {
    let mut nodes: Vec<Node> = Vec::new();
    for number in 1..=count {
        let others: Vec<&Node> = nodes.iter().collect();
        let config = Config {
            persistent_peers: dialing(&others).persistent_peers,
            ..config(number)
        };
        nodes.push(Node::start(number, config).await);
    }
    let keys: Vec<PeerKey> = nodes.iter().map(|node| node.key).collect();
    for node in &nodes {
        node.handle.set_validators(keys.clone());
    }
    for node in &mut nodes {
        // A peer that goes before the owner has heard of it is not told at all: hear of everyone first.
        for _ in 1..count {
            node.connected().await;
        }
        until("a full mesh", || node.handle.linked().len() == keys.len() - 1).await;
    }
    nodes
}

/// Takes frames of `class` until there are `count` of them; gives them by sender.
pub(crate) async fn frames(node: &mut Node, class: Class, count: usize) -> BTreeMap<PeerKey, Vec<Bytes>> {
    let mut taken: BTreeMap<PeerKey, Vec<Bytes>> = BTreeMap::new();
    for _ in 0..count {
        let (from, bytes) = node.frame(class).await;
        taken.entry(from).or_default().push(bytes);
    }
    taken
}

pub(crate) async fn stop(nodes: Vec<Node>) {
    for node in nodes {
        within("a clean end", node.handle.shutdown()).await;
    }
}
