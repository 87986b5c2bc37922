//! What an asset is.

use crate::error::Error;
use crate::text::{Name, Symbol};
use borsh::{BorshDeserialize, BorshSerialize};

/// The most digits after the decimal point: an amount has 38 digits, and some must stand before it.
pub const MAX_DECIMALS: u8 = 30;
/// Digits after the decimal point of PAL: its base unit is the npal.
pub const PAL_DECIMALS: u8 = 9;
/// PAL's symbol.
pub const PAL_SYMBOL: &str = "PAL";

/// How an asset came into the registry.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The chain's own token, issued by the chain.
    Native,
    /// It was there when the chain started.
    Genesis,
    /// The registrar entered it later.
    Registrar,
    /// Ether, bridged.
    Ether,
    /// A token of Ethereum, by its contract, bridged.
    Erc20([u8; 20]),
    /// Ether that is restaked on the beacon chain: each owner's own, known by proofs.
    Beacon,
    /// Bitcoin, bridged.
    Bitcoin,
    /// A receipt for shares of a vault: collateral counts once, so it counts for nothing.
    Receipt,
}

/// An asset's entry in the registry.
#[derive(
    Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Asset {
    /// Short name, unique whatever its case.
    pub symbol: Symbol,
    /// Full name.
    pub name: Name,
    /// How many digits of an amount stand after the decimal point when it is shown, at most [`MAX_DECIMALS`].
    pub decimals: u8,
    /// How it came here.
    pub origin: Origin,
}

impl Asset {
    /// Checks what needs no state: the texts are checked by their types.
    ///
    /// # Errors
    /// [`Error::TooManyDecimals`].
    pub const fn validate(&self) -> Result<(), Error> {
        check_decimals(self.decimals)
    }
}

/// Checks a number of decimals.
pub(crate) const fn check_decimals(decimals: u8) -> Result<(), Error> {
    if decimals <= MAX_DECIMALS {
        Ok(())
    } else {
        Err(Error::TooManyDecimals { decimals })
    }
}
