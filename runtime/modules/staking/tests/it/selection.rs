//! Who is chosen, with what weight.

use crate::world::{Staking, World, account, by_operator, consensus_key, funds, genesis, params, validator};
use kernel::Module;
use kernel::testing::Sandbox;
use palisade_staking as staking;
use primitives::{AccountId, Amount, Bps, ChainClock, Epoch};
use proptest::prelude::*;
use staking::Params;

/// A first set from stakes of accounts 1 and up.
fn first_set(params: &Params, stakes: &[u128]) -> Vec<(AccountId, u64)> {
    let validators = (1u8..).zip(stakes).map(|(n, stake)| validator(n, &[(n, *stake)]));
    by_operator(
        &World::start(genesis(params.clone(), validators.collect()))
            .unwrap()
            .set(),
    )
}

#[test]
fn weights_are_parts_of_a_thousand_million() {
    assert_eq!(
        first_set(&params(), &[3_000, 1_000]),
        [(account(1), 750_000_000), (account(2), 250_000_000)]
    );
}

#[test]
fn members_are_ordered_by_key() {
    let world = World::start(genesis(
        params(),
        (1..=4).map(|n| validator(n, &[(n, 1_000)])).collect(),
    ))
    .unwrap();
    let keys: Vec<_> = world.set().validators.iter().map(|member| member.key).collect();
    let mut sorted: Vec<_> = (1..=4).map(consensus_key).collect();
    sorted.sort_unstable();
    assert_eq!(keys, sorted);
}

#[test]
fn the_largest_are_chosen_and_equal_ones_by_account() {
    let members = first_set(&params(), &[1_000, 1_000, 1_000, 1_000, 1_000, 2_000]);
    let chosen: Vec<AccountId> = members.iter().map(|(operator, _)| *operator).collect();
    assert_eq!(chosen, [account(1), account(2), account(3), account(6)]);
}

#[test]
fn a_bond_of_one_less_than_the_minimum_is_not_enough() {
    assert_eq!(first_set(&params(), &[1_000, 999]), [(account(1), 1_000_000_000)]);
}

#[test]
fn less_than_a_thousandth_is_left_out() {
    let few = Params {
        min_bond: Amount::new(1),
        ..params()
    };
    assert_eq!(first_set(&few, &[99_900, 100]).len(), 2);
    assert_eq!(first_set(&few, &[99_901, 100]).len(), 1);
}

#[test]
fn a_cap_cuts_one_weight_and_raises_no_other() {
    let capped = Params {
        validator_cap: Bps::new(2_500).unwrap(),
        ..params()
    };
    let weights: Vec<u64> = first_set(&capped, &[7_000, 1_000, 1_000, 1_000])
        .iter()
        .map(|(_, weight)| *weight)
        .collect();
    assert_eq!(weights, [250_000_000, 100_000_000, 100_000_000, 100_000_000]);
}

#[test]
fn the_smallest_cap_of_the_smallest_stakes_still_gives_a_set() {
    let strict = Params {
        validator_cap: Bps::new(1).unwrap(),
        min_bond: Amount::new(1),
        ..params()
    };
    assert_eq!(first_set(&strict, &[1, 2]).len(), 2);
}

#[test]
fn a_set_is_made_of_what_each_counts_for() {
    let world = World::start(genesis(
        params(),
        vec![validator(1, &[(1, 5_000)]), validator(2, &[(2, 1_000)])],
    ))
    .unwrap();
    let made = |whole, powers: &[(AccountId, Amount)]| {
        let view = world.chain.view();
        let when = (Epoch::new(1), ChainClock::new(5));
        staking::set_from(&view, when, (Amount::new(whole), powers), &world.set())
    };
    let set = made(4, &[(account(1), Amount::ZERO), (account(2), Amount::new(1))]).unwrap();
    assert_eq!(by_operator(&set), [(account(2), 250_000_000)]);
    // More than the whole is the whole.
    let set = made(4, &[(account(1), Amount::new(6)), (account(2), Amount::new(2))]).unwrap();
    assert_eq!(
        by_operator(&set),
        [(account(1), 750_000_000), (account(2), 250_000_000)]
    );
    assert_eq!(by_operator(&made(4, &[]).unwrap()), by_operator(&world.set()));
    assert!(made(4, &[(account(9), Amount::new(1))]).is_err());
}

#[test]
fn a_thousand_equal_validators_would_all_be_chosen() {
    let thousandth = Params {
        max_validators: 1_000,
        min_bond: Amount::new(1),
        ..params()
    };
    // The rule itself, at a tenth of the size: each has exactly its part, and none is dust.
    let members = first_set(&thousandth, &[7; 50]);
    assert_eq!(members.len(), 50);
    assert!(members.iter().all(|(_, weight)| *weight == 20_000_000));
    assert!(
        Params {
            max_validators: 1_001,
            ..thousandth
        }
        .validate()
        .is_err()
    );
}

fn root_of(genesis: staking::Genesis) -> primitives::Digest {
    let mut chain = Sandbox::new();
    chain
        .run(|ctx| bank::Bank::<()>::init_genesis(ctx, funds(60)))
        .unwrap();
    chain.run(|ctx| Staking::init_genesis(ctx, genesis)).unwrap();
    chain.state().unwrap().root()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_set_keeps_every_rule(
        stakes in proptest::collection::vec(prop_oneof![1u128..3_000, 1u128..1 << 45], 1..24),
        cap in 1u16..=10_000,
        most in 1u16..20,
        minimum in prop_oneof![Just(1u128), Just(1_000)],
    ) {
        let params = Params {
            validator_cap: Bps::new(cap).unwrap(),
            max_validators: most,
            min_bond: Amount::new(minimum),
            ..params()
        };
        prop_assume!(stakes.iter().any(|stake| *stake >= minimum));
        let members = first_set(&params, &stakes);
        let stake_of = |operator: &AccountId| stakes[usize::from(operator.as_bytes()[0]) - 1];

        // The best ones, found without sorting: for each, how many are better.
        let chosen: Vec<u128> = (0..stakes.len())
            .filter(|i| stakes[*i] >= minimum)
            .filter(|i| {
                let better = (0..stakes.len())
                    .filter(|j| stakes[*j] > stakes[*i] || (stakes[*j] == stakes[*i] && j < i));
                better.count() < usize::from(most)
            })
            .map(|i| stakes[i])
            .collect();
        let total = chosen.iter().try_fold(0u128, |sum, x| sum.checked_add(*x)).unwrap();
        let heavy = chosen.iter().filter(|stake| **stake * 1_000 >= total).count();
        prop_assert_eq!(members.len(), heavy, "all but dust, and no more than may be");

        let sum = members.iter().try_fold(0u64, |sum, (_, weight)| sum.checked_add(*weight)).unwrap();
        prop_assert!(sum <= 1_000_000_000);
        let most_stake = (total * u128::from(cap) / 10_000).max(1);
        for (operator, weight) in &members {
            let counted = stake_of(operator).min(most_stake);
            prop_assert_eq!(u128::from(*weight), counted * 1_000_000_000 / total);
            prop_assert!(*weight > 0);
            for (other, less) in &members {
                prop_assert!(stake_of(operator) < stake_of(other) || weight >= less);
            }
        }
    }

    #[test]
    fn the_order_of_insertion_changes_nothing(
        bonds in proptest::collection::vec((1u8..12, 1u8..30, 1_000u128..100_000), 1..40)
            .prop_flat_map(|bonds| (Just(bonds.clone()), Just(bonds).prop_shuffle())),
    ) {
        let (written, shuffled) = bonds;
        let build = |bonds: &[(u8, u8, u128)]| {
            let mut validators: Vec<staking::GenesisValidator> = Vec::new();
            for (operator, who, amount) in bonds {
                let one = validator(*operator, &[(*who, *amount)]);
                match validators.iter_mut().find(|v| v.operator == one.operator) {
                    Some(there) => there.bonds.extend(one.bonds),
                    None => validators.push(one),
                }
            }
            genesis(params(), validators)
        };
        prop_assert_eq!(root_of(build(&written)), root_of(build(&shuffled)));
    }
}
