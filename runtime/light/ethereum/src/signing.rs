//! What a sync committee signs.
//!
//! # Source
//! bridge.md, section 4, rule 9.

use crate::merkle::{padded, parent};
use crate::spec::{Root, Slot, Spec};

const DOMAIN_SYNC_COMMITTEE: [u8; 4] = [7, 0, 0, 0];

/// The root that a version and a genesis share; its first four bytes are the fork's digest.
#[must_use]
pub fn fork_data_root(version: [u8; 4], genesis_validators_root: &Root) -> Root {
    parent(&padded(&version), genesis_validators_root)
}

/// The 32 bytes that members sign at `signature_slot` for the block of root `block`; `None` where the fork's rules are
/// unknown.
#[must_use]
pub fn signing_root(spec: &Spec, signature_slot: Slot, block: &Root) -> Option<Root> {
    let version = spec.signing_version(signature_slot)?;
    let fork = fork_data_root(version, &spec.genesis_validators_root);
    let mut domain = [0; 32];
    for (to, from) in domain.iter_mut().zip(DOMAIN_SYNC_COMMITTEE.iter().chain(&fork)) {
        *to = *from;
    }
    Some(parent(block, &domain))
}
