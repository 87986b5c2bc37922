//! What may go wrong, with its stable number.

use crate::ID;
use kernel::{Code, Fault, Meaning, StateError};
use primitives::{AccountId, Amount, AssetId};

/// Why a message or a genesis is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The account holds less than it gives.
    #[error("{need} of asset {asset} are needed, the account has {have}")]
    InsufficientFunds {
        /// What it holds.
        have: Amount,
        /// What it would give.
        need: Amount,
        /// Of which asset.
        asset: AssetId,
    },
    /// No asset has this number.
    #[error("there is no asset {asset}")]
    UnknownAsset {
        /// The number.
        asset: AssetId,
    },
    /// Moving or destroying nothing.
    #[error("the amount is zero")]
    ZeroAmount,
    /// A user's transfer to an account that only a module uses.
    #[error("{account} belongs to a module, which nobody can pay directly")]
    LockedAccount {
        /// The account.
        account: AccountId,
    },
    /// More of an asset than can be counted.
    #[error("the supply of asset {asset} would exceed 128 bits")]
    SupplyOverflow {
        /// The asset.
        asset: AssetId,
    },
    /// A genesis that states another supply than its balances have.
    #[error("genesis states a supply of {stated} of asset {asset}, the balances add up to {found}")]
    SupplyMismatch {
        /// The asset.
        asset: AssetId,
        /// What is stated.
        stated: Amount,
        /// What the balances have.
        found: Amount,
    },
    /// A genesis that gives one account two balances of one asset.
    #[error("genesis lists two balances of asset {asset} for {account}")]
    DuplicateBalance {
        /// The account.
        account: AccountId,
        /// The asset.
        asset: AssetId,
    },
    /// The store or the code is broken.
    #[error(transparent)]
    State(#[from] StateError),
}

/// What the codes say.
pub(crate) const MEANINGS: &[Meaning] = &[
    Meaning::new(
        1,
        "INSUFFICIENT_FUNDS",
        "the account holds less of the asset than it gives",
    ),
    Meaning::new(2, "UNKNOWN_ASSET", "there is no asset with this number"),
    Meaning::new(3, "ZERO_AMOUNT", "the amount is zero"),
    Meaning::new(
        4,
        "LOCKED_ACCOUNT",
        "the account belongs to a module, which nobody can pay directly",
    ),
    Meaning::new(
        5,
        "SUPPLY_OVERFLOW",
        "the supply of the asset would exceed 128 bits",
    ),
    Meaning::new(
        6,
        "SUPPLY_MISMATCH",
        "genesis states another supply than its balances add up to",
    ),
    Meaning::new(
        7,
        "DUPLICATE_BALANCE",
        "genesis lists two balances of one asset for one account",
    ),
];

impl Fault for Error {
    fn code(&self) -> Option<Code> {
        Some(ID.code(match self {
            Self::InsufficientFunds { .. } => 1,
            Self::UnknownAsset { .. } => 2,
            Self::ZeroAmount => 3,
            Self::LockedAccount { .. } => 4,
            Self::SupplyOverflow { .. } => 5,
            Self::SupplyMismatch { .. } => 6,
            Self::DuplicateBalance { .. } => 7,
            Self::State(inner) => return inner.code(),
        }))
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::InsufficientFunds { .. } => "INSUFFICIENT_FUNDS",
            Self::UnknownAsset { .. } => "UNKNOWN_ASSET",
            Self::ZeroAmount => "ZERO_AMOUNT",
            Self::LockedAccount { .. } => "LOCKED_ACCOUNT",
            Self::SupplyOverflow { .. } => "SUPPLY_OVERFLOW",
            Self::SupplyMismatch { .. } => "SUPPLY_MISMATCH",
            Self::DuplicateBalance { .. } => "DUPLICATE_BALANCE",
            Self::State(inner) => inner.reason(),
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::InsufficientFunds { have, need, asset } => vec![
                ("have", have.to_string()),
                ("need", need.to_string()),
                ("asset", asset.to_string()),
            ],
            Self::UnknownAsset { asset } | Self::SupplyOverflow { asset } => {
                vec![("asset", asset.to_string())]
            }
            Self::ZeroAmount => Vec::new(),
            Self::LockedAccount { account } => vec![("account", account.to_string())],
            Self::SupplyMismatch { asset, stated, found } => vec![
                ("asset", asset.to_string()),
                ("stated", stated.to_string()),
                ("found", found.to_string()),
            ],
            Self::DuplicateBalance { account, asset } => {
                vec![("account", account.to_string()), ("asset", asset.to_string())]
            }
            Self::State(inner) => inner.metadata(),
        }
    }
}
