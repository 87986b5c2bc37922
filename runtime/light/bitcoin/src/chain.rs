//! The heaviest of several branches, within a window.
//!
//! # What is kept
//!
//! | | key | value |
//! |---|---|---|
//! | tip | | [`Tip`] |
//! | records | [`BlockId`] | [`Record`]: what children are checked against |
//! | levels | height, as `u32` | [`Level`]: which headers there are, and which of them is on the best chain |
//!
//! [`extend`] reads, in this order: the tip; the records of the first header's parent and of each header that is
//! already known, and of the first that is not; the levels of what is new; on a reorganisation, down to the fork, the
//! level and the record of each header below what is new, and the levels that lose their best; the levels that are
//! pruned. It writes nothing: [`Extension`] lists what changes, at most a record and a level for each new header, a
//! level for each height of a reorganisation, and what is pruned, which is one height for each that the tip rises.

use crate::hash::BlockId;
use crate::header::Header;
use crate::limits::Limits;
use crate::network::Rules;
use crate::record::{Level, Record, Tip};
use crate::rules::{Invalid, check};
use std::collections::BTreeMap;

/// Where a chain's state is read.
pub trait View {
    /// What fails when the store is broken.
    type Error;

    /// Where the best chain stands.
    ///
    /// # Errors
    /// Those of the store.
    fn tip(&self) -> Result<Tip, Self::Error>;

    /// What is kept of a header.
    ///
    /// # Errors
    /// Those of the store.
    fn record(&self, id: &BlockId) -> Result<Option<Record>, Self::Error>;

    /// The headers at a height.
    ///
    /// # Errors
    /// Those of the store.
    fn level(&self, height: u32) -> Result<Option<Level>, Self::Error>;
}

/// Why a batch changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is nothing in it.
    #[error("the batch is empty")]
    Empty,
    /// There is too much in it.
    #[error("{headers} headers where at most {limit} are allowed: send them in several batches")]
    TooMany {
        /// How many there are.
        headers: usize,
        /// How many may be.
        limit: usize,
    },
    /// Nothing is known of the block before its first, or not any more.
    #[error("the block before the first header is not known, or older than the window: begin further back")]
    UnknownParent,
    /// One of its headers may not follow the one before it.
    #[error("header {index} of the batch: {invalid}")]
    Invalid {
        /// Which one, from 0.
        index: usize,
        /// Why.
        invalid: Invalid,
    },
    /// It does not win, and there are as many rivals at one of its heights as are kept.
    #[error(
        "no room for another branch at height {height}: send it as a batch that is heavier than the best chain"
    )]
    NoRoom {
        /// The height.
        height: u32,
    },
    /// It is heavier than the best chain, and leaves it below the window. Whoever holds value on the best chain should
    /// stop.
    #[error("a heavier chain leaves the best one below the window: begin again from a checkpoint")]
    TooDeep,
}

impl Refusal {
    /// Whether the same batch may be taken later, by nothing but time.
    #[must_use]
    pub const fn passes_with_time(&self) -> bool {
        matches!(self, Self::Invalid { invalid, .. } if invalid.passes_with_time())
    }
}

/// Why [`extend`] gives nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stop<E> {
    /// The store is broken.
    #[error("store: {0}")]
    Store(E),
    /// The batch is refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// The best chain left some of its blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reorg {
    /// The tip that was left.
    pub from: BlockId,
    /// The new tip.
    pub to: BlockId,
    /// Height of the last block that both have.
    pub fork: u32,
    /// How many blocks were left: a deposit with more confirmations than this stands.
    pub depth: u32,
}

/// What a batch changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// Headers of the batch that were known before.
    pub known: usize,
    /// Headers of the batch that were not.
    pub added: usize,
    /// The tip from now on.
    pub tip: Tip,
    /// Set where the best chain left blocks.
    pub reorg: Option<Reorg>,
    /// Records to be put, or removed.
    pub records: BTreeMap<BlockId, Option<Record>>,
    /// Levels to be put, or removed.
    pub levels: BTreeMap<u32, Option<Level>>,
}

impl Extension {
    /// The first state of a chain, from a trusted header.
    #[must_use]
    pub fn start(id: BlockId, record: Record) -> Self {
        let level = Level {
            best: Some(id),
            rivals: Vec::new(),
        };
        Self {
            known: 0,
            added: 1,
            tip: Tip {
                id,
                height: record.height,
                work: record.work,
                floor: record.height,
            },
            reorg: None,
            records: BTreeMap::from([(id, Some(record))]),
            levels: BTreeMap::from([(record.height, Some(level))]),
        }
    }
}

/// Where a block stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing is known of it, or not any more.
    Unknown,
    /// It is on another branch.
    Rival,
    /// It is on the best chain.
    Best {
        /// Blocks from it to the tip, both counted: at least 1.
        confirmations: u32,
    },
}

/// Where a block stands, and what is kept of it.
///
/// # Errors
/// Those of the store.
pub fn standing<V: View>(view: &V, id: &BlockId) -> Result<(Standing, Option<Record>), V::Error> {
    let Some(record) = view.record(id)? else {
        return Ok((Standing::Unknown, None));
    };
    let level = view.level(record.height)?.unwrap_or_default();
    if level.best != Some(*id) {
        return Ok((Standing::Rival, Some(record)));
    }
    let confirmations = view.tip()?.height.saturating_sub(record.height).saturating_add(1);
    Ok((Standing::Best { confirmations }, Some(record)))
}

/// What a batch of headers, each the parent of the next, changes at the moment `now` in seconds. All of it is taken
/// or none; headers that are known already are passed over. The chain with the most work is the best; of equals, the
/// one that was known first.
///
/// # Errors
/// [`Stop::Refused`] with the rule that is broken; [`Stop::Store`] when the store is.
pub fn extend<V: View>(
    view: &V,
    rules: &Rules,
    limits: &Limits,
    headers: &[Header],
    now: u64,
) -> Result<Extension, Stop<V::Error>> {
    let first = headers.first().ok_or(Refusal::Empty)?;
    if headers.len() > limits.batch {
        return Err(Stop::Refused(Refusal::TooMany {
            headers: headers.len(),
            limit: limits.batch,
        }));
    }
    let tip = view.tip().map_err(Stop::Store)?;
    let read = |id: &BlockId| view.record(id).map_err(Stop::Store);
    let mut parent = (first.parent, read(&first.parent)?.ok_or(Refusal::UnknownParent)?);
    let mut known = 0usize;
    for (index, header) in headers.iter().enumerate() {
        let id = header.id();
        let Some(record) = read(&id)? else {
            break;
        };
        if header.parent != parent.0 {
            let invalid = Invalid::Parent;
            return Err(Stop::Refused(Refusal::Invalid { index, invalid }));
        }
        parent = (id, record);
        known = index.saturating_add(1);
    }
    let mut new: Vec<(BlockId, Record)> = Vec::with_capacity(headers.len().saturating_sub(known));
    for (index, header) in headers.iter().enumerate().skip(known) {
        let (id, record) = new.last().unwrap_or(&parent);
        let checked = check(rules, id, record, header, now);
        new.push(checked.map_err(|invalid| Refusal::Invalid { index, invalid })?);
    }
    let mut draft = Draft {
        view,
        limits,
        tip,
        levels: BTreeMap::new(),
    };
    let heaviest = new.last().map_or(tip.work, |(_, record)| record.work);
    let reorg = if heaviest > tip.work {
        draft.win(parent, &new)?
    } else {
        draft.stand_beside(&new)?;
        None
    };
    let added = new.len();
    let mut records: BTreeMap<BlockId, Option<Record>> =
        new.into_iter().map(|(id, record)| (id, Some(record))).collect();
    for id in draft.prune()? {
        records.insert(id, None);
    }
    let levels = draft.levels.into_iter().map(|(height, level)| {
        let empty = level == Level::default();
        (height, (!empty).then_some(level))
    });
    Ok(Extension {
        known,
        added,
        tip: draft.tip,
        reorg,
        records,
        levels: levels.collect(),
    })
}

/// Levels that were read, as they become.
struct Draft<'a, V> {
    view: &'a V,
    limits: &'a Limits,
    tip: Tip,
    levels: BTreeMap<u32, Level>,
}

impl<V: View> Draft<'_, V> {
    fn level(&mut self, height: u32) -> Result<&mut Level, Stop<V::Error>> {
        match self.levels.entry(height) {
            std::collections::btree_map::Entry::Occupied(place) => Ok(place.into_mut()),
            std::collections::btree_map::Entry::Vacant(place) => {
                let level = self.view.level(height).map_err(Stop::Store)?;
                Ok(place.insert(level.unwrap_or_default()))
            }
        }
    }

    /// The new headers are not heavier than the best chain.
    fn stand_beside(&mut self, new: &[(BlockId, Record)]) -> Result<(), Stop<V::Error>> {
        let (rivals, highest) = (
            self.limits.rivals,
            self.tip.height.saturating_add(self.limits.lead),
        );
        for (id, record) in new {
            let height = record.height;
            let level = self.level(height)?;
            if level.rivals.len() >= rivals || height > highest {
                return Err(Stop::Refused(Refusal::NoRoom { height }));
            }
            level.rivals.push(*id);
        }
        Ok(())
    }

    /// The new headers, which follow `parent`, are heavier than the best chain.
    fn win(
        &mut self,
        parent: (BlockId, Record),
        new: &[(BlockId, Record)],
    ) -> Result<Option<Reorg>, Stop<V::Error>> {
        let before = self.tip;
        let mut branch: Vec<(u32, BlockId)> = Vec::new();
        let (mut id, mut record) = parent;
        while self.level(record.height)?.best != Some(id) {
            branch.push((record.height, id));
            id = record.parent;
            record = self
                .view
                .record(&id)
                .map_err(Stop::Store)?
                .ok_or(Refusal::TooDeep)?;
        }
        let fork = record.height;
        for height in fork.saturating_add(1)..=before.height {
            let level = self.level(height)?;
            level.rivals.extend(level.best.take());
        }
        for (height, id) in branch {
            let level = self.level(height)?;
            level.rivals.retain(|rival| *rival != id);
            level.best = Some(id);
        }
        for (id, record) in new {
            self.level(record.height)?.best = Some(*id);
            self.tip.id = *id;
            self.tip.height = record.height;
            self.tip.work = record.work;
        }
        Ok((fork < before.height).then(|| Reorg {
            from: before.id,
            to: self.tip.id,
            fork,
            depth: before.height.saturating_sub(fork),
        }))
    }

    /// Raises the floor to the window; gives the headers that go.
    fn prune(&mut self) -> Result<Vec<BlockId>, Stop<V::Error>> {
        let window = self
            .limits
            .window
            .max(u32::try_from(self.limits.batch).unwrap_or(u32::MAX));
        let floor = self.tip.height.saturating_sub(window).max(self.tip.floor);
        let mut gone = Vec::new();
        for height in self.tip.floor..floor {
            let level = core::mem::take(self.level(height)?);
            gone.extend(level.best);
            gone.extend(level.rivals);
        }
        self.tip.floor = floor;
        Ok(gone)
    }
}
