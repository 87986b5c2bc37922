//! Pure transitions on plain structs: pools, magnitudes, buffers. The money is here.

use crate::charter::Charter;
use borsh::{BorshDeserialize, BorshSerialize};
use primitives::{AccountId, Amount, AssetId, Bps, ChainClock, Epoch, MathError, Rounding, Shares};

/// Virtual shares, so that a first depositor cannot make shares dear for those who follow.
pub(crate) const OFFSET: u128 = 1_000;
/// One virtual unit of the asset.
pub(crate) const VIRTUAL: u128 = 1;
/// Shares per unit at which a vault is closed: a million times as many as at its start.
const GROWN: u128 = OFFSET * 1_000_000;

/// How much of a vault is left, or pledged: 10^18 is a vault that was never slashed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct Magnitude(u128);

impl Magnitude {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// What every vault starts with: 10^18.
    pub const WHOLE: Self = Self(1_000_000_000_000_000_000);
    /// Below it a vault is too coarse to be pledged any further: 10^12.
    pub const COARSE: Self = Self(1_000_000_000_000);

    /// `value` / 10^18 of a vault.
    #[must_use]
    pub const fn new(value: u128) -> Self {
        Self(value)
    }

    /// The bare number.
    #[must_use]
    pub const fn get(self) -> u128 {
        self.0
    }

    /// Whether there is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The sum of both, capped at the end of the numbers.
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// What is left after taking `other` away, nothing when `other` is the larger.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl core::fmt::Display for Magnitude {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Display::fmt(&self.0, f)
    }
}

/// Why a vault takes no deposits and no new pledges until it is re-based.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// Everything was slashed: shares are left, and nothing behind them.
    Emptied,
    /// A unit costs a million times as many shares as at the start.
    Grown,
    /// The magnitude is below [`Magnitude::COARSE`].
    Coarse,
}

/// What a vault holds, and who owns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Pool {
    /// What is there, in base units.
    pub assets: Amount,
    /// Who owns it, all together, escrowed ones included.
    pub shares: Shares,
    /// Shares of those who leave.
    pub escrowed: Shares,
    /// How much of the vault slashes have left.
    pub magnitude: Magnitude,
}

impl Pool {
    /// Nothing, and nothing slashed.
    pub const NEW: Self = Self {
        assets: Amount::ZERO,
        shares: Shares::ZERO,
        escrowed: Shares::ZERO,
        magnitude: Magnitude::WHOLE,
    };

    /// Why it takes nothing new, if it does not.
    #[must_use]
    pub const fn closed(&self) -> Option<Closed> {
        let (assets, shares) = (self.assets.get(), self.shares.get());
        if shares > 0 && assets == 0 {
            Some(Closed::Emptied)
        } else if self.magnitude.get() < Magnitude::COARSE.get() {
            Some(Closed::Coarse)
        } else if shares > 0 && shares >= assets.saturating_mul(GROWN) {
            Some(Closed::Grown)
        } else {
            None
        }
    }

    const fn bases(&self) -> Result<(u128, u128), MathError> {
        match (
            self.shares.get().checked_add(OFFSET),
            self.assets.get().checked_add(VIRTUAL),
        ) {
            (Some(shares), Some(assets)) => Ok((shares, assets)),
            _ => Err(MathError::Overflow),
        }
    }

    /// The shares that `amount` buys: `floor(amount · (S + 10^3) / (A + 1))`.
    ///
    /// # Errors
    /// [`MathError::Overflow`].
    pub fn shares_for(&self, amount: Amount) -> Result<Shares, MathError> {
        let (shares, assets) = self.bases()?;
        // Rounding: the protocol pays Down.
        Ok(Shares::new(amount.mul_div(shares, assets, Rounding::Down)?.get()))
    }

    /// The fewest shares that are worth `amount`, all of them at most.
    ///
    /// # Errors
    /// Never for a pool that [`Pool::deposit`] filled.
    pub fn shares_worth(&self, amount: Amount) -> Result<Shares, MathError> {
        let (shares, assets) = self.bases()?;
        // Rounding: the protocol charges Up.
        Ok(match amount.mul_div(shares, assets, Rounding::Up) {
            Ok(fewest) => Shares::new(fewest.get()).min(self.shares),
            Err(_) => self.shares,
        })
    }

    /// What `shares` are worth: `floor(shares · (A + 1) / (S + 10^3))`.
    ///
    /// # Errors
    /// Never for shares of this pool: they are worth at most all of it.
    pub fn worth(&self, shares: Shares) -> Result<Amount, MathError> {
        let (all, assets) = self.bases()?;
        // Rounding: the protocol pays Down.
        Ok(Amount::new(shares.mul_div(assets, all, Rounding::Down)?.get()))
    }

    /// Puts `amount` in and gives the shares for it, perhaps none.
    ///
    /// # Errors
    /// [`MathError::Overflow`] beyond what could still be priced.
    pub fn deposit(&mut self, amount: Amount) -> Result<Shares, MathError> {
        let shares = self.shares_for(amount)?;
        let grown = Self {
            assets: self.assets.checked_add(amount)?,
            shares: self.shares.checked_add(shares)?,
            ..*self
        };
        grown.bases()?;
        *self = grown;
        Ok(shares)
    }

    /// Moves `shares` into escrow.
    ///
    /// # Errors
    /// [`MathError::Overflow`]; never for shares of this pool.
    pub fn escrow(&mut self, shares: Shares) -> Result<(), MathError> {
        self.escrowed = self.escrowed.checked_add(shares)?;
        Ok(())
    }

    /// Takes `shares` out of escrow at their worth, and gives it.
    ///
    /// # Errors
    /// [`MathError::Underflow`] for more than is escrowed.
    pub fn redeem(&mut self, shares: Shares) -> Result<Amount, MathError> {
        let amount = self.worth(shares)?;
        self.escrowed = self.escrowed.checked_sub(shares)?;
        self.shares = self.shares.checked_sub(shares)?;
        self.assets = self.assets.checked_sub(amount)?;
        Ok(amount)
    }

    /// The assets of those who stay: all but what is escrowed.
    ///
    /// # Errors
    /// Never for a pool that [`Pool::deposit`] filled.
    pub fn staying(&self) -> Result<Amount, MathError> {
        if self.escrowed.is_zero() {
            return Ok(self.assets);
        }
        let (all, assets) = self.bases()?;
        // Rounding: what leaves counts Up, so that it backs nothing.
        let leaving = self.escrowed.mul_div(assets, all, Rounding::Up)?;
        Ok(self.assets.saturating_sub(Amount::new(leaving.get())))
    }

    /// What pledging `pledged` puts at stake: `floor(assets · min(pledged, M) / M)`; `assets` are all of the pool's, or
    /// fewer.
    ///
    /// # Errors
    /// Never: a part of the assets fits.
    pub fn stake(&self, assets: Amount, pledged: Magnitude) -> Result<Amount, MathError> {
        if self.magnitude.is_zero() {
            return Ok(Amount::ZERO);
        }
        // Rounding: a claim on others' assets counts Down.
        assets.mul_div(
            pledged.min(self.magnitude).get(),
            self.magnitude.get(),
            Rounding::Down,
        )
    }
}

/// How a vault stood before the first change of an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Mark {
    /// Its assets, in base units.
    pub assets: Amount,
    /// Its magnitude.
    pub magnitude: Magnitude,
}

impl Mark {
    /// What is left of it after a slash of `by`, in the same proportion.
    ///
    /// # Errors
    /// Never: a part fits.
    pub fn cut(self, by: Magnitude) -> Result<Self, MathError> {
        let left = self.magnitude.saturating_sub(by);
        if self.magnitude.is_zero() {
            return Ok(self);
        }
        Ok(Self {
            // Rounding: what is left counts Up, as in the slash itself.
            assets: self
                .assets
                .mul_div(left.get(), self.magnitude.get(), Rounding::Up)?,
            magnitude: left,
        })
    }
}

/// In whose hands a vault's assets are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Custody {
    /// All together: a loss is everybody's.
    Pooled,
    /// Each owner's own, on the beacon chain: a loss there is that owner's alone.
    Beacon,
}

/// What a vault's operator may set at any time: it binds deposits alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Limits {
    /// The most that it holds after a deposit, in base units; none for no limit.
    pub deposit_cap: Option<Amount>,
    /// The least that is deposited at a time, in base units.
    pub min_deposit: Amount,
    /// Whether only those may deposit whom the operator allowed.
    pub allow_listed: bool,
}

/// A vault as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Vault {
    /// Whose it is.
    pub operator: AccountId,
    /// What it holds.
    pub asset: AssetId,
    /// In whose hands that is.
    pub custody: Custody,
    /// What services may do with it.
    pub charter: Charter,
    /// A wider charter, and from when it binds.
    pub amendment: Option<(ChainClock, Charter)>,
    /// What binds deposits.
    pub limits: Limits,
    /// What is in it.
    pub pool: Pool,
    /// How often it was emptied and started again: shares of another round are worth nothing.
    pub round: u32,
    /// The epoch of its last mark; none before the first.
    pub marked: Option<Epoch>,
}

impl Vault {
    /// The charter that binds at `now`.
    #[must_use]
    pub fn charter_at(&self, now: ChainClock) -> &Charter {
        match &self.amendment {
            Some((from, wider)) if *from <= now => wider,
            Some(_) | None => &self.charter,
        }
    }
}

/// What one account owns of a vault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Position {
    /// The vault's round that the shares are of.
    pub round: u32,
    /// Shares that stay.
    pub shares: Shares,
    /// Withdrawals under way.
    pub open: u32,
}

impl Position {
    /// It, where the vault is in `round`: shares of an earlier one are gone.
    #[must_use]
    pub fn in_round(self, round: u32) -> Self {
        if self.round == round {
            self
        } else {
            Self {
                round,
                shares: Shares::ZERO,
                open: self.open,
            }
        }
    }

    /// Whether nothing is left to remember.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.shares.is_zero() && self.open == 0
    }
}

/// Who has escrowed shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Holder {
    /// An account, which is paid at another or itself.
    Account {
        /// Whose shares they were.
        owner: AccountId,
        /// Who is paid.
        beneficiary: AccountId,
    },
    /// The vault's buffer, which bought them.
    Buffer,
}

/// Shares on their way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Withdrawal {
    /// Of which vault.
    pub vault: crate::VaultId,
    /// Whose.
    pub holder: Holder,
    /// How many.
    pub shares: Shares,
    /// Of which of the vault's rounds.
    pub round: u32,
    /// When it was asked for.
    pub since: ChainClock,
    /// From when it is paid.
    pub due: ChainClock,
}

/// A vault's liquidity buffer: cash outside the vault that buys the shares of those who cannot wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Buffer {
    /// Cash, in base units of the vault's asset.
    pub cash: Amount,
    /// Escrowed shares of the vault that it has bought and was not paid for yet.
    pub claims: Shares,
    /// Who owns it all, together.
    pub shares: Shares,
}

impl Buffer {
    /// As the pool of those who fund it: its assets are cash and what its claims are worth.
    ///
    /// # Errors
    /// [`MathError::Overflow`].
    pub fn pool(&self, claims_worth: Amount) -> Result<Pool, MathError> {
        Ok(Pool {
            assets: self.cash.checked_add(claims_worth)?,
            shares: self.shares,
            ..Pool::NEW
        })
    }

    /// The fee on buying claims of `worth`, when what it has bought before is worth `before`: it grows in a line from
    /// `least`, where all would be cash, to `most`, where none would be left.
    ///
    /// # Errors
    /// [`MathError::Overflow`].
    pub fn fee(&self, (least, most): (Bps, Bps), before: Amount, worth: Amount) -> Result<Bps, MathError> {
        let whole = self.cash.checked_add(before)?;
        if whole.is_zero() {
            return Ok(most);
        }
        let bought = before.checked_add(worth)?.min(whole);
        let span = u128::from(most.get().saturating_sub(least.get()));
        // Rounding: the protocol charges Up.
        let grown = primitives::mul_div(span, bought.get(), whole.get(), Rounding::Up)?;
        let bps = u128::from(least.get()).saturating_add(grown);
        Ok(u16::try_from(bps).ok().and_then(Bps::new).unwrap_or(Bps::ONE))
    }
}

#[cfg(test)]
mod tests;
