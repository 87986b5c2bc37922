//! Starting, with or without a past.

use super::{Core, Last, Lead, Pace, Term};
use crate::config::{Config, Now, StartError, Tip};
use crate::early::Early;
use crate::effect::Effect;
use crate::ledger::Ledger;
use crate::pace::Timers;
use crate::peers::Peers;
use crate::record::Record;
use crate::rules::next;
use crate::scheme::Scheme;
use crate::tree::{Standing, Tree};
use light_palisade::Statement;
use primitives::{Millis, View};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

impl<S: Scheme> Core<S> {
    /// A core at `tip`, the last block that the store holds durably, with everything that the log holds, in order.
    /// The log is our own and is believed; records of decided views are skipped. Nothing happens before
    /// [`Core::start`].
    ///
    /// # Errors
    /// [`StartError`] when the configuration or the tip contradicts itself.
    pub fn recover(scheme: S, config: Config, tip: Tip, records: Vec<Record>) -> Result<Self, StartError> {
        config.timing.validate()?;
        tip.validate(&config.chain)?;
        let term = Term::from_tip(&config, &tip);
        let mut peers = Peers::default();
        if let Some(previous) = &tip.previous {
            peers.seat(previous.set(), Millis::ZERO);
        }
        peers.seat(term.committee.set(), Millis::ZERO);
        let mut core = Self {
            scheme,
            config,
            term,
            past: None,
            rounds: BTreeMap::new(),
            view: View::ZERO,
            decided: tip.view(),
            last: Last::from_tip(&tip),
            tree: Tree::default(),
            highest_final: tip.header.height,
            fetching: BTreeSet::new(),
            ledger: Ledger::default(),
            peers,
            early: Early::default(),
            timers: Timers::default(),
            pace: Pace::default(),
            lead: Lead::Idle,
            work: false,
            verified: BTreeSet::new(),
            verified_order: VecDeque::new(),
            ahead: Vec::new(),
            now: Now::default(),
            signing: Vec::new(),
            out: Vec::new(),
            changes: 0,
            halted: false,
        };
        for record in records {
            core.restore(record);
        }
        core.restore_votes();
        Ok(core)
    }

    /// Begins: enters the view that the recovered certificates lead to, asks again for the signatures of recovered
    /// votes (which the guard has allowed before) and for the verdicts of recovered blocks. Call once, before the
    /// first [`Core::step`].
    pub fn start(&mut self, now: Now) -> Vec<Effect> {
        self.now = now;
        self.peers.hear_all(now.mono);
        self.pace = self.fresh_pace(now.mono);
        self.record(Record::Epoch(self.term.epoch));
        self.arm_standstill();
        let mut view = next(self.last.view);
        for (passed, round) in self.rounds.range(view..) {
            if round.finalization.is_some() {
                self.decided = self.decided.max(*passed);
            }
            if round.finalization.is_some() || round.nullification.is_some() {
                view = view.max(next(*passed));
            }
        }
        // Order: before the view is entered, so that what was said in it is signed once.
        if self.can_vote() {
            self.signing = self.undecided_statements();
        }
        self.enter(view);
        self.settle();
        self.flush()
    }

    fn restore(&mut self, record: Record) {
        match record {
            Record::Epoch(_) => {}
            Record::Voted(statement) => self.ahead.push(statement),
            Record::Block(block) => {
                let hash = block.hash();
                if block.header.epoch == self.term.epoch && block.header.height > self.last.header.height {
                    self.tree.insert(hash, block, Standing::Unchecked, true);
                }
            }
            Record::Certificate(certificate) => {
                let statement = &certificate.statement;
                let open = statement.view() > self.last.view && statement.epoch() == self.term.epoch;
                if open && self.term.committee.verify_shape(&certificate).is_ok() {
                    self.remember(&certificate);
                    self.round(certificate.statement.view()).keep(certificate);
                }
            }
        }
    }

    /// Notes what the log says we voted in this epoch; votes of epochs that are still ahead wait.
    pub(super) fn restore_votes(&mut self) {
        let epoch = self.term.epoch;
        for statement in core::mem::take(&mut self.ahead) {
            if statement.epoch() > epoch {
                self.ahead.push(statement);
            } else if statement.epoch() == epoch && statement.view() > self.last.view {
                self.round(statement.view()).own.note(&statement);
            }
        }
    }

    /// Everything that we said and that is not decided.
    fn undecided_statements(&self) -> Vec<Statement> {
        let epoch = self.term.epoch;
        self.rounds
            .range(next(self.decided)..)
            .flat_map(|(view, round)| round.own.statements(epoch, *view))
            .collect()
    }
}
