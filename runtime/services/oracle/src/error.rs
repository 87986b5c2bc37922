//! What may go wrong, with its stable number.

use crate::ID;
use crate::params::ParamsError;
use crate::types::Bounds;
use crypto::bls::BlsError;
use dss::Kind;
use kernel::{Code, Fault, Meaning, StateError};
use primitives::{AccountId, Amount, ChainClock};

/// Why a message, an accusation or a genesis is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No feed has this number.
    #[error("there is no feed {0}")]
    UnknownFeed(u64),
    /// The service is of another kind.
    #[error("the service is of the kind {}", .0.name())]
    OtherKind(Kind),
    /// What a feed would be breaks a rule.
    #[error("bad feed: {0}")]
    BadFeed(&'static str),
    /// The service has as many as it may.
    #[error("a service has at most {limit} feeds")]
    TooManyFeeds {
        /// How many.
        limit: u16,
    },
    /// It has ended.
    #[error("feed {0} has ended")]
    Ended(u64),
    /// Its rounds pay nothing.
    #[error("the rounds of feed {0} pay nothing, so there is nothing to fund")]
    NothingToFund(u64),
    /// Less than one round pays.
    #[error("a deposit is at least what one round pays: {least}")]
    TooLittle {
        /// What one round pays.
        least: Amount,
    },
    /// No deposit of the feed has this number, or nothing is left of it.
    #[error("there is no deposit {0}, or rounds have used it")]
    UnknownDeposit(u64),
    /// It is another's.
    #[error("the deposit is {0}'s")]
    NotDepositor(AccountId),
    /// No such round is open, or it is forgotten.
    #[error("no round {round} of feed {feed} is open")]
    NoSuchRound {
        /// The feed.
        feed: u64,
        /// The round.
        round: u64,
    },
    /// It has no seat, or no power, in the round.
    #[error("what the operator states weighs nothing in this round")]
    NotAsked,
    /// Nobody's value would count.
    #[error("nobody who serves the service has any weight")]
    NobodyWeighs,
    /// Too early or too late.
    #[error("only from {from} until before {until} ms of chain time; it is {now}")]
    OutsideWindow {
        /// From when.
        from: ChainClock,
        /// Until before when.
        until: ChainClock,
        /// When it was tried.
        now: ChainClock,
    },
    /// It did so already.
    #[error("the operator has committed, or shown its value, already")]
    AlreadySaid,
    /// It shows what it did not commit to in time.
    #[error("the operator committed to no value")]
    NotCommitted,
    /// It shows something else.
    #[error("the value and the salt are not what the operator committed to")]
    CommitmentMismatch,
    /// It states what nobody may.
    #[error("{value} is not within {} to {}", .bounds.least, .bounds.most)]
    OutOfBounds {
        /// The value.
        value: u128,
        /// The round's bounds.
        bounds: Bounds,
    },
    /// A key or signature does not decode or does not hold.
    #[error("{0}")]
    Signature(#[from] BlsError),
    /// The accusation shows no fault.
    #[error("no fault: {0}")]
    ShowsNothing(&'static str),
    /// The parameters break a rule.
    #[error("bad parameters: {0}")]
    BadParams(#[from] ParamsError),
    /// The genesis does not fit together.
    #[error("bad genesis: {0}")]
    BadGenesis(&'static str),
    /// What services say.
    #[error(transparent)]
    Dss(#[from] dss::Error),
    /// What the bank says.
    #[error(transparent)]
    Bank(#[from] bank::Error),
    /// The store is broken, or out of gas.
    #[error(transparent)]
    State(#[from] StateError),
}

/// What each number says.
pub(crate) const MEANINGS: &[Meaning] = &[
    Meaning::new(1, "UNKNOWN_FEED", "no feed has this number"),
    Meaning::new(2, "OTHER_KIND", "the service is of another kind"),
    Meaning::new(3, "BAD_FEED", "what the feed would be breaks a rule"),
    Meaning::new(4, "TOO_MANY_FEEDS", "the service has as many feeds as it may"),
    Meaning::new(5, "FEED_ENDED", "the feed has ended"),
    Meaning::new(6, "NOTHING_TO_FUND", "rounds of the feed pay nothing"),
    Meaning::new(7, "TOO_LITTLE", "a deposit is at least what one round pays"),
    Meaning::new(8, "UNKNOWN_DEPOSIT", "no such deposit, or rounds have used it"),
    Meaning::new(9, "NOT_DEPOSITOR", "the deposit is another account's"),
    Meaning::new(10, "NO_SUCH_ROUND", "no such round of the feed is open"),
    Meaning::new(
        11,
        "NOT_ASKED",
        "what the operator states weighs nothing in this round",
    ),
    Meaning::new(
        12,
        "NOBODY_WEIGHS",
        "nobody who serves the service has any weight",
    ),
    Meaning::new(13, "OUTSIDE_WINDOW", "too early or too late"),
    Meaning::new(
        14,
        "ALREADY_SAID",
        "the operator has committed, or shown its value, already",
    ),
    Meaning::new(15, "NOT_COMMITTED", "the operator committed to no value"),
    Meaning::new(
        16,
        "COMMITMENT_MISMATCH",
        "the value and the salt are not what the operator committed to",
    ),
    Meaning::new(17, "OUT_OF_BOUNDS", "the value is out of the round's bounds"),
    Meaning::new(
        18,
        "BAD_SIGNATURE",
        "a key or signature does not decode or does not hold",
    ),
    Meaning::new(19, "NO_FAULT", "what is shown is no fault"),
    Meaning::new(20, "BAD_PARAMS", "the parameters break a rule"),
    Meaning::new(21, "BAD_GENESIS", "genesis has feeds that do not fit together"),
];

impl Fault for Error {
    fn code(&self) -> Option<Code> {
        Some(ID.code(match self {
            Self::UnknownFeed(_) => 1,
            Self::OtherKind(_) => 2,
            Self::BadFeed(_) => 3,
            Self::TooManyFeeds { .. } => 4,
            Self::Ended(_) => 5,
            Self::NothingToFund(_) => 6,
            Self::TooLittle { .. } => 7,
            Self::UnknownDeposit(_) => 8,
            Self::NotDepositor(_) => 9,
            Self::NoSuchRound { .. } => 10,
            Self::NotAsked => 11,
            Self::NobodyWeighs => 12,
            Self::OutsideWindow { .. } => 13,
            Self::AlreadySaid => 14,
            Self::NotCommitted => 15,
            Self::CommitmentMismatch => 16,
            Self::OutOfBounds { .. } => 17,
            Self::Signature(_) => 18,
            Self::ShowsNothing(_) => 19,
            Self::BadParams(_) => 20,
            Self::BadGenesis(_) => 21,
            Self::Dss(inner) => return inner.code(),
            Self::Bank(inner) => return inner.code(),
            Self::State(inner) => return inner.code(),
        }))
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Dss(inner) => inner.reason(),
            Self::Bank(inner) => inner.reason(),
            Self::State(inner) => inner.reason(),
            Self::UnknownFeed(_) => "UNKNOWN_FEED",
            Self::OtherKind(_) => "OTHER_KIND",
            Self::BadFeed(_) => "BAD_FEED",
            Self::TooManyFeeds { .. } => "TOO_MANY_FEEDS",
            Self::Ended(_) => "FEED_ENDED",
            Self::NothingToFund(_) => "NOTHING_TO_FUND",
            Self::TooLittle { .. } => "TOO_LITTLE",
            Self::UnknownDeposit(_) => "UNKNOWN_DEPOSIT",
            Self::NotDepositor(_) => "NOT_DEPOSITOR",
            Self::NoSuchRound { .. } => "NO_SUCH_ROUND",
            Self::NotAsked => "NOT_ASKED",
            Self::NobodyWeighs => "NOBODY_WEIGHS",
            Self::OutsideWindow { .. } => "OUTSIDE_WINDOW",
            Self::AlreadySaid => "ALREADY_SAID",
            Self::NotCommitted => "NOT_COMMITTED",
            Self::CommitmentMismatch => "COMMITMENT_MISMATCH",
            Self::OutOfBounds { .. } => "OUT_OF_BOUNDS",
            Self::Signature(_) => "BAD_SIGNATURE",
            Self::ShowsNothing(_) => "NO_FAULT",
            Self::BadParams(_) => "BAD_PARAMS",
            Self::BadGenesis(_) => "BAD_GENESIS",
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::UnknownFeed(feed) | Self::Ended(feed) | Self::NothingToFund(feed) => {
                vec![("feed", feed.to_string())]
            }
            Self::OtherKind(kind) => vec![("kind", kind.name().to_owned())],
            Self::BadFeed(rule) | Self::ShowsNothing(rule) | Self::BadGenesis(rule) => {
                vec![("rule", (*rule).to_owned())]
            }
            Self::TooManyFeeds { limit } => vec![("limit", limit.to_string())],
            Self::TooLittle { least } => vec![("least", least.to_string())],
            Self::UnknownDeposit(deposit) => vec![("deposit", deposit.to_string())],
            Self::NotDepositor(account) => vec![("depositor", account.to_string())],
            Self::NoSuchRound { feed, round } => {
                vec![("feed", feed.to_string()), ("round", round.to_string())]
            }
            Self::OutsideWindow { from, until, now } => vec![
                ("from", from.to_string()),
                ("until", until.to_string()),
                ("now", now.to_string()),
            ],
            Self::OutOfBounds { value, bounds } => vec![
                ("value", value.to_string()),
                ("least", bounds.least.to_string()),
                ("most", bounds.most.to_string()),
            ],
            Self::BadParams(error) => vec![("rule", error.to_string())],
            Self::Signature(error) => vec![("rule", error.to_string())],
            Self::Dss(inner) => inner.metadata(),
            Self::Bank(inner) => inner.metadata(),
            Self::State(inner) => inner.metadata(),
            Self::NotAsked
            | Self::NobodyWeighs
            | Self::AlreadySaid
            | Self::NotCommitted
            | Self::CommitmentMismatch => Vec::new(),
        }
    }
}

/// The broken store within an error that has no code.
pub(crate) fn halting(error: Error) -> StateError {
    if let Error::State(inner)
    | Error::Dss(dss::Error::State(inner))
    | Error::Bank(bank::Error::State(inner)) = error
    {
        inner
    } else {
        ID.broken("every other error has a code")
    }
}
