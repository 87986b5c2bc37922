//! Proposals without their transactions: validators have most of them already.
//!
//! A leader sends the block with a short id in place of each transaction. Who gets it takes the transactions out of its own
//! mempool, asks the leader for those that it lacks, and for the whole block when that does not lead to the one that the
//! header speaks of. Consensus never sees a block that is not whole; what cannot be made whole is as if it never came.
//!
//! # Source
//! consensus.md, section 1.5.

use crate::application::Application;
use borsh::{BorshDeserialize, BorshSerialize};
use bytes::Bytes;
use consensus::{Content, Message, Proposal};
use crypto::bls::SignatureBytes;
use crypto::hash::sha256;
use light_palisade::limits::{MAX_BLOCK_BYTES, MAX_TRANSACTION_BYTES, MAX_TRANSACTIONS};
use light_palisade::{Block, Evidence, Header, Justification, Vote};
use primitives::BlockHash;
use primitives::codec::{CodecError, decode_limited, encode};
use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;

/// The first byte of a frame with a compact proposal. No [`Message`] begins with it.
const MARK: u8 = 0xc0;
/// Bytes of transactions from which on a block is sent without them: below, asking costs more than it saves.
const LEAST: usize = 4_096;

/// What stands for a transaction: salted with the block's hash, so that nobody can make two that are alike beforehand.
type ShortId = [u8; 8];

fn short_id(salt: &BlockHash, transaction: &[u8]) -> ShortId {
    let [a, b, c, d, e, f, g, h, ..] = sha256(&[salt.as_bytes(), transaction]);
    [a, b, c, d, e, f, g, h]
}

/// A proposal of a fresh block without its transactions.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Compact {
    vote: Vote,
    header: Header,
    justification: Justification,
    seed_signature: SignatureBytes,
    evidence: Vec<Evidence>,
    ids: Vec<ShortId>,
}

/// The frame of a proposal without its transactions; `None` for whatever is better sent as it is.
pub(crate) fn pack(message: &Message) -> Option<Bytes> {
    let Message::Proposal(proposal) = message else {
        return None;
    };
    let Content::Fresh(block) = &proposal.content else {
        return None;
    };
    if block.transactions.iter().map(Vec::len).sum::<usize>() < LEAST {
        return None;
    }
    let hash = block.hash();
    let compact = Compact {
        vote: proposal.vote,
        header: block.header.clone(),
        justification: block.justification.clone(),
        seed_signature: block.seed_signature,
        evidence: block.evidence.clone(),
        ids: block
            .transactions
            .iter()
            .map(|one| short_id(&hash, one))
            .collect(),
    };
    let mut frame = vec![MARK];
    frame.extend(encode(&compact));
    Some(frame.into())
}

/// The compact proposal in a frame; `None` where the frame is another message. The bytes are a stranger's.
pub(crate) fn parse(frame: &[u8]) -> Option<Result<Compact, CodecError>> {
    let (_, rest) = frame.split_first().filter(|(mark, _)| **mark == MARK)?;
    let compact = decode_limited::<Compact>(rest, MAX_BLOCK_BYTES);
    Some(compact.and_then(|compact| match compact.ids.len() {
        length if length > MAX_TRANSACTIONS => Err(CodecError::TooLong {
            length,
            limit: MAX_TRANSACTIONS,
        }),
        _ => Ok(compact),
    }))
}

/// Who sent a compact proposal, for what is missing of it.
pub(crate) trait Source: Sync {
    /// The transactions at these positions of the block, in this order.
    fn transactions(
        &self,
        block: BlockHash,
        positions: Vec<u32>,
    ) -> impl Future<Output = Option<Vec<Vec<u8>>>> + Send;

    /// All of it.
    fn whole(&self, block: BlockHash) -> impl Future<Output = Option<Block>> + Send;
}

/// How a proposal was made whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Everything was here.
    Here,
    /// So many transactions were asked for.
    Asked(usize),
    /// The block was asked for.
    Whole,
}

/// The proposal with its block, and how it came to be; `None` when its sender does not give what is missing.
pub(crate) async fn rebuild<A: Application, S: Source>(
    application: &Arc<A>,
    compact: Compact,
    source: &S,
) -> Option<(Proposal, Way)> {
    let hash = compact.header.hash();
    let vote = compact.vote;
    let count = compact.ids.len();
    let app = application.clone();
    let mut draft = blocking(move || Draft::begin(compact, app.as_ref())).await?;
    let missing = draft.missing();
    let asked = missing.len();
    // With half of it missing the whole costs little more, and one question less.
    let worth_asking = asked.saturating_mul(2) <= count;
    if asked > 0 && worth_asking {
        let found = source.transactions(hash, missing.clone()).await;
        draft.fill(&missing, found.unwrap_or_default());
    }
    let app = application.clone();
    let whole = blocking(move || draft.finish().filter(|block| app.is_whole(block))).await?;
    let (block, way) = match whole {
        Some(block) if asked == 0 => (block, Way::Here),
        Some(block) => (block, Way::Asked(asked)),
        None => (
            source.whole(hash).await.filter(|block| block.hash() == hash)?,
            Way::Whole,
        ),
    };
    let content = Content::Fresh(Arc::new(block));
    Some((Proposal { vote, content }, way))
}

/// `None` when the process ends.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(work).await.ok()
}

/// A block that is being put together.
struct Draft {
    compact: Compact,
    transactions: Vec<Option<Vec<u8>>>,
}

impl Draft {
    /// With what the application holds.
    fn begin<A: Application>(compact: Compact, application: &A) -> Self {
        let salt = compact.header.hash();
        let mut places: HashMap<ShortId, usize> = HashMap::with_capacity(compact.ids.len());
        for (place, id) in compact.ids.iter().enumerate() {
            places.insert(*id, place);
        }
        let mut transactions = vec![None; compact.ids.len()];
        let mut left = places.len();
        let mut bytes_left = MAX_TRANSACTION_BYTES;
        application.recall(&mut |bytes| {
            let place = places.get(&short_id(&salt, bytes));
            if let Some(slot) = place.and_then(|place| transactions.get_mut(*place))
                && slot.is_none()
                && bytes.len() <= bytes_left
            {
                *slot = Some(bytes.to_vec());
                bytes_left = bytes_left.saturating_sub(bytes.len());
                left = left.saturating_sub(1);
            }
            left > 0
        });
        Self {
            compact,
            transactions,
        }
    }

    fn missing(&self) -> Vec<u32> {
        let places = (0u32..).zip(&self.transactions);
        places
            .filter(|(_, one)| one.is_none())
            .map(|(place, _)| place)
            .collect()
    }

    /// Puts what was asked for into its places.
    fn fill(&mut self, missing: &[u32], found: Vec<Vec<u8>>) {
        for (place, bytes) in missing.iter().zip(found) {
            let place = usize::try_from(*place).unwrap_or(usize::MAX);
            if let Some(slot) = self.transactions.get_mut(place) {
                *slot = Some(bytes);
            }
        }
    }

    /// The block, when nothing is missing any more. Whether it is the header's is not looked at.
    fn finish(self) -> Option<Block> {
        let transactions = self.transactions.into_iter().collect::<Option<Vec<_>>>()?;
        Some(Block {
            header: self.compact.header,
            justification: self.compact.justification,
            seed_signature: self.compact.seed_signature,
            evidence: self.compact.evidence,
            transactions,
        })
    }
}

#[cfg(test)]
mod tests;
