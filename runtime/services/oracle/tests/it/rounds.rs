//! Rounds: who may say what and when, and what comes of it.

use crate::world::{CLIENT, FEES, SERVICE, World, account, rules};
use dss::query::score;
use palisade_oracle::{Error, Msg, Rules, Weighing, latest_price, lowest, query};
use primitives::{Amount, Bps, Epoch};

fn open() -> World {
    let mut world = World::new();
    world.create(rules()).unwrap();
    world.fund(CLIENT, 100_000).unwrap();
    world.pass(1_000);
    world
}

#[test]
fn the_median_of_two_thirds_is_the_price() {
    let mut world = open();
    let outcome = world.play(&[Some(1_000), Some(1_004), Some(1_002), None]);
    assert_eq!(outcome.price, Some(1_002));
    let price = latest_price(&world.sandbox.view(), 0).unwrap().unwrap();
    assert_eq!((price.value, price.decimals, price.round), (1_002, 2, 0));
    assert_eq!(price.at, world.sandbox.block.chain_clock);
}

#[test]
fn less_than_two_thirds_is_no_price_and_the_fee_goes_back() {
    let mut world = open();
    let before = world.held(CLIENT, FEES);
    let outcome = world.play(&[Some(1_000), Some(1_004), None, None]);
    assert_eq!((outcome.price, outcome.paid), (None, Amount::ZERO));
    assert_eq!(latest_price(&world.sandbox.view(), 0).unwrap(), None);
    assert_eq!(world.held(CLIENT, FEES), before + 1_000);
}

#[test]
fn an_outlier_loses_its_reward_and_its_score_and_no_stake() {
    let mut world = open();
    let outcome = world.play(&[Some(1_000), Some(1_001), Some(1_002), Some(2_000)]);
    assert_eq!(outcome.price, Some(1_001));
    assert_eq!(
        (1..=4).map(|n| world.held(n, FEES)).collect::<Vec<_>>(),
        [333, 333, 333, 0]
    );
    let of = |n: u8| score(&world.sandbox.view(), SERVICE, &account(n), Epoch::ZERO).unwrap();
    assert_eq!(of(1).reputation(), Bps::ONE);
    assert_eq!(
        (of(4).assigned, of(4).answered, of(4).correct),
        (1_000_000, 1_000_000, 0)
    );
    assert_eq!((of(4).missed, of(4).convictions), (0, 0));
    assert_eq!(world.held(4, crate::world::STAKE), 100);
}

#[test]
fn whoever_does_not_show_its_value_has_missed_the_round() {
    let mut world = open();
    for n in 1..=4 {
        world.commit(n, 1_000).unwrap();
    }
    world.pass(3_000);
    for n in 1..=3 {
        world.reveal(n, 1_000).unwrap();
    }
    world.pass(3_000);
    let of = |n: u8| score(&world.sandbox.view(), SERVICE, &account(n), Epoch::ZERO).unwrap();
    assert_eq!((of(4).missed, of(4).convictions), (1_000_000, 0));
    assert_eq!((of(1).missed, of(1).correct), (0, 1_000_000));
    assert_eq!(world.held(4, FEES), 0);
}

#[test]
fn each_window_has_both_ends() {
    let mut world = open();
    let round = world.open();
    let early = world.revelation(round, 1, 500);
    world.commit(1, 500).unwrap();
    assert!(matches!(
        world.send(1, Msg::Reveal(early)),
        Err(Error::OutsideWindow { .. })
    ));
    world.pass(2_999);
    world.commit(2, 500).unwrap();
    world.pass(1);
    assert!(matches!(world.commit(3, 500), Err(Error::OutsideWindow { .. })));
    world.reveal(1, 500).unwrap();
    world.pass(2_999);
    world.reveal(2, 500).unwrap();
    let late = world.revelation(round, 3, 500);
    world.pass(1);
    assert_eq!(
        world.send(3, Msg::Reveal(late)),
        Err(Error::NoSuchRound { feed: 0, round })
    );
}

#[test]
fn what_is_said_is_said_once_by_who_is_asked_and_as_it_was_committed_to() {
    let mut world = open();
    world.commit(1, 500).unwrap();
    assert_eq!(world.commit(1, 501), Err(Error::AlreadySaid));
    let mut forged = world.commitment(0, 2, 500);
    forged.signature = world.sign(3, 0, &forged.commitment);
    assert!(matches!(
        world.send(2, Msg::Commit(forged)),
        Err(Error::Signature(_))
    ));
    // A copy of another's commitment cannot be shown: the operator is in it.
    let copy = world.commitment(0, 1, 500);
    let copied = palisade_oracle::Commit {
        signature: world.sign(2, 0, &copy.commitment),
        ..copy
    };
    world.send(2, Msg::Commit(copied)).unwrap();
    let stranger = world.commitment(0, 77, 500);
    assert_eq!(world.send(77, Msg::Commit(stranger)), Err(Error::NotAsked));
    let nowhere = world.commitment(5, 3, 500);
    assert_eq!(
        world.send(3, Msg::Commit(nowhere)),
        Err(Error::NoSuchRound { feed: 0, round: 5 })
    );
    world.commit(4, 5).unwrap();
    world.pass(3_000);
    assert_eq!(world.reveal(3, 500), Err(Error::NotCommitted));
    assert_eq!(world.reveal(1, 501), Err(Error::CommitmentMismatch));
    let mut shown = world.revelation(0, 1, 500);
    shown.signature = world.sign(1, 0, &World::quote(0, 1, 500).hash());
    assert!(matches!(
        world.send(1, Msg::Reveal(shown)),
        Err(Error::Signature(_))
    ));
    let mut shown = world.revelation(0, 1, 500);
    shown.signature = world.sign(2, 1, &World::quote(0, 1, 500).hash());
    let as_two = world.send(2, Msg::Reveal(shown));
    assert_eq!(as_two, Err(Error::CommitmentMismatch));
    assert!(matches!(
        world.reveal(4, 5),
        Err(Error::OutOfBounds { value: 5, .. })
    ));
    world.reveal(1, 500).unwrap();
    assert_eq!(world.reveal(1, 500), Err(Error::AlreadySaid));
}

#[test]
fn a_feed_by_power_asks_for_two_thirds_of_all_power_of_two_epochs_ago() {
    let mut world = World::new();
    world
        .create(Rules {
            weighing: Weighing::Power,
            ..rules()
        })
        .unwrap();
    world.pass(1_000);
    // 41 in all, of which one serves nobody: 28 are needed.
    let outcome = world.play(&[Some(100), Some(100), None, None]);
    assert_eq!((outcome.price, outcome.revealed), (None, 20));
    world.pass(4_000);
    let outcome = world.play(&[Some(100), Some(100), Some(101), None]);
    assert_eq!((outcome.price, outcome.revealed), (Some(100), 30));
    // A set that is forgotten weighs nothing: the round is skipped.
    while world.sandbox.block.epoch < Epoch::new(9) {
        world.end_epoch();
    }
    world.pass(4_000);
    assert_eq!(query::open_round(&world.sandbox.view(), 0).unwrap(), None);
}

#[test]
fn history_and_the_low_of_late_are_bounded() {
    let mut world = open();
    let values = [900u128, 300, 800, 700, 600, 500];
    for value in values {
        world.play(&[Some(value); 4]);
        world.pass(4_000);
    }
    let view = world.sandbox.view();
    let kept = query::history(&view, 0, None, 100).unwrap();
    assert_eq!(
        kept.iter().map(|price| price.value).collect::<Vec<_>>(),
        [500, 600, 700, 800]
    );
    assert_eq!(query::history(&view, 0, Some(4), 1).unwrap()[0].value, 700);
    // The window is a minute: the 300 of the second round is in it for so long.
    let now = world.sandbox.block.chain_clock;
    assert_eq!(lowest(&view, 0, now).unwrap(), Some(300));
    let later = now.after(primitives::Millis::new(25_000));
    assert_eq!(lowest(&view, 0, later).unwrap(), Some(500));
    let much_later = now.after(primitives::Millis::new(100_000));
    assert_eq!(lowest(&view, 0, much_later).unwrap(), None);
    // Rounds are forgotten when their faults are.
    world.end_epoch();
    for _ in 0..12 {
        world.pass(6_000);
        world.pass(4_000);
    }
    assert_eq!(query::round(&world.sandbox.view(), 0, 0).unwrap(), None);
}
