//! The pool, shared.

use crate::dropped::Drops;
use crate::pool::{Place, Pool, Reserved, Selection};
use crate::relay::Outgoing;
use crate::verdicts::Verdicts;
use crate::{Admission, Config, ConfigError, Dropped, Metrics, Rejection, Relayed, Transaction};
use primitives::{AccountId, TxId};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};

/// A peer as the network names it: its public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Peer(pub [u8; 32]);

/// Where a transaction came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A client of this node.
    Local,
    /// A peer.
    Peer(Peer),
}

impl Origin {
    /// The peer, if it is one.
    #[must_use]
    pub const fn peer(self) -> Option<Peer> {
        match self {
            Self::Local => None,
            Self::Peer(peer) => Some(peer),
        }
    }
}

/// A transaction was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is new.
    Accepted(TxId),
    /// It waits already.
    AlreadyPending(TxId),
}

impl Outcome {
    /// The transaction's id.
    #[must_use]
    pub const fn id(&self) -> TxId {
        match self {
            Self::Accepted(id) | Self::AlreadyPending(id) => *id,
        }
    }
}

/// Where a transaction stands, as far as the mempool knows. One in a finalized block is unknown here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// It waits.
    Pending(Place),
    /// It waited, and left without being in a finalized block.
    Dropped(Dropped),
    /// Nothing is known about it.
    Unknown,
}

/// How much waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Transactions.
    pub transactions: usize,
    /// Of them, those behind a gap in their account's sequence.
    pub queued: usize,
    /// Bytes of all.
    pub bytes: usize,
}

pub(crate) struct Inner<T> {
    pub(crate) pool: Pool<T>,
    pub(crate) verdicts: Verdicts<T>,
    drops: Drops,
    pub(crate) outgoing: Outgoing<T>,
}

/// The pool, shared between threads: cheap to lock, never locked while signatures are checked.
pub struct Mempool<A: Admission> {
    pub(crate) admission: Arc<A>,
    pub(crate) config: Config,
    inner: Mutex<Inner<A::Transaction>>,
    /// How many transactions that are ready have come, ever.
    pub(crate) arrivals: watch::Sender<u64>,
    pub(crate) relay: Notify,
    pub(crate) metrics: Metrics,
}

impl<A: Admission> Mempool<A> {
    /// An empty mempool above the finalized block that `admission` stands at.
    ///
    /// # Errors
    /// [`ConfigError`] when the configuration cannot work.
    pub fn new(admission: Arc<A>, config: Config, metrics: Metrics) -> Result<Self, ConfigError> {
        config.validate()?;
        let pool = Pool::new(config.clone(), admission.height(), admission.base_price());
        let inner = Inner {
            pool,
            verdicts: Verdicts::new(config.remembered_transactions, config.remembered_bytes),
            drops: Drops::new(config.remembered_drops),
            outgoing: Outgoing::new(config.relay_transactions),
        };
        Ok(Self {
            admission,
            config,
            inner: Mutex::new(inner),
            arrivals: watch::Sender::new(0),
            relay: Notify::new(),
            metrics,
        })
    }

    /// The configuration.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// The chain that it asks.
    #[must_use]
    pub const fn admission(&self) -> &Arc<A> {
        &self.admission
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner<A::Transaction>> {
        // A panic while it was held aborts the process in release builds; in tests the pool is still readable.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers what became of those that left the pool.
    pub(crate) fn settle_left(&self, inner: &mut Inner<A::Transaction>) {
        let Inner {
            pool,
            verdicts,
            drops,
            ..
        } = inner;
        for change in pool.take_left() {
            if let Some(reason) = change.reason {
                self.metrics.evicted(&reason);
                drops.remember(change.transaction.id(), reason);
            }
            verdicts.rest(change.transaction, |other| waits(pool, other));
        }
        self.metrics.size.set(gauge(pool.len()));
        self.metrics.size_bytes.set(gauge(pool.bytes()));
        self.metrics.queued.set(gauge(pool.queued()));
    }

    /// What goes into a block, best first. See [`Pool::select`].
    #[must_use]
    pub fn select(&self, room: &Selection, reserved: &Reserved) -> Vec<Arc<A::Transaction>> {
        self.lock().pool.select(room, reserved)
    }

    /// Blocks were finalized: `included` are their transactions, in any order. Call it once the admission's state
    /// has moved past them.
    pub fn finalized(&self, included: &[Arc<A::Transaction>]) {
        let mut inner = self.lock();
        inner.pool.finalized(included, self.admission.as_ref());
        self.settle_left(&mut inner);
        self.metrics.recheck_times.inc();
    }

    /// Transactions turned out to be invalid when a block was built from a selection: they leave.
    pub fn remove(&self, invalid: &[(TxId, Rejection)]) {
        let mut inner = self.lock();
        inner.pool.remove(invalid);
        self.settle_left(&mut inner);
    }

    /// The transaction with this id, if it waits.
    #[must_use]
    pub fn transaction(&self, id: &TxId) -> Option<Arc<A::Transaction>> {
        self.lock()
            .pool
            .find(id)
            .map(|(transaction, _)| Arc::clone(transaction))
    }

    /// Up to `limit` that wait and came after the `after`-th, in the order in which they came, each with its number.
    #[must_use]
    pub fn waiting(&self, after: u64, limit: usize) -> Vec<(u64, Arc<A::Transaction>)> {
        self.lock().pool.waiting(after, limit)
    }

    /// What is known about the transaction with this id.
    #[must_use]
    pub fn status(&self, id: &TxId) -> Status {
        let inner = self.lock();
        match (inner.pool.find(id), inner.drops.reason(id)) {
            (Some((_, place)), _) => Status::Pending(place),
            (None, Some(reason)) => Status::Dropped(reason.clone()),
            (None, None) => Status::Unknown,
        }
    }

    /// The sequence that the account's next transaction should have, waiting ones counted.
    #[must_use]
    pub fn pending_sequence(&self, account: &AccountId) -> u64 {
        let inner = self.lock();
        let finalized = self.admission.account(account).next_sequence;
        let pending = inner.pool.pending_sequence(account);
        pending.unwrap_or(finalized).max(finalized)
    }

    /// How much waits.
    #[must_use]
    pub fn size(&self) -> Size {
        let inner = self.lock();
        Size {
            transactions: inner.pool.len(),
            queued: inner.pool.queued(),
            bytes: inner.pool.bytes(),
        }
    }

    /// A number that grows whenever transactions came that can be selected: a leader with an empty block waits for
    /// it to change.
    #[must_use]
    pub fn arrivals(&self) -> watch::Receiver<u64> {
        self.arrivals.subscribe()
    }

    /// The next new transactions to be passed on, once there are some; from one task only. Dropping the future loses
    /// nothing.
    pub async fn relay(&self) -> Vec<Relayed<A::Transaction>> {
        loop {
            self.wait_for_relay().await;
            let batch = self.lock().outgoing.take(self.config.relay_batch_bytes);
            if !batch.is_empty() {
                return batch;
            }
        }
    }

    /// Waits until something is there, and then a little for others to come along unless a batch is full.
    async fn wait_for_relay(&self) {
        let there = || self.lock().outgoing.bytes();
        while there() == 0 {
            self.relay.notified().await;
        }
        let delay = Duration::from_millis(self.config.relay_delay_ms);
        if !delay.is_zero() && there() < self.config.relay_batch_bytes {
            tokio::time::sleep(delay).await;
        }
    }
}

/// Whether exactly this transaction waits, not another one with its id.
pub(crate) fn waits<T: Transaction>(pool: &Pool<T>, transaction: &T) -> bool {
    pool.find(&transaction.id())
        .is_some_and(|(waiting, _)| waiting.bytes() == transaction.bytes())
}

fn gauge(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
