//! What is counted while a load runs, and what comes of it.

use primitives::TxId;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Latency from when a transaction was due until it was seen in a final block, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct Latency {
    /// Half were at least this fast.
    pub p50: f64,
    /// 95 of 100 were.
    pub p95: f64,
    /// 99 of 100 were.
    pub p99: f64,
    /// The slowest.
    pub max: f64,
}

/// What a run has shown.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Measured {
    /// Offers a second, over the time of sending. A transaction that is offered again counts again.
    pub submitted_per_second: f64,
    /// Transactions that a node took, a second, over the time of sending.
    pub accepted_per_second: f64,
    /// Transactions that became final, a second, from the warm-up's end to the end of sending.
    pub finalized_per_second: f64,
    /// How long that took each.
    pub latency_ms: Latency,
    /// Offers in all.
    pub submitted: u64,
    /// Transactions that a node took.
    pub accepted: u64,
    /// Transactions that became final before the end of the drain.
    pub finalized: u64,
    /// Transactions that a node took and that were not seen in a final block by the end of the drain.
    pub unfinalized: u64,
    /// Refused offers, by reason.
    pub rejected: BTreeMap<String, u64>,
    /// How long sending took, in seconds.
    pub seconds: f64,
    /// How long the warm-up was, in seconds.
    pub warm_up_seconds: f64,
}

#[derive(Clone, Copy, Debug)]
struct Offer {
    due: Instant,
    accepted: bool,
}

#[derive(Debug, Default)]
struct Inner {
    start: Option<Instant>,
    end: Option<Instant>,
    waiting: HashMap<TxId, Offer>,
    /// When each became final, and how long after it was due, in microseconds.
    done: Vec<(Instant, u32)>,
    submitted: u64,
    accepted: u64,
    /// Of those that a node took, how many are not final yet.
    outstanding: u64,
    rejected: BTreeMap<String, u64>,
}

/// Counts what happens, from several tasks.
#[derive(Debug, Default)]
pub(super) struct Tracker(Mutex<Inner>);

impl Tracker {
    pub(super) fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Every update is whole before anything can panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn start(&self, now: Instant) {
        self.lock().start = Some(now);
    }

    pub(super) fn end(&self, now: Instant) {
        self.lock().end = Some(now);
    }

    /// A transaction is about to be offered that was due at `due`; when it was offered before, that time stays.
    pub(super) fn offer(&self, id: &TxId, due: Instant) {
        self.lock()
            .waiting
            .entry(*id)
            .or_insert(Offer { due, accepted: false });
    }

    pub(super) fn submitted(&self, count: usize) {
        self.lock().submitted += u64::try_from(count).unwrap_or(0);
    }

    pub(super) fn accepted(&self, id: &TxId) {
        let mut inner = self.lock();
        let waits = match inner.waiting.get_mut(id) {
            Some(offer) if offer.accepted => return,
            Some(offer) => {
                offer.accepted = true;
                true
            }
            // Final before the node's answer was read.
            None => false,
        };
        inner.accepted += 1;
        inner.outstanding += u64::from(waits);
    }

    /// A transaction that was offered again after it had become final.
    pub(super) fn forget(&self, id: &TxId) {
        self.lock().waiting.remove(id);
    }

    pub(super) fn rejected(&self, reason: &str) {
        let reason = if reason.is_empty() { "UNKNOWN" } else { reason };
        *self.lock().rejected.entry(reason.to_owned()).or_default() += 1;
    }

    pub(super) fn finalized(&self, ids: impl Iterator<Item = TxId>, now: Instant) {
        let mut inner = self.lock();
        for id in ids {
            if let Some(offer) = inner.waiting.remove(&id) {
                let late =
                    u32::try_from(now.saturating_duration_since(offer.due).as_micros()).unwrap_or(u32::MAX);
                inner.done.push((now, late));
                if offer.accepted {
                    inner.outstanding -= 1;
                }
            }
        }
    }

    /// How many transactions were taken and are not final yet.
    pub(super) fn outstanding(&self) -> u64 {
        self.lock().outstanding
    }

    pub(super) fn measured(&self, duration: Duration) -> Measured {
        let inner = self.lock();
        let (Some(start), Some(end)) = (inner.start, inner.end) else {
            return Measured::default();
        };
        let seconds = end
            .saturating_duration_since(start)
            .as_secs_f64()
            .max(f64::EPSILON);
        let warm_up = Duration::from_secs(2).min(duration / 5);
        let (from, to) = (start + warm_up, start + duration);
        let within = inner
            .done
            .iter()
            .filter(|(at, _)| *at > from && *at <= to)
            .count();
        let mut late: Vec<u32> = inner.done.iter().map(|(_, late)| *late).collect();
        late.sort_unstable();
        let rate = |count: u64| round(as_float(count) / seconds);
        let steady = (duration - warm_up).as_secs_f64().max(f64::EPSILON);
        Measured {
            submitted_per_second: rate(inner.submitted),
            accepted_per_second: rate(inner.accepted),
            finalized_per_second: round(as_float(u64::try_from(within).unwrap_or(0)) / steady),
            latency_ms: Latency {
                p50: percentile(&late, 50),
                p95: percentile(&late, 95),
                p99: percentile(&late, 99),
                max: percentile(&late, 100),
            },
            submitted: inner.submitted,
            accepted: inner.accepted,
            finalized: u64::try_from(inner.done.len()).unwrap_or(u64::MAX),
            unfinalized: inner.outstanding,
            rejected: inner.rejected.clone(),
            seconds: round(seconds),
            warm_up_seconds: round(warm_up.as_secs_f64()),
        }
    }
}

/// The `percent`-th percentile by rank of sorted microseconds, in milliseconds; 0 of nothing.
fn percentile(sorted: &[u32], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted
        .get(rank)
        .map_or(0.0, |micros| round(f64::from(*micros) / 1_000.0))
}

/// One digit after the point: more would be noise.
fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// Exact: counts stay far below 2^53.
#[allow(
    clippy::as_conversions,
    reason = "there is no other way from u64 to f64; counts stay far below 2^53"
)]
const fn as_float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u8) -> TxId {
        TxId::new([number; 32])
    }

    #[test]
    fn percentiles_are_by_rank() {
        let micros: Vec<u32> = (1..=100).map(|ms| ms * 1_000).collect();
        assert_eq!(percentile(&micros, 50), 50.0);
        assert_eq!(percentile(&micros, 99), 99.0);
        assert_eq!(percentile(&[7_000], 99), 7.0);
        assert_eq!(percentile(&[], 50), 0.0);
    }

    #[test]
    fn a_transaction_is_timed_from_when_it_was_first_due() {
        let tracker = Tracker::new();
        let start = Instant::now();
        tracker.start(start);
        tracker.offer(&id(1), start);
        tracker.rejected("MEMPOOL_FULL");
        tracker.offer(&id(1), start + Duration::from_millis(900));
        tracker.accepted(&id(1));
        tracker.submitted(2);
        assert_eq!(tracker.outstanding(), 1);
        // A stranger's transaction in the same block is not counted.
        tracker.finalized([id(1), id(2)].into_iter(), start + Duration::from_millis(1_000));
        assert_eq!(tracker.outstanding(), 0);
        tracker.end(start + Duration::from_secs(2));
        let measured = tracker.measured(Duration::from_secs(2));
        assert_eq!(
            (measured.submitted, measured.accepted, measured.finalized),
            (2, 1, 1)
        );
        assert_eq!(measured.latency_ms.p50, 1_000.0);
        assert_eq!(measured.rejected.get("MEMPOOL_FULL"), Some(&1));
        assert_eq!(measured.submitted_per_second, 1.0);
    }

    #[test]
    fn finality_seen_before_the_answer_leaves_nothing_outstanding() {
        let tracker = Tracker::new();
        let start = Instant::now();
        tracker.start(start);
        tracker.offer(&id(1), start);
        tracker.finalized([id(1)].into_iter(), start);
        tracker.accepted(&id(1));
        assert_eq!(tracker.outstanding(), 0);
    }
}
