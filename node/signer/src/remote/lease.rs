//! Who may ask for signatures now. Pure but for the guard, which numbers the leases.

use crate::guard::{Guard, GuardError};
use std::time::{Duration, Instant};

/// The longest name of a holder that is kept, in bytes.
const MAX_NAME: usize = 64;

/// Somebody else holds the lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held {
    /// The name that the holder gave.
    pub(super) by: String,
    /// For how long at least.
    pub(super) left: Duration,
}

/// The one lease of a signer. It lasts for a while after each use; its number, kept in the guard, outlives the process.
#[derive(Debug)]
pub(super) struct Lease {
    holder: String,
    ends: Instant,
    lasts: Duration,
}

impl Lease {
    /// Nobody has asked yet. Whoever held the last lease before a restart may go on with it, and has its time for that.
    pub(super) fn new(guard: &Guard, lasts: Duration, now: Instant) -> Self {
        let ends = if guard.fence() == 0 { now } else { now + lasts };
        Self {
            holder: "the node that held it when the signer stopped".to_owned(),
            ends,
            lasts,
        }
    }

    /// How long it lasts after each use.
    pub(super) const fn lasts(&self) -> Duration {
        self.lasts
    }

    /// Keeps the lease `token`, or takes a new one where none is held; gives its number.
    pub(super) fn acquire(
        &mut self,
        guard: &mut Guard,
        token: u64,
        holder: &str,
        now: Instant,
    ) -> Result<Result<u64, Held>, GuardError> {
        let fence = guard.fence();
        // Also one that has run out: nobody else was given a later one.
        let keeps = token != 0 && token == fence;
        if !keeps && now < self.ends {
            return Ok(Err(Held {
                by: self.holder.clone(),
                left: self.ends.saturating_duration_since(now),
            }));
        }
        let number = if keeps { fence } else { guard.raise_fence()? };
        self.holder = holder
            .chars()
            .filter(|c| !c.is_control())
            .take(MAX_NAME)
            .collect();
        self.ends = now + self.lasts;
        Ok(Ok(number))
    }

    /// The holder used it.
    pub(super) fn used(&mut self, now: Instant) {
        self.ends = now + self.lasts;
    }

    /// The holder gives it back.
    pub(super) fn release(&mut self, guard: &Guard, token: u64, now: Instant) {
        if token != 0 && token == guard.fence() {
            self.ends = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::GuardConfig;
    use primitives::ChainHash;
    use std::sync::Arc;
    use wal::faulty::Faulty;

    const LASTS: Duration = Duration::from_secs(10);

    fn acquire(lease: &mut Lease, guard: &mut Guard, token: u64, now: Instant) -> Result<u64, Held> {
        lease.acquire(guard, token, "node", now).unwrap()
    }

    #[test]
    fn one_holder_at_a_time_and_numbers_that_only_rise() {
        let medium = Faulty::new();
        let chain = ChainHash::ZERO;
        let mut guard = Guard::initialise(Arc::new(medium.clone()), chain, GuardConfig::default()).unwrap();
        let start = Instant::now();
        let mut lease = Lease::new(&guard, LASTS, start);
        assert_eq!(acquire(&mut lease, &mut guard, 0, start), Ok(1));
        let held = acquire(&mut lease, &mut guard, 0, start + LASTS / 2).unwrap_err();
        assert_eq!((held.by.as_str(), held.left), ("node", LASTS / 2));
        // Used, it lasts longer; run out and not taken, its holder may go on.
        lease.used(start + LASTS / 2);
        assert!(acquire(&mut lease, &mut guard, 0, start + LASTS).is_err());
        assert_eq!(acquire(&mut lease, &mut guard, 1, start + LASTS * 2), Ok(1));
        // Run out and taken, the old number is worth nothing, however often it asks.
        let later = start + LASTS * 4;
        assert_eq!(acquire(&mut lease, &mut guard, 0, later), Ok(2));
        assert!(acquire(&mut lease, &mut guard, 1, later).is_err());
        lease.release(&guard, 1, later);
        assert!(acquire(&mut lease, &mut guard, 0, later).is_err());
        lease.release(&guard, 2, later);
        assert_eq!(acquire(&mut lease, &mut guard, 0, later), Ok(3));
        drop(guard);
        // A restart: the last holder goes on, another waits for its time, and the numbers go on.
        let mut guard = Guard::open(Arc::new(medium), chain, GuardConfig::default()).unwrap();
        let mut lease = Lease::new(&guard, LASTS, later);
        assert!(acquire(&mut lease, &mut guard, 0, later).is_err());
        assert_eq!(acquire(&mut lease, &mut guard, 3, later), Ok(3));
        assert_eq!(acquire(&mut lease, &mut guard, 0, later + LASTS * 2), Ok(4));
    }
}
