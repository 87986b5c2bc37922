//! Random sequences of everything that can happen, against [`Naive`]; every invariant holds after each step.

use crate::naive::{Naive, Rules};
use crate::world::{FUNDS, World, account, genesis, params, validator};
use kernel::Fault;
use palisade_staking as staking;
use primitives::Bps;
use proptest::prelude::*;
use staking::{Params, Pool};

/// Who takes part; account 60 pays tips.
const PEOPLE: std::ops::RangeInclusive<u8> = 1..=6;

const RULES: Rules = Rules {
    delay: 30_000,
    members: 3,
    minimum: 1_000,
    cap_bps: 4_000,
    issuance_bps: 10_000,
    exits_per_bond: 3,
    payouts_per_block: 2,
};

#[derive(Clone, Debug)]
enum Step {
    Register(u8, u128),
    Bond(u8, u8, u128),
    /// So many parts of 16 of what the bond is worth.
    UnbondPart(u8, u8, u128),
    Unbond(u8, u8, u128),
    Claim(u8, u8),
    Tip(u8, u128),
    Slash(u8, u16),
    Block(u64),
    EndEpoch,
}

fn step() -> impl Strategy<Value = Step> {
    let amount = || prop_oneof![0u128..3, 1u128..5_000, 1u128..1 << 30];
    prop_oneof![
        2 => (PEOPLE, amount()).prop_map(|(who, amount)| Step::Register(who, amount)),
        6 => (PEOPLE, PEOPLE, amount()).prop_map(|(who, of, amount)| Step::Bond(who, of, amount)),
        4 => (PEOPLE, PEOPLE, 1u128..=16).prop_map(|(who, of, part)| Step::UnbondPart(who, of, part)),
        2 => (PEOPLE, PEOPLE, amount()).prop_map(|(who, of, amount)| Step::Unbond(who, of, amount)),
        3 => (PEOPLE, PEOPLE).prop_map(|(who, of)| Step::Claim(who, of)),
        3 => (PEOPLE, amount()).prop_map(|(of, amount)| Step::Tip(of, amount)),
        1 => (PEOPLE, prop_oneof![1u16..5_000, Just(10_000)]).prop_map(|(of, bps)| Step::Slash(of, bps)),
        4 => prop_oneof![1u64..100, 1u64..40_000].prop_map(Step::Block),
        2 => Just(Step::EndEpoch),
    ]
}

/// A start with two bonds behind validator 1, and one behind validator 2.
fn start() -> (World, Naive) {
    let params = Params {
        max_validators: 3,
        validator_cap: Bps::new(4_000).unwrap(),
        issuance: Bps::ONE,
        ..params()
    };
    let validators = vec![
        validator(1, &[(1, 10_000), (3, 5_000)]),
        validator(2, &[(2, 4_000)]),
    ];
    let world = World::start(genesis(params, validators)).unwrap();
    let mut naive = Naive::new(RULES, 60, FUNDS);
    naive.register(1, 10_000).unwrap();
    naive.bond(3, 1, 5_000).unwrap();
    naive.register(2, 4_000).unwrap();
    naive.choose();
    (world, naive)
}

/// Takes the step in both; they refuse the same for the same reason.
fn take(world: &mut World, naive: &mut Naive, step: &Step) {
    let (real, expected) = match *step {
        Step::Register(who, amount) => (world.register(who, amount), naive.register(who, amount)),
        Step::Bond(who, of, amount) => (world.bond(who, of, amount), naive.bond(who, of, amount)),
        Step::UnbondPart(who, of, part) => {
            let worth = naive.validators.get(&of).map_or(0, |v| v.worth(who));
            let amount = (worth * part).div_ceil(16);
            (world.unbond(who, of, amount), naive.unbond(who, of, amount))
        }
        Step::Unbond(who, of, amount) => (world.unbond(who, of, amount), naive.unbond(who, of, amount)),
        Step::Claim(who, of) => return claim(world, naive, who, of),
        Step::Tip(of, amount) => {
            if naive.validators.contains_key(&of) {
                world.tip(of, amount);
                naive.tip(60, of, amount);
            }
            return;
        }
        Step::Slash(of, bps) => {
            if naive.validators.contains_key(&of) {
                world.slash(of, bps);
                naive.slash(of, u128::from(bps));
            }
            return;
        }
        Step::Block(ms) => {
            world.block(ms);
            naive.block(ms);
            return;
        }
        Step::EndEpoch => {
            world.end_epoch();
            naive.end_epoch();
            return;
        }
    };
    assert_eq!(real.map_err(|error| error.reason()), expected, "{step:?}");
}

fn claim(world: &mut World, naive: &mut Naive, who: u8, of: u8) {
    let before = world.balance(who);
    let (least, most) = naive.earned(who, of);
    match world.claim(who, of) {
        Ok(()) => {
            let paid = world.balance(who) - before;
            assert!(
                (least..=most).contains(&paid),
                "{paid} is not within {least} and {most}"
            );
            naive.claimed(who, of, paid);
        }
        Err(error) if naive.validators.contains_key(&of) => {
            assert_eq!(error.reason(), "NOTHING_TO_CLAIM");
            assert_eq!(least, 0);
        }
        Err(error) => assert_eq!(error.reason(), "UNKNOWN_VALIDATOR"),
    }
}

/// Both say the same of everything that can be asked.
fn compare(world: &World, naive: &Naive) {
    assert_eq!(world.supply(), naive.supply);
    assert_eq!(world.balance_of(&staking::reward_account()), naive.rewards);
    let pools = naive
        .validators
        .values()
        .fold(0, |sum, v| sum + v.bonded + v.leaving);
    assert_eq!(world.balance_of(&staking::bonding_account()), pools);
    let free = naive
        .free
        .values()
        .try_fold(0u128, |sum, x| sum.checked_add(*x))
        .unwrap();
    assert_eq!(free + pools + naive.rewards, naive.supply, "value is conserved");
    for (who, amount) in &naive.free {
        assert_eq!(world.balance(*who), *amount, "balance of {who}");
    }
    for (of, expected) in &naive.validators {
        let record = world.record(*of);
        let bonded = |pool: Pool| (pool.assets.get(), pool.shares.get());
        assert_eq!(bonded(record.bonded), (expected.bonded, expected.shares()));
        assert_eq!(record.unbonding.assets.get(), expected.leaving);
        for who in PEOPLE {
            compare_bond(world, naive, who, *of);
        }
    }
    let exits: Vec<(u64, [u8; 32], [u8; 32], u128)> = world
        .unbondings()
        .into_iter()
        .map(|(due, e)| {
            (
                due,
                *e.validator.as_bytes(),
                *e.account.as_bytes(),
                e.shares.get(),
            )
        })
        .collect();
    let expected: Vec<_> = naive
        .exits
        .iter()
        .map(|e| (e.due, [e.validator; 32], [e.who; 32], e.shares))
        .collect();
    assert_eq!(exits, expected);
    let set: Vec<_> = naive
        .set
        .iter()
        .map(|(who, weight)| (account(*who), u64::try_from(*weight).unwrap()))
        .collect();
    assert_eq!(world.members(), set);
}

fn compare_bond(world: &World, naive: &Naive, who: u8, of: u8) {
    let validator = &naive.validators[&of];
    let shares = validator.stakes.get(&who).map_or(0, |stake| stake.shares);
    let exits = naive
        .exits
        .iter()
        .filter(|e| (e.validator, e.who) == (of, who))
        .count();
    let (bond, worth) = world.bond_of(who, of).unwrap_or_default();
    assert_eq!(bond.shares.get(), shares, "shares of {who} behind {of}");
    assert_eq!(worth, validator.worth(who));
    assert_eq!(usize::try_from(bond.unbondings).unwrap(), exits);
    let (least, most) = naive.earned(who, of);
    let owed = bond.owed.get();
    assert!(
        (least..=most).contains(&owed),
        "{who} behind {of} is owed {owed}, not within {least} and {most}"
    );
}

#[test]
fn the_model_starts_where_the_module_does() {
    let (world, naive) = start();
    compare(&world, &naive);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_happens_the_module_and_the_model_agree(steps in proptest::collection::vec(step(), 1..80)) {
        let (mut world, mut naive) = start();
        for step in &steps {
            take(&mut world, &mut naive, step);
            compare(&world, &naive);
        }
    }

    #[test]
    fn in_the_end_everybody_is_paid_and_only_dust_is_left(steps in proptest::collection::vec(step(), 1..50)) {
        let (mut world, mut naive) = start();
        for step in &steps {
            take(&mut world, &mut naive, step);
        }
        for _ in 0..40 {
            world.block(40_000);
            naive.block(40_000);
        }
        take(&mut world, &mut naive, &Step::EndEpoch);
        for of in PEOPLE {
            for who in PEOPLE {
                take(&mut world, &mut naive, &Step::UnbondPart(who, of, 16));
                take(&mut world, &mut naive, &Step::Claim(who, of));
            }
        }
        for _ in 0..40 {
            world.block(40_000);
            naive.block(40_000);
        }
        compare(&world, &naive);
        prop_assert!(world.unbondings().is_empty());
        let roundings = naive.validators.values().flat_map(|v| v.stakes.values()).fold(0, |sum, s| sum + s.roundings);
        let left = world.balance_of(&staking::bonding_account()) + world.balance_of(&staking::reward_account());
        prop_assert!(left <= roundings + 36, "{left} is left of {roundings} roundings");
    }
}
