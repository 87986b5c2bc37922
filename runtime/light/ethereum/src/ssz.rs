//! Reading SSZ with exact bounds. Nothing is allocated for a length that was not checked against the bytes.

use crate::spec::Root;

/// Why bytes are not the SSZ of what they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SszError {
    /// Fewer bytes than the fixed part needs.
    #[error("the bytes end early")]
    Short,
    /// Bytes after the last field.
    #[error("bytes after the value's end")]
    Trailing,
    /// An offset that is not where its field begins.
    #[error("an offset points elsewhere than to its field")]
    Offset,
    /// A list is longer than its limit.
    #[error("a list is longer than its limit")]
    Limit,
    /// The fork's rules are unknown to this code.
    #[error("the fork's rules are unknown")]
    Fork,
    /// Bits beyond the committee's size, or fields that must be empty and are not.
    #[error("a field that must be empty is not")]
    NotEmpty,
    /// A branch of another length than its slot's fork has, whose extra nodes are not zero.
    #[error("a branch does not have its fork's length")]
    Branch,
}

/// A cursor over bytes.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads from the start of `bytes`.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next `count` bytes.
    ///
    /// # Errors
    /// [`SszError::Short`].
    pub fn bytes(&mut self, count: usize) -> Result<&'a [u8], SszError> {
        let (head, rest) = self.rest.split_at_checked(count).ok_or(SszError::Short)?;
        self.rest = rest;
        Ok(head)
    }

    /// The next `N` bytes.
    ///
    /// # Errors
    /// [`SszError::Short`].
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], SszError> {
        let (head, rest) = self.rest.split_first_chunk::<N>().ok_or(SszError::Short)?;
        self.rest = rest;
        Ok(*head)
    }

    /// A little-endian `u64`.
    ///
    /// # Errors
    /// [`SszError::Short`].
    pub fn u64(&mut self) -> Result<u64, SszError> {
        self.array().map(u64::from_le_bytes)
    }

    /// An offset, as a length.
    ///
    /// # Errors
    /// [`SszError::Short`].
    pub fn offset(&mut self) -> Result<usize, SszError> {
        let offset = self.array().map(u32::from_le_bytes)?;
        usize::try_from(offset).map_err(|_| SszError::Offset)
    }

    /// `count` roots: a branch of fixed length.
    ///
    /// # Errors
    /// [`SszError::Short`].
    pub fn roots(&mut self, count: usize) -> Result<Vec<Root>, SszError> {
        let bytes = self.bytes(count.checked_mul(32).ok_or(SszError::Short)?)?;
        Ok(bytes.as_chunks::<32>().0.to_vec())
    }

    /// How many bytes are left.
    #[must_use]
    pub const fn left(&self) -> usize {
        self.rest.len()
    }

    /// Nothing may be left.
    ///
    /// # Errors
    /// [`SszError::Trailing`].
    pub const fn end(self) -> Result<(), SszError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(SszError::Trailing)
        }
    }
}

/// The parts of `bytes` that begin at `offsets`, which must start right after the fixed part of `fixed` bytes and not
/// go back.
///
/// # Errors
/// [`SszError::Offset`].
pub fn parts<const N: usize>(
    bytes: &[u8],
    fixed: usize,
    offsets: [usize; N],
) -> Result<[&[u8]; N], SszError> {
    if offsets.first().is_some_and(|first| *first != fixed) {
        return Err(SszError::Offset);
    }
    let mut out: [&[u8]; N] = [&[]; N];
    let ends = offsets.iter().skip(1).copied().chain([bytes.len()]);
    for ((slot, start), end) in out.iter_mut().zip(offsets).zip(ends) {
        *slot = bytes.get(start..end).ok_or(SszError::Offset)?;
    }
    Ok(out)
}
