//! Keys in the trees. Numbers are big-endian, so that the order of keys is the order of numbers.

use primitives::{Epoch, Height};

/// What the log tree holds, by the first byte of the key.
const META: u8 = 0;
const BLOCK: u8 = 1;
const HAND_OVER: u8 = 2;
const VALIDATORS: u8 = 3;

/// What the state tree holds.
const APPLIED: u8 = 0;
const LEAF: u8 = 1;
const LARGE: u8 = 2;

/// What the index tree holds.
const MANIFEST: u8 = 0;
const RUN: u8 = 1;

/// The parts of a block's record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Head = 0,
    Block = 1,
    Changes = 2,
    Receipts = 3,
    Terms = 4,
}

/// Chain and layout.
pub(crate) fn binding() -> Vec<u8> {
    vec![META, 0]
}

/// The latest height.
pub(crate) fn tip() -> Vec<u8> {
    vec![META, 1]
}

/// What was pruned.
pub(crate) fn pruned() -> Vec<u8> {
    vec![META, 2]
}

/// One part of the record of a height.
pub(crate) fn part(height: Height, part: Part) -> Vec<u8> {
    let mut key = numbered(BLOCK, height.get());
    key.push(part as u8);
    key
}

/// The last header of an epoch and its certificate.
pub(crate) fn hand_over(epoch: Epoch) -> Vec<u8> {
    numbered(HAND_OVER, epoch.get())
}

/// The validator set of an epoch.
pub(crate) fn validators(epoch: Epoch) -> Vec<u8> {
    numbered(VALIDATORS, epoch.get())
}

/// Up to which height the leaves are written.
pub(crate) fn applied() -> Vec<u8> {
    vec![APPLIED]
}

/// One entry of the state.
pub(crate) fn leaf(raw: &[u8]) -> Vec<u8> {
    let mut key = Vec::with_capacity(raw.len() + 1);
    key.push(LEAF);
    key.extend_from_slice(raw);
    key
}

/// The state's raw key of a leaf.
pub(crate) fn raw_of_leaf(key: &[u8]) -> &[u8] {
    key.get(1..).unwrap_or_default()
}

/// The keys before and after all leaves.
pub(crate) fn leaf_range() -> (Vec<u8>, Vec<u8>) {
    (vec![LEAF], vec![LEAF + 1])
}

/// The value of a large leaf, by the hash of its raw key.
pub(crate) fn large(raw: &[u8]) -> Vec<u8> {
    let mut key = vec![LARGE];
    key.extend_from_slice(&crypto::hash::sha256(&[raw]));
    key
}

/// Which runs there are.
pub(crate) fn manifest() -> Vec<u8> {
    vec![MANIFEST]
}

/// The chunk of a run that starts with `first`.
pub(crate) fn run_chunk(run: u64, first: u128) -> Vec<u8> {
    let mut key = numbered(RUN, run);
    key.extend_from_slice(&first.to_be_bytes());
    key
}

fn numbered(kind: u8, number: u64) -> Vec<u8> {
    let mut key = Vec::with_capacity(32);
    key.push(kind);
    key.extend_from_slice(&number.to_be_bytes());
    key
}
