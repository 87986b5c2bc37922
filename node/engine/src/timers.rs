//! The core's timers: a handful, each set or not.

use consensus::TimerKey;
use primitives::Millis;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// When each timer runs out.
#[derive(Debug, Default)]
pub(crate) struct Timers(BTreeMap<TimerKey, Instant>);

impl Timers {
    pub(crate) fn set(&mut self, key: TimerKey, after: Millis) {
        // A year stands for "never" where the sum would not fit.
        let after = Duration::from_millis(after.get().min(365 * 86_400_000));
        self.0.insert(key, Instant::now() + after);
    }

    pub(crate) fn cancel(&mut self, key: TimerKey) {
        self.0.remove(&key);
    }

    /// Waits until the next one runs out, forever when there is none.
    pub(crate) async fn elapsed(&self) {
        match self.0.values().min() {
            Some(next) => tokio::time::sleep_until(*next).await,
            None => std::future::pending().await,
        }
    }

    /// Takes out those that have run out.
    pub(crate) fn take_expired(&mut self) -> Vec<TimerKey> {
        let now = Instant::now();
        let expired: Vec<TimerKey> = self
            .0
            .iter()
            .filter(|(_, at)| **at <= now)
            .map(|(key, _)| *key)
            .collect();
        for key in &expired {
            self.0.remove(key);
        }
        expired
    }
}
