//! An open-loop load generator: transfers signed beforehand are sent at a fixed rate, whether or not the network keeps
//! up, and each is timed from the moment it was due until its block is final.
//!
//! Accounts are shared out among the nodes, and an account's transactions go to its node in order, one batch at a
//! time per node: a later one never overtakes an earlier one. A transaction that is refused is offered again at its
//! account's next turn. Latency counts from when a transaction was first due, so that a generator that falls behind
//! does not flatter the network ("coordinated omission").

mod lane;
mod plan;
mod stats;
mod watch;

pub use plan::{Plan, Presigned, presign};
pub use stats::{Latency, Measured};

use crate::connection::{Client, Timeouts};
use crate::error::Error;
use lane::Lane;
use stats::Tracker;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How long finality of what was accepted is waited for after the last transaction was sent.
const DRAIN: Duration = Duration::from_secs(15);

/// Sends what was signed, at its rate, and measures.
///
/// # Errors
/// [`Error`] when the node that finality is watched at cannot be asked. A node that refuses transactions is a
/// figure, not an error.
pub async fn run(presigned: Presigned, timeouts: Timeouts) -> Result<Measured, Error> {
    let Presigned {
        lanes,
        rate,
        duration,
        ..
    } = presigned;
    let tracker = Arc::new(Tracker::new());
    let first = lanes
        .first()
        .map(|queue| queue.url.clone())
        .ok_or_else(|| Error::Malformed("no node to send to".into()))?;
    let watcher = Client::connect(&first, timeouts).await?;
    let from = watcher.height().await?.next().unwrap_or_default();
    let mut clients = Vec::with_capacity(lanes.len());
    for queue in &lanes {
        clients.push(Client::connect(&queue.url, timeouts).await?);
    }
    let watching = tokio::spawn(watch::blocks(watcher, from, Arc::clone(&tracker)));
    let start = Instant::now();
    tracker.start(start);
    let count = u64::try_from(lanes.len()).unwrap_or(1).max(1);
    let mut sending = tokio::task::JoinSet::new();
    for (index, (queue, client)) in (0u64..).zip(lanes.into_iter().zip(clients)) {
        let pace = lane::Pace {
            start,
            duration,
            rate,
            lanes: count,
            lane: index,
        };
        sending.spawn(Lane::new(queue, client, pace, Arc::clone(&tracker)).run());
    }
    while let Some(ended) = sending.join_next().await {
        ended.map_err(|error| Error::Malformed(format!("a sender ended early: {error}")))?;
    }
    tracker.end(Instant::now());
    let deadline = Instant::now() + DRAIN;
    while tracker.outstanding() > 0 && Instant::now() < deadline && !watching.is_finished() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    if watching.is_finished() {
        watching
            .await
            .map_err(|error| Error::Malformed(format!("watching finality ended early: {error}")))??;
    } else {
        watching.abort();
    }
    Ok(tracker.measured(duration))
}
