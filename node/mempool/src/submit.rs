//! What comes in: verified once, asked about, inserted.

use crate::mempool::{Inner, waits};
use crate::pool::{Inserted, Place};
use crate::{Admission, Class, Mempool, Origin, Outcome, Rejection, Transaction};
use bytes::Bytes;
use std::sync::Arc;
use std::time::Instant;

/// What is known about bytes before they are verified.
enum Known<T> {
    Done(Result<Outcome, Rejection>),
    Verified(Arc<T>),
    New,
}

impl<A: Admission> Mempool<A> {
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

    /// Those of a proposed block's transactions that were verified before, in its order.
    pub fn known(&self, transactions: &[Vec<u8>]) -> Vec<Option<Arc<A::Transaction>>> {
        let inner = self.lock();
        transactions
            .iter()
            .map(|bytes| inner.verdicts.find(bytes).cloned())
            .collect()
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
        let known = self.known(transactions);
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
}

fn small(count: usize) -> f64 {
    u32::try_from(count).unwrap_or(u32::MAX).into()
}
