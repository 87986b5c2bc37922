//! How far the node has come, as one value that changes.

use crate::app::{Chain, Snapshots};
use engine::Status;
use primitives::Height;
use rpc::backend::Tip;
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Blocks whose state can be read below the tip; the same bound that reads apply.
const STATES: u64 = 10_000;

/// Keeps a [`Tip`] up to date from what is committed and where consensus stands.
pub(crate) fn follow(
    chain: Arc<Chain>,
    snapshots: Arc<Snapshots>,
    mut engine: watch::Receiver<Status>,
    stop: CancellationToken,
) -> watch::Receiver<Tip> {
    let mut committed = chain.committed();
    let now = move |status: Status| {
        let latest = snapshots.latest();
        let height = latest.header.height;
        let earliest = chain.store().earliest();
        Tip {
            height,
            time: latest.header.time,
            epoch: status.epoch.max(latest.header.epoch),
            view: status.view,
            earliest_state: Height::new(height.get().saturating_sub(STATES)).max(earliest),
            earliest_block: earliest.max(Height::new(1)),
            target: height,
            syncing: status.behind,
        }
    };
    let (sender, receiver) = watch::channel(now(*engine.borrow()));
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                changed = committed.changed() => if changed.is_err() { return },
                changed = engine.changed() => if changed.is_err() { return },
            }
            let status = *engine.borrow_and_update();
            committed.mark_unchanged();
            let next = now(status);
            sender.send_if_modified(|tip| {
                let changed = *tip != next;
                *tip = next;
                changed
            });
        }
    });
    receiver
}
