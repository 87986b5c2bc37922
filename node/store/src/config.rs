//! What an operator can set.

use serde::{Deserialize, Serialize};

/// The `[store]` section. Sizes are bytes, durations milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The database's page cache. A small one costs memory instead of saving it. At least 16 MiB.
    /// Default: 134,217,728.
    pub cache_bytes: u64,
    /// After how many blocks their changes of state are written, each entry once. 1 to 1,024. Default: 256.
    pub coalesce_blocks: usize,
    /// After how long they are written at the latest, ms. The longer, the less is written, and the more is replayed
    /// after a crash. Default: 10,000.
    pub coalesce_ms: u64,
    /// How many blocks the background may be behind before commits wait for it: a restart replays as many.
    /// At least `coalesce_blocks`. Default: 512.
    pub max_backlog_blocks: usize,
    /// Bytes of recent blocks that are kept in memory for peers and clients. Default: 33,554,432.
    pub recent_bytes: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            cache_bytes: 128 << 20,
            coalesce_blocks: 256,
            coalesce_ms: 10_000,
            max_backlog_blocks: 512,
            recent_bytes: 32 << 20,
        }
    }
}

/// A value in the `[store]` section that cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("store.{field} = {value}: {hint}")]
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
        let (coalesce, backlog) = (wide(self.coalesce_blocks), wide(self.max_backlog_blocks));
        let rules = [
            (
                "cache_bytes",
                self.cache_bytes,
                self.cache_bytes >= 16 << 20,
                "must be at least 16,777,216",
            ),
            (
                "coalesce_blocks",
                coalesce,
                (1..=1_024).contains(&coalesce),
                "must be 1 to 1,024",
            ),
            (
                "max_backlog_blocks",
                backlog,
                backlog >= coalesce,
                "must be at least store.coalesce_blocks",
            ),
        ];
        rules
            .iter()
            .find(|(_, _, holds, _)| !holds)
            .map_or(Ok(()), |(field, value, _, hint)| {
                Err(ConfigError {
                    field,
                    value: *value,
                    hint,
                })
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_works_and_what_cannot_work_is_named() {
        assert_eq!(Config::default().validate(), Ok(()));
        let broken = [
            (
                "cache_bytes",
                Config {
                    cache_bytes: 1,
                    ..Config::default()
                },
            ),
            (
                "coalesce_blocks",
                Config {
                    coalesce_blocks: 0,
                    ..Config::default()
                },
            ),
            (
                "max_backlog_blocks",
                Config {
                    max_backlog_blocks: 3,
                    ..Config::default()
                },
            ),
        ];
        for (field, config) in broken {
            assert_eq!(config.validate().map_err(|error| error.field), Err(field));
        }
    }
}
