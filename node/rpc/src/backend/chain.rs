//! The chain, the node and its peers.

use bytes::Bytes;
use crypto::bls::KeyBytes;
use light_palisade::ValidatorIndex;
use primitives::address::Network;
use primitives::{AccountId, ChainHash, Epoch, Height, Timestamp, View};

/// The chain that the node follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainInfo {
    /// Its name.
    pub id: String,
    /// Its hash.
    pub hash: ChainHash,
    /// Raised when a development chain is set back to a checkpoint.
    pub generation: u64,
    /// Which addresses it uses.
    pub network: Network,
    /// The genesis document, as JSON.
    pub genesis_document: Bytes,
    /// The genesis document's canonical encoding, which the hash is over.
    pub genesis_canonical: Bytes,
}

/// This node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeInfo {
    /// The program's version.
    pub version: String,
    /// The commit it was built from; empty when not known.
    pub commit: String,
    /// The name its operator gave it.
    pub moniker: String,
    /// Its libp2p name; empty when it is not on the network.
    pub peer_id: String,
    /// The multiaddresses it listens at for peers.
    pub listen_addresses: Vec<String>,
    /// When it started.
    pub started: Timestamp,
}

/// How far the node has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tip {
    /// The highest final block; its parent's state is the latest that can be proven.
    pub height: Height,
    /// That block's time.
    pub time: Timestamp,
    /// That block's epoch.
    pub epoch: Epoch,
    /// The view that consensus is in; 0 when the node does not follow it.
    pub view: View,
    /// The lowest height whose state can be read.
    pub earliest_state: Height,
    /// The lowest height whose block is kept.
    pub earliest_block: Height,
    /// The highest final block that the node has heard of.
    pub target: Height,
    /// Whether it is still catching up, and so takes no transactions.
    pub syncing: bool,
}

/// Who opened a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The peer.
    Inbound,
    /// This node.
    Outbound,
}

/// A connected node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The ed25519 key of its network identity.
    pub key: [u8; 32],
    /// Its libp2p name.
    pub peer_id: String,
    /// Its multiaddress.
    pub address: String,
    /// Who opened the connection.
    pub direction: Direction,
    /// The operator whose validator it is.
    pub validator: Option<AccountId>,
    /// How long it has been connected, in milliseconds.
    pub connected_ms: u64,
    /// The last round trip, in microseconds.
    pub latency_us: Option<u64>,
    /// Bytes received from it.
    pub bytes_in: u64,
    /// Bytes sent to it.
    pub bytes_out: u64,
}

/// The validator that this node runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalValidator {
    /// The consensus key that votes now; of one that is not in the set, the latest.
    pub key: KeyBytes,
    /// The other consensus keys that the node holds: those before, and one that is to follow.
    pub others: Vec<KeyBytes>,
    /// The operator that registered the key.
    pub operator: Option<AccountId>,
    /// Its place in the epoch's set.
    pub index: Option<ValidatorIndex>,
    /// Why it may not sign now, for its operator; `None` when it may.
    pub silent: Option<String>,
    /// The epoch and view of its last vote.
    pub last_vote: Option<(Epoch, View)>,
}
