//! What may go wrong, with its stable number.

use crate::ID;
use crate::params::ParamsError;
use crate::price::MAX_SOURCES;
use crate::text::{MAX_NAME_BYTES, MAX_SYMBOL_BYTES};
use crate::types::{MAX_DECIMALS, PAL_DECIMALS};
use kernel::{Code, Fault, Meaning, StateError};
use primitives::{AccountId, AssetId};

/// Why a message or a genesis is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Somebody else than the registrar wants to enter an asset.
    #[error("only the registrar {registrar} enters assets")]
    NotRegistrar {
        /// Who may.
        registrar: AccountId,
    },
    /// The number belongs to another asset.
    #[error("asset {asset} is registered already; choose a free number")]
    NumberTaken {
        /// The number.
        asset: AssetId,
    },
    /// The symbol belongs to another asset, in this case or another.
    #[error("asset {asset} has that symbol already; symbols differ by more than case")]
    SymbolTaken {
        /// Who has it.
        asset: AssetId,
    },
    /// Not a symbol.
    #[error("a symbol is 1 to {MAX_SYMBOL_BYTES} ASCII letters, digits, `.` and `-`, starting with a letter")]
    BadSymbol,
    /// Not a name.
    #[error(
        "a name is 1 to {MAX_NAME_BYTES} bytes of UTF-8 without control characters or white space at its ends"
    )]
    BadName,
    /// Too many digits after the decimal point.
    #[error("{decimals} decimals where at most {MAX_DECIMALS} are allowed")]
    TooManyDecimals {
        /// How many were asked for.
        decimals: u8,
    },
    /// The genesis lacks PAL, or gives it other properties.
    #[error(
        "asset 0 must be PAL with {PAL_DECIMALS} decimals and origin `native`, and no other asset is native"
    )]
    NotPal,
    /// Terms, or a valuation, for an asset that is not there.
    #[error("there is no asset {asset} that could be valued")]
    Unvalued {
        /// The number.
        asset: AssetId,
    },
    /// PAL is the unit of value.
    #[error("PAL is what others are valued in: it counts for itself, whole")]
    PalIsTheUnit,
    /// The feed does not state what the asset costs in PAL by the chain's power.
    #[error(
        "feed {feed} does not price asset {asset} in PAL, weighed by power: only such a price may decide about power"
    )]
    NotItsFeed {
        /// The asset.
        asset: AssetId,
        /// The feed.
        feed: u64,
    },
    /// As many assets have a source as are looked at when an epoch ends.
    #[error("{MAX_SOURCES} assets have a source of prices already")]
    TooManySources,
    /// A stated price of zero.
    #[error("a price is more than nothing; an asset that shall not count gets a haircut of all")]
    PriceIsZero,
    /// The parameters break a rule.
    #[error("bad parameters: {0}")]
    BadParams(#[from] ParamsError),
    /// The store or the code is broken.
    #[error(transparent)]
    State(#[from] StateError),
}

/// What the codes say.
pub(crate) const MEANINGS: &[Meaning] = &[
    Meaning::new(1, "NOT_REGISTRAR", "only the registrar enters assets"),
    Meaning::new(
        2,
        "ASSET_NUMBER_TAKEN",
        "the number belongs to another asset: choose a free one",
    ),
    Meaning::new(
        3,
        "ASSET_SYMBOL_TAKEN",
        "another asset has that symbol already; symbols differ by more than case",
    ),
    Meaning::new(
        4,
        "BAD_SYMBOL",
        "a symbol is a few ASCII letters, digits, `.` and `-`, starting with a letter",
    ),
    Meaning::new(
        5,
        "BAD_NAME",
        "a name is short UTF-8 without control characters or white space at its ends",
    ),
    Meaning::new(
        6,
        "TOO_MANY_DECIMALS",
        "more digits after the decimal point than an asset may have",
    ),
    Meaning::new(
        7,
        "ASSET_ZERO_NOT_PAL",
        "asset 0 is PAL, and no other asset is native",
    ),
    Meaning::new(8, "ASSET_UNVALUED", "there is no such asset that could be valued"),
    Meaning::new(
        9,
        "PAL_IS_THE_UNIT",
        "PAL is what others are valued in: it counts for itself, whole",
    ),
    Meaning::new(
        10,
        "NOT_ITS_FEED",
        "the feed does not price the asset in PAL, weighed by power",
    ),
    Meaning::new(
        11,
        "TOO_MANY_SOURCES",
        "as many assets have a source of prices as may",
    ),
    Meaning::new(12, "PRICE_IS_ZERO", "a stated price is more than nothing"),
    Meaning::new(
        13,
        "BAD_VALUATION_PARAMS",
        "the parameters of valuations break a rule",
    ),
];

impl Fault for Error {
    fn code(&self) -> Option<Code> {
        Some(ID.code(match self {
            Self::NotRegistrar { .. } => 1,
            Self::NumberTaken { .. } => 2,
            Self::SymbolTaken { .. } => 3,
            Self::BadSymbol => 4,
            Self::BadName => 5,
            Self::TooManyDecimals { .. } => 6,
            Self::NotPal => 7,
            Self::Unvalued { .. } => 8,
            Self::PalIsTheUnit => 9,
            Self::NotItsFeed { .. } => 10,
            Self::TooManySources => 11,
            Self::PriceIsZero => 12,
            Self::BadParams(_) => 13,
            Self::State(inner) => return inner.code(),
        }))
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::NotRegistrar { .. } => "NOT_REGISTRAR",
            Self::NumberTaken { .. } => "ASSET_NUMBER_TAKEN",
            Self::SymbolTaken { .. } => "ASSET_SYMBOL_TAKEN",
            Self::BadSymbol => "BAD_SYMBOL",
            Self::BadName => "BAD_NAME",
            Self::TooManyDecimals { .. } => "TOO_MANY_DECIMALS",
            Self::NotPal => "ASSET_ZERO_NOT_PAL",
            Self::Unvalued { .. } => "ASSET_UNVALUED",
            Self::PalIsTheUnit => "PAL_IS_THE_UNIT",
            Self::NotItsFeed { .. } => "NOT_ITS_FEED",
            Self::TooManySources => "TOO_MANY_SOURCES",
            Self::PriceIsZero => "PRICE_IS_ZERO",
            Self::BadParams(_) => "BAD_VALUATION_PARAMS",
            Self::State(inner) => inner.reason(),
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::NotRegistrar { registrar } => vec![("registrar", registrar.to_string())],
            Self::NumberTaken { asset } | Self::SymbolTaken { asset } | Self::Unvalued { asset } => {
                vec![("asset", asset.to_string())]
            }
            Self::TooManyDecimals { decimals } => vec![("decimals", decimals.to_string())],
            Self::NotItsFeed { asset, feed } => {
                vec![("asset", asset.to_string()), ("feed", feed.to_string())]
            }
            Self::BadParams(error) => vec![("rule", error.to_string())],
            Self::BadSymbol
            | Self::BadName
            | Self::NotPal
            | Self::PalIsTheUnit
            | Self::TooManySources
            | Self::PriceIsZero => Vec::new(),
            Self::State(inner) => inner.metadata(),
        }
    }
}
