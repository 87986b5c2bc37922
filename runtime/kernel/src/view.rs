//! Reading without executing.

use crate::Block;
use state::{Entry, RawKey, RawRange, Read, StateError};

/// A version of the state for reading, together with the block that led to it: for queries, also at past heights, and
/// for invariants. Unmetered.
#[derive(Clone, Copy)]
pub struct View<'a> {
    store: &'a (dyn Read + Sync),
    block: &'a Block,
}

impl<'a> View<'a> {
    /// What `store`, a version or an overlay, holds after `block`.
    pub const fn new(store: &'a (dyn Read + Sync), block: &'a Block) -> Self {
        Self { store, block }
    }

    /// The block that led to this state.
    #[must_use]
    pub const fn block(&self) -> &'a Block {
        self.block
    }
}

impl Read for View<'_> {
    fn read(&self, key: RawKey<'_>) -> Result<Option<&[u8]>, StateError> {
        self.store.read(key)
    }

    fn scan(&self, range: &RawRange) -> Result<Vec<Entry<'_>>, StateError> {
        self.store.scan(range)
    }
}

impl core::fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("View")
            .field("block", self.block)
            .finish_non_exhaustive()
    }
}
