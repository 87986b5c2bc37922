//! Rules 3 to 5: what we say in a view. Everything that is ever signed goes through [`Core::cast`].

use super::Core;
use crate::effect::{Effect, Event, TimeoutReason};
use crate::input::TimerKey;
use crate::limits::{MAX_BACKLOG_BYTES, MAX_VOTES, SMALL_BLOCK_BYTES};
use crate::message::Message;
use crate::pace::times;
use crate::record::Record;
use crate::round::Proposed;
use crate::rules::too_early;
use crate::scheme::Scheme;
use crate::tree::{self, Standing};
use light_palisade::{Statement, Vote, VoteKind};
use primitives::{BlockHash, Millis, View};

impl<S: Scheme> Core<S> {
    /// Whether we have a voice in this epoch.
    pub(super) fn can_vote(&self) -> bool {
        self.term.me.is_some() && !self.term.over && self.term.epoch >= self.config.abstain_before
    }

    /// Makes a statement, if the rules allow it: flags first, then the log, then the signature. False when not.
    pub(super) fn cast(&mut self, statement: Statement) -> bool {
        // Views at or below a finalized one are decided, and what we said there may be forgotten already.
        if !self.can_vote() || statement.view() <= self.decided {
            return false;
        }
        if !self.round(statement.view()).own.may(&statement) {
            return false;
        }
        self.round(statement.view()).own.note(&statement);
        self.record(Record::Voted(statement));
        self.signing.push(statement);
        self.changed();
        true
    }

    /// Rule 5: leaves the current view without a block, unless we have finalized one in it.
    pub(super) fn give_up(&mut self, reason: TimeoutReason) {
        self.nullify(self.view, reason);
    }

    pub(super) fn nullify(&mut self, view: View, reason: TimeoutReason) {
        let epoch = self.term.epoch;
        if self.cast(Statement::Nullify { epoch, view })
            && let Some(leader) = self.leader(view)
        {
            self.event(Event::TimedOut {
                epoch,
                view,
                leader,
                reason,
            });
        }
    }

    /// t_l: without a proposal in time, the view is given up.
    pub(super) fn on_proposal_due(&mut self) {
        if self.round(self.view).proposal.is_none() {
            self.give_up(TimeoutReason::LeaderTimeout);
        }
    }

    /// Puts a body into the log, once. It comes before every vote for it.
    pub(super) fn record_block(&mut self, hash: &BlockHash) {
        if let Some(block) = self.tree.record(hash) {
            self.record(Record::Block(block));
        }
    }

    /// Rule 3: notarizes the leader's first proposal when it is valid, and gives the view up when it is not.
    pub(super) fn vote_proposal(&mut self) {
        let view = self.view;
        let round = self.round(view);
        let flawed = round.flawed;
        let open = round.own.is_silent();
        let proposal = round.proposal;
        if !open || !self.can_vote() {
            return;
        }
        if flawed && proposal.is_none() {
            self.give_up(TimeoutReason::InvalidProposal);
        }
        let Some(proposal) = proposal else { return };
        match self.opinion(&proposal) {
            Opinion::For => {
                self.record_block(&proposal.block);
                self.cast(notarize(self.term.epoch, view, &proposal));
            }
            Opinion::Against(reason) => self.give_up(reason),
            Opinion::Later(wait) => {
                if !self.timers.runs(TimerKey::Clock) && wait <= times(self.pace.delta, 3) {
                    let at = self.now.mono.saturating_add(wait);
                    self.out.push(self.timers.set(self.now, TimerKey::Clock, at));
                }
            }
            Opinion::None => {}
        }
    }

    fn opinion(&self, proposal: &Proposed) -> Opinion {
        let Some(entry) = self.tree.get(&proposal.block) else {
            return Opinion::None;
        };
        match &entry.standing {
            Standing::Invalid(_) => return Opinion::Against(TimeoutReason::InvalidProposal),
            Standing::Unchecked | Standing::Asked => return Opinion::None,
            Standing::Valid => {}
        }
        let header = &entry.block.header;
        if !proposal.fresh {
            // Nothing but an epoch's boundary block is ever proposed again.
            let again = header.is_boundary();
            return if again {
                Opinion::For
            } else {
                Opinion::Against(TimeoutReason::InvalidProposal)
            };
        }
        if self.tree.bytes() > MAX_BACKLOG_BYTES && tree::size(&entry.block) > SMALL_BLOCK_BYTES {
            return Opinion::Against(TimeoutReason::Backlog);
        }
        let wait = too_early(header.time, self.now.wall);
        if wait.is_zero() {
            Opinion::For
        } else {
            Opinion::Later(wait)
        }
    }

    /// Rule 4: a notarized block with a valid body is finalized by whoever has not left its view and has notarized
    /// nothing else in it; whoever has not notarized it yet does so first.
    pub(super) fn vote_final(&mut self) {
        if !self.can_vote() {
            return;
        }
        let epoch = self.term.epoch;
        let above = crate::rules::next(self.decided);
        let ready: Vec<Statement> = self
            .rounds
            .range(above..)
            .filter(|(_, round)| round.finalization.is_none())
            .filter_map(|(_, round)| round.notarization.as_ref())
            .map(|certificate| certificate.statement)
            .filter(|s| s.block().is_some_and(|(_, block)| self.tree.is_valid(&block)))
            .collect();
        for statement in ready {
            let Some((parent_view, block)) = statement.block() else {
                continue;
            };
            let view = statement.view();
            let finalize = Statement::Finalize {
                epoch,
                view,
                parent_view,
                block,
            };
            let own = &self.round(view).own;
            // Notarizing late is only for the sake of finalizing.
            if own.may(&finalize) || own.may(&statement) {
                self.record_block(&block);
                self.cast(statement);
                self.cast(finalize);
            }
        }
    }

    /// Own votes, durable and signed: they count, and go to everybody.
    pub(super) fn on_signed(&mut self, votes: Vec<Vote>) {
        let Some(me) = self.term.me else { return };
        let epoch = self.term.epoch;
        let weight = self.term.committee.weight(me);
        let mut sent = Vec::new();
        for vote in votes {
            let statement = vote.statement;
            let ours = vote.signer == me && statement.epoch() == epoch && statement.view() > self.decided;
            if !ours || self.term.over || !self.round(statement.view()).own.made(&statement) {
                continue;
            }
            let round = self.round(statement.view());
            if round.tally.insert(&vote, weight, true) {
                round.own.votes.push(vote);
                sent.push(vote);
            }
        }
        self.send_votes(&sent);
        for vote in &sent {
            self.certify_if_decided(&vote.statement);
        }
    }

    /// Sends own votes; a leader's vote for its own proposal of a view that is not over goes with the proposal.
    fn send_votes(&mut self, votes: &[Vote]) {
        let (led, plain): (Vec<Vote>, Vec<Vote>) = votes.iter().partition(|vote| self.leads(vote));
        for vote in led {
            match self.own_proposal(vote) {
                Some(proposal) => self
                    .out
                    .push(Effect::Broadcast(Message::Proposal(Box::new(proposal)))),
                None => self.out.push(Effect::Broadcast(Message::Votes(vec![vote]))),
            }
        }
        for chunk in plain.chunks(MAX_VOTES) {
            self.out.push(Effect::Broadcast(Message::Votes(chunk.to_vec())));
        }
    }

    fn leads(&self, vote: &Vote) -> bool {
        let view = vote.statement.view();
        vote.statement.kind() == VoteKind::Notarize
            && view >= self.view
            && self.leader(view) == Some(vote.signer)
    }

    /// The guard refuses: the statement stays noted, so that it is never made nor contradicted.
    pub(super) fn on_sign_refused(&mut self, statement: &Statement) {
        self.event(Event::SignRefused {
            statement: *statement,
        });
        let leading = self.term.me.is_some() && self.leader(self.view) == self.term.me;
        let here = (statement.epoch(), statement.view()) == (self.term.epoch, self.view);
        if here && leading && statement.kind() == VoteKind::Notarize {
            self.give_up(TimeoutReason::MissingProposal);
        }
    }
}

enum Opinion {
    /// It may be notarized.
    For,
    /// The view is given up.
    Against(TimeoutReason),
    /// It is stamped ahead of our clock.
    Later(Millis),
    /// Not known yet.
    None,
}

pub(super) const fn notarize(epoch: primitives::Epoch, view: View, proposal: &Proposed) -> Statement {
    Statement::Notarize {
        epoch,
        view,
        parent_view: proposal.parent_view,
        block: proposal.block,
    }
}
