//! Consensus's log: typed records, bound to a chain, compacted when it has grown.

use crate::error::LogError;
use crate::log::{Limits, Log, MAX_RECORD, Presence, Spec, Synced};
use crate::medium::Medium;
use core::marker::PhantomData;
use primitives::ChainHash;
use primitives::codec::{Decode, Encode, decode_limited, encode};
use std::sync::Arc;

const HINT: &str = "Keep the file for inspection and check the disk. With the signer's guard intact the log may be \
                    moved away and the node started again: it learns the chain from its peers";

/// Sizes of the consensus log, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WalConfig {
    /// Compaction is worth it from this size on. Default: 8 MiB.
    pub compact_above: u64,
    /// The log never exceeds this. Default: 64 MiB.
    pub limit: u64,
}

impl Default for WalConfig {
    fn default() -> Self {
        Self {
            compact_above: 8 << 20,
            limit: Limits::default().total,
        }
    }
}

/// What was in the log when it was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replayed<R> {
    /// Every record, in the order of appending.
    pub records: Vec<R>,
    /// Bytes at the end that a crash left incomplete; they are gone now.
    pub torn_bytes: u64,
}

/// What a compaction did, in bytes of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compacted {
    /// Before.
    pub before: u64,
    /// After.
    pub after: u64,
}

/// The log of consensus's records `R`, in the file `consensus.wal`.
#[derive(Debug)]
pub struct Wal<R> {
    log: Log,
    config: WalConfig,
    compact_at: u64,
    kind: PhantomData<fn(R) -> R>,
}

impl<R: Encode + Decode> Wal<R> {
    /// Opens or makes the log of `chain` and replays it.
    ///
    /// # Errors
    /// As [`Log::open`]; [`LogError::Undecodable`] when a record is not an `R`.
    pub fn open(
        medium: Arc<dyn Medium>,
        chain: &ChainHash,
        config: WalConfig,
    ) -> Result<(Self, Replayed<R>), LogError> {
        let spec = Spec {
            name: "consensus.wal",
            purpose: "consensus/1",
            binding: *chain.as_bytes(),
            limits: Limits {
                record: MAX_RECORD,
                total: config.limit,
            },
            hint: HINT,
        };
        let path = medium.path(spec.name);
        let (log, recovered) = Log::open(medium, spec, Presence::Any)?;
        let records = decode_all(&recovered.records, &path)?;
        let wal = Self {
            log,
            config,
            compact_at: config.compact_above,
            kind: PhantomData,
        };
        let torn_bytes = recovered.torn_bytes;
        Ok((wal, Replayed { records, torn_bytes }))
    }

    /// Adds a record to what the next [`sync`](Self::sync) makes durable.
    ///
    /// # Errors
    /// As [`Log::append`].
    pub fn append(&mut self, record: &R) -> Result<(), LogError> {
        self.log.append(&encode(record))
    }

    /// Makes every record appended so far durable. No vote that one of them is about may leave before.
    ///
    /// # Errors
    /// As [`Log::sync`].
    pub fn sync(&mut self) -> Result<Synced, LogError> {
        self.log.sync()
    }

    /// Drops the records that `keep` refuses, when the file has grown enough for that to be worth it; call it at
    /// each finalization. `None` when it was not worth it yet.
    ///
    /// # Errors
    /// As [`Log::read_back`] and [`Log::rewrite`].
    pub fn retain(&mut self, mut keep: impl FnMut(&R) -> bool) -> Result<Option<Compacted>, LogError> {
        let before = self.log.bytes();
        if before < self.compact_at {
            return Ok(None);
        }
        let mut kept = self.log.read_back()?;
        let records: Vec<R> = decode_all(&kept, &self.log.path())?;
        let mut verdicts = records.iter().map(&mut keep);
        kept.retain(|_| verdicts.next().unwrap_or(true));
        self.log.rewrite(&kept)?;
        let after = self.log.bytes();
        // What must be kept may itself be large: wait until the file has doubled.
        self.compact_at = self.config.compact_above.max(after.saturating_mul(2));
        Ok(Some(Compacted { before, after }))
    }

    /// Size of the file in bytes.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.log.bytes()
    }
}

fn decode_all<R: Decode>(records: &[Vec<u8>], path: &std::path::Path) -> Result<Vec<R>, LogError> {
    let decode_one = |(index, record): (usize, &Vec<u8>)| {
        decode_limited(record, MAX_RECORD).map_err(|source| LogError::Undecodable {
            path: path.to_owned(),
            index,
            source,
            hint: HINT,
        })
    };
    records.iter().enumerate().map(decode_one).collect()
}
