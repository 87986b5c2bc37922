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
use std::collections::BTreeMap;
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
        let outcome = check_on_parent(block, parent, self.term.committee.set().ends_at, first)
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
        match Option::<Standing>::from(verdict) {
            Some(standing) => self.tree.set_standing(hash, standing),
            None => self.discard(hash),
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
        self.fetching.remove(&hash);
        self.tree.insert(hash, block, standing, false);
        self.changed();
    }

    /// Asks for the bodies that are missing: of certified blocks, latest first, and of parents.
    pub(super) fn request_bodies(&mut self) {
        let wanted = self.missing_bodies();
        self.fetching.retain(|hash| wanted.contains_key(hash));
        for (hash, want) in wanted {
            if self.fetching.contains(&hash) || self.fetching.len() >= MAX_FETCHES {
                continue;
            }
            let from = self.sources(&want.certificate);
            let limit = self.last.header.height.saturating_add(Height::new(FETCH_DEPTH));
            if want.height.is_some_and(|height| height > limit) {
                self.behind(self.term.epoch, want.height, from);
                continue;
            }
            self.fetching.insert(hash);
            self.out.push(Effect::Fetch { block: hash, from });
        }
    }

    fn missing_bodies(&self) -> BTreeMap<BlockHash, Want> {
        let certified = self
            .rounds
            .range(next(self.last.view)..)
            .rev()
            .filter_map(|(_, round)| round.block_certificate())
            .filter_map(|certificate| {
                let (_, block) = certificate.statement.block()?;
                Some((block, None, certificate))
            });
        let parents = self
            .tree
            .iter()
            .filter(|(_, entry)| entry.standing == Standing::Unchecked)
            .filter(|(_, entry)| entry.block.header.height > next_height(self.last.header.height))
            .filter_map(|(_, entry)| {
                let header = &entry.block.header;
                let certificate = entry.block.justification.parent.as_ref()?;
                let height = header.height.saturating_sub(Height::new(1));
                Some((header.parent, Some(height), certificate))
            });
        certified
            .take(MAX_FETCHES)
            .chain(parents)
            .filter(|(hash, _, _)| !self.tree.contains(hash) && *hash != self.last.hash)
            .map(|(hash, height, certificate)| {
                let certificate = certificate.clone();
                (hash, Want { height, certificate })
            })
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

/// A missing body: its height, if known, and a certificate whose signers should have it.
struct Want {
    height: Option<Height>,
    certificate: Certificate,
}

enum Parent {
    Valid(Box<Header>),
    Invalid,
    Unknown,
}

fn next_height(height: Height) -> Height {
    height.next().unwrap_or(Height::MAX)
}
