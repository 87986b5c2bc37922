//! What a slash leaves: pools that are worth less than their shares, or nothing.

use crate::world::{FUNDS, World, params};
use palisade_staking as staking;
use primitives::Amount;
use staking::Error;

#[test]
fn a_slash_takes_from_all_alike_and_from_what_is_leaving() {
    let mut world = World::new(params());
    world.bond(2, 1, 10_000).unwrap();
    world.unbond(2, 1, 4_000).unwrap();
    world.slash(1, 5_000);
    assert_eq!(world.bond_of(1, 1).unwrap().1, 5_000);
    assert_eq!(world.bond_of(2, 1).unwrap().1, 3_000);
    world.block(30_000);
    assert_eq!(
        world.balance(2),
        FUNDS - 10_000 + 2_000,
        "a leaving owner is still slashed"
    );
}

#[test]
fn whoever_bonds_after_a_slash_pays_for_none_of_it() {
    let mut world = World::new(params());
    world.slash(1, 7_500);
    world.bond(2, 1, 1_001).unwrap();
    assert_eq!(world.bond_of(2, 1).unwrap().1, 1_001);
    assert_eq!(world.bond_of(1, 1).unwrap().1, 2_500);
    world.unbond(2, 1, 1_001).unwrap();
    world.block(30_000);
    assert_eq!(world.balance(2), FUNDS);
}

#[test]
fn whoever_asks_for_all_leaves_no_dust_behind() {
    let mut world = World::new(params());
    world.bond(2, 1, 1_000).unwrap();
    world.slash(1, 3_333);
    let worth = world.bond_of(2, 1).unwrap().1;
    world.unbond(2, 1, worth).unwrap();
    assert!(world.bond_of(2, 1).unwrap().0.shares.is_zero());
    world.block(30_000);
    assert_eq!(world.bond_of(2, 1), None);
}

#[test]
fn a_pool_that_was_emptied_takes_no_bonds() {
    let mut world = World::new(params());
    world.slash(1, 10_000);
    assert_eq!(world.bond_of(1, 1).unwrap().1, 0);
    assert!(matches!(world.bond(2, 1, 5), Err(Error::Emptied)));
    assert!(matches!(world.unbond(1, 1, 1), Err(Error::NotBonded { .. })));
}

#[test]
fn those_who_leave_after_a_slash_are_not_stopped_by_it_and_share_nothing_with_those_before() {
    let mut world = World::new(params());
    world.unbond(1, 1, 10_000).unwrap();
    world.slash(1, 10_000);
    world.block(1_000);
    world.bond(2, 1, 700).unwrap();
    world.unbond(2, 1, 700).unwrap();
    assert_eq!(
        world
            .unbondings()
            .iter()
            .map(|(_, entry)| entry.round)
            .collect::<Vec<_>>(),
        [0, 1]
    );
    world.block(29_000);
    assert_eq!(world.balance(1), FUNDS - 10_000, "nothing is left of the first");
    world.block(1_000);
    assert_eq!(world.balance(2), FUNDS);
    assert_eq!(world.balance_of(&staking::bonding_account()), 0);
    assert_eq!((world.bond_of(1, 1), world.bond_of(2, 1)), (None, None));
}

#[test]
fn a_slash_can_empty_one_pool_after_another() {
    let mut world = World::new(params());
    for who in 2..5 {
        world.bond(who, 1, 100).unwrap();
    }
    for (round, who) in (0..).zip(2..5) {
        world.unbond(who, 1, 100).unwrap();
        assert_eq!(world.unbondings().last().unwrap().1.round, round);
        world.change(1, |record| record.unbonding.assets = Amount::ZERO);
        world
            .chain
            .run(|ctx| bank::burn(ctx, &staking::bonding_account(), crate::world::pal(100)))
            .unwrap();
        world.check();
    }
    world.block(30_000);
    world.block(1);
    assert!(world.unbondings().is_empty());
}

#[test]
fn a_slashed_validator_that_has_nothing_left_is_in_no_set() {
    let mut world = World::new(params());
    world.register(2, 5_000).unwrap();
    world.end_epoch();
    world.slash(2, 10_000);
    world.end_epoch();
    assert_eq!(world.members().len(), 1);
}

#[test]
fn a_validator_that_lost_everything_earns_its_own_tips_and_no_issuance() {
    let mut world = World::new(params());
    world.bond(2, 1, 10_000).unwrap();
    world.slash(1, 10_000);
    world.earn(1, 50);
    assert_eq!((world.owed(1, 1), world.owed(2, 1)), (50, 0));
}
