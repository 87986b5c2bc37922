//! The compact sparse Merkle tree over the chain's state: its hash rules, and proofs that a key has a value or none.
//!
//! # The tree
//!
//! Every key has a *path*, SHA-256 of the raw key, read from the highest bit of its first byte on: 0 goes left, 1 goes
//! right. A leaf stands at the shortest prefix of its path that no other leaf shares; where nothing is, there is no
//! node. So the tree, and its root, follow from the entries alone.
//!
//! ```text
//! path(key)               = sha256(key)
//! leaf(path, value hash)  = sha256(0x00 ‖ path ‖ sha256(value))
//! node(left, right)       = sha256(0x01 ‖ left ‖ right)
//! empty                   = 32 zero bytes
//! ```
//!
//! # Checking a proof, in any language
//!
//! A proof is a bitmap, siblings, and a terminal: what stands where the key's path ends. `depth` is the number of bits
//! of the bitmap up to and including its last set bit; bit `i`, counted from the highest bit of the first byte, says
//! whether the sibling at level `i` (the root's children are level 0) is other than empty.
//!
//! 1. The bitmap has at most 32 bytes and its last byte is not zero (it may have no bytes at all). There are as many
//!    siblings as bits set, and none of them is zero.
//! 2. `p` = path(key). The hash `h` at the end of the path is, by the terminal:
//!    *leaf* (the key has the value): `leaf(p, sha256(value))`;
//!    *other leaf* (absent): `leaf(q, value hash)` of the `q` and value hash that it gives, where `q` is not `p` but
//!    has the same first `depth` bits;
//!    *empty* (absent): 32 zero bytes.
//! 3. For each level from `depth − 1` up to 0, take the last sibling not yet taken if its bit is set, else 32 zero
//!    bytes, and let `h` = `node(sibling, h)` if that bit of `p` is 1, else `node(h, sibling)`.
//! 4. The proof holds exactly when `h` is the root.
//!
//! The deepest sibling is never empty, since a lone leaf stands higher up: hence the depth needs no field, and each key
//! has exactly one proof under a root.
//!
//! Encoding: one byte of bitmap length, the bitmap, the siblings from the root down, then one byte for the terminal
//! (0 leaf, 1 other leaf, 2 empty), after 1 followed by `q` and its value hash.
//!
//! # Source
//! Domain tags: [`Domain::StateLeaf`], [`Domain::StateNode`]. ADR-005 (`runtime/docs/adr-005-state-root.md`).

use crate::domain::Domain;
use crate::hash::{sha256, tagged};
use core::iter;
use primitives::Digest;
use primitives::codec::{Decode, Encode};
use std::io;

/// Levels of the tree: bits of a path.
pub const LEVELS: usize = 256;

/// The longest encoding of a proof, in bytes.
pub const MAX_PROOF_SIZE: usize = 1 + 32 + 32 * LEVELS + 1 + 64;

/// The hash of an empty tree.
pub const EMPTY: Digest = Digest::ZERO;

/// Where a key stands: SHA-256 of its raw bytes.
#[must_use]
pub fn path(key: &[u8]) -> [u8; 32] {
    sha256(&[key])
}

/// What a leaf holds of its value.
#[must_use]
pub fn value_hash(value: &[u8]) -> [u8; 32] {
    sha256(&[value])
}

/// The hash of a leaf.
#[must_use]
pub fn leaf(path: &[u8; 32], value_hash: &[u8; 32]) -> Digest {
    tagged(Domain::StateLeaf, &[path, value_hash])
}

/// The hash of an interior node.
#[must_use]
pub fn node(left: &Digest, right: &Digest) -> Digest {
    tagged(Domain::StateNode, &[left.as_bytes(), right.as_bytes()])
}

/// Bit `level` of `path`, from the highest bit of the first byte on: whether the way goes right there.
#[must_use]
pub fn goes_right(path: &[u8; 32], level: usize) -> bool {
    is_set(path, level)
}

fn is_set(bytes: &[u8], position: usize) -> bool {
    bytes
        .get(position >> 3)
        .is_some_and(|byte| byte & (0x80 >> (position & 7)) != 0)
}

/// What stands where a key's path ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)]
pub enum Terminal {
    /// The key's own leaf: it has the value.
    Leaf,
    /// Another key's leaf: ours is absent.
    OtherLeaf {
        /// The other key's path.
        path: [u8; 32],
        /// The hash of its value.
        value_hash: [u8; 32],
    },
    /// Nothing: the key is absent.
    Empty,
}

/// Why a proof does not show what it claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// It ends in the key's leaf, but shall show absence.
    #[error("the proof shows that the key has a value, where none is claimed")]
    Present,
    /// It shows absence, but shall show a value.
    #[error("the proof shows that the key has no value, where one is claimed")]
    Absent,
    /// The leaf that it ends in does not stand on the key's way, or is the key's own.
    #[error("the proof ends in a leaf that does not show the key's absence")]
    Unrelated,
    /// It leads to another root.
    #[error("the proof leads to another root")]
    Root,
}

/// That a key has a value under a root, or has none. There is exactly one for each root and key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// One bit per level; its last byte is not zero, and there are at most 32.
    bitmap: Vec<u8>,
    /// From the root down; as many as bits set; none zero.
    siblings: Vec<Digest>,
    terminal: Terminal,
}

impl Proof {
    /// The proof with these siblings, from the root down, where `None` stands for an empty one. `None` when its shape
    /// is wrong: over 256 levels, the deepest sibling empty, or a zero sibling.
    #[must_use]
    pub fn new(siblings: &[Option<Digest>], terminal: Terminal) -> Option<Self> {
        let mut bitmap = vec![0u8; siblings.len().div_ceil(8)];
        for (level, _) in siblings
            .iter()
            .enumerate()
            .filter(|(_, sibling)| sibling.is_some())
        {
            *bitmap.get_mut(level >> 3)? |= 0x80 >> (level & 7);
        }
        let proof = Self {
            bitmap,
            siblings: siblings.iter().copied().flatten().collect(),
            terminal,
        };
        let deepest_is_there = siblings.last().is_none_or(Option::is_some);
        (deepest_is_there && proof.is_well_formed()).then_some(proof)
    }

    /// One bit for each level from the root down, highest bit of the first byte first: whether the sibling there is
    /// other than empty.
    #[must_use]
    pub fn bitmap(&self) -> &[u8] {
        &self.bitmap
    }

    /// The siblings that are not empty, from the root down.
    #[must_use]
    pub fn siblings(&self) -> &[Digest] {
        &self.siblings
    }

    /// What stands where the path ends.
    #[must_use]
    pub const fn terminal(&self) -> &Terminal {
        &self.terminal
    }

    /// Checks that under `root` the raw key `key` has `value`, or has none.
    ///
    /// # Errors
    /// [`ProofError`] says what it fails to show.
    pub fn verify(&self, root: &Digest, key: &[u8], value: Option<&[u8]>) -> Result<(), ProofError> {
        self.verify_path(root, &path(key), value.map(value_hash).as_ref())
    }

    /// As [`Proof::verify`], for a path and the hash of a value.
    ///
    /// # Errors
    /// As [`Proof::verify`].
    pub fn verify_path(
        &self,
        root: &Digest,
        path: &[u8; 32],
        value_hash: Option<&[u8; 32]>,
    ) -> Result<(), ProofError> {
        let end = match (&self.terminal, value_hash) {
            (Terminal::Leaf, Some(value_hash)) => leaf(path, value_hash),
            (Terminal::Leaf, None) => return Err(ProofError::Present),
            (Terminal::OtherLeaf { .. } | Terminal::Empty, Some(_)) => return Err(ProofError::Absent),
            (
                Terminal::OtherLeaf {
                    path: other,
                    value_hash,
                },
                None,
            ) => {
                let same = |level| goes_right(path, level) == goes_right(other, level);
                if other == path || !(0..self.depth()).all(same) {
                    return Err(ProofError::Unrelated);
                }
                leaf(other, value_hash)
            }
            (Terminal::Empty, None) => EMPTY,
        };
        if self.climb(path, end) == *root {
            Ok(())
        } else {
            Err(ProofError::Root)
        }
    }

    /// The root that `end`, at the end of `path`, leads to.
    fn climb(&self, path: &[u8; 32], end: Digest) -> Digest {
        let mut siblings = self.siblings.iter().rev();
        (0..self.depth()).rev().fold(end, |hash, level| {
            let sibling = if is_set(&self.bitmap, level) {
                siblings.next()
            } else {
                None
            };
            let sibling = sibling.unwrap_or(&EMPTY);
            if goes_right(path, level) {
                node(sibling, &hash)
            } else {
                node(&hash, sibling)
            }
        })
    }

    /// How many levels the path goes down: up to the bitmap's last set bit.
    #[must_use]
    pub fn depth(&self) -> usize {
        let padding = self.bitmap.last().map_or(0, |byte| byte.trailing_zeros());
        let bits = self.bitmap.len().saturating_mul(8);
        bits.saturating_sub(usize::try_from(padding).unwrap_or(usize::MAX))
    }

    fn is_well_formed(&self) -> bool {
        self.bitmap.len() <= LEVELS >> 3
            && self.bitmap.last() != Some(&0)
            && self.siblings.len() == ones(&self.bitmap)
            && self.siblings.iter().all(|sibling| *sibling != EMPTY)
    }
}

/// How many bits are set.
fn ones(bitmap: &[u8]) -> usize {
    bitmap.iter().map(|byte| byte.count_ones()).fold(0, |sum, bits| {
        sum.saturating_add(usize::try_from(bits).unwrap_or(usize::MAX))
    })
}

impl Encode for Proof {
    fn serialize<W: io::Write>(&self, writer: &mut W) -> io::Result<()> {
        let length = u8::try_from(self.bitmap.len()).map_err(|_| malformed())?;
        writer.write_all(&[length])?;
        writer.write_all(&self.bitmap)?;
        self.siblings
            .iter()
            .try_for_each(|sibling| sibling.serialize(writer))?;
        self.terminal.serialize(writer)
    }
}

impl Decode for Proof {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        let mut bitmap = [0; LEVELS >> 3];
        let length = usize::from(u8::deserialize_reader(reader)?);
        let bitmap = bitmap.get_mut(..length).ok_or_else(malformed)?;
        reader.read_exact(bitmap)?;
        let count = ones(bitmap);
        let siblings = iter::repeat_with(|| Digest::deserialize_reader(reader)).take(count);
        let proof = Self {
            siblings: siblings.collect::<io::Result<_>>()?,
            terminal: Terminal::deserialize_reader(reader)?,
            bitmap: bitmap.to_vec(),
        };
        proof.is_well_formed().then_some(proof).ok_or_else(malformed)
    }
}

fn malformed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a state proof of the wrong shape")
}

#[cfg(test)]
mod tests;
