//! Epochs: who validates, when an epoch ends, and who validates next.
//!
//! An epoch ends with the first block whose parent's chain clock has reached the end that its set states, which headers
//! alone decide; or at a height that the state has set at least [`LOOK_BACK`] ahead, because too much of the set is
//! jailed. The next set comes from the state two heights below that block, so that everybody has it while
//! the block is voted on.
//!
//! # Source
//! consensus.md, section 0, "Epochs"; D = 2.

use crate::block::BlockContext;
use crate::wiring::Wire;
use kernel::{Read, StateError, View};
use light_palisade::ValidatorSet;
use primitives::{Blocks, MathError};
use service_consensus::Next;
use state::State;

/// How far below an epoch's last block the state lies that decides the next set.
pub const LOOK_BACK: Blocks = Blocks::new(2);

/// The set of the next epoch, with what it is made of, when the block of `context`, over `parent`, ends its epoch; `None`
/// otherwise.
///
/// `lookback` is the state [`LOOK_BACK`] below the block; genesis stands in where that lies before the start.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn next_validators(
    parent: &(impl Read + Sync),
    context: &BlockContext,
    lookback: &State,
) -> Result<Option<Next>, StateError> {
    let block = &context.block;
    let now = View::new(parent, block);
    let current = staking::set_in_force(&now)?;
    if context.parent_clock < current.ends_at && !staking::is_cut_at(parent, block.height)? {
        return Ok(None);
    }
    let epoch = block.epoch.next().map_err(broken)?;
    let ends_at = block
        .chain_clock
        .after(staking::query::params(lookback)?.epoch_length);
    let before = View::new(lookback, block);
    service_consensus::next::<Wire>(&before, &now, (epoch, ends_at), &current).map(Some)
}

/// The set that decides the block after `block`, which led to the state in `view`: that of the block's epoch, or of
/// the next when the block has ended it.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn upcoming_validators(view: &View<'_>) -> Result<ValidatorSet, StateError> {
    let next = view.block().epoch.next().map_err(broken)?;
    match staking::set_of(view, next)? {
        Some(set) => Ok(set),
        None => staking::set_in_force(view),
    }
}

fn broken(_: MathError) -> StateError {
    crate::chain::ID.broken("there are fewer than 2^64 epochs")
}
