//! Answering other nodes.

use crate::wire::{Answer, HandOver, MAX_BODY_BYTES, MAX_HAND_OVERS, Request, Status};
use bytes::Bytes;
use light_palisade::{Block, Header};
use primitives::codec::encode;
use primitives::{BlockHash, Epoch, Height};
use std::sync::Arc;

/// The finalized chain that is served from. Implemented by the binary over the store; what cannot be read is not
/// there. It is called on a thread that may wait for the disk.
pub trait Source {
    /// The latest block with its own finalization.
    fn status(&self) -> Option<Status>;

    /// The first height whose block is kept.
    fn earliest(&self) -> Height;

    /// The header at a height.
    fn header(&self, height: Height) -> Option<Header>;

    /// The block with a hash.
    fn block(&self, hash: &BlockHash) -> Option<Arc<Block>>;

    /// The ends of epochs from `from` on, in order, without gaps, at most `limit`.
    fn hand_overs(&self, from: Epoch, limit: usize) -> Vec<HandOver>;
}

/// The answer to a peer's question; `None` when it is no question about finalized blocks, or there is no answer.
#[must_use]
pub fn answer<S: Source + ?Sized>(source: &S, question: &[u8]) -> Option<Bytes> {
    let answer = match Request::parse(question)? {
        Request::Status => Answer::Status(Box::new(source.status()?)),
        Request::Headers { from, .. } if from < source.earliest() => Answer::Pruned {
            earliest: source.earliest(),
        },
        Request::Headers { from, to } => {
            let heights = (from.get()..=to.get()).map(Height::new);
            Answer::Headers(
                heights
                    .map(|height| source.header(height))
                    .collect::<Option<_>>()?,
            )
        }
        Request::Bodies { hashes } => {
            let (found, earliest) = (bodies(source, &hashes), source.earliest());
            // Where it was cannot be told from a hash; where nothing is forgotten, it never was here.
            if found.is_empty() && !hashes.is_empty() && earliest > Height::new(1) {
                Answer::Pruned { earliest }
            } else {
                Answer::Bodies(found)
            }
        }
        Request::HandOvers { from } => Answer::HandOvers(source.hand_overs(from, MAX_HAND_OVERS)),
    };
    Some(answer.to_bytes())
}

/// The first few of the blocks, until one is missing or they are too much.
fn bodies<S: Source + ?Sized>(source: &S, hashes: &[BlockHash]) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut bytes = 0;
    for hash in hashes {
        let Some(block) = source.block(hash) else { break };
        bytes += encode(block.as_ref()).len();
        if bytes > MAX_BODY_BYTES && !found.is_empty() {
            break;
        }
        found.push(block.as_ref().clone());
    }
    found
}
