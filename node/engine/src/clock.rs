//! The clocks, read in one place.

use consensus::Now;
use primitives::{Millis, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A monotonic clock that starts at zero, beside the wall clock. Clones are the same clock.
#[derive(Clone, Debug)]
pub struct Clock {
    start: Instant,
    skew_ms: Arc<AtomicI64>,
}

impl Default for Clock {
    fn default() -> Self {
        Self {
            start: Instant::now(),
            skew_ms: Arc::default(),
        }
    }
}

impl Clock {
    /// From now on the wall clock is wrong by so many milliseconds, ahead or behind: for tests of what becomes of a
    /// validator whose clock is.
    pub fn set_skew(&self, ms: i64) {
        self.skew_ms.store(ms, Ordering::Relaxed);
    }

    pub(crate) fn now(&self) -> Now {
        Now {
            mono: millis(self.start.elapsed()),
            wall: skewed(wall(), self.skew_ms.load(Ordering::Relaxed)),
        }
    }
}

const fn skewed(wall: Timestamp, ms: i64) -> Timestamp {
    Timestamp::new(wall.get().saturating_add_signed(ms))
}

fn millis(duration: Duration) -> Millis {
    Millis::new(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

/// Milliseconds since the Unix epoch; zero for a clock that stands before it.
pub(crate) fn wall() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::new(millis(since).get())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skewed_clock_is_wrong_by_what_it_was_told_and_no_further() {
        let noon = Timestamp::new(43_200_000);
        assert_eq!(skewed(noon, 5_000), Timestamp::new(43_205_000));
        assert_eq!(skewed(noon, -5_000), Timestamp::new(43_195_000));
        assert_eq!(skewed(noon, i64::MIN), Timestamp::ZERO);
        let clock = Clock::default();
        let told = clock.clone();
        told.set_skew(60_000);
        assert!(clock.now().wall > wall().after(Millis::new(50_000)));
    }
}
