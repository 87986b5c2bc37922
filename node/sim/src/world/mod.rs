//! The network in virtual time: a queue of events, the nodes that they happen to, and the oracle that watches.

mod crashing;
mod effects;
mod inputs;
mod running;
mod syncing;
mod talking;

pub use running::{Failure, Report};

use crate::app::{App, GENESIS_TIME};
use crate::dice::Dice;
use crate::faults::{Fault, Step};
use crate::keys::{Keyring, node_of};
use crate::network::Network;
use crate::node::Node;
use crate::oracle::{Invariant, Oracle};
use crate::plan::Plan;
use crate::sets::Sets;
use crate::trace::{Trace, What};
use consensus::{Input, Message, Now, TimerKey};
use light_palisade::{Block, Certificate};
use primitives::{BlockHash, Millis, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

/// True drops a message: (milliseconds, from, to, message).
pub type Filter = Box<dyn Fn(u64, usize, usize, &Message) -> bool>;

/// Something that will happen.
pub(crate) enum Due {
    Deliver {
        to: usize,
        from: usize,
        message: Rc<Message>,
    },
    Timer {
        node: usize,
        key: TimerKey,
        set: u64,
    },
    Input {
        node: usize,
        life: u32,
        input: Box<Input>,
    },
    /// The disk has synced the log up to this record.
    LogSynced {
        node: usize,
        life: u32,
        upto: u64,
    },
    /// The store has committed up to this height.
    Stored {
        node: usize,
        life: u32,
        height: u64,
    },
    /// Somebody asks for a body.
    BodyAsked {
        to: usize,
        from: usize,
        block: BlockHash,
    },
    BodyGiven {
        to: usize,
        block: Arc<Block>,
    },
    /// Somebody asks for blocks above a height.
    BlocksAsked {
        to: usize,
        from: usize,
        above: u64,
    },
    BlocksGiven {
        to: usize,
        blocks: Vec<(Arc<Block>, Option<Certificate>)>,
    },
    /// A node without a seat asks for what is new.
    Poll {
        node: usize,
        life: u32,
    },
    Transaction,
    Step(Step),
}

/// A simulated network.
pub struct World<K: Keyring> {
    pub(crate) plan: Plan,
    pub(crate) keys: K,
    pub(crate) sets: Rc<Sets>,
    pub(crate) nodes: Vec<Node<K>>,
    pub(crate) now: u64,
    queue: BTreeMap<(u64, u64), Due>,
    sequence: u64,
    pub(crate) dice: Dice,
    /// The links.
    pub network: Network,
    /// Drops messages by a rule of the test's own.
    pub filter: Option<Filter>,
    pub(crate) oracle: Oracle,
    pub(crate) trace: Trace,
    pub(crate) healed: Option<(u64, u64)>,
    /// By how much everything that follows from the current step is late, because the step itself took time.
    lag: u64,
    /// Bytes that a block with transactions counts for on a link, beyond its own.
    pub weight: usize,
    /// How long blocks took from their proposal to finality, at each node, in milliseconds.
    pub(crate) latencies: Vec<u64>,
}

impl<K: Keyring> core::fmt::Debug for World<K> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("World")
            .field("plan", &self.plan)
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}

impl<K: Keyring> World<K> {
    /// A network at genesis, with everything of its plan to come. None when the first validator set is refused.
    #[must_use]
    pub fn new(keys: K, plan: Plan) -> Option<Self> {
        let sets = Rc::new(Sets::new(plan.seats, plan.weights, plan.epoch_ms, plan.faulty()));
        Self::over(keys, plan, sets)
    }

    /// As [`World::new`], over sets that other runs may share: those of a plan with the same seats, weights, epochs
    /// and faulty nodes.
    #[must_use]
    pub fn over(keys: K, plan: Plan, sets: Rc<Sets>) -> Option<Self> {
        let seconds = sets.nodes()..plan.machines();
        let twins = plan.twins.iter().copied().chain(seconds);
        let dishonest: BTreeSet<usize> = plan.byzantine.keys().copied().chain(twins).collect();
        let mut nodes = Vec::new();
        for id in 0..plan.machines() {
            let roles = plan.byzantine.get(&id).into_iter().flatten();
            let actors = roles.filter_map(|role| Some((*role, role.actor()?))).collect();
            let twin = id.checked_sub(sets.nodes()).map(|second| plan.twins.get(second));
            let identity = twin.map_or(Some(id), Option::<&usize>::copied)?;
            let mut node = Node::new(App::genesis(&sets)?, identity, actors);
            node.honest = !dishonest.contains(&id);
            nodes.push(node);
        }
        let mut oracle = Oracle::new(dishonest);
        let first = sets.of(0, &primitives::Digest::ZERO)?;
        oracle.seats(first.set(), seat_node);
        oracle.genesis(nodes.first()?.app.at(0)?.hash);
        let mut dice = Dice::new(plan.seed, "world");
        let (base, jitter) = plan.delay;
        let steps = plan.schedule(&mut dice);
        let mut world = Self {
            keys,
            sets,
            nodes,
            now: 0,
            queue: BTreeMap::new(),
            sequence: 0,
            dice,
            network: Network::calm(base, jitter),
            filter: None,
            oracle,
            trace: Trace::default(),
            healed: None,
            lag: 0,
            weight: 0,
            latencies: Vec::new(),
            plan,
        };
        for (at, step) in steps {
            world.later(at, Due::Step(step));
        }
        world.later(world.plan.window.1, Due::Step(Step::Heal));
        if world.plan.work_ms > 0 {
            world.later(world.plan.work_ms, Due::Transaction);
        }
        for id in 0..world.nodes.len() {
            world.start(id);
        }
        Some(world)
    }

    pub(crate) fn later(&mut self, delay: u64, due: Due) {
        self.sequence += 1;
        self.queue
            .insert((self.now + self.lag + delay, self.sequence), due);
    }

    pub(crate) fn note(&mut self, node: usize, what: What) {
        self.trace.note(self.now, node, what);
    }

    /// What a node's clocks say.
    pub(crate) fn clock(&self, node: usize) -> Now {
        let node = &self.nodes[node];
        Now {
            mono: Millis::new(self.now - node.born + 7),
            wall: Timestamp::new((GENESIS_TIME + self.now).saturating_add_signed(node.skew)),
        }
    }

    /// Gives a core one input and carries out what it wants.
    pub(crate) fn feed(&mut self, id: usize, input: Input) {
        let now = self.clock(id);
        if self.nodes[id].skew != 0 {
            self.trace.strike(Fault::Skew, 1);
        }
        if self.nodes[id].identity != id {
            self.trace.strike(Fault::TwoInstances, 1);
        }
        let node = &mut self.nodes[id];
        let life = node.life;
        if node.busy / 1_000_000 > self.now {
            let wait = node.busy / 1_000_000 - self.now;
            let input = Box::new(input);
            self.later(
                wait,
                Due::Input {
                    node: id,
                    life,
                    input,
                },
            );
            return;
        }
        let Some(core) = node.core.as_mut() else {
            return;
        };
        let effects = core.step(now, input);
        self.spend(id);
        self.carry_out(id, effects);
        self.lag = 0;
    }

    /// A node's processor was busy with signatures: what follows is late.
    pub(crate) fn spend(&mut self, id: usize) {
        let spent = self.keys.spent();
        if spent > 0 {
            let node = &mut self.nodes[id];
            node.busy = node.busy.max(self.now * 1_000_000) + spent;
            self.lag = (node.busy / 1_000_000).saturating_sub(self.now);
        }
    }

    /// How long blocks took from their proposal to finality, at each node, in milliseconds; all but the first.
    #[must_use]
    pub fn latencies(&self) -> &[u64] {
        &self.latencies
    }

    /// Milliseconds since the start.
    #[must_use]
    pub const fn now(&self) -> u64 {
        self.now
    }

    /// Finalized height of each node.
    #[must_use]
    pub fn heights(&self) -> Vec<u64> {
        self.nodes.iter().map(|node| node.app.height()).collect()
    }

    /// Epoch and view of each node; zero for those that are down.
    #[must_use]
    pub fn positions(&self) -> Vec<(u64, u64)> {
        let at = |node: &Node<K>| {
            node.core.as_ref().map_or((0, 0), |core| {
                let (epoch, view) = core.position();
                (epoch.get(), view.get())
            })
        };
        self.nodes.iter().map(at).collect()
    }

    /// The node that leads a view of the first node's epoch.
    #[must_use]
    pub fn leader(&self, view: primitives::View) -> Option<usize> {
        let node = self.nodes.first()?;
        let seat = node.core.as_ref()?.leader(view)?;
        Some(seat_node(node.committee()?.set(), seat.get().into()))
    }

    /// A finalized block of a node.
    #[must_use]
    pub fn block(&self, node: usize, height: u64) -> Option<Arc<Block>> {
        self.nodes.get(node)?.app.at(height)?.block.clone()
    }

    /// What was seen.
    #[must_use]
    pub const fn oracle(&self) -> &Oracle {
        &self.oracle
    }

    /// What happened.
    #[must_use]
    pub const fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Records that a node has ever appended to its log.
    #[must_use]
    pub fn records(&self, node: usize) -> u64 {
        self.nodes.get(node).map_or(0, |node| node.log.appended())
    }

    pub(crate) fn violated(&mut self, invariant: Invariant, what: String) {
        self.oracle.violated(invariant, what);
    }
}

pub(crate) fn seat_node(set: &light_palisade::ValidatorSet, seat: usize) -> usize {
    set.validators
        .get(seat)
        .and_then(|validator| node_of(&validator.key))
        .unwrap_or(usize::MAX)
}
