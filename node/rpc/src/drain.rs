//! A server that takes nothing new, and how many of those that it serves are still there.

use crate::config::Config;
use crate::gate::Method;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Between two looks at who is still there.
const PAUSE: Duration = Duration::from_millis(20);
const TRANSACTIONS: &str = "palisade.tx.v1.TransactionService";
const SUBSCRIPTIONS: &str = "palisade.subscription.v1.SubscriptionService";

/// Tells a server to take no more transactions and subscriptions. Clones tell the same one.
#[derive(Clone, Debug)]
pub struct Drain {
    begun: CancellationToken,
    calls: Arc<Semaphore>,
    streams: Arc<Semaphore>,
    max_calls: usize,
    max_streams: usize,
}

impl Drain {
    /// For a server with these settings.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self {
            begun: CancellationToken::new(),
            calls: Arc::new(Semaphore::new(config.max_calls)),
            streams: Arc::new(Semaphore::new(config.max_streams)),
            max_calls: config.max_calls,
            max_streams: config.max_streams,
        }
    }

    /// From now on nothing new is taken, and open subscriptions end with where to go on.
    pub fn begin(&self) {
        self.begun.cancel();
    }

    /// Whether it was told.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.begun.is_cancelled()
    }

    /// Calls under way, and streams that are open.
    #[must_use]
    pub fn under_way(&self) -> (usize, usize) {
        (
            self.max_calls.saturating_sub(self.calls.available_permits()),
            self.max_streams.saturating_sub(self.streams.available_permits()),
        )
    }

    /// Waits until nobody is there, at most so long; who is still there.
    pub async fn wait(&self, patience: Duration) -> (usize, usize) {
        let end = Instant::now() + patience;
        loop {
            let left = self.under_way();
            if left == (0, 0) || Instant::now() >= end {
                return left;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Ends with the server, and before it when subscriptions are to end.
    pub(crate) const fn subscriptions(&self) -> &CancellationToken {
        &self.begun
    }

    pub(crate) const fn calls(&self) -> &Arc<Semaphore> {
        &self.calls
    }

    pub(crate) const fn streams(&self) -> &Arc<Semaphore> {
        &self.streams
    }

    /// Whether a call would begin something that the node will not be there to end.
    pub(crate) fn refuses(&self, method: &Method) -> bool {
        let begins = match &*method.service {
            TRANSACTIONS => &*method.name == "BroadcastTransaction",
            SUBSCRIPTIONS => true,
            _ => false,
        };
        begins && self.has_begun()
    }
}
