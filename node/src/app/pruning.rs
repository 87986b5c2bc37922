//! Forgetting old blocks, once per epoch, in the background.

use super::chain::{Chain, ChainError};
use primitives::{Epoch, Height};
use std::sync::Arc;
use std::time::Duration;
use store::Pruned;
use tokio_util::sync::CancellationToken;

/// Epochs kept besides those that an unbonding takes: the running one, and the two whose evidence may still come.
const MORE_EPOCHS: u64 = 3;

/// Forgets the blocks below a window of heights whenever an epoch has ended.
pub(crate) struct PruningTask {
    pub(crate) chain: Arc<Chain>,
    /// How many blocks are kept, at least.
    pub(crate) window: u64,
}

impl PruningTask {
    /// Runs until it is stopped. Fails when the store does.
    pub(crate) async fn run(self, stop: CancellationToken) -> Result<(), ChainError> {
        let mut committed = self.chain.committed();
        let mut epoch = None;
        loop {
            let now = self.chain.snapshots.latest().header.epoch;
            if epoch != Some(now) {
                epoch = Some(now);
                let (chain, window, stop) = (self.chain.clone(), self.window, stop.clone());
                let pruning = tokio::task::spawn_blocking(move || prune(&chain, window, &stop));
                pruning
                    .await
                    .map_err(|_| ChainError::Broken("pruning ended early"))??;
            }
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                changed = committed.changed() => if changed.is_err() { return Ok(()) },
            }
        }
    }
}

/// Forgets the blocks below the latest `window`, as far as the chain does not need them; what went, and the first height
/// that it needs. Call it off the async threads.
pub(crate) fn prune(
    chain: &Chain,
    window: u64,
    stop: &CancellationToken,
) -> Result<(Pruned, Height), ChainError> {
    let tip = chain.snapshots.latest();
    let below = Height::new(tip.header.height.get().saturating_sub(window));
    let needed = needed_from(chain, tip.header.epoch)?;
    if needed < below {
        tracing::debug!(window, %needed, "more blocks are kept than the window holds: the chain needs them");
    }
    let below = below.min(needed);
    if below <= chain.store().earliest() {
        let none = Pruned {
            earliest: chain.store().earliest(),
            ..Pruned::default()
        };
        return Ok((none, needed));
    }
    // Readers and the log wait while a batch is applied: gives them twice its time.
    let pause = |took: Duration| {
        std::thread::sleep(took * 2);
        !stop.is_cancelled()
    };
    let pruned = chain.store().prune(below, &pause)?;
    tracing::info!(earliest = %pruned.earliest, blocks = pruned.blocks, bytes = pruned.bytes, "old blocks pruned");
    Ok((pruned, needed))
}

/// The first height of the oldest epoch whose stake can still be slashed or is still being paid out.
fn needed_from(chain: &Chain, now: Epoch) -> Result<Height, ChainError> {
    let state = &chain.snapshots.latest().state;
    let params = runtime::staking::query::params(state)
        .map_err(|_| ChainError::Broken("the staking parameters are missing"))?;
    let epochs = params
        .unbonding_delay
        .get()
        .div_ceil(params.epoch_length.get().max(1));
    let Some(before) = now.get().checked_sub(epochs.saturating_add(MORE_EPOCHS)) else {
        return Ok(Height::ZERO);
    };
    let end = chain.store().hand_overs(Epoch::new(before), 1)?.pop();
    Ok(end.map_or(Height::ZERO, |end| {
        Height::new(end.header.height.get().saturating_add(1))
    }))
}
