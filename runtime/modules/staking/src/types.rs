//! Pure transitions on plain structs: pools, bonds and what they earn. The money is here.

use crate::error::Error;
use crate::msg::Moniker;
use borsh::{BorshDeserialize, BorshSerialize};
use crypto::bls::KeyBytes;
use light_palisade::Offence;
use primitives::{
    AccountId, Amount, Bps, ChainClock, Height, MathError, Power, Ratio, Rounding, Shares, View, mul_div,
};

/// PAL that several own in shares. It grows by deposits at the going price and shrinks for all alike by a slash;
/// rewards never enter it, so the price never rises and nobody can inflate it for a later depositor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Pool {
    /// What is there, in npal.
    pub assets: Amount,
    /// Who owns it, all together.
    pub shares: Shares,
}

impl Pool {
    /// Puts `amount` in, and gives the shares for it.
    ///
    /// # Errors
    /// [`Error::Emptied`] when shares are left but nothing behind them; [`Error::Math`].
    pub fn deposit(&mut self, amount: Amount) -> Result<Shares, Error> {
        let shares = if self.shares.is_zero() {
            Shares::new(amount.get())
        } else if self.is_emptied() {
            return Err(Error::Emptied);
        } else {
            // Rounding: the protocol pays Down.
            let shares = amount.mul_div(self.shares.get(), self.assets.get(), Rounding::Down)?;
            Shares::new(shares.get())
        };
        self.assets = self.assets.checked_add(amount)?;
        self.shares = self.shares.checked_add(shares)?;
        Ok(shares)
    }

    /// Whether everything was slashed: owners are left, and nothing for them.
    #[must_use]
    pub const fn is_emptied(&self) -> bool {
        self.assets.is_zero() && !self.shares.is_zero()
    }

    /// What `shares` are worth now.
    ///
    /// # Errors
    /// Never for shares of this pool: they are worth at most all of it.
    pub fn worth(&self, shares: Shares) -> Result<Amount, MathError> {
        if self.shares.is_zero() {
            return Ok(Amount::ZERO);
        }
        // Rounding: the protocol pays Down.
        self.assets
            .mul_div(shares.get(), self.shares.get(), Rounding::Down)
    }

    /// The fewest shares that are worth `amount`, all of them at most.
    ///
    /// # Errors
    /// [`MathError::DivisionByZero`] for an empty pool.
    pub fn shares_for(&self, amount: Amount) -> Result<Shares, MathError> {
        // Rounding: the protocol charges Up.
        let shares = amount.mul_div(self.shares.get(), self.assets.get(), Rounding::Up)?;
        Ok(Shares::new(shares.get()).min(self.shares))
    }

    /// Takes `shares` out at their worth, and gives it.
    ///
    /// # Errors
    /// [`MathError::Underflow`] for more shares than there are.
    pub fn redeem(&mut self, shares: Shares) -> Result<Amount, MathError> {
        let amount = self.worth(shares)?;
        self.assets = self.assets.checked_sub(amount)?;
        self.shares = self.shares.checked_sub(shares)?;
        Ok(amount)
    }
}

/// A validator as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ValidatorRecord {
    /// Its name.
    pub moniker: Moniker,
    /// Its consensus key.
    pub consensus_key: KeyBytes,
    /// ed25519 key of its node.
    pub p2p_key: [u8; 32],
    /// What counts for its power.
    pub bonded: Pool,
    /// What is on its way out: liable still, counting for nothing.
    pub unbonding: Pool,
    /// Rewards per bonded share since the beginning, in npal.
    pub per_share: Ratio,
    /// Rewards that were too small to divide, in npal.
    pub undivided: Amount,
    /// Whether it is kept out of the next set, and for how long.
    pub jail: Option<Jail>,
}

/// How long a validator is kept out of sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Jail {
    /// Until its operator asks to be let out, from this moment on.
    Until(ChainClock),
    /// For good: it contradicted itself.
    Forever,
}

impl ValidatorRecord {
    /// Whether it is kept out of the next set.
    #[must_use]
    pub const fn is_jailed(&self) -> bool {
        self.jail.is_some()
    }

    /// What can be slashed: bonded and unbonding, in npal.
    ///
    /// # Errors
    /// [`MathError::Overflow`]; never, as both together are part of the supply.
    pub fn liable(&self) -> Result<Amount, MathError> {
        self.bonded.assets.checked_add(self.unbonding.assets)
    }

    /// Takes `amount`, or all there is, from both pools in proportion, and gives what was taken.
    ///
    /// # Errors
    /// As [`ValidatorRecord::liable`].
    pub fn slash(&mut self, amount: Amount) -> Result<Amount, MathError> {
        let liable = self.liable()?;
        if liable.is_zero() {
            return Ok(Amount::ZERO);
        }
        let taken = amount.min(liable);
        // Rounding: what is bonded pays Up, so that the parts are the whole.
        let bonded = self
            .bonded
            .assets
            .mul_div(taken.get(), liable.get(), Rounding::Up)?;
        self.bonded.assets = self.bonded.assets.checked_sub(bonded)?;
        self.unbonding.assets = self.unbonding.assets.checked_sub(taken.checked_sub(bonded)?)?;
        Ok(taken)
    }

    /// Whether anything stands behind it that can earn and be slashed as bonded.
    #[must_use]
    pub const fn has_bonds(&self) -> bool {
        !self.bonded.assets.is_zero()
    }

    /// Divides `amount` among the bonded shares. What does not divide waits for the next reward; so does everything
    /// without bonds, and what would carry `per_share` beyond its end: few shares can earn much, again and again, and
    /// that must break nothing.
    ///
    /// # Errors
    /// [`MathError::Overflow`] when more waits than there can be.
    pub fn reward(&mut self, amount: Amount) -> Result<(), MathError> {
        let amount = amount.checked_add(self.undivided)?;
        let (per_share, divided) = self.divide(amount).unwrap_or((self.per_share, Amount::ZERO));
        self.per_share = per_share;
        self.undivided = amount.saturating_sub(divided);
        Ok(())
    }

    /// `per_share` after a reward, and how much of the reward that divides; `None` where it cannot be divided.
    fn divide(&self, amount: Amount) -> Option<(Ratio, Amount)> {
        let shares = self.bonded.shares.get();
        // Rounding: the protocol pays Down; what was not divided is kept, charged Up.
        let step = Ratio::of(amount.get(), shares, Rounding::Down).ok()?;
        let divided = step.apply(shares, Rounding::Up).ok()?;
        let sum = self.per_share.raw().checked_add(step.raw())?;
        Some((Ratio::from_raw(sum), Amount::new(divided)))
    }
}

/// One account's bond behind one validator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct BondRecord {
    /// Its part of the bonded pool.
    pub shares: Shares,
    /// Up to where its rewards are in `owed`.
    pub settled: Ratio,
    /// Rewards to be paid, in npal.
    pub owed: Amount,
    /// Unbondings under way.
    pub unbondings: u32,
}

impl BondRecord {
    /// Brings `owed` up to date; before every change of the shares.
    ///
    /// # Errors
    /// [`MathError`] beyond 128 bits.
    pub fn settle(&mut self, validator: &ValidatorRecord) -> Result<(), MathError> {
        let since = validator
            .per_share
            .raw()
            .checked_sub(self.settled.raw())
            .ok_or(MathError::Underflow)?;
        // Rounding: the protocol pays Down.
        let earned = Ratio::from_raw(since).apply(self.shares.get(), Rounding::Down)?;
        self.owed = self.owed.checked_add(Amount::new(earned))?;
        self.settled = validator.per_share;
        Ok(())
    }

    /// Whether nothing is left to remember.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.shares.is_zero() && self.owed.is_zero() && self.unbondings == 0
    }
}

/// Part of a bond on its way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Unbonding {
    /// The validator's operator.
    pub validator: AccountId,
    /// Who is paid.
    pub account: AccountId,
    /// Its part of the validator's unbonding pool.
    pub shares: Shares,
    /// Which of the validator's unbonding pools: each that a slash empties is followed by another.
    pub round: u32,
    /// When it was asked for.
    pub since: ChainClock,
}

/// A validator that contradicted itself in an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Conviction {
    /// How, as the first evidence showed it.
    pub offence: Offence,
    /// In which view.
    pub view: View,
    /// The block that holds the evidence.
    pub height: Height,
    /// Its weight in the epoch's set.
    pub weight: Power,
    /// What was liable for it, in npal: what stood behind it when the epoch began, or what is left of that.
    pub liable: Amount,
    /// What was taken so far, in npal: it grows when others turn out to be guilty of the same epoch.
    pub slashed: Amount,
    /// What part of what was liable it has cost so far, bonds and vaults alike.
    pub fraction: Bps,
}

/// How a validator does its work in the epoch that goes on, and how it did before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Duty {
    /// Final blocks of this epoch that it proposed.
    pub led: u32,
    /// Views of this epoch that were skipped while it was to lead.
    pub missed: u32,
    /// Whether it said in this epoch that it is there.
    pub heard: bool,
    /// Epochs in a row, up to the last, in which it was idle.
    pub idle: u16,
}

impl Duty {
    /// Whether it was idle: it missed more than `missed_views` of its views; or had none, and said nothing.
    #[must_use]
    pub fn is_idle(&self, missed_views: Bps) -> bool {
        let views = u64::from(self.led).saturating_add(u64::from(self.missed));
        if views == 0 {
            return !self.heard;
        }
        let whole = u64::from(Bps::ONE.get());
        let missed = u64::from(self.missed).saturating_mul(whole);
        missed > views.saturating_mul(u64::from(missed_views.get()))
    }
}

/// A change of a validator's consensus key. The old key stays answerable for the epochs whose sets have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Rotation {
    /// The key before.
    pub old: KeyBytes,
    /// The key from the next set on.
    pub new: KeyBytes,
    /// The block in which it was asked for.
    pub height: Height,
}

/// What each of those convicted of one epoch loses, of what was liable: `least` for one alone, and from there in
/// proportion to the guilty weight up to `most` at a third of the `total`.
///
/// # Errors
/// [`MathError::DivisionByZero`] for no weight at all.
///
/// # Source
/// restaking.md, "Slashing" (1).
pub(crate) fn fraction(
    (least, most): (Bps, Bps),
    convicted: usize,
    guilty: u64,
    total: u64,
) -> Result<Bps, MathError> {
    if convicted <= 1 {
        return Ok(least);
    }
    let span = u128::from(most.get().saturating_sub(least.get()));
    let total = u128::from(total);
    let part = u128::from(guilty).saturating_mul(3).min(total);
    // Rounding: the protocol charges Up.
    let grown = mul_div(span, part, total, Rounding::Up)?;
    let bps = u128::from(least.get()).saturating_add(grown);
    Ok(u16::try_from(bps).ok().and_then(Bps::new).unwrap_or(Bps::ONE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn record() -> ValidatorRecord {
        ValidatorRecord {
            moniker: Moniker::new("v").unwrap(),
            consensus_key: KeyBytes([0; 96]),
            p2p_key: [0; 32],
            bonded: Pool::default(),
            unbonding: Pool::default(),
            per_share: Ratio::ZERO,
            undivided: Amount::ZERO,
            jail: None,
        }
    }

    #[test]
    fn an_emptied_pool_takes_nothing_new() {
        let mut pool = Pool::default();
        pool.deposit(Amount::new(10)).unwrap();
        pool.assets = Amount::ZERO;
        assert!(matches!(pool.deposit(Amount::new(1)), Err(Error::Emptied)));
        assert_eq!(pool.worth(Shares::new(10)), Ok(Amount::ZERO));
    }

    #[test]
    fn a_reward_without_bonds_waits() {
        let mut validator = record();
        validator.reward(Amount::new(7)).unwrap();
        assert_eq!(validator.undivided, Amount::new(7));
        let mut bond = BondRecord {
            shares: validator.bonded.deposit(Amount::new(3)).unwrap(),
            ..Default::default()
        };
        validator.reward(Amount::new(2)).unwrap();
        bond.settle(&validator).unwrap();
        assert_eq!(bond.owed, Amount::new(9));
    }

    #[test]
    fn a_reward_beyond_the_counters_end_waits_and_breaks_nothing() {
        let mut validator = record();
        validator.bonded.deposit(Amount::new(1)).unwrap();
        let all_there_is = Amount::new(10_u128.pow(20));
        for _ in 0..5 {
            validator.reward(all_there_is).unwrap();
        }
        assert_eq!(validator.per_share.raw(), 3 * 10_u128.pow(38));
        assert_eq!(validator.undivided, Amount::new(2 * 10_u128.pow(20)));
        let mut bond = BondRecord {
            shares: Shares::new(1),
            ..Default::default()
        };
        bond.settle(&validator).unwrap();
        assert_eq!(bond.owed, Amount::new(3 * 10_u128.pow(20)));
    }

    #[test]
    fn what_is_not_an_owners_whole_leaves_no_pool_inflated() {
        let mut pool = Pool {
            assets: Amount::new(2),
            shares: Shares::new(3),
        };
        assert_eq!(pool.redeem(Shares::new(1)), Ok(Amount::ZERO));
        assert_eq!((pool.assets.get(), pool.shares.get()), (2, 2));
    }

    proptest! {
        #[test]
        fn a_pools_assets_never_exceed_its_shares(
            steps in proptest::collection::vec((0u8..3, 1u128..1 << 40), 1..30),
        ) {
            let mut pool = Pool::default();
            for (kind, size) in steps {
                match kind {
                    0 => drop(pool.deposit(Amount::new(size))),
                    1 => drop(pool.redeem(Shares::new(size).min(pool.shares))),
                    _ => pool.assets = pool.assets.saturating_sub(Amount::new(size)),
                }
                prop_assert!(pool.assets.get() <= pool.shares.get());
            }
        }

        #[test]
        fn nobody_gains_by_going_in_and_out(
            first in 1u128..1 << 60, slashed in 0u128..1 << 60, amount in 1u128..1 << 60,
        ) {
            let mut pool = Pool::default();
            pool.deposit(Amount::new(first)).unwrap();
            pool.assets = pool.assets.saturating_sub(Amount::new(slashed));
            if let Ok(shares) = pool.deposit(Amount::new(amount)) {
                prop_assert!(pool.redeem(shares).unwrap() <= Amount::new(amount));
                prop_assert!(pool.assets >= Amount::new(first.saturating_sub(slashed)));
            }
        }

        #[test]
        fn no_more_is_earned_than_was_rewarded(
            bonds in proptest::collection::vec(1u128..1 << 50, 1..6),
            rewards in proptest::collection::vec(0u128..1 << 50, 0..20),
        ) {
            let mut validator = record();
            let mut records: Vec<BondRecord> = bonds
                .iter()
                .map(|b| BondRecord {
                    shares: validator.bonded.deposit(Amount::new(*b)).unwrap(),
                    ..Default::default()
                })
                .collect();
            let mut funded = Amount::ZERO;
            for reward in rewards {
                validator.reward(Amount::new(reward)).unwrap();
                funded = funded.checked_add(Amount::new(reward)).unwrap();
            }
            let mut owed = Amount::ZERO;
            for bond in &mut records {
                bond.settle(&validator).unwrap();
                owed = owed.checked_add(bond.owed).unwrap();
            }
            prop_assert!(owed.checked_add(validator.undivided).unwrap() <= funded);
        }
    }
}
