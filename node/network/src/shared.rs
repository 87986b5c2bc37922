//! What the driver, its tasks and the handles all see.

use crate::inbox::{Inbox, Share};
use crate::outbox::{Outbox, Overflow, Room};
use crate::shaper::Shaper;
use crate::streams::{Lane, OpenError};
use crate::{Class, Config, DisconnectReason, GossipId, Metrics, PeerKey, Verdict};
use bytes::Bytes;
use libp2p::{Multiaddr, PeerId, Stream};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What the driver is asked to do.
#[derive(Debug)]
pub(crate) enum Command {
    Open {
        peer: PeerKey,
        lane: Lane,
        reply: oneshot::Sender<Result<Stream, OpenError>>,
    },
    Gossip(Bytes),
    Report {
        id: GossipId,
        from: PeerKey,
        verdict: Verdict,
    },
    Disconnect {
        peer: PeerKey,
        reason: DisconnectReason,
    },
    Ban {
        peer: PeerKey,
        duration: Duration,
    },
    /// The addresses that `peer` was found to have, names resolved: dial them.
    Dial {
        peer: PeerKey,
        addresses: Vec<Multiaddr>,
    },
    /// Stay connected to `peer`, which is at `address`; says whether there is room for it.
    Keep {
        peer: PeerKey,
        address: Multiaddr,
        reply: oneshot::Sender<bool>,
    },
    /// Addresses of validators that a peer told.
    Learned {
        from: PeerKey,
        list: Vec<(PeerKey, Vec<Multiaddr>)>,
    },
}

/// Who opened a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// The peer.
    Inbound,
    /// This node.
    Outbound,
}

/// A connected peer, for people and for `/metrics` readers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PeerInfo {
    /// Its public key.
    pub key: PeerKey,
    /// Its libp2p name.
    pub peer_id: String,
    /// The address of its first link, as a multiaddress.
    pub address: String,
    /// Who opened that link.
    pub direction: Direction,
    /// How long it has been connected, ms.
    pub connected_for_ms: u64,
    /// The last ping's round trip, microseconds; `None` before the first.
    pub rtt_us: Option<u64>,
    /// Payload bytes received in frames, requests, answers and gossip.
    pub bytes_in: u64,
    /// Payload bytes sent in frames, requests and answers.
    pub bytes_out: u64,
    /// Whether it is in the set of validators.
    pub validator: bool,
}

/// A peer on this chain with at least one link.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) key: PeerKey,
    pub(crate) id: PeerId,
    pub(crate) address: String,
    pub(crate) direction: Direction,
    pub(crate) since: Instant,
    /// Microseconds; 0 before the first ping.
    pub(crate) rtt: AtomicU64,
    pub(crate) bytes_in: AtomicU64,
    pub(crate) bytes_out: AtomicU64,
    /// In the set of validators.
    pub(crate) validator: AtomicBool,
    /// Has direct streams: both ends are validators.
    pub(crate) linked: AtomicBool,
    outboxes: [Outbox; 2],
    /// Places for requests of it that are served at once.
    pub(crate) serving: Arc<Semaphore>,
    /// Places for requests to it that are under way at once.
    pub(crate) asking: Arc<Semaphore>,
    /// Cancelled when its last link is gone.
    pub(crate) gone: CancellationToken,
}

impl Peer {
    pub(crate) fn new(
        shared: &Shared,
        key: PeerKey,
        id: PeerId,
        address: String,
        direction: Direction,
    ) -> Self {
        let (queues, requests) = (&shared.config.queues, &shared.config.requests);
        let consensus = Room {
            frames: queues.consensus_frames,
            bytes: queues.consensus_bytes,
        };
        let transactions = Room {
            frames: queues.transactions_frames,
            bytes: queues.transactions_bytes,
        };
        Self {
            key,
            id,
            address,
            direction,
            since: Instant::now(),
            rtt: AtomicU64::new(0),
            bytes_in: AtomicU64::new(0),
            bytes_out: AtomicU64::new(0),
            validator: AtomicBool::new(false),
            linked: AtomicBool::new(false),
            outboxes: [
                Outbox::new(consensus, Overflow::DropOldest),
                Outbox::new(transactions, Overflow::DropNewest),
            ],
            serving: Arc::new(Semaphore::new(requests.inbound_per_peer)),
            asking: Arc::new(Semaphore::new(requests.outbound_per_peer)),
            gone: shared.stop.child_token(),
        }
    }

    pub(crate) const fn outbox(&self, class: Class) -> &Outbox {
        let [consensus, transactions] = &self.outboxes;
        match class {
            Class::Consensus => consensus,
            Class::Transactions => transactions,
        }
    }

    pub(crate) fn is_linked(&self) -> bool {
        self.linked.load(Ordering::Acquire)
    }

    pub(crate) fn count_in(&self, bytes: usize) {
        self.bytes_in.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn count_out(&self, bytes: usize) {
        self.bytes_out.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn info(&self) -> PeerInfo {
        let rtt = self.rtt.load(Ordering::Relaxed);
        PeerInfo {
            key: self.key,
            peer_id: self.id.to_string(),
            address: self.address.clone(),
            direction: self.direction,
            connected_for_ms: self.since.elapsed().as_millis() as u64,
            rtt_us: (rtt > 0).then_some(rtt),
            bytes_in: self.bytes_in.load(Ordering::Relaxed),
            bytes_out: self.bytes_out.load(Ordering::Relaxed),
            validator: self.validator.load(Ordering::Relaxed),
        }
    }
}

/// State that outlives no network: the driver, its tasks and the handles hold it together.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) key: PeerKey,
    pub(crate) config: Config,
    pub(crate) metrics: Metrics,
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) shaper: Shaper,
    peers: RwLock<BTreeMap<PeerKey, Arc<Peer>>>,
    pub(crate) validators: watch::Sender<Arc<BTreeSet<PeerKey>>>,
    pub(crate) commands: mpsc::Sender<Command>,
    local: Mutex<Vec<Multiaddr>>,
    /// Cancelled when the network is to end.
    pub(crate) stop: CancellationToken,
    /// Cancelled when it has.
    pub(crate) ended: CancellationToken,
    pub(crate) tasks: TaskTracker,
}

impl Shared {
    pub(crate) fn new(
        key: PeerKey,
        config: Config,
        metrics: Metrics,
        local: Vec<Multiaddr>,
        commands: mpsc::Sender<Command>,
    ) -> Self {
        let share = Share {
            items: config.queues.inbound_items,
            bytes: config.queues.inbound_bytes,
        };
        Self {
            key,
            metrics,
            inbox: Arc::new(Inbox::new(share)),
            shaper: Shaper::new(config.fault_seed),
            config,
            peers: RwLock::default(),
            validators: watch::Sender::new(Arc::default()),
            commands,
            local: Mutex::new(local),
            stop: CancellationToken::new(),
            ended: CancellationToken::new(),
            tasks: TaskTracker::new(),
        }
    }

    pub(crate) fn peer(&self, key: PeerKey) -> Option<Arc<Peer>> {
        self.peers().get(&key).cloned()
    }

    /// The connected peers. Do not hold the guard across an await.
    pub(crate) fn peers(&self) -> RwLockReadGuard<'_, BTreeMap<PeerKey, Arc<Peer>>> {
        self.peers.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn peers_mut(&self) -> RwLockWriteGuard<'_, BTreeMap<PeerKey, Arc<Peer>>> {
        self.peers.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The addresses that are listened on.
    pub(crate) fn local(&self) -> MutexGuard<'_, Vec<Multiaddr>> {
        self.local.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A stream to `peer`, which must be connected.
    pub(crate) async fn open(&self, peer: PeerKey, lane: Lane) -> Result<Stream, OpenError> {
        let (reply, stream) = oneshot::channel();
        let command = Command::Open { peer, lane, reply };
        self.commands
            .send(command)
            .await
            .map_err(|_| OpenError::NotConnected)?;
        // The reply is dropped when the connection ends first.
        stream.await.unwrap_or(Err(OpenError::NotConnected))
    }
}
