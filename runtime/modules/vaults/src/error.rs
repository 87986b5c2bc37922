//! What may go wrong, with its stable number.

use crate::ID;
use crate::id::VaultId;
use crate::params::{MAX_VAULTS_PER_OPERATOR, ParamsError};
use crate::types::Closed;
use kernel::{Code, Fault, Meaning, StateError};
use primitives::{AccountId, Amount, AssetId, Bps, ChainClock, MathError, Shares};

/// Why a message or a genesis is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Nothing is to be moved.
    #[error("the amount is zero")]
    ZeroAmount,
    /// No vault has this name.
    #[error("there is no vault {0}")]
    UnknownVault(VaultId),
    /// Somebody else than the vault's operator.
    #[error("only the vault's operator {0} may do this")]
    NotOperator(AccountId),
    /// Whoever makes a vault is an operator first.
    #[error("{0} is no operator: register as one first")]
    UnknownOperator(AccountId),
    /// The operator has as many vaults as may be.
    #[error("an operator has at most {MAX_VAULTS_PER_OPERATOR} vaults")]
    TooManyVaults,
    /// The asset is not in the registry, or has no terms there.
    #[error("asset {0} is not one that vaults hold: the registrar has given it no terms")]
    UnfitAsset(AssetId),
    /// A charter against the rules of form.
    #[error("the charter is malformed: {0}")]
    BadCharter(&'static str),
    /// The vault takes nothing new until it is re-based.
    #[error("the vault is closed until it is re-based: {}", why(*.0))]
    Closed(Closed),
    /// The deposit is below the vault's least.
    #[error("the vault takes deposits of {least} and more, not {amount}")]
    DepositTooSmall {
        /// What was to be put in.
        amount: Amount,
        /// The least.
        least: Amount,
    },
    /// The vault would hold more than its operator, or the registrar, allows.
    #[error("{after} would be held where {cap} may be")]
    DepositCap {
        /// The cap.
        cap: Amount,
        /// What would be held.
        after: Amount,
    },
    /// The vault takes deposits of some alone.
    #[error("the vault's operator has not allowed this account to deposit")]
    NotAllowed,
    /// Fewer shares than the sender takes, or none.
    #[error("the deposit buys {shares} shares, at least {least} are asked for")]
    TooFewShares {
        /// What it buys.
        shares: Shares,
        /// What was asked for.
        least: Shares,
    },
    /// More than the sender accepts is to be slashed.
    #[error("slashes of {open} are asked for and not decided, the deposit accepts {accepted}")]
    OpenSlash {
        /// What is asked for.
        open: Bps,
        /// What is accepted.
        accepted: Bps,
    },
    /// The account has fewer shares.
    #[error("{asked} shares are asked for, the account has {have} that are not leaving")]
    NotOwned {
        /// What it has.
        have: Shares,
        /// What was asked for.
        asked: Shares,
    },
    /// Less than the sender takes.
    #[error("{shares} are worth {worth}, at least {least} is asked for")]
    TooLittle {
        /// How many shares.
        shares: Shares,
        /// What they are worth.
        worth: Amount,
        /// What was asked for.
        least: Amount,
    },
    /// As many withdrawals of one account from one vault as may be.
    #[error("at most {0} withdrawals of one account from one vault are under way at a time")]
    TooManyWithdrawals(u32),
    /// A user's money to an account that only a module uses.
    #[error("the beneficiary belongs to a module, which nobody can pay directly")]
    LockedBeneficiary,
    /// No withdrawal has this number, or it was paid.
    #[error("there is no withdrawal {0}: it was paid, or never asked for")]
    UnknownWithdrawal(u64),
    /// The withdrawal is paid later.
    #[error("the withdrawal is paid from chain time {0} on")]
    NotDue(ChainClock),
    /// A slash of the vault is due, which goes first.
    #[error("a slash of the vault is due, which goes first: try again in the next block")]
    SlashDue,
    /// The vault's operator sells nothing to its buffer; nor does anybody while a slash is open, or of beacon ether.
    #[error("the buffer does not buy this: {0}")]
    NotForSale(&'static str),
    /// The buffer has less cash than it would pay.
    #[error("the buffer has {cash}, {need} is needed")]
    BufferShort {
        /// What it has.
        cash: Amount,
        /// What it would pay.
        need: Amount,
    },
    /// A change of charter that is narrower in one thing and wider in another.
    #[error("the charter is narrower in one thing and wider in another: narrow it first, then widen it")]
    MixedCharter,
    /// The vault has pledged more than the charter would allow.
    #[error("what the vault has pledged does not fit the charter: take it back first")]
    CharterTooNarrow,
    /// The vault already has this charter, or waits for it.
    #[error("the vault has this charter, or waits for it")]
    SameCharter,
    /// The vault cannot be re-based now.
    #[error("the vault cannot be re-based: {0}")]
    NotRebasable(&'static str),
    /// Owners put beacon ether in by proof, and it is nobody else's.
    #[error("beacon ether enters a vault by proof, and a vault of another asset never")]
    Custody,
    /// The parameters break a rule.
    #[error("vault parameters: {0}")]
    Params(#[from] ParamsError),
    /// The genesis does not add up.
    #[error("genesis of vaults: {0}")]
    Genesis(&'static str),
    /// What the bank refuses.
    #[error(transparent)]
    Bank(#[from] bank::Error),
    /// A number beyond its type.
    #[error(transparent)]
    Math(#[from] MathError),
    /// The store or the code is broken.
    #[error(transparent)]
    State(#[from] StateError),
}

const fn why(closed: Closed) -> &'static str {
    match closed {
        Closed::Emptied => "everything in it was slashed",
        Closed::Grown => "slashes have made its shares too cheap",
        Closed::Coarse => "slashes have left less than a millionth of it",
    }
}

/// What the codes say.
pub(crate) const MEANINGS: &[Meaning] = &[
    Meaning::new(1, "ZERO_AMOUNT", "the amount is zero"),
    Meaning::new(2, "UNKNOWN_VAULT", "there is no vault with this name"),
    Meaning::new(3, "NOT_VAULT_OPERATOR", "only the vault's operator may do this"),
    Meaning::new(
        4,
        "NOT_AN_OPERATOR",
        "only operators make vaults: register as one first",
    ),
    Meaning::new(5, "TOO_MANY_VAULTS", "the operator has as many vaults as may be"),
    Meaning::new(
        6,
        "UNFIT_ASSET",
        "the asset has no terms under which vaults may hold it",
    ),
    Meaning::new(7, "BAD_CHARTER", "the charter breaks a rule of form"),
    Meaning::new(
        8,
        "VAULT_CLOSED",
        "the vault takes nothing new until it is re-based",
    ),
    Meaning::new(9, "DEPOSIT_TOO_SMALL", "the vault takes larger deposits alone"),
    Meaning::new(10, "DEPOSIT_CAP", "more would be held than may be"),
    Meaning::new(
        11,
        "NOT_ALLOWED",
        "the vault's operator has not allowed this account to deposit",
    ),
    Meaning::new(
        12,
        "TOO_FEW_SHARES",
        "the deposit buys fewer shares than was asked for, or none",
    ),
    Meaning::new(
        13,
        "OPEN_SLASH",
        "more of the vault may be slashed soon than the deposit accepts",
    ),
    Meaning::new(
        14,
        "NOT_OWNED",
        "the account has fewer shares that are not leaving",
    ),
    Meaning::new(15, "TOO_LITTLE", "the shares are worth less than was asked for"),
    Meaning::new(
        16,
        "TOO_MANY_WITHDRAWALS",
        "as many withdrawals are under way as may be",
    ),
    Meaning::new(17, "LOCKED_BENEFICIARY", "the beneficiary belongs to a module"),
    Meaning::new(
        18,
        "UNKNOWN_WITHDRAWAL",
        "the withdrawal was paid, or never asked for",
    ),
    Meaning::new(19, "WITHDRAWAL_NOT_DUE", "the withdrawal is paid later"),
    Meaning::new(20, "SLASH_DUE", "a slash of the vault is due and goes first"),
    Meaning::new(21, "NOT_FOR_SALE", "the buffer does not buy this"),
    Meaning::new(22, "BUFFER_SHORT", "the buffer has less cash than it would pay"),
    Meaning::new(
        23,
        "MIXED_CHARTER",
        "the charter is narrower in one thing and wider in another",
    ),
    Meaning::new(
        24,
        "CHARTER_TOO_NARROW",
        "what the vault has pledged does not fit the charter",
    ),
    Meaning::new(25, "SAME_CHARTER", "the vault has this charter, or waits for it"),
    Meaning::new(26, "NOT_REBASABLE", "the vault cannot be re-based now"),
    Meaning::new(27, "WRONG_CUSTODY", "beacon ether enters a vault by proof alone"),
    Meaning::new(
        28,
        "BAD_PARAMS",
        "the vault parameters of the genesis break a rule",
    ),
    Meaning::new(29, "BAD_GENESIS", "the genesis of vaults does not add up"),
];

impl Error {
    /// Its number here, or the inner error.
    fn number(&self) -> Result<u16, &dyn Fault> {
        Ok(match self {
            Self::ZeroAmount => 1,
            Self::UnknownVault(_) => 2,
            Self::NotOperator(_) => 3,
            Self::UnknownOperator(_) => 4,
            Self::TooManyVaults => 5,
            Self::UnfitAsset(_) => 6,
            Self::BadCharter(_) => 7,
            Self::Closed(_) => 8,
            Self::DepositTooSmall { .. } => 9,
            Self::DepositCap { .. } => 10,
            Self::NotAllowed => 11,
            Self::TooFewShares { .. } => 12,
            Self::OpenSlash { .. } => 13,
            Self::NotOwned { .. } => 14,
            Self::TooLittle { .. } => 15,
            Self::TooManyWithdrawals(_) => 16,
            Self::LockedBeneficiary => 17,
            Self::UnknownWithdrawal(_) => 18,
            Self::NotDue(_) => 19,
            Self::SlashDue => 20,
            Self::NotForSale(_) => 21,
            Self::BufferShort { .. } => 22,
            Self::MixedCharter => 23,
            Self::CharterTooNarrow => 24,
            Self::SameCharter => 25,
            Self::NotRebasable(_) => 26,
            Self::Custody => 27,
            Self::Params(_) => 28,
            Self::Genesis(_) => 29,
            Self::Bank(inner) => return Err(inner),
            Self::Math(inner) => return Err(inner),
            Self::State(inner) => return Err(inner),
        })
    }

    /// In a hook everything computed comes from the store: an error there means that the store is broken.
    pub(crate) fn in_hook(self) -> StateError {
        if let Self::State(inner) | Self::Bank(bank::Error::State(inner)) = self {
            inner
        } else if let Self::Math(source) = self {
            crate::state::broken_math(source)
        } else {
            ID.broken("a hook can account for what the tables say")
        }
    }
}

impl Fault for Error {
    fn code(&self) -> Option<Code> {
        match self.number() {
            Ok(number) => Some(ID.code(number)),
            Err(inner) => inner.code(),
        }
    }

    fn reason(&self) -> &'static str {
        match self.number() {
            Ok(number) => MEANINGS
                .iter()
                .find(|meaning| meaning.number == number)
                .map_or("UNKNOWN", |meaning| meaning.reason),
            Err(inner) => inner.reason(),
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::UnknownVault(vault) => vec![("vault", vault.to_string())],
            Self::NotOperator(account) | Self::UnknownOperator(account) => {
                vec![("operator", account.to_string())]
            }
            Self::UnfitAsset(asset) => vec![("asset", asset.to_string())],
            Self::DepositTooSmall { amount, least } => have_need(amount, least),
            Self::DepositCap { cap, after } => vec![("cap", cap.to_string()), ("after", after.to_string())],
            Self::TooFewShares { shares, least } => have_need(shares, least),
            Self::OpenSlash { open, accepted } => vec![
                ("open_bps", open.get().to_string()),
                ("accepted_bps", accepted.get().to_string()),
            ],
            Self::NotOwned { have, asked } => have_need(have, asked),
            Self::TooLittle { worth, least, .. } => have_need(worth, least),
            Self::TooManyWithdrawals(limit) => vec![("limit", limit.to_string())],
            Self::UnknownWithdrawal(number) => vec![("withdrawal", number.to_string())],
            Self::NotDue(due) => vec![("due_ms", due.to_string())],
            Self::BufferShort { cash, need } => have_need(cash, need),
            Self::Bank(inner) => inner.metadata(),
            Self::Math(inner) => inner.metadata(),
            Self::State(inner) => inner.metadata(),
            Self::ZeroAmount
            | Self::TooManyVaults
            | Self::BadCharter(_)
            | Self::Closed(_)
            | Self::NotAllowed
            | Self::LockedBeneficiary
            | Self::SlashDue
            | Self::NotForSale(_)
            | Self::MixedCharter
            | Self::CharterTooNarrow
            | Self::SameCharter
            | Self::NotRebasable(_)
            | Self::Custody
            | Self::Params(_)
            | Self::Genesis(_) => Vec::new(),
        }
    }
}

fn have_need(have: &impl core::fmt::Display, need: &impl core::fmt::Display) -> Vec<(&'static str, String)> {
    vec![("have", have.to_string()), ("need", need.to_string())]
}
