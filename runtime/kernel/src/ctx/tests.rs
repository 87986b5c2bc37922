#![allow(
    clippy::arithmetic_side_effects,
    clippy::integer_division,
    reason = "tests compute their own expectations"
)]

use crate::testing::Sandbox;
use crate::{
    Attribute, Block, Code, Ctx, EventType, Fault, GasMeter, Invariant, Item, Map, ModuleId, Read,
    StateError, View, Violation, kernel_code, price,
};
use primitives::{Blocks, ChainClock, Gas, Height, Millis};
use proptest::prelude::*;
use std::collections::BTreeMap;

const ID: ModuleId = ModuleId::new(7, "counter");
const COUNTS: Map<u32, u64> = Map::new(ID.table(0));
const TOTAL: Item<u64> = Item::new(ID.table(1));

struct Counted(u64);

impl EventType for Counted {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "Counted";
    fn attributes(&self) -> Vec<Attribute> {
        vec![Attribute::new("by", self.0)]
    }
}

struct Misnamed;

impl EventType for Misnamed {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "Misnamed";
    fn attributes(&self) -> Vec<Attribute> {
        vec![Attribute::new("with space", true)]
    }
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum Error {
    #[error("{0} is odd")]
    Odd(u64),
    #[error(transparent)]
    State(#[from] StateError),
}

impl Fault for Error {
    fn code(&self) -> Option<Code> {
        match self {
            Self::Odd(_) => Some(ID.code(1)),
            Self::State(inner) => inner.code(),
        }
    }
    fn reason(&self) -> &'static str {
        match self {
            Self::Odd(_) => "ODD",
            Self::State(inner) => inner.reason(),
        }
    }
}

/// Adds `by` to the count of `key` and to the total; refuses odd numbers after it has written.
fn count(ctx: &mut Ctx<'_>, key: u32, by: u64) -> Result<(), Error> {
    let before = COUNTS.or_default(ctx, &key)?;
    COUNTS.put(ctx, &key, &(before + by))?;
    let total = total(ctx)?;
    TOTAL.put(ctx, &(total + by))?;
    ctx.emit(&Counted(by))?;
    if by % 2 == 1 { Err(Error::Odd(by)) } else { Ok(()) }
}

fn total(store: &impl Read) -> Result<u64, StateError> {
    TOTAL.or_default(store)
}

#[test]
fn a_refused_transaction_leaves_no_write_and_no_event() {
    let mut sandbox = Sandbox::new();
    sandbox.run(|ctx| count(ctx, 1, 2)).unwrap();
    let before = sandbox.state().unwrap();
    assert_eq!(sandbox.take_events().len(), 1);
    assert_eq!(sandbox.run(|ctx| count(ctx, 2, 3)), Err(Error::Odd(3)));
    assert_eq!(sandbox.take_events(), []);
    let after = sandbox.state().unwrap();
    assert_eq!(after.len(), before.len());
    assert_eq!(total(&sandbox.view()), Ok(2));
    assert_eq!(COUNTS.contains(&sandbox.view(), &2), Ok(false));
}

#[test]
fn a_failed_part_does_not_take_the_rest_along() {
    let mut sandbox = Sandbox::new();
    let outcome: Result<(), Error> = sandbox.run(|ctx| {
        count(ctx, 1, 2)?;
        let refused = ctx.atomically(|ctx| {
            count(ctx, 1, 4)?;
            ctx.atomically(|ctx| count(ctx, 2, 6))?;
            count(ctx, 3, 5)
        });
        assert_eq!(refused, Err(Error::Odd(5)));
        ctx.atomically(|ctx| count(ctx, 4, 8))
    });
    assert_eq!(outcome, Ok(()));
    let view = sandbox.view();
    assert_eq!(COUNTS.range(&view, None, 9), Ok(vec![(1, 2), (4, 8)]));
    assert_eq!(total(&view), Ok(10));
    assert_eq!(sandbox.take_events().len(), 2);
}

#[test]
fn whoever_runs_out_of_gas_is_refused_and_has_used_all_of_it() {
    let mut sandbox = Sandbox::new();
    let (outcome, used) = sandbox.run_metered(Gas::MAX, |ctx| count(ctx, 1, 2));
    assert_eq!(outcome, Ok(()));
    let enough = used.get();
    // Both reads of the first transaction found nothing; those of the second find eight bytes each.
    let more = 16 * price::READ_BYTE.get();
    assert_eq!(
        sandbox
            .run_metered(Gas::new(enough + more), |ctx| count(ctx, 1, 2))
            .0,
        Ok(())
    );
    let before = total(&sandbox.view());
    for limit in [0, 1, enough / 2, enough + more - 1] {
        let (outcome, used) = sandbox.run_metered(Gas::new(limit), |ctx| {
            // A module that ignores the error gets no further.
            let first = count(ctx, 1, 2);
            assert!(ctx.charge(Gas::new(1)).is_err());
            first
        });
        assert_eq!(outcome.unwrap_err().code(), Some(kernel_code::OUT_OF_GAS));
        assert_eq!(used, Gas::new(limit));
    }
    assert_eq!(total(&sandbox.view()), before);
}

#[test]
fn every_access_has_its_price() {
    let mut sandbox = Sandbox::new();
    let mut price_of =
        |body: fn(&mut Ctx<'_>) -> Result<(), StateError>| sandbox.run_metered(Gas::MAX, body).1.get();
    let write = price::WRITE.get() + (6 + 8) * price::WRITE_BYTE.get();
    assert_eq!(price_of(|ctx| COUNTS.put(ctx, &1, &1)), write);
    assert_eq!(price_of(|ctx| COUNTS.put(ctx, &2, &1)), write);
    let read = price::READ.get() + 8 * price::READ_BYTE.get();
    assert_eq!(price_of(|ctx| COUNTS.get(ctx, &1).map(drop)), read);
    assert_eq!(price_of(|ctx| COUNTS.get(ctx, &3).map(drop)), price::READ.get());
    assert_eq!(
        price_of(|ctx| COUNTS.range(ctx, None, 9).map(drop)),
        price::READ.get() + 2 * read
    );
    assert_eq!(
        price_of(|ctx| COUNTS.remove(ctx, &1)),
        write - 8 * price::WRITE_BYTE.get()
    );
    let event = price::EVENT.get() + (1 + 8 + 4 + 3 + 9) * price::EVENT_BYTE.get();
    assert_eq!(price_of(|ctx| ctx.emit(&Counted(1))), event);
}

#[test]
fn hooks_are_not_metered_and_an_event_against_the_rules_halts() {
    let mut sandbox = Sandbox::new();
    let limit = sandbox.hook(|ctx| Ok(ctx.meter().limit())).unwrap();
    assert_eq!(limit, GasMeter::unmetered().limit());
    let error = sandbox.hook(|ctx| ctx.emit(&Misnamed)).unwrap_err();
    assert_eq!((error.code(), error.reason()), (None, "STATE_BROKEN"));
}

#[test]
fn a_test_walks_through_time_and_checks_invariants() {
    const EVEN: Invariant = Invariant {
        name: "total_is_even",
        check: |view| match total(view)? % 2 {
            0 => Ok(()),
            _ => Err(Violation::new("the total is odd")),
        },
    };
    let mut sandbox = Sandbox::new();
    sandbox.advance(Blocks::new(2), Millis::new(500));
    assert_eq!(sandbox.block.height, Height::new(3));
    let clock = sandbox.hook(|ctx| Ok((ctx.height(), ctx.chain_clock())));
    assert_eq!(clock, Ok((Height::new(3), ChainClock::new(500))));
    assert_eq!(sandbox.check(&[EVEN]), Ok(()));
    sandbox.hook(|ctx| TOTAL.put(ctx, &1)).unwrap();
    let (name, violation) = sandbox.check(&[EVEN]).unwrap_err();
    assert_eq!(
        (name, violation.to_string().as_str()),
        ("total_is_even", "the total is odd")
    );
    // Another module's table may hold what ours cannot.
    sandbox
        .hook(|ctx| Map::<(), bool>::new(ID.table(1)).put(ctx, &(), &true))
        .unwrap();
    let (_, violation) = sandbox.check(&[EVEN]).unwrap_err();
    assert!(matches!(
        violation,
        Violation::State(StateError::Corrupt {
            module: 7,
            table: 1,
            ..
        })
    ));
}

#[test]
fn a_view_of_a_past_version_stays_what_it_was() {
    let mut sandbox = Sandbox::new();
    sandbox.run(|ctx| count(ctx, 1, 2)).unwrap();
    let (past, block) = (sandbox.state().unwrap(), sandbox.block.clone());
    sandbox.advance(Blocks::new(1), Millis::new(1));
    sandbox.run(|ctx| count(ctx, 1, 4)).unwrap();
    let view = View::new(&past, &block);
    assert_eq!((total(&view), view.block().height), (Ok(2), Height::new(1)));
    assert_eq!(total(&sandbox.view()), Ok(6));
    let now = sandbox.hook(|ctx| total(&ctx.view())).unwrap();
    assert_eq!(now, 6);
    let mut later = Sandbox::over(past);
    later.block = Block {
        height: Height::new(9),
        ..Block::default()
    };
    assert_eq!(
        later.run(|ctx| Ok::<_, StateError>((total(ctx)?, ctx.height()))),
        Ok((2, Height::new(9)))
    );
}

/// A transaction as a tree: parts that count, and parts of parts, of which some fail.
#[derive(Clone, Debug)]
enum Part {
    Count(u32, u64),
    Nested(Vec<Self>, bool),
}

fn part() -> impl Strategy<Value = Part> {
    let leaf = (0u32..3, 0u64..9).prop_map(|(key, by)| Part::Count(key, by));
    leaf.prop_recursive(3, 24, 5, |inner| {
        (proptest::collection::vec(inner, 0..5), any::<bool>())
            .prop_map(|(parts, fails)| Part::Nested(parts, fails))
    })
}

/// What counting leaves: the counts, and the events in order.
type Left = (BTreeMap<u32, u64>, Vec<u64>);

fn run(ctx: &mut Ctx<'_>, left: &mut Left, part: &Part) {
    match part {
        Part::Count(key, by) => {
            let outcome = ctx.atomically(|ctx| count(ctx, *key, *by));
            assert_eq!(outcome.is_ok(), by % 2 == 0);
            if outcome.is_ok() {
                *left.0.entry(*key).or_default() += by;
                left.1.push(*by);
            }
        }
        Part::Nested(parts, fails) => {
            let before = left.clone();
            let outcome = ctx.atomically(|ctx| {
                parts.iter().for_each(|part| run(ctx, left, part));
                if *fails { Err(Error::Odd(1)) } else { Ok(()) }
            });
            if outcome.is_err() {
                *left = before;
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_stays_is_what_did_not_fail(parts in proptest::collection::vec(part(), 0..6)) {
        let mut sandbox = Sandbox::new();
        let mut left = Left::default();
        let (outcome, used) = sandbox.run_metered(Gas::MAX, |ctx| {
            parts.iter().for_each(|part| run(ctx, &mut left, part));
            Ok::<_, Error>(())
        });
        prop_assert_eq!(outcome, Ok(()));
        let (counts, events) = left;
        let view = sandbox.view();
        prop_assert_eq!(COUNTS.range(&view, None, 9), Ok(counts.clone().into_iter().collect()));
        prop_assert_eq!(total(&view), Ok(counts.into_values().reduce(|a, b| a + b).unwrap_or(0)));
        let found: Vec<_> = sandbox.take_events().iter().map(|event| event.attribute("by").cloned()).collect();
        let expected: Vec<_> = events.into_iter().map(|by| Some(by.into())).collect();
        prop_assert_eq!(found, expected);
        // Gas depends on the transaction alone, and what failed was paid for too.
        let again = Sandbox::new().run_metered(used, |ctx| {
            parts.iter().for_each(|part| run(ctx, &mut Left::default(), part));
            Ok::<_, Error>(())
        });
        prop_assert_eq!(again, (Ok(()), used));
    }
}

#[test]
fn what_runs_metered_can_neither_starve_nor_undo_its_caller() {
    let mut sandbox = Sandbox::new();
    let limit = Gas::new(100_000);
    let (outcome, used) = sandbox.run_metered(Gas::new(200_000), |ctx| {
        TOTAL.put(ctx, &1)?;
        let endless = ctx.metered(limit, |ctx| -> Result<(), Error> {
            loop {
                TOTAL.put(ctx, &2)?;
            }
        })?;
        assert_eq!(endless.unwrap_err().code(), Some(kernel_code::OUT_OF_GAS));
        TOTAL.put(ctx, &TOTAL.or_default(ctx)?.saturating_add(10))?;
        // Less than the limit is left: that is the caller's failure, not the body's.
        let starved = ctx.metered(limit, |_| Ok::<(), Error>(()));
        assert!(matches!(starved, Err(StateError::OutOfGas(_))));
        Ok::<_, Error>(())
    });
    assert_eq!(outcome, Ok(()));
    assert_eq!(used, Gas::new(200_000));
    assert_eq!(TOTAL.get(&sandbox.view()), Ok(Some(11)));
}
