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
    /// The program gave no verdict: each way of giving none has a number of its own.
    #[error("no verdict: {0}")]
    NoVerdict(Trap),
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
        "the program gave a number that is neither a class nor -1",
    ),
    Meaning::new(8, "BAD_GENESIS", "genesis has programs that do not fit together"),
    Meaning::new(
        9,
        "PROGRAM_OUT_OF_FUEL",
        "the program did not end within its fuel: what it judges shows nothing",
    ),
    Meaning::new(
        10,
        "PROGRAM_TRAPPED",
        "the program stopped at an instruction that cannot be carried out, or called too deep",
    ),
    Meaning::new(
        11,
        "PROGRAM_OUT_OF_MEMORY",
        "the program asks for more memory, or larger tables, than fault programs may have",
    ),
    Meaning::new(
        12,
        "FORBIDDEN_IMPORT",
        "the program imports something else than the functions that fault programs may call",
    ),
];

/// The number of a program's refusal.
const fn of_bytes(why: Refused) -> u16 {
    match why {
        Refused::Import => 12,
        Refused::TooMuchMemory => 11,
        Refused::TooLong | Refused::Malformed | Refused::Entry | Refused::Memory | Refused::DoesNotStart => 1,
    }
}

/// The number of a run without a verdict.
const fn of_run(why: Trap) -> u16 {
    match why {
        Trap::OutOfFuel => 9,
        Trap::Trapped => 10,
        Trap::OutOfMemory => 11,
        Trap::Refused | Trap::NoVerdict => 7,
    }
}

impl Error {
    /// Its number; `None` for what another module, or the kernel, numbers.
    const fn number(&self) -> Option<u16> {
        Some(match self {
            Self::BadProgram(why) => of_bytes(*why),
            Self::OtherKind(_) => 2,
            Self::TooLate => 3,
            Self::AlreadySet => 4,
            Self::NoProgram => 5,
            Self::Innocent => 6,
            Self::NoVerdict(why) => of_run(*why),
            Self::BadGenesis(_) => 8,
            Self::Dss(_) | Self::State(_) => return None,
        })
    }
}

impl Fault for Error {
    fn code(&self) -> Option<Code> {
        match self {
            Self::Dss(inner) => inner.code(),
            Self::State(inner) => inner.code(),
            Self::BadProgram(_)
            | Self::OtherKind(_)
            | Self::TooLate
            | Self::AlreadySet
            | Self::NoProgram
            | Self::Innocent
            | Self::NoVerdict(_)
            | Self::BadGenesis(_) => self.number().map(|number| ID.code(number)),
        }
    }

    fn reason(&self) -> &'static str {
        let own = self
            .number()
            .and_then(|number| MEANINGS.iter().find(|one| one.number == number));
        match (self, own) {
            (Self::Dss(inner), _) => inner.reason(),
            (Self::State(inner), _) => inner.reason(),
            (_, Some(meaning)) => meaning.reason,
            (_, None) => "ATTESTED",
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::BadProgram(why) => vec![("rule", why.to_string())],
            Self::NoVerdict(why) => vec![("rule", why.to_string())],
            Self::OtherKind(kind) => vec![("kind", kind.name().to_owned())],
            Self::BadGenesis(rule) => vec![("rule", (*rule).to_owned())],
            Self::Dss(inner) => inner.metadata(),
            Self::State(inner) => inner.metadata(),
            Self::TooLate | Self::AlreadySet | Self::NoProgram | Self::Innocent => Vec::new(),
        }
    }
}
