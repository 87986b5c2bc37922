//! What leads from one version to the next.

use crate::Bytes;
use primitives::codec::{self, Decode};
use std::io;

/// One entry that differs between two versions.
#[derive(Clone, Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)]
pub struct Change {
    /// The raw key.
    pub key: Bytes,
    /// The value before; `None` when there was none.
    pub old: Option<Bytes>,
    /// The value after; `None` when it was removed.
    pub new: Option<Bytes>,
}

/// Every entry that differs between two versions: in key order, each key once, each value really different.
///
/// Its encoding is what the block log stores, so that an older version can be had by stepping back ([`Changes::undo`]).
#[derive(Clone, Debug, Default, PartialEq, Eq, borsh::BorshSerialize)]
pub struct Changes(Vec<Change>);

impl Changes {
    /// `changes` when they are in key order, each key once, and each a real difference.
    #[must_use]
    pub fn new(changes: Vec<Change>) -> Option<Self> {
        let ordered = changes.is_sorted_by(|a, b| a.key < b.key);
        let real = changes.iter().all(|change| change.old != change.new);
        (ordered && real).then_some(Self(changes))
    }

    /// What an overlay found: ordered and real already.
    pub(crate) const fn from_overlay(changes: Vec<Change>) -> Self {
        Self(changes)
    }

    /// The changes in key order.
    #[must_use]
    pub fn as_slice(&self) -> &[Change] {
        &self.0
    }

    /// The changes that lead back.
    #[must_use]
    pub fn undo(&self) -> Self {
        let swap = |change: &Change| Change {
            key: change.key.clone(),
            old: change.new.clone(),
            new: change.old.clone(),
        };
        Self(self.0.iter().map(swap).collect())
    }

    /// How many entries differ.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether both versions are equal.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many bytes the encoding has.
    #[must_use]
    pub fn size(&self) -> usize {
        codec::encode(self).len()
    }
}

impl Decode for Changes {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        Self::new(Vec::deserialize_reader(reader)?).ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                "changes out of order, or one without a difference",
            )
        })
    }
}
