//! What a node's owner alone may ask of it.

use crypto::bls::{KeyBytes, SignatureBytes};
use primitives::{Epoch, Height, View};
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

    /// Where consensus stands.
    async fn standing(&self) -> Standing;

    /// Ends the node in order, after the answer had time to leave.
    fn shut_down(&self);

    /// The consensus keys that it holds.
    async fn keys(&self) -> Result<Vec<HeldKey>, AdminError>;

    /// Makes another consensus key.
    async fn create_key(&self) -> Result<NewKey, AdminError>;

    /// What its keys have signed, as JSON.
    async fn export_history(&self) -> Result<String, AdminError>;

    /// Takes in what was signed elsewhere.
    async fn import_history(&self, json: Vec<u8>) -> Result<ImportedHistory, AdminError>;
}
