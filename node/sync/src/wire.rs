//! What nodes ask each other about finalized blocks, and what they answer.

use borsh::{BorshDeserialize, BorshSerialize};
use bytes::Bytes;
use light_palisade::{Block, Certificate, Header, ValidatorSet};
use primitives::codec::{CodecError, decode_limited, encode};
use primitives::{BlockHash, Epoch, Height};

/// Headers in one answer: about a quarter of a megabyte.
pub(crate) const MAX_HEADERS: u64 = 512;
/// Bodies in one answer.
pub(crate) const MAX_BODIES: usize = 32;
/// Bytes of bodies in one answer, unless the first alone has more.
pub(crate) const MAX_BODY_BYTES: usize = 4 << 20;
/// Hand-overs in one answer, each with a validator set.
pub(crate) const MAX_HAND_OVERS: usize = 8;
/// Bytes of a question.
pub(crate) const MAX_QUESTION: usize = 16 << 10;
/// Bytes of an answer: what the network carries by default.
pub(crate) const MAX_ANSWER: usize = 8 << 20;

/// The first bytes of every question and answer: what it is, and in which version.
const MARK: [u8; 5] = *b"sync\x02";

/// A question about finalized blocks.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Request {
    /// The latest finalized block.
    Status,
    /// The headers of these heights, both ends included, at most 512.
    Headers {
        /// The first.
        from: Height,
        /// The last.
        to: Height,
    },
    /// The blocks with these hashes, at most 32.
    Bodies {
        /// Their hashes.
        hashes: Vec<BlockHash>,
    },
    /// The ends of epochs from this one on.
    HandOvers {
        /// The first epoch.
        from: Epoch,
    },
}

/// The latest finalized block of a node.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Status {
    /// Its header.
    pub header: Header,
    /// A finalization of it; none for genesis.
    pub certificate: Option<Certificate>,
    /// The first height whose block it keeps.
    pub earliest: Height,
}

/// The end of an epoch, and who decides the next.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct HandOver {
    /// The epoch's last header.
    pub header: Header,
    /// A finalization of it by the epoch's set.
    pub certificate: Certificate,
    /// The next set, which the header commits to.
    pub next: ValidatorSet,
}

/// The answer to a [`Request`] of the same name.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Answer {
    /// The latest finalized block.
    Status(Box<Status>),
    /// Headers in order of height, all that were asked for.
    Headers(Vec<Header>),
    /// The first few of the blocks that were asked for, in the order of the question: as many as fit, at least one if
    /// the first is there.
    Bodies(Vec<Block>),
    /// The ends of epochs in order, without gaps, as many as there are and fit.
    HandOvers(Vec<HandOver>),
    /// To a question about headers or bodies: they are forgotten, the first that is kept is this one.
    Pruned {
        /// The first height that is kept.
        earliest: Height,
    },
}

impl Request {
    /// The question's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        marked(self)
    }

    /// The question that a stranger's bytes are; `None` when they are something else, or more than is allowed.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let request: Self = decode_limited(bytes.strip_prefix(&MARK)?, MAX_QUESTION).ok()?;
        let allowed = match &request {
            Self::Status | Self::HandOvers { .. } => true,
            Self::Headers { from, to } => from <= to && to.get() - from.get() < MAX_HEADERS,
            Self::Bodies { hashes } => hashes.len() <= MAX_BODIES,
        };
        allowed.then_some(request)
    }
}

impl Answer {
    /// The answer's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        marked(self)
    }

    /// The answer that a stranger's bytes are.
    ///
    /// # Errors
    /// [`CodecError`] when they are none.
    pub fn parse(bytes: &[u8]) -> Result<Self, CodecError> {
        let unmarked = bytes
            .strip_prefix(&MARK)
            .ok_or_else(|| CodecError::Malformed("no answer about finalized blocks".into()))?;
        decode_limited(unmarked, MAX_ANSWER)
    }
}

fn marked<T: BorshSerialize>(value: &T) -> Bytes {
    let mut bytes = MARK.to_vec();
    bytes.extend_from_slice(&encode(value));
    bytes.into()
}

#[cfg(test)]
mod tests;
