//! What an operator can set. Every field has a default; unknown fields are errors.

mod check;

pub use check::ConfigError;
pub(crate) use check::is_dialable;
pub(crate) use check::{Checked, MAX_PERSISTENT, Peer as PersistentPeer, peer};

use serde::{Deserialize, Serialize};

/// The `[network]` section. Sizes are bytes, durations milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Addresses to accept peers on, as multiaddresses. Port 0 lets the system choose. None: only dial.
    /// Default: `["/ip4/127.0.0.1/tcp/0"]`, reachable from this machine only.
    pub listen: Vec<String>,
    /// Addresses that other nodes can reach this one at, told to peers besides the `listen` ones (behind NAT, say).
    /// At most 8. Default: none.
    pub external: Vec<String>,
    /// Peers to stay connected to: `/ip4/…/tcp/…/p2p/<peer id>`, or `/dns4/<name>/tcp/…/p2p/<peer id>`; a peer may
    /// stand several times with different addresses. Default: none.
    pub persistent_peers: Vec<String>,
    /// Longest direct frame, bytes. A peer that announces a longer one is disconnected. Default: 4,194,304.
    pub max_frame_bytes: u32,
    /// The least time between two writes of transactions to one peer, so that they share them, ms, at most 100: a lone
    /// transaction goes at once. Default: 5.
    pub batch_delay_ms: u64,
    /// How often a link is pinged, ms. Default: 5,000.
    pub ping_interval_ms: u64,
    /// How long a ping may take, ms. Two failures in a row end the link. Default: 10,000.
    pub ping_timeout_ms: u64,
    /// Seed of the fault shaper's chance. Default: 0.
    pub fault_seed: u64,
    /// Bounds of the queues.
    pub queues: QueueConfig,
    /// Bounds of the connections.
    pub limits: LimitsConfig,
    /// When lost peers are dialed again.
    pub dial: DialConfig,
    /// Requests and their answers.
    pub requests: RequestConfig,
    /// Gossip of transactions.
    pub gossip: GossipConfig,
}

/// Bounds of the queues of one peer. Consensus frames that do not fit push out the oldest, transactions are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QueueConfig {
    /// Outgoing consensus frames per peer. Default: 1,024.
    pub consensus_frames: usize,
    /// Their bytes per peer. Default: 16,777,216.
    pub consensus_bytes: usize,
    /// Outgoing transaction frames per peer. Default: 8,192.
    pub transactions_frames: usize,
    /// Their bytes per peer. Default: 8,388,608.
    pub transactions_bytes: usize,
    /// Received items of one kind per peer that the owner has not taken yet; a peer with a full queue is read no
    /// further. Default: 256.
    pub inbound_items: usize,
    /// Their bytes; of gossip and of requests at most 1,048,576. Default: 8,388,608.
    pub inbound_bytes: usize,
}

/// Bounds of the connections. Validators and persistent peers are not counted in the total.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// Connections in total. Default: 128.
    pub max_connections: usize,
    /// Connections of one peer; one more closes its oldest. At least 2, because two nodes may dial each other at
    /// once. Default: 4.
    pub max_connections_per_peer: usize,
    /// Incoming connections of one IP address; loopback is exempt. Default: 16.
    pub max_connections_per_ip: usize,
    /// Incoming connections that have not proven who they are yet. Default: 64.
    pub max_handshakes: usize,
}

/// When lost peers are dialed again: first soon, then ever later, each time with up to half of the wait taken off by
/// chance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DialConfig {
    /// First retry, ms, at most 200. Default: 100.
    pub first_retry_ms: u64,
    /// Longest wait between retries, ms. Default: 2,000.
    pub max_retry_ms: u64,
    /// How long one attempt may take, ms; also how long an incoming handshake may. Default: 5,000.
    pub timeout_ms: u64,
}

/// Requests and their answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RequestConfig {
    /// Longest request, bytes. Default: 65,536.
    pub max_request_bytes: u32,
    /// Longest answer, bytes, given or taken. Default: 8,388,608.
    pub max_response_bytes: u32,
    /// Requests of one peer served at once; more are answered "busy". At most 32. Default: 8.
    pub inbound_per_peer: usize,
    /// Requests to one peer under way at once; more wait. At most 32. Default: 8.
    pub outbound_per_peer: usize,
    /// How long the owner may take to answer, and the peer to send and take the bytes, ms. Default: 30,000.
    pub serve_timeout_ms: u64,
}

/// Gossip of transactions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GossipConfig {
    /// Time between upkeep of the mesh, ms. Default: 700.
    pub heartbeat_ms: u64,
    /// Fewest neighbours before more are looked for; 1 to 3, so that small networks work. Default: 3.
    pub mesh_n_low: usize,
    /// Wanted neighbours. Default: 6.
    pub mesh_n: usize,
    /// Most neighbours. Default: 12.
    pub mesh_n_high: usize,
    /// Longest message, bytes. Default: 524,288.
    pub max_message_bytes: u32,
    /// Rejected messages of one peer per minute before it is banned for a minute. Default: 100.
    pub max_rejected_per_minute: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: vec!["/ip4/127.0.0.1/tcp/0".into()],
            external: Vec::new(),
            persistent_peers: Vec::new(),
            max_frame_bytes: 4 << 20,
            batch_delay_ms: 5,
            ping_interval_ms: 5_000,
            ping_timeout_ms: 10_000,
            fault_seed: 0,
            queues: QueueConfig::default(),
            limits: LimitsConfig::default(),
            dial: DialConfig::default(),
            requests: RequestConfig::default(),
            gossip: GossipConfig::default(),
        }
    }
}

impl Default for QueueConfig {
    fn default() -> Self {
        Self {
            consensus_frames: 1_024,
            consensus_bytes: 16 << 20,
            transactions_frames: 8_192,
            transactions_bytes: 8 << 20,
            inbound_items: 256,
            inbound_bytes: 8 << 20,
        }
    }
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            max_connections: 128,
            max_connections_per_peer: 4,
            max_connections_per_ip: 16,
            max_handshakes: 64,
        }
    }
}

impl Default for DialConfig {
    fn default() -> Self {
        Self {
            first_retry_ms: 100,
            max_retry_ms: 2_000,
            timeout_ms: 5_000,
        }
    }
}

impl Default for RequestConfig {
    fn default() -> Self {
        Self {
            max_request_bytes: 64 << 10,
            max_response_bytes: 8 << 20,
            inbound_per_peer: 8,
            outbound_per_peer: 8,
            serve_timeout_ms: 30_000,
        }
    }
}

impl Default for GossipConfig {
    fn default() -> Self {
        Self {
            heartbeat_ms: 700,
            mesh_n_low: 3,
            mesh_n: 6,
            mesh_n_high: 12,
            max_message_bytes: 512 << 10,
            max_rejected_per_minute: 100,
        }
    }
}

impl Config {
    /// Checks every field.
    ///
    /// # Errors
    /// [`ConfigError`] names the field and says what to write instead.
    pub fn validate(&self) -> Result<(), ConfigError> {
        self.checked().map(|_| ())
    }
}
