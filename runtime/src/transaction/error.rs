//! Why a transaction never gets into a block, with stable numbers, names and hints.

use crate::chain::ID;
use crate::modules::ModuleError;
use crate::transaction::{MAX_MESSAGES, MAX_TRANSACTION_SIZE};
use crate::wire::{CanonicalError, FieldError};
use crypto::account::AccountError;
use crypto::ed25519::KeyError;
use kernel::{Code, Fault, StateError};
use primitives::{AccountId, Amount, Gas, Height};

/// Why a transaction is refused before it costs anything.
#[derive(Debug, thiserror::Error)]
pub enum TransactionError {
    /// More bytes than a transaction may have.
    #[error("the transaction has {size} bytes where at most {MAX_TRANSACTION_SIZE} are allowed")]
    TooLarge {
        /// How many.
        size: usize,
    },
    /// The bytes are no protobuf, not the one canonical form, or hold what nobody knows.
    #[error(transparent)]
    Form(#[from] CanonicalError),
    /// A field has a value that it cannot have.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// No message, or too many.
    #[error("a transaction has 1 to {MAX_MESSAGES} messages, not {count}")]
    MessageCount {
        /// How many.
        count: usize,
    },
    /// An unordered transaction with a sequence.
    #[error("an unordered transaction has no sequence, not {sequence}")]
    UnorderedSequence {
        /// The sequence.
        sequence: u64,
    },
    /// `timeout_height` is zero.
    #[error("the transaction has no timeout height")]
    NoTimeout,
    /// The tip is more than the whole price.
    #[error("a tip of {tip} npal with a price of at most {max_price} npal")]
    TipAboveMax {
        /// The tip.
        tip: Amount,
        /// The whole price.
        max_price: Amount,
    },
    /// Gas limit times price is more than there can be.
    #[error("gas limit times max_price exceeds 128 bits")]
    FeeOverflow,
    /// A message is wrong whatever the state.
    #[error("message {index}: {error}")]
    Message {
        /// Which, from 0.
        index: u32,
        /// What its module says.
        error: Box<ModuleError>,
    },
    /// The keys are no account.
    #[error("the sender's keys: {0}")]
    Keys(#[from] AccountError),
    /// The keys are those of another account.
    #[error("the keys belong to account {derived}, the sender is {stated}")]
    WrongSender {
        /// Who is said to send.
        stated: AccountId,
        /// Whose keys these are.
        derived: AccountId,
    },
    /// Not exactly as many signatures as the account asks for.
    #[error("{count} signatures where exactly {expected} are needed")]
    SignatureCount {
        /// How many came.
        count: usize,
        /// How many are needed.
        expected: usize,
    },
    /// The signatures are not strictly ascending by key.
    #[error("the signatures are not strictly ascending by key index")]
    SignatureOrder,
    /// A signature of a key that the account does not have.
    #[error("a signature of key {index} where the account has {keys}")]
    KeyIndex {
        /// Which key.
        index: u32,
        /// How many there are.
        keys: usize,
    },
    /// A signature does not match.
    #[error("the signature of key {index} does not match")]
    BadSignature {
        /// Which key.
        index: u32,
    },
    /// Its time is over.
    #[error("it could be in a block up to height {timeout_height}; the next is {height}")]
    Expired {
        /// Up to which height it was valid.
        timeout_height: Height,
        /// The height it would be in.
        height: Height,
    },
    /// An unordered transaction that would have to be remembered for too long.
    #[error("an unordered transaction may time out at height {latest} at the latest, not {timeout_height}")]
    TimeoutTooFar {
        /// Its timeout height.
        timeout_height: Height,
        /// The last that it may have.
        latest: Height,
    },
    /// An unordered transaction that is in the chain.
    #[error("it is in the block at height {height} already")]
    AlreadyIncluded {
        /// Which block holds it.
        height: Height,
    },
    /// The account has sent a transaction with this sequence already.
    #[error("sequence {got} is used; the account's next is {expected}")]
    SequenceTooLow {
        /// The account's next.
        expected: u64,
        /// The transaction's.
        got: u64,
    },
    /// The account has not sent all transactions before this one.
    #[error("sequence {got} is ahead; the account's next is {expected}")]
    SequenceTooHigh {
        /// The account's next.
        expected: u64,
        /// The transaction's.
        got: u64,
    },
    /// The offer is below the base price.
    #[error("it offers {max_price} npal per gas, the base price is {base_price}")]
    FeeTooLow {
        /// What is offered.
        max_price: Amount,
        /// What it costs.
        base_price: Amount,
    },
    /// The gas limit does not even cover its bytes and signatures.
    #[error("a gas limit of {limit} where {needed} are needed before it does anything")]
    GasLimitTooLow {
        /// Its limit.
        limit: Gas,
        /// What it needs.
        needed: Gas,
    },
    /// The gas limit is more than one transaction may use.
    #[error("a gas limit of {limit} where at most {most} are allowed")]
    GasLimitTooHigh {
        /// Its limit.
        limit: Gas,
        /// What is allowed.
        most: Gas,
    },
    /// The sender cannot pay the most that its fee may come to.
    #[error("the fee may come to {need} npal, the sender has {have}")]
    CannotPay {
        /// What the sender has.
        have: Amount,
        /// What the fee may come to.
        need: Amount,
    },
    /// The store or the code is broken.
    #[error(transparent)]
    State(#[from] StateError),
}

/// What kind of wrong it is: decides the status at the API, and whether trying again may help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The bytes are wrong, and always will be.
    Invalid,
    /// The sequence does not fit: set another and sign again.
    Sequence,
    /// It is too late.
    Expired,
    /// Not enough is offered or held: it may fit later.
    Funds,
    /// Not the transaction's fault.
    Internal,
}

impl TransactionError {
    /// What kind of wrong it is.
    #[must_use]
    pub const fn class(&self) -> Class {
        match self {
            Self::TooLarge { .. }
            | Self::Form(_)
            | Self::Field(_)
            | Self::MessageCount { .. }
            | Self::UnorderedSequence { .. }
            | Self::TimeoutTooFar { .. }
            | Self::NoTimeout
            | Self::TipAboveMax { .. }
            | Self::FeeOverflow
            | Self::Message { .. }
            | Self::Keys(_)
            | Self::WrongSender { .. }
            | Self::SignatureCount { .. }
            | Self::SignatureOrder
            | Self::KeyIndex { .. }
            | Self::BadSignature { .. }
            | Self::GasLimitTooLow { .. }
            | Self::GasLimitTooHigh { .. } => Class::Invalid,
            Self::SequenceTooLow { .. } | Self::SequenceTooHigh { .. } | Self::AlreadyIncluded { .. } => {
                Class::Sequence
            }
            Self::Expired { .. } => Class::Expired,
            Self::FeeTooLow { .. } | Self::CannotPay { .. } => Class::Funds,
            Self::State(_) => Class::Internal,
        }
    }

    /// What to do about it.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "split it into several transactions",
            Self::Form(_) => {
                "encode the body once with a protobuf library, sign those bytes, and send the same bytes"
            }
            Self::Field(_) => "set the field to what the API's documentation asks for",
            Self::MessageCount { .. } => "send at least one message, and split what is more",
            Self::UnorderedSequence { .. } => "leave the sequence 0, or `unordered` false",
            Self::TimeoutTooFar { .. } => "set an earlier `timeout_height` and sign again",
            Self::AlreadyIncluded { .. } => {
                "nothing is left to do; another of the same kind needs another memo or timeout"
            }
            Self::NoTimeout => "set `timeout_height` to a height some hundred blocks ahead",
            Self::TipAboveMax { .. } => "raise `max_price` to the tip plus what gas may cost",
            Self::FeeOverflow => "lower the gas limit or `max_price`",
            Self::Message { .. } => "correct the message and sign again",
            Self::Keys(_) => "send the account's threshold and keys, strictly ascending",
            Self::WrongSender { .. } => {
                "set the sender to the account of these keys, or sign with the sender's"
            }
            Self::SignatureCount { .. } => "send exactly as many signatures as the account's threshold",
            Self::SignatureOrder => "sort the signatures by key index, each key once",
            Self::KeyIndex { .. } => "number the keys from 0",
            Self::BadSignature { .. } => {
                "sign the 32 sign bytes with that key; a signature made for another chain, another generation or \
                 another body does not match either"
            }
            Self::Expired { .. } => "set a later `timeout_height` and sign again",
            Self::SequenceTooLow { .. } => {
                "it or another with that sequence is in the chain; for a new one, take the account's next sequence"
            }
            Self::SequenceTooHigh { .. } => {
                "send the transactions before it first, or take the account's next sequence"
            }
            Self::FeeTooLow { .. } => "offer at least the base price, with room for its rise",
            Self::GasLimitTooLow { .. } => "simulate it, and set the gas limit that the answer suggests",
            Self::GasLimitTooHigh { .. } => "lower the gas limit, or split the transaction",
            Self::CannotPay { .. } => "fund the sender, or lower the gas limit or `max_price`",
            Self::State(_) => "this node is broken: ask another, and tell its operator",
        }
    }
}

impl Fault for TransactionError {
    fn code(&self) -> Option<Code> {
        Some(ID.code(match self {
            Self::TooLarge { .. } => 1,
            Self::Form(CanonicalError::Malformed { .. }) => 2,
            Self::Form(CanonicalError::NotCanonical { .. }) => 3,
            Self::Form(CanonicalError::UnknownField { .. }) => 4,
            Self::Field(_) => 5,
            Self::MessageCount { .. } => 6,
            Self::UnorderedSequence { .. } => 7,
            Self::NoTimeout => 8,
            Self::TipAboveMax { .. } => 9,
            Self::FeeOverflow => 10,
            Self::Message { error, .. } => return error.code(),
            Self::Keys(AccountError::Key {
                source: KeyError::SmallOrder,
                ..
            }) => 12,
            Self::Keys(_) => 11,
            Self::WrongSender { .. } => 13,
            Self::SignatureCount { .. } => 14,
            Self::SignatureOrder => 15,
            Self::KeyIndex { .. } => 16,
            Self::BadSignature { .. } => 17,
            Self::Expired { .. } => 18,
            Self::SequenceTooLow { .. } => 19,
            Self::SequenceTooHigh { .. } => 20,
            Self::FeeTooLow { .. } => 21,
            Self::GasLimitTooLow { .. } => 22,
            Self::GasLimitTooHigh { .. } => 23,
            Self::CannotPay { .. } => 24,
            Self::TimeoutTooFar { .. } => 25,
            Self::AlreadyIncluded { .. } => 26,
            Self::State(inner) => return inner.code(),
        }))
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "TX_TOO_LARGE",
            Self::Form(CanonicalError::Malformed { .. }) => "MALFORMED",
            Self::Form(CanonicalError::NotCanonical { .. }) => "NOT_CANONICAL",
            Self::Form(CanonicalError::UnknownField { .. }) => "UNKNOWN_FIELD",
            Self::Field(_) => "FIELD_INVALID",
            Self::MessageCount { .. } => "MESSAGE_COUNT",
            Self::UnorderedSequence { .. } => "UNORDERED_SEQUENCE",
            Self::TimeoutTooFar { .. } => "TIMEOUT_TOO_FAR",
            Self::AlreadyIncluded { .. } => "ALREADY_INCLUDED",
            Self::NoTimeout => "TIMEOUT_MISSING",
            Self::TipAboveMax { .. } => "TIP_ABOVE_MAX_PRICE",
            Self::FeeOverflow => "FEE_OVERFLOW",
            Self::Message { error, .. } => error.reason(),
            Self::Keys(AccountError::Key {
                source: KeyError::SmallOrder,
                ..
            }) => "KEY_OF_SMALL_ORDER",
            Self::Keys(_) => "KEYS_INVALID",
            Self::WrongSender { .. } => "WRONG_SENDER",
            Self::SignatureCount { .. } => "SIGNATURE_COUNT",
            Self::SignatureOrder => "SIGNATURE_ORDER",
            Self::KeyIndex { .. } => "KEY_INDEX",
            Self::BadSignature { .. } => "BAD_SIGNATURE",
            Self::Expired { .. } => "EXPIRED",
            Self::SequenceTooLow { .. } | Self::SequenceTooHigh { .. } => "SEQUENCE_MISMATCH",
            Self::FeeTooLow { .. } => "FEE_TOO_LOW",
            Self::GasLimitTooLow { .. } => "GAS_LIMIT_TOO_LOW",
            Self::GasLimitTooHigh { .. } => "GAS_LIMIT_TOO_HIGH",
            Self::CannotPay { .. } => "INSUFFICIENT_FUNDS",
            Self::State(inner) => inner.reason(),
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::TooLarge { size } => pair(("size", size), ("limit", &MAX_TRANSACTION_SIZE)),
            Self::Form(form) => form.metadata(),
            Self::Field(field) => pair(("field", &field.field), ("rule", &field.rule)),
            Self::MessageCount { count } => pair(("count", count), ("limit", &MAX_MESSAGES)),
            Self::TipAboveMax { tip, max_price } => pair(("tip", tip), ("max_price", max_price)),
            Self::Message { index, error } => {
                let mut all = vec![("message", index.to_string())];
                all.extend(error.metadata());
                all
            }
            Self::WrongSender { stated, derived } => pair(("stated", stated), ("derived", derived)),
            Self::SignatureCount { count, expected } => pair(("count", count), ("expected", expected)),
            Self::KeyIndex { index, keys } => pair(("index", index), ("keys", keys)),
            Self::BadSignature { index } => vec![("index", index.to_string())],
            Self::Expired {
                timeout_height,
                height,
            } => pair(("timeout_height", timeout_height), ("height", height)),
            Self::UnorderedSequence { sequence } => vec![("sequence", sequence.to_string())],
            Self::TimeoutTooFar {
                timeout_height,
                latest,
            } => pair(("timeout_height", timeout_height), ("latest", latest)),
            Self::AlreadyIncluded { height } => vec![("height", height.to_string())],
            Self::SequenceTooLow { expected, got } | Self::SequenceTooHigh { expected, got } => {
                pair(("expected", expected), ("got", got))
            }
            Self::FeeTooLow {
                max_price,
                base_price,
            } => pair(("max_price", max_price), ("base_price", base_price)),
            Self::GasLimitTooLow { limit, needed } => pair(("limit", limit), ("needed", needed)),
            Self::GasLimitTooHigh { limit, most } => pair(("limit", limit), ("most", most)),
            Self::CannotPay { have, need } => {
                let mut all = pair(("have", have), ("need", need));
                all.push(("asset", primitives::AssetId::PAL.to_string()));
                all
            }
            Self::State(inner) => inner.metadata(),
            Self::NoTimeout | Self::FeeOverflow | Self::Keys(_) | Self::SignatureOrder => Vec::new(),
        }
    }
}

type Named<'a> = (&'static str, &'a dyn core::fmt::Display);

fn pair((a, x): Named<'_>, (b, y): Named<'_>) -> Vec<(&'static str, String)> {
    vec![(a, x.to_string()), (b, y.to_string())]
}
