//! The commit thread: makes finalized blocks durable in order, several groups with one sync when they have piled up.

use crate::application::{Application, Committed, Finalized};
use crate::error::EngineError;
use crate::metrics::Metrics;
use primitives::Height;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Groups that may wait.
const QUEUE: usize = 256;
/// Groups committed together at most, so that the first is not held up by many.
const MOST_AT_ONCE: usize = 16;

/// What was committed: up to which height, and what that led to.
pub(crate) type Report = Result<(Height, Committed), EngineError>;

/// Starts the thread.
pub(crate) fn start<A: Application>(
    application: Arc<A>,
    metrics: Metrics,
) -> Result<(mpsc::Sender<Finalized>, mpsc::Receiver<Report>), EngineError> {
    let (groups, mut inbox) = mpsc::channel::<Finalized>(QUEUE);
    let (reports, outbox) = mpsc::channel(QUEUE);
    std::thread::Builder::new()
        .name("commit".into())
        .spawn(move || {
            while let Some(first) = inbox.blocking_recv() {
                let mut together = vec![first];
                while together.len() < MOST_AT_ONCE
                    && let Ok(next) = inbox.try_recv()
                {
                    together.push(next);
                }
                let report = commit(application.as_ref(), together, &metrics);
                let failed = report.is_err();
                if reports.blocking_send(report).is_err() || failed {
                    return;
                }
            }
        })
        .map_err(|_| EngineError::Thread("commit"))?;
    Ok((groups, outbox))
}

fn commit<A: Application>(application: &A, groups: Vec<Finalized>, metrics: &Metrics) -> Report {
    let last = groups.last().and_then(|group| group.blocks.last());
    let height = last.map_or(Height::ZERO, |block| block.header.height);
    // Bodies are shared: the copy is of pointers and certificates.
    let durable = groups.clone();
    let committed = application.commit(groups).map_err(EngineError::Application)?;
    metrics.committed(&durable);
    Ok((height, committed))
}
