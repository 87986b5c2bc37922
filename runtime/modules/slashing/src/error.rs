//! What may go wrong, with its stable number.

use crate::ID;
use crate::params::ParamsError;
use crate::types::Ending;
use kernel::{Code, Fault, Meaning, StateError};
use primitives::{Bps, ChainClock, MathError};

/// Why a message or a genesis is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The service's slasher is somebody else, or it has none.
    #[error("only the service's slasher may ask for that")]
    NotSlasher,
    /// The sender has no seat in the veto committee.
    #[error("only a vetoer of the service, or the chain's governance, may veto")]
    NotVetoer,
    /// No request has this number.
    #[error("there is no request {0}")]
    UnknownRequest(u64),
    /// It ended.
    #[error("the request is {} already", .0.name())]
    Ended(Ending),
    /// Its time for a veto is over.
    #[error("the request is due since {due_at} ms of chain time: it can no longer be vetoed")]
    TooLate {
        /// Since when.
        due_at: ChainClock,
    },
    /// Nothing would be taken.
    #[error("the fraction is zero")]
    ZeroFraction,
    /// The class does not allow so much.
    #[error("{asked} are asked for, the class takes at most {cap}")]
    AboveCap {
        /// What was asked.
        asked: Bps,
        /// What may be.
        cap: Bps,
    },
    /// The class has cost the operator something not long ago.
    #[error("the operator is safe from this class until {until} ms of chain time")]
    CoolingDown {
        /// Until when.
        until: ChainClock,
    },
    /// No vault of the operator has pledged anything.
    #[error("no vault of the operator has pledged anything to the service")]
    NothingPledged,
    /// Too much is asked for already.
    #[error("too many requests name a vault of the operator already")]
    TooManyOpen,
    /// The parameters break a rule.
    #[error("bad parameters: {0}")]
    BadParams(#[from] ParamsError),
    /// What services say.
    #[error(transparent)]
    Dss(#[from] dss::Error),
    /// What delegation says.
    #[error(transparent)]
    Delegation(#[from] delegation::Error),
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
    Meaning::new(1, "NOT_SLASHER", "only the service's slasher may ask for a slash"),
    Meaning::new(
        2,
        "NOT_VETOER",
        "only a vetoer of the service, or the chain's governance, may veto",
    ),
    Meaning::new(3, "UNKNOWN_REQUEST", "there is no request with this number"),
    Meaning::new(4, "ENDED", "the request has ended already"),
    Meaning::new(5, "TOO_LATE", "the request is due: it can no longer be vetoed"),
    Meaning::new(6, "ZERO_FRACTION", "the fraction that is asked for is zero"),
    Meaning::new(7, "ABOVE_CAP", "more is asked for than the class takes at most"),
    Meaning::new(
        8,
        "COOLING_DOWN",
        "the class has cost the operator something not long ago",
    ),
    Meaning::new(
        9,
        "NOTHING_PLEDGED",
        "no vault of the operator has pledged anything to the service",
    ),
    Meaning::new(
        10,
        "TOO_MANY_OPEN",
        "too many requests name a vault of the operator already",
    ),
    Meaning::new(11, "BAD_PARAMS", "genesis has parameters that break a rule"),
];

impl Error {
    /// Its number; `None` for what another module, or the kernel, numbers.
    const fn number(&self) -> Option<u16> {
        Some(match self {
            Self::NotSlasher => 1,
            Self::NotVetoer => 2,
            Self::UnknownRequest(_) => 3,
            Self::Ended(_) => 4,
            Self::TooLate { .. } => 5,
            Self::ZeroFraction => 6,
            Self::AboveCap { .. } => 7,
            Self::CoolingDown { .. } => 8,
            Self::NothingPledged => 9,
            Self::TooManyOpen => 10,
            Self::BadParams(_) => 11,
            Self::Dss(_) | Self::Delegation(_) | Self::Bank(_) | Self::Math(_) | Self::State(_) => {
                return None;
            }
        })
    }

    /// The error that another module, or the kernel, numbers.
    fn inner(&self) -> Option<&dyn Fault> {
        if let Self::Dss(inner) = self {
            Some(inner)
        } else if let Self::Delegation(inner) = self {
            Some(inner)
        } else if let Self::Bank(inner) = self {
            Some(inner)
        } else if let Self::Math(inner) = self {
            Some(inner)
        } else if let Self::State(inner) = self {
            Some(inner)
        } else {
            None
        }
    }
}

impl Fault for Error {
    fn code(&self) -> Option<Code> {
        match self.number() {
            Some(number) => Some(ID.code(number)),
            None => self.inner().and_then(Fault::code),
        }
    }

    fn reason(&self) -> &'static str {
        let own = self
            .number()
            .and_then(|number| MEANINGS.iter().find(|one| one.number == number));
        match own {
            Some(meaning) => meaning.reason,
            None => self.inner().map_or("SLASHING", Fault::reason),
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        let one = |name, value: &dyn core::fmt::Display| vec![(name, value.to_string())];
        match self {
            Self::UnknownRequest(number) => one("request", number),
            Self::Ended(ending) => one("ending", &ending.name()),
            Self::TooLate { due_at } => one("due_at_ms", due_at),
            Self::AboveCap { asked, cap } => {
                vec![("asked", asked.get().to_string()), ("cap", cap.get().to_string())]
            }
            Self::CoolingDown { until } => one("until_ms", until),
            Self::NotSlasher
            | Self::NotVetoer
            | Self::ZeroFraction
            | Self::NothingPledged
            | Self::TooManyOpen
            | Self::BadParams(_)
            | Self::Dss(_)
            | Self::Delegation(_)
            | Self::Bank(_)
            | Self::Math(_)
            | Self::State(_) => self.inner().map_or_else(Vec::new, Fault::metadata),
        }
    }
}
