//! The pool, shared.

use crate::dropped::Drops;
use crate::pool::{Inserted, Place, Pool, Reserved, Selection};
use crate::relay::Outgoing;
use crate::verdicts::Verdicts;
use crate::{Admission, Class, Config, ConfigError, Dropped, Metrics, Rejection, Relayed, Transaction};
use bytes::Bytes;
use primitives::{AccountId, TxId};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
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

struct Inner<T> {
    pool: Pool<T>,
    verdicts: Verdicts<T>,
    drops: Drops,
    outgoing: Outgoing<T>,
}

/// The pool, shared between threads: cheap to lock, never locked while signatures are checked.
pub struct Mempool<A: Admission> {
    admission: Arc<A>,
    config: Config,
    inner: Mutex<Inner<A::Transaction>>,
    /// How many transactions that are ready have come, ever.
    arrivals: watch::Sender<u64>,
    relay: Notify,
    metrics: Metrics,
}

/// What is known about bytes before they are verified.
enum Known<T> {
    Done(Result<Outcome, Rejection>),
    Verified(Arc<T>),
    New,
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

    fn lock(&self) -> MutexGuard<'_, Inner<A::Transaction>> {
        // A panic while it was held aborts the process in release builds; in tests the pool is still readable.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in transactions: verifies together those whose bytes are not known yet, and inserts. One answer per
    /// entry, in order. It computes: call it off the async threads, or through an [`Intake`](crate::Intake).
    pub fn submit(&self, batch: &[(Bytes, Origin)]) -> Vec<Result<Outcome, Rejection>> {
        let mut known = self.look_up(batch);
        let unknown: Vec<usize> = (0..batch.len())
            .filter(|index| matches!(known[*index], Known::New))
            .collect();
        let bytes: Vec<Bytes> = unknown.iter().map(|index| batch[*index].0.clone()).collect();
        for (index, verdict) in unknown.into_iter().zip(self.verify(&bytes)) {
            known[index] = match verdict {
                Ok(transaction) => Known::Verified(transaction),
                Err(rejection) => Known::Done(Err(rejection)),
            };
        }
        self.insert(known, batch)
    }

    /// What is known about each already.
    fn look_up(&self, batch: &[(Bytes, Origin)]) -> Vec<Known<A::Transaction>> {
        let mut inner = self.lock();
        let limit = self.config.max_transaction_bytes;
        let look_up = |(bytes, origin): &(Bytes, Origin)| {
            if bytes.len() > limit {
                return Known::Done(Err(Rejection::too_large(bytes.len(), limit)));
            }
            let Some(transaction) = inner.verdicts.find(bytes).cloned() else {
                return Known::New;
            };
            let id = transaction.id();
            if inner.pool.find(&id).is_none() {
                return Known::Verified(transaction);
            }
            if let Some(peer) = origin.peer() {
                inner.outgoing.known(&id, peer);
            }
            Known::Done(Ok(Outcome::AlreadyPending(id)))
        };
        batch.iter().map(look_up).collect()
    }

    fn verify(&self, batch: &[Bytes]) -> Vec<Result<Arc<A::Transaction>, Rejection>> {
        if batch.is_empty() {
            return Vec::new();
        }
        let start = Instant::now();
        let verdicts = self.admission.verify(batch);
        self.metrics.verified(batch.len(), start.elapsed());
        verdicts
    }

    fn insert(
        &self,
        known: Vec<Known<A::Transaction>>,
        batch: &[(Bytes, Origin)],
    ) -> Vec<Result<Outcome, Rejection>> {
        let checked: Vec<Known<A::Transaction>> = known.into_iter().map(|entry| self.check(entry)).collect();
        let mut inner = self.lock();
        let mut ready = 0u64;
        let answers = checked
            .into_iter()
            .zip(batch)
            .map(|(entry, (_, origin))| match entry {
                Known::Verified(transaction) => self.insert_one(&mut inner, transaction, *origin, &mut ready),
                Known::Done(answer) => answer,
                // Admission answers for every entry; were it to leave one out, that one is refused.
                Known::New => Err(Rejection::busy()),
            })
            .inspect(|answer| self.count(answer))
            .collect();
        self.settle_left(&mut inner);
        self.metrics
            .relay_skipped_txs
            .inc_by(inner.outgoing.take_skipped());
        let relays = inner.outgoing.bytes() > 0;
        drop(inner);
        if ready > 0 {
            self.arrivals.send_modify(|arrivals| *arrivals += ready);
        }
        if relays {
            self.relay.notify_one();
        }
        answers
    }

    /// Asks the state about a verified transaction, before the pool is locked.
    fn check(&self, entry: Known<A::Transaction>) -> Known<A::Transaction> {
        match entry {
            Known::Verified(transaction) => match self.admission.check(&transaction) {
                Ok(()) => Known::Verified(transaction),
                Err(rejection) => Known::Done(Err(rejection.about(transaction.id()))),
            },
            other @ (Known::Done(_) | Known::New) => other,
        }
    }

    fn insert_one(
        &self,
        inner: &mut Inner<A::Transaction>,
        transaction: Arc<A::Transaction>,
        origin: Origin,
        ready: &mut u64,
    ) -> Result<Outcome, Rejection> {
        let id = transaction.id();
        let account = self.admission.account(&transaction.sender());
        match inner.pool.insert(Arc::clone(&transaction), account)? {
            Inserted::AlreadyPending => {
                if let Some(peer) = origin.peer() {
                    inner.outgoing.known(&id, peer);
                }
                Ok(Outcome::AlreadyPending(id))
            }
            Inserted::Added(place) => {
                *ready += u64::from(place == Place::Ready);
                inner.verdicts.wait(&transaction);
                self.metrics
                    .tx_size_bytes
                    .observe(small(transaction.bytes().len()));
                inner.outgoing.push(transaction, origin);
                Ok(Outcome::Accepted(id))
            }
        }
    }

    fn count(&self, answer: &Result<Outcome, Rejection>) {
        match answer {
            Ok(Outcome::Accepted(_)) => {}
            Ok(Outcome::AlreadyPending(_)) => {
                self.metrics.already_received_txs.inc();
            }
            Err(rejection) if rejection.class == Class::Malformed => {
                self.metrics.failed_txs.inc();
            }
            Err(rejection) => self.metrics.rejected(rejection),
        }
    }

    /// Remembers what became of those that left the pool.
    fn settle_left(&self, inner: &mut Inner<A::Transaction>) {
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

    /// The verified transactions of a proposed block, in order: known ones without work, the others verified
    /// together and remembered, so that each signature is checked once per node. It computes.
    ///
    /// # Errors
    /// The position of the first transaction that is not valid, and why: such a block is invalid.
    pub fn verify_block(
        &self,
        transactions: &[Vec<u8>],
    ) -> Result<Vec<Arc<A::Transaction>>, (usize, Rejection)> {
        let inner = self.lock();
        let known: Vec<Option<Arc<A::Transaction>>> = transactions
            .iter()
            .map(|bytes| inner.verdicts.find(bytes).cloned())
            .collect();
        drop(inner);
        let unknown: Vec<usize> = (0..known.len()).filter(|index| known[*index].is_none()).collect();
        let bytes: Vec<Bytes> = unknown
            .iter()
            .map(|index| Bytes::copy_from_slice(&transactions[*index]))
            .collect();
        let mut fresh = self.verify(&bytes).into_iter();
        let mut verified = Vec::with_capacity(known.len());
        let mut new = Vec::with_capacity(unknown.len());
        for (index, entry) in known.into_iter().enumerate() {
            let transaction = match entry {
                Some(transaction) => transaction,
                None => {
                    let verdict = fresh.next().unwrap_or_else(|| Err(Rejection::busy()));
                    let transaction = verdict.map_err(|rejection| (index, rejection))?;
                    new.push(Arc::clone(&transaction));
                    transaction
                }
            };
            verified.push(transaction);
        }
        let mut inner = self.lock();
        let Inner { pool, verdicts, .. } = &mut *inner;
        for transaction in new {
            verdicts.rest(transaction, |other| waits(pool, other));
        }
        Ok(verified)
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
fn waits<T: Transaction>(pool: &Pool<T>, transaction: &T) -> bool {
    pool.find(&transaction.id())
        .is_some_and(|(waiting, _)| waiting.bytes() == transaction.bytes())
}

fn gauge(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn small(count: usize) -> f64 {
    u32::try_from(count).unwrap_or(u32::MAX).into()
}
