//! Votes of others: slots, quorums, and what contradicts what.

use super::{Core, Past};
use crate::effect::{Effect, Event, Misdeed};
use crate::input::TimerKey;
use crate::limits::{MAX_VOTES, RETENTION, VIEWS_AHEAD};
use crate::message::{Message, Peer};
use crate::pace::times;
use crate::scheme::Scheme;
use crate::tally::Tally;
use light_palisade::{Committee, Evidence, Statement, ValidatorIndex, Vote, VoteKind};
use primitives::{Millis, View};

/// Views by which a peer's votes may lag before it is told the last finalization.
const LAG: u64 = 4;
/// How often it is looked at whether a quorum votes.
const LOOK: Millis = Millis::new(250);

impl<S: Scheme> Core<S> {
    /// Votes of this epoch from the validator at the other end of a link.
    pub(super) fn on_votes(&mut self, from: Peer, votes: &[Vote]) {
        if !self.peers.is_seated(&from) {
            return;
        }
        if votes.len() > MAX_VOTES {
            self.ban(from, Misdeed::TooMany);
            return;
        }
        for vote in votes {
            if vote.statement.epoch() != self.term.epoch {
                continue;
            }
            // By the signer's address, not the sender's seat: whoever registers another's address must not silence it.
            if self.address(vote.signer) != Some(from) {
                self.ban(from, Misdeed::ForeignVote);
                return;
            }
            if Some(vote.signer) != self.term.me {
                self.hear(from);
                self.on_vote(vote);
            }
            if self.peers.is_banned(&from) {
                return;
            }
        }
        let newest = votes.iter().map(|vote| vote.statement.view()).max();
        if newest.is_some_and(|view| view.saturating_add(View::new(LAG)) < self.decided) {
            self.tell_finalization(from);
        }
    }

    fn on_vote(&mut self, vote: &Vote) {
        let statement = vote.statement;
        let view = statement.view();
        if !self.keeps(view) {
            return;
        }
        if !self.accuse(vote) {
            return;
        }
        let weight = self.term.committee.weight(vote.signer);
        if !self.round(view).tally.insert(vote, weight, false) {
            return;
        }
        if statement.kind() == VoteKind::Nullify
            && view == self.view
            && self.leader(view) == Some(vote.signer)
        {
            self.give_up(crate::effect::TimeoutReason::LeaderNullify);
        }
        self.certify_if_decided(&statement);
    }

    /// Whether votes of a view are kept: from the retention window's start to the last view ahead.
    pub(super) fn keeps(&self, view: View) -> bool {
        let low = self.decided.saturating_sub(View::new(RETENTION));
        let high = self.view.saturating_add(View::new(VIEWS_AHEAD));
        view > low && view <= high
    }

    /// Rules 4, 6 and 7, first half: a quorum's votes become a certificate.
    pub(super) fn certify_if_decided(&mut self, statement: &Statement) {
        let view = statement.view();
        if self.term.over || view <= self.decided {
            return;
        }
        let committee = self.term.committee.clone();
        let Some(round) = self.rounds.get_mut(&view) else {
            return;
        };
        let decided = round.tally.weight(statement) >= committee.quorum();
        if !decided || round.certificate(statement.kind()).is_some() {
            return;
        }
        let certified = round.tally.certify(&self.scheme, &committee, statement);
        if !certified.bad.is_empty() {
            self.event(Event::Bisected {
                statement: *statement,
                bad: certified.bad.len(),
            });
        }
        for signer in certified.bad {
            self.ban_seat(signer, Misdeed::BadVote);
        }
        if let Some(certificate) = certified.certificate {
            self.remember(&certificate);
            self.accept(certificate);
        }
    }

    /// Looks for a contradiction between a vote and what its validator said before in the view. When there is one,
    /// both are verified by themselves; two good ones are evidence. False when the vote itself is bad.
    fn accuse(&mut self, vote: &Vote) -> bool {
        let (epoch, view) = (vote.statement.epoch(), vote.statement.view());
        if !self.ledger.lacks(epoch, view, vote.signer) {
            return true;
        }
        let committee = self.term.committee.clone();
        let Some(round) = self.rounds.get_mut(&view) else {
            return true;
        };
        match examine(&self.scheme, &committee, &mut round.tally, vote) {
            Finding::Nothing => true,
            Finding::Forged => {
                self.ban_seat(vote.signer, Misdeed::BadVote);
                false
            }
            Finding::EarlierForged => {
                self.ban_seat(vote.signer, Misdeed::BadVote);
                true
            }
            Finding::Guilty(evidence) => {
                self.ledger.note(epoch, view, vote.signer);
                self.out.push(Effect::Evidence(*evidence));
                true
            }
        }
    }

    /// Messages of an earlier epoch: votes may still show misbehaviour, and the sender is told how the epoch ended.
    pub(super) fn on_late(&mut self, from: Peer, message: Message) {
        let votes = match message {
            Message::Votes(votes) => votes,
            Message::Proposal(proposal) => vec![proposal.vote],
            Message::Certificates(_) => return,
            Message::CertificatesWanted { .. } => Vec::new(),
        };
        if votes.len() > MAX_VOTES {
            self.ban(from, Misdeed::TooMany);
            return;
        }
        for vote in &votes {
            self.on_past_vote(from, vote);
        }
        self.tell_end_of_epoch(from);
    }

    fn on_past_vote(&mut self, from: Peer, vote: &Vote) {
        let (epoch, view) = (vote.statement.epoch(), vote.statement.view());
        let Some(past) = self.past.as_mut().filter(|past| past.epoch == epoch) else {
            return;
        };
        let address = past.committee.set().get(vote.signer).map(|v| Peer(v.p2p_key));
        if address != Some(from) || !self.ledger.lacks(epoch, view, vote.signer) {
            return;
        }
        let Some(finding) = past.examine(&self.scheme, vote) else {
            return;
        };
        if let Finding::Guilty(evidence) = finding {
            self.ledger.note(epoch, view, vote.signer);
            self.out.push(Effect::Evidence(*evidence));
        }
    }

    /// Remembers the votes of the epoch that ends, for as many views as votes are kept.
    pub(super) fn keep_past(&mut self) {
        let rounds = core::mem::take(&mut self.rounds);
        let tallies = rounds
            .into_iter()
            .map(|(view, mut round)| {
                round.tally.settle();
                (view, round.tally)
            })
            .collect();
        self.past = Some(Past {
            epoch: self.term.epoch,
            committee: self.term.committee.clone(),
            tallies,
        });
    }

    /// Notes that a validator votes. After a pause of the quorum silence is counted anew: it was our own, or everybody's.
    fn hear(&mut self, from: Peer) {
        let now = self.now.mono;
        if now >= self.pace.lively_seen.saturating_add(LOOK) {
            self.pace.lively_seen = now;
            if !self.quorum_is_lively() {
                self.pace.lively_since = now;
            }
        }
        self.peers.hear(from, self.now.mono);
    }

    /// How long a validator must be silent before its views are skipped. A block now and then is all that an idle
    /// chain hears, and a failing view is silent for as long as it lasts.
    fn skip_after(&self) -> Millis {
        let timing = &self.config.timing;
        let pause = times(timing.idle_interval, 4).max(times(self.pace.delta, 4));
        timing.skip_timeout.max(pause)
    }

    fn was_heard(&self, index: ValidatorIndex) -> bool {
        let heard = self.address(index).and_then(|peer| self.peers.heard(&peer));
        heard.is_some_and(|at| at.saturating_add(self.skip_after()) >= self.now.mono)
    }

    /// Whether votes of a quorum, ourselves included, have come in of late.
    fn quorum_is_lively(&self) -> bool {
        let committee = &self.term.committee;
        let count = u16::try_from(committee.len()).unwrap_or(u16::MAX);
        let lively = (0..count)
            .map(ValidatorIndex::new)
            .filter(|index| Some(*index) == self.term.me || self.was_heard(*index));
        committee.weight_of(lively) >= committee.quorum()
    }

    /// Rule 1: whether a leader was silent for long, and a quorum was not in all that time.
    pub(super) fn leader_is_silent(&self, leader: ValidatorIndex) -> bool {
        let since = self.pace.lively_since.saturating_add(self.skip_after());
        Some(leader) != self.term.me
            && !self.was_heard(leader)
            && since < self.now.mono
            && self.quorum_is_lively()
    }

    /// Stops the timers of the view.
    pub(super) fn stop_view_timers(&mut self) {
        for key in [
            TimerKey::Proposal,
            TimerKey::Certification,
            TimerKey::Idle,
            TimerKey::Clock,
            TimerKey::Retry,
        ] {
            let effect = self.timers.cancel(key);
            self.out.extend(effect);
        }
    }
}

/// What a pair of votes shows.
enum Finding {
    /// They agree.
    Nothing,
    /// The new one is not signed by its validator.
    Forged,
    /// The earlier one was not; it is out.
    EarlierForged,
    /// Both are, and contradict each other.
    Guilty(Box<Evidence>),
}

fn examine<S: Scheme>(
    scheme: &S,
    committee: &Committee,
    tally: &mut Tally<S::Signature>,
    vote: &Vote,
) -> Finding {
    let Some(earlier) = tally.contradicting(vote.signer, &vote.statement) else {
        return Finding::Nothing;
    };
    let holds = scheme
        .decode(&vote.signature)
        .is_some_and(|signature| scheme.verify(committee, vote.signer, &vote.statement, &signature));
    if !holds {
        return Finding::Forged;
    }
    let kind = earlier.statement.kind();
    if tally.prove(scheme, committee, (vote.signer, kind)) == Some(true) {
        return Finding::Guilty(Box::new(Evidence::Votes(earlier, *vote)));
    }
    tally.remove(vote.signer, kind, committee);
    Finding::EarlierForged
}

impl<G: Clone> Past<G> {
    /// Compares a late vote with what its validator said, and keeps it. None when nothing of its view is kept.
    fn examine<S>(&mut self, scheme: &S, vote: &Vote) -> Option<Finding>
    where
        S: Scheme<Signature = G>,
    {
        let tally = self.tallies.get_mut(&vote.statement.view())?;
        let finding = examine(scheme, &self.committee, tally, vote);
        tally.insert(vote, 0, false);
        Some(finding)
    }

    /// Whether its votes may still be asked for when the next epoch has come to `view`.
    pub(super) const fn is_kept_at(&self, view: View) -> bool {
        view.get() <= RETENTION
    }
}
