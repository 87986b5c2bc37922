//! Transactions on their way into the chain.

use crate::backend::{Context, Place, ReadError};
use bytes::Bytes;
use primitives::{AccountId, Amount, Gas, Height, TxId};
use runtime::Receipt;

/// What became of an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admitted {
    /// It is new and waits for a block.
    New,
    /// It was waiting already.
    Pending,
    /// It is in the final block at this height already.
    Committed(Height),
}

/// A transaction was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Its id.
    pub id: TxId,
    /// What became of the offer.
    pub admitted: Admitted,
}

/// What kind of refusal it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RejectionClass {
    /// The bytes can never be a valid transaction of this chain.
    Malformed,
    /// Well formed, but the latest final state does not let it in.
    Precondition,
    /// Its sequence is not what the account is at.
    Sequence,
    /// It came too late.
    Expired,
    /// The node has no room for it now.
    Exhausted,
}

/// Why a transaction is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// What kind of refusal it is.
    pub class: RejectionClass,
    /// A fixed name in upper snake case, at most 63 bytes.
    pub reason: &'static str,
    /// What is wrong and what to do, for a person.
    pub message: String,
    /// Everything in the message that varies, by name.
    pub metadata: Vec<(&'static str, String)>,
}

/// Why something could not be done with a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Because of the transaction.
    Rejected(Rejection),
    /// Because of the node.
    Failed(ReadError),
}

/// Where a transaction stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TxState {
    /// The node has not heard of it, or has forgotten.
    Unknown,
    /// It waits for a block.
    Pending,
    /// It is in a block that is not final yet.
    Included {
        /// Where.
        place: Place,
        /// What came of it.
        receipt: Box<Receipt>,
    },
    /// It is in a final block.
    Final(Place),
    /// Its timeout height has passed without it.
    Expired,
    /// The node dropped it, for this reason in upper snake case.
    Evicted(String),
}

/// What a transaction would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simulation {
    /// The state it was tried on.
    pub context: Context,
    /// What would come of it.
    pub receipt: Receipt,
    /// A gas limit with room for what may change until then.
    pub suggested_gas_limit: Gas,
    /// What a unit of gas costs in the block it was tried in, in npal.
    pub base_price: Amount,
}

/// A transaction that waits in the mempool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// How many had come when it came, itself included.
    pub arrival: u64,
    /// Its id.
    pub id: TxId,
    /// Who sent it.
    pub sender: AccountId,
    /// Its bytes.
    pub bytes: Bytes,
}

/// How soon a transaction should be in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// When there is room.
    Low,
    /// In one of the next blocks.
    Normal,
    /// Before others.
    High,
}

/// What to offer for a unit of gas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceOption {
    /// How soon it should be in a block.
    pub priority: Priority,
    /// The most to pay, tip and all, in npal.
    pub max_price: Amount,
    /// What of that goes to the proposer, in npal.
    pub tip: Amount,
}

/// What gas costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prices {
    /// The base price of the next block, in npal.
    pub base: Amount,
    /// What to offer, the cheapest first.
    pub options: Vec<PriceOption>,
}
