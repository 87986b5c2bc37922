//! A block's header.

use crate::hash::{BlockId, sha256d};
use crate::reader::Reader;
use crate::target::Bits;
use borsh::{BorshDeserialize, BorshSerialize};
use primitives::Digest;

/// Eighty bytes that name a parent, commit to transactions and prove work. Its canonical encoding is Bitcoin's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Header {
    /// Version, signed as Bitcoin reads it.
    pub version: i32,
    /// The block before.
    pub parent: BlockId,
    /// Root of the tree of transaction ids, in the order of hashing.
    pub merkle_root: Digest,
    /// Seconds since the Unix epoch, as the miner states them.
    pub time: u32,
    /// The target in compact form.
    pub bits: Bits,
    /// What the miner varied.
    pub nonce: u32,
}

impl Header {
    /// Bytes of a header.
    pub const SIZE: usize = 80;

    /// The header in these bytes; `None` unless there are exactly 80.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let header = Self {
            version: i32::from_le_bytes(reader.array()?),
            parent: BlockId::new(reader.array()?),
            merkle_root: Digest::new(reader.array()?),
            time: u32::from_le_bytes(reader.array()?),
            bits: Bits::new(u32::from_le_bytes(reader.array()?)),
            nonce: u32::from_le_bytes(reader.array()?),
        };
        reader.is_empty().then_some(header)
    }

    /// The headers in these bytes, one after the other; `None` unless they are whole.
    #[must_use]
    pub fn all_from_slice(bytes: &[u8]) -> Option<Vec<Self>> {
        bytes.chunks(Self::SIZE).map(Self::from_slice).collect()
    }

    /// Its 80 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        let fields: [&[u8]; 6] = [
            &self.version.to_le_bytes(),
            self.parent.as_bytes(),
            self.merkle_root.as_bytes(),
            &self.time.to_le_bytes(),
            &self.bits.get().to_le_bytes(),
            &self.nonce.to_le_bytes(),
        ];
        let places = bytes.iter_mut();
        for (place, byte) in places.zip(fields.into_iter().flatten()) {
            *place = *byte;
        }
        bytes
    }

    /// What names the block.
    #[must_use]
    pub fn id(&self) -> BlockId {
        BlockId::new(sha256d(&[&self.to_bytes()]))
    }
}
