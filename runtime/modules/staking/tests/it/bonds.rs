//! Bonding, unbonding and what is paid in the end.

use crate::world::{FUNDS, World, account, params};
use palisade_staking as staking;
use primitives::{Amount, Shares};
use staking::{Unbonded, UnbondingPaid};

#[test]
fn from_registration_to_the_payout() {
    let mut world = World::new(params());
    world.register(2, 1_000).unwrap();
    world.bond(3, 2, 500).unwrap();
    assert_eq!(world.members(), [(account(1), 1_000_000_000)]);

    world.block(10_000);
    world.end_epoch();
    let weight = |set: &[(_, u64)], n: usize| set[n].1;
    assert_eq!(weight(&world.members(), 1), 1_500 * 1_000_000_000 / 11_500);

    world.block(1_000);
    world.unbond(3, 2, 500).unwrap();
    assert_eq!(
        weight(&world.members(), 1),
        1_500 * 1_000_000_000 / 11_500,
        "frozen"
    );
    world.block(9_000);
    world.end_epoch();
    assert_eq!(weight(&world.members(), 1), 1_000 * 1_000_000_000 / 11_000);

    assert_eq!(world.balance(3), FUNDS - 500);
    world.block(20_999);
    assert_eq!(world.balance(3), FUNDS - 500, "a millisecond early");
    world.block(1);
    assert_eq!(world.balance(3), FUNDS);
    assert_eq!(world.bond_of(3, 2), None, "nothing is left to remember");
}

#[test]
fn a_bond_adds_to_the_one_before() {
    let mut world = World::new(params());
    world.bond(2, 1, 300).unwrap();
    world.bond(2, 1, 200).unwrap();
    let (bond, worth) = world.bond_of(2, 1).unwrap();
    assert_eq!((bond.shares, worth), (Shares::new(500), 500));
    assert_eq!(world.balance_of(&staking::bonding_account()), 10_500);
}

#[test]
fn what_unbonds_counts_for_nothing_and_is_still_there() {
    let mut world = World::new(params());
    world.unbond(1, 1, 9_500).unwrap();
    let record = world.record(1);
    assert_eq!(record.bonded.assets, Amount::new(500));
    assert_eq!(record.unbonding.assets, Amount::new(9_500));
    assert_eq!(world.balance_of(&staking::bonding_account()), 10_000);
    assert_eq!(world.balance(1), FUNDS - 10_000);
}

#[test]
fn a_withdrawal_and_its_payout_are_reported() {
    let mut world = World::new(params());
    world.unbond(1, 1, 1).unwrap();
    assert_eq!(world.count::<Unbonded>(), 1);
    world.block(30_000);
    assert_eq!(world.count::<UnbondingPaid>(), 1);
}

#[test]
fn payouts_beyond_a_blocks_limit_wait_for_the_next_and_keep_their_order() {
    let mut world = World::new(params());
    for who in 2..=6 {
        world.bond(who, 1, 100).unwrap();
        world.unbond(who, 1, 100).unwrap();
    }
    world.block(30_000);
    let paid = |world: &World| {
        (2..=6)
            .filter(|who| world.balance(*who) == FUNDS)
            .collect::<Vec<u8>>()
    };
    assert_eq!(paid(&world), [2, 3]);
    world.block(1);
    assert_eq!(paid(&world), [2, 3, 4, 5]);
    world.block(1);
    assert_eq!(paid(&world), [2, 3, 4, 5, 6]);
}

#[test]
fn a_longer_delay_does_not_hold_up_what_is_due_before() {
    let mut world = World::new(params());
    world.unbond(1, 1, 10).unwrap();
    world.block(5_000);
    world.unbond(1, 1, 20).unwrap();
    let due: Vec<u64> = world.unbondings().iter().map(|(due, _)| *due).collect();
    assert_eq!(due, [30_000, 35_000]);
    world.block(25_000);
    assert_eq!(world.balance(1), FUNDS - 10_000 + 10);
}

#[test]
fn everybody_may_leave_and_come_back() {
    let mut world = World::new(params());
    world.unbond(1, 1, 10_000).unwrap();
    assert_eq!(world.record(1).bonded, staking::Pool::default());
    world.bond(2, 1, 7).unwrap();
    assert_eq!(world.bond_of(2, 1).unwrap().1, 7);
    world.block(30_000);
    assert_eq!(world.balance(1), FUNDS);
}

#[test]
fn a_bond_with_unclaimed_rewards_outlives_its_shares() {
    let mut world = World::new(params());
    world.bond(2, 1, 10_000).unwrap();
    world.earn(1, 100);
    world.unbond(2, 1, 10_000).unwrap();
    world.block(30_000);
    assert_eq!(world.owed(2, 1), 50);
    world.claim(2, 1).unwrap();
    assert_eq!(world.bond_of(2, 1), None);
    assert_eq!(world.balance(2), FUNDS + 50);
}

#[test]
fn unbondings_have_numbers_that_never_come_again() {
    let mut world = World::new(params());
    world.unbond(1, 1, 1).unwrap();
    world.unbond(1, 1, 2).unwrap();
    let amounts: Vec<u128> = world.unbondings().iter().map(|(_, e)| e.shares.get()).collect();
    assert_eq!(amounts, [1, 2], "one moment, two entries, in the order of asking");
}
