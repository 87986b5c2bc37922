//! One key on two machines: every case of four seats and three rounds, and samples of larger ones.
//!
//! `PALISADE_TWINS=all` runs every case; without it, one in so many.

use palisade_sim::twins::{Case, Cases, Stage, sampled};
use std::collections::BTreeMap;
use std::env;

/// One case in so many, unless all are wanted. A prime, so that every kind of case is met.
const STRIDE: usize = 2_003;
const SAMPLES: u64 = 120;

fn all() -> bool {
    env::var("PALISADE_TWINS").is_ok_and(|value| value == "all")
}

fn run(stage: &Stage, case: &Case, healed: bool, name: &str) -> u64 {
    match stage.run(case, healed) {
        Ok(height) => height,
        Err(failure) => panic!("{}\n{name}: {case:?}", failure.story),
    }
}

fn half(index: usize) {
    let stage = Stage::new(4).unwrap();
    let cases = Cases::new(3);
    let stride = if all() { 1 } else { STRIDE };
    let mut heights = BTreeMap::new();
    let (mut count, mut ran) = (0u64, 0u64);
    for (number, case) in cases.all().enumerate() {
        count += 1;
        if number % 2 == index && number % stride == stride >> 1 {
            ran += 1;
            let healed = ran.is_multiple_of(16);
            *heights
                .entry(run(&stage, &case, healed, &format!("case {number}")))
                .or_insert(0u64) += 1;
        }
    }
    println!(
        "twins, n = 4, 3 rounds: {} cases with names, {count} without, {ran} run in this half; highest heights {heights:?}",
        2 * cases.raw()
    );
    assert!(heights.keys().any(|height| *height >= 2), "{heights:?}");
}

#[test]
fn twins_of_four_seats_and_three_rounds_even_cases() {
    half(0);
}

#[test]
fn twins_of_four_seats_and_three_rounds_odd_cases() {
    half(1);
}

#[test]
fn twins_of_five_to_ten_seats_by_chance() {
    let samples = if all() { 100_000 } else { SAMPLES };
    let stages: Vec<Option<Stage>> = (0..=10).map(|seats| Stage::new(seats.max(4))).collect();
    let mut heights = BTreeMap::new();
    for seed in 0..samples {
        let case = sampled(seed);
        let stage = stages[case.seats].as_ref().unwrap();
        *heights
            .entry(run(stage, &case, seed % 8 == 0, &format!("sample {seed}")))
            .or_insert(0u64) += 1;
    }
    println!("twins, n = 5 to 10: {samples} samples; highest heights {heights:?}");
    assert!(heights.keys().any(|height| *height >= 2), "{heights:?}");
}
