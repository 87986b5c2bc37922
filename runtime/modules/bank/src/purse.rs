//! Amounts on their way: out of one account and not yet in another.

use crate::error::Error;
use crate::state::{add, after_giving, put_balance, shrink_supply};
use kernel::{StateError, Write};
use primitives::{AccountId, Amount, AssetId, Coin, MathError};

/// An amount that [`take`] took from an account. It is part of the supply and of no balance: whoever holds it must
/// [`give`] or [`destroy`] all of it before the block ends, or the supply no longer adds up.
#[derive(Debug)]
#[must_use = "give it to an account, or destroy it"]
pub struct InTransit {
    coin: Coin,
}

impl InTransit {
    /// Nothing of `asset`.
    pub const fn none(asset: AssetId) -> Self {
        Self {
            coin: Coin {
                asset,
                amount: Amount::ZERO,
            },
        }
    }

    /// What it is.
    #[must_use]
    pub const fn coin(&self) -> Coin {
        self.coin
    }

    /// Takes `amount` out of it.
    ///
    /// # Errors
    /// [`MathError::Underflow`] when it holds less.
    pub fn split(&mut self, amount: Amount) -> Result<Self, MathError> {
        self.coin.amount = self.coin.amount.checked_sub(amount)?;
        Ok(Self {
            coin: Coin {
                asset: self.coin.asset,
                amount,
            },
        })
    }

    /// Adds `other` to it.
    ///
    /// # Errors
    /// [`StateError::Broken`] when they are of different assets, or together more than there can be.
    pub fn join(&mut self, other: Self) -> Result<(), StateError> {
        let sum = self.coin.amount.checked_add(other.coin.amount);
        match sum {
            Ok(amount) if self.coin.asset == other.coin.asset => {
                self.coin.amount = amount;
                Ok(())
            }
            Ok(_) | Err(_) => Err(crate::ID.broken("amounts that are joined are of one asset and exist")),
        }
    }
}

/// Takes `coin` from an account, without an event.
///
/// # Errors
/// [`Error::InsufficientFunds`].
pub fn take(store: &mut (impl Write + ?Sized), from: &AccountId, coin: Coin) -> Result<InTransit, Error> {
    let rest = after_giving(store, from, coin)?;
    put_balance(store, from, coin.asset, rest)?;
    Ok(InTransit { coin })
}

/// Gives an amount to an account, without an event.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn give(store: &mut (impl Write + ?Sized), to: &AccountId, amount: InTransit) -> Result<(), StateError> {
    if amount.coin.amount.is_zero() {
        Ok(())
    } else {
        add(store, to, amount.coin)
    }
}

/// Destroys an amount, without an event: the supply shrinks by it.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn destroy(store: &mut (impl Write + ?Sized), amount: InTransit) -> Result<(), StateError> {
    if amount.coin.amount.is_zero() {
        Ok(())
    } else {
        shrink_supply(store, amount.coin)
    }
}
