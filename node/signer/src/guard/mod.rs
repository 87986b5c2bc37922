//! The sign-once guard: what every key signed, durable before the signature exists.
//!
//! One flat file per data folder, rows keyed by (consensus key, epoch, view), a low watermark per key, bound to the
//! chain. Votes of several views are open at once (a Finalize of view v is signed after votes in later views), so
//! this is a row check inside a window, not a counter that only rises.
//!
//! A guard that is missing is not made silently: [`Guard::open`] says [`GuardError::Missing`], and
//! [`Guard::initialise`] is a decision. With a key that was active before, register it with
//! [`Slot::end_of`] the current epoch, so that it casts no vote before the next.
//!
//! # Source
//! consensus.md, section 1.2 "Persistence" and section 1.3; EIP-3076 for the interchange.

mod book;
mod error;
mod interchange;
mod row;

pub use error::GuardError;
pub use interchange::{FORMAT_VERSION, Interchange, InterchangeError, KeyHistory, Metadata, SlotHistory};
pub use row::{Choice, Refusal, Row, Slot};

use book::{Book, Entry, History};
use crypto::bls::KeyBytes;
use error::{HINT, MAX_KEYS};
use light_palisade::Statement;
use primitives::ChainHash;
use primitives::codec::{decode_limited, encode};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use wal::{Disk, Limits, Log, LogError, Medium, Presence, Spec};

const NAME: &str = "signing-guard.log";
/// Entries are small; a longer record is not one.
const MAX_ENTRY: usize = 1024;
/// Sizes of a guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuardConfig {
    /// Rows kept per key when the file is compacted; older ones go below the watermark. Default: 4,096, far more
    /// than views are ever open at once.
    pub window: usize,
    /// Compact when the file is larger than this, in bytes. Default: 2 MiB.
    pub compact_above: u64,
}

impl Default for GuardConfig {
    fn default() -> Self {
        Self {
            window: 4096,
            compact_above: 2 << 20,
        }
    }
}

/// What an import did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Keys in the document.
    pub keys: usize,
    /// Rows in the document.
    pub rows: usize,
    /// Slots where both guards together are slashable: the key signed twice already. The watermark is above them.
    pub conflicts: usize,
}

/// What one call of [`Guard::admit`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admitted {
    /// For each statement, whether it may be signed.
    pub verdicts: Vec<Result<(), Refusal>>,
    /// How long making them durable took; `None` when all that may be signed was signed before.
    pub sync: Option<Duration>,
}

/// The guard of a data folder.
#[derive(Debug)]
pub struct Guard {
    log: Log,
    chain: ChainHash,
    config: GuardConfig,
    book: Book,
    compact_at: u64,
    broken: bool,
}

impl Guard {
    /// Makes a new, empty guard where there is none. It knows no key yet.
    ///
    /// # Errors
    /// [`GuardError::AlreadyInitialised`], [`GuardError::Log`].
    pub fn initialise(
        medium: Arc<dyn Medium>,
        chain: ChainHash,
        config: GuardConfig,
    ) -> Result<Self, GuardError> {
        Self::start(medium, chain, config, Presence::Forbidden)
    }

    /// Makes the guard of a key that was just made, in `folder`: it has signed nothing, and may sign from the first
    /// slot on. Never for a key that may have been used: see [`Slot::end_of`].
    ///
    /// # Errors
    /// As [`Guard::initialise`] and [`Guard::register`]; [`GuardError::Folder`] when the folder cannot be made.
    pub fn provision(folder: &Path, chain: ChainHash, key: KeyBytes) -> Result<(), GuardError> {
        Self::provision_all(folder, chain, &[key])
    }

    /// The same for several keys, none of which has signed anything on this chain.
    ///
    /// # Errors
    /// As [`Guard::provision`].
    pub fn provision_all(folder: &Path, chain: ChainHash, keys: &[KeyBytes]) -> Result<(), GuardError> {
        let disk = Disk::new(folder).map_err(|source| GuardError::Folder {
            path: folder.to_owned(),
            source,
        })?;
        let mut guard = Self::initialise(Arc::new(disk), chain, GuardConfig::default())?;
        keys.iter().try_for_each(|key| guard.register(*key, Slot::FIRST))
    }

    /// Opens the guard that is there.
    ///
    /// # Errors
    /// [`GuardError::Missing`], [`GuardError::Inconsistent`], [`GuardError::Log`].
    pub fn open(medium: Arc<dyn Medium>, chain: ChainHash, config: GuardConfig) -> Result<Self, GuardError> {
        Self::start(medium, chain, config, Presence::Required)
    }

    fn start(
        medium: Arc<dyn Medium>,
        chain: ChainHash,
        config: GuardConfig,
        presence: Presence,
    ) -> Result<Self, GuardError> {
        let spec = Spec {
            name: NAME,
            purpose: "signing-guard/1",
            binding: *chain.as_bytes(),
            limits: Limits {
                record: MAX_ENTRY,
                ..Limits::default()
            },
            hint: HINT,
        };
        let (log, recovered) = Log::open(medium, spec, presence).map_err(|error| match error {
            LogError::Missing { path } => GuardError::Missing { path },
            LogError::Exists { path } => GuardError::AlreadyInitialised { path },
            other => GuardError::Log(other),
        })?;
        let mut book = Book::default();
        for (index, record) in recovered.records.iter().enumerate() {
            let entry = decode_limited(record, MAX_ENTRY).map_err(|source| LogError::Undecodable {
                path: log.path(),
                index,
                source,
                hint: HINT,
            })?;
            book.apply(&entry).map_err(|what| GuardError::Inconsistent {
                path: log.path(),
                index,
                what,
            })?;
        }
        Ok(Self {
            log,
            chain,
            config,
            book,
            compact_at: config.compact_above,
            broken: false,
        })
    }

    /// Makes a key known that may sign everything above `watermark`; raises the watermark of one that is known, and
    /// never lowers it. [`Slot::FIRST`] for a key that was just made, [`Slot::LAST`] to stop a key for good.
    ///
    /// # Errors
    /// [`GuardError::TooManyKeys`], [`GuardError::Log`].
    pub fn register(&mut self, key: KeyBytes, watermark: Slot) -> Result<(), GuardError> {
        self.check()?;
        if !self.is_registered(&key) && self.book.keys.len() >= MAX_KEYS {
            return Err(GuardError::TooManyKeys);
        }
        let entry = Entry::Watermark { key, slot: watermark };
        self.write(&[entry])?;
        let history = self.book.keys.entry(key).or_default();
        history.watermark = history.watermark.max(watermark);
        Ok(())
    }

    /// Asks whether `key` may sign these statements, in this order. When this returns, whatever may be signed is
    /// durable, by one sync for all of them.
    ///
    /// # Errors
    /// [`GuardError::Unregistered`]; [`GuardError::Log`], after which nothing may be signed and no later call
    /// succeeds.
    pub fn admit(&mut self, key: &KeyBytes, statements: &[Statement]) -> Result<Admitted, GuardError> {
        self.check()?;
        self.compact_if_large()?;
        let history = self.history(key)?;
        let mut staged = BTreeMap::new();
        let mut verdicts = Vec::with_capacity(statements.len());
        for statement in statements {
            let verdict = history.admit(&staged, statement);
            verdicts.push(verdict.map(|row| {
                if let Some(row) = row {
                    staged.insert(Slot::of(statement), row);
                }
            }));
        }
        if staged.is_empty() {
            return Ok(Admitted { verdicts, sync: None });
        }
        let entries: Vec<Entry> = staged
            .iter()
            .map(|(slot, row)| Entry::Row {
                key: *key,
                slot: *slot,
                row: *row,
            })
            .collect();
        let elapsed = self.write(&entries)?;
        // Order: in memory only what is durable.
        self.history_mut(key)?.rows.extend(staged);
        Ok(Admitted {
            verdicts,
            sync: Some(elapsed),
        })
    }

    /// The number of the last lease that was given, 0 before the first.
    #[must_use]
    pub const fn fence(&self) -> u64 {
        self.book.fence
    }

    /// Gives the next lease its number, durably: from here on whatever is asked for with a lower one is refused by
    /// [`Guard::admit_leased`], also after a restart.
    ///
    /// # Errors
    /// [`GuardError::Log`].
    pub fn raise_fence(&mut self) -> Result<u64, GuardError> {
        self.check()?;
        let number = self.book.fence.saturating_add(1);
        self.write(&[Entry::Fence { number }])?;
        self.book.fence = number;
        Ok(number)
    }

    /// As [`Guard::admit`], for the holder of the lease `number`.
    ///
    /// # Errors
    /// [`GuardError::Fenced`] when a later lease was given; otherwise as [`Guard::admit`].
    pub fn admit_leased(
        &mut self,
        number: u64,
        key: &KeyBytes,
        statements: &[Statement],
    ) -> Result<Admitted, GuardError> {
        let fence = self.book.fence;
        if number != fence {
            return Err(GuardError::Fenced { number, fence });
        }
        self.admit(key, statements)
    }

    /// Stops every key for good, in one durable step: each is given away, and signs nothing new here ever again.
    ///
    /// # Errors
    /// [`GuardError::Log`].
    pub fn retire(&mut self) -> Result<(), GuardError> {
        self.check()?;
        let slot = Slot::LAST;
        let keys = self.book.keys.keys();
        let entries: Vec<Entry> = keys.map(|key| Entry::Watermark { key: *key, slot }).collect();
        self.write(&entries)?;
        for history in self.book.keys.values_mut() {
            history.watermark = slot;
        }
        Ok(())
    }

    /// Whether every key of this guard was stopped for good.
    #[must_use]
    pub fn is_retired(&self) -> bool {
        let mut keys = self.book.keys.values();
        !self.book.keys.is_empty() && keys.all(|history| history.watermark == Slot::LAST)
    }

    /// Whether the guard knows the key.
    #[must_use]
    pub fn is_registered(&self, key: &KeyBytes) -> bool {
        self.book.keys.contains_key(key)
    }

    /// The key's watermark; `None` for a key that is not known.
    #[must_use]
    pub fn watermark(&self, key: &KeyBytes) -> Option<Slot> {
        Some(self.book.keys.get(key)?.watermark)
    }

    /// The highest slot in which the key signed, the watermark where that is higher; `None` for an unknown key.
    #[must_use]
    pub fn highest(&self, key: &KeyBytes) -> Option<Slot> {
        let history = self.book.keys.get(key)?;
        let row = history.rows.last_key_value().map(|(slot, _)| *slot);
        Some(row.map_or(history.watermark, |slot| slot.max(history.watermark)))
    }

    /// What the key signed in a slot, where that is still known.
    #[must_use]
    pub fn row(&self, key: &KeyBytes, slot: Slot) -> Option<Row> {
        self.book.keys.get(key)?.rows.get(&slot).copied()
    }

    /// The chain it is bound to.
    #[must_use]
    pub const fn chain(&self) -> &ChainHash {
        &self.chain
    }

    /// Everything it knows. To move a key: export, then [`register`](Self::register) it here with [`Slot::LAST`],
    /// then import there; a copy of a guard that goes on signing is worth nothing.
    #[must_use]
    pub fn export(&self) -> Interchange {
        let data = self.book.keys.iter().map(|(key, history)| KeyHistory {
            pubkey: *key,
            low_watermark: history.watermark,
            rows: history
                .rows
                .iter()
                .map(|(slot, row)| SlotHistory::new(*slot, *row))
                .collect(),
        });
        Interchange {
            metadata: Metadata {
                format_version: FORMAT_VERSION,
                chain_hash: self.chain,
            },
            data: data.collect(),
        }
    }

    /// Takes over what another guard knew: the higher watermark, the rows of both. Old data never fails; it changes
    /// nothing. One durable step.
    ///
    /// # Errors
    /// [`GuardError::Interchange`] for another chain's document, [`GuardError::TooManyKeys`], [`GuardError::Log`].
    pub fn import(&mut self, document: &Interchange) -> Result<Imported, GuardError> {
        self.check()?;
        let found = document.metadata.chain_hash;
        if found != self.chain {
            let expected = self.chain;
            return Err(InterchangeError::AnotherChain { found, expected }.into());
        }
        let mut book = self.book.clone();
        let mut imported = Imported::default();
        for theirs in &document.data {
            let ours = book.keys.entry(theirs.pubkey).or_default();
            let rows = theirs.rows.iter().map(|row| (row.slot(), row.row()));
            imported.keys += 1;
            imported.rows += theirs.rows.len();
            imported.conflicts += ours.merge(theirs.low_watermark, rows);
        }
        if book.keys.len() > MAX_KEYS {
            return Err(GuardError::TooManyKeys);
        }
        self.replace(book)?;
        Ok(imported)
    }

    fn check(&self) -> Result<(), GuardError> {
        if self.broken {
            let path = self.log.path();
            return Err(GuardError::Log(LogError::Poisoned { path }));
        }
        Ok(())
    }

    fn history(&self, key: &KeyBytes) -> Result<&History, GuardError> {
        let unknown = GuardError::Unregistered { key: *key };
        self.book.keys.get(key).ok_or(unknown)
    }

    fn history_mut(&mut self, key: &KeyBytes) -> Result<&mut History, GuardError> {
        let unknown = GuardError::Unregistered { key: *key };
        self.book.keys.get_mut(key).ok_or(unknown)
    }

    /// Makes entries durable. Any failure breaks the guard: the file may hold entries that memory does not.
    fn write(&mut self, entries: &[Entry]) -> Result<Duration, GuardError> {
        let appended = entries
            .iter()
            .try_for_each(|entry| self.log.append(&encode(entry)));
        let synced = appended.and_then(|()| self.log.sync());
        self.broken = synced.is_err();
        Ok(synced?.elapsed)
    }

    fn compact_if_large(&mut self) -> Result<(), GuardError> {
        if self.log.bytes() <= self.compact_at {
            return Ok(());
        }
        self.replace(self.book.clone())
    }

    /// Prunes `book` and makes it, durably, what this guard knows.
    fn replace(&mut self, mut book: Book) -> Result<(), GuardError> {
        for history in book.keys.values_mut() {
            history.prune(self.config.window);
        }
        let entries: Vec<Vec<u8>> = book.entries().iter().map(encode).collect();
        let rewritten = self.log.rewrite(&entries);
        self.broken = rewritten.is_err();
        rewritten?;
        self.book = book;
        // What must be kept may itself be large: wait until the file has doubled.
        self.compact_at = self.config.compact_above.max(self.log.bytes().saturating_mul(2));
        Ok(())
    }
}
