//! Sums per share, and what an owner has earned.

use borsh::{BorshDeserialize, BorshSerialize};
use primitives::{Amount, MathError, Rounding, Shares, mul_div};

/// One, in the fixed point of sums per share.
const ONE: u128 = 1_000_000_000_000_000_000;

/// What a share of a vault has earned in one asset since the beginning, in 10^-18 base units. It only grows, whatever
/// becomes of the shares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct PerShare {
    /// The sum.
    pub sum: u128,
    /// What did not divide, in base units: part of the next reward.
    pub undivided: Amount,
    /// The vault's round in which it last grew.
    pub round: u32,
}

impl PerShare {
    /// Shares `amount` out among `shares`; what does not divide waits.
    ///
    /// # Errors
    /// [`MathError`] when the sum does not fit: then nothing has changed.
    pub fn add(self, amount: Amount, shares: Shares) -> Result<Self, MathError> {
        let whole = self.undivided.checked_add(amount)?;
        if shares.is_zero() {
            return Ok(Self {
                undivided: whole,
                ..self
            });
        }
        // Rounding: what is earned goes Down, so that all together never get more than there is.
        let each = mul_div(whole.get(), ONE, shares.get(), Rounding::Down)?;
        let given = mul_div(each, shares.get(), ONE, Rounding::Up)?;
        Ok(Self {
            sum: self.sum.checked_add(each).ok_or(MathError::Overflow)?,
            undivided: whole.checked_sub(Amount::new(given))?,
            ..self
        })
    }
}

/// What an owner of a vault's shares has earned in one asset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Account {
    /// Up to which sum per share it is settled.
    pub settled: u128,
    /// What it may claim, in base units.
    pub owed: Amount,
}

impl Account {
    /// The account settled up to `sum`, for somebody who has had `shares` since it last was.
    ///
    /// # Errors
    /// [`MathError`] when what is owed does not fit, which the supply of the asset rules out.
    pub fn settle(self, sum: u128, shares: Shares) -> Result<Self, MathError> {
        let each = sum.checked_sub(self.settled).ok_or(MathError::Underflow)?;
        // Rounding: the protocol pays Down.
        let earned = mul_div(each, shares.get(), ONE, Rounding::Down)?;
        Ok(Self {
            settled: sum,
            owed: self.owed.checked_add(Amount::new(earned))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn owners_never_get_more_than_was_given(
            rewards in proptest::collection::vec(0..1_000_000_000u64, 1..20),
            shares in proptest::collection::vec(0..1_000_000u64, 1..8),
        ) {
            let all: u64 = shares.iter().fold(0, |sum, one| sum.saturating_add(*one));
            let mut pool = PerShare::default();
            let mut owners = vec![Account::default(); shares.len()];
            let mut given = 0u128;
            for (turn, reward) in rewards.iter().enumerate() {
                let before = pool.sum;
                pool = pool.add(Amount::new(u128::from(*reward)), Shares::new(u128::from(all))).unwrap();
                prop_assert!(pool.sum >= before);
                given = given.saturating_add(u128::from(*reward));
                // Somebody settles in between: it makes no one richer.
                let at = turn.checked_rem(owners.len()).unwrap();
                owners[at] = owners[at].settle(pool.sum, Shares::new(u128::from(shares[at]))).unwrap();
            }
            let mut paid = 0u128;
            for (owner, held) in owners.iter().zip(&shares) {
                let settled = owner.settle(pool.sum, Shares::new(u128::from(*held))).unwrap();
                paid = paid.saturating_add(settled.owed.get());
            }
            let rest = given.checked_sub(paid).and_then(|rest| rest.checked_sub(pool.undivided.get()));
            prop_assert!(rest.is_some(), "{paid} of {given}");
            // Dust: a unit per owner and settlement, and one per reward.
            let most = u128::try_from(owners.len().saturating_add(rewards.len().saturating_mul(2))).unwrap();
            prop_assert!(rest.unwrap() <= most);
        }
    }
}
