//! The state's entries on disk: written behind the blocks, in small batches, the same entry once for several blocks.

use crate::StoreError;
use crate::blob::{self, CHUNK};
use crate::engine::{Batch, Direction, Engine, Scan, Tree};
use crate::{key, record};
use core::ops::Bound;
use primitives::Height;
use state::{Bytes, Changes};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Writes of a batch: larger ones cost the database far more memory (consensus.md, section 2.1).
const BATCH: usize = 128;
/// Entries read at once while loading.
const PAGE: usize = 2_048;

/// How a leaf's value is kept.
const INLINE: u8 = 0;
const APART: u8 = 1;

/// One entry's way over several blocks.
struct Path {
    /// The longest value that it replaces: what may have been kept apart.
    longest_old: usize,
    new: Option<Bytes>,
}

/// The changes of several blocks in one.
#[derive(Default)]
pub(crate) struct Coalesced {
    paths: BTreeMap<Bytes, Path>,
}

impl Coalesced {
    /// Adds the changes of the next block.
    pub(crate) fn add(&mut self, changes: &Changes) {
        for change in changes.as_slice() {
            let old = change.old.as_ref().map_or(0, Bytes::len);
            let path = self.paths.entry(change.key.clone()).or_insert(Path {
                longest_old: 0,
                new: None,
            });
            path.longest_old = path.longest_old.max(old);
            path.new.clone_from(&change.new);
        }
    }

    /// How many entries differ.
    pub(crate) fn len(&self) -> usize {
        self.paths.len()
    }

    /// What became of an entry, if it changed: its new value, or that it is gone.
    fn changed(&self, key: &Bytes) -> bool {
        self.paths.contains_key(key)
    }

    /// Writes the entries, not yet durably. Doing it again does no harm. `go_on` is asked after
    /// each batch but the last, with the time that it took; `false` when it did not want to.
    pub(crate) fn write(
        &self,
        engine: &dyn Engine,
        go_on: &dyn Fn(Duration) -> bool,
    ) -> Result<bool, StoreError> {
        let mut batch = Batch::default();
        for (raw, path) in &self.paths {
            write_leaf(&mut batch, raw.as_slice(), path);
            if batch.len() >= BATCH {
                let start = Instant::now();
                engine.apply(Tree::State, core::mem::take(&mut batch))?;
                if !go_on(start.elapsed()) {
                    return Ok(false);
                }
            }
        }
        if !batch.is_empty() {
            engine.apply(Tree::State, batch)?;
        }
        Ok(true)
    }

    /// `leaves` with these changes.
    pub(crate) fn over(self, leaves: Vec<(Bytes, Bytes)>) -> impl Iterator<Item = (Bytes, Bytes)> {
        let kept: Vec<(Bytes, Bytes)> = leaves.into_iter().filter(|(key, _)| !self.changed(key)).collect();
        let new = self
            .paths
            .into_iter()
            .filter_map(|(key, path)| Some((key, path.new?)));
        kept.into_iter().chain(new)
    }
}

fn write_leaf(batch: &mut Batch, raw: &[u8], path: &Path) {
    if path.longest_old > CHUNK {
        blob::remove(batch, &key::large(raw), path.longest_old);
    }
    match &path.new {
        None => batch.remove(key::leaf(raw)),
        Some(value) if value.len() > CHUNK => {
            blob::put(batch, &key::large(raw), value.as_slice());
            batch.put(key::leaf(raw), vec![APART]);
        }
        Some(value) => {
            let mut stored = Vec::with_capacity(value.len() + 1);
            stored.push(INLINE);
            stored.extend_from_slice(value.as_slice());
            batch.put(key::leaf(raw), stored);
        }
    }
}

/// All leaves that are on disk. Those above the applied height may be there in part.
pub(crate) fn load(engine: &dyn Engine) -> Result<Vec<(Bytes, Bytes)>, StoreError> {
    let (first, end) = key::leaf_range();
    let mut start = Bound::Included(first);
    let mut leaves = Vec::new();
    loop {
        let page = engine.scan(
            Tree::State,
            &Scan {
                start,
                end: Bound::Excluded(end.clone()),
                limit: PAGE,
                direction: Direction::Up,
            },
        )?;
        let Some((last, _)) = page.last() else {
            return Ok(leaves);
        };
        start = Bound::Excluded(last.clone());
        for (key, stored) in page {
            let raw = key::raw_of_leaf(&key);
            leaves.push((Bytes::from(raw), read_leaf(engine, raw, &stored)?));
        }
    }
}

fn read_leaf(engine: &dyn Engine, raw: &[u8], stored: &[u8]) -> Result<Bytes, StoreError> {
    match stored.split_first() {
        Some((&INLINE, value)) => Ok(Bytes::from(value)),
        Some((&APART, [])) => {
            let what = || "a large entry of the state".to_owned();
            blob::read(engine, Tree::State, &key::large(raw), &what)?
                .map(Bytes::from)
                .ok_or_else(|| StoreError::corrupt("a large entry of the state is missing"))
        }
        _ => Err(StoreError::corrupt(
            "an entry of the state is not in a known form",
        )),
    }
}

/// Up to which height the leaves are written; `None` when none is.
pub(crate) fn applied(engine: &dyn Engine) -> Result<Option<Height>, StoreError> {
    let what = || "the height of the leaves".to_owned();
    record::read(engine, Tree::State, &key::applied(), &what)
}

/// The leaves are written and durable up to `height`.
pub(crate) fn set_applied(engine: &dyn Engine, height: Height) -> Result<(), StoreError> {
    let mut batch = Batch::default();
    record::put(&mut batch, &key::applied(), &height);
    Ok(engine.apply(Tree::State, batch)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Memory;
    use state::{Change, State};

    fn change(key: &[u8], old: Option<Vec<u8>>, new: Option<Vec<u8>>) -> Changes {
        Changes::new(vec![Change {
            key: Bytes::from(key),
            old: old.map(Bytes::from),
            new: new.map(Bytes::from),
        }])
        .unwrap()
    }

    #[test]
    fn large_values_come_back_shrink_and_go_without_a_rest() {
        let engine = Memory::default();
        let (large, small) = (vec![3u8; 5 * CHUNK], vec![4u8; 10]);
        let steps = [
            change(b"k", None, Some(small.clone())),
            change(b"k", Some(small.clone()), Some(large.clone())),
            change(b"k", Some(large.clone()), Some(small.clone())),
            change(b"k", Some(small), Some(large.clone())),
            change(b"k", Some(large), None),
        ];
        let mut state = State::new();
        for step in steps {
            let mut coalesced = Coalesced::default();
            coalesced.add(&step);
            coalesced.write(&engine, &|_| true).unwrap();
            state = state.apply(&step).unwrap();
            let loaded: State = load(&engine).unwrap().into_iter().collect();
            assert_eq!(loaded.root(), state.root());
        }
        assert!(engine.keys(Tree::State).is_empty());
    }

    #[test]
    fn a_value_that_was_large_for_a_moment_leaves_nothing_behind() {
        let engine = Memory::default();
        let large = vec![3u8; 5 * CHUNK];
        let mut coalesced = Coalesced::default();
        coalesced.add(&change(b"k", None, Some(large.clone())));
        coalesced.add(&change(b"k", Some(large), Some(vec![1])));
        assert_eq!(coalesced.len(), 1);
        coalesced.write(&engine, &|_| true).unwrap();
        assert_eq!(engine.keys(Tree::State), [key::leaf(b"k")]);
    }
}
