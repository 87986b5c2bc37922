//! Rule 7: what is final is given out once, in height order.

use super::{Core, Last};
use crate::effect::{Divergence, Effect};
use crate::limits::RETENTION;
use crate::record::Floor;
use crate::rules::next;
use crate::scheme::Scheme;
use light_palisade::{Block, Certificate};
use primitives::{BlockHash, Height, View};
use std::sync::Arc;

/// What lies between the tip and a finalized block.
enum Path {
    /// All bodies, each the parent of the next, all valid.
    Ready(Vec<Arc<Block>>),
    /// Something is missing or not judged.
    Waits,
    /// It does not descend from the tip.
    Fork(Height),
}

impl<S: Scheme> Core<S> {
    /// Gives out the highest finalized block whose bodies, back to the tip, are all here and valid.
    pub(super) fn commit(&mut self) {
        let finalized: Vec<Certificate> = self
            .rounds
            .range(next(self.last.view)..)
            .rev()
            .filter_map(|(_, round)| round.finalization.clone())
            .collect();
        for certificate in finalized {
            let Some((_, block)) = certificate.statement.block() else {
                continue;
            };
            match self.path_to(block) {
                Path::Ready(blocks) => {
                    self.finalize(&blocks, certificate);
                    return;
                }
                Path::Waits => {}
                Path::Fork(height) => {
                    self.diverge(Divergence::Fork {
                        block,
                        height,
                        tip: self.last.hash,
                    });
                    return;
                }
            }
        }
    }

    /// The blocks from above the tip to `target`, checked to be each the parent of the next.
    fn path_to(&self, target: BlockHash) -> Path {
        let mut blocks = Vec::new();
        let mut valid = true;
        let mut hash = target;
        while hash != self.last.hash {
            let Some(entry) = self.tree.get(&hash) else {
                return Path::Waits;
            };
            if entry.block.header.height <= next_height(self.last.header.height)
                && entry.block.header.parent != self.last.hash
            {
                return Path::Fork(entry.block.header.height);
            }
            valid &= self.tree.is_valid(&hash);
            blocks.push(Arc::clone(&entry.block));
            hash = entry.block.header.parent;
        }
        if !valid || blocks.is_empty() {
            return Path::Waits;
        }
        blocks.reverse();
        Path::Ready(blocks)
    }

    fn finalize(&mut self, blocks: &[Arc<Block>], certificate: Certificate) {
        let Some(block) = blocks.last() else { return };
        let view = certificate.statement.view();
        self.last = Last {
            hash: block.hash(),
            header: block.header.clone(),
            certificate: Some(certificate.clone()),
            view,
        };
        self.out.push(Effect::Finalized {
            blocks: blocks.to_vec(),
            certificate,
        });
        let boundary = self.ends_this_epoch(&block.header);
        self.forget_decided();
        self.changed();
        if boundary {
            self.term.over = true;
            self.stop_view_timers();
        }
    }

    /// The floor of the log: everything at or below is decided.
    fn floor(&self) -> Floor {
        Floor {
            epoch: self.term.epoch,
            view: self.last.view,
            height: self.last.header.height,
        }
    }

    /// Notes that a view is decided, and all before it: nothing is certified in them any more, and those long
    /// decided are dropped.
    pub(super) fn decide(&mut self, view: View) {
        if view <= self.decided {
            return;
        }
        let open = next(core::mem::replace(&mut self.decided, view));
        let low = view.saturating_sub(View::new(RETENTION));
        self.rounds = self.rounds.split_off(&next(low));
        for (_, round) in self.rounds.range_mut(open..=view) {
            round.tally.settle();
        }
    }

    /// Drops the bodies that the tip decides; votes and certificates stay for the retention window.
    pub(super) fn forget_decided(&mut self) {
        let view = self.last.view;
        self.tree.prune(self.last.header.height, view);
        for (_, round) in self.rounds.range_mut(..=view) {
            round.proposal = None;
        }
        if self.past.as_ref().is_some_and(|past| !past.is_kept_at(view)) {
            self.past = None;
        }
        self.out.push(Effect::Prune(self.floor()));
    }
}

fn next_height(height: Height) -> Height {
    height.next().unwrap_or(Height::MAX)
}
