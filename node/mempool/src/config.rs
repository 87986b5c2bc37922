//! What an operator can set.

use serde::{Deserialize, Serialize};

/// The `[mempool]` section. Sizes are bytes, durations milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Transactions that wait, in total. Default: 50,000.
    pub max_transactions: usize,
    /// Their bytes. Default: 67,108,864.
    pub max_bytes: usize,
    /// Bytes of one transaction; the chain allows 65,536. Default: 65,536.
    pub max_transaction_bytes: usize,
    /// Transactions of one account that wait. Default: 1,024.
    pub max_per_account: u64,
    /// Of all transactions, those that wait for an earlier one of their account. Default: 8,192.
    pub max_queued: usize,
    /// For how many blocks a transaction waits, if its own timeout is not earlier. Default: 7,200.
    pub ttl_blocks: u64,
    /// Accounts checked again after each block, besides those whose transactions it held. Default: 512.
    pub recheck_per_block: usize,
    /// Verified transactions that are remembered although they do not wait (any more). Default: 65,536.
    pub remembered_transactions: usize,
    /// Their bytes. Default: 67,108,864.
    pub remembered_bytes: usize,
    /// Dropped transactions whose reason is remembered. Default: 16,384.
    pub remembered_drops: usize,
    /// Transactions that wait to be passed on to peers. Default: 32,768.
    pub relay_transactions: usize,
    /// Bytes of one batch that is passed on. Default: 262,144.
    pub relay_batch_bytes: usize,
    /// How long a new transaction waits for others to be passed on with it, ms, at most 100. The network gathers
    /// frames by itself, so 0 hands over at once whatever is there. Default: 0.
    pub relay_delay_ms: u64,
    /// Transactions verified together at most. Default: 1,024.
    pub verify_batch: usize,
    /// Bytes that wait to be verified. Default: 33,554,432.
    pub intake_bytes: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_transactions: 50_000,
            max_bytes: 64 << 20,
            max_transaction_bytes: 64 << 10,
            max_per_account: 1_024,
            max_queued: 8_192,
            ttl_blocks: 7_200,
            recheck_per_block: 512,
            remembered_transactions: 65_536,
            remembered_bytes: 64 << 20,
            remembered_drops: 16_384,
            relay_transactions: 32_768,
            relay_batch_bytes: 256 << 10,
            relay_delay_ms: 0,
            verify_batch: 1_024,
            intake_bytes: 32 << 20,
        }
    }
}

/// A value in the `[mempool]` section that cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("mempool.{field} = {value}: {hint}")]
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
        let at_least_one = [
            ("max_transactions", self.max_transactions),
            ("max_transaction_bytes", self.max_transaction_bytes),
            ("relay_transactions", self.relay_transactions),
            ("relay_batch_bytes", self.relay_batch_bytes),
            ("verify_batch", self.verify_batch),
        ];
        let fail = |field, value: usize, hint| {
            Err(ConfigError {
                field,
                value: u64::try_from(value).unwrap_or(u64::MAX),
                hint,
            })
        };
        if let Some((field, value)) = at_least_one.iter().find(|(_, value)| *value == 0) {
            return fail(field, *value, "must be at least 1");
        }
        if self.max_per_account == 0 || self.ttl_blocks == 0 {
            let field = if self.ttl_blocks == 0 {
                "ttl_blocks"
            } else {
                "max_per_account"
            };
            return fail(field, 0, "must be at least 1");
        }
        if self.max_bytes < self.max_transaction_bytes {
            return fail(
                "max_bytes",
                self.max_bytes,
                "must hold at least one transaction of mempool.max_transaction_bytes",
            );
        }
        if self.intake_bytes < self.max_transaction_bytes || u32::try_from(self.intake_bytes).is_err() {
            return fail(
                "intake_bytes",
                self.intake_bytes,
                "must hold at least one transaction of mempool.max_transaction_bytes, and be below 4 GiB",
            );
        }
        if self.relay_delay_ms > 100 {
            return Err(ConfigError {
                field: "relay_delay_ms",
                value: self.relay_delay_ms,
                hint: "must be at most 100",
            });
        }
        Ok(())
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
                "max_transactions",
                Config {
                    max_transactions: 0,
                    ..Config::default()
                },
            ),
            (
                "max_per_account",
                Config {
                    max_per_account: 0,
                    ..Config::default()
                },
            ),
            (
                "ttl_blocks",
                Config {
                    ttl_blocks: 0,
                    ..Config::default()
                },
            ),
            (
                "max_bytes",
                Config {
                    max_bytes: 9,
                    ..Config::default()
                },
            ),
            (
                "intake_bytes",
                Config {
                    intake_bytes: 9,
                    ..Config::default()
                },
            ),
            (
                "relay_delay_ms",
                Config {
                    relay_delay_ms: 101,
                    ..Config::default()
                },
            ),
        ];
        for (field, config) in broken {
            assert_eq!(config.validate().map_err(|error| error.field), Err(field));
        }
    }
}
