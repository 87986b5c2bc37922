//! Proposals: taken when they prove themselves.

use super::Core;
use crate::effect::{Event, Misdeed};
use crate::limits::PROPOSALS_AHEAD;
use crate::message::{Content, Peer, Proposal};
use crate::round::Proposed;
use crate::rules::{Claim, Flaw, check_block, check_justification};
use crate::scheme::Scheme;
use light_palisade::{Block, Certificate, Justification, Statement, ValidatorIndex};
use primitives::{BlockHash, View};
use std::sync::Arc;

impl<S: Scheme> Core<S> {
    /// A leader's proposal. Its vote counts in any case; its certificates bring us to its view; the first one that
    /// breaks no rule is what the view votes on.
    pub(super) fn on_proposal(&mut self, from: Peer, proposal: Proposal) {
        let vote = proposal.vote;
        let Statement::Notarize {
            view,
            parent_view,
            block,
            ..
        } = vote.statement
        else {
            self.ban(from, Misdeed::BadProposal);
            return;
        };
        self.on_votes(from, &[vote]);
        let leads = self.leader(view) == Some(vote.signer) && self.address(vote.signer) == Some(from);
        if self.peers.is_banned(&from) || !leads || view <= self.decided || self.term.over {
            return;
        }
        let fresh = matches!(proposal.content, Content::Fresh(_));
        let proposed = Proposed {
            parent_view,
            block,
            fresh,
        };
        if view < self.view {
            self.take_late(block, proposal.content);
            return;
        }
        if self.round(view).proposal.is_some() || self.round(view).flawed {
            return;
        }
        match self.examine(vote.signer, view, &proposed, &proposal.content) {
            Ok(()) => self.take_proposal(view, proposed, proposal.content),
            Err(why) => {
                self.round(view).flawed = true;
                self.changed();
                if let Some(misdeed) = why {
                    self.ban(from, misdeed);
                }
            }
        }
    }

    /// A proposal of a view that was left: its body is welcome if a quorum stands behind it.
    fn take_late(&mut self, hash: BlockHash, content: Content) {
        if let Content::Fresh(block) = content
            && (self.fetching.contains(&hash) || self.is_certified(&hash))
            && !self.tree.contains(&hash)
            && block.hash() == hash
        {
            self.take_body(hash, block);
        }
    }

    /// Checks what needs no parent body. The error says whether the leader is provably at fault.
    fn examine(
        &mut self,
        leader: ValidatorIndex,
        view: View,
        proposed: &Proposed,
        content: &Content,
    ) -> Result<(), Option<Misdeed>> {
        let (parent, justification) = match content {
            Content::Fresh(block) => {
                self.examine_block(leader, view, proposed, block)
                    .map_err(|_| None)?;
                (block.header.parent, &block.justification)
            }
            Content::Again(justification) => (proposed.block, justification),
        };
        let claim = Claim {
            epoch: self.term.epoch,
            view,
            parent_view: proposed.parent_view,
            parent,
        };
        check_justification(justification, &claim, &self.term.opening).map_err(|_| None)?;
        self.follow(justification)
            .map_err(|_| Some(Misdeed::BadProposal))?;
        // Below the tip there is nothing to build on. Certificates that say otherwise were looked at all the same:
        // against a finalization that we hold they are evidence.
        let known = proposed.parent_view > self.last.view
            || (proposed.parent_view == self.last.view && parent == self.last.hash);
        if known { Ok(()) } else { Err(None) }
    }

    fn examine_block(
        &self,
        leader: ValidatorIndex,
        view: View,
        proposed: &Proposed,
        block: &Block,
    ) -> Result<(), Flaw> {
        if block.hash() != proposed.block {
            return Err(Flaw::Field("hash"));
        }
        if block.header.view != view {
            return Err(Flaw::Field("view"));
        }
        check_block(block, &self.place(), Some(leader))
    }

    /// Believes and keeps every certificate of a justification; they may bring us to the proposal's view.
    fn follow(&mut self, justification: &Justification) -> Result<(), Forged> {
        let parent = justification.parent.iter();
        for certificate in parent.chain(&justification.nullifications) {
            if !self.believe(certificate) {
                return Err(Forged);
            }
        }
        let new: Vec<Certificate> = justification
            .parent
            .iter()
            .chain(&justification.nullifications)
            .filter(|certificate| certificate.statement.epoch() == self.term.epoch)
            .filter(|certificate| self.is_news(certificate))
            .cloned()
            .collect();
        for certificate in new {
            self.accept(certificate);
        }
        Ok(())
    }

    fn take_proposal(&mut self, view: View, proposed: Proposed, content: Content) {
        let horizon = self.view.saturating_add(View::new(PROPOSALS_AHEAD));
        if view < self.view || view > horizon {
            return;
        }
        self.round(view).proposal = Some(proposed);
        if let Content::Fresh(block) = content {
            self.add_proposed(proposed.block, block);
        }
        self.changed();
        self.event(Event::Proposed {
            epoch: self.term.epoch,
            view,
            block: proposed.block,
        });
    }

    fn add_proposed(&mut self, hash: BlockHash, block: Arc<Block>) {
        self.hold_body(hash, block, crate::tree::Standing::Unchecked);
    }
}

/// A certificate that does not hold.
struct Forged;
