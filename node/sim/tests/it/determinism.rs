//! The same seed gives the same run.

use palisade_sim::{MockScheme, Plan, sweep};
use std::collections::BTreeSet;

#[test]
fn the_same_seed_twice_gives_the_same_events() {
    let run = |seed: u64| {
        let plan = Plan::sized(seed, 20);
        match sweep::one(
            MockScheme,
            plan,
            "determinism::the_same_seed_twice_gives_the_same_events",
        ) {
            Ok(report) => report,
            Err(story) => panic!("{story}"),
        }
    };
    // A stride that visits mishaps, actors and pairs of both.
    let seeds: Vec<u64> = (0..32).map(|index| index * 11).collect();
    let mut hashes = BTreeSet::new();
    for seed in &seeds {
        let (first, second) = (run(*seed), run(*seed));
        assert_eq!(first, second, "seed {seed}");
        hashes.insert(first.hash);
    }
    assert_eq!(hashes.len(), seeds.len(), "different seeds give different events");
}
