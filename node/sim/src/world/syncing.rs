//! Bodies by hash, and blocks by height.

use super::{Due, World};
use crate::keys::{Keyring, node_at};
use crate::trace::{Short, What};
use consensus::{Input, Peer};
use light_palisade::{Block, Certificate};
use primitives::BlockHash;
use std::sync::Arc;

/// Blocks in one answer.
const PORTION: u64 = 64;
/// How long an answer is awaited, in milliseconds.
const PATIENCE: u64 = 500;

impl<K: Keyring> World<K> {
    /// Asks two of those who should have a body.
    pub(super) fn ask_body(&mut self, id: usize, block: BlockHash, from: &[Peer]) {
        for to in from.iter().map(node_at).take(2) {
            for delay in self.network.route(&mut self.dice, id, to) {
                self.later(delay, Due::BodyAsked { to, from: id, block });
            }
        }
    }

    pub(super) fn give_body(&mut self, id: usize, to: usize, hash: BlockHash) {
        let node = &mut self.nodes[id];
        let Some(core) = &node.core else { return };
        let mut body = core.block(&hash).cloned().or_else(|| node.app.body(&hash));
        for (_, actor) in &mut node.actors {
            body = body.and_then(|block| actor.serve(block));
        }
        let Some(block) = body else { return };
        for delay in self.network.route(&mut self.dice, id, to) {
            let block = Arc::clone(&block);
            self.later(delay, Due::BodyGiven { to, block });
        }
    }

    pub(super) fn take_body(&mut self, id: usize, block: Arc<Block>) {
        self.note(id, What::Fetched(Short::from(&block.hash())));
        self.feed(id, Input::Fetched(block));
    }

    /// Asks one of these nodes, or any, for blocks above ours.
    pub(super) fn ask_blocks(&mut self, id: usize, from: &[Peer]) {
        let node = &mut self.nodes[id];
        if self.now < node.asked_until {
            return;
        }
        node.asked_until = self.now + PATIENCE;
        let above = node.app.height();
        let mut candidates: Vec<usize> = from.iter().map(node_at).collect();
        candidates.extend(0..self.nodes.len());
        candidates.retain(|to| *to != id);
        let to = self.dice.pick(&candidates, id);
        for delay in self.network.route(&mut self.dice, id, to) {
            self.later(delay, Due::BlocksAsked { to, from: id, above });
        }
    }

    pub(super) fn give_blocks(&mut self, id: usize, to: usize, above: u64) {
        let node = &self.nodes[id];
        if !node.is_up() || !node.is_honest() {
            return;
        }
        let end = node.durable.min(above + PORTION);
        let mut blocks: Vec<(Arc<Block>, Option<Certificate>)> = (above + 1..=end)
            .filter_map(|height| node.app.at(height))
            .filter_map(|committed| Some((committed.block.clone()?, committed.certificate.clone())))
            .collect();
        while blocks
            .last()
            .is_some_and(|(_, certificate)| certificate.is_none())
        {
            blocks.pop();
        }
        if blocks.is_empty() {
            return;
        }
        for delay in self.network.route(&mut self.dice, id, to) {
            let blocks = blocks.clone();
            self.later(delay, Due::BlocksGiven { to, blocks });
        }
    }

    pub(super) fn take_blocks(&mut self, id: usize, mut blocks: Vec<(Arc<Block>, Option<Certificate>)>) {
        let node = &mut self.nodes[id];
        let before = node.app.height();
        // While blocks are on their way to the disk, the store takes no others.
        if !node.is_up() || node.durable != before {
            return;
        }
        blocks.retain(|(block, _)| block.header.height.get() > before);
        // A late answer to a question from before everything was lost.
        if blocks
            .first()
            .is_none_or(|(block, _)| block.header.height.get() != before + 1)
        {
            return;
        }
        if let Err(refusal) = node.app.sync(&self.keys, &blocks) {
            let what = format!("node {id}: blocks of an honest peer: {refusal:?}");
            self.violated(crate::oracle::Invariant::Agreement, what);
        }
        let node = &mut self.nodes[id];
        let height = node.app.height();
        if height == before {
            return;
        }
        node.durable = height;
        node.asked_until = 0;
        let tip = Box::new(node.app.tip());
        self.note(id, What::Synced(height));
        self.committed(id, before);
        self.feed(id, Input::Synced(tip));
    }
}
