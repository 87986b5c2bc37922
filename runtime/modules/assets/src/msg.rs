//! What users ask of the registry.

use crate::error::Error;
use crate::price::Source;
use crate::text::{Name, Symbol};
use crate::types::check_decimals;
use crate::valuation::Rules;
use primitives::AssetId;

/// A message to this module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Msg {
    /// Enters an asset.
    Register(Register),
    /// Says under which terms an asset may be restaked.
    SetTerms(SetTerms),
    /// Names where an asset's valuation comes from.
    SetPriceSource(SetPriceSource),
}

/// Enters an asset into the registry. For the registrar alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Register {
    /// The number it shall have; must be free.
    pub asset: AssetId,
    /// Short name, unique whatever its case.
    pub symbol: Symbol,
    /// Full name.
    pub name: Name,
    /// Digits after the decimal point.
    pub decimals: u8,
}

/// Says under which terms an asset may be restaked, from now on. For the registrar alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetTerms {
    /// Which asset.
    pub asset: AssetId,
    /// Its terms.
    pub rules: Rules,
}

/// Names where an asset's valuation comes from, from the end of this epoch on. For the registrar alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetPriceSource {
    /// Which asset's.
    pub asset: AssetId,
    /// From where; none leaves it where it is.
    pub source: Option<Source>,
}

impl Msg {
    /// Checks all that needs no state.
    ///
    /// # Errors
    /// [`Error::TooManyDecimals`]; texts and fractions are checked by their types.
    pub const fn validate(&self) -> Result<(), Error> {
        match self {
            Self::Register(message) => check_decimals(message.decimals),
            Self::SetTerms(_) | Self::SetPriceSource(_) => Ok(()),
        }
    }
}
