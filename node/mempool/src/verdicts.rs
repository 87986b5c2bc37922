//! Which bytes are known to be a valid transaction, so that no signature is checked twice.

use crate::Transaction;
use core::borrow::Borrow;
use core::hash::{Hash, Hasher};
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

/// A transaction that is found by its exact bytes: one with the same id and other signatures is another.
struct Exact<T>(Arc<T>);

impl<T: Transaction> Borrow<[u8]> for Exact<T> {
    fn borrow(&self) -> &[u8] {
        self.0.bytes()
    }
}
impl<T: Transaction> Hash for Exact<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.bytes().hash(state);
    }
}
impl<T: Transaction> PartialEq for Exact<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0.bytes() == other.0.bytes()
    }
}
impl<T: Transaction> Eq for Exact<T> {}

/// Verified transactions: all that wait, and a bounded number of others (from blocks, or that waited before).
pub(crate) struct Verdicts<T> {
    known: HashSet<Exact<T>>,
    /// Those that do not wait, the oldest first. One may stand here although it waits again.
    idle: VecDeque<Arc<T>>,
    idle_bytes: usize,
    max_idle: usize,
    max_idle_bytes: usize,
}

impl<T: Transaction> Verdicts<T> {
    pub(crate) fn new(max_idle: usize, max_idle_bytes: usize) -> Self {
        Self {
            known: HashSet::new(),
            idle: VecDeque::new(),
            idle_bytes: 0,
            max_idle,
            max_idle_bytes,
        }
    }

    /// The verified transaction with exactly these bytes.
    pub(crate) fn find(&self, bytes: &[u8]) -> Option<&Arc<T>> {
        self.known.get(bytes).map(|exact| &exact.0)
    }

    /// A verified transaction came to wait.
    pub(crate) fn wait(&mut self, transaction: &Arc<T>) {
        self.known.replace(Exact(Arc::clone(transaction)));
    }

    /// A verified transaction does not wait, or not any more; the oldest such are forgotten unless `waits` again.
    pub(crate) fn rest(&mut self, transaction: Arc<T>, waits: impl Fn(&T) -> bool) {
        self.idle_bytes += transaction.bytes().len();
        self.known.insert(Exact(Arc::clone(&transaction)));
        self.idle.push_back(transaction);
        while self.idle.len() > self.max_idle || self.idle_bytes > self.max_idle_bytes {
            let Some(oldest) = self.idle.pop_front() else {
                break;
            };
            self.idle_bytes -= oldest.bytes().len();
            if !waits(&oldest) {
                self.known.remove(oldest.bytes());
            }
        }
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.known.len()
    }
}
