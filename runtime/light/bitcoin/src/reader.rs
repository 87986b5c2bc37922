//! Reading bytes of a stranger, never past their end.

/// Bytes that are yet to be read. Every method gives `None` at the end and for what is not canonical.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is yet to be read.
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// The next `N` bytes.
    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        let [byte] = self.array()?;
        Some(byte)
    }

    /// The next `length` bytes.
    pub(crate) fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(head)
    }

    /// A count in Bitcoin's variable form, in the fewest bytes that hold it.
    pub(crate) fn count(&mut self) -> Option<u64> {
        match self.byte()? {
            0xfd => Some(u64::from(u16::from_le_bytes(self.array()?))).filter(|n| *n >= 0xfd),
            0xfe => Some(u64::from(u32::from_le_bytes(self.array()?))).filter(|n| *n > 0xffff),
            0xff => Some(u64::from_le_bytes(self.array()?)).filter(|n| *n > 0xffff_ffff),
            small => Some(u64::from(small)),
        }
    }

    /// Bytes that follow their count.
    pub(crate) fn counted(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.count()?).ok()?;
        self.bytes(length)
    }
}
