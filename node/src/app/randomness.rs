//! What fixes an epoch's leader schedule.

use primitives::{Digest, Epoch};
use store::{Store, StoreError};

/// The seed of the block that ended the epoch before the last: known to everybody long before the epoch starts, and
/// chosen by nobody who leads in it (consensus.md, "Leader election"). Zero for the first two epochs of a chain.
pub(crate) fn of_epoch(store: &Store, epoch: Epoch) -> Result<Digest, StoreError> {
    let Some(fixed_in) = epoch.get().checked_sub(2) else {
        return Ok(Digest::ZERO);
    };
    let end = store.hand_overs(Epoch::new(fixed_in), 1)?.pop();
    // A chain that goes on from a checkpoint does not know the epochs before.
    let end = end.filter(|end| end.header.epoch.get() == fixed_in);
    Ok(end.map_or(Digest::ZERO, |end| end.header.seed))
}
