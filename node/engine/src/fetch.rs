//! Bodies by hash, asked of peers one after the other, and answered to them.

use crate::driver::Command;
use borsh::{BorshDeserialize, BorshSerialize};
use bytes::Bytes;
use consensus::Peer;
use light_palisade::Block;
use light_palisade::limits::MAX_BLOCK_BYTES;
use network::{Handle as Network, PeerKey};
use primitives::BlockHash;
use primitives::codec::{decode_limited, encode};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// How long one peer may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// The most bytes of a question of this module.
const MAX_QUESTION: usize = 64;

/// What one node asks another, ahead of the bytes of block sync, which the application answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) enum Question {
    /// The body with this hash, finalized or not.
    Body(BlockHash),
}

impl Question {
    /// The first bytes of every question of this module. Block sync's own questions start otherwise.
    const MARK: [u8; 4] = *b"body";

    pub(crate) fn to_bytes(self) -> Bytes {
        let mut bytes = Self::MARK.to_vec();
        bytes.extend_from_slice(&encode(&self));
        bytes.into()
    }

    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        decode_limited(bytes.strip_prefix(&Self::MARK)?, MAX_QUESTION).ok()
    }
}

/// Fetches under way: one per body.
#[derive(Debug, Default)]
pub(crate) struct Fetches(BTreeSet<BlockHash>);

impl Fetches {
    /// Starts asking, unless that is under way. The outcome comes back as a command.
    pub(crate) fn start(
        &mut self,
        block: BlockHash,
        from: Vec<Peer>,
        network: &Network,
        commands: &mpsc::Sender<Command>,
    ) {
        if !self.0.insert(block) {
            return;
        }
        let (network, commands) = (network.clone(), commands.clone());
        tokio::spawn(async move {
            let found = ask(block, from, &network).await;
            // A driver that is gone needs no answer.
            drop(commands.send(Command::Fetched { block, found }).await);
        });
    }

    pub(crate) fn done(&mut self, block: &BlockHash) {
        self.0.remove(block);
    }
}

async fn ask(block: BlockHash, from: Vec<Peer>, network: &Network) -> Option<Arc<Block>> {
    let mut peers: Vec<PeerKey> = from.into_iter().map(|peer| PeerKey(peer.0)).collect();
    for peer in network.linked() {
        if !peers.contains(&peer) {
            peers.push(peer);
        }
    }
    for peer in peers {
        let Ok(answer) = network
            .request(peer, Question::Body(block).to_bytes(), PATIENCE)
            .await
        else {
            continue;
        };
        if answer.is_empty() || answer.len() > MAX_BLOCK_BYTES {
            continue;
        }
        match Block::decode(&answer) {
            Ok(body) if body.hash() == block => return Some(Arc::new(body)),
            Ok(_) | Err(_) => tracing::warn!(peer = %peer, %block, "a peer answered with another body"),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_comes_back_and_others_are_not_ours() {
        let question = Question::Body(BlockHash::new([3; 32]));
        assert_eq!(Question::parse(&question.to_bytes()), Some(question));
        assert_eq!(Question::parse(b"body"), None);
        assert_eq!(Question::parse(&[0; 40]), None);
    }
}
