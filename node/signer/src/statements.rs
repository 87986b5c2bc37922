//! The guard of what operators of services sign, and the signer behind it.
//!
//! One row per (service key, service, task, slot): the hash that was signed there, what it was salted with, and the answer
//! itself. A row is durable before its signature exists, so that whoever is killed between committing to an answer and
//! showing it shows the same one when it comes back, and never signs another for that slot.
//!
//! A round of an oracle takes two slots, of the commitment and of the quote: both rows are admitted in one durable step,
//! before the first of the two signatures.
//!
//! Rows are forgotten once they are [`ServiceGuardConfig::keep`] old in chain time, which is far longer than a service's
//! faults can be shown; below the newest row that was forgotten of a task nothing is ever signed again.
//!
//! # Source
//! interfaces.md, section 4.2; services.md, "The frame".

use crate::bls::ConsensusKey;
use crate::secret::random;
use crypto::bls::{KeyBytes, SignatureBytes};
use crypto::statement::sign_bytes;
use primitives::codec::{Decode, Encode, decode_limited, encode};
use primitives::{ChainClock, ChainHash, Digest, Millis, ServiceId};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use wal::{Disk, Limits, Log, LogError, Medium, Presence, Spec};

const NAME: &str = "service-guard.log";
/// The longest answer that is kept: as much as evidence may hold of one.
pub const MAX_ANSWER: usize = 8 << 10;
/// The longest record.
const MAX_ENTRY: usize = MAX_ANSWER + 512;
/// What an operator can do about a damaged guard.
const HINT: &str = "Do not delete it while a round or a task may be open that was signed for: with it goes the knowledge of what was \
                    said there. Wait until all of them are over, then move it away and start anew";

/// Where a statement stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct Place {
    /// The service.
    pub service: ServiceId,
    /// The task; an oracle's feed.
    pub task: u64,
    /// The slot of it.
    pub slot: u64,
}

impl core::fmt::Display for Place {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(
            f,
            "slot {} of task {} of service {}",
            self.slot, self.task, self.service
        )
    }
}

/// What is said in a slot.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Said {
    /// The hash that the statement is about.
    pub hash: Digest,
    /// What the answer is salted with.
    pub salt: Digest,
    /// The answer itself, at most [`MAX_ANSWER`] bytes.
    pub answer: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
enum Entry {
    /// What a key says in a slot, and when that was decided.
    Row(KeyBytes, Place, Said, ChainClock),
    /// Nothing is signed any more in this slot of the task, nor in one before it.
    Floor(KeyBytes, Place),
}

/// Sizes and times of a guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceGuardConfig {
    /// For how long rows are kept, in chain time. Default: 30 days.
    pub keep: Millis,
    /// Compact when the file is larger than this, in bytes. Default: 8 MiB.
    pub compact_above: u64,
}

impl Default for ServiceGuardConfig {
    fn default() -> Self {
        Self {
            keep: Millis::new(30 * 86_400_000),
            compact_above: 8 << 20,
        }
    }
}

/// Why nothing is signed.
#[derive(Debug, thiserror::Error)]
pub enum ServiceGuardError {
    /// The guard's folder cannot be made.
    #[error("cannot make the folder {}: {source}: check its parent's permissions and the disk", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The key said something else there.
    #[error("{place}: the key said {said} there already: saying {asked} too would be slashed")]
    SaidAnother {
        /// Where.
        place: Place,
        /// The hash that was signed.
        said: Digest,
        /// The hash that was asked for.
        asked: Digest,
    },
    /// What was said there is forgotten.
    #[error("{0}: so old that what was said there is not known any more")]
    Forgotten(Place),
    /// Nothing was admitted there.
    #[error("{0}: nothing was admitted there, so nothing is signed")]
    NotAdmitted(Place),
    /// The answer is too long.
    #[error("an answer has at most {MAX_ANSWER} bytes, not {0}")]
    TooLong(usize),
    /// A write has failed before.
    #[error(
        "a write of the guard failed before: it signs nothing until the program is started again on a sound disk"
    )]
    Broken,
    /// The system gives no randomness.
    #[error("the operating system gives no randomness: nothing can be salted")]
    Randomness,
    /// The file.
    #[error(transparent)]
    Log(#[from] LogError),
}

/// The guard of a folder.
#[derive(Debug)]
pub struct ServiceGuard {
    log: Log,
    config: ServiceGuardConfig,
    rows: BTreeMap<(KeyBytes, Place), (Said, ChainClock)>,
    floors: BTreeMap<(KeyBytes, ServiceId, u64), u64>,
    compact_at: u64,
    broken: bool,
}

impl ServiceGuard {
    /// Opens the guard in `folder`, or makes one where there is none.
    ///
    /// # Errors
    /// [`ServiceGuardError::Folder`], [`ServiceGuardError::Log`].
    pub fn open_in(folder: &Path, chain: ChainHash) -> Result<Self, ServiceGuardError> {
        let disk = Disk::new(folder).map_err(|source| ServiceGuardError::Folder {
            path: folder.to_owned(),
            source,
        })?;
        Self::open(Arc::new(disk), chain, ServiceGuardConfig::default())
    }

    /// Opens the guard on `medium`, or makes one where there is none.
    ///
    /// # Errors
    /// [`ServiceGuardError::Log`]: damaged, of another chain, or in use.
    pub fn open(
        medium: Arc<dyn Medium>,
        chain: ChainHash,
        config: ServiceGuardConfig,
    ) -> Result<Self, ServiceGuardError> {
        let spec = Spec {
            name: NAME,
            purpose: "service-guard/1",
            binding: *chain.as_bytes(),
            limits: Limits {
                record: MAX_ENTRY,
                total: 256 << 20,
            },
            hint: HINT,
        };
        let (log, recovered) = Log::open(medium, spec, Presence::Any)?;
        let mut guard = Self {
            compact_at: config.compact_above,
            log,
            config,
            rows: BTreeMap::new(),
            floors: BTreeMap::new(),
            broken: false,
        };
        for (index, record) in recovered.records.iter().enumerate() {
            let entry = decode_limited(record, MAX_ENTRY).map_err(|source| LogError::Undecodable {
                path: guard.log.path(),
                index,
                source,
                hint: HINT,
            })?;
            guard.apply(entry);
        }
        Ok(guard)
    }

    fn apply(&mut self, entry: Entry) {
        match entry {
            Entry::Row(key, place, said, at) => {
                self.rows.insert((key, place), (said, at));
            }
            Entry::Floor(key, place) => {
                let floor = self.floors.entry((key, place.service, place.task)).or_default();
                *floor = place.slot.max(*floor);
            }
        }
    }

    /// Whether nothing was ever admitted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.floors.is_empty()
    }

    /// What a key says in a slot, when that is decided and not forgotten.
    #[must_use]
    pub fn said(&self, key: &KeyBytes, place: &Place) -> Option<&Said> {
        self.rows.get(&(*key, *place)).map(|(said, _)| said)
    }

    /// Decides what a key says in these slots, all or nothing. When this returns all of it is durable; `now` is the chain's
    /// time, by which rows grow old. What was decided before may be decided again.
    ///
    /// # Errors
    /// [`ServiceGuardError::SaidAnother`], [`ServiceGuardError::Forgotten`], [`ServiceGuardError::TooLong`];
    /// [`ServiceGuardError::Log`], after which nothing is admitted any more.
    pub fn admit(
        &mut self,
        key: &KeyBytes,
        rows: &[(Place, Said)],
        now: ChainClock,
    ) -> Result<(), ServiceGuardError> {
        if self.broken {
            return Err(ServiceGuardError::Broken);
        }
        let mut new = Vec::new();
        for (place, said) in rows {
            if said.answer.len() > MAX_ANSWER {
                return Err(ServiceGuardError::TooLong(said.answer.len()));
            }
            match self.rows.get(&(*key, *place)) {
                Some((known, _)) if known == said => {}
                Some((known, _)) => {
                    return Err(ServiceGuardError::SaidAnother {
                        place: *place,
                        said: known.hash,
                        asked: said.hash,
                    });
                }
                None => {
                    let floor = self.floors.get(&(*key, place.service, place.task));
                    if floor.is_some_and(|floor| place.slot <= *floor) {
                        return Err(ServiceGuardError::Forgotten(*place));
                    }
                    new.push(Entry::Row(*key, *place, said.clone(), now));
                }
            }
        }
        if new.is_empty() {
            return Ok(());
        }
        self.compact_if_large(now)?;
        let appended = new.iter().try_for_each(|entry| self.log.append(&encode(entry)));
        let synced = appended.and_then(|()| self.log.sync());
        self.broken = synced.is_err();
        synced?;
        // Order: in memory only what is durable.
        for entry in new {
            self.apply(entry);
        }
        Ok(())
    }

    /// Drops rows that are too old, when the file is large, and raises their tasks' floors over them.
    fn compact_if_large(&mut self, now: ChainClock) -> Result<(), ServiceGuardError> {
        if self.log.bytes() <= self.compact_at {
            return Ok(());
        }
        let keep = self.config.keep;
        let old: Vec<(KeyBytes, Place)> = self
            .rows
            .iter()
            .filter(|(_, (_, at))| at.after(keep) < now)
            .map(|(at, _)| *at)
            .collect();
        for (key, place) in old {
            self.rows.remove(&(key, place));
            self.apply(Entry::Floor(key, place));
        }
        let floors = self.floors.iter().map(|((key, service, task), slot)| {
            let place = Place {
                service: *service,
                task: *task,
                slot: *slot,
            };
            Entry::Floor(*key, place)
        });
        let rows = self
            .rows
            .iter()
            .map(|((key, place), (said, at))| Entry::Row(*key, *place, said.clone(), *at));
        let entries: Vec<Vec<u8>> = floors.chain(rows).map(|entry| encode(&entry)).collect();
        let rewritten = self.log.rewrite(&entries);
        self.broken = rewritten.is_err();
        rewritten?;
        // What must be kept may itself be large: wait until the file has doubled.
        self.compact_at = self.config.compact_above.max(self.log.bytes().saturating_mul(2));
        Ok(())
    }
}

/// An operator's service key behind its guard: it signs what was admitted, and nothing else.
#[derive(Debug)]
pub struct ServiceSigner {
    key: ConsensusKey,
    chain: ChainHash,
    guard: Mutex<ServiceGuard>,
}

impl ServiceSigner {
    /// The key, on a chain, behind a guard of that chain.
    #[must_use]
    pub const fn new(key: ConsensusKey, chain: ChainHash, guard: ServiceGuard) -> Self {
        Self {
            key,
            chain,
            guard: Mutex::new(guard),
        }
    }

    /// The public key.
    #[must_use]
    pub const fn public_key(&self) -> KeyBytes {
        self.key.public_key()
    }

    /// The chain that it signs for.
    #[must_use]
    pub const fn chain(&self) -> ChainHash {
        self.chain
    }

    /// A new salt.
    ///
    /// # Errors
    /// [`ServiceGuardError::Randomness`].
    pub fn salt(&self) -> Result<Digest, ServiceGuardError> {
        let salt = random::<32>().map_err(|_| ServiceGuardError::Randomness)?;
        Ok(Digest::new(*salt))
    }

    /// As [`ServiceGuard::said`].
    #[must_use]
    pub fn said(&self, place: &Place) -> Option<Said> {
        self.guard().said(&self.key.public_key(), place).cloned()
    }

    /// As [`ServiceGuard::admit`]. It writes to disk: not for a thread that others wait for.
    ///
    /// # Errors
    /// As [`ServiceGuard::admit`].
    pub fn admit(&self, rows: &[(Place, Said)], now: ChainClock) -> Result<(), ServiceGuardError> {
        self.guard().admit(&self.key.public_key(), rows, now)
    }

    /// The signature over what was admitted in a slot.
    ///
    /// # Errors
    /// [`ServiceGuardError::NotAdmitted`].
    pub fn sign(&self, place: &Place) -> Result<SignatureBytes, ServiceGuardError> {
        let said = self.said(place).ok_or(ServiceGuardError::NotAdmitted(*place))?;
        let statement = sign_bytes(&self.chain, place.service, place.task, place.slot, &said.hash);
        Ok(self.key.sign(statement.as_bytes()))
    }

    /// A panic elsewhere leaves the guard as it was: what is in memory is durable.
    fn guard(&self) -> std::sync::MutexGuard<'_, ServiceGuard> {
        self.guard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
