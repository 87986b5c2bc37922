//! Everything that the guard knows, and how it is written down. Pure.

use super::row::{Refusal, Row, Slot};
use crypto::bls::KeyBytes;
use light_palisade::Statement;
use primitives::codec::{Decode, Encode};
use std::collections::BTreeMap;

/// One record of the guard's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(super) enum Entry {
    /// The key is known, and signs nothing new up to here.
    Watermark { key: KeyBytes, slot: Slot },
    /// All that the key signed in the slot.
    Row { key: KeyBytes, slot: Slot, row: Row },
    /// Whoever asks with a lower number than this asks in vain.
    Fence { number: u64 },
}

/// What one key signed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct History {
    pub(super) watermark: Slot,
    pub(super) rows: BTreeMap<Slot, Row>,
}

impl History {
    /// The row after `statement` is signed; `staged` holds the rows of statements before it that are not in `self`
    /// yet. `None` when it was signed before.
    pub(super) fn admit(
        &self,
        staged: &BTreeMap<Slot, Row>,
        statement: &Statement,
    ) -> Result<Option<Row>, Refusal> {
        let slot = Slot::of(statement);
        let known = staged.get(&slot).or_else(|| self.rows.get(&slot));
        let before = known.copied().unwrap_or_default();
        let after = before.with(statement)?;
        if after == before {
            return Ok(None);
        }
        if slot <= self.watermark {
            return Err(Refusal::BelowWatermark);
        }
        Ok(Some(after))
    }

    /// Keeps the newest `window` rows and raises the watermark over the others.
    pub(super) fn prune(&mut self, window: usize) {
        let surplus = self.rows.len().saturating_sub(window);
        if let Some(slot) = surplus.checked_sub(1).and_then(|last| self.rows.keys().nth(last)) {
            self.watermark = self.watermark.max(*slot);
        }
        let watermark = self.watermark;
        self.rows.retain(|slot, _| *slot > watermark);
    }

    /// Takes over what another guard knows of the same key. Where both together would be slashable, ours stays and
    /// the watermark rises over the slot. Returns how often that happened.
    pub(super) fn merge(&mut self, watermark: Slot, rows: impl IntoIterator<Item = (Slot, Row)>) -> usize {
        self.watermark = self.watermark.max(watermark);
        let mut conflicts = 0;
        for (slot, theirs) in rows {
            let ours = self.rows.get(&slot).copied().unwrap_or_default();
            match ours.union(theirs) {
                Some(both) => {
                    self.rows.insert(slot, both);
                }
                None => {
                    self.watermark = self.watermark.max(slot);
                    conflicts += 1;
                }
            }
        }
        conflicts
    }
}

/// The histories of all keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Book {
    pub(super) keys: BTreeMap<KeyBytes, History>,
    /// The number of the last lease that was given; it only rises.
    pub(super) fence: u64,
}

impl Book {
    /// Applies a record; says what is wrong with it when no guard can have written it.
    pub(super) fn apply(&mut self, entry: &Entry) -> Result<(), &'static str> {
        match entry {
            Entry::Watermark { key, slot } => {
                let history = self.keys.entry(*key).or_default();
                history.watermark = history.watermark.max(*slot);
            }
            Entry::Row { key, slot, row } => {
                let history = self
                    .keys
                    .get_mut(key)
                    .ok_or("a row of a key that was never registered")?;
                let before = history.rows.get(slot).copied().unwrap_or_default();
                if !row.extends(&before) {
                    return Err("a row that takes back what an earlier one says");
                }
                history.rows.insert(*slot, *row);
            }
            Entry::Fence { number } => {
                if *number <= self.fence {
                    return Err("a fence that does not rise");
                }
                self.fence = *number;
            }
        }
        Ok(())
    }

    /// The records that give this book.
    pub(super) fn entries(&self) -> Vec<Entry> {
        let mut entries = Vec::new();
        for (key, history) in &self.keys {
            entries.push(Entry::Watermark {
                key: *key,
                slot: history.watermark,
            });
            entries.extend(history.rows.iter().map(|(slot, row)| Entry::Row {
                key: *key,
                slot: *slot,
                row: *row,
            }));
        }
        if self.fence > 0 {
            entries.push(Entry::Fence { number: self.fence });
        }
        entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use primitives::{Epoch, View};

    const KEY: KeyBytes = KeyBytes([1; 96]);
    const NULLIFIED: Row = Row {
        notarized: None,
        nullified: true,
        finalized: None,
    };

    fn slot(view: u64) -> Slot {
        Slot::new(Epoch::new(1), View::new(view))
    }

    fn nullify(view: u64) -> Statement {
        Statement::Nullify {
            epoch: Epoch::new(1),
            view: View::new(view),
        }
    }

    #[test]
    fn pruning_raises_the_watermark_over_what_it_drops() {
        let mut history = History::default();
        history.rows.extend((1..=5).map(|view| (slot(view), NULLIFIED)));
        history.prune(5);
        assert_eq!(history.watermark, Slot::FIRST);
        history.prune(2);
        assert_eq!(history.watermark, slot(3));
        assert_eq!(
            history.rows.keys().copied().collect::<Vec<_>>(),
            [slot(4), slot(5)]
        );
        let none = BTreeMap::new();
        assert_eq!(history.admit(&none, &nullify(3)), Err(Refusal::BelowWatermark));
        assert_eq!(history.admit(&none, &nullify(4)), Ok(None));
        assert_eq!(history.admit(&none, &nullify(6)), Ok(Some(NULLIFIED)));
        history.prune(0);
        assert_eq!(history.watermark, slot(5));
        assert!(history.rows.is_empty());
    }

    #[test]
    fn what_was_signed_below_the_watermark_may_be_signed_again() {
        let mut history = History::default();
        history.rows.insert(slot(3), NULLIFIED);
        history.watermark = slot(4);
        let none = BTreeMap::new();
        assert_eq!(history.admit(&none, &nullify(3)), Ok(None));
        assert_eq!(history.admit(&none, &nullify(4)), Err(Refusal::BelowWatermark));
    }

    #[test]
    fn a_book_is_what_its_entries_give() {
        let mut book = Book::default();
        let mut history = History {
            watermark: slot(1),
            ..History::default()
        };
        history.rows.insert(slot(2), NULLIFIED);
        book.keys.insert(KEY, history);
        book.fence = 7;
        let mut again = Book::default();
        for entry in book.entries() {
            again.apply(&entry).unwrap();
        }
        assert_eq!(again, book);
    }

    #[test]
    fn records_that_no_guard_writes_are_refused() {
        let mut book = Book::default();
        let row = |row| Entry::Row {
            key: KEY,
            slot: slot(1),
            row,
        };
        assert!(book.apply(&row(NULLIFIED)).is_err());
        let known = Entry::Watermark {
            key: KEY,
            slot: Slot::FIRST,
        };
        book.apply(&known).unwrap();
        book.apply(&row(NULLIFIED)).unwrap();
        assert!(book.apply(&row(Row::default())).is_err());
        book.apply(&Entry::Fence { number: 2 }).unwrap();
        assert!(book.apply(&Entry::Fence { number: 2 }).is_err());
    }
}
