//! The same network with the signatures that production uses.

use palisade_sim::{Plan, RealScheme, sweep};

/// Seeds of malicious actors, mishaps and both together, in networks of few seats.
fn seeds() -> Vec<u64> {
    let small = |seed: &u64| Plan::of(*seed).seats <= 7;
    (3..350).step_by(13).filter(small).take(16).collect()
}

fn shard(index: usize, test: &str) {
    let seeds = match sweep::only().unwrap() {
        Some(seed) => vec![seed],
        None => seeds().into_iter().skip(index).step_by(2).collect(),
    };
    for seed in seeds {
        if let Err(story) = sweep::one(RealScheme::new(), Plan::sized(seed, 10), &format!("bls::{test}")) {
            panic!("{story}");
        }
    }
}

#[test]
fn there_are_sixteen_seeds() {
    assert_eq!(seeds().len(), 16);
}

#[test]
fn the_even_ones_hold_with_real_signatures() {
    shard(0, "the_even_ones_hold_with_real_signatures");
}

#[test]
fn the_odd_ones_hold_with_real_signatures() {
    shard(1, "the_odd_ones_hold_with_real_signatures");
}
