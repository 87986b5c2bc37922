//! The change of sets, and how long a set is kept.

use crate::world::{World, account, by_operator, genesis, params, validator};
use palisade_staking as staking;
use primitives::{Amount, ChainClock, Epoch, Millis};
use staking::{EpochEnded, Params};

fn kept(world: &World, epochs: u64) -> Vec<u64> {
    (0..=epochs)
        .filter(|epoch| {
            staking::set_of(&world.chain.view(), Epoch::new(*epoch))
                .unwrap()
                .is_some()
        })
        .collect()
}

#[test]
fn an_epoch_ends_with_the_set_that_the_stakes_give() {
    let mut world = World::new(params());
    world.register(2, 10_000).unwrap();
    world.block(10_000);
    world.chain.take_events();
    let next = world.end_epoch();
    assert_eq!(next.epoch, Epoch::new(1));
    assert_eq!(next.ends_at, ChainClock::new(20_000));
    assert_eq!(
        world.members(),
        [(account(1), 500_000_000), (account(2), 500_000_000)]
    );
    assert_eq!(world.count::<EpochEnded>(), 1);
}

#[test]
fn a_set_is_computed_from_the_state_that_is_asked_and_no_other() {
    let mut world = World::new(params());
    let two_blocks_ago = world.clone();
    world.register(2, 10_000).unwrap();
    assert_eq!(two_blocks_ago.candidates().validators.len(), 1);
    assert_eq!(world.candidates().validators.len(), 2);
}

#[test]
fn a_member_that_unbonds_everything_votes_until_its_epoch_ends() {
    let mut world = World::new(params());
    world.register(2, 10_000).unwrap();
    world.end_epoch();
    world.unbond(2, 2, 10_000).unwrap();
    assert_eq!(world.members().len(), 2);
    world.tip(2, 10);
    world.block(10_000);
    world.end_epoch();
    assert_eq!(world.members(), [(account(1), 1_000_000_000)]);
}

#[test]
fn when_nobody_has_the_minimum_the_set_stays() {
    let mut world = World::new(params());
    let before = world.members();
    world.unbond(1, 1, 10_000).unwrap();
    for epoch in 1..4 {
        world.block(10_000);
        assert_eq!(world.end_epoch().epoch, Epoch::new(epoch));
        assert_eq!(world.members(), before);
    }
    world.bond(1, 1, 1_000).unwrap();
    world.end_epoch();
    assert_eq!(world.members(), before);
}

#[test]
fn a_jailed_validator_is_left_out_of_the_next_set() {
    let mut world = World::new(params());
    world.register(2, 50_000).unwrap();
    world.end_epoch();
    world.change(2, |record| record.jail = Some(staking::Jail::Forever));
    assert_eq!(world.members().len(), 2);
    world.end_epoch();
    assert_eq!(world.members(), [(account(1), 1_000_000_000)]);
}

#[test]
fn a_set_is_kept_as_long_as_stake_of_its_epoch_is_liable() {
    let mut world = World::new(params());
    for _ in 0..12 {
        world.block(10_000);
        world.end_epoch();
    }
    // It is 120 s. Epoch 8 ended at 90 s, so whoever left it last is paid now; the one before is kept to be safe.
    assert_eq!(kept(&world, 20), [7, 8, 9, 10, 11, 12]);
}

#[test]
fn a_set_is_never_forgotten_before_the_last_of_its_stake_is_paid() {
    let mut world = World::new(params());
    let mut left: Vec<(u64, u64)> = Vec::new();
    for n in 0..20u64 {
        world.block(3_000 + n * 911 % 9_000);
        let (epoch, now) = (world.chain.block.epoch.get(), world.chain.block.chain_clock.get());
        if world.record(1).bonded.assets.get() > 1_000 {
            world.unbond(1, 1, 10).ok();
            left.push((epoch, now + 30_000));
        }
        if world.set().ends_at.get() <= now {
            world.end_epoch();
        }
        let now = world.chain.block.chain_clock.get();
        for (epoch, paid_at) in &left {
            if *paid_at > now {
                let set = staking::set_of(&world.chain.view(), Epoch::new(*epoch)).unwrap();
                assert!(set.is_some(), "epoch {epoch} at {now}");
            }
        }
    }
    assert!(world.chain.block.epoch.get() > 6);
    assert!(kept(&world, 30).len() < 8, "and old ones are forgotten");
}

#[test]
fn the_sets_in_force_and_next_are_never_forgotten() {
    let mut world = World::new(params());
    world.block(1_000_000);
    let next = world.candidates();
    world
        .chain
        .hook(|ctx| staking::store_next_set(ctx, &next))
        .unwrap();
    assert_eq!(kept(&world, 2), [0, 1]);
    assert_eq!(world.set().epoch, Epoch::ZERO);
}

#[test]
fn one_in_charge_of_a_third_is_called_concentrated() {
    let set = |bonds: &[u128]| {
        let validators = (1u8..).zip(bonds).map(|(n, bond)| validator(n, &[(n, *bond)]));
        World::start(genesis(params(), validators.collect()))
            .unwrap()
            .set()
    };
    assert!(staking::is_concentrated(&set(&[1_000])));
    assert!(staking::is_concentrated(&set(&[1_000; 3])));
    assert!(staking::is_concentrated(&set(&[2_000, 1_000, 1_000, 1_000])));
    assert!(!staking::is_concentrated(&set(&[1_000; 4])));
}

#[test]
fn a_set_stands_in_the_state_under_its_key() {
    let mut world = World::new(params());
    world.end_epoch();
    let state = world.chain.state().unwrap();
    let stored = state.get(&staking::query::set_key(Epoch::new(1))).unwrap();
    let set: light_palisade::ValidatorSet = primitives::codec::decode(stored).unwrap();
    assert_eq!(set, world.set());
    assert_eq!(by_operator(&set), world.members());
    let record = state.get(&staking::query::validator_key(&account(1))).unwrap();
    assert_eq!(primitives::codec::decode(record), Ok(world.record(1)));
    let bond = state.get(&staking::query::bond_key(&account(1), &account(1)));
    assert!(bond.is_some());
    let stored = state.get(&staking::query::params_key()).unwrap();
    assert_eq!(primitives::codec::decode::<Params>(stored), Ok(params()));
}

#[test]
fn validators_are_listed_a_page_at_a_time() {
    let mut world = World::new(params());
    for n in 2..=5 {
        world.register(n, 1_000).unwrap();
    }
    let view = world.chain.view();
    let page = staking::query::validators(&view, Some(&account(2)), 2).unwrap();
    let operators: Vec<_> = page.iter().map(|(operator, _)| *operator).collect();
    assert_eq!(operators, [account(3), account(4)]);
    assert_eq!(staking::query::validators(&view, None, 100).unwrap().len(), 5);
    let bond = staking::query::bond(&view, &account(1), &account(2)).unwrap();
    assert_eq!(bond, None);
}

#[test]
fn a_shorter_delay_is_caught_up_with_two_sets_at_a_time() {
    let long = Params {
        unbonding_delay: Millis::new(100_000),
        min_bond: Amount::new(1),
        ..params()
    };
    let mut world = World::new(long);
    for _ in 0..10 {
        world.block(10_000);
        world.end_epoch();
    }
    assert_eq!(kept(&world, 20).len(), 11);
    const PARAMS: kernel::Item<Params> = kernel::Item::new(staking::ID.table(0));
    world.chain.hook(|ctx| PARAMS.put(ctx, &params())).unwrap();
    for _ in 0..12 {
        world.block(10_000);
        world.end_epoch();
    }
    assert_eq!(kept(&world, 30).len(), 6);
}
