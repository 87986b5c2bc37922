//! The state machine: what a node knows, and the turn.
//!
//! An input changes what is known; then [`Core::settle`] does whatever the rules now allow, until nothing more
//! follows. The rules of consensus.md, section 1.2, are in the files beside: 1 in `views`, 2 in `leading`, 3 to 5 in
//! `voting`, 6 in `tallying`, 7 in `finality`, 8 and 9 in `repeating`.

mod blocks;
mod certifying;
mod digesting;
mod epochs;
mod finality;
mod leading;
mod proposals;
mod recovering;
mod repeating;
mod tallying;
mod views;
mod voting;

#[cfg(test)]
pub(crate) mod tests;

use crate::config::{Config, Now, StartError, Tip};
use crate::early::Early;
use crate::effect::{Divergence, Effect, Event, Misdeed, TimeoutReason};
use crate::input::{Input, TimerKey};
use crate::ledger::Ledger;
use crate::message::{Message, Peer};
use crate::pace::{Firing, Timers};
use crate::peers::Peers;
use crate::record::Record;
use crate::round::Round;
use crate::rules::{Opening, Place};
use crate::schedule::Schedule;
use crate::scheme::Scheme;
use crate::tally::Tally;
use crate::tree::Tree;
use light_palisade::{Block, Certificate, Committee, Header, Statement, ValidatorIndex};
use primitives::{BlockHash, Digest, Epoch, Height, Millis, View};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// Who decides now.
#[derive(Clone, Debug)]
struct Term {
    epoch: Epoch,
    committee: Arc<Committee>,
    schedule: Schedule,
    /// Our place in the set.
    me: Option<ValidatorIndex>,
    /// What the epoch starts from, its finalization, and the set that made it.
    opening: Opening,
    opening_certificate: Option<Certificate>,
    opening_committee: Option<Arc<Committee>>,
    /// The boundary block is final: nothing is decided any more.
    over: bool,
}

/// The epoch before, while its votes may still show misbehaviour.
#[derive(Clone, Debug)]
struct Past<G> {
    epoch: Epoch,
    committee: Arc<Committee>,
    tallies: BTreeMap<View, Tally<G>>,
}

/// The last block given out as final.
#[derive(Clone, Debug)]
struct Last {
    header: Header,
    hash: BlockHash,
    certificate: Option<Certificate>,
    /// View of the current epoch in which it was finalized; 0 when it opened the epoch.
    view: View,
}

/// The current view's clockwork.
#[derive(Clone, Debug, Default)]
struct Pace {
    delta: Millis,
    /// From when the timers count.
    start: Millis,
    /// When the last block's notarization was seen, from which an idle leader's patience is counted.
    block_seen: Millis,
    /// When a finalization was last seen.
    finalized_at: Millis,
    /// Where the next standstill tick begins.
    cursor: View,
    /// Since when votes of a quorum have been coming in without a pause.
    lively_since: Millis,
    /// When that was last looked at.
    lively_seen: Millis,
    /// Before this, missing certificates, and block sync, are not asked for again.
    ask_again: Millis,
    behind_again: Millis,
    /// Repetitions so far in this view; they choose whom to ask.
    repeats: u64,
}

/// Where we are as a leader.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Lead {
    /// Nothing was begun in this view.
    Idle,
    /// The application builds a block for this view, on this parent, which was certified in `parent_view`.
    Building { parent_view: View, parent: Box<Header> },
}

/// One node's consensus. See the crate's documentation; drive it with [`Core::start`] and [`Core::step`].
#[derive(Clone, Debug)]
pub struct Core<S: Scheme> {
    scheme: S,
    config: Config,
    term: Term,
    past: Option<Past<S::Signature>>,
    rounds: BTreeMap<View, Round<S::Signature>>,
    view: View,
    /// The highest view of this epoch for which a finalization was seen, committed here or not. Nothing is ever said
    /// in it or below.
    decided: View,
    last: Last,
    tree: Tree,
    /// Height of the highest block that was seen final, committed here or not.
    highest_final: Height,
    /// Bodies asked for and not come yet.
    fetching: BTreeSet<BlockHash>,
    ledger: Ledger,
    peers: Peers,
    early: Early,
    timers: Timers,
    pace: Pace,
    lead: Lead,
    work: bool,
    /// Hashes of certificates that were verified, oldest first, beside the set of them.
    verified: BTreeSet<Digest>,
    verified_order: VecDeque<Digest>,
    /// What the log says we voted in epochs that have not begun here.
    ahead: Vec<Statement>,
    now: Now,
    signing: Vec<Statement>,
    out: Vec<Effect>,
    /// Counts changes within a turn; the turn ends when it stands still.
    changes: u64,
    halted: bool,
}

impl<S: Scheme> Core<S> {
    /// A core at `tip` without a past.
    ///
    /// # Errors
    /// As [`Core::recover`].
    pub fn new(scheme: S, config: Config, tip: Tip) -> Result<Self, StartError> {
        Self::recover(scheme, config, tip, Vec::new())
    }

    /// Takes one input and says what is to be done, in order.
    pub fn step(&mut self, now: Now, input: Input) -> Vec<Effect> {
        if self.halted {
            return Vec::new();
        }
        self.now = Now {
            mono: now.mono.max(self.now.mono),
            wall: now.wall,
        };
        match input {
            Input::Message { from, message } => self.on_message(from, message),
            Input::Timer(key) => self.on_timer(key),
            Input::Verified { block, verdict } => self.on_verified(&block, verdict),
            Input::Built { epoch, view, block } => self.on_built((epoch, view), block),
            Input::BuildFailed { epoch, view } => self.on_build_failed((epoch, view)),
            Input::Signed(votes) => self.on_signed(votes),
            Input::SignRefused { statement } => self.on_sign_refused(&statement),
            Input::Work { available } => self.on_work(available),
            Input::Fetched(block) => self.on_fetched(block),
            Input::EpochStarted { committee, draw } => self.on_epoch_started(&committee, &draw),
            Input::Synced(tip) => self.on_synced(*tip),
        }
        self.settle();
        self.flush()
    }

    /// The last block given out by [`Effect::Finalized`] (or where the core started, or block sync has led), and its
    /// finalization, which genesis alone lacks.
    #[must_use]
    pub const fn tip(&self) -> (&Header, Option<&Certificate>) {
        (&self.last.header, self.last.certificate.as_ref())
    }

    /// The current epoch and view.
    #[must_use]
    pub const fn position(&self) -> (Epoch, View) {
        (self.term.epoch, self.view)
    }

    /// Our place in the current set; None while we only follow.
    #[must_use]
    pub const fn seat(&self) -> Option<ValidatorIndex> {
        self.term.me
    }

    /// Who leads a view of the current epoch: the current one, those ahead within [`crate::limits::VIEWS_AHEAD`], and
    /// those that are not long past.
    #[must_use]
    pub fn leader(&self, view: View) -> Option<ValidatorIndex> {
        self.term.schedule.leader(view)
    }

    /// A body that is not final yet, to serve a peer's fetch.
    #[must_use]
    pub fn block(&self, hash: &BlockHash) -> Option<&Arc<Block>> {
        self.tree.get(hash).map(|entry| &entry.block)
    }

    /// How much is held, for metrics and for tests of bounds: rounds with votes or certificates, and bodies.
    #[must_use]
    pub fn load(&self) -> (usize, usize) {
        (self.rounds.len(), self.tree.iter().count())
    }

    fn on_message(&mut self, from: Peer, message: Message) {
        if self.peers.is_banned(&from) {
            return;
        }
        match self.sort(&message) {
            Sorted::Now => self.on_current(from, message),
            Sorted::Early => self.on_early(from, message),
            Sorted::Late => self.on_late(from, message),
            Sorted::FarAhead(epoch) => self.behind(epoch, None, vec![from]),
            Sorted::Nothing => {}
        }
    }

    fn on_current(&mut self, from: Peer, message: Message) {
        match message {
            Message::Proposal(proposal) => self.on_proposal(from, *proposal),
            Message::Votes(votes) => self.on_votes(from, &votes),
            Message::Certificates(certificates) => self.on_certificates(from, certificates),
            Message::CertificatesWanted { from: low, to, .. } => self.serve(from, low, to),
        }
    }

    fn on_timer(&mut self, key: TimerKey) {
        match self.timers.fired(self.now, key) {
            Firing::Early(after) => self.out.push(Effect::SetTimer { key, after }),
            Firing::Stale => {}
            Firing::Due => match key {
                TimerKey::Proposal => self.on_proposal_due(),
                TimerKey::Certification => self.give_up(TimeoutReason::CertificationTimeout),
                // The turn looks at what it waited for.
                TimerKey::Idle | TimerKey::Clock => {}
                TimerKey::Retry => self.on_retry(),
                TimerKey::Standstill => self.on_standstill(),
            },
        }
    }

    /// Does what the rules allow, until nothing more follows.
    fn settle(&mut self) {
        loop {
            let before = self.changes;
            if self.halted || self.term.over {
                break;
            }
            self.judge_blocks();
            self.follow_notarizations();
            self.vote_final();
            self.vote_proposal();
            self.commit();
            self.lead();
            if self.changes == before {
                break;
            }
        }
        self.request_bodies();
    }

    /// Hands out the turn's effects; what is to be signed comes last and together, after its records.
    fn flush(&mut self) -> Vec<Effect> {
        if !self.signing.is_empty() && !self.halted {
            let statements = core::mem::take(&mut self.signing);
            self.out.push(Effect::Sign(statements));
        }
        core::mem::take(&mut self.out)
    }

    const fn changed(&mut self) {
        self.changes = self.changes.wrapping_add(1);
    }

    fn event(&mut self, event: Event) {
        self.out.push(Effect::Event(event));
    }

    fn record(&mut self, record: Record) {
        self.out.push(Effect::Record(record));
    }

    fn round(&mut self, view: View) -> &mut Round<S::Signature> {
        self.rounds.entry(view).or_default()
    }

    fn place(&self) -> Place {
        Place {
            chain: self.config.chain,
            epoch: self.term.epoch,
            validators_root: self.term.committee.root(),
        }
    }

    fn ban(&mut self, peer: Peer, why: Misdeed) {
        if self.peers.ban(peer) {
            self.out.push(Effect::Ban { peer, why });
        }
    }

    /// Stops listening to a validator that signed something that does not hold, and forgets its open votes.
    fn ban_seat(&mut self, index: ValidatorIndex, why: Misdeed) {
        let above = crate::rules::next(self.decided);
        for (_, round) in self.rounds.range_mut(above..) {
            // Or each of its votes ahead would make another search necessary.
            round.tally.expel(index, &self.term.committee);
        }
        if let Some(peer) = self.address(index) {
            self.ban(peer, why);
        }
    }

    fn address(&self, index: ValidatorIndex) -> Option<Peer> {
        self.term.committee.set().get(index).map(|v| Peer(v.p2p_key))
    }

    /// Stops for good.
    fn diverge(&mut self, divergence: Divergence) {
        if !self.halted {
            self.halted = true;
            self.signing = Vec::new();
            self.out.push(Effect::Diverged(Box::new(divergence)));
        }
    }
}

/// Where a message belongs, by the epoch of its first statement.
enum Sorted {
    /// This epoch.
    Now,
    /// The next.
    Early,
    /// An earlier one.
    Late,
    /// Beyond the next.
    FarAhead(Epoch),
    /// It says nothing.
    Nothing,
}

impl<S: Scheme> Core<S> {
    fn sort(&self, message: &Message) -> Sorted {
        let epoch = match message {
            Message::Proposal(proposal) => Some(proposal.vote.statement.epoch()),
            Message::Votes(votes) => votes.first().map(|vote| vote.statement.epoch()),
            Message::Certificates(certificates) => certificates.first().map(|c| c.statement.epoch()),
            Message::CertificatesWanted { epoch, .. } => Some(*epoch),
        };
        let Some(epoch) = epoch else {
            return Sorted::Nothing;
        };
        let current = self.term.epoch;
        match epoch.get().checked_sub(current.get()) {
            None => Sorted::Late,
            Some(0) => Sorted::Now,
            Some(1) => Sorted::Early,
            Some(_) => Sorted::FarAhead(epoch),
        }
    }
}
