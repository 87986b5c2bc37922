//! Evidence that waits for a block: kept across restarts, in a small file of its own.
//!
//! One piece per validator and epoch is all that the chain takes (staking's `convict`), so no more is kept. Evidence is
//! rare: the file is written whole with each piece, and is there whole or as it was before.

use crypto::hash::sha256;
use light_palisade::{Evidence, ValidatorIndex};
use primitives::codec::{decode_limited, encode};
use primitives::{Epoch, View};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Pieces kept, at most.
const MAX_PIECES: usize = 1_024;
/// Bytes of the file, at most: pieces of two certificates over the largest set.
const MAX_BYTES: usize = 2 * 1024 * 1024;

/// What a piece is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    Validator(ValidatorIndex),
    View(View),
}

/// Evidence that no final block holds yet.
#[derive(Debug)]
pub(crate) struct EvidencePool {
    path: PathBuf,
    pieces: BTreeMap<(Epoch, Subject), Evidence>,
}

fn subject(evidence: &Evidence) -> (Epoch, Subject) {
    let about = match evidence {
        Evidence::Votes(vote, _) => Subject::Validator(vote.signer),
        Evidence::Certificates(..) => Subject::View(evidence.view()),
    };
    (evidence.epoch(), about)
}

impl EvidencePool {
    /// A pool for a chain to which no evidence comes.
    pub(crate) const fn closed() -> Self {
        Self {
            path: PathBuf::new(),
            pieces: BTreeMap::new(),
        }
    }

    /// The pool in this file; an empty one where there is none. A damaged file is put aside, and said so: what it held
    /// is found again by the other validators.
    ///
    /// # Errors
    /// The file cannot be read or put aside.
    pub(crate) fn open(path: PathBuf) -> io::Result<Self> {
        let mut pieces = BTreeMap::new();
        match read(&path)? {
            Found::Nothing => {}
            Found::Pieces(found) => {
                pieces.extend(found.into_iter().take(MAX_PIECES).map(|one| (subject(&one), one)));
            }
            Found::Damaged => {
                let aside = path.with_extension("damaged");
                tracing::error!(file = %path.display(), aside = %aside.display(), "the file of evidence is damaged and is put aside");
                fs::rename(&path, &aside)?;
            }
        }
        Ok(Self { path, pieces })
    }

    /// How many pieces wait.
    pub(crate) fn len(&self) -> usize {
        self.pieces.len()
    }

    /// The pieces, oldest epoch first.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = &Evidence> {
        self.pieces.values()
    }

    /// Keeps a piece, durably; nothing happens to one about a validator and epoch that another is about.
    ///
    /// # Errors
    /// It could not be written: it is kept in memory all the same.
    pub(crate) fn add(&mut self, evidence: Evidence) -> io::Result<()> {
        let about = subject(&evidence);
        if self.pieces.len() >= MAX_PIECES || self.pieces.contains_key(&about) {
            return Ok(());
        }
        self.pieces.insert(about, evidence);
        self.write()
    }

    /// Keeps only the pieces that `wanted` says are.
    ///
    /// # Errors
    /// As [`EvidencePool::add`].
    pub(crate) fn retain(&mut self, mut wanted: impl FnMut(&Evidence) -> bool) -> io::Result<()> {
        let before = self.pieces.len();
        self.pieces.retain(|_, evidence| wanted(evidence));
        if self.pieces.len() == before {
            Ok(())
        } else {
            self.write()
        }
    }

    fn write(&self) -> io::Result<()> {
        let pieces: Vec<&Evidence> = self.pieces.values().collect();
        let body = encode(&pieces);
        let new = self.path.with_extension("new");
        let mut file = File::create(&new)?;
        file.write_all(&sha256(&[&body]))?;
        file.write_all(&body)?;
        file.sync_all()?;
        fs::rename(&new, &self.path)?;
        File::open(self.path.parent().unwrap_or(Path::new(".")))?.sync_all()
    }
}

enum Found {
    Nothing,
    Pieces(Vec<Evidence>),
    Damaged,
}

fn read(path: &Path) -> io::Result<Found> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    file.take(MAX_BYTES as u64 + 33).read_to_end(&mut bytes)?;
    let Some((sum, body)) = bytes.split_at_checked(32) else {
        return Ok(Found::Damaged);
    };
    if sum != sha256(&[body]) {
        return Ok(Found::Damaged);
    }
    Ok(decode_limited::<Vec<Evidence>>(body, MAX_BYTES).map_or(Found::Damaged, Found::Pieces))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crypto::bls::SignatureBytes;
    use light_palisade::{Statement, Vote};

    fn double(signer: u16, epoch: u64) -> Evidence {
        let vote = |finalize: bool| Vote {
            statement: if finalize {
                Statement::Finalize {
                    epoch: Epoch::new(epoch),
                    view: View::new(3),
                    parent_view: View::new(2),
                    block: primitives::BlockHash::new([7; 32]),
                }
            } else {
                Statement::Nullify {
                    epoch: Epoch::new(epoch),
                    view: View::new(3),
                }
            },
            signer: ValidatorIndex::new(signer),
            signature: SignatureBytes([1; 48]),
        };
        Evidence::Votes(vote(false), vote(true))
    }

    #[test]
    fn evidence_survives_a_restart_once_per_validator_and_epoch() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("evidence");
        let mut pool = EvidencePool::open(path.clone()).unwrap();
        for (signer, epoch) in [(1, 4), (1, 4), (2, 4), (1, 5)] {
            pool.add(double(signer, epoch)).unwrap();
        }
        let mut pool = EvidencePool::open(path.clone()).unwrap();
        assert_eq!(pool.len(), 3);
        pool.retain(|one| one.epoch() == Epoch::new(5)).unwrap();
        let pool = EvidencePool::open(path).unwrap();
        assert_eq!(pool.pieces().collect::<Vec<_>>(), [&double(1, 5)]);
    }

    #[test]
    fn the_pool_is_bounded_and_a_damaged_file_is_put_aside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("evidence");
        let mut pool = EvidencePool::open(path.clone()).unwrap();
        let one = double(0, 0);
        pool.pieces = (0..MAX_PIECES as u64)
            .map(|epoch| ((Epoch::new(epoch), Subject::View(View::ZERO)), one.clone()))
            .collect();
        pool.add(double(9, 9_999)).unwrap();
        assert_eq!(pool.len(), MAX_PIECES);
        pool.retain(|_| false).unwrap();
        fs::write(&path, b"not what was written, but long enough for a sum").unwrap();
        assert_eq!(EvidencePool::open(path.clone()).unwrap().len(), 0);
        assert!(path.with_extension("damaged").exists());
        fs::write(&path, b"short").unwrap();
        assert_eq!(EvidencePool::open(path).unwrap().len(), 0);
    }
}
