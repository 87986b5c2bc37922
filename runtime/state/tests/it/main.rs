//! Behaviour of versions, overlays, tables and changes against plain models, and pinned digests.
#![cfg(test)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::integer_division,
    clippy::wildcard_enum_match_arm,
    reason = "tests compute their own expectations"
)]

mod conformance;
mod overlay;
mod proofs;
mod versions;

use palisade_state::{Bytes, Change, Changes, State};
use std::collections::BTreeMap;

/// Raw entries, as a plain map.
type Entries = BTreeMap<Vec<u8>, Vec<u8>>;

/// The changes from `before` to `after`, found by comparing all entries.
fn difference(before: &Entries, after: &Entries) -> Changes {
    let mut keys: Vec<_> = before.keys().chain(after.keys()).collect();
    keys.sort();
    keys.dedup();
    let bytes =
        |entries: &Entries, key: &Vec<u8>| entries.get(key).map(|value| Bytes::from(value.as_slice()));
    let changes = keys.into_iter().map(|key| Change {
        key: Bytes::from(key.as_slice()),
        old: bytes(before, key),
        new: bytes(after, key),
    });
    Changes::new(changes.filter(|change| change.old != change.new).collect()).unwrap()
}

/// A version with these entries.
fn version(entries: &Entries) -> State {
    entries
        .iter()
        .map(|(key, value)| (Bytes::from(key.as_slice()), Bytes::from(value.as_slice())))
        .collect()
}
