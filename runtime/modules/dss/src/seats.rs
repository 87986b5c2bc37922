//! Sets of seats of a snapshot.

use borsh::{BorshDeserialize, BorshSerialize};

/// Which of a snapshot's up to 128 seats: bit `n` stands for seat `n`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Seats(u128);

impl Seats {
    /// The most seats.
    pub const MOST: u8 = 128;
    /// None of them.
    pub const NONE: Self = Self(0);

    /// Those whose bits are set.
    #[must_use]
    pub const fn from_bits(bits: u128) -> Self {
        Self(bits)
    }

    /// One bit for each.
    #[must_use]
    pub const fn bits(self) -> u128 {
        self.0
    }

    /// Whether `seat` is among them.
    #[must_use]
    pub fn contains(self, seat: u8) -> bool {
        self.0 & bit(seat) != 0
    }

    /// These and `seat`.
    #[must_use]
    pub fn with(self, seat: u8) -> Self {
        Self(self.0 | bit(seat))
    }

    /// All that are in either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// All that are in both.
    #[must_use]
    pub const fn common(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Those that are not in `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// How many.
    #[must_use]
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Each of them, ascending.
    pub fn iter(self) -> impl Iterator<Item = u8> {
        (0..Self::MOST).filter(move |seat| self.contains(*seat))
    }
}

fn bit(seat: u8) -> u128 {
    1u128.checked_shl(u32::from(seat)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_are_sets() {
        let some = Seats::NONE.with(0).with(127);
        assert_eq!(some.iter().collect::<Vec<_>>(), [0, 127]);
        assert_eq!(some.len(), 2);
        assert!(!some.contains(128) && some.with(128) == some);
        assert_eq!(some.without(Seats::NONE.with(0)), Seats::NONE.with(127));
        assert_eq!(some.common(Seats::NONE.with(0)).bits(), 1);
        assert!(some.common(Seats::NONE).is_empty());
    }
}
