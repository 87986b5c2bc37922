//! What may go wrong.

use crate::ID;
use crate::params::ParamsError;
use crypto::ed25519::KeyError;
use kernel::{Code, Fault, Meaning, StateError};
use light_palisade::EvidenceError;
use primitives::{AccountId, Amount, ChainClock, Epoch, MathError};

/// Errors of the module. The numbers of their codes are never reused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing to bond or unbond.
    #[error("the amount is zero")]
    ZeroAmount,
    /// The name is empty, over 64 bytes, or has control characters.
    #[error("a moniker is 1 to 64 bytes of text without control characters")]
    Moniker,
    /// The key is not in its subgroup, or the proof is not that key's signature over itself and the sender.
    #[error("the proof of possession does not belong to the consensus key")]
    PossessionProof,
    /// The sender operates a validator already.
    #[error("{0} operates a validator already")]
    AlreadyRegistered(AccountId),
    /// The consensus or network key belongs to another operator, or did once.
    #[error("the {0} key belongs, or belonged, to another operator")]
    KeyTaken(&'static str),
    /// There is no such validator.
    #[error("{0} operates no validator")]
    UnknownValidator(AccountId),
    /// A first bond below the minimum.
    #[error("a validator starts with a bond of at least {minimum} npal, not {bond}")]
    BondTooSmall {
        /// What was offered.
        bond: Amount,
        /// What is asked.
        minimum: Amount,
    },
    /// The sender has not bonded that much behind this validator.
    #[error("{have} npal are bonded where {asked} are asked")]
    NotBonded {
        /// What the bond is worth.
        have: Amount,
        /// What was asked.
        asked: Amount,
    },
    /// Everything behind the validator was slashed: it takes no new bonds.
    #[error("everything behind this validator was slashed: it takes no new bonds")]
    Emptied,
    /// As many unbondings of this bond are under way as may be.
    #[error("{0} unbondings of this bond are under way, no more may be")]
    TooManyUnbondings(u32),
    /// There is nothing to pay out.
    #[error("the bond has earned nothing yet")]
    NothingToClaim,
    /// A genesis that does not add up.
    #[error("genesis: {0}")]
    Genesis(&'static str),
    /// The network key is no ed25519 key that a node could have.
    #[error("the p2p key is no ed25519 key: {0}")]
    PeerKey(#[from] KeyError),
    /// The parameters of a genesis break a rule.
    #[error("staking parameters: {0}")]
    Params(#[from] ParamsError),
    /// Evidence about an epoch that has not begun.
    #[error("the evidence is about epoch {0}, which has not begun")]
    EvidenceTooEarly(Epoch),
    /// Evidence about an epoch that ended too long ago.
    #[error("the evidence is about epoch {0}, which ended too long ago")]
    EvidenceExpired(Epoch),
    /// Whoever the evidence names is convicted of that epoch already.
    #[error("everybody whom the evidence names is convicted of epoch {0} already")]
    AlreadyConvicted(Epoch),
    /// The evidence shows nothing.
    #[error("the evidence shows nothing: {0}")]
    Evidence(#[from] EvidenceError),
    /// The validator is not jailed.
    #[error("the validator is not jailed")]
    NotJailed,
    /// The validator's time in jail is not over.
    #[error("the validator may leave jail when chain time has reached {0} ms")]
    StillJailed(ChainClock),
    /// The validator contradicted itself.
    #[error("the validator contradicted itself: it is jailed for good")]
    Tombstoned,
    /// The sender's validator is not in the epoch's set.
    #[error("only a member of the epoch's set says that it is there")]
    NotInSet,
    /// The sender's validator was seen in this epoch already.
    #[error("the validator was seen in this epoch already")]
    HeartbeatNotNeeded,
    /// The key was changed in this epoch already.
    #[error("the consensus key was changed in this epoch already: once per epoch")]
    RotatedAlready,
    /// The module of operators does not let the account serve the chain.
    #[error("the account cannot serve the chain as an operator: {0}")]
    Operator(Code),
    /// The bank's.
    #[error(transparent)]
    Bank(#[from] bank::Error),
    /// Arithmetic on what was asked for.
    #[error(transparent)]
    Math(#[from] MathError),
    /// The store's.
    #[error(transparent)]
    State(#[from] StateError),
}

/// What the codes say.
pub(crate) const MEANINGS: &[Meaning] = &[
    Meaning::new(1, "ZERO_AMOUNT", "the amount is zero"),
    Meaning::new(
        2,
        "BAD_MONIKER",
        "a moniker is 1 to 64 bytes of text without control characters",
    ),
    Meaning::new(
        3,
        "BAD_POSSESSION_PROOF",
        "the proof of possession does not belong to the consensus key",
    ),
    Meaning::new(
        4,
        "ALREADY_REGISTERED",
        "the account operates a validator already",
    ),
    Meaning::new(
        5,
        "KEY_TAKEN",
        "the consensus or network key belongs, or belonged, to another operator",
    ),
    Meaning::new(6, "UNKNOWN_VALIDATOR", "the account operates no validator"),
    Meaning::new(7, "BOND_TOO_SMALL", "a validator starts with a larger bond"),
    Meaning::new(8, "NOT_BONDED", "less is bonded than was asked for"),
    Meaning::new(
        9,
        "VALIDATOR_EMPTIED",
        "everything behind this validator was slashed: it takes no new bonds",
    ),
    Meaning::new(
        10,
        "TOO_MANY_UNBONDINGS",
        "as many unbondings of this bond are under way as may be",
    ),
    Meaning::new(11, "NOTHING_TO_CLAIM", "the bond has earned nothing yet"),
    Meaning::new(12, "BAD_GENESIS", "the genesis does not add up"),
    Meaning::new(
        13,
        "BAD_P2P_KEY",
        "the p2p key is no ed25519 key that a node could have",
    ),
    Meaning::new(
        14,
        "BAD_PARAMS",
        "the staking parameters of the genesis break a rule",
    ),
    Meaning::new(
        15,
        "EVIDENCE_TOO_EARLY",
        "the evidence is about an epoch that has not begun",
    ),
    Meaning::new(
        16,
        "EVIDENCE_EXPIRED",
        "the evidence is about an epoch that ended too long ago",
    ),
    Meaning::new(
        17,
        "ALREADY_CONVICTED",
        "everybody whom the evidence names is convicted of that epoch already",
    ),
    Meaning::new(18, "EVIDENCE_SHOWS_NOTHING", "the evidence shows nothing"),
    Meaning::new(19, "NOT_JAILED", "the validator is not jailed"),
    Meaning::new(20, "STILL_JAILED", "the validator's time in jail is not over"),
    Meaning::new(
        21,
        "TOMBSTONED",
        "the validator contradicted itself: it is jailed for good",
    ),
    Meaning::new(
        22,
        "NOT_IN_SET",
        "only a member of the epoch's set says that it is there",
    ),
    Meaning::new(
        23,
        "HEARTBEAT_NOT_NEEDED",
        "the validator was seen in this epoch already",
    ),
    Meaning::new(
        24,
        "ROTATED_ALREADY",
        "the consensus key was changed in this epoch already",
    ),
];

impl Fault for Error {
    fn code(&self) -> Option<Code> {
        Some(ID.code(match self {
            Self::ZeroAmount => 1,
            Self::Moniker => 2,
            Self::PossessionProof => 3,
            Self::AlreadyRegistered(_) => 4,
            Self::KeyTaken(_) => 5,
            Self::UnknownValidator(_) => 6,
            Self::BondTooSmall { .. } => 7,
            Self::NotBonded { .. } => 8,
            Self::Emptied => 9,
            Self::TooManyUnbondings(_) => 10,
            Self::NothingToClaim => 11,
            Self::Genesis(_) => 12,
            Self::PeerKey(_) => 13,
            Self::Params(_) => 14,
            Self::EvidenceTooEarly(_) => 15,
            Self::EvidenceExpired(_) => 16,
            Self::AlreadyConvicted(_) => 17,
            Self::Evidence(_) => 18,
            Self::NotJailed => 19,
            Self::StillJailed(_) => 20,
            Self::Tombstoned => 21,
            Self::NotInSet => 22,
            Self::HeartbeatNotNeeded => 23,
            Self::RotatedAlready => 24,
            Self::Operator(code) => return Some(*code),
            Self::Bank(inner) => return inner.code(),
            Self::Math(inner) => return inner.code(),
            Self::State(inner) => return inner.code(),
        }))
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::ZeroAmount => "ZERO_AMOUNT",
            Self::Moniker => "BAD_MONIKER",
            Self::PossessionProof => "BAD_POSSESSION_PROOF",
            Self::AlreadyRegistered(_) => "ALREADY_REGISTERED",
            Self::KeyTaken(_) => "KEY_TAKEN",
            Self::UnknownValidator(_) => "UNKNOWN_VALIDATOR",
            Self::BondTooSmall { .. } => "BOND_TOO_SMALL",
            Self::NotBonded { .. } => "NOT_BONDED",
            Self::Emptied => "VALIDATOR_EMPTIED",
            Self::TooManyUnbondings(_) => "TOO_MANY_UNBONDINGS",
            Self::NothingToClaim => "NOTHING_TO_CLAIM",
            Self::Genesis(_) => "BAD_GENESIS",
            Self::PeerKey(_) => "BAD_P2P_KEY",
            Self::Params(_) => "BAD_PARAMS",
            Self::EvidenceTooEarly(_) => "EVIDENCE_TOO_EARLY",
            Self::EvidenceExpired(_) => "EVIDENCE_EXPIRED",
            Self::AlreadyConvicted(_) => "ALREADY_CONVICTED",
            Self::Evidence(_) => "EVIDENCE_SHOWS_NOTHING",
            Self::NotJailed => "NOT_JAILED",
            Self::StillJailed(_) => "STILL_JAILED",
            Self::Tombstoned => "TOMBSTONED",
            Self::NotInSet => "NOT_IN_SET",
            Self::HeartbeatNotNeeded => "HEARTBEAT_NOT_NEEDED",
            Self::RotatedAlready => "ROTATED_ALREADY",
            Self::Operator(_) => "OPERATOR",
            Self::Bank(inner) => inner.reason(),
            Self::Math(inner) => inner.reason(),
            Self::State(inner) => inner.reason(),
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::AlreadyRegistered(account) | Self::UnknownValidator(account) => {
                vec![("operator", account.to_string())]
            }
            Self::KeyTaken(key) => vec![("key", (*key).to_owned())],
            Self::BondTooSmall { bond, minimum } => {
                vec![("have", bond.to_string()), ("need", minimum.to_string())]
            }
            Self::NotBonded { have, asked } => {
                vec![("have", have.to_string()), ("need", asked.to_string())]
            }
            Self::TooManyUnbondings(limit) => vec![("limit", limit.to_string())],
            Self::EvidenceTooEarly(epoch) | Self::EvidenceExpired(epoch) | Self::AlreadyConvicted(epoch) => {
                vec![("epoch", epoch.to_string())]
            }
            Self::Operator(code) => vec![("code", code.to_string())],
            Self::StillJailed(until) => vec![("until_ms", until.to_string())],
            Self::Bank(inner) => inner.metadata(),
            Self::Math(inner) => inner.metadata(),
            Self::State(inner) => inner.metadata(),
            Self::ZeroAmount
            | Self::Moniker
            | Self::PossessionProof
            | Self::Emptied
            | Self::NothingToClaim
            | Self::Genesis(_)
            | Self::PeerKey(_)
            | Self::Params(_)
            | Self::Evidence(_)
            | Self::NotJailed
            | Self::Tombstoned
            | Self::NotInSet
            | Self::HeartbeatNotNeeded
            | Self::RotatedAlready => Vec::new(),
        }
    }
}
