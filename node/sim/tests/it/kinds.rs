//! Every kind of fault by itself, and a sample of pairs: each really strikes, and nothing that must hold breaks.

use palisade_sim::faults::{Fault, Struck};
use palisade_sim::plan::combination;
use palisade_sim::{MockScheme, Plan, sweep};
use std::collections::BTreeSet;

/// Blocks of each run.
const BLOCKS: u64 = 25;
/// Tries until a kind strikes: chance may leave a run without a moment for it.
const TRIES: u64 = 4;

fn run(seed: u64, faults: Vec<Fault>) -> Struck {
    match sweep::one(MockScheme, Plan::with(seed, faults, BLOCKS), "kinds::") {
        Ok(report) => report.reached.struck,
        Err(story) => panic!("{story}"),
    }
}

fn shard(half: usize) {
    for fault in Fault::ALL.into_iter().skip(half).step_by(2) {
        let mut runs = (0..TRIES).map(|seed| run(7_000 + seed, vec![fault]).of(fault));
        let struck = runs.find(|struck| *struck > 0);
        println!("{fault:?} alone struck {struck:?} times");
        assert!(struck.is_some(), "{fault:?} never struck in {TRIES} runs");
    }
}

#[test]
fn every_even_kind_strikes_alone_and_breaks_nothing() {
    shard(0);
}

#[test]
fn every_odd_kind_strikes_alone_and_breaks_nothing() {
    shard(1);
}

#[test]
fn every_kind_strikes_beside_another_and_breaks_nothing() {
    let mut struck = Struck::default();
    let mut paired = BTreeSet::new();
    for (place, first) in Fault::ALL.into_iter().enumerate() {
        let second = Fault::ALL[(place + 1 + place * 7 % 33) % Fault::COUNT];
        if first != second {
            struck.merge(&run(8_000 + place as u64, vec![first, second]));
            paired.extend([first, second]);
        }
    }
    println!("beside another: {struck:?}");
    assert_eq!(paired.len(), Fault::COUNT);
    for fault in Fault::ALL {
        assert!(struck.of(fault) > 0, "{fault:?} never struck beside another");
    }
}

#[test]
fn the_numbers_of_the_sweep_stand_for_every_kind_alone_and_many_pairs() {
    let all: BTreeSet<Vec<Fault>> = (0..520).map(combination).collect();
    let alone = all.iter().filter(|faults| faults.len() == 1).count();
    let pairs = all.iter().filter(|faults| faults.len() == 2).count();
    println!("{alone} kinds alone, {pairs} pairs");
    assert_eq!(alone, Fault::COUNT);
    assert!(pairs >= 200 && all.contains(&Vec::new()));
}
