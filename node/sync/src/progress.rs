//! How far it is: for whoever watches a terminal, a log or a gauge.

use crate::bodies::{Verified, size};
use crate::metrics::Metrics;
use indicatif::{ProgressBar, ProgressStyle};
use primitives::Height;
use std::io::IsTerminal;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// Time between lines in the log.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// How far catching up is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Where this node was when it began.
    pub from: Height,
    /// The last block that was given out.
    pub height: Height,
    /// The finalized height that it is on its way to; more may follow.
    pub target: Height,
}

pub(crate) struct Reporter {
    sender: watch::Sender<Progress>,
    metrics: Metrics,
    bar: ProgressBar,
    began: Instant,
    last_line: Instant,
}

impl Reporter {
    pub(crate) fn new(from: Height, metrics: Metrics) -> Self {
        metrics.syncing.set(1);
        let progress = Progress {
            from,
            height: from,
            target: from,
        };
        let bar = if std::io::stderr().is_terminal() {
            ProgressBar::new(0)
        } else {
            ProgressBar::hidden()
        };
        if let Ok(style) =
            ProgressStyle::with_template("catching up {wide_bar} {pos}/{len} blocks, {per_sec}, {eta}")
        {
            bar.set_style(style);
        }
        Self {
            sender: watch::Sender::new(progress),
            metrics,
            bar,
            began: Instant::now(),
            last_line: Instant::now(),
        }
    }

    pub(crate) fn watch(&self) -> watch::Receiver<Progress> {
        self.sender.subscribe()
    }

    pub(crate) fn aim(&self, target: Height) {
        self.sender.send_modify(|progress| progress.target = target);
        self.metrics.target_height.set(gauge(target.get()));
        let from = self.sender.borrow().from;
        self.bar.set_length(target.saturating_sub(from).get());
    }

    pub(crate) fn given_out(&mut self, verified: &Verified) {
        let height = verified.block.header.height;
        self.sender.send_modify(|progress| progress.height = height);
        let count = verified.block.transactions.len() as u64;
        self.metrics.latest_block_height.set(gauge(height.get()));
        self.metrics
            .block_size_bytes
            .set(gauge(size(&verified.block) as u64));
        self.metrics.num_txs.set(gauge(count));
        self.metrics.total_txs.inc_by(count);
        self.metrics.blocks.inc();
        let Progress { from, target, .. } = *self.sender.borrow();
        self.bar.set_position(height.saturating_sub(from).get());
        if self.last_line.elapsed() >= LINE_EVERY {
            self.last_line = Instant::now();
            let seconds = self.began.elapsed().as_secs().max(1);
            let per_second = height.saturating_sub(from).get() / seconds;
            tracing::info!(%height, %target, per_second, "catching up");
        }
    }
}

impl Drop for Reporter {
    fn drop(&mut self) {
        self.metrics.syncing.set(0);
        self.bar.finish_and_clear();
    }
}

fn gauge(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
