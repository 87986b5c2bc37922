//! What may go wrong, with its stable number.

use crate::ID;
use crate::params::ParamsError;
use kernel::{Code, Fault, Meaning, StateError};
use primitives::MathError;

/// Why a message or a genesis is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Funding with nothing.
    #[error("the amount is zero")]
    ZeroAmount,
    /// Too few or too many epochs.
    #[error("pools are funded for 1 to 64 epochs")]
    BadEpochs,
    /// Nothing was earned, or all of it is paid.
    #[error("there is nothing to claim")]
    NothingToClaim,
    /// The parameters break a rule.
    #[error("bad parameters: {0}")]
    BadParams(#[from] ParamsError),
    /// The tables of a chain that goes on owe more than is there.
    #[error("the tables contradict each other or the balances")]
    BadGenesis,
    /// What services say.
    #[error(transparent)]
    Dss(#[from] dss::Error),
    /// Money is not there.
    #[error(transparent)]
    Bank(#[from] bank::Error),
    /// A sum does not fit.
    #[error(transparent)]
    Math(#[from] MathError),
    /// The store is broken, or out of gas.
    #[error(transparent)]
    State(#[from] StateError),
}

/// What each number says.
pub(crate) const MEANINGS: &[Meaning] = &[
    Meaning::new(1, "ZERO_AMOUNT", "the amount that is funded is zero"),
    Meaning::new(2, "BAD_EPOCHS", "pools are funded for 1 to 64 epochs"),
    Meaning::new(3, "NOTHING_TO_CLAIM", "nothing was earned, or all of it is paid"),
    Meaning::new(4, "BAD_PARAMS", "the parameters break a rule"),
    Meaning::new(
        5,
        "BAD_GENESIS",
        "the tables contradict each other or the balances",
    ),
];

impl Fault for Error {
    fn code(&self) -> Option<Code> {
        Some(ID.code(match self {
            Self::ZeroAmount => 1,
            Self::BadEpochs => 2,
            Self::NothingToClaim => 3,
            Self::BadParams(_) => 4,
            Self::BadGenesis => 5,
            Self::Dss(inner) => return inner.code(),
            Self::Bank(inner) => return inner.code(),
            Self::Math(inner) => return inner.code(),
            Self::State(inner) => return inner.code(),
        }))
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::ZeroAmount => "ZERO_AMOUNT",
            Self::BadEpochs => "BAD_EPOCHS",
            Self::NothingToClaim => "NOTHING_TO_CLAIM",
            Self::BadParams(_) => "BAD_PARAMS",
            Self::BadGenesis => "BAD_GENESIS",
            Self::Dss(inner) => inner.reason(),
            Self::Bank(inner) => inner.reason(),
            Self::Math(inner) => inner.reason(),
            Self::State(inner) => inner.reason(),
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::ZeroAmount
            | Self::BadEpochs
            | Self::NothingToClaim
            | Self::BadParams(_)
            | Self::BadGenesis => Vec::new(),
            Self::Dss(inner) => inner.metadata(),
            Self::Bank(inner) => inner.metadata(),
            Self::Math(inner) => inner.metadata(),
            Self::State(inner) => inner.metadata(),
        }
    }
}
