//! A chain's state in memory: for programs that check headers by themselves, and for tests.

use crate::chain::{Extension, Stop, View, extend};
use crate::hash::BlockId;
use crate::header::Header;
use crate::limits::Limits;
use crate::network::Rules;
use crate::record::{Level, Record, Tip};
use core::convert::Infallible;
use std::collections::BTreeMap;

/// A chain in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    tip: Tip,
    records: BTreeMap<BlockId, Record>,
    levels: BTreeMap<u32, Level>,
}

impl Memory {
    /// A chain that begins with a trusted header.
    #[must_use]
    pub fn new(id: BlockId, record: Record) -> Self {
        let start = Extension::start(id, record);
        let mut memory = Self {
            tip: start.tip,
            records: BTreeMap::new(),
            levels: BTreeMap::new(),
        };
        memory.apply(start);
        memory
    }

    /// Makes the changes that [`extend`] listed.
    pub fn apply(&mut self, extension: Extension) {
        for (id, record) in extension.records {
            match record {
                Some(record) => self.records.insert(id, record),
                None => self.records.remove(&id),
            };
        }
        for (height, level) in extension.levels {
            match level {
                Some(level) => self.levels.insert(height, level),
                None => self.levels.remove(&height),
            };
        }
        self.tip = extension.tip;
    }

    /// Checks a batch and takes it; returns what changed.
    ///
    /// # Errors
    /// Those of [`extend`], and then nothing has changed.
    pub fn submit(
        &mut self,
        rules: &Rules,
        limits: &Limits,
        headers: &[Header],
        now: u64,
    ) -> Result<Extension, Stop<Infallible>> {
        let extension = extend(self, rules, limits, headers, now)?;
        self.apply(extension.clone());
        Ok(extension)
    }

    /// Where the best chain stands.
    #[must_use]
    pub const fn best(&self) -> Tip {
        self.tip
    }

    /// How many headers are kept, on all branches.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether nothing is kept: never, since the tip is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }
}

impl View for Memory {
    type Error = Infallible;

    fn tip(&self) -> Result<Tip, Infallible> {
        Ok(self.tip)
    }

    fn record(&self, id: &BlockId) -> Result<Option<Record>, Infallible> {
        Ok(self.records.get(id).copied())
    }

    fn level(&self, height: u32) -> Result<Option<Level>, Infallible> {
        Ok(self.levels.get(&height).cloned())
    }
}
