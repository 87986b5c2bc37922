//! Bodies: what is judged, what is missing.

use super::Core;
use crate::effect::{Divergence, Effect, Verify};
use crate::input::Verdict;
use crate::limits::{FETCH_DEPTH, MAX_FETCHES, MAX_SOURCES};
use crate::message::Peer;
use crate::rules::{check_block, check_on_parent, next};
use crate::scheme::Scheme;
use crate::tree::Standing;
use light_palisade::{Block, Certificate, Header, ValidatorIndex};
use primitives::{BlockHash, Epoch, Height, Millis};
use std::sync::Arc;

impl<S: Scheme> Core<S> {
    /// Looks at every body whose parent is valid: the core's own rules first, then the application is asked.
    pub(super) fn judge_blocks(&mut self) {
        let unchecked: Vec<(BlockHash, Arc<Block>)> = self
            .tree
            .iter()
            .filter(|(_, entry)| entry.standing == Standing::Unchecked)
            .map(|(hash, entry)| (*hash, Arc::clone(&entry.block)))
            .collect();
        for (hash, block) in unchecked {
            match self.parent_of(&block.header) {
                Parent::Valid(parent) => self.judge(hash, &block, &parent),
                Parent::Invalid => {
                    let standing = Standing::Invalid("its parent is invalid".to_owned());
                    self.tree.set_standing(&hash, standing);
                    self.changed();
                }
                Parent::Unknown => {}
            }
        }
        self.check_certified();
    }

    fn judge(&mut self, hash: BlockHash, block: &Arc<Block>, parent: &Header) {
        let first = parent.height == self.term.opening.height;
        let header = &block.header;
        let ends_at = self.term.committee.set().ends_at;
        let outcome = check_on_parent(block, parent, ends_at, first, self.config.clock_may_jump)
            .map_err(|flaw| flaw.to_string());
        let slot = (header.epoch, header.view);
        let outcome = outcome.and_then(|()| {
            let committee = &self.term.committee;
            let holds = self
                .scheme
                .verify_seed(committee, header.proposer, slot, &block.seed_signature);
            if holds {
                Ok(())
            } else {
                Err("the seed signature is not the proposer's".to_owned())
            }
        });
        self.changed();
        match outcome {
            Ok(()) => {
                self.tree.set_standing(&hash, Standing::Asked);
                self.out.push(Effect::Verify(Verify {
                    hash,
                    block: Arc::clone(block),
                }));
            }
            Err(reason) => self.tree.set_standing(&hash, Standing::Invalid(reason)),
        }
    }

    fn parent_of(&self, header: &Header) -> Parent {
        if header.parent == self.last.hash {
            return Parent::Valid(Box::new(self.last.header.clone()));
        }
        match self.tree.get(&header.parent) {
            Some(entry) => match &entry.standing {
                Standing::Valid => Parent::Valid(Box::new(entry.block.header.clone())),
                Standing::Invalid(_) => Parent::Invalid,
                Standing::Unchecked | Standing::Asked => Parent::Unknown,
            },
            None => Parent::Unknown,
        }
    }

    /// A quorum stands behind a block that is invalid here: something is badly wrong, here or with the quorum.
    fn check_certified(&mut self) {
        let wrong = self
            .rounds
            .range(next(self.last.view)..)
            .filter_map(|(_, round)| round.certified())
            .find_map(|(_, block)| {
                let entry = self.tree.get(&block)?;
                match &entry.standing {
                    Standing::Invalid(reason) => Some(Divergence::Invalid {
                        block,
                        height: entry.block.header.height,
                        reason: reason.clone(),
                    }),
                    Standing::Unchecked | Standing::Asked | Standing::Valid => None,
                }
            });
        if let Some(divergence) = wrong {
            self.diverge(divergence);
        }
    }

    /// The application's verdict. A body that is not the header's is thrown away: the block may still be good.
    pub(super) fn on_verified(&mut self, hash: &BlockHash, verdict: Verdict) {
        let asked = self
            .tree
            .get(hash)
            .is_some_and(|entry| entry.standing == Standing::Asked);
        if !asked {
            return;
        }
        match verdict {
            Verdict::Valid => self.tree.set_standing(hash, Standing::Valid),
            Verdict::Invalid(reason) => self.tree.set_standing(hash, Standing::Invalid(reason)),
            Verdict::Corrupt(_) => self.discard(hash),
        }
        self.changed();
    }

    fn discard(&mut self, hash: &BlockHash) {
        self.tree.remove(hash);
        self.pace.repeats = self.pace.repeats.saturating_add(1);
        for (_, round) in self.rounds.range_mut(self.view..) {
            if round.proposal.is_some_and(|proposal| proposal.block == *hash) {
                round.proposal = None;
                round.flawed = true;
            }
        }
    }

    /// A body that was asked for.
    pub(super) fn on_fetched(&mut self, block: Arc<Block>) {
        let hash = block.hash();
        if !self.fetching.remove(&hash) || self.tree.contains(&hash) {
            return;
        }
        self.take_body(hash, block);
    }

    /// Adds a body that somebody stands behind. A body that is not the header's is dropped and asked for again.
    pub(super) fn take_body(&mut self, hash: BlockHash, block: Arc<Block>) {
        let leader = self.leader(block.header.view);
        let standing = match check_block(&block, &self.place(), leader) {
            Ok(()) => Standing::Unchecked,
            Err(flaw) if flaw.is_of_the_body() => {
                // Whoever gave it is not asked first again.
                self.pace.repeats = self.pace.repeats.saturating_add(1);
                return;
            }
            Err(flaw) => Standing::Invalid(flaw.to_string()),
        };
        self.hold_body(hash, block, standing);
        self.changed();
    }

    /// Keeps a body. Of those that cannot be judged yet only so many are kept: the latest, when block sync will bring
    /// the others; else the earliest, because they are judged first.
    pub(super) fn hold_body(&mut self, hash: BlockHash, block: Arc<Block>, standing: Standing) {
        self.fetching.remove(&hash);
        self.tree.insert(hash, block, standing, false);
        let latest = self.is_far_behind();
        while let Some(surplus) = self.tree.surplus(latest) {
            self.tree.remove(&surplus);
        }
    }

    /// Whether a block was seen final that is too far above the tip to go there block by block.
    pub(super) fn is_far_behind(&self) -> bool {
        let near = self.last.header.height.saturating_add(Height::new(FETCH_DEPTH));
        self.highest_final > near
    }

    /// Asks for the bodies that are missing, or for block sync.
    pub(super) fn request_bodies(&mut self) {
        self.note_highest_final();
        if self.is_far_behind() {
            let certificate = self.best_finalization().cloned();
            let from = certificate.map_or_else(Vec::new, |c| self.sources(&c));
            self.behind(self.term.epoch, Some(self.highest_final), from);
            self.fetching.clear();
            return;
        }
        let wanted = self.missing_bodies();
        self.fetching
            .retain(|hash| wanted.iter().any(|(missing, _)| missing == hash));
        for (block, certificate) in wanted {
            if self.fetching.len() < MAX_FETCHES && self.fetching.insert(block) {
                let from = self.sources(&certificate);
                self.out.push(Effect::Fetch { block, from });
            }
        }
    }

    fn note_highest_final(&mut self) {
        let seen = self
            .rounds
            .range(next(self.last.view)..)
            .filter_map(|(_, round)| round.finalization.as_ref()?.statement.block())
            .filter_map(|(_, block)| self.tree.get(&block))
            .map(|entry| entry.block.header.height)
            .max();
        self.highest_final = self.highest_final.max(seen.unwrap_or(Height::ZERO));
    }

    /// Bodies that are missing, each with a certificate whose signers should have it: the last final block's, then
    /// those of certified blocks and of parents, earliest first.
    fn missing_bodies(&self) -> Vec<(BlockHash, Certificate)> {
        let above = self.rounds.range(next(self.last.view)..);
        let last = above
            .clone()
            .rev()
            .find_map(|(_, round)| round.finalization.as_ref());
        let certified = above.filter_map(|(_, round)| round.block_certificate());
        let named = last
            .into_iter()
            .chain(certified)
            .filter_map(|certificate| Some((certificate.statement.block()?.1, certificate)));
        let low = next_height(self.last.header.height);
        let parents = self
            .tree
            .iter()
            .map(|(_, entry)| (&entry.standing, &entry.block))
            .filter(|(standing, block)| **standing == Standing::Unchecked && block.header.height > low)
            .filter_map(|(_, block)| Some((block.header.parent, block.justification.parent.as_ref()?)));
        named
            .chain(parents)
            .filter(|(hash, _)| !self.tree.contains(hash) && *hash != self.last.hash)
            .take(2 * MAX_FETCHES)
            .map(|(hash, certificate)| (hash, certificate.clone()))
            .collect()
    }

    /// Whether a quorum stands behind a block above the tip.
    pub(super) fn is_certified(&self, hash: &BlockHash) -> bool {
        self.rounds
            .range(next(self.last.view)..)
            .filter_map(|(_, round)| round.certified())
            .any(|(_, block)| block == *hash)
    }

    /// Who should have a certified block's body: its signers, another few at every repetition.
    pub(super) fn sources(&self, certificate: &Certificate) -> Vec<Peer> {
        let signers: Vec<ValidatorIndex> = certificate
            .signers
            .iter()
            .filter(|index| Some(*index) != self.term.me)
            .collect();
        self.rotated(&signers, MAX_SOURCES)
    }

    /// Up to `count` of these, starting elsewhere at every repetition.
    pub(super) fn rotated(&self, indices: &[ValidatorIndex], count: usize) -> Vec<Peer> {
        let mine = self.term.me.map_or(0, |me| u64::from(me.get()));
        let turn = self.pace.repeats.saturating_mul(3).saturating_add(mine);
        let length = u64::try_from(indices.len()).unwrap_or(u64::MAX);
        let skip = turn.checked_rem(length).unwrap_or(0);
        indices
            .iter()
            .cycle()
            .skip(usize::try_from(skip).unwrap_or(0))
            .take(count.min(indices.len()))
            .filter_map(|index| self.address(*index))
            .collect()
    }

    /// Hints that single blocks will not do, once a second.
    pub(super) fn behind(&mut self, epoch: Epoch, height: Option<Height>, from: Vec<Peer>) {
        if self.now.mono < self.pace.behind_again {
            return;
        }
        self.pace.behind_again = self.now.mono.saturating_add(Millis::new(1_000));
        self.out.push(Effect::Behind { epoch, height, from });
    }
}

enum Parent {
    Valid(Box<Header>),
    Invalid,
    Unknown,
}

fn next_height(height: Height) -> Height {
    height.next().unwrap_or(Height::MAX)
}
