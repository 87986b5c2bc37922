//! Each promise and each error once.

use crate::{SPEC, open, texts};
use palisade_wal::faulty::{Faulty, Survival};
use palisade_wal::{Limits, Log, LogError, MAX_RECORD, Presence, Spec};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

#[test]
fn records_come_back_in_order_and_what_was_not_synced_does_not() {
    let medium = Faulty::new();
    let (mut log, recovered) = open(&medium).unwrap();
    assert!(recovered.records.is_empty());
    for text in ["one", "", "three"] {
        log.append(text.as_bytes()).unwrap();
    }
    let synced = log.sync().unwrap();
    assert_eq!(synced.records, 3);
    log.append(b"four").unwrap();
    drop(log);
    let (_log, recovered) = open(&medium).unwrap();
    assert_eq!(texts(&recovered), ["one", "", "three"]);
    assert_eq!(recovered.torn_bytes, 0);
}

#[test]
fn a_sync_with_nothing_to_do_does_not_touch_the_disk() {
    let medium = Faulty::new();
    let (mut log, _) = open(&medium).unwrap();
    let before = medium.operations();
    assert_eq!(log.sync().unwrap().records, 0);
    assert_eq!(medium.operations(), before);
}

#[test]
fn a_failed_sync_is_final() {
    let medium = Faulty::new();
    let (mut log, _) = open(&medium).unwrap();
    log.append(b"kept").unwrap();
    log.sync().unwrap();
    log.append(b"lost").unwrap();
    medium.fail_sync_after(0);
    assert!(matches!(log.sync(), Err(LogError::Io { action: "sync", .. })));
    assert!(log.is_poisoned());
    assert!(matches!(log.sync(), Err(LogError::Poisoned { .. })));
    assert!(matches!(log.append(b"more"), Err(LogError::Poisoned { .. })));
    let nothing: [&[u8]; 0] = [];
    assert!(matches!(log.rewrite(&nothing), Err(LogError::Poisoned { .. })));
}

#[test]
fn what_only_the_page_cache_holds_is_made_durable_by_opening() {
    // A sync failed and threw the data away; reads go on showing it, and a process that starts then sees it.
    let medium = Faulty::new();
    let (mut log, _) = open(&medium).unwrap();
    log.append(b"in the cache").unwrap();
    medium.fail_sync_after(0);
    assert!(log.sync().is_err());
    medium.kill();
    let (_log, recovered) = open(&medium).unwrap();
    assert_eq!(texts(&recovered), ["in the cache"]);
    medium.crash(Survival::Nothing);
    let (_log, recovered) = open(&medium).unwrap();
    assert_eq!(texts(&recovered), ["in the cache"]);
}

#[test]
fn a_full_disk_is_final_and_loses_nothing_that_was_synced() {
    let medium = Faulty::new();
    let (mut log, _) = open(&medium).unwrap();
    log.append(b"kept").unwrap();
    log.sync().unwrap();
    medium.limit_room(Some(10));
    log.append(b"too much for what is left").unwrap();
    let error = log.sync().unwrap_err();
    assert!(matches!(&error, LogError::Io { action: "write", .. }), "{error}");
    drop(log);
    // Opening needs room too, says so, and changes nothing.
    let error = open(&medium).unwrap_err();
    assert!(matches!(&error, LogError::Io { .. }), "{error}");
    medium.limit_room(None);
    let (_log, recovered) = open(&medium).unwrap();
    assert_eq!(texts(&recovered), ["kept"]);
    assert_eq!(recovered.torn_bytes, 10);
}

#[test]
fn sizes_are_limited_and_refusals_change_nothing() {
    let medium = Faulty::new();
    let limits = Limits {
        record: 100,
        total: 300,
    };
    let small = Spec { limits, ..SPEC };
    let arc = Arc::new(medium);
    let (mut log, _) = Log::open(arc.clone(), small, Presence::Any).unwrap();
    assert!(matches!(
        log.append(&[0; 101]),
        Err(LogError::RecordTooLarge {
            length: 101,
            limit: 100,
            ..
        })
    ));
    log.append(&[1; 100]).unwrap();
    log.sync().unwrap();
    assert!(matches!(
        log.append(&[2; 100]),
        Err(LogError::Full { limit: 300, .. })
    ));
    assert!(matches!(
        log.rewrite(&[[3; 150], [3; 150]]),
        Err(LogError::Full { .. })
    ));
    assert!(matches!(
        log.rewrite(&[vec![3; MAX_RECORD + 1]]),
        Err(LogError::RecordTooLarge { .. })
    ));
    assert!(!log.is_poisoned());
    log.rewrite(&[[4; 50]]).unwrap();
    log.append(&[2; 100]).unwrap();
    log.sync().unwrap();
    drop(log);
    let limits = Limits {
        record: 100,
        total: 200,
    };
    let smaller = Spec { limits, ..SPEC };
    assert!(matches!(
        Log::open(arc, smaller, Presence::Any),
        Err(LogError::TooLarge { limit: 200, .. })
    ));
}

#[test]
fn more_than_fits_one_frame_is_synced_on_the_way() {
    let medium = Faulty::new();
    let (mut log, _) = open(&medium).unwrap();
    for number in 0..9u8 {
        log.append(&vec![number; 1 << 20]).unwrap();
    }
    log.sync().unwrap();
    let records = log.read_back().unwrap();
    log.rewrite(&records).unwrap();
    drop(log);
    let (_log, recovered) = open(&medium).unwrap();
    let first_bytes: Vec<u8> = recovered.records.iter().map(|record| record[0]).collect();
    assert_eq!(first_bytes, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
}

#[test]
fn presence_is_what_was_asked_for() {
    let medium = Arc::new(Faulty::new());
    assert!(matches!(
        Log::open(medium.clone(), SPEC, Presence::Required),
        Err(LogError::Missing { .. })
    ));
    drop(Log::open(medium.clone(), SPEC, Presence::Forbidden).unwrap());
    assert!(matches!(
        Log::open(medium.clone(), SPEC, Presence::Forbidden),
        Err(LogError::Exists { .. })
    ));
    assert!(Log::open(medium, SPEC, Presence::Required).is_ok());
}

#[test]
fn one_handle_at_a_time() {
    let medium = Faulty::new();
    let (log, _) = open(&medium).unwrap();
    let error = open(&medium).unwrap_err();
    assert!(
        matches!(error, LogError::Locked { holder: Some(pid), .. } if pid == std::process::id()),
        "{error}"
    );
    drop(log);
    assert!(open(&medium).is_ok());
}

#[test]
fn another_chains_log_is_refused_untouched() {
    let medium = Faulty::new();
    let arc = Arc::new(medium.clone());
    let (mut log, _) = open(&medium).unwrap();
    log.append(b"ours").unwrap();
    log.sync().unwrap();
    drop(log);
    let before = medium.contents(SPEC.name);
    let other = Spec {
        binding: [8; 32],
        ..SPEC
    };
    let error = Log::open(arc.clone(), other, Presence::Any).unwrap_err();
    assert!(matches!(error, LogError::WrongBinding { .. }), "{error}");
    let other = Spec {
        purpose: "other/1",
        ..SPEC
    };
    let error = Log::open(arc, other, Presence::Any).unwrap_err();
    assert!(error.to_string().contains("`test/1`"), "{error}");
    assert!(error.is_corruption());
    assert_eq!(medium.contents(SPEC.name), before);
}

#[test]
fn the_hook_sees_every_sync_before_it_takes_effect() {
    let medium = Faulty::new();
    let (mut log, _) = open(&medium).unwrap();
    let seen = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&seen);
    medium.on_sync(Arc::new(move |_| {
        counter.fetch_add(1, Ordering::Relaxed);
    }));
    log.append(b"slow").unwrap();
    log.sync().unwrap();
    log.rewrite(&[b"slow"]).unwrap();
    assert_eq!(seen.load(Ordering::Relaxed), 2);
}
