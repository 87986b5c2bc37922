//! SSZ's binary trees: generalized indices, branches of exact length, roots of chunks.

use crate::spec::Root;
use crypto::hash::sha256;

/// A place in a tree: 1 is the root, `2n` and `2n + 1` are the children of `n`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GeneralizedIndex(u64);

impl GeneralizedIndex {
    /// The index `n`, which is at least 1; 0 is taken for 1.
    #[must_use]
    pub const fn new(n: u64) -> Self {
        Self(if n == 0 { 1 } else { n })
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// How many nodes a branch from here to the root has.
    #[must_use]
    pub fn depth(self) -> usize {
        usize::try_from(self.0.ilog2()).unwrap_or(0)
    }

    /// Element `index` of the tree of depth `depth` that stands here; `None` where it has fewer, or where the number
    /// outgrows 64 bits.
    #[must_use]
    pub fn child(self, depth: u32, index: u64) -> Option<Self> {
        let width = 1u64.checked_shl(depth)?;
        if index >= width {
            return None;
        }
        let first = self.0.checked_mul(width)?;
        first.checked_add(index).map(Self)
    }
}

/// The hash of two nodes.
#[must_use]
pub fn parent(left: &Root, right: &Root) -> Root {
    sha256(&[left, right])
}

/// The root that `leaf` at `index` has with `branch`, the siblings from the leaf upwards; `None` when the branch has
/// not exactly the index's depth.
#[must_use]
pub fn root_of(leaf: &Root, branch: &[Root], index: GeneralizedIndex) -> Option<Root> {
    if branch.len() != index.depth() {
        return None;
    }
    let mut node = *leaf;
    let mut place = index.get();
    for sibling in branch {
        node = if place & 1 == 1 {
            parent(sibling, &node)
        } else {
            parent(&node, sibling)
        };
        place >>= 1;
    }
    Some(node)
}

/// Whether `leaf` stands at `index` under `root`.
#[must_use]
pub fn verify(leaf: &Root, branch: &[Root], index: GeneralizedIndex, root: &Root) -> bool {
    root_of(leaf, branch, index).is_some_and(|found| found == *root)
}

/// The root of a tree of depth `depth` whose leaves are `chunks`, then zeros. Chunks beyond the width are a caller's
/// error and are not looked at.
#[must_use]
pub fn merkleize(chunks: Vec<Root>, depth: u8) -> Root {
    let mut level = chunks;
    let mut zero = [0; 32];
    for _ in 0..depth {
        level = level
            .chunks(2)
            .map(|pair| match pair {
                [left, right] => parent(left, right),
                [left] => parent(left, &zero),
                _ => zero,
            })
            .collect();
        zero = parent(&zero, &zero);
    }
    level.first().copied().unwrap_or(zero)
}

/// A number as a chunk: little-endian, then zeros.
#[must_use]
pub fn chunk_of(n: u64) -> Root {
    padded(&n.to_le_bytes())
}

/// Up to 32 bytes as a chunk, zeros after them.
#[must_use]
pub fn padded(bytes: &[u8]) -> Root {
    let mut chunk = [0; 32];
    for (to, from) in chunk.iter_mut().zip(bytes) {
        *to = *from;
    }
    chunk
}

/// Bytes cut into chunks, zeros at the end.
#[must_use]
pub fn chunked(bytes: &[u8]) -> Vec<Root> {
    bytes.chunks(32).map(padded).collect()
}
