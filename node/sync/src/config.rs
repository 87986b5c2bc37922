//! What an operator can set.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The `[sync]` section. Durations are milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// How long a peer may take to say where it stands, or to send headers, ms. Default: 5,000.
    pub request_timeout_ms: u64,
    /// How long a peer may take to send bodies, ms. Default: 15,000.
    pub body_timeout_ms: u64,
    /// Requests for bodies under way at once. Default: 8.
    pub parallel: usize,
    /// Of them, to one peer. Default: 2.
    pub per_peer: usize,
    /// Blocks asked for at once, at most 32. Default: 16.
    pub blocks_per_request: usize,
    /// Bytes of blocks in memory above which no more are asked for but the next one. Default: 67,108,864.
    pub buffer_bytes: usize,
    /// Blocks that wait for whoever executes them. Default: 16.
    pub ahead: usize,
    /// How far behind a node may stay: what is missing then comes by itself. Default: 4.
    pub close_enough_blocks: u64,
    /// How long to wait when no peer can be asked, ms. Default: 1,000.
    pub retry_ms: u64,
    /// How often to wait so before giving up. Default: 30.
    pub retries: u32,
    /// How old this node's latest block may be for others' certificates to be believed, ms; 0 lifts the limit. Older
    /// than it takes to withdraw stake, those who signed may have nothing left to lose. Default: 1,814,400,000
    /// (21 days).
    pub trusting_period_ms: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            request_timeout_ms: 5_000,
            body_timeout_ms: 15_000,
            parallel: 8,
            per_peer: 2,
            blocks_per_request: 16,
            buffer_bytes: 64 << 20,
            ahead: 16,
            close_enough_blocks: 4,
            retry_ms: 1_000,
            retries: 30,
            trusting_period_ms: 1_814_400_000,
        }
    }
}

/// A value in the `[sync]` section that cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("sync.{field} = {value}: {hint}")]
pub struct ConfigError {
    /// The field.
    pub field: &'static str,
    /// What it was set to.
    pub value: u64,
    /// What it has to be.
    pub hint: &'static str,
}

impl Config {
    /// Checks that the values can work together.
    ///
    /// # Errors
    /// [`ConfigError`] names the first field that cannot.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let wide = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let rules = [
            (
                "request_timeout_ms",
                self.request_timeout_ms,
                1..=600_000,
                "must be 1 to 600,000",
            ),
            (
                "body_timeout_ms",
                self.body_timeout_ms,
                1..=600_000,
                "must be 1 to 600,000",
            ),
            ("parallel", wide(self.parallel), 1..=64, "must be 1 to 64"),
            ("per_peer", wide(self.per_peer), 1..=32, "must be 1 to 32"),
            (
                "blocks_per_request",
                wide(self.blocks_per_request),
                1..=32,
                "must be 1 to 32",
            ),
            ("ahead", wide(self.ahead), 1..=1_024, "must be 1 to 1,024"),
            ("retry_ms", self.retry_ms, 1..=600_000, "must be 1 to 600,000"),
        ];
        let broken = rules
            .into_iter()
            .find(|(_, value, allowed, _)| !allowed.contains(value));
        broken.map_or(Ok(()), |(field, value, _, hint)| {
            Err(ConfigError { field, value, hint })
        })
    }

    pub(crate) const fn request_timeout(&self) -> Duration {
        Duration::from_millis(self.request_timeout_ms)
    }

    pub(crate) const fn body_timeout(&self) -> Duration {
        Duration::from_millis(self.body_timeout_ms)
    }
}
