//! One immutable version of all state.

use crate::store::{Order, RawKey, RawRange, Read, after_prefix};
use crate::{Bytes, Change, Changes, StateError};
use core::ops::Bound;
use imbl::OrdMap;

/// One immutable version of all state. A clone shares everything with its original, and a version that
/// [`State::apply`] makes shares all but what changed: many can live at once, and dropping one frees what it alone
/// held. It may be read from several threads.
#[derive(Clone, Debug, Default)]
pub struct State {
    entries: OrdMap<Bytes, Bytes>,
}

/// A borrowed entry: raw key and value.
type Entry<'a> = (&'a [u8], &'a [u8]);

impl State {
    /// The version without entries.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The value under the raw key `key`.
    #[must_use]
    pub fn get(&self, key: &[u8]) -> Option<&[u8]> {
        self.entries.get(key).map(Bytes::as_slice)
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
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
        let entries = self.walk(start, end, order);
        entries
            .take(limit)
            .map(|(key, value)| (key.as_slice(), value.as_slice()))
            .collect()
    }

    /// The entries between `start` and `end`, lazily.
    pub(crate) fn walk(
        &self,
        start: Bound<&[u8]>,
        end: Bound<&[u8]>,
        order: Order,
    ) -> Box<dyn Iterator<Item = (&Bytes, &Bytes)> + '_> {
        match order {
            _ if crossed(start, end) => Box::new(core::iter::empty()),
            Order::Ascending => Box::new(self.entries.range::<_, [u8]>((start, end))),
            Order::Descending => Box::new(self.entries.range::<_, [u8]>((start, end)).rev()),
        }
    }

    /// The version that `changes` lead to.
    ///
    /// # Errors
    /// [`StateError::WrongBase`] when they start from another version.
    pub fn apply(&self, changes: &Changes) -> Result<Self, StateError> {
        let mut entries = self.entries.clone();
        for Change { key, old, new } in changes.as_slice() {
            let before = match new {
                Some(value) => entries.insert(key.clone(), value.clone()),
                None => entries.remove(key),
            };
            if before != *old {
                return Err(StateError::WrongBase {
                    key: format!("{key:?}"),
                });
            }
        }
        Ok(Self { entries })
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
