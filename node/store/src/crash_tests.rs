//! Random commits, crashes and faults: what was acknowledged is there, whole, with the right root.

use crate::engine::{Crash, Fault, Memory};
use crate::fixture::{Builder, open};
use crate::store::tests::check_all;
use crate::{CommittedBlock, Store, StoreError};
use proptest::prelude::*;
use std::sync::Arc;

#[derive(Clone, Debug)]
enum Step {
    Commit(usize),
    Settle,
    Fault(Fault),
    Crash(Crash),
}

fn step() -> impl Strategy<Value = Step> {
    let fault = prop_oneof![
        (0u32..12).prop_map(|after| Fault::DiskFull { after }),
        (0u32..12).prop_map(|after| Fault::FlushFails { after }),
        (0u32..12).prop_map(|after| Fault::PowerCut { after }),
    ];
    let crash = prop_oneof![
        (0usize..8).prop_map(Crash::Prefix),
        any::<u64>().prop_map(Crash::Some),
    ];
    prop_oneof![
        6 => (1usize..40).prop_map(Step::Commit),
        1 => Just(Step::Settle),
        2 => fault.prop_map(Step::Fault),
        3 => crash.prop_map(Step::Crash),
    ]
}

struct Run {
    engine: Arc<Memory>,
    store: Store,
    builder: Builder,
    /// Everything that was ever handed in on the chain as it is now, and how much of it was acknowledged.
    blocks: Vec<CommittedBlock>,
    acknowledged: usize,
    salt: u64,
    /// What the next crash does, when it comes by itself.
    next_crash: Crash,
}

impl Run {
    fn new() -> Self {
        let (engine, store, builder) = crate::fixture::initialized();
        Self {
            engine,
            store,
            builder,
            blocks: Vec::new(),
            acknowledged: 0,
            salt: 0,
            next_crash: Crash::Prefix(0),
        }
    }

    fn commit(&mut self, count: usize) {
        let new: Vec<CommittedBlock> = (0..count).map(|_| self.builder.next()).collect();
        self.blocks.extend(new.iter().cloned());
        match self.store.commit(new) {
            Ok(()) => self.acknowledged = self.blocks.len(),
            Err(StoreError::Stopped(_) | StoreError::DiskFull(_) | StoreError::Io { .. }) => {
                // It takes no more: as a node would, start again.
                let crash = self.next_crash.clone();
                self.crash(&crash).unwrap();
            }
            Err(other) => panic!("{other}"),
        }
    }

    /// Opens what a crash leaves. The old store lives on until then, as its thread would until the power is gone.
    fn crash(&mut self, crash: &Crash) -> Result<(), StoreError> {
        let after = Arc::new(self.engine.crash(crash));
        let (store, recovered) = open(after.clone())?;
        (self.engine, self.store) = (after, store);
        let tip = recovered.tip.unwrap();
        let height = usize::try_from(tip.header.height.get()).unwrap();
        assert!(
            height >= self.acknowledged,
            "{} acknowledged, {height} there",
            self.acknowledged
        );
        assert!(height <= self.blocks.len());
        self.blocks.truncate(height);
        self.acknowledged = height;
        self.builder.go_back_to(&tip);
        assert_eq!(recovered.state.root(), self.builder.state.root());
        self.salt += 1;
        self.builder.fork(self.salt);
        check_all(&self.store, &self.blocks);
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn what_was_acknowledged_survives_everything(steps in proptest::collection::vec(step(), 1..25)) {
        let mut run = Run::new();
        for step in steps {
            match step {
                Step::Commit(count) => run.commit(count),
                // It fails when a fault was injected; the next commit says so.
                Step::Settle => drop(run.store.settle()),
                Step::Fault(fault) => run.engine.inject(fault),
                Step::Crash(crash) => {
                    run.crash(&crash).unwrap();
                    run.next_crash = crash;
                }
            }
        }
        run.crash(&Crash::Prefix(usize::MAX)).unwrap();
    }

    #[test]
    fn a_database_that_tears_batches_is_noticed_or_does_no_harm(
        commits in proptest::collection::vec(1usize..6, 1..6),
        after in 0u32..8,
        survivors in 0usize..4,
        writes in 0usize..30,
    ) {
        let mut run = Run::new();
        run.engine.inject(Fault::PowerCut { after });
        for count in commits {
            let new: Vec<CommittedBlock> = (0..count).map(|_| run.builder.next()).collect();
            run.blocks.extend(new.iter().cloned());
            if run.store.commit(new).is_err() {
                break;
            }
            run.acknowledged = run.blocks.len();
        }
        if let Err(error) = run.crash(&Crash::Torn(survivors, writes)) {
            prop_assert_eq!(error.exit_code(), 22);
        }
    }
}
