//! Rule 2: what a leader proposes.

use super::{Core, Lead};
use crate::effect::{Build, Effect, TimeoutReason};
use crate::input::TimerKey;
use crate::limits::MAX_BACKLOG_BYTES;
use crate::message::{Content, Message, Peer, Proposal};
use crate::round::Proposed;
use crate::rules::{check_block, check_on_parent, must_end, next};
use crate::scheme::Scheme;
use crate::tree::Standing;
use light_palisade::limits::MAX_JUSTIFICATION_BYTES;
use light_palisade::{Block, Certificate, Header, Justification, ValidatorIndex, Vote};
use primitives::codec::encode;
use primitives::{BlockHash, Digest, Epoch, Timestamp, View};
use std::sync::Arc;

/// Peers that are asked for missing certificates at once.
const ASKED: usize = 3;

/// What a leader finds to build on.
enum Base {
    /// The block notarized (or finalized) in this view, and why it may be followed now.
    Ready {
        parent_view: View,
        parent: BlockHash,
        header: Box<Header>,
        justification: Justification,
    },
    /// A certificate of this view is missing.
    Lacks(View),
    /// A body is missing or not judged yet.
    Waits,
}

impl<S: Scheme> Core<S> {
    /// Rule 2: as leader of the current view, begins to propose as soon as there is something to build on, and
    /// something to include or the idle time is over.
    pub(super) fn lead(&mut self) {
        let view = self.view;
        let leading = self.can_vote() && self.leader(view) == self.term.me;
        if !leading || self.lead != Lead::Idle || !self.round(view).own.is_silent() {
            return;
        }
        if self.is_far_behind() {
            // Block sync will take longer than anybody should wait.
            self.give_up(TimeoutReason::MissingProposal);
            return;
        }
        if !self.work && self.timers.runs(TimerKey::Idle) {
            return;
        }
        match self.base(view) {
            Base::Ready {
                parent_view,
                parent,
                header,
                justification,
            } => {
                if encode(&justification).len() > MAX_JUSTIFICATION_BYTES {
                    self.give_up(TimeoutReason::MissingProposal);
                } else if self.ends_this_epoch(&header) {
                    self.propose_again(view, parent_view, parent);
                } else if self.may_build_now() {
                    self.ask_to_build((view, parent_view), header, justification);
                }
            }
            Base::Lacks(missing) => self.ask_certificates(missing),
            // The body is asked for at the end of the turn. If it does not come in time, t_l ends the view.
            Base::Waits => {}
        }
    }

    fn may_build_now(&mut self) -> bool {
        let wait = self.leader_wait();
        if self.work || wait.is_zero() {
            let effect = self.timers.cancel(TimerKey::Idle);
            self.out.extend(effect);
            return true;
        }
        let at = self.now.mono.saturating_add(wait);
        self.out.push(self.timers.set(self.now, TimerKey::Idle, at));
        false
    }

    /// The highest view below `view` whose block is certified and valid, with a nullification of every view between.
    fn base(&self, view: View) -> Base {
        let mut nullifications = Vec::new();
        let mut cursor = view;
        let mut waits = false;
        loop {
            cursor = cursor.saturating_sub(View::new(1));
            if cursor <= self.last.view {
                return self.base_at_tip(nullifications);
            }
            let round = self.rounds.get(&cursor);
            if let Some(round) = round
                && let Some((_, parent)) = round.certified()
            {
                if let Some(entry) = self.tree.get(&parent).filter(|_| self.tree.is_valid(&parent)) {
                    return Base::Ready {
                        parent_view: cursor,
                        parent,
                        header: Box::new(entry.block.header.clone()),
                        justification: justify(round.block_certificate().cloned(), nullifications),
                    };
                }
                waits = true;
            }
            match round.and_then(|round| round.nullification.as_ref()) {
                Some(nullification) => nullifications.push(nullification.clone()),
                None if waits => return Base::Waits,
                None => return Base::Lacks(cursor),
            }
        }
    }

    fn base_at_tip(&self, nullifications: Vec<Certificate>) -> Base {
        Base::Ready {
            parent_view: self.last.view,
            parent: self.last.hash,
            header: Box::new(self.last.header.clone()),
            justification: justify(self.last.certificate.clone(), nullifications),
        }
    }

    fn ask_to_build(
        &mut self,
        (view, parent_view): (View, View),
        parent: Box<Header>,
        justification: Justification,
    ) {
        let Some(proposer) = self.term.me else { return };
        let time = self.now.wall.max(parent.time.after(primitives::Millis::new(1)));
        let boundary = must_end(&parent, self.term.committee.set().ends_at);
        let header = self.template(view, &parent, proposer, time, &justification);
        let build = Build {
            header,
            justification,
            parent_seed: parent.seed,
            boundary,
            empty: self.tree.bytes() > MAX_BACKLOG_BYTES >> 1,
        };
        self.lead = Lead::Building { parent_view, parent };
        self.changed();
        self.out.push(Effect::Build(Box::new(build)));
    }

    fn template(
        &self,
        view: View,
        parent: &Header,
        proposer: ValidatorIndex,
        time: Timestamp,
        justification: &Justification,
    ) -> Header {
        Header {
            version: Header::VERSION,
            chain_hash: self.config.chain,
            height: parent.height.next().unwrap_or(parent.height),
            epoch: self.term.epoch,
            view,
            parent: parent.hash(),
            proposer,
            time,
            chain_clock: parent.chain_clock.advance(parent.time, time),
            transactions_root: Digest::ZERO,
            justification_root: justification.root(),
            evidence_root: Digest::ZERO,
            validators_root: self.term.committee.root(),
            next_validators_root: Digest::ZERO,
            state_root: Digest::ZERO,
            receipts_root: Digest::ZERO,
            outbox_root: Digest::ZERO,
            seed: Digest::ZERO,
        }
    }

    /// The application's block. It is checked like anybody's: a block that others would refuse is not sent.
    pub(super) fn on_built(&mut self, slot: (Epoch, View), block: Arc<Block>) {
        let Some((parent_view, parent)) = self.awaited_parent(slot) else {
            return;
        };
        let (_, view) = slot;
        if block.header.parent != parent.hash() {
            // The answer to an earlier request of this view, before block sync moved the tip.
            return;
        }
        if !self.own_block_fits(view, &parent, &block) {
            self.give_up(TimeoutReason::MissingProposal);
        } else if self.round(view).own.is_silent() {
            let proposed = Proposed {
                parent_view,
                block: block.hash(),
                fresh: true,
            };
            self.tree.insert(proposed.block, block, Standing::Valid, false);
            self.propose(view, proposed);
        }
    }

    fn own_block_fits(&self, view: View, parent: &Header, block: &Block) -> bool {
        let first = parent.height == self.term.opening.height;
        let ends_at = self.term.committee.set().ends_at;
        block.header.view == view
            && check_block(block, &self.place(), self.term.me).is_ok()
            && check_on_parent(block, parent, ends_at, first, self.config.clock_may_jump).is_ok()
    }

    pub(super) fn on_build_failed(&mut self, slot: (Epoch, View)) {
        if self.awaited_parent(slot).is_some() {
            self.give_up(TimeoutReason::MissingProposal);
        }
    }

    /// The parent, and its view, of the block that is being built for this slot. What is best to build on may have
    /// changed since; the block that was begun stays justified.
    fn awaited_parent(&self, slot: (Epoch, View)) -> Option<(View, Header)> {
        match &self.lead {
            Lead::Building { parent_view, parent } if slot == (self.term.epoch, self.view) => {
                Some((*parent_view, parent.as_ref().clone()))
            }
            Lead::Building { .. } | Lead::Idle => None,
        }
    }

    fn propose_again(&mut self, view: View, parent_view: View, block: BlockHash) {
        let proposed = Proposed {
            parent_view,
            block,
            fresh: false,
        };
        self.propose(view, proposed);
    }

    /// Our own proposal: the body goes into the log, then our vote; both leave when the vote is signed.
    fn propose(&mut self, view: View, proposed: Proposed) {
        self.round(view).proposal = Some(proposed);
        self.record_block(&proposed.block);
        self.cast(super::voting::notarize(self.term.epoch, view, &proposed));
    }

    /// The message for our signed proposal. None when its parts are gone: then the vote goes alone.
    pub(super) fn own_proposal(&self, vote: Vote) -> Option<Proposal> {
        let view = vote.statement.view();
        let (_, hash) = vote.statement.block()?;
        let block = &self.tree.get(&hash)?.block;
        if block.header.view == view {
            let content = Content::Fresh(Arc::clone(block));
            return Some(Proposal { vote, content });
        }
        match self.base(view) {
            Base::Ready {
                parent,
                justification,
                ..
            } if parent == hash => Some(Proposal {
                vote,
                content: Content::Again(justification),
            }),
            Base::Ready { .. } | Base::Lacks(_) | Base::Waits => None,
        }
    }

    /// Asks a few peers for the certificates up to `highest`, every now and then.
    fn ask_certificates(&mut self, highest: View) {
        if self.now.mono < self.pace.ask_again {
            return;
        }
        self.pace.ask_again = self.now.mono.saturating_add(self.pace.delta);
        let message = Message::CertificatesWanted {
            epoch: self.term.epoch,
            from: next(self.decided),
            to: highest,
        };
        for to in self.likely_holders() {
            let message = message.clone();
            self.out.push(Effect::Send { to, message });
        }
    }

    /// Those who signed what brought us here were in the view before, so they had a certificate for the one before
    /// that.
    fn likely_holders(&self) -> Vec<Peer> {
        let before = self.view.saturating_sub(View::new(1));
        let signers: Vec<ValidatorIndex> = self
            .rounds
            .get(&before)
            .and_then(|round| round.exit())
            .map(|certificate| certificate.signers.iter().collect())
            .unwrap_or_default();
        let others: Vec<ValidatorIndex> = signers
            .into_iter()
            .filter(|index| Some(*index) != self.term.me)
            .collect();
        self.rotated(&others, ASKED)
    }
}

fn justify(parent: Option<Certificate>, mut nullifications: Vec<Certificate>) -> Justification {
    nullifications.reverse();
    Justification {
        parent,
        nullifications,
    }
}
