//! What may go wrong, with its stable number.

use crate::ID;
use dss::Refusal;
use kernel::{Code, Fault, Meaning, StateError};

/// Why a message or a genesis is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The sender operates none.
    #[error("the sender operates no validator: register one first")]
    NotValidator,
    /// The genesis does not add up.
    #[error("bad genesis: {0}")]
    BadGenesis(&'static str),
    /// The module of operators refuses.
    #[error("the sender's membership of the chain cannot change so: {0}")]
    Membership(Code),
    /// The store is broken, or out of gas.
    #[error(transparent)]
    State(#[from] StateError),
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Code(code) => Self::Membership(code),
            Refusal::State(error) => Self::State(error),
        }
    }
}

/// What each number says.
pub(crate) const MEANINGS: &[Meaning] = &[
    Meaning::new(
        1,
        "NOT_VALIDATOR",
        "the sender operates no validator: register one first",
    ),
    Meaning::new(2, "BAD_GENESIS", "the genesis of power does not add up"),
];

impl Fault for Error {
    fn code(&self) -> Option<Code> {
        match self {
            Self::NotValidator => Some(ID.code(1)),
            Self::BadGenesis(_) => Some(ID.code(2)),
            Self::Membership(code) => Some(*code),
            Self::State(inner) => inner.code(),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::NotValidator => "NOT_VALIDATOR",
            Self::BadGenesis(_) => "BAD_GENESIS",
            Self::Membership(_) => "MEMBERSHIP",
            Self::State(inner) => inner.reason(),
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::BadGenesis(rule) => vec![("rule", (*rule).to_owned())],
            Self::Membership(code) => vec![("code", code.to_string())],
            Self::State(inner) => inner.metadata(),
            Self::NotValidator => Vec::new(),
        }
    }
}
