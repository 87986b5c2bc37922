//! What a transaction offers, what gas costs, and how that price moves.
//!
//! # Source
//! EIP-1559, with half of the gas limit as the target and an eighth as the largest step.

use primitives::{Amount, Gas, MathError, Rounding, mul_div};

/// The largest step of the base price from block to block: one part in this many.
const STEP: u128 = 8;

/// What a transaction offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fee {
    /// The most gas it may use.
    pub gas_limit: Gas,
    /// The most it pays for a unit of gas, tip and all, in npal.
    pub max_price: Amount,
    /// What of that goes to the proposer above the base price, in npal per unit of gas; at most `max_price`.
    pub tip: Amount,
}

/// What a transaction pays for a unit of gas, in npal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// The base price of the block.
    pub base: Amount,
    /// What the proposer gets on top.
    pub tip: Amount,
}

impl Fee {
    /// The most that it comes to.
    ///
    /// # Errors
    /// [`MathError::Overflow`] when that exceeds 128 bits.
    pub fn most(&self) -> Result<Amount, MathError> {
        self.gas_limit.cost(self.max_price)
    }

    /// The price in a block with this base price: base + min(tip, max_price − base).
    ///
    /// # Errors
    /// [`MathError::Underflow`] when the offer is below the base price.
    pub fn price(&self, base: Amount) -> Result<Price, MathError> {
        let room = self.max_price.checked_sub(base)?;
        Ok(Price {
            base,
            tip: self.tip.min(room),
        })
    }
}

impl Price {
    /// Both parts together.
    ///
    /// # Errors
    /// Never in practice: the sum is at most the offer's `max_price`.
    pub const fn total(&self) -> Result<Amount, MathError> {
        self.base.checked_add(self.tip)
    }
}

/// How soon a transaction should be in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// When there is room.
    Low,
    /// In one of the next blocks.
    Normal,
    /// Before others.
    High,
}

/// What to offer for a unit of gas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    /// How soon it gets a transaction into a block.
    pub priority: Priority,
    /// The most to pay, in npal.
    pub max_price: Amount,
    /// What of that goes to the proposer, in npal.
    pub tip: Amount,
}

/// What to offer while the base price is `base`, the cheapest first: room for one full
/// block's rise; twice the base price, a tenth of it as tip; four times, as much as the base price as tip.
#[must_use]
pub fn offers(base: Amount) -> [Offer; 3] {
    // Rounding: up, since an offer that is short is no offer.
    let times = |numerator, denominator| {
        let product = mul_div(base.get(), numerator, denominator, Rounding::Up);
        product.map_or(Amount::MAX, Amount::new)
    };
    [
        (Priority::Low, times(9, 8), Amount::ZERO),
        (Priority::Normal, times(2, 1), times(1, 10)),
        (Priority::High, times(4, 1), times(1, 1)),
    ]
    .map(|(priority, max_price, tip)| Offer {
        priority,
        max_price,
        tip,
    })
}

/// The base price of the block after one that used `used` of `limit` gas at `price`.
///
/// At the target, half of the limit, it stays. Above, it rises by up to an eighth, at least by one; below, it falls by
/// up to an eighth, and never under `lowest`.
///
/// # Errors
/// [`MathError::DivisionByZero`] when the limit is zero, which parameters forbid. A price that would exceed 128 bits
/// stays.
pub fn next_base_price(price: Amount, used: Gas, limit: Gas, lowest: Amount) -> Result<Amount, MathError> {
    let target = u128::from(limit.get()).div_ceil(2);
    let used = u128::from(used.get());
    // Rounding: down both ways, so that a price moves only when the whole step is there.
    let step = |distance: u128| {
        let share = mul_div(price.get(), distance, target, Rounding::Down)?;
        mul_div(share, 1, STEP, Rounding::Down).map(Amount::new)
    };
    let next = match used.checked_sub(target) {
        None => price.saturating_sub(step(target.saturating_sub(used))?),
        Some(0) => price,
        Some(above) => price
            .checked_add(step(above)?.max(Amount::new(1)))
            .unwrap_or(price),
    };
    Ok(next.max(lowest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(price: u128, used: u64) -> u128 {
        next_base_price(
            Amount::new(price),
            Gas::new(used),
            Gas::new(1_000),
            Amount::new(1),
        )
        .unwrap()
        .get()
    }

    #[test]
    fn the_price_moves_towards_the_target_by_an_eighth_at_most() {
        assert_eq!(next(8_000, 500), 8_000);
        assert_eq!(next(8_000, 1_000), 9_000);
        assert_eq!(next(8_000, 0), 7_000);
        assert_eq!(next(8_000, 750), 8_500);
        assert_eq!(next(1, 501), 2, "a full block raises even the lowest price");
        assert_eq!(next(1, 0), 1);
        assert_eq!(next(u128::MAX, 1_000), u128::MAX);
    }

    #[test]
    fn a_tip_fits_below_the_offer() {
        let fee = Fee {
            gas_limit: Gas::new(10),
            max_price: Amount::new(100),
            tip: Amount::new(30),
        };
        let price = |base| fee.price(Amount::new(base)).map(|p| (p.base.get(), p.tip.get()));
        assert_eq!(price(60), Ok((60, 30)));
        assert_eq!(price(90), Ok((90, 10)));
        assert_eq!(price(100), Ok((100, 0)));
        assert_eq!(price(101), Err(MathError::Underflow));
        assert_eq!(fee.most(), Ok(Amount::new(1_000)));
    }
}
