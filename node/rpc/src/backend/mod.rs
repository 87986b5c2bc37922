//! What the services need of the node: implemented by the binary over runtime, store, engine and mempool.
//!
//! Types are the domain's, never protobuf's. Methods may wait for a disk, so they are async; none may block the
//! thread for long. Nothing here is asked to convert, page, filter, prove inclusion or time out: the services do.

mod admin;
mod chain;
mod dev;
mod ledger;
mod snapshots;
mod state;
mod transactions;
mod version;

pub use admin::{
    AdminBackend, AdminError, Drained, ExportedState, HeldKey, ImportedHistory, NewKey, PrunedBlocks,
    Standing, TakenKey, TakenSnapshot,
};
pub use chain::{ChainInfo, Direction, LocalValidator, NodeInfo, Peer, Tip};
pub use dev::{DevAccount, DevBackend, DevClock, LinkFault, NodeFault};
pub use ledger::{FinalBlock, FinalityProof, Handover, Place, Places};
pub use snapshots::{SnapshotBackend, SnapshotInfo, SnapshotLimits};
pub use state::{
    Account, Asset, At, Bond, Context, Entry, Page, Parameter, Read, Rotation, SigningInfo, Validator,
    ValidatorStatus,
};
pub use transactions::{
    Accepted, Admitted, PriceOption, Prices, Priority, Refused, Rejection, RejectionClass, Simulation,
    TxState, Waiting,
};
pub use version::Version;

use bytes::Bytes;
use primitives::{AccountId, Amount, AssetId, BlockHash, Coin, Epoch, Height, TxId};
use std::ops::RangeInclusive;
use std::sync::Arc;
use tokio::sync::watch;

/// Why the node cannot answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The state, or the block, of that height is not kept any more.
    #[error("height {asked} is pruned: this node holds {earliest} to {latest}")]
    Pruned {
        /// The height asked for.
        asked: Height,
        /// The lowest that can be asked for.
        earliest: Height,
        /// The highest that can be asked for.
        latest: Height,
    },
    /// That height cannot be answered for yet.
    #[error("height {asked} cannot be answered for yet: the latest is {latest}")]
    Future {
        /// The height asked for.
        asked: Height,
        /// The highest that can be asked for.
        latest: Height,
    },
    /// The node cannot answer now, and may later. The text says why.
    #[error("{0}")]
    Unavailable(String),
    /// The store or the code is broken. The text is logged and not sent.
    #[error("{0}")]
    Broken(String),
}

/// The node as the services see it.
#[tonic::async_trait]
pub trait Backend: Send + Sync + 'static {
    // --- The chain and the node.

    /// The chain: never changes while the node runs.
    fn chain(&self) -> &ChainInfo;

    /// This node.
    fn node(&self) -> NodeInfo;

    /// How far the node has come. Changes with every final block, after everything about that block can be read,
    /// and when the node falls behind or has caught up.
    fn tip(&self) -> watch::Receiver<Tip>;

    /// The connected peers, in any order.
    async fn peers(&self) -> Vec<Peer>;

    /// How well the members of the current set do their work, one for each, in any order.
    async fn signing_infos(&self) -> Vec<SigningInfo>;

    /// The validator that this node runs; `None` when it runs none.
    async fn local_validator(&self) -> Option<LocalValidator>;

    // --- The record.

    /// The final block at `height`; `None` when there is none yet or it is pruned.
    async fn block(&self, height: Height) -> Result<Option<Arc<FinalBlock>>, ReadError>;

    /// The height of the final block with this hash.
    async fn height_of(&self, hash: BlockHash) -> Result<Option<Height>, ReadError>;

    /// Where a transaction stands among the final blocks.
    async fn place(&self, id: TxId) -> Result<Option<Place>, ReadError>;

    /// Transactions that `account` sent, or that name it in an event, at `heights`, the newest first, from `before`
    /// (not included) on, at most `limit` of them. The answer may hold fewer and say where to go on.
    async fn account_places(
        &self,
        account: AccountId,
        heights: RangeInclusive<Height>,
        before: Option<Place>,
        limit: usize,
    ) -> Result<Places, ReadError>;

    /// What shows that the block at `height` is final; `None` when it is not final yet or pruned.
    async fn finality(&self, height: Height) -> Result<Option<FinalityProof>, ReadError>;

    /// The validators of an epoch and how they were put in; `None` for an epoch that has not begun. Kept for ever.
    async fn handover(&self, epoch: Epoch) -> Result<Option<Handover>, ReadError>;

    // --- The state, at a height. `At::height` of `None` is the tip, and with a proof the latest that can
    // be proven: the tip's parent.

    /// The whole state: for what is asked of the runtime's queries directly.
    async fn version(&self, at: At) -> Result<Version, ReadError>;

    /// An account; one that nobody has used is empty.
    async fn account(&self, at: At, account: AccountId) -> Result<Read<Account>, ReadError>;

    /// What an account holds, by asset, without zeros.
    async fn balances(
        &self,
        at: At,
        account: AccountId,
        page: Page<AssetId>,
    ) -> Result<Read<Vec<Coin>>, ReadError>;

    /// The registry of assets, by number.
    async fn assets(&self, at: At, page: Page<AssetId>) -> Result<Read<Vec<Asset>>, ReadError>;

    /// One asset.
    async fn asset(&self, at: At, asset: AssetId) -> Result<Read<Option<Asset>>, ReadError>;

    /// How much of an asset there is; `None` when it is not in the registry.
    async fn supply(&self, at: At, asset: AssetId) -> Result<Read<Option<Amount>>, ReadError>;

    /// One validator, by its operator.
    async fn validator(&self, at: At, operator: AccountId) -> Result<Read<Option<Validator>>, ReadError>;

    /// Validators by operator: those with `status`, or all.
    async fn validators(
        &self,
        at: At,
        status: Option<ValidatorStatus>,
        page: Page<AccountId>,
    ) -> Result<Read<Vec<Validator>>, ReadError>;

    /// The changes of a validator's consensus key, by the epoch in which they were asked for.
    async fn key_rotations(
        &self,
        at: At,
        operator: AccountId,
        page: Page<Epoch>,
    ) -> Result<Read<Vec<(Epoch, Rotation)>>, ReadError>;

    /// What `account` has bonded behind `operator`'s validator: nothing is a bond of zero.
    async fn bond(&self, at: At, operator: AccountId, account: AccountId) -> Result<Read<Bond>, ReadError>;

    /// The chain's rules, by module and name.
    async fn parameters(&self, at: At) -> Result<Read<Vec<Parameter>>, ReadError>;

    /// A raw entry of the state; with a proof, it is the only one in `Read::proofs`.
    async fn entry(&self, at: At, key: Vec<u8>) -> Result<Read<Option<Vec<u8>>>, ReadError>;

    // --- Transactions.

    /// Offers transactions to the mempool: one answer for each, in order. What is pending or committed already is
    /// accepted.
    async fn submit(&self, transactions: Vec<Bytes>) -> Vec<Result<Accepted, Rejection>>;

    /// Where a transaction stands.
    async fn status(&self, id: TxId) -> Result<TxState, ReadError>;

    /// Changes whenever [`status`](Self::status) may answer otherwise than before: with every final block at the
    /// least, and with what is notarized, dropped and pushed out where the node can tell. The number means nothing.
    fn status_changes(&self) -> watch::Receiver<u64>;

    /// The sequence after `account`'s transactions that wait; `None` when none does.
    async fn pending_sequence(&self, account: AccountId) -> Option<u64>;

    /// Up to `limit` transactions that wait and came after the `after`-th, in the order in which they came.
    async fn waiting(&self, after: u64, limit: usize) -> Vec<Waiting>;

    /// Changes whenever a transaction has come to wait. The number means nothing.
    fn arrivals(&self) -> watch::Receiver<u64>;

    /// What a transaction would do on the latest final state. Signatures are not checked.
    async fn simulate(&self, transaction: Bytes) -> Result<Simulation, Refused>;

    /// What gas costs now.
    async fn prices(&self) -> Result<Prices, ReadError>;
}
