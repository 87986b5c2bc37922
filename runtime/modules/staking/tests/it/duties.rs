//! Absence, jail, and other keys.

use crate::world::{World, account, consensus_key, params, registration, validator};
use palisade_staking as staking;
use primitives::{Amount, ChainClock, Epoch};
use staking::{Error, Heartbeat, Jail, Msg, Params, RotateConsensusKey, Unjail};

/// Two members, 1 and 2, who are jailed after two idle epochs.
fn two() -> World {
    let params = Params {
        idle_epochs: 2,
        ..params()
    };
    let validators = vec![validator(1, &[(1, 10_000)]), validator(2, &[(2, 10_000)])];
    World::start(crate::world::genesis(params, validators)).unwrap()
}

/// A block of `proposer`, before which the views of `missed` were skipped.
fn led_by(world: &mut World, proposer: u8, missed: &[u8]) {
    world.chain.block.proposer = account(proposer);
    world.chain.block.missed = missed.iter().copied().map(account).collect();
    world.block(100);
    world.chain.block.missed.clear();
}

#[test]
fn whoever_is_absent_for_too_long_is_jailed_and_pays_a_little() {
    let mut world = two();
    for _ in 0..2 {
        assert!(!world.record(2).is_jailed());
        led_by(&mut world, 1, &[2, 2]);
        led_by(&mut world, 1, &[]);
        world.end_epoch();
    }
    let record = world.record(2);
    assert_eq!(record.jail, Some(Jail::Until(ChainClock::new(400 + 5_000))));
    assert_eq!(record.bonded.assets, Amount::new(9_999));
    assert!(!world.record(1).is_jailed());
    assert_eq!(world.count::<staking::Jailed>(), 1);
    led_by(&mut world, 1, &[]);
    world.end_epoch();
    assert_eq!(world.members().len(), 1);
}

#[test]
fn a_leader_may_miss_half_of_its_views_and_an_idle_epoch_is_forgiven() {
    let mut world = two();
    for round in 0..6 {
        led_by(&mut world, 1, &[2]);
        led_by(&mut world, if round % 2 == 0 { 2 } else { 1 }, &[]);
        world.end_epoch();
    }
    assert!(!world.record(2).is_jailed());
    assert_eq!(world.record(2).bonded.assets, Amount::new(10_000));
}

#[test]
fn a_heartbeat_says_that_one_is_there_once_and_only_where_it_is_needed() {
    let mut world = two();
    for _ in 0..4 {
        led_by(&mut world, 1, &[]);
        world.execute(2, Msg::Heartbeat(Heartbeat)).unwrap();
        let again = world.execute(2, Msg::Heartbeat(Heartbeat));
        assert!(matches!(again, Err(Error::HeartbeatNotNeeded)));
        let leader = world.execute(1, Msg::Heartbeat(Heartbeat));
        assert!(matches!(leader, Err(Error::HeartbeatNotNeeded)));
        let stranger = world.execute(3, Msg::Heartbeat(Heartbeat));
        assert!(matches!(stranger, Err(Error::NotInSet)));
        world.end_epoch();
    }
    assert!(!world.record(2).is_jailed());
    for _ in 0..2 {
        led_by(&mut world, 1, &[]);
        world.end_epoch();
    }
    assert!(world.record(2).is_jailed());
}

#[test]
fn jail_is_left_when_its_time_is_over_but_never_after_a_contradiction() {
    let mut world = two();
    assert!(matches!(
        world.execute(2, Msg::Unjail(Unjail)),
        Err(Error::NotJailed)
    ));
    world.change(2, |record| {
        record.jail = Some(Jail::Until(ChainClock::new(5_000)))
    });
    world.block(4_999);
    assert!(matches!(
        world.execute(2, Msg::Unjail(Unjail)),
        Err(Error::StillJailed(_))
    ));
    world.block(1);
    world.execute(2, Msg::Unjail(Unjail)).unwrap();
    assert!(!world.record(2).is_jailed());
    world.change(2, |record| record.jail = Some(Jail::Forever));
    assert!(matches!(
        world.execute(2, Msg::Unjail(Unjail)),
        Err(Error::Tombstoned)
    ));
    let rotate = world.execute(2, Msg::RotateConsensusKey(rotation(9, 2)));
    assert!(matches!(rotate, Err(Error::Tombstoned)));
}

/// The key of account `key`, with a proof for the operator `operator`.
fn rotation(key: u8, operator: u8) -> RotateConsensusKey {
    RotateConsensusKey {
        consensus_key: consensus_key(key),
        proof_of_possession: crate::world::possession(key, operator),
    }
}

#[test]
fn a_new_key_counts_from_the_next_set_and_the_old_one_is_its_owners_forever() {
    let mut world = two();
    world.execute(2, Msg::RotateConsensusKey(rotation(9, 2))).unwrap();
    let index = |world: &World, key| world.set().index_of(&consensus_key(key));
    assert!(index(&world, 2).is_some() && index(&world, 9).is_none());
    let again = world.execute(2, Msg::RotateConsensusKey(rotation(8, 2)));
    assert!(matches!(again, Err(Error::RotatedAlready)));
    world.end_epoch();
    assert!(index(&world, 2).is_none() && index(&world, 9).is_some());
    let taken = world.execute(1, Msg::RotateConsensusKey(rotation(2, 1)));
    assert!(matches!(taken, Err(Error::KeyTaken("consensus"))));
    let view = world.chain.view();
    let known = staking::query::rotations(&view, &account(2), None, 10).unwrap();
    assert_eq!(known.len(), 1);
    assert_eq!(known[0].0, Epoch::ZERO);
    assert_eq!(
        (known[0].1.old, known[0].1.new),
        (consensus_key(2), consensus_key(9))
    );
    for key in [2, 9] {
        let owner = staking::query::operator_of(&view, &consensus_key(key)).unwrap();
        assert_eq!(owner, Some(account(2)));
    }
}

#[test]
fn a_key_that_was_seen_on_its_way_cannot_be_taken() {
    let mut world = two();
    let theft = world.execute(1, Msg::RotateConsensusKey(rotation(9, 2)));
    assert!(matches!(theft, Err(Error::PossessionProof)));
    let theft = world.execute(4, Msg::RegisterValidator(registration(3, 5_000)));
    assert!(matches!(theft, Err(Error::PossessionProof)));
    world
        .execute(3, Msg::RegisterValidator(registration(3, 5_000)))
        .unwrap();
}
