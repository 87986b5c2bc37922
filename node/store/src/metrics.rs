//! What the store counts.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

/// The store's metrics.
#[derive(Clone, Debug)]
pub struct Metrics {
    pub(crate) apply_seconds: Histogram,
    pub(crate) flush_seconds: Histogram,
    pub(crate) background_seconds: Histogram,
    pub(crate) backlog_blocks: Gauge,
    pub(crate) leaves_written: Counter,
    pub(crate) disk_bytes: Gauge,
    pub(crate) live_bytes: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            apply_seconds: Histogram::new(exponential_buckets(0.000_1, 2.0, 14)),
            flush_seconds: Histogram::new(exponential_buckets(0.000_1, 2.0, 14)),
            background_seconds: Histogram::new(exponential_buckets(0.001, 2.0, 14)),
            backlog_blocks: Gauge::default(),
            leaves_written: Counter::default(),
            disk_bytes: Gauge::default(),
            live_bytes: Gauge::default(),
        }
    }
}

impl Metrics {
    /// Makes the metrics known under `sled_…` and `store_…`.
    pub fn register(&self, registry: &mut Registry) {
        let sled = registry.sub_registry_with_prefix("sled");
        sled.register_with_unit(
            "apply",
            "Time to write finalized blocks",
            Unit::Seconds,
            self.apply_seconds.clone(),
        );
        sled.register_with_unit(
            "flush",
            "Time to make them durable",
            Unit::Seconds,
            self.flush_seconds.clone(),
        );
        let store = registry.sub_registry_with_prefix("store");
        store.register_with_unit(
            "background",
            "Time to write the leaves and indexes of several blocks",
            Unit::Seconds,
            self.background_seconds.clone(),
        );
        store.register(
            "backlog_blocks",
            "Blocks whose leaves and indexes are not written yet",
            self.backlog_blocks.clone(),
        );
        store.register(
            "leaves_written",
            "Leaves of the state written",
            self.leaves_written.clone(),
        );
        store.register_with_unit(
            "disk",
            "What the database takes on disk",
            Unit::Bytes,
            self.disk_bytes.clone(),
        );
        store.register_with_unit(
            "live",
            "What of that is in use, about",
            Unit::Bytes,
            self.live_bytes.clone(),
        );
    }
}
