//! The consensus log.

use palisade_wal::faulty::Faulty;
use palisade_wal::{LogError, Wal, WalConfig};
use primitives::ChainHash;
use std::sync::Arc;

const CHAIN: ChainHash = ChainHash::new([9; 32]);
const CONFIG: WalConfig = WalConfig {
    compact_above: 4096,
    limit: 1 << 20,
};

type Record = (u64, Vec<u8>);

#[test]
fn records_are_replayed_and_old_ones_dropped_when_the_file_has_grown() {
    let medium = Arc::new(Faulty::new());
    let (mut wal, replayed) = Wal::<Record>::open(medium.clone(), &CHAIN, CONFIG).unwrap();
    assert!(replayed.records.is_empty());
    assert_eq!(wal.retain(|_| false).unwrap(), None);
    for view in 0..100 {
        wal.append(&(view, vec![0; 100])).unwrap();
        wal.sync().unwrap();
    }
    let compacted = wal.retain(|(view, _)| *view >= 90).unwrap().unwrap();
    assert!(compacted.after < compacted.before);
    assert_eq!(wal.bytes(), compacted.after);
    wal.append(&(100, Vec::new())).unwrap();
    wal.sync().unwrap();
    drop(wal);
    let (_wal, replayed) = Wal::<Record>::open(medium, &CHAIN, CONFIG).unwrap();
    let views: Vec<u64> = replayed.records.iter().map(|(view, _)| *view).collect();
    assert_eq!(views, (90..=100).collect::<Vec<_>>());
}

#[test]
fn compaction_that_saves_little_is_not_repeated_at_once() {
    let (mut wal, _) = Wal::<Record>::open(Arc::new(Faulty::new()), &CHAIN, CONFIG).unwrap();
    for view in 0..100 {
        wal.append(&(view, vec![0; 100])).unwrap();
    }
    wal.sync().unwrap();
    assert!(wal.retain(|_| true).unwrap().is_some());
    assert_eq!(wal.retain(|_| true).unwrap(), None);
}

#[test]
fn another_chains_wal_and_another_versions_records_are_refused() {
    let medium = Arc::new(Faulty::new());
    let (mut wal, _) = Wal::<Record>::open(medium.clone(), &CHAIN, CONFIG).unwrap();
    wal.append(&(1, vec![1])).unwrap();
    wal.sync().unwrap();
    drop(wal);
    let other = ChainHash::new([1; 32]);
    assert!(matches!(
        Wal::<Record>::open(medium.clone(), &other, CONFIG),
        Err(LogError::WrongBinding { .. })
    ));
    let error = Wal::<u8>::open(medium, &CHAIN, CONFIG).unwrap_err();
    assert!(matches!(error, LogError::Undecodable { index: 0, .. }), "{error}");
    assert!(error.is_corruption());
}

#[test]
fn the_largest_block_fits() {
    let medium = Arc::new(Faulty::new());
    let roomy = WalConfig {
        compact_above: 1 << 20,
        limit: 16 << 20,
    };
    let largest: Record = (1, vec![7; light_palisade::limits::MAX_BLOCK_BYTES]);
    let (mut wal, _) = Wal::<Record>::open(medium.clone(), &CHAIN, roomy).unwrap();
    wal.append(&largest).unwrap();
    wal.sync().unwrap();
    wal.retain(|_| true).unwrap();
    drop(wal);
    let (_wal, replayed) = Wal::<Record>::open(medium, &CHAIN, roomy).unwrap();
    assert_eq!(replayed.records, [largest]);
}
