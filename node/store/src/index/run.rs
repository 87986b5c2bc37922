//! One sorted run: its chunks, written once, read in part, merged and removed.

use super::{Position, Term, entry, position_of, positions_in};
use crate::StoreError;
use crate::engine::{Batch, Direction, Engine, Scan, Tree};
use crate::key;
use core::cmp::Reverse;
use core::ops::Bound;
use primitives::Height;
use std::collections::BinaryHeap;

/// Entries of a chunk: 60 KiB.
const CHUNK: usize = 3_840;
/// Bytes of an entry.
const WIDTH: usize = 16;
/// Chunks written or removed together.
const BATCH: usize = 8;

fn encode(entries: &[u128]) -> Vec<u8> {
    let body: Vec<u8> = entries.iter().flat_map(|entry| entry.to_be_bytes()).collect();
    let mut value = crc32fast::hash(&body).to_be_bytes().to_vec();
    value.extend_from_slice(&body);
    value
}

fn decode(value: &[u8]) -> Result<Vec<u128>, StoreError> {
    let damaged = || StoreError::corrupt("a part of the index does not match its checksum");
    let (checksum, body) = value.split_first_chunk().ok_or_else(damaged)?;
    let (entries, rest) = body.as_chunks::<WIDTH>();
    if crc32fast::hash(body) != u32::from_be_bytes(*checksum) || !rest.is_empty() {
        return Err(damaged());
    }
    Ok(entries.iter().map(|entry| u128::from_be_bytes(*entry)).collect())
}

/// Writes a run, entry by entry in order.
pub(super) struct Writer<'a> {
    engine: &'a dyn Engine,
    number: u64,
    chunk: Vec<u128>,
    batch: Batch,
    count: u64,
}

impl<'a> Writer<'a> {
    pub(super) fn new(engine: &'a dyn Engine, number: u64) -> Self {
        Self {
            engine,
            number,
            chunk: Vec::with_capacity(CHUNK),
            batch: Batch::default(),
            count: 0,
        }
    }

    pub(super) fn push(&mut self, entry: u128) -> Result<(), StoreError> {
        self.chunk.push(entry);
        self.count += 1;
        if self.chunk.len() == CHUNK {
            self.end_chunk();
            if self.batch.len() == BATCH {
                self.engine.apply(Tree::Index, core::mem::take(&mut self.batch))?;
            }
        }
        Ok(())
    }

    fn end_chunk(&mut self) {
        if let Some(first) = self.chunk.first() {
            self.batch
                .put(key::run_chunk(self.number, *first), encode(&self.chunk));
            self.chunk.clear();
        }
    }

    /// The last of it; how many entries there are.
    pub(super) fn finish(mut self) -> Result<u64, StoreError> {
        self.end_chunk();
        if !self.batch.is_empty() {
            self.engine.apply(Tree::Index, self.batch)?;
        }
        Ok(self.count)
    }
}

/// Reads a run from the chunk on that a key is in.
struct Reader<'a> {
    engine: &'a dyn Engine,
    number: u64,
    /// The key after which the next chunk is.
    after: Bound<Vec<u8>>,
}

impl Reader<'_> {
    fn next_chunk(&mut self) -> Result<Option<Vec<u128>>, StoreError> {
        let page = self.engine.scan(
            Tree::Index,
            &Scan {
                start: self.after.clone(),
                end: Bound::Included(key::run_chunk(self.number, u128::MAX)),
                limit: 1,
                direction: Direction::Up,
            },
        )?;
        let Some((key, value)) = page.into_iter().next() else {
            return Ok(None);
        };
        self.after = Bound::Excluded(key);
        decode(&value).map(Some)
    }
}

/// The first `limit` positions of `term` from `from` on.
pub(super) fn find(
    engine: &dyn Engine,
    number: u64,
    term: Term,
    from: Position,
    limit: usize,
) -> Result<Vec<Position>, StoreError> {
    let first = Scan {
        start: Bound::Included(key::run_chunk(number, 0)),
        end: Bound::Included(key::run_chunk(number, entry(term, from))),
        limit: 1,
        direction: Direction::Down,
    };
    let start = engine.scan(Tree::Index, &first)?.into_iter().next();
    let mut reader = Reader {
        engine,
        number,
        after: Bound::Included(start.map_or_else(|| key::run_chunk(number, 0), |(key, _)| key)),
    };
    let last = entry(term, Position(u64::MAX));
    let mut found = Vec::new();
    while let Some(chunk) = reader.next_chunk()? {
        found.extend(positions_in(&chunk, term, from));
        if found.len() >= limit || chunk.last().is_none_or(|entry| *entry > last) {
            break;
        }
    }
    found.truncate(limit);
    Ok(found)
}

/// One of the runs that are merged: what is left of its chunk, the next entry last.
struct Source<'a> {
    reader: Reader<'a>,
    rest: Vec<u128>,
}

impl Source<'_> {
    fn next(&mut self) -> Result<Option<u128>, StoreError> {
        if self.rest.is_empty() {
            self.rest = self.reader.next_chunk()?.unwrap_or_default();
            self.rest.reverse();
        }
        Ok(self.rest.pop())
    }
}

/// Writes the entries of several runs as the run `number`, without those of heights below `earliest` (genesis
/// excepted); how many there are.
pub(super) fn merge(
    engine: &dyn Engine,
    runs: &[u64],
    number: u64,
    earliest: Height,
) -> Result<u64, StoreError> {
    let mut sources: Vec<Source<'_>> = runs
        .iter()
        .map(|number| Source {
            reader: Reader {
                engine,
                number: *number,
                after: Bound::Included(key::run_chunk(*number, 0)),
            },
            rest: Vec::new(),
        })
        .collect();
    let mut heads = BinaryHeap::with_capacity(sources.len());
    for (place, source) in sources.iter_mut().enumerate() {
        heads.extend(source.next()?.map(|entry| Reverse((entry, place))));
    }
    let mut writer = Writer::new(engine, number);
    while let Some(Reverse((entry, place))) = heads.pop() {
        let height = position_of(entry).height();
        if height >= earliest || height.is_zero() {
            writer.push(entry)?;
        }
        heads.extend(sources[place].next()?.map(|entry| Reverse((entry, place))));
    }
    writer.finish()
}

/// Removes the chunks of the runs from `start` on, below `end`.
pub(super) fn remove(engine: &dyn Engine, start: u64, end: u64) -> Result<(), StoreError> {
    loop {
        let page = engine.scan(
            Tree::Index,
            &Scan {
                start: Bound::Included(key::run_chunk(start, 0)),
                end: Bound::Excluded(key::run_chunk(end, 0)),
                limit: BATCH,
                direction: Direction::Up,
            },
        )?;
        if page.is_empty() {
            return Ok(());
        }
        let mut batch = Batch::default();
        for (key, _) in page {
            batch.remove(key);
        }
        engine.apply(Tree::Index, batch)?;
    }
}
