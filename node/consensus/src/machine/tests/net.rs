//! A few cores in virtual time: constant delay, a rule that drops messages, crashes. The seeded simulator with all its
//! faults is `node/sim`; this is enough for scenarios.

use super::bench::{Mock, built, committee, config, genesis, genesis_tip, keys, mock_sign, peer};
use crate::config::{Now, Tip};
use crate::effect::{Effect, Event};
use crate::input::{Input, TimerKey, Verdict};
use crate::machine::Core;
use crate::message::{Message, Peer};
use crate::record::Record;
use crate::schedule::Draw;
use light_palisade::{Block, Certificate, Committee, Evidence, Vote};
use primitives::{BlockHash, Millis, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

type Rule = Box<dyn Fn(u64, u16, u16, &Message) -> bool>;

pub(super) struct Node {
    pub(super) core: Core<Mock>,
    pub(super) chain: Vec<Arc<Block>>,
    pub(super) tip: Tip,
    pub(super) log: Vec<Record>,
    pub(super) events: Vec<Event>,
    pub(super) evidence: Vec<Evidence>,
    pub(super) up: bool,
    timers: BTreeMap<TimerKey, (u64, u64)>,
    bodies: BTreeMap<BlockHash, Arc<Block>>,
    committee: Arc<Committee>,
    genesis: BlockHash,
}

enum Due {
    Input(Box<Input>),
    Timer(TimerKey),
}

pub(super) struct Net {
    pub(super) nodes: Vec<Node>,
    pub(super) now: u64,
    pub(super) epoch_ms: u64,
    /// True drops the message: (time, from, to, message).
    pub(super) drops: Rule,
    weights: Vec<u64>,
    queue: BTreeMap<(u64, u64), (u16, Due)>,
    sequence: u64,
}

const DELAY: u64 = 10;

impl Net {
    pub(super) fn new(weights: &[u64], epoch_ms: u64) -> Self {
        let set = committee(0, epoch_ms, weights);
        let mut net = Self {
            nodes: Vec::new(),
            now: 0,
            epoch_ms,
            drops: Box::new(|_, _, _, _| false),
            weights: weights.to_vec(),
            queue: BTreeMap::new(),
            sequence: 0,
        };
        for index in 0..u16::try_from(weights.len()).unwrap() {
            let tip = genesis_tip(&set);
            net.nodes.push(Node {
                core: Core::new(Mock, config(index), tip.clone()).unwrap(),
                chain: Vec::new(),
                tip,
                log: Vec::new(),
                events: Vec::new(),
                evidence: Vec::new(),
                up: true,
                timers: BTreeMap::new(),
                bodies: BTreeMap::new(),
                committee: Arc::clone(&set),
                genesis: genesis(&set).hash(),
            });
        }
        for index in 0..net.nodes.len() {
            net.start(index);
        }
        net
    }

    fn clock(&self) -> Now {
        Now {
            mono: Millis::new(self.now),
            wall: Timestamp::new(super::bench::GENESIS_TIME + self.now),
        }
    }

    fn start(&mut self, index: usize) {
        let now = self.clock();
        let effects = self.nodes[index].core.start(now);
        self.carry_out(index, effects);
    }

    pub(super) fn crash(&mut self, index: usize) {
        self.nodes[index].up = false;
        self.nodes[index].timers.clear();
        let gone = u16::try_from(index).unwrap();
        self.queue.retain(|_, (to, _)| *to != gone);
    }

    /// Starts again with the log.
    pub(super) fn restart(&mut self, index: usize) {
        let node = &mut self.nodes[index];
        let key = config(u16::try_from(index).unwrap());
        node.core = Core::recover(Mock, key, node.tip.clone(), node.log.clone()).unwrap();
        node.up = true;
        self.start(index);
    }

    /// Runs until `until`, in milliseconds.
    pub(super) fn run(&mut self, until: u64) {
        while let Some(entry) = self.queue.first_entry() {
            if entry.key().0 > until {
                break;
            }
            let ((time, sequence), (to, due)) = entry.remove_entry();
            self.now = time;
            let index = usize::from(to);
            let input = match due {
                Due::Input(input) => *input,
                Due::Timer(key) => {
                    if self.nodes[index].timers.get(&key) != Some(&(time, sequence)) {
                        continue;
                    }
                    Input::Timer(key)
                }
            };
            self.give(index, input);
        }
        self.now = until;
    }

    pub(super) fn give(&mut self, index: usize, input: Input) {
        let now = self.clock();
        if self.nodes[index].up {
            let effects = self.nodes[index].core.step(now, input);
            self.carry_out(index, effects);
        }
    }

    fn later(&mut self, delay: u64, to: u16, due: Due) -> (u64, u64) {
        self.sequence += 1;
        let key = (self.now + delay, self.sequence);
        self.queue.insert(key, (to, due));
        key
    }

    fn carry_out(&mut self, index: usize, effects: Vec<Effect>) {
        let me = u16::try_from(index).unwrap();
        for effect in effects {
            match effect {
                Effect::Record(record) => self.nodes[index].log.push(record),
                Effect::Sign(statements) => {
                    let set = Arc::clone(&self.nodes[index].committee);
                    let at = set.set().index_of(&keys()[index]).unwrap();
                    let votes = statements
                        .into_iter()
                        .map(|statement| Vote {
                            statement,
                            signer: at,
                            signature: mock_sign(&keys()[index], &statement.sign_bytes(&super::bench::CHAIN)),
                        })
                        .collect();
                    self.later(1, me, Due::Input(Box::new(Input::Signed(votes))));
                }
                Effect::Broadcast(message) => {
                    for to in 0..u16::try_from(self.nodes.len()).unwrap() {
                        self.send(me, to, &message);
                    }
                }
                Effect::Send { to, message } => self.send(me, u16::from(to.0[0]) - 1, &message),
                Effect::Build(build) => {
                    let set = Arc::clone(&self.nodes[index].committee);
                    let next = self.next_set(&set);
                    let block = built(&set, &build, next.root(), 0);
                    let input = Input::Built {
                        epoch: build.header.epoch,
                        view: build.header.view,
                        block,
                    };
                    self.later(1, me, Due::Input(Box::new(input)));
                }
                Effect::Verify(verify) => {
                    let input = Input::Verified {
                        block: verify.hash,
                        verdict: Verdict::Valid,
                    };
                    self.later(1, me, Due::Input(Box::new(input)));
                }
                Effect::Fetch { block, from } => self.fetch(me, &block, &from),
                Effect::Finalized { blocks, certificate } => self.finalized(index, blocks, certificate),
                Effect::SetTimer { key, after } => {
                    let due = self.later(after.get(), me, Due::Timer(key));
                    self.nodes[index].timers.insert(key, due);
                }
                Effect::CancelTimer(key) => {
                    self.nodes[index].timers.remove(&key);
                }
                Effect::Evidence(evidence) => self.nodes[index].evidence.push(evidence),
                Effect::Prune(floor) => self.nodes[index].log.retain(|record| record.is_needed(&floor)),
                Effect::Event(event) => self.nodes[index].events.push(event),
                Effect::Diverged(divergence) => panic!("node {index} diverged: {divergence}"),
                Effect::Ban { peer, why } => panic!("node {index} bans {peer:?}: {why:?}"),
                Effect::Behind { .. } => {}
            }
        }
    }

    fn send(&mut self, from: u16, to: u16, message: &Message) {
        if from == to || !self.nodes[usize::from(to)].up || (self.drops)(self.now, from, to, message) {
            return;
        }
        let input = Input::Message {
            from: peer(from),
            message: message.clone(),
        };
        self.later(DELAY, to, Due::Input(Box::new(input)));
    }

    fn fetch(&mut self, me: u16, hash: &BlockHash, from: &[Peer]) {
        let held = from.iter().find_map(|peer| {
            let node = &self.nodes[usize::from(peer.0[0]) - 1];
            let body = node.core.block(hash).or_else(|| node.bodies.get(hash));
            body.filter(|_| node.up).cloned()
        });
        if let Some(block) = held {
            self.later(2 * DELAY, me, Due::Input(Box::new(Input::Fetched(block))));
        }
    }

    fn next_set(&self, set: &Committee) -> Arc<Committee> {
        let epoch = set.epoch().get() + 1;
        committee(epoch, self.epoch_ms * (epoch + 1), &self.weights)
    }

    fn finalized(&mut self, index: usize, blocks: Vec<Arc<Block>>, certificate: Certificate) {
        let node = &mut self.nodes[index];
        let last = Arc::clone(blocks.last().unwrap());
        for block in blocks {
            assert_eq!(
                block.header.parent,
                node.chain.last().map_or(node.genesis, |b| b.hash())
            );
            node.bodies.insert(block.hash(), Arc::clone(&block));
            node.chain.push(block);
        }
        let set = Arc::clone(&node.committee);
        let boundary = last.header.is_boundary();
        let next = if boundary {
            self.next_set(&set)
        } else {
            Arc::clone(&set)
        };
        let node = &mut self.nodes[index];
        node.committee = Arc::clone(&next);
        node.tip = Tip {
            header: last.header.clone(),
            certificate: Some(certificate),
            committee: Arc::clone(&next),
            previous: boundary.then_some(set),
            draw: Draw::default(),
        };
        if boundary {
            let input = Input::EpochStarted {
                committee: next,
                draw: Draw::default(),
            };
            let me = u16::try_from(index).unwrap();
            self.later(1, me, Due::Input(Box::new(input)));
        }
    }

    /// Heights of all nodes.
    pub(super) fn heights(&self) -> Vec<usize> {
        self.nodes.iter().map(|node| node.chain.len()).collect()
    }

    /// All chains agree as far as both go.
    pub(super) fn assert_agreement(&self) {
        let longest = self.nodes.iter().max_by_key(|node| node.chain.len()).unwrap();
        for node in &self.nodes {
            for (a, b) in node.chain.iter().zip(&longest.chain) {
                assert_eq!(a.hash(), b.hash());
            }
        }
        let hashes: BTreeSet<BlockHash> = longest.chain.iter().map(|b| b.hash()).collect();
        assert_eq!(hashes.len(), longest.chain.len());
    }
}
