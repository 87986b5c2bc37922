//! The authenticated tree: a compact sparse Merkle tree whose versions share what did not change. It holds the values
//! too, so that changing one copies one path and not two.
//!
//! The hash rules are [`crypto::sparse`]'s. In memory, up to [`BUCKET`] leaves below one prefix are kept together as a
//! sorted list, and the few interior nodes among them are hashed again when one of them changes or is proven. That
//! halves the memory of a tree with one node per leaf, costs no time, and every node stays immutable behind an `Arc`:
//! versions need no lock, may be read from any thread, and free what they alone held when they are dropped.
//!
//! The shape in memory follows from the leaves alone, as the root does: a prefix with at most [`BUCKET`] leaves is a
//! bucket, one with more is an interior node.

use crate::{Bytes, Change};
use crypto::sparse::{self, EMPTY, Proof, Terminal, goes_right};
use primitives::Digest;
use std::sync::Arc;

/// The most leaves in a bucket. Chosen by measuring (`benches/tree.rs`): fewer cost memory, more cost hashing.
const BUCKET: usize = 4;

/// A value, where it stands, and its hash.
#[derive(Clone, Debug)]
pub(crate) struct Leaf {
    path: [u8; 32],
    value_hash: [u8; 32],
    value: Bytes,
}

impl Leaf {
    /// The leaf of `value` at `path`, SHA-256 of its raw key.
    pub(crate) fn new(path: [u8; 32], value: Bytes) -> Self {
        Self {
            path,
            value_hash: sparse::value_hash(value.as_slice()),
            value,
        }
    }

    /// Where it stands.
    pub(crate) const fn path(&self) -> &[u8; 32] {
        &self.path
    }
}

/// What becomes of the leaf at a path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Update<'a> {
    /// SHA-256 of the raw key.
    pub(crate) path: [u8; 32],
    /// The raw key, the value before and the value after.
    pub(crate) change: &'a Change,
}

/// The change whose value before is not what the tree holds.
#[derive(Debug)]
pub(crate) struct WrongBase<'a>(pub(crate) &'a Change);

/// One version of the tree.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tree(Node);

/// Everything below one prefix.
#[derive(Clone, Debug, Default)]
enum Node {
    #[default]
    Empty,
    Bucket(Arc<Bucket>),
    Inner(Arc<Inner>),
}

/// One to [`BUCKET`] leaves, ordered by path.
#[derive(Debug)]
struct Bucket {
    hash: Digest,
    leaves: Box<[Leaf]>,
}

/// More than [`BUCKET`] leaves.
#[derive(Debug)]
struct Inner {
    hash: Digest,
    left: Node,
    right: Node,
}

impl Tree {
    /// The tree of `leaves`, whose paths are in order, each once.
    pub(crate) fn build(leaves: &[Leaf]) -> Self {
        Self(Node::build(leaves, 0))
    }

    /// The hash of everything.
    pub(crate) fn root(&self) -> Digest {
        self.0.hash()
    }

    /// The tree after `updates`, whose paths are in order, each once.
    ///
    /// # Errors
    /// [`WrongBase`] when one of them starts from another value than there is.
    pub(crate) fn update<'a>(&self, updates: &[Update<'a>]) -> Result<Self, WrongBase<'a>> {
        self.0.update(updates, 0).map(Self)
    }

    /// The value at `path`.
    pub(crate) fn get(&self, path: &[u8; 32]) -> Option<&Bytes> {
        let mut node = &self.0;
        let mut level: usize = 0;
        while let Node::Inner(inner) = node {
            node = if goes_right(path, level) {
                &inner.right
            } else {
                &inner.left
            };
            level = level.saturating_add(1);
        }
        node.leaves()
            .iter()
            .find(|leaf| leaf.path == *path)
            .map(|leaf| &leaf.value)
    }

    /// The proof of what stands, or does not stand, at `path`.
    ///
    /// `None` never: the tree is no deeper than a proof may be.
    pub(crate) fn prove(&self, path: &[u8; 32]) -> Option<Proof> {
        let mut siblings = Vec::new();
        let mut node = &self.0;
        while let Node::Inner(inner) = node {
            let (next, beside) = if goes_right(path, siblings.len()) {
                (&inner.right, &inner.left)
            } else {
                (&inner.left, &inner.right)
            };
            siblings.push(present(beside.hash()));
            node = next;
        }
        let mut leaves = node.leaves();
        let terminal = loop {
            match leaves {
                [] => break Terminal::Empty,
                [Leaf { path: found, .. }] if found == path => break Terminal::Leaf,
                [Leaf { path, value_hash, .. }] => {
                    break Terminal::OtherLeaf {
                        path: *path,
                        value_hash: *value_hash,
                    };
                }
                [..] => {
                    let level = siblings.len();
                    let (left, right) = halves(leaves, level);
                    let (next, beside) = if goes_right(path, level) {
                        (right, left)
                    } else {
                        (left, right)
                    };
                    siblings.push(present(hash(beside, level.saturating_add(1))));
                    leaves = next;
                }
            }
        };
        Proof::new(&siblings, terminal)
    }
}

impl Node {
    /// The node of `leaves`, in order, which share the first `level` bits.
    fn build(leaves: &[Leaf], level: usize) -> Self {
        if leaves.is_empty() {
            return Self::Empty;
        }
        if leaves.len() <= BUCKET {
            return Self::Bucket(Arc::new(Bucket {
                hash: hash(leaves, level),
                leaves: leaves.into(),
            }));
        }
        let (left, right) = halves(leaves, level);
        let below = level.saturating_add(1);
        Self::inner(Self::build(left, below), Self::build(right, below))
    }

    /// The node above two others that hold more than a bucket together.
    fn inner(left: Self, right: Self) -> Self {
        Self::Inner(Arc::new(Inner {
            hash: sparse::node(&left.hash(), &right.hash()),
            left,
            right,
        }))
    }

    fn hash(&self) -> Digest {
        match self {
            Self::Empty => EMPTY,
            Self::Bucket(bucket) => bucket.hash,
            Self::Inner(inner) => inner.hash,
        }
    }

    /// The leaves, unless they are too many to stand together.
    fn leaves(&self) -> &[Leaf] {
        match self {
            Self::Bucket(bucket) => &bucket.leaves,
            Self::Empty | Self::Inner(_) => &[],
        }
    }

    /// This node, at `level`, after `updates`, which share its prefix.
    fn update<'a>(&self, updates: &[Update<'a>], level: usize) -> Result<Self, WrongBase<'a>> {
        if updates.is_empty() {
            return Ok(self.clone());
        }
        let Self::Inner(inner) = self else {
            return Ok(Self::build(&merge(self.leaves(), updates)?, level));
        };
        let (for_left, for_right) = split(updates, |update| goes_right(&update.path, level));
        let below = level.saturating_add(1);
        let left = inner.left.update(for_left, below)?;
        let right = inner.right.update(for_right, below)?;
        // Removals may leave as few leaves as stand together.
        Ok(match [&left, &right] {
            [Self::Empty | Self::Bucket(_), Self::Empty | Self::Bucket(_)]
                if left.leaves().len().saturating_add(right.leaves().len()) <= BUCKET =>
            {
                Self::build(&[left.leaves(), right.leaves()].concat(), level)
            }
            [Self::Empty | Self::Bucket(_) | Self::Inner(_), _] => Self::inner(left, right),
        })
    }
}

/// `items`, ordered so that those of the left half come first, in two.
fn split<T>(items: &[T], is_right: impl Fn(&T) -> bool) -> (&[T], &[T]) {
    let middle = items.partition_point(|item| !is_right(item));
    items.split_at_checked(middle).unwrap_or((items, &[]))
}

/// The leaves to the left and to the right below a prefix of `level` bits.
fn halves(leaves: &[Leaf], level: usize) -> (&[Leaf], &[Leaf]) {
    split(leaves, |leaf| goes_right(&leaf.path, level))
}

/// The hash of `leaves`, in order, which share the first `level` bits. Their paths differ, so the recursion ends at
/// the last level.
fn hash(leaves: &[Leaf], level: usize) -> Digest {
    match leaves {
        [] => EMPTY,
        [Leaf { path, value_hash, .. }] => sparse::leaf(path, value_hash),
        [..] => {
            let (left, right) = halves(leaves, level);
            let below = level.saturating_add(1);
            sparse::node(&hash(left, below), &hash(right, below))
        }
    }
}

fn present(hash: Digest) -> Option<Digest> {
    (hash != EMPTY).then_some(hash)
}

/// `leaves` after `updates`; both and the result in order.
fn merge<'a>(leaves: &[Leaf], updates: &[Update<'a>]) -> Result<Vec<Leaf>, WrongBase<'a>> {
    let mut merged = Vec::with_capacity(leaves.len().saturating_add(updates.len()));
    let mut kept = leaves.iter().peekable();
    for Update { path, change } in updates {
        while let Some(leaf) = kept.next_if(|leaf| leaf.path < *path) {
            merged.push(leaf.clone());
        }
        let before = kept.next_if(|leaf| leaf.path == *path);
        if before.map(|leaf| &leaf.value) != change.old.as_ref() {
            return Err(WrongBase(change));
        }
        merged.extend(change.new.as_ref().map(|value| Leaf::new(*path, value.clone())));
    }
    merged.extend(kept.cloned());
    Ok(merged)
}

#[cfg(test)]
mod tests;
