//! What a node's owner alone may ask of it.

use crypto::bls::{KeyBytes, SignatureBytes};
use primitives::{Digest, Epoch, Height, View};
use std::time::Duration;

/// Why something is not done for the owner.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdminError {
    /// What was sent cannot be used. The field, and what is wrong with it.
    #[error("{field}: {problem}")]
    Field {
        /// The field of the request.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// The node is not such that it could be done.
    #[error("{0}")]
    Unsuitable(String),
    /// The disk, the guard or the code is broken. The text is logged and sent: it is the owner who asks.
    #[error("{0}")]
    Broken(String),
}

/// Where consensus stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The last committed height.
    pub finalized: Height,
    /// The epoch.
    pub epoch: Epoch,
    /// The view.
    pub view: View,
    /// Whether peers seem to be ahead and blocks are being fetched.
    pub behind: bool,
    /// Why this node's votes do not count now; `None` when they do.
    pub silent: Option<String>,
    /// Transactions that wait.
    pub waiting: usize,
    /// Connected peers.
    pub peers: usize,
}

/// A consensus key that the node holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldKey {
    /// The key.
    pub key: KeyBytes,
    /// Whether it votes in the present epoch.
    pub votes: bool,
    /// The highest slot in which it signed, or up to which it signs nothing; `None` when the guard does not know it.
    pub highest: Option<(Epoch, View)>,
}

/// A consensus key that was just made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewKey {
    /// The key.
    pub key: KeyBytes,
    /// The proof that its secret is known, for the node's operator.
    pub possession: SignatureBytes,
    /// The file that holds it.
    pub file: String,
}

/// A consensus key that was taken up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenKey {
    /// The key, its proof and its file.
    pub held: NewKey,
    /// The first epoch in which it may sign.
    pub from: Epoch,
}

/// A snapshot that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenSnapshot {
    /// The height of its block.
    pub height: Height,
    /// The root of its state.
    pub root: Digest,
    /// Its folder.
    pub path: String,
}

/// What pruning did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PrunedBlocks {
    /// The first height whose block is still there.
    pub earliest: Height,
    /// How many blocks went.
    pub blocks: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The first height that the chain still needs.
    pub needed_from: Height,
}

/// A state that was written into a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportedState {
    /// The height after whose block it is.
    pub height: Height,
    /// Its root.
    pub root: Digest,
    /// Entries in it.
    pub entries: u64,
    /// The file.
    pub path: String,
}

/// What is left when a node takes nothing new.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drained {
    /// Calls under way.
    pub calls: usize,
    /// Streams that are open.
    pub streams: usize,
    /// Transactions that wait for a block.
    pub waiting: usize,
}

/// What an import of a signing history did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportedHistory {
    /// Keys that the document speaks of.
    pub keys: usize,
    /// Slots that it speaks of.
    pub slots: usize,
    /// Slots of which both knew something, and not the same.
    pub conflicts: usize,
}

/// The node as its owner sees it, beyond [`Backend`](crate::Backend).
#[tonic::async_trait]
pub trait AdminBackend: Send + Sync + 'static {
    /// The settings in force, as TOML.
    ///
    /// # Errors
    /// [`AdminError::Broken`].
    fn settings(&self) -> Result<String, AdminError>;

    /// Logs by another filter from now on; the filter before.
    ///
    /// # Errors
    /// [`AdminError::Field`] says what is wrong with the filter.
    fn set_log_filter(&self, filter: &str) -> Result<String, AdminError>;

    /// Disconnects a peer and keeps it away.
    async fn remove_peer(&self, key: [u8; 32], lasts: Duration) -> Result<(), AdminError>;

    /// Stays connected to a peer, by its address; its key.
    async fn add_peer(&self, address: &str) -> Result<[u8; 32], AdminError>;

    /// Takes a snapshot.
    async fn take_snapshot(&self) -> Result<TakenSnapshot, AdminError>;

    /// Forgets all but the latest blocks.
    async fn prune(&self, keep: u64) -> Result<PrunedBlocks, AdminError>;

    /// Writes the latest final state into a file.
    async fn export_state(&self) -> Result<ExportedState, AdminError>;

    /// What there is to see, by name.
    async fn diagnostics(&self) -> Result<Vec<(String, Vec<u8>)>, AdminError>;

    /// Takes no more transactions and subscriptions, and waits for the calls under way.
    async fn drain(&self, patience: Duration) -> Drained;

    /// Where consensus stands.
    async fn standing(&self) -> Standing;

    /// Ends the node in order, after the answer had time to leave.
    fn shut_down(&self);

    /// The consensus keys that it holds.
    async fn keys(&self) -> Result<Vec<HeldKey>, AdminError>;

    /// Makes another consensus key.
    async fn create_key(&self) -> Result<NewKey, AdminError>;

    /// Takes up a key that was made elsewhere, with what it signed there where that is known.
    async fn import_key(&self, keystore: Vec<u8>, history: Option<Vec<u8>>) -> Result<TakenKey, AdminError>;

    /// Puts a key aside; where its file is then. One that votes only when that is said.
    async fn remove_key(&self, key: KeyBytes, although_it_votes: bool) -> Result<String, AdminError>;

    /// What its keys have signed, as JSON.
    async fn export_history(&self) -> Result<String, AdminError>;

    /// Takes in what was signed elsewhere.
    async fn import_history(&self, json: Vec<u8>) -> Result<ImportedHistory, AdminError>;
}
