//! How long a view may take, and the timers that say so.

use crate::config::{Now, Timing};
use crate::effect::Effect;
use crate::input::TimerKey;
use primitives::{Millis, View};
use std::collections::BTreeMap;

/// Δ of a view: Δ0 · 1.5^k up to Δmax, k being the views since the last observed finalization beyond the two that a
/// pipeline always has (consensus.md, rule 1).
pub(crate) fn delta(timing: &Timing, view: View, finalized: View) -> Millis {
    let growth = view.get().saturating_sub(finalized.get()).saturating_sub(2);
    let mut delta = timing.delta.get();
    for _ in 0..growth {
        if delta >= timing.delta_max.get() {
            break;
        }
        // Rounded up, so that 1 ms grows too.
        delta = delta.saturating_add(delta.div_ceil(2));
    }
    Millis::new(delta.min(timing.delta_max.get()))
}

/// `delta` several times.
pub(crate) const fn times(delta: Millis, count: u64) -> Millis {
    Millis::new(delta.get().saturating_mul(count))
}

/// The moments that were asked for. A firing counts only when its moment has come, so that one that was on its way
/// while the timer was set anew does nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timers {
    due: BTreeMap<TimerKey, Millis>,
}

impl Timers {
    /// (Re)starts `key` to fire at `at`.
    pub(crate) fn set(&mut self, now: Now, key: TimerKey, at: Millis) -> Effect {
        self.due.insert(key, at);
        Effect::SetTimer {
            key,
            after: at.saturating_sub(now.mono),
        }
    }

    /// Stops `key`, if it runs.
    pub(crate) fn cancel(&mut self, key: TimerKey) -> Option<Effect> {
        self.due.remove(&key).map(|_| Effect::CancelTimer(key))
    }

    /// Whether `key` runs.
    pub(crate) fn runs(&self, key: TimerKey) -> bool {
        self.due.contains_key(&key)
    }

    /// Takes a firing. An early one starts the rest anew.
    pub(crate) fn fired(&mut self, now: Now, key: TimerKey) -> Firing {
        match self.due.get(&key).copied() {
            None => Firing::Stale,
            Some(at) if at <= now.mono => {
                self.due.remove(&key);
                Firing::Due
            }
            Some(at) => Firing::Early(at.saturating_sub(now.mono)),
        }
    }
}

/// What a firing is worth.
#[derive(Debug)]
pub(crate) enum Firing {
    /// The timer was stopped, or has fired already.
    Stale,
    /// Its moment comes in this long: it must be started again.
    Early(Millis),
    /// Its moment has come.
    Due,
}

#[cfg(test)]
mod tests {
    use super::*;
    use primitives::Timestamp;

    #[test]
    fn delta_grows_by_half_from_the_third_view_without_finality_up_to_its_limit() {
        let timing = Timing::default();
        let at = |view| delta(&timing, View::new(view), View::new(10)).get();
        let grown: Vec<u64> = [11, 12, 13, 14, 15].map(at).into();
        assert_eq!(grown, [250, 250, 375, 563, 845]);
        assert_eq!((at(30), at(u64::MAX), at(1)), (30_000, 30_000, 250));
    }

    #[test]
    fn a_timer_counts_only_when_its_moment_has_come() {
        let now = |ms| Now {
            mono: Millis::new(ms),
            wall: Timestamp::ZERO,
        };
        let key = TimerKey::Retry;
        let mut timers = Timers::default();
        assert!(matches!(timers.fired(now(0), key), Firing::Stale));
        timers.set(now(0), key, Millis::new(100));
        timers.set(now(0), key, Millis::new(200));
        assert!(matches!(timers.fired(now(150), key), Firing::Early(rest) if rest.get() == 50));
        assert!(matches!(timers.fired(now(200), key), Firing::Due));
        assert!(matches!(timers.fired(now(201), key), Firing::Stale));
        assert!(timers.cancel(key).is_none());
    }
}
