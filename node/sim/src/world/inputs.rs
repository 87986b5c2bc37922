//! What happens next, and to whom.

use super::{Due, World};
use crate::faults::{Fault, Point};
use crate::keys::Keyring;
use crate::log::Tail;
use crate::trace::{Short, What};
use consensus::{Input, TimerKey};
use std::sync::Arc;

impl<K: Keyring> World<K> {
    /// Lets the next event happen, if it comes before `until`. False when none does.
    pub(super) fn turn(&mut self, until: u64) -> bool {
        let Some(entry) = self.queue.first_entry() else {
            return false;
        };
        if entry.key().0 > until {
            return false;
        }
        let ((at, _), due) = entry.remove_entry();
        self.now = at;
        self.happen(due);
        true
    }

    fn happen(&mut self, due: Due) {
        match due {
            Due::Deliver { to, from, message } => self.deliver(to, from, &message),
            Due::Timer { node, key, set } => self.fire(node, key, set),
            Due::Input { node, life, input } => self.take(node, life, *input),
            Due::LogSynced { node, life, upto } => self.log_synced(node, life, upto),
            Due::Stored { node, life, height } => self.stored(node, life, height),
            Due::BodyAsked { to, from, block } => self.give_body(to, from, block),
            Due::BodyGiven { to, block } => self.take_body(to, block),
            Due::BlocksAsked { to, from, above } => self.give_blocks(to, from, above),
            Due::BlocksGiven { to, blocks } => self.take_blocks(to, blocks),
            Due::Poll { node, life } => self.poll(node, life),
            Due::Transaction => self.transaction(),
            Due::Step(step) => self.change(step),
        }
    }

    fn fire(&mut self, node: usize, key: TimerKey, set: u64) {
        if self.nodes[node].timers.get(&key) == Some(&set) {
            self.nodes[node].timers.remove(&key);
            self.note(node, What::Timer(key));
            self.feed(node, Input::Timer(key));
        }
    }

    fn take(&mut self, node: usize, life: u32, input: Input) {
        if self.nodes[node].life != life {
            return;
        }
        match &input {
            Input::Built { block, .. } => self.note(node, What::Built(Short::from(&block.hash()))),
            Input::Signed(votes) => self.note(node, What::Signed(votes.len())),
            Input::Work { available } => self.note(node, What::Work(*available)),
            Input::EpochStarted { committee, .. } => {
                if self.network.cut_by == Fault::SetChangeApart && !self.network.cuts.is_empty() {
                    self.trace.strike(Fault::SetChangeApart, 1);
                }
                self.note(node, What::Epoch(committee.epoch().get()));
            }
            _ => {}
        }
        self.feed(node, input);
    }

    fn log_synced(&mut self, id: usize, life: u32, upto: u64) {
        let node = &mut self.nodes[id];
        if node.life != life {
            return;
        }
        node.syncing = false;
        node.log.synced(upto);
        let doom = node.doom.filter(|doom| doom.record <= upto);
        if doom.is_some_and(|doom| doom.point == Point::Synced) {
            self.meet(id, Tail::Lost);
            return;
        }
        while let Some((needs, _)) = self.nodes[id].held.front()
            && *needs <= upto
        {
            if let Some((_, held)) = self.nodes[id].held.pop_front() {
                self.release(id, held);
            }
        }
        if doom.is_some() {
            self.meet(id, Tail::Lost);
            return;
        }
        self.sync_log(id);
    }

    fn stored(&mut self, id: usize, life: u32, height: u64) {
        let node = &mut self.nodes[id];
        if node.life != life {
            return;
        }
        let before = node.durable;
        node.durable = before.max(height);
        self.note(id, What::Stored(height));
        self.prune(id);
        let node = &self.nodes[id];
        let ended = (before + 1..=height)
            .filter_map(|height| node.app.at(height))
            .find(|committed| committed.header.is_boundary());
        if let Some(boundary) = ended {
            let input = Box::new(Input::EpochStarted {
                committee: Arc::clone(&boundary.committee),
                draw: consensus::Draw::of(boundary.randomness),
            });
            self.later(
                0,
                Due::Input {
                    node: id,
                    life,
                    input,
                },
            );
        }
    }

    /// A follower asks for what is new, every second.
    fn poll(&mut self, id: usize, life: u32) {
        if self.nodes[id].life != life {
            return;
        }
        let seat = self.nodes[id].core.as_ref().and_then(|core| core.seat());
        if seat.is_none() {
            self.ask_blocks(id, &[]);
        }
        self.later(1_000, Due::Poll { node: id, life });
    }

    fn transaction(&mut self) {
        let bytes = self.dice.any().to_be_bytes().to_vec();
        self.offer(&bytes);
        let next = self.plan.work_ms / 2 + self.dice.below(self.plan.work_ms);
        self.later(next, Due::Transaction);
    }

    /// A transaction reaches the pool of every node that is up and has room.
    pub fn offer(&mut self, bytes: &[u8]) {
        for id in 0..self.nodes.len() {
            let node = &mut self.nodes[id];
            if node.is_up() && node.app.pool.len() < 8 {
                node.app.pool.push(bytes.to_vec());
                self.set_working(id, true);
            }
        }
    }
}
