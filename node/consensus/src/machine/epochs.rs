//! Hand-overs: from one epoch to the next, and to where block sync has led.

use super::{Core, Last, Lead, Pace, Term};
use crate::config::{Config, Tip};
use crate::effect::Divergence;
use crate::input::TimerKey;
use crate::limits::MAX_VOTES;
use crate::message::{Message, Peer};
use crate::pace::times;
use crate::record::Record;
use crate::rules::{Opening, next};
use crate::schedule::{Draw, Schedule};
use crate::scheme::Scheme;
use crypto::bls::KeyBytes;
use light_palisade::{Certificate, Committee};
use primitives::{Epoch, Millis, View};
use std::sync::Arc;

impl Term {
    /// The term of a committee that follows `opening`.
    pub(super) fn new(config: &Config, committee: &Arc<Committee>, draw: &Draw, opening: Opening) -> Self {
        let me = config.key.as_ref().and_then(|key| committee.set().index_of(key));
        Self {
            epoch: committee.epoch(),
            committee: Arc::clone(committee),
            schedule: Schedule::new(&config.chain, committee, draw),
            me,
            opening,
            opening_certificate: None,
            opening_committee: None,
            over: false,
        }
    }

    /// With the finalization that ended the epoch before, and the set that made it.
    pub(super) fn after(mut self, certificate: Option<Certificate>, set: Option<Arc<Committee>>) -> Self {
        self.opening_certificate = certificate;
        self.opening_committee = set;
        self
    }
}

impl<S: Scheme> Core<S> {
    /// From the next epoch, or the next tip of block sync, on votes with this key: a validator may change it. What the
    /// present epoch's set has stays what it is.
    pub fn use_key(&mut self, key: KeyBytes) {
        self.config.key = Some(key);
    }

    /// The boundary block was committed, and this set decides what follows.
    pub(super) fn on_epoch_started(&mut self, committee: &Arc<Committee>, draw: &Draw) {
        let follows = self
            .term
            .epoch
            .next()
            .is_ok_and(|epoch| epoch == committee.epoch());
        if !self.term.over || !follows {
            return;
        }
        let committed = self.last.header.next_validators_root;
        if committee.root() != committed {
            self.diverge(Divergence::Set {
                committed,
                found: committee.root(),
            });
            return;
        }
        self.keep_past();
        let opening = Opening {
            block: self.last.hash,
            height: self.last.header.height,
            genesis: false,
        };
        let former = Arc::clone(&self.term.committee);
        self.term = Term::new(&self.config, committee, draw, opening)
            .after(self.last.certificate.clone(), Some(former));
        self.last.view = View::ZERO;
        self.begin_term();
        for (from, message) in self.early.take() {
            self.on_message(from, message);
        }
    }

    /// Block sync has led to another tip: decided views are never voted in, and the next one is entered by the tip's
    /// own finalization.
    pub(super) fn on_synced(&mut self, tip: Tip) {
        if tip.validate(&self.config.chain).is_err() || tip.header.height <= self.last.header.height {
            return;
        }
        let same = tip.committee.epoch() == self.term.epoch && !tip.opens_epoch();
        self.last = Last::from_tip(&tip);
        self.pace.finalized_at = self.now.mono;
        self.pace.block_seen = self.now.mono;
        self.lead = Lead::Idle;
        if same {
            self.decide(self.last.view);
            self.forget_decided();
            self.tree.reset();
            self.enter(next(self.last.view));
            return;
        }
        let follows = self
            .term
            .epoch
            .next()
            .is_ok_and(|epoch| epoch == tip.committee.epoch());
        if follows {
            self.keep_past();
        }
        self.term = Term::from_tip(&self.config, &tip);
        self.begin_term();
        for (from, message) in self.early.take() {
            self.on_message(from, message);
        }
    }

    /// Starts the current term from its opening, or from the tip within it.
    fn begin_term(&mut self) {
        let epoch = self.term.epoch;
        self.rounds.clear();
        self.view = View::ZERO;
        self.decided = self.last.view;
        self.tree = crate::tree::Tree::default();
        self.fetching.clear();
        self.lead = Lead::Idle;
        self.ledger.prune(Epoch::new(epoch.get().saturating_sub(1)));
        self.peers.seat(self.term.committee.set(), self.now.mono);
        self.pace = self.fresh_pace(self.pace.lively_since);
        self.record(Record::Epoch(epoch));
        self.restore_votes();
        self.enter(next(self.last.view));
    }

    /// A clockwork at its beginning.
    pub(super) fn fresh_pace(&self, lively_since: Millis) -> Pace {
        let now = self.now.mono;
        Pace {
            block_seen: now,
            finalized_at: now,
            lively_since,
            ..Pace::default()
        }
    }

    /// A message of the next epoch: kept until then. Its sender knows how this one ended.
    pub(super) fn on_early(&mut self, from: Peer, message: Message) {
        let bounded = match &message {
            Message::Votes(votes) => votes.len() <= MAX_VOTES,
            Message::Proposal(_) | Message::Certificates(_) => true,
            Message::CertificatesWanted { .. } => false,
        };
        let seated = self.peers.is_seated(&from);
        if bounded {
            self.early.keep(from, seated, message);
        }
        if !self.term.over && self.peers.may_answer(&from, self.now.mono) {
            let message = Message::CertificatesWanted {
                epoch: self.term.epoch,
                from: self.view,
                to: self.view,
            };
            self.out.push(crate::effect::Effect::Send { to: from, message });
        }
    }

    /// T_s. A chain that is idle for long between blocks does not stand still.
    pub(super) fn standstill_after(&self) -> Millis {
        let timing = &self.config.timing;
        timing.standstill.max(times(timing.idle_interval, 4))
    }

    /// Restarts the clock of standstill.
    pub(super) fn arm_standstill(&mut self) {
        let at = self.now.mono.saturating_add(self.standstill_after());
        self.out.push(self.timers.set(self.now, TimerKey::Standstill, at));
    }
}

impl Last {
    /// The tip as the core keeps it.
    pub(super) fn from_tip(tip: &Tip) -> Self {
        Self {
            header: tip.header.clone(),
            hash: tip.hash(),
            certificate: tip.certificate.clone(),
            view: tip.view(),
        }
    }
}

impl Term {
    /// The term in which the block after a tip is decided.
    pub(super) fn from_tip(config: &Config, tip: &Tip) -> Self {
        // Within an epoch the opening is not known, and not needed: nothing is built on it any more.
        let opening = if tip.opens_epoch() {
            Opening {
                block: tip.hash(),
                height: tip.header.height,
                genesis: tip.header.is_genesis(),
            }
        } else {
            Opening {
                block: primitives::BlockHash::ZERO,
                height: primitives::Height::ZERO,
                genesis: false,
            }
        };
        let certificate = tip.certificate.clone().filter(|_| tip.opens_epoch());
        Self::new(config, &tip.committee, &tip.draw, opening).after(certificate, tip.previous.clone())
    }
}
