//! What catching up counts, by the names that operators of CometBFT chains know.

use crate::peers::Lie;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kind {
    lie: &'static str,
}

/// The metrics of catching up, all starting with `blocksync_`.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    pub(crate) syncing: Gauge,
    pub(crate) latest_block_height: Gauge,
    pub(crate) target_height: Gauge,
    pub(crate) block_size_bytes: Gauge,
    pub(crate) num_txs: Gauge,
    pub(crate) total_txs: Counter,
    pub(crate) blocks: Counter,
    pub(crate) failed_requests: Counter,
    lies: Family<Kind, Counter>,
}

impl Metrics {
    /// Makes the metrics known under `blocksync_…`.
    pub fn register(&self, registry: &mut Registry) {
        let registry = registry.sub_registry_with_prefix("blocksync");
        registry.register("syncing", "1 while this node catches up", self.syncing.clone());
        let latest = "Height of the latest block given out";
        registry.register("latest_block_height", latest, self.latest_block_height.clone());
        registry.register(
            "target_height",
            "Finalized height it is catching up with",
            self.target_height.clone(),
        );
        registry.register(
            "block_size_bytes",
            "Bytes of the latest block",
            self.block_size_bytes.clone(),
        );
        registry.register(
            "num_txs",
            "Transactions in the latest block",
            self.num_txs.clone(),
        );
        registry.register("total_txs", "Transactions in all of them", self.total_txs.clone());
        registry.register("blocks", "Blocks given out", self.blocks.clone());
        registry.register(
            "failed_requests",
            "Questions without an answer",
            self.failed_requests.clone(),
        );
        registry.register("lies", "Peers blamed, by what they did", self.lies.clone());
    }

    pub(crate) fn lied(&self, lie: Lie) {
        self.lies.get_or_create(&Kind { lie: lie.label() }).inc();
    }

    #[cfg(test)]
    pub(crate) fn lies(&self, lie: Lie) -> u64 {
        self.lies.get_or_create(&Kind { lie: lie.label() }).get()
    }
}
