//! Seeds by the hundred, with mock signatures: each trouble alone and each pair of them.
#![cfg(test)]

use palisade_sim::{MockScheme, sweep};

const SEEDS: u64 = 520;
const SHARDS: u64 = 4;

fn shard(index: u64, test: &str) {
    let seeds = sweep::seeds(SEEDS, index, SHARDS).unwrap();
    let mut events = 0;
    let mut failed = Vec::new();
    for seed in &seeds {
        match sweep::one(MockScheme, *seed, ("sweep", test)) {
            Ok(report) => events += report.events,
            Err(story) => {
                println!("{story}");
                failed.push(*seed);
            }
        }
    }
    println!("{} seeds, {events} events", seeds.len());
    assert!(failed.is_empty(), "seeds {failed:?} broke something: see above");
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
