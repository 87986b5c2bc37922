//! What is kept of a header: all that its children are checked against, so that no check walks the chain.

use crate::hash::BlockId;
use crate::limits::MEDIAN_SPAN;
use crate::target::{Bits, Work};
use borsh::{BorshDeserialize, BorshSerialize};
use primitives::Digest;
use std::io::{Error, ErrorKind, Read, Write};

/// The times of a block and of up to ten before it, oldest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    count: u8,
    at: [u32; MEDIAN_SPAN],
}

impl Times {
    /// These times, oldest first; `None` for none, or more than eleven.
    #[must_use]
    pub fn new(times: &[u32]) -> Option<Self> {
        let count = u8::try_from(times.len()).ok()?;
        let mut at = [0; MEDIAN_SPAN];
        at.get_mut(..times.len())?.copy_from_slice(times);
        (count > 0).then_some(Self { count, at })
    }

    /// The times, oldest first.
    #[must_use]
    pub fn as_slice(&self) -> &[u32] {
        self.at.get(..usize::from(self.count)).unwrap_or(&self.at)
    }

    /// The newest.
    #[must_use]
    pub fn last(&self) -> u32 {
        self.as_slice().last().copied().unwrap_or(0)
    }

    /// These and one more; the oldest goes when there are eleven.
    #[must_use]
    pub fn then(&self, time: u32) -> Self {
        let mut next = *self;
        if usize::from(self.count) < MEDIAN_SPAN {
            if let Some(place) = next.at.get_mut(usize::from(self.count)) {
                *place = time;
            }
            next.count = self.count.saturating_add(1);
        } else {
            next.at.rotate_left(1);
            if let Some(place) = next.at.last_mut() {
                *place = time;
            }
        }
        next
    }

    /// The median: the upper one of the two in the middle.
    #[must_use]
    pub fn median(&self) -> u32 {
        let mut sorted = self.at;
        let known = sorted.get_mut(..usize::from(self.count)).unwrap_or(&mut []);
        known.sort_unstable();
        known.get(known.len() >> 1).copied().unwrap_or(0)
    }
}

impl BorshSerialize for Times {
    fn serialize<W: Write>(&self, writer: &mut W) -> std::io::Result<()> {
        self.count.serialize(writer)?;
        self.as_slice().iter().try_for_each(|time| time.serialize(writer))
    }
}

impl BorshDeserialize for Times {
    fn deserialize_reader<R: Read>(reader: &mut R) -> std::io::Result<Self> {
        let count = u8::deserialize_reader(reader)?;
        let mut at = [0; MEDIAN_SPAN];
        let bad = || Error::new(ErrorKind::InvalidData, "one to eleven times");
        let places = at.get_mut(..usize::from(count)).ok_or_else(bad)?;
        for place in places {
            *place = u32::deserialize_reader(reader)?;
        }
        if count == 0 {
            return Err(bad());
        }
        Ok(Self { count, at })
    }
}

/// What is known of the period of 2,016 blocks that a block stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Period {
    /// Time of its first block, in seconds.
    pub start_time: u32,
    /// Bits of its first block.
    pub start_bits: Bits,
    /// Bits that a block which is not late must have: those of the last block that was no exception.
    pub usual_bits: Bits,
}

/// What is kept of a header that was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Record {
    /// The block before.
    pub parent: BlockId,
    /// Root of the tree of transaction ids.
    pub merkle_root: Digest,
    /// Blocks before it.
    pub height: u32,
    /// Its compact target.
    pub bits: Bits,
    /// Work of its chain, itself included.
    pub work: Work,
    /// Its period.
    pub period: Period,
    /// Its time and those of the ten blocks before.
    pub times: Times,
    /// The last height on its chain at which a period began more than two hours before its parent: a sign of a
    /// timewarp attack, legal on mainnet today. Deposits should wait while it is recent.
    pub warped_at: Option<u32>,
}

impl Record {
    /// The most bytes that its encoding takes.
    pub const MAX_BYTES: usize = 32 + 32 + 4 + 4 + 32 + 12 + 1 + 4 * MEDIAN_SPAN + 5;

    /// Its time, in seconds.
    #[must_use]
    pub fn time(&self) -> u32 {
        self.times.last()
    }
}

/// The headers at one height.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Level {
    /// The one on the best chain.
    pub best: Option<BlockId>,
    /// Those on other branches, in the order in which they came or lost their place.
    pub rivals: Vec<BlockId>,
}

/// Where the best chain stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Tip {
    /// Its last block.
    pub id: BlockId,
    /// That block's height.
    pub height: u32,
    /// Work of the chain.
    pub work: Work,
    /// The lowest height of which headers are kept.
    pub floor: u32,
}
