//! What a development chain's node does wrong when it is told to, and where it is told to put the chain clock.

use engine::Clock;
use parking_lot::Mutex;
use primitives::ChainClock;
use rpc::backend::NodeFault;
use std::io;
use std::time::Duration;

/// The node's faults in force. On a chain that is no development chain nobody can set any.
#[derive(Default)]
pub(crate) struct Mischief {
    fault: Mutex<NodeFault>,
    clock: Clock,
    /// Where the blocks that this node leads put the chain clock at least.
    warp: Mutex<ChainClock>,
}

impl Mischief {
    /// The clocks that the engine reads.
    pub(crate) fn clock(&self) -> Clock {
        self.clock.clone()
    }

    /// What is wrong.
    pub(crate) fn fault(&self) -> NodeFault {
        *self.fault.lock()
    }

    /// From now on this is wrong, and nothing else.
    pub(crate) fn set(&self, fault: NodeFault) {
        self.clock.set_skew(fault.clock_skew_ms);
        *self.fault.lock() = fault;
    }

    /// From now on the blocks that this node leads put the chain clock there, where it does not stand there yet.
    pub(crate) fn warp_to(&self, clock: ChainClock) {
        let mut warp = self.warp.lock();
        *warp = clock.max(*warp);
    }

    /// The chain clock of a block that this node leads, whose time says `clock`.
    pub(super) fn clock_of(&self, clock: ChainClock) -> ChainClock {
        clock.max(*self.warp.lock())
    }

    /// What every write to the disk goes through.
    ///
    /// # Errors
    /// What the system says of a full disk, when there shall be none left.
    pub(crate) fn hinder(&self) -> io::Result<()> {
        let fault = self.fault();
        if fault.disk_delay_ms > 0 {
            std::thread::sleep(Duration::from_millis(fault.disk_delay_ms.into()));
        }
        if fault.disk_full {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chain_clock_goes_where_it_was_told_once_and_then_by_itself() {
        let mischief = Mischief::default();
        let at = ChainClock::new;
        assert_eq!(mischief.clock_of(at(7)), at(7));
        mischief.warp_to(at(1_000));
        mischief.warp_to(at(500));
        assert_eq!(mischief.clock_of(at(7)), at(1_000));
        assert_eq!(mischief.clock_of(at(1_001)), at(1_001));
    }

    #[test]
    fn a_disk_is_full_until_it_is_not() {
        let mischief = Mischief::default();
        mischief.hinder().unwrap();
        mischief.set(NodeFault {
            disk_full: true,
            ..NodeFault::default()
        });
        assert_eq!(mischief.hinder().unwrap_err().kind(), io::ErrorKind::StorageFull);
        mischief.set(NodeFault::default());
        mischief.hinder().unwrap();
    }
}
