//! Slashes by proof, and what their reporters get.

use crate::world::{SLASHER, TOKEN, WHOLE, World};
use dss::Destination;
use palisade_slashing::{Params, query};
use primitives::Amount;

/// The operator's own thousand beside the staker's in each vault.
fn with_own(count: usize, most: u128) -> World {
    let mut world = World::with(
        count,
        Destination::Burn,
        Params {
            reporter_most: Amount::new(most),
            items_per_block: 2,
            ..Params::localnet()
        },
    );
    for vault in world.vaults.clone() {
        world.deposit(1, vault, 1_000_000).unwrap();
        world.deposit(3, vault, 999_000).unwrap();
    }
    world.pass(20_000);
    world.post().unwrap();
    world
}

#[test]
fn a_reporter_gets_a_part_of_the_offenders_own_alone_and_later() {
    let mut world = with_own(1, u128::MAX);
    let before = world.balance(5, TOKEN);
    world.tell(5, world.contradiction(1, 1)).unwrap();
    // A tenth of two million is taken; half of that was the operator's own; a twentieth of it is the reporter's.
    assert_eq!(world.assets(world.vaults[0]), 1_800_000);
    let due = query::due(&world.chain.view(), 9).unwrap();
    assert_eq!(
        due.iter()
            .map(|(_, due)| due.coin.amount.get())
            .collect::<Vec<_>>(),
        [5_000]
    );
    let delay = Params::localnet().reporter_delay.get();
    world.pass(delay - 1);
    assert_eq!(world.balance(5, TOKEN), before, "not before the window is over");
    world.block(1);
    assert_eq!(world.balance(5, TOKEN), before + 5_000);
    world.pass(delay);
    assert_eq!(world.balance(5, TOKEN), before + 5_000, "once");
}

#[test]
fn a_reporter_gets_no_more_than_the_most_over_all_vaults() {
    let mut world = with_own(3, 12_000);
    world.tell(5, world.contradiction(1, 1)).unwrap();
    let due = query::due(&world.chain.view(), 9).unwrap();
    let amounts: Vec<u128> = due.iter().map(|(_, due)| due.coin.amount.get()).collect();
    assert_eq!(amounts, [5_000, 5_000, 2_000]);
    let before = world.balance(5, TOKEN);
    let delay = Params::localnet().reporter_delay.get();
    world.pass(delay);
    assert_eq!(
        world.balance(5, TOKEN) - before,
        10_000,
        "two per block, the rest in the next"
    );
    world.block(1);
    assert_eq!(world.balance(5, TOKEN) - before, 12_000);
}

#[test]
fn who_reports_himself_or_backs_nothing_of_his_own_gets_and_gives_nothing() {
    let mut world = with_own(1, u128::MAX);
    world.tell(1, world.contradiction(1, 1)).unwrap();
    assert!(query::due(&world.chain.view(), 9).unwrap().is_empty());
    // Only a staker's money: a reporter is not paid from delegators.
    let mut world = World::new(1, Destination::Burn);
    world.tell(5, world.contradiction(1, 0)).unwrap();
    assert!(query::due(&world.chain.view(), 9).unwrap().is_empty());
    assert_eq!(world.assets(world.vaults[0]), 900);
}

#[test]
fn thirty_two_vaults_are_slashed_by_one_proof() {
    // K-R06: one transaction, within the block's gas.
    let world = World::new(32, Destination::Burn);
    let msg = world.contradiction(1, 0);
    let mut metered = world.chain.clone();
    let (done, gas) = metered.run_metered(primitives::Gas::new(100_000_000), |ctx| {
        <palisade_slashing::Slashing<crate::world::Wire> as kernel::Module>::execute(
            ctx,
            crate::world::account(5),
            msg,
        )
    });
    done.unwrap();
    println!("32 vaults: {gas} gas");
    let left = World {
        chain: metered,
        ..world
    };
    assert!(left.vaults.iter().all(|vault| left.assets(*vault) == 900));
    left.check();
}

#[test]
fn a_proof_within_the_rest_of_its_class_is_not_used_up() {
    let mut world = World::new(1, Destination::Burn);
    world.tell(5, world.contradiction(1, 0)).unwrap();
    assert_eq!(
        world.tell(5, world.contradiction(1, 0)).unwrap_err(),
        "ALREADY_CONVICTED"
    );
    world.pass(1_000);
    while world.post().is_ok() && world.epoch().get() < 3 {
        world.pass(5_000);
    }
    let task = (1..9).find(|task| world.tell(5, world.contradiction(1, *task)) == Err("COOLING_DOWN"));
    if let Some(task) = task {
        world.pass(20_000);
        world.tell(5, world.contradiction(1, task)).unwrap();
        assert_eq!(world.assets(world.vaults[0]), 810);
    } else {
        // The next epoch began after the rest was over.
        assert!(world.now() > 20_000);
    }
}

#[test]
fn two_that_contradict_themselves_together_cost_more_than_one() {
    let mut world = World::new(1, Destination::Burn);
    world.tell(5, world.contradiction(2, 0)).unwrap();
    world.tell(5, world.contradiction(1, 0)).unwrap();
    // The first costs the least; the second, now that all are guilty, the most.
    assert_eq!(world.assets(world.vaults[0]), 500);
    assert_eq!(world.balance(SLASHER, TOKEN), 0);
    assert_eq!(WHOLE, vaults::Magnitude::WHOLE.get());
}
