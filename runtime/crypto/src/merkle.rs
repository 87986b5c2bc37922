//! Binary Merkle trees over lists: transactions, receipts, validators, evidence.
//!
//! The shape is RFC 6962's (section 2.1): the left part holds the largest power of two below the count, leaves and
//! nodes are hashed under different tags, so no node passes for a leaf and no list has two roots. The root also
//! binds the count, so that an index beyond the end can be refused.

use crate::domain::Domain;
use crate::hash::tagged;
use borsh::{BorshDeserialize, BorshSerialize};
use primitives::Digest;

/// Why a proof does not show what it claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The index lies beyond the count.
    #[error("index {index} of {count}")]
    Index {
        /// Position claimed.
        index: u32,
        /// How many leaves are claimed.
        count: u32,
    },
    /// Not as many siblings as that position has.
    #[error("{found} siblings where the position has {expected}")]
    Siblings {
        /// How many came.
        found: usize,
        /// How many there must be.
        expected: usize,
    },
    /// It leads to another root.
    #[error("the proof leads to another root")]
    Root,
}

/// The hash of a leaf's bytes.
#[must_use]
pub fn leaf(bytes: &[u8]) -> Digest {
    tagged(Domain::MerkleLeaf, &[bytes])
}

fn node(left: &Digest, right: &Digest) -> Digest {
    tagged(Domain::MerkleNode, &[left.as_bytes(), right.as_bytes()])
}

fn bind(count: u32, top: &Digest) -> Digest {
    tagged(Domain::MerkleNode, &[&count.to_be_bytes(), top.as_bytes()])
}

fn count_of(leaves: &[Digest]) -> u32 {
    u32::try_from(leaves.len()).unwrap_or(u32::MAX)
}

/// The largest power of two below `count`, which is at least 2.
fn split(count: usize) -> usize {
    count.next_power_of_two().checked_div(2).unwrap_or(1)
}

/// The root over leaf hashes; zero for an empty list.
#[must_use]
pub fn root(leaves: &[Digest]) -> Digest {
    if leaves.is_empty() {
        Digest::ZERO
    } else {
        bind(count_of(leaves), &top(leaves))
    }
}

fn top(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => Digest::ZERO,
        [one] => *one,
        more => {
            let (left, right) = more.split_at_checked(split(more.len())).unwrap_or((more, &[]));
            node(&top(left), &top(right))
        }
    }
}

/// That a leaf stands at an index of a list.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Proof {
    /// Position of the leaf, from 0.
    pub index: u32,
    /// How many leaves the list has.
    pub count: u32,
    /// The hashes beside the path, from the leaf upwards.
    pub siblings: Vec<Digest>,
}

/// The proof for the leaf at `index`; `None` beyond the end.
#[must_use]
pub fn prove(leaves: &[Digest], index: u32) -> Option<Proof> {
    let mut position = usize::try_from(index).ok().filter(|i| *i < leaves.len())?;
    let mut siblings = Vec::new();
    let mut part = leaves;
    while part.len() > 1 {
        let middle = split(part.len());
        let (left, right) = part.split_at_checked(middle)?;
        if position < middle {
            siblings.push(top(right));
            part = left;
        } else {
            siblings.push(top(left));
            position = position.checked_sub(middle)?;
            part = right;
        }
    }
    siblings.reverse();
    Some(Proof {
        index,
        count: count_of(leaves),
        siblings,
    })
}

/// A whole tree, for whoever proves many of its leaves: [`prove`] hashes the list anew each time.
#[derive(Clone, Debug)]
pub struct Tree {
    /// The leaves, then every level above them. A node without a neighbour stands on the next level as it is.
    levels: Vec<Vec<Digest>>,
}

impl Tree {
    /// The tree over leaf hashes.
    #[must_use]
    pub fn new(leaves: Vec<Digest>) -> Self {
        let mut levels = vec![leaves];
        while let Some(below) = levels.last().filter(|level| level.len() > 1) {
            let above = below.chunks(2).map(|pair| match pair {
                [left, right] => node(left, right),
                other => other.first().copied().unwrap_or_default(),
            });
            levels.push(above.collect());
        }
        Self { levels }
    }

    /// Its root, as [`root`] gives it.
    #[must_use]
    pub fn root(&self) -> Digest {
        let count = self.levels.first().map_or(0, |leaves| count_of(leaves));
        let top = self.levels.last().and_then(|level| level.first());
        top.map_or(Digest::ZERO, |top| bind(count, top))
    }

    /// The proof for the leaf at `index`, as [`prove`] gives it; `None` beyond the end.
    #[must_use]
    pub fn prove(&self, index: u32) -> Option<Proof> {
        let leaves = self.levels.first()?;
        let mut position = usize::try_from(index).ok().filter(|i| *i < leaves.len())?;
        let mut siblings = Vec::new();
        for level in &self.levels {
            siblings.extend(level.get(position ^ 1));
            position >>= 1;
        }
        Some(Proof {
            index,
            count: count_of(leaves),
            siblings,
        })
    }
}

impl Proof {
    /// Checks that `leaf` stands at this proof's index of the list with this root.
    ///
    /// # Errors
    /// [`ProofError`] says why not.
    pub fn verify(&self, root: &Digest, leaf: &Digest) -> Result<(), ProofError> {
        if self.index >= self.count {
            return Err(ProofError::Index {
                index: self.index,
                count: self.count,
            });
        }
        // From the root down: on which side the path goes at each level.
        let mut went_left = Vec::new();
        let (mut position, mut size) = (u64::from(self.index), u64::from(self.count));
        while size > 1 {
            // In 64 bits: a stranger's count may have no next power of two in 32.
            let middle = size.next_power_of_two().checked_div(2).unwrap_or(1);
            let left = position < middle;
            went_left.push(left);
            if left {
                size = middle;
            } else {
                position = position.saturating_sub(middle);
                size = size.saturating_sub(middle);
            }
        }
        if went_left.len() != self.siblings.len() {
            return Err(ProofError::Siblings {
                found: self.siblings.len(),
                expected: went_left.len(),
            });
        }
        let mut hash = *leaf;
        for (sibling, left) in self.siblings.iter().zip(went_left.iter().rev()) {
            hash = if *left {
                node(&hash, sibling)
            } else {
                node(sibling, &hash)
            };
        }
        if bind(self.count, &hash) == *root {
            Ok(())
        } else {
            Err(ProofError::Root)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn leaves(count: u8) -> Vec<Digest> {
        (0..count).map(|i| leaf(&[i])).collect()
    }

    #[test]
    fn every_leaf_of_every_size_is_proven_and_no_other() {
        for count in 1..40 {
            let list = leaves(count);
            let root = root(&list);
            for (index, one) in list.iter().enumerate() {
                let proof = prove(&list, u32::try_from(index).unwrap()).unwrap();
                assert_eq!(proof.verify(&root, one), Ok(()));
                assert_eq!(proof.verify(&root, &leaf(b"other")), Err(ProofError::Root));
                let mut longer = proof.clone();
                longer.siblings.push(Digest::ZERO);
                assert!(matches!(
                    longer.verify(&root, one),
                    Err(ProofError::Siblings { .. })
                ));
                let mut moved = proof;
                moved.count = moved.count.checked_add(1).unwrap();
                assert!(moved.verify(&root, one).is_err());
            }
            assert_eq!(prove(&list, u32::from(count)), None);
        }
        assert_eq!(super::root(&[]), Digest::ZERO);
    }

    #[test]
    fn a_whole_tree_proves_what_the_list_proves() {
        for count in 0..40 {
            let list = leaves(count);
            let tree = Tree::new(list.clone());
            assert_eq!(tree.root(), root(&list));
            for index in 0..=u32::from(count) {
                assert_eq!(tree.prove(index), prove(&list, index));
            }
        }
    }

    #[test]
    fn the_largest_count_is_refused_and_breaks_nothing() {
        for index in [0, u32::MAX - 1, u32::MAX] {
            let proof = Proof {
                index,
                count: u32::MAX,
                siblings: vec![Digest::ZERO; 32],
            };
            assert!(proof.verify(&Digest::ZERO, &leaf(b"x")).is_err());
        }
    }

    proptest! {
        #[test]
        fn lists_that_differ_have_different_roots(a in 0u8..30, b in 0u8..30) {
            prop_assert_eq!(a == b, root(&leaves(a)) == root(&leaves(b)));
        }
    }
}
