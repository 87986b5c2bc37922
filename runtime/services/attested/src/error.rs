//! What may go wrong, with its stable number.

use crate::ID;
use crate::program::{Refused, Trap};
use dss::Kind;
use kernel::{Code, Fault, Meaning, StateError};

/// Why a message or an accusation is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The bytes are no fault program.
    #[error("no fault program: {0}")]
    BadProgram(#[from] Refused),
    /// The service is of another kind.
    #[error("the service is of the kind {}", .0.name())]
    OtherKind(Kind),
    /// Somebody has joined, or it is active.
    #[error("a program is registered before anybody joins")]
    TooLate,
    /// It has one.
    #[error("the service has a program, which never changes")]
    AlreadySet,
    /// It has none.
    #[error("the service has no fault program")]
    NoProgram,
    /// The program finds no fault.
    #[error("the program finds no fault in the answers")]
    Innocent,
    /// The program gave no verdict.
    #[error("no verdict: {0}")]
    Trapped(Trap),
    /// The genesis does not fit together.
    #[error("bad genesis: {0}")]
    BadGenesis(&'static str),
    /// What services say.
    #[error(transparent)]
    Dss(#[from] dss::Error),
    /// The store is broken, or out of gas.
    #[error(transparent)]
    State(#[from] StateError),
}

/// What each number says.
pub(crate) const MEANINGS: &[Meaning] = &[
    Meaning::new(1, "BAD_PROGRAM", "the bytes are no fault program"),
    Meaning::new(2, "OTHER_KIND", "the service is of another kind"),
    Meaning::new(3, "TOO_LATE", "a program is registered before anybody joins"),
    Meaning::new(4, "ALREADY_SET", "the service has a program, which never changes"),
    Meaning::new(5, "NO_PROGRAM", "the service has no fault program"),
    Meaning::new(6, "INNOCENT", "the program finds no fault in the answers"),
    Meaning::new(
        7,
        "NO_VERDICT",
        "the program trapped, ran out of fuel or named no class",
    ),
    Meaning::new(8, "BAD_GENESIS", "genesis has programs that do not fit together"),
];

impl Fault for Error {
    fn code(&self) -> Option<Code> {
        Some(ID.code(match self {
            Self::BadProgram(_) => 1,
            Self::OtherKind(_) => 2,
            Self::TooLate => 3,
            Self::AlreadySet => 4,
            Self::NoProgram => 5,
            Self::Innocent => 6,
            Self::Trapped(_) => 7,
            Self::BadGenesis(_) => 8,
            Self::Dss(inner) => return inner.code(),
            Self::State(inner) => return inner.code(),
        }))
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::BadProgram(_) => "BAD_PROGRAM",
            Self::OtherKind(_) => "OTHER_KIND",
            Self::TooLate => "TOO_LATE",
            Self::AlreadySet => "ALREADY_SET",
            Self::NoProgram => "NO_PROGRAM",
            Self::Innocent => "INNOCENT",
            Self::Trapped(_) => "NO_VERDICT",
            Self::BadGenesis(_) => "BAD_GENESIS",
            Self::Dss(inner) => inner.reason(),
            Self::State(inner) => inner.reason(),
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::BadProgram(why) => vec![("rule", why.to_string())],
            Self::Trapped(why) => vec![("rule", why.to_string())],
            Self::OtherKind(kind) => vec![("kind", kind.name().to_owned())],
            Self::BadGenesis(rule) => vec![("rule", (*rule).to_owned())],
            Self::Dss(inner) => inner.metadata(),
            Self::State(inner) => inner.metadata(),
            Self::TooLate | Self::AlreadySet | Self::NoProgram | Self::Innocent => Vec::new(),
        }
    }
}
