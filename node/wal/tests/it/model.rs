//! Random lives of a log against a list of what was acknowledged.

use crate::open;
use palisade_wal::faulty::{Faulty, Survival};
use palisade_wal::{Log, LogError};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Append(usize),
    Sync,
    /// Keep the last so many records.
    Rewrite(usize),
    Reopen,
    Kill,
    Crash(Survival),
    FailSync(u64),
    Room(usize),
    StopAfter(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let survival = prop_oneof![
        Just(Survival::Nothing),
        Just(Survival::Everything),
        (0usize..200).prop_map(Survival::Torn),
        any::<u64>().prop_map(Survival::Scattered),
    ];
    let step = prop_oneof![
        6 => (0usize..150).prop_map(Step::Append),
        5 => Just(Step::Sync),
        1 => (0usize..6).prop_map(Step::Rewrite),
        1 => Just(Step::Reopen),
        1 => Just(Step::Kill),
        3 => survival.prop_map(Step::Crash),
        1 => (0u64..3).prop_map(Step::FailSync),
        1 => (0usize..400).prop_map(Step::Room),
        2 => (0u64..8).prop_map(Step::StopAfter),
    ];
    proptest::collection::vec(step, 1..40)
}

type Records = Vec<Vec<u8>>;

/// A log, what it acknowledged, and what it may hold besides after an operation that failed.
struct Life {
    medium: Faulty,
    log: Option<Log>,
    synced: Records,
    pending: Records,
    also_possible: Vec<Records>,
    appended: u32,
}

impl Life {
    fn new() -> Self {
        Self {
            medium: Faulty::new(),
            log: None,
            synced: Vec::new(),
            pending: Vec::new(),
            also_possible: Vec::new(),
            appended: 0,
        }
    }

    fn with_pending(&self) -> Records {
        [self.synced.clone(), self.pending.clone()].concat()
    }

    fn ensure_open(&mut self) {
        if self.log.is_some() {
            return;
        }
        let opened = open(&self.medium);
        let (log, recovered) = match opened {
            Ok(opened) => opened,
            // Stopped or out of room on the way: the log holds what it held.
            Err(LogError::Io { .. }) => {
                self.medium.kill();
                self.medium.limit_room(None);
                open(&self.medium).expect("nothing fails now")
            }
            Err(error) => panic!("a crash was taken for corruption: {error}"),
        };
        let known = recovered.records == self.synced || self.also_possible.contains(&recovered.records);
        assert!(
            known,
            "recovered {:?}, acknowledged {:?}, possible {:?}",
            recovered.records, self.synced, self.also_possible
        );
        self.synced = recovered.records;
        self.pending.clear();
        self.also_possible.clear();
        self.log = Some(log);
    }

    /// The handle is gone, and with it what waited in memory.
    fn lose_handle(&mut self) {
        self.log = None;
        self.pending.clear();
    }

    fn fail(&mut self, possible: Records) {
        self.also_possible.push(possible);
        let log = self.log.as_mut().expect("it is open");
        assert!(matches!(log.sync(), Err(LogError::Poisoned { .. })));
        self.medium.kill();
        self.medium.limit_room(None);
        self.lose_handle();
    }

    fn apply(&mut self, step: &Step) {
        match step {
            Step::Append(size) => {
                self.ensure_open();
                self.appended += 1;
                let mut record = self.appended.to_le_bytes().to_vec();
                record.resize(4 + size, 0xaa);
                let log = self.log.as_mut().expect("it is open");
                log.append(&record).expect("appending does not write");
                self.pending.push(record);
            }
            Step::Sync => {
                self.ensure_open();
                let after = self.with_pending();
                match self.log.as_mut().expect("it is open").sync() {
                    Ok(done) => {
                        assert_eq!(done.records, self.pending.len());
                        self.synced = after;
                        self.pending.clear();
                    }
                    Err(_) => self.fail(after),
                }
            }
            Step::Rewrite(keep) => {
                self.ensure_open();
                let from = self.synced.len().saturating_sub(*keep);
                let kept = self.synced[from..].to_vec();
                match self.log.as_mut().expect("it is open").rewrite(&kept) {
                    Ok(()) => {
                        self.synced = kept;
                        self.pending.clear();
                    }
                    Err(_) => self.fail(kept),
                }
            }
            Step::Reopen => self.lose_handle(),
            Step::Kill => {
                self.medium.kill();
                self.lose_handle();
            }
            Step::Crash(survival) => {
                self.medium.crash(*survival);
                self.lose_handle();
            }
            Step::FailSync(count) => self.medium.fail_sync_after(*count),
            Step::Room(bytes) => self.medium.limit_room(Some(*bytes)),
            Step::StopAfter(count) => self.medium.stop_after(*count),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn what_was_acknowledged_survives_everything(steps in steps(), end in any::<u64>()) {
        let mut life = Life::new();
        for step in &steps {
            life.apply(step);
        }
        // Twice: what the first opening recovered must itself survive.
        for survival in [Survival::Scattered(end), Survival::Nothing] {
            life.medium.crash(survival);
            life.medium.limit_room(None);
            life.lose_handle();
            life.ensure_open();
        }
    }
}

#[test]
fn a_rewrite_can_be_interrupted_anywhere() {
    let setup = || {
        let medium = Faulty::new();
        let (mut log, _) = open(&medium).expect("a new log");
        for text in [b"old one", b"old two"] {
            log.append(text).expect("it fits");
        }
        log.sync().expect("nothing fails");
        (medium, log)
    };
    let (medium, mut log) = setup();
    let before = medium.operations();
    log.rewrite(&[b"new"]).expect("nothing fails");
    let operations = medium.operations() - before;
    let old: Records = vec![b"old one".to_vec(), b"old two".to_vec()];
    let new: Records = vec![b"new".to_vec()];
    for point in 0..operations {
        for survival in [
            Survival::Nothing,
            Survival::Everything,
            Survival::Torn(9),
            Survival::Scattered(point),
        ] {
            let (medium, mut log) = setup();
            medium.stop_after(point);
            assert!(log.rewrite(&[b"new"]).is_err(), "point {point}");
            medium.crash(survival);
            let (_log, recovered) = open(&medium).expect("a crash is no corruption");
            assert!(
                recovered.records == old || recovered.records == new,
                "point {point}, {survival:?}"
            );
        }
    }
}
