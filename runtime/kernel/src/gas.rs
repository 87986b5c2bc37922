//! What work costs, and who has how much left.

use core::cell::Cell;
use primitives::Gas;
use state::OutOfGas;

/// What the kernel charges by itself. One unit is about a nanosecond of one core of the machine that the chain's
/// figures are measured on; writes cost more than their time, since everyone keeps what is written. Changing one
/// changes consensus.
pub mod price {
    use primitives::Gas;

    /// One read: a key that is looked up, or an entry that a range gives.
    pub const READ: Gas = Gas::new(1_000);
    /// Each byte of a value that is read.
    pub const READ_BYTE: Gas = Gas::new(3);
    /// One write or removal: the map, the tree and the log.
    pub const WRITE: Gas = Gas::new(8_000);
    /// Each byte of a key and value that is written.
    pub const WRITE_BYTE: Gas = Gas::new(30);
    /// One event.
    pub const EVENT: Gas = Gas::new(1_000);
    /// Each byte of an event's encoding.
    pub const EVENT_BYTE: Gas = Gas::new(10);
}

/// Counts the work of one transaction. Charging needs no exclusive borrow, since reads are charged too.
#[derive(Debug)]
pub struct GasMeter {
    limit: Gas,
    used: Cell<Gas>,
    /// The most that had to be there at once, beyond what was used.
    asked: Cell<Gas>,
}

impl GasMeter {
    /// Nothing used of `limit`.
    #[must_use]
    pub const fn new(limit: Gas) -> Self {
        Self {
            limit,
            used: Cell::new(Gas::ZERO),
            asked: Cell::new(Gas::ZERO),
        }
    }

    /// For block hooks and genesis: counts, and never refuses.
    #[must_use]
    pub const fn unmetered() -> Self {
        Self::new(Gas::MAX)
    }

    /// What may be used in all.
    #[must_use]
    pub const fn limit(&self) -> Gas {
        self.limit
    }

    /// What has been used, never more than the limit.
    #[must_use]
    pub const fn used(&self) -> Gas {
        self.used.get()
    }

    /// The least limit with which all of it would have come to the same: what was used, or more where more had to be
    /// left than was used then.
    #[must_use]
    pub fn needed(&self) -> Gas {
        self.used.get().max(self.asked.get())
    }

    /// Asks that `gas` be left, and uses nothing of it.
    ///
    /// # Errors
    /// As [`GasMeter::charge`], which it is when less is left.
    pub fn require(&self, gas: Gas) -> Result<(), OutOfGas> {
        let needed = self.used.get().saturating_add(gas);
        if needed > self.limit {
            return self.charge(gas);
        }
        self.asked.set(self.asked.get().max(needed));
        Ok(())
    }

    /// Uses `gas`.
    ///
    /// # Errors
    /// [`OutOfGas`] when less is left. Then all of it counts as used, so that going on regardless fails too.
    pub fn charge(&self, gas: Gas) -> Result<(), OutOfGas> {
        let needed = self.used.get().saturating_add(gas);
        self.used.set(needed.min(self.limit));
        if needed > self.limit {
            return Err(OutOfGas {
                limit: self.limit,
                needed,
            });
        }
        Ok(())
    }

    /// Uses `once`, and `each` for each of `count` things.
    ///
    /// # Errors
    /// As [`GasMeter::charge`].
    pub fn charge_sized(&self, once: Gas, each: Gas, count: usize) -> Result<(), OutOfGas> {
        // A count that does not fit saturates: beyond any limit.
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        self.charge(once.saturating_add(Gas::new(each.get().saturating_mul(count))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_runs_out_stays_out() {
        let meter = GasMeter::new(Gas::new(10));
        assert_eq!(meter.charge_sized(Gas::new(1), Gas::new(3), 3), Ok(()));
        assert_eq!(
            meter.charge(Gas::new(1)),
            Err(OutOfGas {
                limit: Gas::new(10),
                needed: Gas::new(11)
            })
        );
        assert_eq!(meter.used(), Gas::new(10));
        assert!(meter.charge(Gas::new(1)).is_err());
        assert_eq!(meter.charge(Gas::ZERO), Ok(()));
    }

    #[test]
    fn what_had_to_be_left_is_needed_though_it_was_not_used() {
        let meter = GasMeter::new(Gas::new(100));
        meter.charge(Gas::new(10)).unwrap();
        meter.require(Gas::new(50)).unwrap();
        meter.charge(Gas::new(5)).unwrap();
        assert_eq!((meter.used(), meter.needed()), (Gas::new(15), Gas::new(60)));
        meter.charge(Gas::new(70)).unwrap();
        assert_eq!(meter.needed(), Gas::new(85));
        // Asking for too much is running out.
        assert!(meter.require(Gas::new(16)).is_err());
        assert_eq!(meter.used(), Gas::new(100));
    }

    #[test]
    fn an_absurd_size_saturates() {
        let meter = GasMeter::new(Gas::new(10));
        assert!(meter.charge_sized(Gas::MAX, Gas::MAX, usize::MAX).is_err());
        assert_eq!(GasMeter::unmetered().charge(Gas::MAX), Ok(()));
    }
}
