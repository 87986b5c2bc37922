//! Writes over a version that are not part of any version yet.

use crate::store::{Entry, Order, RawKey, RawRange, Read, Write, after_prefix};
use crate::version::{bounds, crossed};
use crate::{Bytes, Change, Changes, State, StateError};
use core::cmp::Ordering;
use core::ops::Bound;
use std::collections::BTreeMap;

/// A write that is pending.
#[derive(Clone, Debug)]
struct Pending {
    /// The base's value. Looked up with the first write, right after the read that nearly always precedes it, while
    /// the way there is still in the processor's cache.
    old: Option<Bytes>,
    /// The new value; `None` for a removal.
    new: Option<Bytes>,
}

/// Writes over a version. Reads and ranges see them; [`Overlay::atomically`] takes them back when its body fails, and
/// nests (block, transaction, message).
#[derive(Clone, Debug)]
pub struct Overlay {
    base: State,
    writes: BTreeMap<Bytes, Pending>,
    /// While a body runs that may fail: the new value that each write replaced, oldest first; `None` where the write was
    /// the key's first.
    journal: Vec<(Bytes, Option<Option<Bytes>>)>,
    /// How many such bodies run, one within the other.
    depth: u32,
}

impl Overlay {
    /// No writes over `base`.
    #[must_use]
    pub const fn new(base: State) -> Self {
        Self {
            base,
            writes: BTreeMap::new(),
            journal: Vec::new(),
            depth: 0,
        }
    }

    /// The version underneath.
    #[must_use]
    pub const fn base(&self) -> &State {
        &self.base
    }

    /// Runs `body`, and takes back the writes that it made when it fails.
    ///
    /// `holder` is whatever `body` works on, and `overlay` finds the overlay within it: that way no checkpoint can be
    /// left open, and a context that carries more than an overlay can still be handed to the body.
    ///
    /// # Errors
    /// As `body`.
    pub fn atomically<H, T, E>(
        holder: &mut H,
        overlay: impl Fn(&mut H) -> &mut Self,
        body: impl FnOnce(&mut H) -> Result<T, E>,
    ) -> Result<T, E> {
        let opened = overlay(holder);
        opened.depth = opened.depth.saturating_add(1);
        let mark = opened.journal.len();
        let outcome = body(holder);
        let closed = overlay(holder);
        if outcome.is_err() {
            closed.take_back(mark);
        }
        closed.depth = closed.depth.saturating_sub(1);
        if closed.depth == 0 {
            closed.journal.clear();
        }
        outcome
    }

    /// What leads from the base to the base with these writes. Writes that change nothing are not among it.
    #[must_use]
    pub fn into_changes(self) -> Changes {
        let changes = self
            .writes
            .into_iter()
            .map(|(key, Pending { old, new })| Change { key, old, new });
        Changes::from_overlay(changes.filter(|change| change.old != change.new).collect())
    }

    fn take_back(&mut self, mark: usize) {
        // A body that puts another overlay in the place of its own leaves a shorter journal.
        let mark = mark.min(self.journal.len());
        for (key, before) in self.journal.drain(mark..).rev() {
            match (before, self.writes.get_mut(&key)) {
                (Some(before), Some(pending)) => pending.new = before,
                (None, _) | (_, None) => drop(self.writes.remove(&key)),
            }
        }
    }

    /// The entries of base and writes between the bounds, merged.
    fn walk<'a>(&'a self, start: Bound<&[u8]>, end: Bound<&[u8]>, order: Order) -> Merged<'a> {
        let pending: Box<dyn Iterator<Item = (&'a Bytes, &'a Pending)> + 'a> = match order {
            // `BTreeMap::range` refuses bounds that are crossed.
            _ if crossed(start, end) => Box::new(core::iter::empty()),
            Order::Ascending => Box::new(self.writes.range::<[u8], _>((start, end))),
            Order::Descending => Box::new(self.writes.range::<[u8], _>((start, end)).rev()),
        };
        let base = self.base.walk(start, end, order);
        Merged {
            state: &self.base,
            base: base.peekable(),
            pending: pending.peekable(),
            order,
        }
    }
}

/// Base entries and pending writes in one order; a pending write stands for its key.
struct Merged<'a> {
    state: &'a State,
    base: core::iter::Peekable<Box<dyn Iterator<Item = &'a Bytes> + 'a>>,
    pending: core::iter::Peekable<Box<dyn Iterator<Item = (&'a Bytes, &'a Pending)> + 'a>>,
    order: Order,
}

impl<'a> Iterator for Merged<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let first = match (self.base.peek(), self.pending.peek()) {
                (None, None) => return None,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(base), Some((pending, _))) => match self.order {
                    Order::Ascending => (*base).cmp(pending),
                    Order::Descending => (*pending).cmp(base),
                },
            };
            if first == Ordering::Less {
                return self.base.next().and_then(|key| self.state.entry(key));
            }
            if first == Ordering::Equal {
                self.base.next();
            }
            if let Some((key, Pending { new: Some(value), .. })) = self.pending.next() {
                return Some((key.as_slice(), value.as_slice()));
            }
        }
    }
}

impl Read for Overlay {
    fn read(&self, key: RawKey<'_>) -> Result<Option<&[u8]>, StateError> {
        Ok(match self.writes.get(key.as_bytes()) {
            Some(pending) => pending.new.as_ref().map(Bytes::as_slice),
            None => self.base.get(key.as_bytes()),
        })
    }

    fn scan(&self, range: &RawRange) -> Result<Vec<Entry<'_>>, StateError> {
        let end = after_prefix(&range.prefix);
        let (start, end) = bounds(range, end.as_deref());
        Ok(self.walk(start, end, range.order).take(range.limit).collect())
    }
}

impl Write for Overlay {
    fn write(&mut self, key: RawKey<'_>, value: Option<Vec<u8>>) -> Result<(), StateError> {
        let key = key.as_bytes();
        let new = value.map(Bytes::from);
        let before = match self.writes.get_mut(key) {
            Some(pending) => Some(core::mem::replace(&mut pending.new, new)),
            None => {
                let old = self.base.value(key).cloned();
                self.writes.insert(Bytes::from(key), Pending { old, new });
                None
            }
        };
        if self.depth > 0 {
            self.journal.push((Bytes::from(key), before));
        }
        Ok(())
    }
}
