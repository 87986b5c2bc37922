//! What the mempool counts, by the names that operators of CometBFT chains know.

use crate::{Dropped, Rejection};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use std::time::Duration;

/// Why, as the API names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Reason {
    reason: &'static str,
}

/// The mempool's metrics, all starting with `mempool_`.
#[derive(Clone, Debug)]
pub struct Metrics {
    pub(crate) size: Gauge,
    pub(crate) size_bytes: Gauge,
    pub(crate) queued: Gauge,
    pub(crate) tx_size_bytes: Histogram,
    pub(crate) failed_txs: Counter,
    rejected_txs: Family<Reason, Counter>,
    evicted_txs: Family<Reason, Counter>,
    pub(crate) recheck_times: Counter,
    pub(crate) already_received_txs: Counter,
    pub(crate) relay_skipped_txs: Counter,
    pub(crate) verify_batch_seconds: Histogram,
    pub(crate) verify_batch_txs: Histogram,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            size: Gauge::default(),
            size_bytes: Gauge::default(),
            queued: Gauge::default(),
            tx_size_bytes: Histogram::new(exponential_buckets(64.0, 2.0, 11)),
            failed_txs: Counter::default(),
            rejected_txs: Family::default(),
            evicted_txs: Family::default(),
            recheck_times: Counter::default(),
            already_received_txs: Counter::default(),
            relay_skipped_txs: Counter::default(),
            verify_batch_seconds: Histogram::new(exponential_buckets(0.000_05, 2.0, 14)),
            verify_batch_txs: Histogram::new(exponential_buckets(1.0, 2.0, 12)),
        }
    }
}

impl Metrics {
    /// Makes the metrics known under `mempool_…`.
    pub fn register(&self, registry: &mut Registry) {
        let registry = registry.sub_registry_with_prefix("mempool");
        registry.register("size", "Transactions that wait", self.size.clone());
        registry.register("size_bytes", "Their bytes", self.size_bytes.clone());
        registry.register(
            "queued",
            "Of them, those behind a gap in their account's sequence",
            self.queued.clone(),
        );
        registry.register(
            "tx_size_bytes",
            "Bytes of a transaction taken in",
            self.tx_size_bytes.clone(),
        );
        registry.register(
            "failed_txs",
            "Transactions whose bytes or signatures are wrong",
            self.failed_txs.clone(),
        );
        registry.register(
            "rejected_txs",
            "Well-formed transactions refused",
            self.rejected_txs.clone(),
        );
        registry.register(
            "evicted_txs",
            "Transactions that left without being in a block",
            self.evicted_txs.clone(),
        );
        registry.register(
            "recheck_times",
            "Checks after a finalized block",
            self.recheck_times.clone(),
        );
        registry.register(
            "already_received_txs",
            "Transactions that came again",
            self.already_received_txs.clone(),
        );
        registry.register(
            "relay_skipped_txs",
            "New transactions not passed on for want of room",
            self.relay_skipped_txs.clone(),
        );
        registry.register(
            "verify_batch_seconds",
            "Time to verify a batch",
            self.verify_batch_seconds.clone(),
        );
        registry.register(
            "verify_batch_txs",
            "Transactions verified together",
            self.verify_batch_txs.clone(),
        );
    }

    pub(crate) fn rejected(&self, rejection: &Rejection) {
        let reason = rejection.reason;
        self.rejected_txs.get_or_create(&Reason { reason }).inc();
    }

    pub(crate) fn evicted(&self, dropped: &Dropped) {
        let reason = dropped.reason();
        self.evicted_txs.get_or_create(&Reason { reason }).inc();
    }

    pub(crate) fn verified(&self, count: usize, took: Duration) {
        self.verify_batch_seconds.observe(took.as_secs_f64());
        self.verify_batch_txs
            .observe(u32::try_from(count).unwrap_or(u32::MAX).into());
    }
}
