//! Latency and throughput against the number of validators: the production core in virtual time, over the latencies
//! between ten regions, with signatures that cost what they are measured to cost on this machine.
//!
//! ```sh
//! cargo run --release -p palisade-sim --example curve
//! ```

#![allow(
    clippy::print_stdout,
    clippy::arithmetic_side_effects,
    clippy::integer_division,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "a program that prints a table of small numbers"
)]

use consensus::Timing;
use palisade_sim::costs::{CostedScheme, Costs};
use palisade_sim::sets::{Sets, Weights};
use palisade_sim::{Plan, World, keys};
use primitives::{Digest, Millis};
use std::collections::BTreeSet;

/// Round trips between Virginia, Oregon, Montreal, Ireland, Frankfurt, London, Tokyo, Singapore, Mumbai and São Paulo,
/// in milliseconds: medians between data centres of one large provider, rounded.
const ROUND_TRIPS: [[u64; 10]; 10] = [
    [2, 63, 15, 68, 91, 76, 147, 213, 187, 113],
    [63, 2, 60, 119, 141, 128, 97, 161, 217, 174],
    [15, 60, 2, 69, 92, 79, 143, 212, 188, 124],
    [68, 119, 69, 2, 25, 12, 200, 174, 123, 177],
    [91, 141, 92, 25, 2, 16, 223, 157, 113, 203],
    [76, 128, 79, 12, 16, 2, 210, 165, 115, 186],
    [147, 97, 143, 200, 223, 210, 2, 68, 129, 256],
    [213, 161, 212, 174, 157, 165, 68, 2, 56, 318],
    [187, 217, 188, 123, 113, 115, 129, 56, 2, 297],
    [113, 174, 124, 177, 203, 186, 256, 318, 297, 2],
];
/// A gigabit, in bytes per second.
const BANDWIDTH: u64 = 125_000_000;
/// Bytes of a transaction on a link, and of its eight bytes in a compact block.
const TRANSACTION: usize = 250;
const COMPACT: usize = 8;
/// Transactions in a block.
const FULL: usize = 1_000;
/// What is promised: validators, and milliseconds to finality at the median.
const PROMISED: [(usize, u64); 2] = [(50, 400), (150, 600)];

fn plan(seats: usize) -> Plan {
    Plan {
        timing: Timing {
            delta: Millis::new(1_000),
            delta_max: Millis::new(8_000),
            idle_interval: Millis::new(1_000),
            ..Timing::default()
        },
        epoch_ms: 1 << 40,
        delay: (0, 2),
        work_ms: 20,
        ..Plan::calm(7, seats)
    }
}

/// What one run came to: median and 95th percentile of finality in milliseconds, and blocks per hundred seconds.
struct Measured {
    median: u64,
    high: u64,
    blocks: u64,
}

fn run(costs: Costs, seats: usize, block: usize) -> Result<Measured, String> {
    let mut world =
        World::new(CostedScheme::new(costs), plan(seats)).ok_or("the set is refused".to_owned())?;
    world.network.regions = ROUND_TRIPS
        .iter()
        .map(|row| row.iter().map(|ms| ms / 2).collect())
        .collect();
    world.run_until(1).map_err(|failure| failure.story)?;
    world.network.bandwidth = BANDWIDTH;
    world.weight = block;
    let height = if seats > 60 { 12 } else { 30 };
    while world.block(0, height).is_none() && world.now() < 120_000 {
        world
            .run_until(world.now() + 100)
            .map_err(|failure| failure.story)?;
    }
    let mut latencies = world.latencies().to_vec();
    latencies.sort_unstable();
    let at = |percent: usize| {
        latencies
            .get(latencies.len() * percent / 100)
            .copied()
            .unwrap_or(u64::MAX)
    };
    Ok(Measured {
        median: at(50),
        high: at(95),
        blocks: height * 100_000 / world.now().max(1),
    })
}

fn main() -> Result<(), String> {
    keys::prepare(160);
    let sets = Sets::new(150, Weights::Same, 1 << 40, BTreeSet::new());
    let committee = sets.of(0, &Digest::ZERO).ok_or("the set is refused")?;
    let costs = Costs::measure(&committee).ok_or("signatures do not hold")?;
    println!(
        "measured here, in microseconds: {:.1?}",
        [
            ("sign", costs.sign / 1_000),
            ("decode", costs.decode / 1_000),
            ("verify", costs.verify / 1_000),
            ("certificate of 150", (costs.verify + 150 * costs.key) / 1_000),
        ]
    );
    println!("ten regions, 1 Gb/s, {FULL} transactions of {TRANSACTION} bytes in a block");
    println!(
        "| validators | finality p50 | p95 | blocks/s | tx/s, compact | p50, full bodies | tx/s, full bodies |"
    );
    println!("|---:|---:|---:|---:|---:|---:|---:|");
    let mut late = Vec::new();
    for seats in [4, 7, 16, 31, 50, 100, 150] {
        let compact = run(costs, seats, FULL * COMPACT)?;
        let whole = run(costs, seats, FULL * TRANSACTION)?;
        let rate = |measured: &Measured| measured.blocks * FULL as u64 / 100;
        println!(
            "| {seats} | {} ms | {} ms | {}.{:02} | {} | {} ms | {} |",
            compact.median,
            compact.high,
            compact.blocks / 100,
            compact.blocks % 100,
            rate(&compact),
            whole.median,
            rate(&whole),
        );
        let promised = PROMISED.iter().find(|(promised, _)| *promised == seats);
        if promised.is_some_and(|(_, most)| compact.median > *most) {
            late.push(seats);
        }
    }
    if late.is_empty() {
        println!("{PROMISED:?}: kept");
        Ok(())
    } else {
        Err(format!("finality takes too long with {late:?} validators"))
    }
}
