//! Crashes, restarts, and the other changes of circumstances.

use super::{Due, World};
use crate::app::App;
use crate::faults::{Fault, Point, Step};
use crate::guard::Guard;
use crate::keys::{CHAIN, Keyring, key};
use crate::log::Tail;
use crate::node::Doom;
use crate::oracle::Invariant;
use crate::trace::What;
use consensus::{Config, Core};
use primitives::Epoch;
use std::collections::BTreeSet;

impl<K: Keyring> World<K> {
    /// Starts a node from what it has on disk.
    pub(crate) fn start(&mut self, id: usize) {
        let now = self.now;
        let node = &mut self.nodes[id];
        if node.is_up() {
            return;
        }
        let config = Config {
            chain: CHAIN,
            key: Some(key(node.identity)),
            abstain_before: node.abstain_before,
            clock_may_jump: false,
            timing: self.plan.timing,
        };
        let records = node.log.replay();
        let count = records.len();
        node.life += 1;
        node.born = now;
        let (height, life) = (node.durable, node.life);
        let honest = node.is_honest();
        match Core::recover(self.keys.clone(), config, node.app.tip(), records) {
            Ok(core) => node.core = Some(core),
            Err(error) => {
                self.violated(Invariant::Delivery, format!("node {id} does not start: {error}"));
                return;
            }
        }
        if honest {
            self.oracle.restarted(id, height);
        }
        self.note(id, What::Started(height, count));
        let clock = self.clock(id);
        let effects = self.nodes[id].core.as_mut().map(|core| core.start(clock));
        self.carry_out(id, effects.unwrap_or_default());
        let life_now = self.nodes[id].life;
        if life == life_now {
            self.later(1_000, Due::Poll { node: id, life });
        }
    }

    /// Stops a node where it stands. Of the unsynced end of its log, `tail` is left.
    pub(crate) fn stop(&mut self, id: usize, tail: Tail) {
        if !self.nodes[id].is_up() {
            return;
        }
        self.note(id, What::Crashed(tail));
        let node = &mut self.nodes[id];
        node.core = None;
        // Whatever was on its way to this life does not reach the next.
        node.life += 1;
        node.log.crash(tail);
        node.app.crash(node.durable);
        node.held.clear();
        node.syncing = false;
        node.timers.clear();
        node.floor = None;
        node.working = false;
        node.asked_until = 0;
        node.doom = None;
    }

    /// Crashes a node; what it has not synced is lost.
    pub fn crash(&mut self, id: usize) {
        self.stop(id, Tail::Lost);
    }

    /// Starts a node again.
    pub fn restart(&mut self, id: usize) {
        self.start(id);
    }

    /// Crashes a node at the so-many-th record of its log from now on, and restarts it after `down` milliseconds.
    pub fn doom(&mut self, id: usize, records: u64, point: Point, down: u64) {
        self.condemn(Fault::Crash, (id, records), point, down);
    }

    fn condemn(&mut self, by: Fault, (id, records): (usize, u64), point: Point, down: u64) {
        let node = &mut self.nodes[id];
        if node.doom.is_none() && node.is_up() {
            node.doom = Some(Doom {
                record: node.log.appended() + records,
                by,
                point,
                down,
            });
        }
    }

    /// The moment has come.
    pub(super) fn meet(&mut self, id: usize, tail: Tail) {
        let doom = self.nodes[id].doom;
        let down = doom.map_or(1, |doom| doom.down);
        if let Some(doom) = doom {
            self.trace.strike(doom.by, 1);
        }
        self.stop(id, tail);
        self.later(down, Due::Step(Step::Restart(id)));
    }

    /// Crashes a node, empties its log, and restarts it. Its guard stays.
    pub fn empty_log(&mut self, id: usize) {
        self.stop(id, Tail::Lost);
        self.note(id, What::Lost("log"));
        let node = &mut self.nodes[id];
        node.log.clear();
        node.promises = Guard::default();
        self.start(id);
    }

    /// Crashes a node and takes everything from it. It abstains until an epoch that nobody has reached.
    pub fn wipe(&mut self, id: usize) {
        self.stop(id, Tail::Lost);
        self.note(id, What::Lost("everything"));
        let highest = self.nodes.iter().map(|node| node.epoch().get()).max();
        let Some(app) = App::genesis(&self.sets) else {
            return;
        };
        let node = &mut self.nodes[id];
        node.log.clear();
        node.guard = Guard::default();
        node.promises = Guard::default();
        node.app = app;
        node.durable = 0;
        node.abstain_before = Epoch::new(highest.unwrap_or(0) + 1);
        self.start(id);
    }

    pub(super) fn change(&mut self, step: Step) {
        let none = self.nodes.len();
        self.note(none, What::Fault(step));
        let set = |bits: u64| -> BTreeSet<usize> { (0..none).filter(|node| bits >> node & 1 == 1).collect() };
        match step {
            Step::Loss(percent) => self.network.loss = percent,
            Step::Late(percent, most) => self.network.late = (percent, most),
            Step::Reorder(percent, most) => self.network.reorder = (percent, most),
            Step::Bandwidth(bytes) => self.network.bandwidth = bytes,
            Step::Duplicates(percent) => self.network.duplicates = percent,
            Step::Split(by, side) => {
                self.network.cut_by = by;
                self.network.split(&set(side), none);
            }
            Step::Cut(from, to) => {
                let to = set(to);
                self.network.cut_by = Fault::OneWay;
                self.network.cuts = set(from)
                    .into_iter()
                    .flat_map(|a| to.iter().map(move |b| (a, *b)))
                    .collect();
            }
            Step::Crash {
                by,
                node,
                records,
                point,
                down,
            } => self.condemn(by, (node, records), point, down),
            Step::Restart(node) => self.start(node),
            Step::Disk(node, ms) => self.nodes[node].disk_ms = ms,
            Step::FullDisk(node, ms) => {
                self.nodes[node].full = true;
                self.later(ms, Due::Step(Step::Room(node)));
            }
            Step::Room(node) => self.nodes[node].full = false,
            Step::Build(node, ms) => self.nodes[node].build_ms = ms,
            Step::Skew(node, ms) => self.nodes[node].skew = ms as i64 - 5_000,
            Step::EmptyLog(node) => {
                self.trace.strike(Fault::EmptyLog, 1);
                self.empty_log(node);
            }
            Step::Wipe(node) => {
                self.trace.strike(Fault::Wipe, 1);
                self.wipe(node);
            }
            Step::Heal => self.heal(),
        }
    }

    /// Ends all faults: links and disks are well, clocks right, everybody is up. From here on progress is owed.
    pub fn heal(&mut self) {
        self.network.heal();
        self.filter = None;
        for id in 0..self.nodes.len() {
            let node = &mut self.nodes[id];
            node.doom = None;
            node.skew = 0;
            node.disk_ms = 1;
            node.full = false;
            node.build_ms = 2;
            self.start(id);
        }
        let highest = self.heights().into_iter().max().unwrap_or(0);
        self.healed = Some((self.now, highest));
    }
}
