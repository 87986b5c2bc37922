//! What users ask of the module.

use crate::error::Error;
use primitives::{Coin, ServiceId};
use vaults::VaultId;

/// The most epochs that one message funds.
pub(crate) const MAX_EPOCHS: u16 = 64;

/// A message to this module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Msg {
    /// Funds a service's pools.
    Fund(Fund),
    /// Pays what the sender's shares of a vault have earned, in every asset.
    Claim {
        /// The vault.
        vault: VaultId,
    },
}

/// Funds the pools of a service for this epoch and those after it, evenly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fund {
    /// The service.
    pub service: ServiceId,
    /// How much of what, in all; above zero.
    pub coin: Coin,
    /// For how many epochs: 1 to 64. What does not divide goes to the first.
    pub epochs: u16,
}

impl Msg {
    /// Checks all that needs no state.
    ///
    /// # Errors
    /// [`Error::ZeroAmount`], [`Error::BadEpochs`].
    pub const fn validate(&self) -> Result<(), Error> {
        match self {
            Self::Fund(message) if message.coin.amount.is_zero() => Err(Error::ZeroAmount),
            Self::Fund(message) if message.epochs == 0 || message.epochs > MAX_EPOCHS => {
                Err(Error::BadEpochs)
            }
            Self::Fund(_) | Self::Claim { .. } => Ok(()),
        }
    }
}
