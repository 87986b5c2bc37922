//! The compact sparse Merkle tree: its hash rules, and proofs that a key has a value or none.
//!
//! A key's path is the sha-256 of its bytes, read from the highest bit of the first byte. A leaf stands at the
//! shortest prefix of its path that no other leaf shares; an empty subtree is 32 zero bytes.
//!
//! ```text
//! leaf = sha-256(0x00 ‖ path ‖ sha-256(value))      node = sha-256(0x01 ‖ left ‖ right)
//! ```

use crate::domain::Domain;
use crate::hash::{sha256, tagged};
use borsh::{BorshDeserialize, BorshSerialize};
use primitives::Digest;

/// Bits of a path: the depth that no proof exceeds.
pub const MAX_DEPTH: usize = 256;

/// Why a proof shows nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// More siblings than a path has bits, or a bitmap that does not fit them.
    #[error("the proof is malformed")]
    Malformed,
    /// It ends at a leaf or an empty place that does not say what is claimed of the key.
    #[error("the proof ends at a place that does not decide the claim")]
    Terminal,
    /// It leads to another root.
    #[error("the proof leads to another root")]
    Root,
}

/// What stands at the end of a key's path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Terminal {
    /// The key's own leaf: it has a value.
    Leaf,
    /// Another key's leaf: this key has no value.
    OtherLeaf {
        /// The other key's path.
        path: Digest,
        /// sha-256 of the other key's value.
        value_hash: Digest,
    },
    /// Nothing: this key has no value.
    Empty,
}

/// The way from the root to a key's place.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Proof {
    /// How many levels the path goes down, at most [`MAX_DEPTH`].
    pub depth: u16,
    /// One bit per level from the root, highest bit first: whether the sibling there is not empty. ⌈depth/8⌉ bytes.
    pub present: Vec<u8>,
    /// The siblings that are not empty, from the root down.
    pub siblings: Vec<Digest>,
    /// What stands at the end.
    pub terminal: Terminal,
}

/// The path of a key.
#[must_use]
pub fn path(key: &[u8]) -> Digest {
    Digest::new(sha256(&[key]))
}

/// The hash under which a value stands in its leaf.
#[must_use]
pub fn value_hash(value: &[u8]) -> Digest {
    Digest::new(sha256(&[value]))
}

/// The hash of a leaf.
#[must_use]
pub fn leaf(path: &Digest, value_hash: &Digest) -> Digest {
    tagged(Domain::StateLeaf, &[path.as_bytes(), value_hash.as_bytes()])
}

/// The hash of an interior node.
#[must_use]
pub fn node(left: &Digest, right: &Digest) -> Digest {
    tagged(Domain::StateNode, &[left.as_bytes(), right.as_bytes()])
}

/// The bit of `bytes` at `position`, the highest of the first byte being 0; false beyond the end.
#[must_use]
pub fn bit(bytes: &[u8], position: usize) -> bool {
    bytes
        .get(position >> 3)
        .is_some_and(|byte| byte & (0x80u8 >> (position & 7)) != 0)
}

impl Proof {
    /// Checks that `key` has `value`, or none, under `root`.
    ///
    /// # Errors
    /// [`ProofError`] says why this is not shown.
    pub fn verify(&self, root: &Digest, key: &[u8], value: Option<&[u8]>) -> Result<(), ProofError> {
        let path = path(key);
        let siblings = self.siblings_from_the_root()?;
        let mut hash = self.terminal_hash(&path, value)?;
        for (level, sibling) in siblings.iter().enumerate().rev() {
            hash = if bit(path.as_bytes(), level) {
                node(sibling, &hash)
            } else {
                node(&hash, sibling)
            };
        }
        if hash == *root {
            Ok(())
        } else {
            Err(ProofError::Root)
        }
    }

    fn siblings_from_the_root(&self) -> Result<Vec<Digest>, ProofError> {
        let depth = usize::from(self.depth);
        if depth > MAX_DEPTH || self.present.len() != depth.div_ceil(8) {
            return Err(ProofError::Malformed);
        }
        let padding = depth..self.present.len().saturating_mul(8);
        if padding.into_iter().any(|position| bit(&self.present, position)) {
            return Err(ProofError::Malformed);
        }
        let mut stated = self.siblings.iter();
        let mut all = Vec::with_capacity(depth);
        for level in 0..depth {
            let sibling = if bit(&self.present, level) {
                *stated
                    .next()
                    .filter(|s| !s.is_zero())
                    .ok_or(ProofError::Malformed)?
            } else {
                Digest::ZERO
            };
            all.push(sibling);
        }
        // An empty last sibling under a leaf would mean that the leaf stands too deep.
        if stated.next().is_some() {
            return Err(ProofError::Malformed);
        }
        Ok(all)
    }

    fn terminal_hash(&self, path: &Digest, value: Option<&[u8]>) -> Result<Digest, ProofError> {
        match (&self.terminal, value) {
            (Terminal::Leaf, Some(value)) => Ok(leaf(path, &value_hash(value))),
            (Terminal::Empty, None) => Ok(Digest::ZERO),
            (
                Terminal::OtherLeaf {
                    path: other,
                    value_hash,
                },
                None,
            ) => {
                let depth = usize::from(self.depth);
                let shares = (0..depth).all(|i| bit(other.as_bytes(), i) == bit(path.as_bytes(), i));
                if other == path || !shares {
                    return Err(ProofError::Terminal);
                }
                Ok(leaf(other, value_hash))
            }
            (Terminal::Leaf, None) | (Terminal::OtherLeaf { .. } | Terminal::Empty, Some(_)) => {
                Err(ProofError::Terminal)
            }
        }
    }
}
