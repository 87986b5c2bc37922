//! Bodies by hash, asked of peers one after the other, and answered to them.

use crate::compact::Source;
use crate::driver::Command;
use borsh::{BorshDeserialize, BorshSerialize};
use bytes::Bytes;
use consensus::Peer;
use light_palisade::Block;
use light_palisade::limits::{MAX_BLOCK_BYTES, MAX_TRANSACTIONS};
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
const MAX_QUESTION: usize = 64 + 4 * MAX_TRANSACTIONS;

/// What one node asks another, ahead of the bytes of block sync, which the application answers.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) enum Question {
    /// The body with this hash, finalized or not.
    Body(BlockHash),
    /// The transactions of that body at these positions.
    Transactions(BlockHash, Vec<u32>),
}

impl Question {
    /// The first bytes of every question of this module. Block sync's own questions start otherwise.
    const MARK: [u8; 4] = *b"body";

    pub(crate) fn to_bytes(&self) -> Bytes {
        let mut bytes = Self::MARK.to_vec();
        bytes.extend_from_slice(&encode(self));
        bytes.into()
    }

    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        decode_limited(bytes.strip_prefix(&Self::MARK)?, MAX_QUESTION).ok()
    }

    /// The body that it is about.
    pub(crate) const fn block(&self) -> BlockHash {
        match self {
            Self::Body(block) | Self::Transactions(block, _) => *block,
        }
    }

    /// The answer to it out of that body; `None` when what is asked for is not in it.
    pub(crate) fn answer(&self, body: &Block) -> Option<Bytes> {
        match self {
            Self::Body(_) => Some(encode(body).into()),
            Self::Transactions(_, positions) => {
                // Ascending, so that nothing is asked for twice.
                if !positions.is_sorted_by(|one, next| one < next) {
                    return None;
                }
                let at = |position: &u32| body.transactions.get(usize::try_from(*position).ok()?);
                let found: Vec<&Vec<u8>> = positions.iter().map(at).collect::<Option<_>>()?;
                Some(encode(&found).into())
            }
        }
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

/// The leader that pushed a block without its transactions.
pub(crate) struct Leader {
    pub(crate) network: Network,
    pub(crate) peer: PeerKey,
}

impl Leader {
    async fn ask(&self, question: Question) -> Option<Bytes> {
        let asked = self.network.request(self.peer, question.to_bytes(), PATIENCE);
        let answer = asked.await.ok()?;
        (!answer.is_empty() && answer.len() <= MAX_BLOCK_BYTES).then_some(answer)
    }
}

impl Source for Leader {
    async fn transactions(&self, block: BlockHash, positions: Vec<u32>) -> Option<Vec<Vec<u8>>> {
        let answer = self.ask(Question::Transactions(block, positions)).await?;
        decode_limited(&answer, MAX_BLOCK_BYTES).ok()
    }

    async fn whole(&self, block: BlockHash) -> Option<Block> {
        Block::decode(&self.ask(Question::Body(block)).await?).ok()
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
        let some = Question::Transactions(BlockHash::new([3; 32]), vec![1, 2]);
        assert_eq!(Question::parse(&some.to_bytes()), Some(some));
        assert_eq!(Question::parse(b"body"), None);
        assert_eq!(Question::parse(&[0; 40]), None);
    }
}
