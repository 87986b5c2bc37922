//! Byte strings that are cheap to keep by the million and cheap to clone.

use primitives::codec::{Decode, Encode};
use std::borrow::Borrow;
use std::sync::Arc;

/// The longest string that is kept in place: a table's prefix, an account and an asset.
const IN_PLACE: usize = 38;

/// An immutable byte string. Up to 38 bytes are kept in place, longer ones are shared, so that the ordered map's
/// nodes are copied without touching one reference count per entry.
///
/// Ordered, compared and encoded as its bytes.
#[derive(Clone)]
pub struct Bytes(Place);

#[derive(Clone)]
enum Place {
    Here { length: u8, bytes: [u8; IN_PLACE] },
    Shared(Arc<[u8]>),
}

impl Bytes {
    /// The bytes.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        match &self.0 {
            // The length is at most the array's by construction; an empty default is never taken.
            Place::Here { length, bytes } => bytes.get(..usize::from(*length)).unwrap_or_default(),
            Place::Shared(bytes) => bytes,
        }
    }

    /// How many bytes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.0 {
            Place::Here { length, .. } => usize::from(*length),
            Place::Shared(bytes) => bytes.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl From<&[u8]> for Bytes {
    fn from(source: &[u8]) -> Self {
        let mut bytes = [0; IN_PLACE];
        match (u8::try_from(source.len()), bytes.get_mut(..source.len())) {
            (Ok(length), Some(room)) => {
                room.copy_from_slice(source);
                Self(Place::Here { length, bytes })
            }
            _ => Self(Place::Shared(source.into())),
        }
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(source: Vec<u8>) -> Self {
        Self::from(source.as_slice())
    }
}

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        self.as_slice()
    }
}
impl Borrow<[u8]> for Bytes {
    fn borrow(&self) -> &[u8] {
        self.as_slice()
    }
}
impl PartialEq for Bytes {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}
impl Eq for Bytes {}
impl PartialOrd for Bytes {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Bytes {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        self.as_slice().cmp(other.as_slice())
    }
}
impl core::fmt::Debug for Bytes {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.as_slice()
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
impl Encode for Bytes {
    fn serialize<W: std::io::Write>(&self, writer: &mut W) -> std::io::Result<()> {
        self.as_slice().serialize(writer)
    }
}
impl Decode for Bytes {
    fn deserialize_reader<R: std::io::Read>(reader: &mut R) -> std::io::Result<Self> {
        Vec::<u8>::deserialize_reader(reader).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use primitives::codec::{decode, encode};

    #[test]
    fn short_and_long_strings_behave_as_their_bytes() {
        for length in [0, 1, IN_PLACE - 1, IN_PLACE, IN_PLACE + 1, 255, 256, 300] {
            let source = vec![7u8; length];
            let bytes = Bytes::from(source.as_slice());
            assert_eq!(bytes.as_slice(), source);
            assert_eq!(bytes.len(), length);
            assert_eq!(encode(&bytes), encode(&source));
            assert_eq!(decode::<Bytes>(&encode(&source)), Ok(bytes));
        }
        assert_eq!(size_of::<Bytes>(), 40);
        assert!(Bytes::from(vec![1; 40]) < Bytes::from(vec![2]));
    }
}
