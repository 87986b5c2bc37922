//! Whether there is something to put into a block.

use super::{Chain, Mempool};
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Keeps `available` at whether the mempool has ready transactions, or the chain evidence, that no block in flight
/// holds.
pub(crate) async fn watch(
    mempool: Arc<Mempool>,
    chain: Arc<Chain>,
    available: watch::Sender<bool>,
    stop: CancellationToken,
) {
    let mut arrivals = mempool.arrivals();
    let mut blocks = chain.executed();
    loop {
        let size = mempool.size();
        let ready = size.transactions.saturating_sub(size.queued);
        let work = ready > chain.in_flight() || chain.has_evidence();
        available.send_if_modified(|available| std::mem::replace(available, work) != work);
        tokio::select! {
            () = stop.cancelled() => return,
            changed = arrivals.changed() => if changed.is_err() { return },
            changed = blocks.changed() => if changed.is_err() { return },
        }
    }
}
