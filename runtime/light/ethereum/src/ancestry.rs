//! Blocks before a finalized one: by the roots that its state keeps of the last 8,192 slots, hop by hop where a block
//! is older.

use crate::header::{BeaconHeader, ExecutionHeader, HeaderError};
use crate::merkle;
use crate::spec::{Root, Slot, Spec};

/// Hops of an ancestry proof, at most: four months on mainnet.
pub const MAX_HOPS: usize = 128;

/// A block below another, and the branch from its root to the later one's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// The earlier block's header.
    pub header: BeaconHeader,
    /// Siblings from its root in `block_roots` to the later state's root.
    pub branch: Vec<Root>,
}

/// Why an ancestry proof is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AncestryError {
    /// The earlier block is not before the later one.
    #[error("the block at slot {earlier} is not before slot {later}")]
    Order {
        /// The earlier block's slot, as stated.
        earlier: Slot,
        /// The later one's.
        later: Slot,
    },
    /// The earlier block is older than the later state remembers.
    #[error("the block at slot {earlier} is over {window} slots before slot {later}")]
    Window {
        /// The earlier block's slot.
        earlier: Slot,
        /// The later one's.
        later: Slot,
        /// Slots that a state remembers.
        window: u64,
    },
    /// The later slot's fork is unknown.
    #[error("the fork at slot {slot} is unknown")]
    Fork {
        /// The slot.
        slot: Slot,
    },
    /// The branch does not lead to the later state.
    #[error("the block at slot {earlier} is not among the roots of slot {later}")]
    Branch {
        /// The earlier block's slot.
        earlier: Slot,
        /// The later one's.
        later: Slot,
    },
    /// More hops than may be.
    #[error("{hops} hops where at most {MAX_HOPS} may be")]
    Hops {
        /// How many.
        hops: usize,
    },
}

/// Checks that `hop` is an ancestor of `later`, at most 8,192 slots before it. The place among the roots is that of the
/// header's **own** slot: a skipped slot repeats an older root, which is thereby no second place for it.
///
/// # Errors
/// [`AncestryError`].
pub fn verify_hop(spec: &Spec, later: &BeaconHeader, hop: &Hop) -> Result<(), AncestryError> {
    let (earlier, slot) = (hop.header.slot, later.slot);
    if earlier >= slot {
        return Err(AncestryError::Order { earlier, later: slot });
    }
    let window = spec.preset.block_roots();
    if slot.saturating_sub(earlier) > window {
        return Err(AncestryError::Window {
            earlier,
            later: slot,
            window,
        });
    }
    let layout = spec.layout_at(slot).ok_or(AncestryError::Fork { slot })?;
    let place = earlier.checked_rem(window).unwrap_or(0);
    let depth = u32::from(spec.preset.block_roots_depth);
    let there = layout
        .block_roots
        .child(depth, place)
        .is_some_and(|index| merkle::verify(&hop.header.root(), &hop.branch, index, &later.state_root));
    there
        .then_some(())
        .ok_or(AncestryError::Branch { earlier, later: slot })
}

/// Checks that the last of `hops` is an ancestor of `finalized`, each within 8,192 slots of the one before it, and
/// returns its header; `finalized` itself where there are none.
///
/// # Errors
/// [`AncestryError`].
pub fn verify(spec: &Spec, finalized: &BeaconHeader, hops: &[Hop]) -> Result<BeaconHeader, AncestryError> {
    if hops.len() > MAX_HOPS {
        return Err(AncestryError::Hops { hops: hops.len() });
    }
    let mut at = *finalized;
    for hop in hops {
        verify_hop(spec, &at, hop)?;
        at = hop.header;
    }
    Ok(at)
}

/// Checks that `payload` is in the body of `block`, by the fork of the block's own slot.
///
/// # Errors
/// [`HeaderError`].
pub fn verify_payload(
    spec: &Spec,
    block: &BeaconHeader,
    payload: &ExecutionHeader,
    branch: &[Root],
) -> Result<(), HeaderError> {
    let slot = block.slot;
    let layout = spec.layout_at(slot).ok_or(HeaderError::Fork { slot })?;
    let (index, fields) = layout.execution.ok_or(HeaderError::Early { slot })?;
    let there = merkle::verify(&payload.root(), branch, index, &block.body_root);
    (there && payload.fields() == fields)
        .then_some(())
        .ok_or(HeaderError::Branch { slot })
}

/// Checks that the execution block of hash `block_hash` is `block`'s payload: shorter than [`verify_payload`], since
/// everything else of the payload is read from the execution header that hashes to it.
///
/// # Errors
/// [`HeaderError`].
pub fn verify_block_hash(
    spec: &Spec,
    block: &BeaconHeader,
    block_hash: &Root,
    branch: &[Root],
) -> Result<(), HeaderError> {
    let slot = block.slot;
    let layout = spec.layout_at(slot).ok_or(HeaderError::Fork { slot })?;
    let (payload, fields) = layout.execution.ok_or(HeaderError::Early { slot })?;
    let depth = match fields {
        crate::spec::ExecutionFields::Capella => 4,
        crate::spec::ExecutionFields::Deneb => 5,
    };
    payload
        .child(depth, BLOCK_HASH_FIELD)
        .is_some_and(|index| merkle::verify(block_hash, branch, index, &block.body_root))
        .then_some(())
        .ok_or(HeaderError::Branch { slot })
}

/// `block_hash` is the thirteenth field of a payload's header.
const BLOCK_HASH_FIELD: u64 = 12;
