//! What operators have earned, against a model on paper that walks every owner each time. Pools, seats and fees from
//! transactions on: the tests of the runtime.
#![cfg(test)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::integer_division,
    clippy::as_conversions,
    reason = "tests compute their own expectations"
)]

mod model;
mod named;
mod rounds;
mod world;

use primitives::{Amount, AssetId};
use world::{OTHER, PAY, TOKEN, World};

#[test]
fn what_is_earned_is_shared_once_its_epoch_is_over() {
    let mut world = World::new();
    world.deposit(3, 1, 300).unwrap();
    world.deposit(4, 1, 100).unwrap();
    world.earn(1, OTHER, 4_000);
    world.begin();
    assert_eq!(world.claimable(3, 1), 0, "the epoch goes on");
    let earned = world.earned(1);
    assert_eq!((earned.len(), earned[0].amount), (1, Amount::new(4_000)));
    world.end_epoch();
    // A tenth is the operator's; a quarter of the rest its first vault's, which holds nothing: the operator's too.
    assert_eq!(world.balance(1, OTHER), 400 + 900);
    assert_eq!((world.claimable(3, 1), world.claimable(4, 1)), (2_025, 675));
    assert!(world.earned(1).is_empty());
    world.claim(3, 1).unwrap();
    assert_eq!(world.balance(3, OTHER), 2_025);
    assert_eq!(world.claim(3, 1), Err("NOTHING_TO_CLAIM"));
}

#[test]
fn who_comes_later_or_leaves_earns_nothing_of_the_rest() {
    let mut world = World::new();
    world.deposit(3, 1, 1_000).unwrap();
    world.earn(1, OTHER, 4_000);
    world.end_epoch();
    world.deposit(4, 1, 1_000).unwrap();
    assert_eq!((world.claimable(3, 1), world.claimable(4, 1)), (2_700, 0));
    world.withdraw(3, 1, 1_000_000).unwrap();
    world.earn(1, OTHER, 4_000);
    world.end_epoch();
    // What had been earned before leaving stays to be claimed.
    assert_eq!((world.claimable(3, 1), world.claimable(4, 1)), (2_700, 2_700));
}

#[test]
fn rewards_of_a_vaults_own_asset_go_into_it() {
    let mut world = World::new();
    world.deposit(3, 1, 1_000).unwrap();
    world.earn(1, TOKEN, 4_000);
    world.end_epoch();
    assert_eq!(world.assets(1), 1_000 + 2_700);
    assert_eq!(world.claimable(3, 1), 0);
    assert_eq!(world.claim(3, 1), Err("NOTHING_TO_CLAIM"));
}

#[test]
fn an_operator_whose_vaults_are_empty_keeps_everything() {
    let mut world = World::new();
    world.earn(2, PAY, 999);
    world.end_epoch();
    assert_eq!(world.balance(2, PAY), 999);
}

#[test]
fn a_vault_earns_in_no_more_assets_than_it_may() {
    let mut world = World::with(|params| params.assets_per_vault = 1);
    world.deposit(3, 1, 1_000).unwrap();
    world.earn(1, OTHER, 1_000);
    world.end_epoch();
    let before = world.balance(1, PAY);
    world.earn(1, PAY, 1_000);
    world.end_epoch();
    assert_eq!(
        world.balance(1, PAY) - before,
        1_000,
        "the operator's, as nobody else takes it"
    );
    world.earn(1, OTHER, 1_000);
    world.end_epoch();
    assert_eq!(world.claimable(3, 1), 1_350, "the first asset goes on");
}

#[test]
fn only_so_many_operators_are_served_per_block() {
    let mut world = World::with(|params| params.operators_per_block = 1);
    world.earn(1, OTHER, 10);
    world.earn(2, OTHER, 10);
    world.end_epoch();
    assert_eq!((world.balance(1, OTHER), world.balance(2, OTHER)), (10, 0));
    world.begin();
    assert_eq!(world.balance(2, OTHER), 10);
}

#[test]
fn a_validators_earnings_are_split_by_what_counts() {
    let mut world = World::new();
    world.deposit(3, 1, 1_000).unwrap();
    // Vaults of operator 1 count 1 and 3; with 4 bonded the vaults get one half, after no commission for service 0.
    assert_eq!(world.share(1, 4, 1_001), 501);
    world.end_epoch();
    assert_eq!(world.claimable_of(3, 1, PAY), 375);
    assert_eq!(world.share(1, 0, 1_000), 0, "nothing is bonded");
    assert_eq!(world.share(5, 7, 1_000), 1_000, "no vault counts");
}

#[test]
fn a_chain_that_goes_on_has_the_same_entries() {
    let mut world = World::new();
    world.deposit(3, 1, 1_000).unwrap();
    world.earn(1, OTHER, 4_000);
    world.end_epoch();
    world.earn(2, PAY, 77);
    world.go_on();
}

#[test]
fn assets_are_told_apart() {
    assert!(PAY == AssetId::PAL && TOKEN != OTHER);
}
