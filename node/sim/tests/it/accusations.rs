//! Honest validators that crash, lose writes and logs, and restart, on bad links: nobody is ever accused.

use palisade_sim::dice::Dice;
use palisade_sim::faults::Fault;
use palisade_sim::{MockScheme, Plan, sweep};

const SEEDS: u64 = 500;
const LINKS: [Fault; 6] = [
    Fault::Loss,
    Fault::Delay,
    Fault::Reorder,
    Fault::Duplicates,
    Fault::Rotating,
    Fault::Skew,
];

/// Two ways to restart and something else.
fn plan(seed: u64) -> Plan {
    let mut dice = Dice::new(seed, "accusations");
    let faults = vec![
        dice.pick(&Fault::RESTARTS, Fault::Crash),
        dice.pick(&Fault::RESTARTS, Fault::TornTail),
        dice.pick(&LINKS, Fault::Loss),
    ];
    Plan::with(seed, faults, 8)
}

fn shard(half: u64, test: &str) {
    let mut restarts = 0;
    for seed in sweep::seeds(SEEDS, half, 2).unwrap() {
        // The oracle holds against a run every accusation or ban of the honest, and every wish to say two things.
        match sweep::one(MockScheme, plan(seed), &format!("accusations::{test}")) {
            Ok(report) => {
                assert_eq!(report.reached.evidence, [0; 4], "seed {seed}");
                assert_eq!(report.reached.banned, 0, "seed {seed}");
                restarts += report.reached.crashes;
            }
            Err(story) => panic!("{story}"),
        }
    }
    println!("{restarts} restarts");
    assert!(restarts > 0 || sweep::only().unwrap().is_some());
}

#[test]
fn no_honest_validator_is_accused_over_even_seeds() {
    shard(0, "no_honest_validator_is_accused_over_even_seeds");
}

#[test]
fn no_honest_validator_is_accused_over_odd_seeds() {
    shard(1, "no_honest_validator_is_accused_over_odd_seeds");
}
