//! The guard under random statements and faults, against an independent restatement of what is slashable.

use crate::CHAIN;
use crypto::bls::KeyBytes;
use light_palisade::Statement;
use palisade_signer::guard::{Guard, GuardConfig, GuardError, Interchange, Refusal, Slot};
use primitives::{BlockHash, Epoch, View};
use proptest::prelude::*;
use std::sync::Arc;
use wal::faulty::{Faulty, Survival};

const KEY: KeyBytes = KeyBytes([1; 96]);
const CONFIG: GuardConfig = GuardConfig {
    window: 4,
    compact_above: 1500,
};

/// consensus.md, section 1.3, word for word: same key, same (epoch, view).
pub(crate) fn slashable(a: &Statement, b: &Statement) -> bool {
    use Statement::{Finalize, Notarize, Nullify};
    if (a.epoch(), a.view()) != (b.epoch(), b.view()) {
        return false;
    }
    match (a, b) {
        // S1, S2: another block or another parent view.
        (Notarize { .. }, Notarize { .. }) | (Finalize { .. }, Finalize { .. }) => a != b,
        // S3.
        (Nullify { .. }, Finalize { .. }) | (Finalize { .. }, Nullify { .. }) => true,
        // S4.
        (Notarize { block: x, .. }, Finalize { block: y, .. })
        | (Finalize { block: y, .. }, Notarize { block: x, .. }) => x != y,
        _ => false,
    }
}

#[derive(Clone, Debug)]
enum Step {
    Sign(Vec<Statement>),
    Reopen,
    Kill,
    Crash(Survival),
    FailSync(u64),
    Room(usize),
    StopAfter(u64),
    /// Import what was exported so many exports ago.
    Import(usize),
    Export,
    /// Import the export of a guard elsewhere under which the same key signed these.
    ImportForeign(Vec<Statement>),
    Raise(u64, u64),
}

fn statement() -> impl Strategy<Value = Statement> {
    (0u8..3, 1u64..3, 1u64..8, 0u64..2, 0u8..3).prop_map(|(kind, epoch, view, parent, block)| {
        let (epoch, view) = (Epoch::new(epoch), View::new(view));
        let (parent_view, block) = (View::new(parent), BlockHash::new([block; 32]));
        match kind {
            0 => Statement::Notarize {
                epoch,
                view,
                parent_view,
                block,
            },
            1 => Statement::Nullify { epoch, view },
            _ => Statement::Finalize {
                epoch,
                view,
                parent_view,
                block,
            },
        }
    })
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let survival = prop_oneof![
        Just(Survival::Nothing),
        Just(Survival::Everything),
        (0usize..400).prop_map(Survival::Torn),
        any::<u64>().prop_map(Survival::Scattered),
    ];
    let step = prop_oneof![
        12 => proptest::collection::vec(statement(), 1..4).prop_map(Step::Sign),
        1 => Just(Step::Reopen),
        1 => Just(Step::Kill),
        2 => survival.prop_map(Step::Crash),
        1 => (0u64..3).prop_map(Step::FailSync),
        1 => (0usize..600).prop_map(Step::Room),
        1 => (0u64..8).prop_map(Step::StopAfter),
        1 => (0usize..3).prop_map(Step::Import),
        1 => Just(Step::Export),
        1 => proptest::collection::vec(statement(), 1..4).prop_map(Step::ImportForeign),
        1 => (1u64..3, 0u64..4).prop_map(|(epoch, view)| Step::Raise(epoch, view)),
    ];
    proptest::collection::vec(step, 1..60)
}

struct Life {
    medium: Faulty,
    guard: Option<Guard>,
    /// Every statement that a signature was given for.
    signed: Vec<Statement>,
    /// Every statement that was asked for in a call that failed, or elsewhere: its row may be known.
    maybe: Vec<Statement>,
    exports: Vec<Interchange>,
}

impl Life {
    fn new() -> Self {
        let medium = Faulty::new();
        let mut guard = Guard::initialise(Arc::new(medium.clone()), CHAIN, CONFIG).expect("a new guard");
        guard.register(KEY, Slot::FIRST).expect("nothing fails yet");
        Self {
            medium,
            guard: Some(guard),
            signed: Vec::new(),
            maybe: Vec::new(),
            exports: Vec::new(),
        }
    }

    fn open(&self) -> Result<Guard, GuardError> {
        Guard::open(Arc::new(self.medium.clone()), CHAIN, CONFIG)
    }

    fn guard(&mut self) -> &mut Guard {
        if self.guard.is_none() {
            let opened = self.open().or_else(|_| {
                // A fault met the opening; the next attempt meets none.
                self.medium.kill();
                self.medium.limit_room(None);
                self.open()
            });
            self.guard = Some(opened.expect("a crash never damages a guard"));
        }
        self.guard.as_mut().expect("it was just opened")
    }

    fn sign(&mut self, statements: &[Statement]) {
        let Ok(admitted) = self.guard().admit(&KEY, statements) else {
            self.maybe.extend_from_slice(statements);
            return self.stop();
        };
        let watermark = self.guard().watermark(&KEY).expect("it is registered");
        for (statement, verdict) in statements.iter().zip(admitted.verdicts) {
            match verdict {
                Ok(()) => {
                    for earlier in &self.signed {
                        assert!(
                            !slashable(earlier, statement),
                            "signed {earlier:?} and {statement:?}"
                        );
                    }
                    self.signed.push(*statement);
                }
                Err(Refusal::BelowWatermark) => assert!(Slot::of(statement) <= watermark),
                Err(refusal) => self.justified(statement, refusal),
            }
        }
    }

    /// A refusal names something that was, or may have been, signed.
    fn justified(&self, statement: &Statement, refusal: Refusal) {
        let same_slot = |other: &&Statement| Slot::of(other) == Slot::of(statement);
        let mut known = self.signed.iter().chain(&self.maybe).filter(same_slot);
        let reason = known.any(|other| {
            let another_choice = other.block() != statement.block();
            match refusal {
                Refusal::NotarizeAfterNullify => matches!(other, Statement::Nullify { .. }),
                // Stricter than S4: the parent view is part of the choice.
                _ => slashable(other, statement) || another_choice,
            }
        });
        assert!(reason, "{statement:?} was refused ({refusal:?}) for no reason");
    }

    fn stop(&mut self) {
        self.guard = None;
        self.medium.kill();
        self.medium.limit_room(None);
    }

    fn apply(&mut self, step: &Step) {
        match step {
            Step::Sign(statements) => self.sign(statements),
            Step::Reopen => self.guard = None,
            Step::Kill => self.stop(),
            Step::Crash(survival) => {
                self.guard = None;
                self.medium.crash(*survival);
            }
            Step::FailSync(count) => self.medium.fail_sync_after(*count),
            Step::Room(bytes) => self.medium.limit_room(Some(*bytes)),
            Step::StopAfter(count) => self.medium.stop_after(*count),
            Step::Export => {
                let export = self.guard().export();
                self.exports.insert(0, export);
            }
            Step::Import(back) => {
                if let Some(document) = self.exports.get(*back).cloned()
                    && self.guard().import(&document).is_err()
                {
                    self.stop();
                }
            }
            Step::ImportForeign(statements) => {
                let mut elsewhere = Self::new().guard.expect("a new guard");
                elsewhere.admit(&KEY, statements).expect("nothing fails there");
                let document = elsewhere.export();
                self.maybe.extend_from_slice(statements);
                if self.guard().import(&document).is_err() {
                    self.stop();
                }
            }
            Step::Raise(epoch, view) => {
                let slot = Slot::new(Epoch::new(*epoch), View::new(*view));
                if self.guard().register(KEY, slot).is_err() {
                    self.stop();
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn no_two_signatures_are_ever_slashable(steps in steps()) {
        let mut life = Life::new();
        for step in &steps {
            life.apply(step);
        }
        // What was signed is still known, or below the watermark.
        life.guard = None;
        life.medium.crash(Survival::Nothing);
        life.medium.limit_room(None);
        let signed = life.signed.clone();
        let guard = life.guard();
        for statement in signed {
            let slot = Slot::of(&statement);
            let row = guard.row(&KEY, slot);
            let known = row.is_some_and(|row| row.with(&statement) == Ok(row));
            prop_assert!(known || Some(slot) <= guard.watermark(&KEY), "{:?} was forgotten", statement);
        }
    }
}

#[test]
fn a_crash_at_every_step_of_signing_never_forgets_a_signature() {
    let first = Statement::Notarize {
        epoch: Epoch::new(1),
        view: View::new(1),
        parent_view: View::ZERO,
        block: BlockHash::new([1; 32]),
    };
    let second = Statement::Notarize {
        epoch: Epoch::new(1),
        view: View::new(1),
        parent_view: View::ZERO,
        block: BlockHash::new([2; 32]),
    };
    for point in 0..12 {
        for survival in [
            Survival::Nothing,
            Survival::Everything,
            Survival::Torn(30),
            Survival::Scattered(point),
        ] {
            let mut life = Life::new();
            life.medium.stop_after(point);
            life.sign(&[first]);
            let before = life.signed.clone();
            life.guard = None;
            life.medium.crash(survival);
            life.sign(&[second]);
            life.sign(&[first]);
            // One of the two was signed, or the first twice; which, when the crash came in between, is open.
            let [.., last] = life.signed[..] else {
                panic!("point {point}, {survival:?}: a slot that can never be signed");
            };
            assert!(life.signed.iter().all(|signed| *signed == last));
            assert!(before.is_empty() || last == first);
        }
    }
}
