//! Turns as leader, and the standing they give.

use crate::world::{World, account, params};
use palisade_staking as staking;
use staking::Standing;

/// A block of `proposer` after the views of `missed` were skipped.
fn block(world: &mut World, proposer: u8, missed: &[u8]) {
    world.chain.block.proposer = account(proposer);
    world.chain.block.missed = missed.iter().map(|n| account(*n)).collect();
    world.block(100);
}

fn turns(world: &World, n: u8) -> (u32, u32) {
    let duty = staking::query::duty(&world.chain.view(), &account(n)).unwrap();
    (duty.led, duty.missed)
}

/// The standings in the set in force, by operator.
fn standings(world: &World) -> Vec<(u8, Standing)> {
    let set = world.set();
    let standings = staking::standings(&world.chain.view(), &set).unwrap();
    let mut all: Vec<(u8, Standing)> = set
        .validators
        .iter()
        .map(|member| member.operator.as_bytes()[0])
        .zip(standings)
        .collect();
    all.sort_by_key(|(operator, _)| *operator);
    all
}

fn two() -> World {
    let mut world = World::new(params());
    block(&mut world, 1, &[]);
    world.register(2, 50_000).unwrap();
    world.end_epoch();
    world
}

#[test]
fn blocks_say_who_led_and_who_missed() {
    let mut world = two();
    block(&mut world, 1, &[2, 2]);
    block(&mut world, 2, &[]);
    block(&mut world, 1, &[1]);
    assert_eq!(turns(&world, 1), (2, 1));
    assert_eq!(turns(&world, 2), (1, 2));
}

#[test]
fn a_newcomer_is_inactive_until_it_leads() {
    let mut world = two();
    assert_eq!(
        standings(&world),
        [(1, Standing::Active), (2, Standing::Inactive)]
    );
    block(&mut world, 1, &[]);
    block(&mut world, 2, &[]);
    world.end_epoch();
    assert_eq!(standings(&world), [(1, Standing::Active), (2, Standing::Active)]);
}

#[test]
fn whoever_misses_its_turns_fails_and_gets_another_chance() {
    let mut world = two();
    for _ in 0..3 {
        block(&mut world, 1, &[2]);
    }
    world.end_epoch();
    assert_eq!(standings(&world)[1], (2, Standing::Failed));
    block(&mut world, 1, &[]);
    world.end_epoch();
    assert_eq!(standings(&world)[1], (2, Standing::Inactive), "it had no turn");
    block(&mut world, 2, &[]);
    world.end_epoch();
    assert_eq!(standings(&world)[1], (2, Standing::Active));
}
