//! One honest validator in a search: the production core, what it has said, and what its log holds.

use super::Broken;
use super::universe::{Id, Universe, WALL};
use crate::keys::{CHAIN, MockScheme, key, node_at, peer};
use crate::oracle::contradict;
use consensus::{Config, Core, Effect, Input, Message, Now, Record, StartError, TimerKey, Verdict};
use crypto::hash::sha256;
use light_palisade::{Statement, VoteKind};
use primitives::codec::encode;
use primitives::{BlockHash, Digest, Epoch, Millis, Timestamp};
use std::collections::{BTreeSet, VecDeque};

/// Longer than any duration of a search's timing.
const LEAP: u64 = 1_000;

/// What can happen to a validator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Happening {
    /// It is told a certificate for a statement.
    Certificate(Id),
    /// It is told a proposal.
    Proposal(Id),
    /// Its view takes too long.
    Timeout,
    /// Nothing was finalized for long.
    Standstill,
    /// It crashes, loses its store, and restarts with its log.
    Crash,
}

#[derive(Clone)]
pub(crate) struct Local {
    pub(crate) seat: usize,
    core: Core<MockScheme>,
    clock: u64,
    log: BTreeSet<Vec<u8>>,
    order: Vec<Record>,
    /// What it has signed.
    pub(crate) said: BTreeSet<Id>,
    /// What it has proposed.
    pub(crate) proposed: BTreeSet<Id>,
    /// What was final here, lowest first.
    pub(crate) committed: Vec<BlockHash>,
    /// The certificates in its log, and the highest view that one of them finalizes.
    pub(crate) held: BTreeSet<Id>,
    pub(crate) decided: u64,
    /// Views that it has given up by its own clock.
    pub(crate) given_up: u8,
}

impl Local {
    pub(crate) fn new(universe: &mut Universe, seat: usize) -> Result<(Self, Vec<Broken>), StartError> {
        let core = Self::recovered(universe, seat, Vec::new())?;
        let mut local = Self {
            seat,
            core,
            clock: LEAP,
            log: BTreeSet::new(),
            order: Vec::new(),
            said: BTreeSet::new(),
            proposed: BTreeSet::new(),
            committed: Vec::new(),
            held: BTreeSet::new(),
            decided: 0,
            given_up: 0,
        };
        let effects = local.core.start(local.now());
        let mut broken = Vec::new();
        local.answer(universe, effects, &mut broken);
        Ok((local, broken))
    }

    fn recovered(
        universe: &Universe,
        seat: usize,
        records: Vec<Record>,
    ) -> Result<Core<MockScheme>, StartError> {
        let config = Config {
            chain: CHAIN,
            key: Some(key(seat)),
            abstain_before: Epoch::ZERO,
            clock_may_jump: false,
            timing: Universe::timing(),
        };
        Core::recover(MockScheme, config, universe.tip(), records)
    }

    /// What tells it apart, its own name left out: validators that never lead are the same otherwise.
    pub(crate) fn digest(&self) -> Digest {
        let mut bytes = encode(&self.core.digest());
        for id in &self.said {
            bytes.extend(id.to_be_bytes());
        }
        bytes.push(0xff);
        for id in &self.proposed {
            bytes.extend(id.to_be_bytes());
        }
        bytes.push(0xff);
        bytes.push(self.given_up);
        bytes.extend(encode(&self.committed));
        for record in &self.log {
            bytes.extend(sha256(&[record]));
        }
        Digest::new(sha256(&[&bytes]))
    }

    pub(crate) fn view(&self) -> u64 {
        self.core.position().1.get()
    }

    fn now(&self) -> Now {
        Now {
            mono: Millis::new(self.clock),
            wall: Timestamp::new(WALL),
        }
    }

    /// Lets something happen, and answers everything that the core asks for.
    pub(crate) fn happen(
        &mut self,
        universe: &mut Universe,
        what: Happening,
    ) -> Result<Vec<Broken>, StartError> {
        let effects = match what {
            Happening::Certificate(id) => {
                let certificate = universe.certificate(universe.statement(id));
                let from = peer(universe.setup.byzantine);
                let message = Message::Certificates(vec![certificate]);
                self.core.step(self.now(), Input::Message { from, message })
            }
            Happening::Proposal(id) => {
                let proposed = &universe.proposals[id as usize];
                let from = peer(proposed.leader);
                let message = proposed.message.clone();
                self.core.step(self.now(), Input::Message { from, message })
            }
            Happening::Timeout => {
                self.given_up += u8::from(universe.setup.give_ups.is_some());
                self.fire(TimerKey::Certification)
            }
            Happening::Standstill => self.fire(TimerKey::Standstill),
            Happening::Crash => {
                self.core = Self::recovered(universe, self.seat, self.order.clone())?;
                self.committed.clear();
                self.core.start(self.now())
            }
        };
        let mut broken = Vec::new();
        self.answer(universe, effects, &mut broken);
        Ok(broken)
    }

    fn fire(&mut self, key: TimerKey) -> Vec<Effect> {
        self.clock += LEAP;
        self.core.step(self.now(), Input::Timer(key))
    }

    fn answer(&mut self, universe: &mut Universe, effects: Vec<Effect>, broken: &mut Vec<Broken>) {
        let mut waiting: VecDeque<Effect> = effects.into();
        while let Some(effect) = waiting.pop_front() {
            if let Some(input) = self.carry_out(universe, effect, broken) {
                waiting.extend(self.core.step(self.now(), input));
            }
        }
    }

    fn carry_out(
        &mut self,
        universe: &mut Universe,
        effect: Effect,
        broken: &mut Vec<Broken>,
    ) -> Option<Input> {
        match effect {
            Effect::Record(record) => {
                self.record(universe, record);
                None
            }
            Effect::Sign(statements) => Some(self.sign(universe, &statements, broken)),
            Effect::Broadcast(Message::Proposal(proposal)) => {
                let id = universe.propose(self.seat, *proposal);
                self.proposed.insert(id);
                None
            }
            Effect::Build(build) if build.header.view.get() <= universe.setup.views => {
                let block = universe.build(&build, self.seat, 0);
                let (epoch, view) = (build.header.epoch, build.header.view);
                Some(Input::Built { epoch, view, block })
            }
            Effect::Verify(verify) => Some(Input::Verified {
                block: verify.hash,
                verdict: Verdict::Valid,
            }),
            Effect::Fetch { block, .. } => universe.blocks.get(&block).cloned().map(Input::Fetched),
            Effect::Finalized { blocks, .. } => {
                for block in blocks {
                    let last = self.committed.last().copied();
                    if block.header.parent != last.unwrap_or_else(|| universe.genesis.hash()) {
                        broken.push(Broken::Order(self.seat));
                    }
                    self.committed.push(block.hash());
                }
                None
            }
            Effect::Diverged(divergence) => {
                broken.push(Broken::Diverged(self.seat, divergence.to_string()));
                None
            }
            Effect::Ban { peer, .. } if node_at(&peer) != universe.setup.byzantine => {
                broken.push(Broken::Accused(self.seat, node_at(&peer)));
                None
            }
            _ => None,
        }
    }

    fn record(&mut self, universe: &mut Universe, record: Record) {
        if let Record::Certificate(certificate) = &record {
            let statement = certificate.statement;
            self.held.insert(universe.id(statement));
            if statement.kind() == VoteKind::Finalize {
                self.decided = self.decided.max(statement.view().get());
            }
        }
        if self.log.insert(encode(&record)) {
            self.order.push(record);
        }
    }

    fn sign(&mut self, universe: &mut Universe, statements: &[Statement], broken: &mut Vec<Broken>) -> Input {
        for statement in statements {
            let mut before = self.said.iter().map(|id| universe.statement(*id));
            if let Some(said) = before.find(|said| contradict(said, statement)) {
                let what = format!("{said:?} and {statement:?}");
                broken.push(Broken::Contradiction(self.seat, what));
            }
            let id = universe.id(*statement);
            let nullify = universe.id(Statement::Nullify {
                epoch: statement.epoch(),
                view: statement.view(),
            });
            let late = statement.kind() == VoteKind::Notarize && self.said.contains(&nullify);
            if self.said.insert(id) && late {
                broken.push(Broken::AfterNullify(self.seat, format!("{statement:?}")));
            }
        }
        let votes = statements
            .iter()
            .map(|statement| Universe::vote(self.seat, *statement));
        Input::Signed(votes.collect())
    }

    /// Whether a core with this log and an empty tally, told these validators' votes one by one besides its own, comes
    /// to hold a certificate for the statement.
    pub(crate) fn certifies(
        &self,
        universe: &Universe,
        statement: Statement,
        voters: &[usize],
    ) -> Result<bool, StartError> {
        let mut core = Self::recovered(universe, self.seat, self.order.clone())?;
        let mut effects = core.start(self.now());
        let own: Vec<Statement> = effects
            .drain(..)
            .filter_map(|effect| match effect {
                Effect::Sign(statements) => Some(statements),
                _ => None,
            })
            .flatten()
            .collect();
        let own = own.iter().map(|said| Universe::vote(self.seat, *said)).collect();
        let mut certified = false;
        let others = voters.iter().copied().filter(|seat| *seat != self.seat);
        let told = others.map(|seat| Input::Message {
            from: peer(seat),
            message: Message::Votes(vec![Universe::vote(seat, statement)]),
        });
        for input in [Input::Signed(own)].into_iter().chain(told) {
            let effects = core.step(self.now(), input);
            certified |= effects.iter().any(
                |effect| matches!(effect, Effect::Record(Record::Certificate(c)) if c.statement == statement),
            );
        }
        Ok(certified)
    }
}
