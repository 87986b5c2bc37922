//! Proposes on a stale parent: a child of its parent's parent, complete and right in everything, except that nobody
//! has nullified the view of the block that it passes over. Half of the time the others get the honest block.

use super::{Actor, Parcel, Voice, fresh, halves, transactions_root};
use consensus::{Content, Message, Proposal};
use crypto::hash::seed;
use light_palisade::{Bitmap, Block, Certificate, Statement};
use primitives::BlockHash;
use std::collections::VecDeque;
use std::sync::Arc;

/// Blocks that are remembered.
const KEPT: usize = 32;

#[derive(Default)]
pub(crate) struct Forker {
    seen: VecDeque<(BlockHash, Arc<Block>)>,
}

impl Forker {
    fn see(&mut self, message: &Message) {
        if let Message::Proposal(proposal) = message
            && let Content::Fresh(block) = &proposal.content
        {
            if self.seen.len() >= KEPT {
                self.seen.pop_front();
            }
            self.seen.push_back((block.hash(), Arc::clone(block)));
        }
    }

    fn block(&self, hash: &BlockHash) -> Option<&Arc<Block>> {
        self.seen
            .iter()
            .find(|(seen, _)| seen == hash)
            .map(|(_, block)| block)
    }

    /// The sibling of a block's parent that could stand in the block's place.
    fn fork(&self, voice: &mut Voice<'_>, of: &Statement, block: &Block) -> Option<(Statement, Block)> {
        let passed = self.block(&block.header.parent)?;
        let stale = self.block(&passed.header.parent)?;
        let certified = passed.justification.parent.as_ref()?.statement;
        if stale.header.epoch != block.header.epoch || certified.epoch() != block.header.epoch {
            return None;
        }
        let mut fork = block.clone();
        fork.transactions = vec![b"fork".to_vec()];
        fork.evidence = Vec::new();
        let mut parent_view = certified.view();
        if voice.dice.percent(30) {
            // A certificate that holds, of another block than the one it follows.
            parent_view = of.block()?.0;
        } else {
            fork.justification = passed.justification.clone();
        }
        if voice.dice.percent(20) {
            // As if the view of the passed block had been left, by our word alone.
            let statement = Statement::Nullify {
                epoch: block.header.epoch,
                view: passed.header.view,
            };
            let vote = voice.vote(statement);
            fork.justification.nullifications.push(Certificate {
                statement,
                signers: Bitmap::new(voice.committee.len(), [voice.me]),
                signature: vote.signature,
            });
        }
        let header = &mut fork.header;
        header.parent = passed.header.parent;
        header.height = passed.header.height;
        header.chain_clock = stale.header.chain_clock.advance(stale.header.time, header.time);
        header.seed = seed(&stale.header.seed, &fork.seed_signature.0);
        header.state_root = passed.header.state_root;
        header.receipts_root = passed.header.receipts_root;
        header.outbox_root = passed.header.outbox_root;
        header.next_validators_root = passed.header.next_validators_root;
        header.evidence_root = Block::evidence_root(&fork.evidence);
        header.justification_root = fork.justification.root();
        fork.header.transactions_root = transactions_root(&fork);
        let statement = Statement::Notarize {
            epoch: block.header.epoch,
            view: block.header.view,
            parent_view,
            block: fork.hash(),
        };
        Some((statement, fork))
    }
}

impl Actor for Forker {
    fn heard(&mut self, message: &Message) {
        self.see(message);
    }

    fn outgoing(&mut self, voice: &mut Voice<'_>, parcel: Parcel) -> Vec<Parcel> {
        let Some((vote, block)) = fresh(&parcel.message) else {
            return vec![parcel];
        };
        self.see(&parcel.message);
        let Some((statement, fork)) = self.fork(voice, &vote.statement, &block) else {
            return vec![parcel];
        };
        voice.strike();
        let vote = voice.vote(statement);
        let content = Content::Fresh(Arc::new(fork));
        let message = Message::Proposal(Box::new(Proposal { vote, content }));
        if voice.dice.percent(50) {
            return vec![Parcel { message, ..parcel }];
        }
        let (one, two) = halves(voice, &parcel.to);
        vec![
            Parcel {
                to: one,
                message,
                after: parcel.after,
            },
            Parcel { to: two, ..parcel },
        ]
    }
}
