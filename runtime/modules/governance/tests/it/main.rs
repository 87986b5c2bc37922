//! Proposals from their making to their end, halts, and a model on paper. What actions of the chain do: the tests of the
//! runtime.
#![cfg(test)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::integer_division,
    clippy::as_conversions,
    reason = "tests compute their own expectations"
)]

mod halts;
mod model;
mod world;

use governance::{Choice, Ended, Ending, Phase};
use kernel::Code;
use palisade_governance as governance;
use world::{Act, DEPOSIT, FUNDS, TIMELOCK, VOTING, World};

const SET: Act = Act::Set { value: 7 };

#[test]
fn what_enough_power_wants_is_done_at_its_time_and_not_before() {
    let mut world = World::new();
    let number = world.propose(9, SET).unwrap();
    assert_eq!(world.balance(9), FUNDS - DEPOSIT);
    for (who, choice) in [(1, Choice::Yes), (2, Choice::Yes), (3, Choice::No)] {
        world.vote(who, number, choice).unwrap();
    }
    world.pass(VOTING - 1);
    assert!(matches!(world.phase(number), Phase::Voting { .. }));
    world.pass(1);
    assert!(
        matches!(world.phase(number), Phase::Waiting { .. }),
        "{:?}",
        world.phase(number)
    );
    world.pass(TIMELOCK - 1);
    assert_eq!(world.value(), 0);
    world.pass(1);
    assert_eq!(
        (world.value(), world.phase(number)),
        (7, Phase::Ended(Ending::Executed))
    );
    assert_eq!(world.balance(9), FUNDS);
    assert_eq!(world.count::<Ended>(), 1);
    world.pass(1);
    assert!(
        world.votes(number).is_empty(),
        "votes of what is over are forgotten"
    );
}

#[test]
fn who_is_ignored_loses_the_deposit_and_who_is_rejected_does_not() {
    let mut world = World::new();
    let ignored = world.propose(9, SET).unwrap();
    let rejected = world.propose(8, SET).unwrap();
    world.vote(2, ignored, Choice::Yes).unwrap();
    for (who, choice) in [(1, Choice::Yes), (2, Choice::No)] {
        world.vote(who, rejected, choice).unwrap();
    }
    let supply = world.supply();
    world.pass(VOTING);
    world.pass(1);
    assert_eq!(world.phase(ignored), Phase::Ended(Ending::Ignored));
    assert_eq!(world.phase(rejected), Phase::Ended(Ending::Rejected));
    assert_eq!((world.balance(9), world.balance(8)), (FUNDS - DEPOSIT, FUNDS));
    assert_eq!(world.supply(), supply - DEPOSIT);
    assert_eq!(world.value(), 0);
}

#[test]
fn an_abstention_makes_a_quorum_and_takes_no_side() {
    let mut world = World::new();
    let number = world.propose(9, SET).unwrap();
    world.vote(1, number, Choice::Abstain).unwrap();
    world.vote(4, number, Choice::Yes).unwrap();
    world.pass(VOTING);
    assert!(matches!(world.phase(number), Phase::Waiting { .. }));
}

#[test]
fn a_later_vote_replaces_an_earlier_one_and_power_is_that_of_the_start() {
    let mut world = World::new();
    let number = world.propose(9, SET).unwrap();
    world.vote(1, number, Choice::Yes).unwrap();
    world.vote(1, number, Choice::No).unwrap();
    let tally = world.tally(number);
    assert_eq!((tally.yes.get(), tally.no.get()), (0, 40));
    // In the next epoch operator 5 has all the power, and none over what was proposed before.
    world.next_epoch();
    assert_eq!(world.vote(5, number, Choice::Yes), Err("NO_POWER"));
    world.vote(2, number, Choice::Yes).unwrap();
    let later = world.propose(9, SET).unwrap();
    assert_eq!(world.vote(1, later, Choice::Yes), Err("NO_POWER"));
    world.vote(5, later, Choice::Yes).unwrap();
    world.forget_sets();
    assert_eq!(world.vote(3, number, Choice::Yes), Err("NO_POWER"));
}

#[test]
fn votes_are_refused_with_what_is_wrong() {
    let mut world = World::new();
    assert_eq!(world.vote(1, 0, Choice::Yes), Err("UNKNOWN_PROPOSAL"));
    let number = world.propose(9, SET).unwrap();
    assert_eq!(world.vote(9, number, Choice::Yes), Err("NO_POWER"));
    world.vote(1, number, Choice::Yes).unwrap();
    world.wait(VOTING);
    assert_eq!(
        world.vote(2, number, Choice::Yes),
        Err("NOT_VOTING"),
        "also before the hook has run"
    );
    world.pass(0);
    assert_eq!(world.vote(2, number, Choice::Yes), Err("NOT_VOTING"));
}

#[test]
fn proposals_are_refused_with_what_is_wrong() {
    let mut world = World::new();
    assert_eq!(world.propose(9, Act::Set { value: 0 }), Err("CHANGES_NOTHING"));
    assert_eq!(world.propose(9, Act::Set { value: 200 }), Err("BREAKS_RULE"));
    assert_eq!(world.propose(9, Act::Unfit), Err("WITHDRAWAL_TOO_SHORT"));
    assert_eq!(world.propose(9, Act::Unknown), Err("UNKNOWN_SUBJECT"));
    assert_eq!(world.propose(9, Act::Foreign), Err("REFUSED"));
    assert_eq!(world.propose(77, SET), Err("INSUFFICIENT_FUNDS"));
    for _ in 0..3 {
        world.propose(9, SET).unwrap();
    }
    assert_eq!(world.propose(9, SET), Err("TOO_MANY_OPEN"));
    world.pass(VOTING);
    world.pass(1);
    world.propose(9, SET).unwrap();
    let long = "x".repeat(1_025);
    for text in ["", "bell \u{7}", long.as_str()] {
        assert_eq!(
            governance::Summary::new(text),
            Err(governance::Error::BadSummary),
            "{text:?}"
        );
    }
    assert!(governance::Summary::new("first\nsecond").is_ok());
}

#[test]
fn what_another_proposal_has_changed_is_not_overwritten() {
    let mut world = World::new();
    let first = world.propose(9, SET).unwrap();
    let second = world.propose(9, Act::Set { value: 8 }).unwrap();
    for number in [first, second] {
        world.vote(1, number, Choice::Yes).unwrap();
        world.vote(2, number, Choice::Yes).unwrap();
    }
    world.pass(VOTING);
    world.pass(TIMELOCK);
    world.pass(1);
    assert_eq!(world.value(), 7);
    let stale = governance::ID.code(14);
    assert_eq!(world.phase(second), Phase::Ended(Ending::Failed(stale)));
    assert_eq!(world.balance(9), FUNDS, "the deposit comes back");
}

#[test]
fn what_is_no_longer_possible_fails_and_leaves_no_trace() {
    let mut world = World::new();
    let number = world.propose(9, Act::Fragile).unwrap();
    let half = world.propose(9, Act::Halfway).unwrap();
    for number in [number, half] {
        world.vote(1, number, Choice::Yes).unwrap();
        world.vote(2, number, Choice::Yes).unwrap();
    }
    world.pass(VOTING);
    world.break_fragile();
    world.pass(TIMELOCK);
    world.pass(1);
    let unfit = governance::ID.code(20);
    assert_eq!(world.phase(number), Phase::Ended(Ending::Failed(unfit)));
    let own = Code {
        module: 99,
        number: 3,
    };
    assert_eq!(world.phase(half), Phase::Ended(Ending::Failed(own)));
    assert_eq!(world.value(), 0, "what failed wrote nothing");
}

#[test]
fn what_is_urgent_does_not_wait_and_what_could_harm_waits_longer() {
    let mut world = World::new();
    let urgent = world.propose(9, Act::Urgent).unwrap();
    let slow = world.propose(9, Act::Slow { value: 5 }).unwrap();
    for number in [urgent, slow] {
        world.vote(1, number, Choice::Yes).unwrap();
        world.vote(2, number, Choice::Yes).unwrap();
    }
    world.pass(VOTING);
    world.pass(0);
    assert_eq!(world.phase(urgent), Phase::Ended(Ending::Executed));
    world.pass(TIMELOCK);
    assert!(matches!(world.phase(slow), Phase::Waiting { .. }));
    world.pass(2 * TIMELOCK);
    assert_eq!(
        (world.phase(slow), world.value()),
        (Phase::Ended(Ending::Executed), 5)
    );
}

#[test]
fn only_so_much_is_done_per_block_and_nothing_is_left_out() {
    let mut world = World::new();
    let numbers: Vec<u64> = (0..3).map(|_| world.propose(9, SET).unwrap()).collect();
    world.wait(VOTING);
    for over in 1..=3 {
        world.pass(0);
        let ended = numbers
            .iter()
            .filter(|number| matches!(world.phase(**number), Phase::Ended(_)));
        assert_eq!(ended.count(), (2 * over).min(3));
    }
}

#[test]
fn a_chain_that_goes_on_has_the_same_entries_and_one_that_was_edited_does_not_start() {
    let mut world = World::new();
    let number = world.propose(9, SET).unwrap();
    world.vote(1, number, Choice::Yes).unwrap();
    world.propose(8, Act::Slow { value: 5 }).unwrap();
    world.halt("lane/east", 10).unwrap();
    world.go_on();
}
