//! One immutable version of all state.

use crate::store::{Entry, Order, RawKey, RawRange, Read, after_prefix};
use crate::tree::{Leaf, Tree, Update, WrongBase};
use crate::{Bytes, Change, Changes, StateError};
use core::ops::Bound;
use crypto::sparse::{self, Proof};
use imbl::OrdSet;
use primitives::Digest;

/// One immutable version of all state. A clone shares everything with its original, and a version that
/// [`State::apply`] makes shares all but what changed: many can live at once, and dropping one frees what it alone
/// held. It may be read from several threads. Freeing a version takes about as long as making it did: where that
/// matters, drop it on another thread.
///
/// Values are found through the tree, by the hash of their key; the set gives the keys' order, and is only touched when
/// an entry comes or goes.
#[derive(Clone, Debug, Default)]
pub struct State {
    keys: OrdSet<Bytes>,
    tree: Tree,
}

impl State {
    /// The version without entries.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The value under the raw key `key`.
    #[must_use]
    pub fn get(&self, key: &[u8]) -> Option<&[u8]> {
        self.value(key).map(Bytes::as_slice)
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Up to `limit` entries between the raw keys `start` and `end`, in `order`: ascending ones are the smallest,
    /// descending ones the largest.
    #[must_use]
    pub fn range(
        &self,
        start: Bound<&[u8]>,
        end: Bound<&[u8]>,
        limit: usize,
        order: Order,
    ) -> Vec<Entry<'_>> {
        self.walk(start, end, order)
            .take(limit)
            .filter_map(|key| self.entry(key))
            .collect()
    }

    /// The root that authenticates every entry; zero when there are none. Equal entries have equal roots.
    #[must_use]
    pub fn root(&self) -> Digest {
        self.tree.root()
    }

    /// The proof of the value under the raw key `key`, or of its absence, under this version's root.
    ///
    /// `None` never in practice: only where two keys had the same SHA-256.
    #[must_use]
    pub fn prove(&self, key: &[u8]) -> Option<Proof> {
        self.tree.prove(&sparse::path(key))
    }

    /// The version that `changes` lead to.
    ///
    /// # Errors
    /// [`StateError::WrongBase`] when they start from another version.
    pub fn apply(&self, changes: &Changes) -> Result<Self, StateError> {
        let changes = changes.as_slice();
        let mut updates: Vec<_> = changes
            .iter()
            .map(|change| Update {
                path: sparse::path(change.key.as_slice()),
                change,
            })
            .collect();
        updates.sort_unstable_by_key(|update| update.path);
        let tree = self
            .tree
            .update(&updates)
            .map_err(|WrongBase(change)| StateError::WrongBase {
                key: format!("{:?}", change.key),
            })?;
        let mut keys = self.keys.clone();
        for Change { key, old, new } in changes {
            match (old, new) {
                (None, Some(_)) => keys.insert(key.clone()),
                (Some(_), None) => keys.remove(key),
                (Some(_), Some(_)) | (None, None) => None,
            };
        }
        Ok(Self { keys, tree })
    }

    pub(crate) fn value(&self, key: &[u8]) -> Option<&Bytes> {
        self.tree.get(&sparse::path(key))
    }

    /// The entry under one of our keys. `None` never: keys and leaves come and go together.
    pub(crate) fn entry<'a>(&'a self, key: &'a Bytes) -> Option<Entry<'a>> {
        self.get(key.as_slice()).map(|value| (key.as_slice(), value))
    }

    /// The keys between `start` and `end`, lazily.
    pub(crate) fn walk(
        &self,
        start: Bound<&[u8]>,
        end: Bound<&[u8]>,
        order: Order,
    ) -> Box<dyn Iterator<Item = &Bytes> + '_> {
        match order {
            _ if crossed(start, end) => Box::new(core::iter::empty()),
            Order::Ascending => Box::new(self.keys.range::<_, [u8]>((start, end))),
            Order::Descending => Box::new(self.keys.range::<_, [u8]>((start, end)).rev()),
        }
    }
}

/// The version with these entries; of several with one key, the last. For loading a snapshot: much faster than applying
/// changes.
impl FromIterator<(Bytes, Bytes)> for State {
    fn from_iter<I: IntoIterator<Item = (Bytes, Bytes)>>(entries: I) -> Self {
        let mut keys = OrdSet::new();
        let mut leaves = Vec::new();
        for (key, value) in entries {
            leaves.push(Leaf::new(sparse::path(key.as_slice()), value));
            keys.insert(key);
        }
        // Order: stable, so that the last of several stays last.
        leaves.sort_by_key(|leaf| *leaf.path());
        leaves.dedup_by(|later, earlier| {
            let same = later.path() == earlier.path();
            if same {
                core::mem::swap(later, earlier);
            }
            same
        });
        Self {
            keys,
            tree: Tree::build(&leaves),
        }
    }
}

/// Whether nothing can lie between the bounds.
pub(crate) fn crossed(start: Bound<&[u8]>, end: Bound<&[u8]>) -> bool {
    match (start, end) {
        (Bound::Included(start), Bound::Included(end)) => start > end,
        (Bound::Included(start) | Bound::Excluded(start), Bound::Included(end) | Bound::Excluded(end)) => {
            start >= end
        }
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
    }
}

/// The bounds of what `range` asks for, where `end` is the end of its prefix. A cursor from outside the prefix takes
/// nothing away, or everything, as its order says; a caller may have it from a stranger.
pub(crate) fn bounds<'a>(range: &'a RawRange, end: Option<&'a [u8]>) -> (Bound<&'a [u8]>, Bound<&'a [u8]>) {
    let first = range.prefix.as_slice();
    let (start, end) = (
        Bound::Included(first),
        end.map_or(Bound::Unbounded, Bound::Excluded),
    );
    match (range.after.as_deref(), range.order) {
        (Some(after), Order::Ascending) if after >= first => (Bound::Excluded(after), end),
        (Some(after), Order::Descending) if !crossed(Bound::Included(after), end) => {
            (start, Bound::Excluded(after))
        }
        (None | Some(_), _) => (start, end),
    }
}

impl Read for State {
    fn read(&self, key: RawKey<'_>) -> Result<Option<&[u8]>, StateError> {
        Ok(self.get(key.as_bytes()))
    }

    fn scan(&self, range: &RawRange) -> Result<Vec<Entry<'_>>, StateError> {
        let end = after_prefix(&range.prefix);
        let (start, end) = bounds(range, end.as_deref());
        Ok(self.range(start, end, range.limit, range.order))
    }
}
