//! What may go wrong, with its stable number.

use crate::ID;
use crate::halt::Subject;
use crate::hooks::{INEQUALITIES, Inequality, Refusal};
use crate::params::ParamsError;
use crate::types::Phase;
use kernel::{Code, Fault, Meaning, StateError};
use primitives::{ChainClock, Epoch, MathError, Millis};

/// Why a message, an action or a genesis is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A summary is empty, too long, or has control characters.
    #[error("a summary has 1 to 1024 bytes, without control characters but line feeds")]
    BadSummary,
    /// As many proposals are open as may be.
    #[error("{limit} proposals are open, as many as may be: wait until one is over")]
    TooManyOpen {
        /// How many may be.
        limit: u16,
    },
    /// No proposal has this number.
    #[error("there is no proposal {0}")]
    UnknownProposal(u64),
    /// Votes do not count any more.
    #[error("votes do not count any more: it is {}", .0.name())]
    NotVoting(Phase),
    /// The sender is no operator of the set that votes.
    #[error("only operators of the set of epoch {epoch}, in which the proposal was made, vote")]
    NoPower {
        /// Whose set votes.
        epoch: Epoch,
    },
    /// A value breaks a rule of its own module.
    #[error("{0}")]
    BreaksRule(String),
    /// Modules would not fit together any more.
    #[error("{}", .0.meaning().words)]
    BreaksInequality(Inequality),
    /// It is about something that there is not.
    #[error("{0}")]
    UnknownSubject(String),
    /// Everything is so already.
    #[error("it would change nothing")]
    ChangesNothing,
    /// What another module says.
    #[error("refused with code {0}")]
    Refused(Code),
    /// A halt of nothing, or longer than one decision may make it.
    #[error("a halt lasts above 0 and at most {most} ms, not {period} ms")]
    HaltTooLong {
        /// What was asked.
        period: Millis,
        /// What may be.
        most: Millis,
    },
    /// What is to go on does not stand still.
    #[error("{} is not halted", subject.name())]
    NotHalted {
        /// What.
        subject: Subject,
    },
    /// What is asked for stands still.
    #[error("{} is halted until {until} ms of chain time", subject.name())]
    Halted {
        /// What.
        subject: Subject,
        /// When it goes on by itself.
        until: ChainClock,
    },
    /// The parameters break a rule.
    #[error("bad parameters: {0}")]
    BadParams(#[from] ParamsError),
    /// The tables of a chain that goes on contradict each other.
    #[error("the tables contradict each other or the balances")]
    BadGenesis,
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

/// The code of an accepted proposal whose start was changed by another one meanwhile.
const STALE: u16 = 14;

/// What is written when what a proposal starts from has changed since it was made.
pub(crate) const fn stale() -> Code {
    ID.code(STALE)
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Rule(words) => Self::BreaksRule(words),
            Refusal::Inequality(which) => Self::BreaksInequality(which),
            Refusal::Unknown(words) => Self::UnknownSubject(words),
            Refusal::NoChange => Self::ChangesNothing,
            Refusal::Code(code) => Self::Refused(code),
            Refusal::State(error) => Self::State(error),
        }
    }
}

/// What each number says.
pub(crate) const MEANINGS: &[Meaning] = &[
    Meaning::new(
        1,
        "BAD_SUMMARY",
        "a summary has 1 to 1024 bytes, without control characters but line feeds",
    ),
    Meaning::new(
        2,
        "TOO_MANY_OPEN",
        "as many proposals are open as may be: wait until one is over",
    ),
    Meaning::new(3, "UNKNOWN_PROPOSAL", "no proposal has this number"),
    Meaning::new(
        4,
        "NOT_VOTING",
        "the proposal is decided: votes do not count any more",
    ),
    Meaning::new(
        5,
        "NO_POWER",
        "only operators of the set of the epoch in which the proposal was made vote",
    ),
    Meaning::new(
        6,
        "BREAKS_RULE",
        "a value breaks a rule of its own module: a zero, a bound, or two that do not fit; its README lists them",
    ),
    Meaning::new(8, "UNKNOWN_SUBJECT", "it is about something that there is not"),
    Meaning::new(9, "CHANGES_NOTHING", "everything is as the action would make it"),
    Meaning::new(
        10,
        "HALT_TOO_LONG",
        "a halt lasts above zero and at most as long as one decision may make it",
    ),
    Meaning::new(11, "NOT_HALTED", "what is to go on does not stand still"),
    Meaning::new(
        12,
        "HALTED",
        "it is halted by a decision of the validators, for a time",
    ),
    Meaning::new(13, "BAD_PARAMS", "the parameters break a rule"),
    Meaning::new(
        STALE,
        "STALE",
        "another proposal has changed what this one starts from; make it anew",
    ),
    Meaning::new(
        15,
        "BAD_GENESIS",
        "the tables contradict each other or the balances",
    ),
    INEQUALITIES[0],
    INEQUALITIES[1],
    INEQUALITIES[2],
    INEQUALITIES[3],
    INEQUALITIES[4],
    INEQUALITIES[5],
    INEQUALITIES[6],
    INEQUALITIES[7],
    INEQUALITIES[8],
    INEQUALITIES[9],
];

impl Fault for Error {
    fn code(&self) -> Option<Code> {
        Some(ID.code(match self {
            Self::BadSummary => 1,
            Self::TooManyOpen { .. } => 2,
            Self::UnknownProposal(_) => 3,
            Self::NotVoting(_) => 4,
            Self::NoPower { .. } => 5,
            Self::BreaksRule(_) => 6,
            Self::BreaksInequality(which) => which.meaning().number,
            Self::UnknownSubject(_) => 8,
            Self::ChangesNothing => 9,
            Self::HaltTooLong { .. } => 10,
            Self::NotHalted { .. } => 11,
            Self::Halted { .. } => 12,
            Self::BadParams(_) => 13,
            Self::BadGenesis => 15,
            Self::Refused(code) => return Some(*code),
            Self::Bank(inner) => return inner.code(),
            Self::Math(inner) => return inner.code(),
            Self::State(inner) => return inner.code(),
        }))
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::BadSummary => "BAD_SUMMARY",
            Self::TooManyOpen { .. } => "TOO_MANY_OPEN",
            Self::UnknownProposal(_) => "UNKNOWN_PROPOSAL",
            Self::NotVoting(_) => "NOT_VOTING",
            Self::NoPower { .. } => "NO_POWER",
            Self::BreaksRule(_) => "BREAKS_RULE",
            Self::BreaksInequality(which) => which.meaning().reason,
            Self::UnknownSubject(_) => "UNKNOWN_SUBJECT",
            Self::ChangesNothing => "CHANGES_NOTHING",
            Self::HaltTooLong { .. } => "HALT_TOO_LONG",
            Self::NotHalted { .. } => "NOT_HALTED",
            Self::Halted { .. } => "HALTED",
            Self::BadParams(_) => "BAD_PARAMS",
            Self::BadGenesis => "BAD_GENESIS",
            Self::Refused(_) => "REFUSED",
            Self::Bank(inner) => inner.reason(),
            Self::Math(inner) => inner.reason(),
            Self::State(inner) => inner.reason(),
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::TooManyOpen { limit } => vec![("limit", limit.to_string())],
            Self::UnknownProposal(number) => vec![("proposal", number.to_string())],
            Self::NotVoting(phase) => vec![("phase", phase.name().to_owned())],
            Self::NoPower { epoch } => vec![("epoch", epoch.to_string())],
            Self::BreaksRule(words) | Self::UnknownSubject(words) => vec![("rule", words.clone())],
            Self::HaltTooLong { period, most } => {
                vec![("period_ms", period.to_string()), ("most_ms", most.to_string())]
            }
            Self::NotHalted { subject } => vec![("subject", subject.name().to_owned())],
            Self::Halted { subject, until } => vec![
                ("subject", subject.name().to_owned()),
                ("until_ms", until.to_string()),
            ],
            Self::Refused(code) => vec![("code", code.to_string())],
            Self::BadSummary
            | Self::ChangesNothing
            | Self::BreaksInequality(_)
            | Self::BadParams(_)
            | Self::BadGenesis => Vec::new(),
            Self::Bank(inner) => inner.metadata(),
            Self::Math(inner) => inner.metadata(),
            Self::State(inner) => inner.metadata(),
        }
    }
}
