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

    /// How much later than its length an epoch ends, at most: its last block is the first whose *parent* has passed the
    /// end, so that the clock makes one step past the end with the parent, and one more with the block.
    pub const MAX_OVERTIME: Millis = Self::MAX_STEP.saturating_add(Self::MAX_STEP);

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

/// A period that was longer, and still is for what began before it was shortened: nothing is shortened in retrospect
/// (restaking.md, "Time").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)]
pub struct Longer {
    /// How long it was.
    pub period: Millis,
    /// When everything that began under it is over.
    pub until: ChainClock,
}

impl Longer {
    /// The period in force at `now`, where `period` is what is set.
    #[must_use]
    pub fn or(self, period: Millis, now: ChainClock) -> Millis {
        if now <= self.until {
            period.max(self.period)
        } else {
            period
        }
    }

    /// What is to be remembered when `set` gives way to `next` at `now`; `lag` is how long after it happened what is
    /// counted from now may start to count.
    #[must_use]
    pub fn shortened(self, set: Millis, next: Millis, lag: Millis, now: ChainClock) -> Self {
        let period = self.or(set, now);
        if next >= period {
            return self;
        }
        Self {
            period,
            until: now.after(lag).after(period),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_began_under_a_longer_period_keeps_it() {
        let (ms, at) = (Millis::new, ChainClock::new);
        let never = Longer::default();
        assert_eq!(never.or(ms(60), at(1)), ms(60));
        assert_eq!(never.shortened(ms(60), ms(90), ms(5), at(100)), never);
        let once = never.shortened(ms(60), ms(20), ms(5), at(100));
        assert_eq!(
            (once.or(ms(20), at(165)), once.or(ms(20), at(166))),
            (ms(60), ms(20))
        );
        // Shortened again while the first still counts: the longest stays, and for what began meanwhile too.
        let twice = once.shortened(ms(20), ms(10), ms(5), at(150));
        assert_eq!(
            (twice.or(ms(10), at(215)), twice.or(ms(10), at(216))),
            (ms(60), ms(10))
        );
    }

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
