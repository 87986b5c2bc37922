//! Positions in the chain and in time. They are ordered and stepped, never added to each other.

use crate::MathError;
use crate::quantity::quantity;

quantity! {
    /// A position in the chain. Genesis is 0, the first block 1.
    Height(u64)
}
quantity! {
    /// A period with a fixed validator set. The first is 0.
    Epoch(u64)
}
quantity! {
    /// One leader's turn within an epoch. 0 is the epoch's start; the first leader's view is 1.
    View(u64)
}
quantity! {
    /// Milliseconds since the Unix epoch, as a block's header states them.
    Timestamp(u64)
}
quantity! {
    /// A duration in milliseconds.
    Millis(u64)
}
quantity! {
    /// A duration in blocks.
    Blocks(u64)
}
quantity! {
    /// Milliseconds of chain time since genesis: advances by at most ten seconds per block, so that neither a
    /// leader's stamp nor a halt makes delays mature (restaking.md, "Time").
    ChainClock(u64)
}

impl Height {
    /// The height after this one.
    ///
    /// # Errors
    /// [`MathError::Overflow`] at the end of the numbers.
    pub const fn next(self) -> Result<Self, MathError> {
        self.checked_add(Self::new(1))
    }

    /// The height `blocks` before this one, genesis where that lies before the start.
    #[must_use]
    pub const fn back(self, blocks: Blocks) -> Self {
        self.saturating_sub(Self::new(blocks.get()))
    }
}

impl Epoch {
    /// The epoch after this one.
    ///
    /// # Errors
    /// [`MathError::Overflow`] at the end of the numbers.
    pub const fn next(self) -> Result<Self, MathError> {
        self.checked_add(Self::new(1))
    }
}

impl View {
    /// The view after this one.
    ///
    /// # Errors
    /// [`MathError::Overflow`] at the end of the numbers.
    pub const fn next(self) -> Result<Self, MathError> {
        self.checked_add(Self::new(1))
    }
}

impl Timestamp {
    /// This moment plus `duration`, capped at the end of the numbers.
    #[must_use]
    pub const fn after(self, duration: Millis) -> Self {
        self.saturating_add(Self::new(duration.get()))
    }

    /// How long after `earlier` this is; nothing when it is not after it.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Millis {
        Millis::new(self.saturating_sub(earlier).get())
    }
}

impl ChainClock {
    /// The most that one block advances the clock (restaking.md, "Time").
    pub const MAX_STEP: Millis = Millis::new(10_000);

    /// The clock `duration` later, capped at the end of the numbers.
    #[must_use]
    pub const fn after(self, duration: Millis) -> Self {
        self.saturating_add(Self::new(duration.get()))
    }

    /// The clock of a block at `time` whose parent stands at `self` and `parent_time`.
    #[must_use]
    pub fn advance(self, parent_time: Timestamp, time: Timestamp) -> Self {
        self.after(time.since(parent_time).min(Self::MAX_STEP))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_halt_of_days_moves_the_clock_ten_seconds() {
        let day = 86_400_000;
        let clock = ChainClock::new(5).advance(Timestamp::new(0), Timestamp::new(day));
        assert_eq!(clock, ChainClock::new(10_005));
        assert_eq!(
            ChainClock::new(5).advance(Timestamp::new(9), Timestamp::new(3)),
            ChainClock::new(5)
        );
    }

    #[test]
    fn nothing_comes_before_genesis() {
        assert_eq!(Height::new(1).back(Blocks::new(2)), Height::ZERO);
        assert_eq!(Height::MAX.next(), Err(MathError::Overflow));
    }
}
