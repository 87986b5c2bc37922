//! The same store on a real disk.

use crate::fixture::{Builder, chain_hash, config};
use crate::store::tests::check_all;
use crate::{CommittedBlock, Metrics, Recovered, Store, StoreError};
use std::path::Path;

fn open(path: &Path) -> Result<(Store, Recovered), StoreError> {
    Store::open(path, &config(), &chain_hash(), Metrics::default())
}

#[test]
fn a_chain_on_disk_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut builder = Builder::new();
    let mut all: Vec<CommittedBlock> = Vec::new();
    let (store, _) = open(folder.path()).unwrap();
    store.initialize(&builder.genesis()).unwrap();
    drop(store);
    for round in 1..5usize {
        let (store, recovered) = open(folder.path()).unwrap();
        assert_eq!(recovered.state.root(), builder.state.root());
        for _ in 0..10 {
            let blocks: Vec<CommittedBlock> = (0..round).map(|_| builder.next()).collect();
            store.commit(blocks.clone()).unwrap();
            all.extend(blocks);
        }
        check_all(&store, &all);
        if round % 2 == 0 {
            store.settle().unwrap();
        }
        assert!(store.space().unwrap().on_disk > 0);
    }
    let (store, recovered) = open(folder.path()).unwrap();
    assert_eq!(recovered.tip.unwrap().hash, all.last().unwrap().hash);
    check_all(&store, &all);
}

#[test]
fn two_never_share_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(folder.path()).unwrap();
    let error = open(folder.path()).err().unwrap();
    let own = std::process::id();
    assert!(
        matches!(error, StoreError::Locked { pid: Some(pid), .. } if pid == own),
        "{error}"
    );
    drop(first);
    assert!(open(folder.path()).is_ok());
}

#[test]
fn a_snapshot_that_a_crash_left_half_written_does_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let mut builder = Builder::new();
    let (store, _) = open(folder.path()).unwrap();
    store.initialize(&builder.genesis()).unwrap();
    store.commit(vec![builder.next()]).unwrap();
    drop(store);
    let half = folder.path().join("snap.FFFFFFFFFFFFFFFF.generating");
    std::fs::write(&half, b"half").unwrap();
    let (store, _) = open(folder.path()).unwrap();
    assert_eq!(store.tip().unwrap().header.height.get(), 1);
    assert!(!half.exists());
}

#[test]
fn a_database_of_noise_is_said_to_be_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path()).unwrap();
    store.initialize(&Builder::new().genesis()).unwrap();
    drop(store);
    std::fs::write(folder.path().join("conf"), b"nothing that sled wrote").unwrap();
    let error = open(folder.path()).err().unwrap();
    assert_eq!(error.exit_code(), 22, "{error}");
    assert!(
        error.to_string().contains("move the store's folder away"),
        "{error}"
    );
}

#[test]
fn a_file_where_the_folder_should_be_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("store");
    std::fs::write(&file, b"").unwrap();
    let error = open(&file).err().unwrap();
    assert!(error.to_string().contains("store"), "{error}");
}
