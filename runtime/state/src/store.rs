//! What tables read and write through.

use crate::StateError;

/// The place of one entry. Only tables make these: whoever holds a store but not the table cannot reach the entry.
#[derive(Clone, Copy, Debug)]
pub struct RawKey<'a>(&'a [u8]);

impl<'a> RawKey<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The raw key: module, table, then the encoded key.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.0
    }
}

/// Which way a range is walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// From the smallest key up.
    Ascending,
    /// From the largest key down.
    Descending,
}

/// A part of one table, and how many of its entries are wanted at most. Only tables make these.
#[derive(Clone, Debug)]
pub struct RawRange {
    /// Every key starts with this, and `after` too.
    pub(crate) prefix: Vec<u8>,
    /// Entries up to and including this one, in walking order, are left out.
    pub(crate) after: Option<Vec<u8>>,
    pub(crate) limit: usize,
    pub(crate) order: Order,
}

/// A borrowed entry: raw key and value.
pub type Entry<'a> = (&'a [u8], &'a [u8]);

/// Reads entries: implemented by a version, an overlay, and the kernel's `View` and `Ctx`.
pub trait Read {
    /// The value under `key`.
    ///
    /// # Errors
    /// [`StateError::OutOfGas`] where reads are metered.
    fn read(&self, key: RawKey<'_>) -> Result<Option<&[u8]>, StateError>;

    /// Keys and values of `range`, in its order, at most as many as it asks for.
    ///
    /// # Errors
    /// [`StateError::OutOfGas`] where reads are metered.
    fn scan(&self, range: &RawRange) -> Result<Vec<Entry<'_>>, StateError>;
}

/// Writes entries too.
pub trait Write: Read {
    /// Sets the value under `key`, or removes it (`None`).
    ///
    /// # Errors
    /// [`StateError::OutOfGas`] where writes are metered.
    fn write(&mut self, key: RawKey<'_>, value: Option<Vec<u8>>) -> Result<(), StateError>;
}

/// The smallest byte string above every one that starts with `prefix`; `None` when there is none.
pub(crate) fn after_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if let Some(next) = last.checked_add(1) {
            end.push(next);
            return Some(end);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_where_the_next_begins() {
        assert_eq!(after_prefix(&[1, 2]), Some(vec![1, 3]));
        assert_eq!(after_prefix(&[1, 255, 255]), Some(vec![2]));
        assert_eq!(after_prefix(&[255, 255]), None);
        assert_eq!(after_prefix(&[]), None);
    }
}
