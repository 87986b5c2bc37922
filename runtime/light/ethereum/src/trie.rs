//! Proofs in Ethereum's hexary Patricia tries: that a key has a value, or none.
//!
//! A proof is the nodes from the root downwards, each named by the hash that the one above it holds; children of under
//! 32 bytes stand inside their parent and are not named. Every node must be used and nothing may follow.
//!
//! # Source
//! The Ethereum yellow paper, appendix D; bridge.md, section 4.

mod build;

pub use build::Trie;

use crate::rlp::{Item, Items, RlpError};
use crate::spec::Root;
use crypto::hash::keccak256;

/// Nodes of a proof, at most: a key of 32 bytes has 64 nibbles, then a leaf.
pub const MAX_NODES: usize = 65;
/// Bytes of one node, at most. A leaf holds a whole receipt.
pub const MAX_NODE_BYTES: usize = 1 << 20;
/// Bytes of a proof, at most.
pub const MAX_PROOF_BYTES: usize = 2 << 20;
/// Bytes of a key, at most.
pub const MAX_KEY: usize = 32;

/// The root of a trie without anything in it: the hash of empty bytes' encoding.
pub const EMPTY_ROOT: Root = [
    0x56, 0xe8, 0x1f, 0x17, 0x1b, 0xcc, 0x55, 0xa6, 0xff, 0x83, 0x45, 0xe6, 0x92, 0xc0, 0xf8, 0x6e, 0x5b,
    0x48, 0xe0, 0x1b, 0x99, 0x6c, 0xad, 0xc0, 0x01, 0x62, 0x2f, 0xb5, 0xe3, 0x63, 0xb4, 0x21,
];

/// Why a proof is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrieError {
    /// More nodes or bytes than a proof may have.
    #[error("the proof is larger than any that is honest")]
    TooLarge,
    /// A node that is named is not there.
    #[error("node {position} of the proof is missing")]
    Missing {
        /// Which, from the root.
        position: usize,
    },
    /// A node has another hash than the one above it names.
    #[error("node {position} of the proof is not the one that is named")]
    Hash {
        /// Which, from the root.
        position: usize,
    },
    /// Nodes that the way to the key does not use.
    #[error("the proof has nodes that are not on the way to the key")]
    Unused,
    /// A node is not canonical RLP.
    #[error("a node is not canonical: {0}")]
    Rlp(#[from] RlpError),
    /// A node is neither a branch, nor an extension, nor a leaf.
    #[error("a node is neither a branch, an extension nor a leaf")]
    Shape,
    /// The value is not there, and had to be.
    #[error("the trie has no value for the key")]
    Absent,
    /// A value is there, and had not to be.
    #[error("the trie has a value for the key")]
    Present,
}

/// What one node says of the way on.
enum Step<'a> {
    /// The way ends: the key's value, or none.
    End(Option<&'a [u8]>),
    /// A child that stands in its parent, `used` nibbles further.
    Inside(Items<'a>, usize),
    /// A child that is named by its hash, `used` nibbles further.
    Named(Root, usize),
}

/// The value that `key` has under `root`, or `None` when the proof shows that it has none.
///
/// # Errors
/// [`TrieError`].
pub fn lookup(root: &Root, key: &[u8], proof: &[Vec<u8>]) -> Result<Option<Vec<u8>>, TrieError> {
    if key.len() > MAX_KEY {
        return Err(TrieError::TooLarge);
    }
    let path: Vec<u8> = key.iter().flat_map(|byte| [byte >> 4, byte & 15]).collect();
    lookup_path(root, &path, proof)
}

/// As [`lookup`], for a key that is given as nibbles, each below 16.
///
/// # Errors
/// [`TrieError`].
pub fn lookup_path(root: &Root, path: &[u8], proof: &[Vec<u8>]) -> Result<Option<Vec<u8>>, TrieError> {
    bounds(proof)?;
    if *root == EMPTY_ROOT {
        // Nothing has a node; the empty node itself may be given.
        return match proof {
            [] => Ok(None),
            [only] if *only == [0x80] => Ok(None),
            _ => Err(TrieError::Unused),
        };
    }
    let mut nodes = proof.iter().enumerate();
    let mut expected = *root;
    let mut rest = path;
    loop {
        let (position, node) = nodes.next().ok_or(TrieError::Missing {
            position: proof.len(),
        })?;
        if keccak256(node) != expected {
            return Err(TrieError::Hash { position });
        }
        let mut items = Item::whole(node)?.list()?;
        // Children inside their parents get shorter each time: this ends.
        let named = loop {
            match step(items, rest)? {
                Step::Inside(child, used) => {
                    items = child;
                    rest = rest.get(used..).ok_or(TrieError::Shape)?;
                }
                Step::Named(hash, used) => break Some((hash, used)),
                Step::End(value) => {
                    let value = value.map(<[u8]>::to_vec);
                    return if nodes.next().is_none() {
                        Ok(value)
                    } else {
                        Err(TrieError::Unused)
                    };
                }
            }
        };
        if let Some((hash, used)) = named {
            expected = hash;
            rest = rest.get(used..).ok_or(TrieError::Shape)?;
        }
    }
}

/// The value of a key that must have one.
///
/// # Errors
/// [`TrieError::Absent`], or as [`lookup`].
pub fn include(root: &Root, key: &[u8], proof: &[Vec<u8>]) -> Result<Vec<u8>, TrieError> {
    lookup(root, key, proof)?.ok_or(TrieError::Absent)
}

/// Checks that a key has no value.
///
/// # Errors
/// [`TrieError::Present`], or as [`lookup`].
pub fn exclude(root: &Root, key: &[u8], proof: &[Vec<u8>]) -> Result<(), TrieError> {
    match lookup(root, key, proof)? {
        None => Ok(()),
        Some(_) => Err(TrieError::Present),
    }
}

fn bounds(proof: &[Vec<u8>]) -> Result<(), TrieError> {
    let total = proof
        .iter()
        .fold(0usize, |sum, node| sum.saturating_add(node.len()));
    let fits = proof.iter().all(|node| node.len() <= MAX_NODE_BYTES);
    if proof.len() > MAX_NODES || total > MAX_PROOF_BYTES || !fits {
        return Err(TrieError::TooLarge);
    }
    Ok(())
}

/// Reads one node: its items, then where `path` leads from it.
fn step<'a>(mut items: Items<'a>, path: &[u8]) -> Result<Step<'a>, TrieError> {
    let mut found = Vec::with_capacity(17);
    while !items.is_empty() {
        if found.len() >= 17 {
            return Err(TrieError::Shape);
        }
        found.push(items.encoded()?);
    }
    match found.as_slice() {
        [(compact, _), second] => short_node(compact.bytes()?, *second, path),
        [children @ .., (value, _)] if children.len() == 16 => branch(children, value.bytes()?, path),
        _ => Err(TrieError::Shape),
    }
}

fn branch<'a>(
    children: &[(Item<'a>, &'a [u8])],
    value: &'a [u8],
    path: &[u8],
) -> Result<Step<'a>, TrieError> {
    let Some(nibble) = path.first() else {
        return Ok(Step::End((!value.is_empty()).then_some(value)));
    };
    let chosen = children.get(usize::from(*nibble)).ok_or(TrieError::Shape)?;
    if matches!(chosen.0, Item::Bytes([])) {
        return Ok(Step::End(None));
    }
    child(*chosen, 1)
}

/// An extension or a leaf: a path in compact form, then a child or a value.
fn short_node<'a>(compact: &[u8], second: (Item<'a>, &'a [u8]), path: &[u8]) -> Result<Step<'a>, TrieError> {
    let (first, rest) = compact.split_first().ok_or(TrieError::Shape)?;
    let (leaf, odd) = match first >> 4 {
        0 if first & 15 == 0 => (false, false),
        1 => (false, true),
        2 if first & 15 == 0 => (true, false),
        3 => (true, true),
        _ => return Err(TrieError::Shape),
    };
    let mut part: Vec<u8> = odd.then_some(first & 15).into_iter().collect();
    part.extend(rest.iter().flat_map(|byte| [byte >> 4, byte & 15]));
    if leaf {
        let value = second.0.bytes()?;
        if value.is_empty() {
            return Err(TrieError::Shape);
        }
        return Ok(Step::End((part == path).then_some(value)));
    }
    // An extension leads somewhere, and over at least one nibble.
    if part.is_empty() || matches!(second.0, Item::Bytes([])) {
        return Err(TrieError::Shape);
    }
    if !path.starts_with(&part) {
        return Ok(Step::End(None));
    }
    child(second, part.len())
}

/// A child: 32 bytes name it, under 32 bytes are it.
fn child<'a>((item, encoded): (Item<'a>, &'a [u8]), used: usize) -> Result<Step<'a>, TrieError> {
    match item {
        Item::Bytes(hash) => {
            let hash = hash.try_into().map_err(|_| TrieError::Shape)?;
            Ok(Step::Named(hash, used))
        }
        Item::List(_) if encoded.len() < 32 => Ok(Step::Inside(item.list()?, used)),
        Item::List(_) => Err(TrieError::Shape),
    }
}
