//! Why a transaction is not taken: a fixed reason, a sentence, and the numbers in it.

use primitives::TxId;

/// What kind of refusal it is. The API maps it to a status code, the network to whether the sender is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// The bytes can never be a valid transaction of this chain: whoever passed them on should have known.
    Malformed,
    /// Well formed, but the latest finalized state does not let it in.
    Precondition,
    /// Its sequence is not what the account is at: build it again.
    Sequence,
    /// It came too late.
    Expired,
    /// This node has no room for it now.
    Exhausted,
}

/// Why a transaction was refused or dropped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}: {message}")]
pub struct Rejection {
    /// What kind of refusal it is.
    pub class: Class,
    /// A fixed name in upper snake case, at most 63 bytes, as `google.rpc.ErrorInfo` wants it.
    pub reason: &'static str,
    /// A sentence for a person: what is wrong and what to do.
    pub message: String,
    /// Everything in the message that varies, by name.
    pub metadata: Vec<(&'static str, String)>,
    /// The transaction's id, where the bytes could be read that far.
    pub transaction: Option<TxId>,
}

impl Rejection {
    /// A refusal without metadata.
    #[must_use]
    pub fn new(class: Class, reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            class,
            reason,
            message: message.into(),
            metadata: Vec::new(),
            transaction: None,
        }
    }

    /// The same with one more name and value.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.metadata.push((name, value.to_string()));
        self
    }

    /// The same about the transaction `id`.
    #[must_use]
    pub const fn about(mut self, id: TxId) -> Self {
        self.transaction = Some(id);
        self
    }

    pub(crate) fn too_large(length: usize, limit: usize) -> Self {
        let message = format!("{length} bytes where a transaction has at most {limit}: split it");
        Self::new(Class::Malformed, "TX_TOO_LARGE", message)
            .with("size", length)
            .with("limit", limit)
    }

    pub(crate) fn expired(timeout: u64, height: u64) -> Self {
        let message = format!(
            "it may stand up to height {timeout}, and the next block is {}: build it again with a later timeout_height",
            height.saturating_add(1)
        );
        Self::new(Class::Expired, "TX_EXPIRED", message)
            .with("timeout_height", timeout)
            .with("finalized_height", height)
    }

    pub(crate) fn sequence_used(expected: u64, got: u64) -> Self {
        let message = format!("sequence {got} is used already, the account is at {expected}: build it again");
        Self::new(Class::Sequence, "SEQUENCE_MISMATCH", message)
            .with("expected", expected)
            .with("got", got)
    }

    pub(crate) fn too_far_ahead(expected: u64, got: u64, limit: u64) -> Self {
        let message = format!(
            "sequence {got} while the account is at {expected}: at most {limit} transactions of an account wait at \
             once, send this one when earlier ones are final"
        );
        Self::new(Class::Exhausted, "TOO_MANY_PENDING", message)
            .with("expected", expected)
            .with("got", got)
            .with("limit", limit)
    }

    pub(crate) fn too_many_unordered(limit: u64) -> Self {
        let message = format!(
            "{limit} unordered transactions of this account wait already, the most there may be: send this one when \
             earlier ones are final"
        );
        Self::new(Class::Exhausted, "TOO_MANY_PENDING", message).with("limit", limit)
    }

    pub(crate) fn insufficient_funds(have: u128, need: u128) -> Self {
        let message = format!(
            "the account has {have} base units of the fee asset, its waiting transactions and this one can cost {need}"
        );
        Self::new(Class::Precondition, "INSUFFICIENT_FUNDS", message)
            .with("have", have)
            .with("need", need)
    }

    pub(crate) fn underpriced_replacement(min_max_price: u128, min_tip: u128) -> Self {
        let message = format!(
            "a transaction with this sequence waits already: to replace it offer a max_price of at least \
             {min_max_price} and a tip of at least {min_tip}"
        );
        Self::new(Class::Precondition, "REPLACEMENT_UNDERPRICED", message)
            .with("min_max_price", min_max_price)
            .with("min_tip", min_tip)
    }

    pub(crate) fn full(min_fee: u128) -> Self {
        let message =
            format!("the mempool is full: offer a price per gas of at least {min_fee}, or try again later");
        Self::new(Class::Exhausted, "MEMPOOL_FULL", message).with("min_fee", min_fee)
    }

    pub(crate) fn queue_full(expected: u64, got: u64) -> Self {
        let message = format!(
            "sequence {got} leaves a gap after {expected}, and there is no room for more transactions that wait for \
             others: send the missing ones first"
        );
        Self::new(Class::Exhausted, "SEQUENCE_GAP", message)
            .with("expected", expected)
            .with("got", got)
    }

    pub(crate) fn busy() -> Self {
        let message = "more transactions are being checked than this node lets wait: try again in a moment";
        Self::new(Class::Exhausted, "INTAKE_BUSY", message)
    }

    pub(crate) fn stopped() -> Self {
        let message = "this node is shutting down: send it to another one";
        Self::new(Class::Exhausted, "SHUTTING_DOWN", message)
    }
}
