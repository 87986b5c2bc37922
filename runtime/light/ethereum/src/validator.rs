//! A validator of the beacon chain: its container and its balance under a beacon state root. What a pod of
//! beacon-restaked ether is proven with.
//!
//! # Source
//! ethereum/consensus-specs, `BeaconState`; restaking-facts.md, "Proof geometry" (Deneb and Electra side by side here).

use crate::merkle::{self, chunk_of, merkleize};
use crate::spec::{Layout, Root, Slot, Spec};

/// Depth of the list of validators: 2^40 of them, then the list's length.
const VALIDATORS_DEPTH: u32 = 41;
/// Depth of the list of balances: four to a chunk, then the list's length.
const BALANCES_DEPTH: u32 = 39;
/// An epoch that never comes.
pub const FAR_FUTURE: u64 = u64::MAX;

/// A validator, as the beacon state holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validator {
    /// Its key.
    pub pubkey: [u8; 48],
    /// Where its withdrawals go; the first byte says how.
    pub withdrawal_credentials: Root,
    /// Gwei that count, in steps.
    pub effective_balance: u64,
    /// Whether it was slashed.
    pub slashed: bool,
    /// When it may be activated.
    pub activation_eligibility_epoch: u64,
    /// When it is or was activated.
    pub activation_epoch: u64,
    /// When it leaves.
    pub exit_epoch: u64,
    /// When its stake can be withdrawn.
    pub withdrawable_epoch: u64,
}

/// Why a proof is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValidatorError {
    /// The slot's fork is unknown.
    #[error("the fork at slot {slot} is unknown")]
    Fork {
        /// The slot.
        slot: Slot,
    },
    /// The registry has no such index.
    #[error("no validator has index {index}")]
    Index {
        /// The index.
        index: u64,
    },
    /// The branch does not lead to the state root.
    #[error("validator {index} is not what the beacon state says")]
    Branch {
        /// The index.
        index: u64,
    },
}

impl Validator {
    /// The root of its container.
    #[must_use]
    pub fn root(&self) -> Root {
        let leaves = vec![
            merkleize(merkle::chunked(&self.pubkey), 1),
            self.withdrawal_credentials,
            chunk_of(self.effective_balance),
            chunk_of(u64::from(self.slashed)),
            chunk_of(self.activation_eligibility_epoch),
            chunk_of(self.activation_epoch),
            chunk_of(self.exit_epoch),
            chunk_of(self.withdrawable_epoch),
        ];
        merkleize(leaves, 3)
    }

    /// The address that its withdrawals go to, for credentials of kind 0x01 or 0x02 with the eleven bytes between zero.
    #[must_use]
    pub fn withdrawal_address(&self) -> Option<[u8; 20]> {
        match self.withdrawal_credentials.split_first()? {
            (1 | 2, rest) => {
                let (zeros, address) = rest.split_at_checked(11)?;
                let address = address.try_into().ok()?;
                zeros.iter().all(|byte| *byte == 0).then_some(address)
            }
            _ => None,
        }
    }

    /// Checks that this is validator `index` in the state of root `state_root` at `slot`.
    ///
    /// # Errors
    /// [`ValidatorError`].
    pub fn verify(
        &self,
        spec: &Spec,
        slot: Slot,
        state_root: &Root,
        index: u64,
        branch: &[Root],
    ) -> Result<(), ValidatorError> {
        let layout = layout(spec, slot)?;
        // The first half below the list is its items, the second its length.
        let place = (index < 1 << 40)
            .then(|| layout.validators.child(VALIDATORS_DEPTH, index))
            .flatten()
            .ok_or(ValidatorError::Index { index })?;
        if merkle::verify(&self.root(), branch, place, state_root) {
            Ok(())
        } else {
            Err(ValidatorError::Branch { index })
        }
    }
}

/// The balance, in Gwei, of validator `index` in the state of root `state_root` at `slot`. `chunk` holds the balances of
/// four neighbours; beyond the registry's end they are zero.
///
/// # Errors
/// [`ValidatorError`].
pub fn verify_balance(
    spec: &Spec,
    slot: Slot,
    state_root: &Root,
    index: u64,
    (chunk, branch): (&Root, &[Root]),
) -> Result<u64, ValidatorError> {
    let layout = layout(spec, slot)?;
    let place = (index < 1 << 40)
        .then(|| layout.balances.child(BALANCES_DEPTH, index >> 2))
        .flatten()
        .ok_or(ValidatorError::Index { index })?;
    if !merkle::verify(chunk, branch, place, state_root) {
        return Err(ValidatorError::Branch { index });
    }
    let at = usize::try_from(index & 3).unwrap_or(0);
    let balance = chunk.as_chunks::<8>().0.get(at);
    balance
        .map(|bytes| u64::from_le_bytes(*bytes))
        .ok_or(ValidatorError::Index { index })
}

fn layout(spec: &Spec, slot: Slot) -> Result<Layout, ValidatorError> {
    spec.layout_at(slot).ok_or(ValidatorError::Fork { slot })
}

/// Checks that the state of root `state_root` is the one after the block of root `block_root`: how an EIP-4788 beacon
/// root, read from an execution state, leads to a beacon state.
#[must_use]
pub fn verify_state_root(block_root: &Root, state_root: &Root, branch: &[Root]) -> bool {
    merkle::verify(state_root, branch, STATE_ROOT_IN_HEADER, block_root)
}

/// `state_root` is the fourth of a beacon header's five fields.
const STATE_ROOT_IN_HEADER: merkle::GeneralizedIndex = merkle::GeneralizedIndex::new(11);
