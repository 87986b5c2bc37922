//! RLP, read strictly: one encoding per value. What another encoding of the same value is, is refused.
//!
//! # Source
//! The Ethereum yellow paper, appendix B.

/// A value: bytes, or the encodings of a list's items, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// Bytes.
    Bytes(&'a [u8]),
    /// The payload of a list.
    List(&'a [u8]),
}

/// Why bytes are not canonical RLP, or not of the shape that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RlpError {
    /// A length goes beyond the bytes.
    #[error("the bytes end early")]
    Short,
    /// Bytes after the value, or more items than expected.
    #[error("bytes after the value's end")]
    Trailing,
    /// A length or a single byte that has a shorter encoding.
    #[error("not the canonical encoding")]
    NotCanonical,
    /// Bytes where a list must be, or a list where bytes must be.
    #[error("a list where bytes must be, or the other way round")]
    Kind,
    /// A number with leading zeros or too long, or bytes of another length than they must have.
    #[error("a number or a fixed field has the wrong length")]
    Width,
}

/// Reads the first value of `bytes` and what follows it.
///
/// # Errors
/// [`RlpError::Short`], [`RlpError::NotCanonical`].
pub fn split(bytes: &[u8]) -> Result<(Item<'_>, &[u8]), RlpError> {
    let (first, after) = bytes.split_first().ok_or(RlpError::Short)?;
    match *first {
        0..=0x7f => Ok((Item::Bytes(take(bytes, 1)?.0), after)),
        short @ 0x80..=0xb7 => {
            let (content, rest) = take(after, usize::from(short.saturating_sub(0x80)))?;
            if let [only] = content
                && *only < 0x80
            {
                return Err(RlpError::NotCanonical);
            }
            Ok((Item::Bytes(content), rest))
        }
        long @ 0xb8..=0xbf => {
            let (content, rest) = long_form(after, usize::from(long.saturating_sub(0xb7)))?;
            Ok((Item::Bytes(content), rest))
        }
        short @ 0xc0..=0xf7 => {
            let (content, rest) = take(after, usize::from(short.saturating_sub(0xc0)))?;
            Ok((Item::List(content), rest))
        }
        long @ 0xf8..=0xff => {
            let (content, rest) = long_form(after, usize::from(long.saturating_sub(0xf7)))?;
            Ok((Item::List(content), rest))
        }
    }
}

fn take(bytes: &[u8], count: usize) -> Result<(&[u8], &[u8]), RlpError> {
    bytes.split_at_checked(count).ok_or(RlpError::Short)
}

/// A content of over 55 bytes, behind a length of `width` bytes.
fn long_form(bytes: &[u8], width: usize) -> Result<(&[u8], &[u8]), RlpError> {
    let (length, rest) = take(bytes, width)?;
    if length.first() == Some(&0) {
        return Err(RlpError::NotCanonical);
    }
    let length = usize::try_from(number(length)?).map_err(|_| RlpError::Short)?;
    if length <= 55 {
        return Err(RlpError::NotCanonical);
    }
    take(rest, length)
}

fn number(bytes: &[u8]) -> Result<u64, RlpError> {
    if bytes.len() > 8 || bytes.first() == Some(&0) {
        return Err(RlpError::Width);
    }
    let fold = |sum: u64, byte: &u8| (sum << 8) | u64::from(*byte);
    Ok(bytes.iter().fold(0, fold))
}

impl<'a> Item<'a> {
    /// The one value that `bytes`, all of them, encode.
    ///
    /// # Errors
    /// [`RlpError`].
    pub fn whole(bytes: &'a [u8]) -> Result<Self, RlpError> {
        let (item, rest) = split(bytes)?;
        if rest.is_empty() {
            Ok(item)
        } else {
            Err(RlpError::Trailing)
        }
    }

    /// Its bytes.
    ///
    /// # Errors
    /// [`RlpError::Kind`].
    pub const fn bytes(self) -> Result<&'a [u8], RlpError> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            Self::List(_) => Err(RlpError::Kind),
        }
    }

    /// Its items.
    ///
    /// # Errors
    /// [`RlpError::Kind`].
    pub const fn list(self) -> Result<Items<'a>, RlpError> {
        match self {
            Self::List(rest) => Ok(Items { rest }),
            Self::Bytes(_) => Err(RlpError::Kind),
        }
    }

    /// Exactly `N` bytes.
    ///
    /// # Errors
    /// [`RlpError::Kind`], [`RlpError::Width`].
    pub fn array<const N: usize>(self) -> Result<[u8; N], RlpError> {
        self.bytes()?.try_into().map_err(|_| RlpError::Width)
    }

    /// A number of at most eight bytes, without leading zeros.
    ///
    /// # Errors
    /// [`RlpError::Kind`], [`RlpError::Width`].
    pub fn u64(self) -> Result<u64, RlpError> {
        number(self.bytes()?)
    }

    /// A number of at most 32 bytes without leading zeros, as 32 bytes big-endian.
    ///
    /// # Errors
    /// [`RlpError::Kind`], [`RlpError::Width`].
    pub fn u256(self) -> Result<[u8; 32], RlpError> {
        let bytes = self.bytes()?;
        let pad = 32usize.checked_sub(bytes.len()).ok_or(RlpError::Width)?;
        if bytes.first() == Some(&0) {
            return Err(RlpError::Width);
        }
        let mut out = [0; 32];
        for (to, from) in out.iter_mut().skip(pad).zip(bytes) {
            *to = *from;
        }
        Ok(out)
    }
}

/// The items of a list, read one by one.
#[derive(Clone, Copy, Debug)]
pub struct Items<'a> {
    rest: &'a [u8],
}

impl<'a> Items<'a> {
    /// The next item.
    ///
    /// # Errors
    /// [`RlpError`]; [`RlpError::Short`] after the last.
    pub fn item(&mut self) -> Result<Item<'a>, RlpError> {
        let (item, rest) = split(self.rest)?;
        self.rest = rest;
        Ok(item)
    }

    /// The next item with the bytes that encode it.
    ///
    /// # Errors
    /// As [`Self::item`].
    pub fn encoded(&mut self) -> Result<(Item<'a>, &'a [u8]), RlpError> {
        let all = self.rest;
        let item = self.item()?;
        let length = all.len().saturating_sub(self.rest.len());
        Ok((item, take(all, length)?.0))
    }

    /// Whether every item was read.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Nothing may be left.
    ///
    /// # Errors
    /// [`RlpError::Trailing`].
    pub const fn end(self) -> Result<(), RlpError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(RlpError::Trailing)
        }
    }
}

/// The encoding of `bytes`.
#[must_use]
pub fn encode_bytes(bytes: &[u8]) -> Vec<u8> {
    if let [only] = bytes
        && *only < 0x80
    {
        return vec![*only];
    }
    let mut out = header(0x80, bytes.len());
    out.extend_from_slice(bytes);
    out
}

/// The encoding of a number.
#[must_use]
pub fn encode_number(n: u64) -> Vec<u8> {
    let bytes = n.to_be_bytes();
    let zeros = usize::try_from(n.leading_zeros() >> 3).unwrap_or(0);
    encode_bytes(bytes.get(zeros..).unwrap_or(&[]))
}

/// The encoding of the list whose items are encoded in `items`.
#[must_use]
pub fn encode_list(items: &[Vec<u8>]) -> Vec<u8> {
    let payload = items.concat();
    let mut out = header(0xc0, payload.len());
    out.extend(payload);
    out
}

fn header(base: u8, length: usize) -> Vec<u8> {
    if let Ok(short) = u8::try_from(length)
        && short <= 55
    {
        return vec![base.saturating_add(short)];
    }
    let bytes = length.to_be_bytes();
    let digits: Vec<u8> = bytes.into_iter().skip_while(|byte| *byte == 0).collect();
    let width = u8::try_from(digits.len()).unwrap_or(8);
    let mut out = vec![base.saturating_add(55).saturating_add(width)];
    out.extend(digits);
    out
}
