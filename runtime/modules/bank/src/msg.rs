//! What users ask of the bank.

use crate::error::Error;
use primitives::{AccountId, Coin};

/// A message to this module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Msg {
    /// Moves an amount to another account.
    Transfer(Transfer),
    /// Destroys an amount.
    Burn(Burn),
}

/// Moves an amount of one asset from the sender to another account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Who receives it. The sender may be meant: nothing moves then, but it must hold the amount.
    pub recipient: AccountId,
    /// How much of what, above zero.
    pub coin: Coin,
}

/// Destroys an amount of one asset that the sender holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Burn {
    /// How much of what, above zero.
    pub coin: Coin,
}

impl Msg {
    /// Checks all that needs no state.
    ///
    /// # Errors
    /// [`Error::ZeroAmount`], [`Error::LockedAccount`].
    pub fn validate(&self) -> Result<(), Error> {
        let coin = match self {
            Self::Transfer(Transfer { recipient, coin }) => {
                if crate::is_module_account(recipient) {
                    return Err(Error::LockedAccount { account: *recipient });
                }
                coin
            }
            Self::Burn(Burn { coin }) => coin,
        };
        if coin.amount.is_zero() {
            Err(Error::ZeroAmount)
        } else {
            Ok(())
        }
    }
}
