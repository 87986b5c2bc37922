//! What the pool asks of the chain: implemented by the binary over the runtime.

use crate::{Rejection, Transaction};
use bytes::Bytes;
use primitives::{AccountId, Amount, Height};
use std::sync::Arc;

/// Where an account stands in the latest finalized state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// The sequence of its next transaction.
    pub next_sequence: u64,
    /// What it has of the fee asset, in base units.
    pub balance: Amount,
}

/// The chain as the pool sees it. All reads are of the latest finalized state, from memory: [`Admission::account`]
/// is called while the pool is locked.
///
/// # Contract
/// The state is moved forward *before* [`Mempool::finalized`](crate::Mempool::finalized) is called, and never back.
pub trait Admission: Send + Sync + 'static {
    /// A verified transaction.
    type Transaction: Transaction;

    /// Decodes each and checks its signatures, all in one batch. One answer per entry, in order; entries do not
    /// influence each other's answers. Needs no state.
    fn verify(&self, batch: &[Bytes]) -> Vec<Result<Arc<Self::Transaction>, Rejection>>;

    /// Checks what the state says against a transaction, beyond sequence and balance, which the pool checks itself:
    /// that its price is not below what the chain takes at all, for instance.
    ///
    /// # Errors
    /// The [`Rejection`] that its sender is to see.
    fn check(&self, transaction: &Self::Transaction) -> Result<(), Rejection>;

    /// Where an account stands; sequence 0 and no balance when it was never seen.
    fn account(&self, account: &AccountId) -> Account;

    /// The base price per gas of the block after the latest finalized one.
    fn base_price(&self) -> Amount;

    /// The height of the latest finalized block.
    fn height(&self) -> Height;
}
