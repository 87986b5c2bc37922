//! Every state of four validators, one of them malicious, over a few views.
//!
//! `PALISADE_SEARCH=all` searches two views whole, with crashes, boundaries and both spreads of weight, and three views
//! within a bound; without it, the smaller part.

use palisade_sim::search::{Outcome, Setup, search};
use std::env;

const EQUAL: [u64; 4] = [1, 1, 1, 1];
const HEAVY: [u64; 4] = [3, 2, 2, 2];

fn all() -> bool {
    env::var("PALISADE_SEARCH").is_ok_and(|value| value == "all")
}

/// Two views, as often given up as anybody likes.
const fn two_views(weights: [u64; 4], byzantine: usize) -> Setup {
    Setup {
        weights,
        byzantine,
        views: 2,
        boundary: false,
        crashes: false,
        give_ups: None,
        most: 30_000_000,
    }
}

fn run(setup: Setup) -> Outcome {
    match search(setup) {
        Ok(outcome) => {
            println!("{setup:?}\n    {outcome:?}");
            outcome
        }
        Err(finding) => panic!("{setup:?}: {:?}\n{:#?}", finding.broken, finding.story),
    }
}

/// Whole when everything is wanted, else up to so many states.
fn bounded(setup: Setup, states: usize) -> Outcome {
    let most = if all() { setup.most } else { states };
    run(Setup { most, ..setup })
}

#[test]
fn two_views_of_equal_weights_are_safe_in_every_state() {
    // Whoever leads neither view is malicious: the smallest search, and it is whole.
    let outcome = run(two_views(EQUAL, 0));
    assert!(outcome.complete && outcome.height == 2, "{outcome:?}");
    if all() {
        for byzantine in 1..4 {
            assert!(run(two_views(EQUAL, byzantine)).complete);
        }
    }
}

#[test]
fn two_views_of_a_malicious_leader_are_safe() {
    let outcome = bounded(two_views(EQUAL, 3), 250_000);
    assert!(outcome.height > 0 && outcome.complete == all(), "{outcome:?}");
}

#[test]
fn two_views_of_unequal_weights_are_safe() {
    let last = if all() { 4 } else { 2 };
    for byzantine in 1..last {
        let outcome = bounded(two_views(HEAVY, byzantine), 250_000);
        assert!(outcome.height > 0 && outcome.complete == all(), "{outcome:?}");
    }
}

#[test]
fn validators_that_restart_at_any_moment_are_safe() {
    let last = if all() { 4 } else { 1 };
    for byzantine in 0..last {
        let setup = Setup {
            crashes: true,
            give_ups: Some(1),
            ..two_views(EQUAL, byzantine)
        };
        assert!(bounded(setup, 200_000).height > 0);
    }
}

#[test]
fn a_boundary_block_that_is_proposed_again_is_safe() {
    let last = if all() { 4 } else { 2 };
    for byzantine in 1..last {
        let setup = Setup {
            boundary: true,
            ..two_views(EQUAL, byzantine)
        };
        assert!(bounded(setup, 200_000).height == 1, "nothing follows a boundary");
    }
}

#[test]
fn three_views_are_safe_within_a_bound() {
    for byzantine in 0..4 {
        let setup = Setup {
            views: 3,
            give_ups: Some(1),
            most: 60_000_000,
            ..two_views(EQUAL, byzantine)
        };
        assert!(bounded(setup, 60_000).height > 0);
    }
}
