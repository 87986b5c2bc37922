//! Bitcoin's tree of transactions: pairs hashed twice, a lone last one paired with itself.

use crate::hash::sha256d;
use crate::limits::MAX_BRANCH;
use primitives::Digest;

/// Why a branch leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MerkleError {
    /// More hashes than any block's tree is high.
    #[error("the branch has {found} hashes where at most {limit} are possible")]
    TooLong {
        /// How many there are.
        found: usize,
        /// How many may be.
        limit: usize,
    },
    /// The position lies beyond the tree.
    #[error("position {index} does not exist in a tree of height {height}")]
    Position {
        /// The position.
        index: u32,
        /// The branch's length.
        height: usize,
    },
    /// The right one of two equal nodes: it stands only in a tree where transactions are counted twice
    /// (CVE-2012-2459).
    #[error("the branch takes the copy of a node for the node, at level {level}")]
    Copy {
        /// Levels above the leaves.
        level: usize,
    },
}

/// The root that `branch` leads to from `leaf` at position `index`, counted from the left. Every bit of the position
/// is used. At most [`MAX_BRANCH`] times two hashes.
///
/// # Errors
/// [`MerkleError`] before anything is hashed, or for a copy.
pub fn fold(leaf: &Digest, index: u32, branch: &[Digest]) -> Result<Digest, MerkleError> {
    let height = branch.len();
    if height > MAX_BRANCH {
        return Err(MerkleError::TooLong {
            found: height,
            limit: MAX_BRANCH,
        });
    }
    let beyond = u32::try_from(height).is_ok_and(|bits| index.checked_shr(bits).unwrap_or(0) != 0);
    if beyond {
        return Err(MerkleError::Position { index, height });
    }
    let (mut node, mut rest) = (*leaf, index);
    for (level, sibling) in branch.iter().enumerate() {
        let is_right = rest & 1 == 1;
        rest >>= 1;
        // A lone last node is its own sibling, on its left: as the right one it would be the copy.
        if is_right && node == *sibling {
            return Err(MerkleError::Copy { level });
        }
        let (left, right) = if is_right {
            (sibling, &node)
        } else {
            (&node, sibling)
        };
        node = pair(left, right);
    }
    Ok(node)
}

/// The root of the tree of these leaves; `None` of none, and where two equal nodes stand beside each other, so that a
/// shorter list has the same root (CVE-2012-2459).
#[must_use]
pub fn root(leaves: &[Digest]) -> Option<Digest> {
    let mut row = leaves.to_vec();
    while row.len() > 1 {
        row = above(&row)?;
    }
    row.first().copied()
}

/// The branch from the leaf at position `index` to the root; `None` where there is no such leaf, or no [`root`].
#[must_use]
pub fn branch(leaves: &[Digest], index: u32) -> Option<Vec<Digest>> {
    let mut place = usize::try_from(index)
        .ok()
        .filter(|place| *place < leaves.len())?;
    let mut row = leaves.to_vec();
    let mut branch = Vec::new();
    while row.len() > 1 {
        branch.push(*row.get(place ^ 1).or_else(|| row.get(place))?);
        row = above(&row)?;
        place >>= 1;
    }
    Some(branch)
}

fn above(row: &[Digest]) -> Option<Vec<Digest>> {
    row.chunks(2)
        .map(|two| match two {
            [left, right] => (left != right).then(|| pair(left, right)),
            [alone] => Some(pair(alone, alone)),
            _ => None,
        })
        .collect()
}

fn pair(left: &Digest, right: &Digest) -> Digest {
    Digest::new(sha256d(&[left.as_bytes(), right.as_bytes()]))
}
