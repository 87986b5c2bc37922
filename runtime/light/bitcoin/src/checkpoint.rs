//! Where a chain begins: a trusted header with all that its children are checked against.

use crate::hash::BlockId;
use crate::header::Header;
use crate::limits::MEDIAN_SPAN;
use crate::network::{Network, PERIOD, Rules};
use crate::record::{Period, Record, Times};
use crate::target::{BitsError, Work};
use borsh::{BorshDeserialize, BorshSerialize};

/// A header that is believed, and its past. Who chooses it is trusted for the height, the work and the times: take
/// them from a node of one's own.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Checkpoint {
    /// The header.
    pub header: Header,
    /// Blocks before it.
    pub height: u32,
    /// Work of its chain, itself included.
    pub work: Work,
    /// Its period.
    pub period: Period,
    /// Its time and those of the ten blocks before, oldest first.
    pub times: Times,
}

/// Why a checkpoint contradicts itself or its network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Its bits are no target.
    #[error("the checkpoint's bits are no target: {0}")]
    Target(#[from] BitsError),
    /// Its target is easier than the network allows.
    #[error("the checkpoint's target is easier than the network allows")]
    TooEasy,
    /// Its hash is above its target.
    #[error("the checkpoint's hash is above its target: no proof of work")]
    NoWork,
    /// It claims less work than its own.
    #[error("the checkpoint's chain has less work than the block alone")]
    TooLittle,
    /// The times are not those of it and the ten blocks before.
    #[error("the checkpoint needs {expected} times, oldest first, the last of them its own")]
    Times {
        /// How many there must be.
        expected: usize,
    },
    /// The period contradicts the header.
    #[error("the checkpoint's period contradicts its header")]
    Period,
}

impl Checkpoint {
    /// The first block of a network.
    #[must_use]
    pub fn genesis(network: Network) -> Self {
        let header = network.genesis();
        Self {
            height: 0,
            work: header.bits.work().unwrap_or_default(),
            period: Period {
                start_time: header.time,
                start_bits: header.bits,
                usual_bits: header.bits,
            },
            times: Times::default().then(header.time),
            header,
        }
    }

    /// What a chain begins with.
    ///
    /// # Errors
    /// [`CheckpointError`] where it cannot be right.
    pub fn root(&self, rules: &Rules) -> Result<(BlockId, Record), CheckpointError> {
        let header = &self.header;
        if header.bits.target()? > rules.limit.target()? {
            return Err(CheckpointError::TooEasy);
        }
        let id = header.id();
        if !header.bits.is_met_by(id.as_bytes())? {
            return Err(CheckpointError::NoWork);
        }
        if self.work < header.bits.work()? {
            return Err(CheckpointError::TooLittle);
        }
        let blocks = usize::try_from(self.height)
            .unwrap_or(usize::MAX)
            .saturating_add(1);
        let expected = blocks.min(MEDIAN_SPAN);
        if self.times.as_slice().len() != expected || self.times.last() != header.time {
            return Err(CheckpointError::Times { expected });
        }
        let period = &self.period;
        let begins = self.height.is_multiple_of(PERIOD);
        let begun = period.start_time == header.time && period.start_bits == header.bits;
        let constant = period.start_bits == header.bits && period.usual_bits == header.bits;
        let easiest = period.start_bits.target()?.max(period.usual_bits.target()?);
        if (begins && !begun) || (!rules.easy_when_quiet && !constant) || easiest > rules.limit.target()? {
            return Err(CheckpointError::Period);
        }
        let record = Record {
            parent: header.parent,
            merkle_root: header.merkle_root,
            height: self.height,
            bits: header.bits,
            work: self.work,
            period: self.period,
            times: self.times,
            warped_at: None,
        };
        Ok((id, record))
    }
}
