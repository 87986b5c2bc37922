//! The whole store as one file and back: the only way to give the room back that the database has taken ahead.

use crate::engine::{Batch, Direction, Disk, Engine, Scan, Tree};
use crate::record::{Binding, FORMAT};
use crate::{Config, StoreError, key, record};
use core::ops::Bound;
use primitives::ChainHash;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::Path;

/// The first bytes of the file.
const MARK: [u8; 8] = *b"palstor\x01";
/// Entries of a page, of which each has one checksum.
const PAGE: usize = 128;
/// Bytes of a page, at most: a larger number is damage.
const MAX_PAGE: usize = 64 << 20;
/// Marks the end, where a tree's number would stand.
const END: u8 = 0xff;

/// What was written or read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Transferred {
    /// Entries of all trees.
    pub entries: u64,
    /// Bytes of their keys and values.
    pub bytes: u64,
}

fn io(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::from(crate::engine::classify(path, error))
}

fn damaged(path: &Path, what: &str) -> StoreError {
    StoreError::Corrupt {
        what: format!("{}: {what}", path.display()),
        hint: "export again, or use another copy; nothing was changed",
    }
}

/// Writes the store in the folder `path` into `file`: whole or not at all.
///
/// # Errors
/// As [`crate::Store::open`], and what the system says of the file.
pub fn export(
    path: &Path,
    config: &Config,
    chain: &ChainHash,
    file: &Path,
) -> Result<Transferred, StoreError> {
    if !path.exists() {
        return Err(StoreError::Genesis("there is no store to export"));
    }
    let disk = Disk::open(path, config.cache_bytes)?;
    check_binding(&disk, chain)?;
    let draft = file.with_extension("partial");
    let outcome = write_all(&disk, &draft).and_then(|done| {
        std::fs::rename(&draft, file).map_err(|error| io(file, &error))?;
        Ok(done)
    });
    if outcome.is_err() {
        // The first error says more.
        std::fs::remove_file(&draft).unwrap_or_default();
    }
    outcome
}

/// Makes a new store in the folder `path` from `file`: whole or not at all.
///
/// # Errors
/// [`StoreError::Genesis`] when there is one already; [`StoreError::Corrupt`] when the file is damaged.
pub fn import(
    path: &Path,
    config: &Config,
    chain: &ChainHash,
    file: &Path,
) -> Result<Transferred, StoreError> {
    if path.exists() {
        return Err(StoreError::Genesis(
            "there is a store already: move its folder away first",
        ));
    }
    let draft = path.with_extension("importing");
    if draft.exists() {
        std::fs::remove_dir_all(&draft).map_err(|error| io(&draft, &error))?;
    }
    let outcome = Disk::open(&draft, config.cache_bytes)
        .map_err(StoreError::from)
        .and_then(|disk| {
            let done = read_all(&disk, file)?;
            check_binding(&disk, chain)?;
            Ok(done)
        });
    match outcome {
        Ok(done) => {
            std::fs::rename(&draft, path).map_err(|error| io(path, &error))?;
            Ok(done)
        }
        Err(error) => {
            std::fs::remove_dir_all(&draft).unwrap_or_default();
            Err(error)
        }
    }
}

fn check_binding(engine: &dyn Engine, chain: &ChainHash) -> Result<(), StoreError> {
    let what = || "the store's first record".to_owned();
    let bound: Option<Binding> = record::read(engine, Tree::Log, &key::binding(), &what)?;
    match bound {
        Some(bound) if bound.format != FORMAT => Err(StoreError::WrongFormat {
            found: bound.format,
            known: FORMAT,
        }),
        Some(bound) if bound.chain != *chain => Err(StoreError::WrongChain {
            found: bound.chain,
            expected: *chain,
        }),
        Some(_) => Ok(()),
        None => Err(StoreError::corrupt("it does not say which chain it belongs to")),
    }
}

fn number(tree: Tree) -> u8 {
    match tree {
        Tree::Log => 0,
        Tree::State => 1,
        Tree::Index => 2,
    }
}

fn write_all(engine: &dyn Engine, file: &Path) -> Result<Transferred, StoreError> {
    let failed = |error: std::io::Error| io(file, &error);
    let mut out = BufWriter::new(File::create(file).map_err(failed)?);
    out.write_all(&MARK).map_err(failed)?;
    let mut done = Transferred::default();
    for tree in Tree::ALL {
        let mut start = Bound::Unbounded;
        loop {
            let page = engine.scan(
                tree,
                &Scan {
                    start,
                    end: Bound::Unbounded,
                    limit: PAGE,
                    direction: Direction::Up,
                },
            )?;
            let Some((last, _)) = page.last() else { break };
            start = Bound::Excluded(last.clone());
            for (key, value) in &page {
                done.entries += 1;
                done.bytes += (key.len() + value.len()) as u64;
            }
            let body = primitives::codec::encode(&page);
            let mut head = vec![number(tree)];
            head.extend_from_slice(&u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes());
            head.extend_from_slice(&crc32fast::hash(&body).to_le_bytes());
            out.write_all(&head)
                .and_then(|()| out.write_all(&body))
                .map_err(failed)?;
        }
    }
    let mut end = vec![END];
    end.extend_from_slice(&done.entries.to_le_bytes());
    out.write_all(&end).map_err(failed)?;
    let file = out.into_inner().map_err(|error| failed(error.into_error()))?;
    file.sync_all().map_err(failed)?;
    Ok(done)
}

fn read_all(engine: &dyn Engine, file: &Path) -> Result<Transferred, StoreError> {
    let failed = |error: std::io::Error| {
        if error.kind() == std::io::ErrorKind::UnexpectedEof {
            damaged(file, "it is cut off")
        } else {
            io(file, &error)
        }
    };
    let mut input = BufReader::new(File::open(file).map_err(failed)?);
    let mut mark = [0; 8];
    input.read_exact(&mut mark).map_err(failed)?;
    if mark != MARK {
        return Err(damaged(file, "it is no exported store"));
    }
    let mut done = Transferred::default();
    loop {
        let mut kind = [0; 1];
        input.read_exact(&mut kind).map_err(failed)?;
        let [kind] = kind;
        if kind == END {
            let mut count = [0; 8];
            input.read_exact(&mut count).map_err(failed)?;
            if u64::from_le_bytes(count) != done.entries {
                return Err(damaged(file, "it has another number of entries than it says"));
            }
            engine.flush()?;
            return Ok(done);
        }
        let tree = Tree::ALL
            .into_iter()
            .find(|tree| number(*tree) == kind)
            .ok_or_else(|| damaged(file, "it names a tree that there is not"))?;
        let (mut length, mut checksum) = ([0; 4], [0; 4]);
        input.read_exact(&mut length).map_err(failed)?;
        input.read_exact(&mut checksum).map_err(failed)?;
        let length = u32::from_le_bytes(length) as usize;
        if length > MAX_PAGE {
            return Err(damaged(file, "a page is longer than any can be"));
        }
        let mut body = vec![0; length];
        input.read_exact(&mut body).map_err(failed)?;
        if crc32fast::hash(&body) != u32::from_le_bytes(checksum) {
            return Err(damaged(file, "a page does not match its checksum"));
        }
        let page: Vec<(Vec<u8>, Vec<u8>)> = primitives::codec::decode_limited(&body, MAX_PAGE)
            .map_err(|_| damaged(file, "a page does not decode"))?;
        let mut batch = Batch::default();
        for (key, value) in page {
            done.entries += 1;
            done.bytes += (key.len() + value.len()) as u64;
            batch.put(key, value);
        }
        engine.apply(tree, batch)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Builder, chain_hash, config};
    use crate::store::tests::check_all;
    use crate::{CommittedBlock, Metrics, Store};

    #[test]
    fn what_was_exported_is_imported_smaller_and_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let (path, file) = (folder.path().join("store"), folder.path().join("all.palstor"));
        let mut builder = Builder::new();
        let (store, _) = Store::open(&path, &config(), &chain_hash(), Metrics::default()).unwrap();
        store.initialize(&builder.genesis()).unwrap();
        let blocks: Vec<CommittedBlock> = (0..30).map(|_| builder.next()).collect();
        for block in &blocks {
            store.commit(vec![block.clone()]).unwrap();
        }
        store.settle().unwrap();
        assert!(matches!(
            export(&path, &config(), &chain_hash(), &file),
            Err(StoreError::Locked { .. })
        ));
        drop(store);
        let out = export(&path, &config(), &chain_hash(), &file).unwrap();
        assert!(matches!(
            import(&path, &config(), &chain_hash(), &file),
            Err(StoreError::Genesis(_))
        ));
        let new = folder.path().join("new");
        assert_eq!(import(&new, &config(), &chain_hash(), &file).unwrap(), out);
        let (store, recovered) = Store::open(&new, &config(), &chain_hash(), Metrics::default()).unwrap();
        assert_eq!(recovered.state.root(), builder.state.root());
        check_all(&store, &blocks);
        let other = ChainHash::new([1; 32]);
        let elsewhere = folder.path().join("other");
        let refused = import(&elsewhere, &config(), &other, &file).unwrap_err();
        assert!(matches!(refused, StoreError::WrongChain { .. }) && !elsewhere.exists());
    }

    #[test]
    fn a_damaged_file_makes_no_store() {
        let folder = tempfile::tempdir().unwrap();
        let (path, file) = (folder.path().join("store"), folder.path().join("all"));
        let (store, _) = Store::open(&path, &config(), &chain_hash(), Metrics::default()).unwrap();
        store.initialize(&Builder::new().genesis()).unwrap();
        store.settle().unwrap();
        drop(store);
        export(&path, &config(), &chain_hash(), &file).unwrap();
        let good = std::fs::read(&file).unwrap();
        let new = folder.path().join("new");
        for cut in [0, 7, 12, good.len() / 2, good.len() - 1] {
            std::fs::write(&file, &good[..cut]).unwrap();
            let error = import(&new, &config(), &chain_hash(), &file).unwrap_err();
            assert_eq!(error.exit_code(), 22, "{error}");
        }
        for flipped in [0, 9, 20, good.len() - 20, good.len() - 3] {
            let mut bad = good.clone();
            bad[flipped] ^= 0x10;
            std::fs::write(&file, bad).unwrap();
            assert!(
                import(&new, &config(), &chain_hash(), &file).is_err(),
                "byte {flipped}"
            );
        }
        assert!(!new.exists());
    }
}
