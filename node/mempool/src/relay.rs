//! New transactions on their way to peers.

use crate::{Origin, Peer, Transaction};
use primitives::TxId;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// How many peers are remembered per transaction as knowing it already.
const MAX_KNOWN_BY: usize = 8;

/// A transaction to be passed on.
#[derive(Debug)]
pub struct Relayed<T> {
    /// The transaction.
    pub transaction: Arc<T>,
    /// Where it came from.
    pub origin: Origin,
    /// Peers that are known to have it, its origin among them: they need not be sent it.
    pub known_by: Vec<Peer>,
}

/// New transactions that were not handed out yet.
pub(crate) struct Outgoing<T> {
    waiting: VecDeque<TxId>,
    entries: HashMap<TxId, Relayed<T>>,
    bytes: usize,
    limit: usize,
    /// How many found no room: their peers learn of them from a block only.
    skipped: u64,
}

impl<T: Transaction> Outgoing<T> {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            waiting: VecDeque::new(),
            entries: HashMap::new(),
            bytes: 0,
            limit,
            skipped: 0,
        }
    }

    pub(crate) fn push(&mut self, transaction: Arc<T>, origin: Origin) {
        if self.waiting.len() >= self.limit {
            self.skipped += 1;
            return;
        }
        let id = transaction.id();
        self.bytes += transaction.bytes().len();
        self.waiting.push_back(id);
        self.entries.insert(
            id,
            Relayed {
                transaction,
                origin,
                known_by: origin.peer().into_iter().collect(),
            },
        );
    }

    /// A peer has shown that it knows a transaction.
    pub(crate) fn known(&mut self, id: &TxId, peer: Peer) {
        if let Some(entry) = self.entries.get_mut(id)
            && entry.known_by.len() < MAX_KNOWN_BY
            && !entry.known_by.contains(&peer)
        {
            entry.known_by.push(peer);
        }
    }

    /// The oldest, up to `max_bytes` of them and at least one.
    pub(crate) fn take(&mut self, max_bytes: usize) -> Vec<Relayed<T>> {
        let mut batch = Vec::new();
        let mut taken = 0usize;
        while let Some(entry) = self.waiting.front().and_then(|id| self.entries.get(id)) {
            let size = entry.transaction.bytes().len();
            if !batch.is_empty() && taken + size > max_bytes {
                break;
            }
            taken += size;
            batch.extend(self.waiting.pop_front().and_then(|id| self.entries.remove(&id)));
        }
        self.bytes -= taken;
        batch
    }

    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn take_skipped(&mut self) -> u64 {
        core::mem::take(&mut self.skipped)
    }
}
