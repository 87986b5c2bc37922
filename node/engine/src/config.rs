//! What an operator can set.

use consensus::Timing;
use primitives::Millis;
use serde::{Deserialize, Serialize};
use wal::WalConfig;

/// Timing and sizes of the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The delay that a message and its handling are first assumed to need, in milliseconds. Default: 250.
    pub delta_ms: u64,
    /// What that delay grows to while nothing finalizes, in milliseconds. Default: 30000.
    pub delta_max_ms: u64,
    /// With nothing to include, a block comes this long after its parent, in milliseconds. Default: 1000.
    pub idle_interval_ms: u64,
    /// A leader silent for this long while a quorum was not is skipped at once, in milliseconds. Default: 3000.
    pub skip_timeout_ms: u64,
    /// Without a finalization for this long, everything undecided is sent again, in milliseconds. Default: 10000.
    pub standstill_ms: u64,
    /// The consensus log is compacted from this size on, in bytes. Default: 33554432.
    pub wal_compact_bytes: u64,
    /// The consensus log never exceeds this, in bytes. Default: 268435456.
    pub wal_limit_bytes: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            delta_ms: 250,
            delta_max_ms: 30_000,
            idle_interval_ms: 1_000,
            skip_timeout_ms: 3_000,
            standstill_ms: 10_000,
            wal_compact_bytes: 32 << 20,
            wal_limit_bytes: 256 << 20,
        }
    }
}

/// Why a configuration is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A duration does not do.
    #[error("[consensus] {0}: raise it, or remove the line for the default")]
    Timing(String),
    /// The log could not hold what must be kept.
    #[error("[consensus] wal_limit_bytes = {limit}: it must be at least twice wal_compact_bytes = {compact}")]
    Wal {
        /// The limit.
        limit: u64,
        /// When compaction starts.
        compact: u64,
    },
}

impl Config {
    /// Checks the rules between the fields.
    ///
    /// # Errors
    /// [`ConfigError`] names the field and what to do.
    pub fn validate(&self) -> Result<(), ConfigError> {
        self.timing()
            .validate()
            .map_err(|error| ConfigError::Timing(error.to_string()))?;
        let (limit, compact) = (self.wal_limit_bytes, self.wal_compact_bytes);
        if limit < compact.saturating_mul(2) {
            Err(ConfigError::Wal { limit, compact })
        } else {
            Ok(())
        }
    }

    /// The core's durations.
    #[must_use]
    pub const fn timing(&self) -> Timing {
        Timing {
            delta: Millis::new(self.delta_ms),
            delta_max: Millis::new(self.delta_max_ms),
            idle_interval: Millis::new(self.idle_interval_ms),
            skip_timeout: Millis::new(self.skip_timeout_ms),
            standstill: Millis::new(self.standstill_ms),
        }
    }

    /// The log's sizes.
    #[must_use]
    pub const fn wal(&self) -> WalConfig {
        WalConfig {
            compact_above: self.wal_compact_bytes,
            limit: self.wal_limit_bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_hold_and_a_small_log_says_what_to_do() {
        assert_eq!(Config::default().validate(), Ok(()));
        let small = Config {
            wal_limit_bytes: 1,
            ..Config::default()
        };
        assert!(matches!(small.validate(), Err(ConfigError::Wal { limit: 1, .. })));
        let frozen = Config {
            delta_ms: 0,
            ..Config::default()
        };
        assert!(frozen.validate().unwrap_err().to_string().contains("delta"));
    }
}
