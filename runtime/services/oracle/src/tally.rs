//! What a round comes to: the median by weight, and who lies near it. Pure.

use primitives::{Bps, MathError, Rounding, mul_div};

/// A value with what it weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vote {
    /// The seat's position.
    pub seat: u8,
    /// What it states.
    pub value: u128,
    /// What that weighs.
    pub weight: u128,
}

/// The least that must be shown of `total`: two thirds.
///
/// # Errors
/// Never: it is less than the total.
pub fn quorum(total: u128) -> Result<u128, MathError> {
    // Rounding: what must be there goes Up.
    mul_div(total, 2, 3, Rounding::Up)
}

/// What the votes weigh together; they are parts of one total.
#[must_use]
pub fn weight(votes: &[Vote]) -> u128 {
    votes.iter().fold(0, |sum, vote| sum.saturating_add(vote.weight))
}

/// The median by weight: the lowest value at or below which at least half of the weight lies. None without weight.
///
/// It lies between two values that somebody states, whatever less than half of the weight states.
#[must_use]
pub fn median(votes: &[Vote]) -> Option<u128> {
    let total = weight(votes);
    let mut sorted: Vec<&Vote> = votes.iter().filter(|vote| vote.weight > 0).collect();
    sorted.sort_by_key(|vote| vote.value);
    let mut below = 0u128;
    for vote in sorted {
        below = below.saturating_add(vote.weight);
        // Half or more of it, without doubling what may be near the largest number.
        if below >= total.saturating_sub(below) {
            return Some(vote.value);
        }
    }
    None
}

/// Whether `value` is no further from `median` than the part `tolerance` of it.
///
/// # Errors
/// Never: a part of a number fits where it does.
pub fn is_near(value: u128, median: u128, tolerance: Bps) -> Result<bool, MathError> {
    // Rounding: what is still paid goes Down.
    Ok(value.abs_diff(median) <= tolerance.of(median, Rounding::Down)?)
}

#[cfg(test)]
mod tests;
