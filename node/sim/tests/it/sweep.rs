//! Seeds by the hundred, with mock signatures: each kind of fault alone, and pairs of them.

use palisade_sim::trace::Reached;
use palisade_sim::{MockScheme, Plan, sweep};

/// Every kind alone four times, and some three hundred pairs.
const SEEDS: u64 = 520;
const SHARDS: u64 = 4;

fn shard(index: u64, test: &str) {
    let seeds = sweep::seeds(SEEDS, index, SHARDS).unwrap();
    let mut reached = Reached::default();
    let mut failed = Vec::new();
    for seed in &seeds {
        match sweep::one(MockScheme, Plan::of(*seed), &format!("sweep::{test}")) {
            Ok(report) => reached.add(&report.reached),
            Err(story) => {
                println!("{story}");
                failed.push(*seed);
            }
        }
    }
    println!("{} seeds reached {reached:?}", seeds.len());
    assert!(failed.is_empty(), "seeds {failed:?} broke something: see above");
    if seeds.len() as u64 >= SEEDS / SHARDS {
        assert_every_corner_was_reached(&reached);
    }
}

/// A sweep that never comes to some corner shows nothing about it.
fn assert_every_corner_was_reached(reached: &Reached) {
    let counts = [
        reached.crashes,
        reached.torn,
        reached.refused,
        reached.synced,
        reached.fetched,
        reached.left,
        reached.again,
        reached.banned,
        reached.epochs,
        reached.bad_blocks,
    ];
    assert!(
        counts.iter().chain(&reached.evidence).all(|count| *count > 0),
        "{reached:?}"
    );
}

#[test]
fn seeds_of_the_first_quarter_hold() {
    shard(0, "seeds_of_the_first_quarter_hold");
}

#[test]
fn seeds_of_the_second_quarter_hold() {
    shard(1, "seeds_of_the_second_quarter_hold");
}

#[test]
fn seeds_of_the_third_quarter_hold() {
    shard(2, "seeds_of_the_third_quarter_hold");
}

#[test]
fn seeds_of_the_fourth_quarter_hold() {
    shard(3, "seeds_of_the_fourth_quarter_hold");
}
