//! What can be set.

use borsh::{BorshDeserialize, BorshSerialize};

/// The module's parameters.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Pools that one block shares out.
    pub pools_per_block: u16,
    /// Operators whose earnings one block shares with those behind them.
    pub operators_per_block: u16,
    /// Assets that one vault's owners earn in, besides the vault's own.
    pub assets_per_vault: u16,
}

/// Why parameters are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParamsError {
    /// A value is out of bounds.
    #[error("pools_per_block and operators_per_block are 1 to 256, assets_per_vault 1 to 32")]
    OutOfBounds,
}

impl Params {
    /// For chains that carry value and for those that do not.
    #[must_use]
    pub const fn standard() -> Self {
        Self {
            pools_per_block: 16,
            operators_per_block: 64,
            assets_per_vault: 16,
        }
    }

    /// Checks the rules between the parameters.
    ///
    /// # Errors
    /// [`ParamsError`].
    pub const fn validate(&self) -> Result<(), ParamsError> {
        let pools = self.pools_per_block >= 1 && self.pools_per_block <= 256;
        let operators = self.operators_per_block >= 1 && self.operators_per_block <= 256;
        let assets = self.assets_per_vault >= 1 && self.assets_per_vault <= 32;
        if pools && operators && assets {
            Ok(())
        } else {
            Err(ParamsError::OutOfBounds)
        }
    }
}
