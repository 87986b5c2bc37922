//! Cost of versions: `cargo bench -p palisade-state [-- <entries> <updates per version>]`.
//!
//! Prints memory per entry, processor time per update, read and proof, and what kept versions add.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::float_arithmetic,
    clippy::print_stdout,
    reason = "a program that measures time and memory"
)]

use core::ops::Bound;
use palisade_state::{Bytes, Change, Changes, Order, State};
use primitives::codec::encode;

/// How many versions are kept.
const VERSIONS: u64 = 32;

/// A key as long as a balance's: two bytes of table, an account, an asset.
fn key(number: u64) -> Bytes {
    let account = crypto::sparse::path(&number.to_be_bytes());
    Bytes::from([&[1, 1], &account[..], &[0; 4]].concat())
}

/// A value as long as an amount.
fn value(number: u64) -> Bytes {
    Bytes::from([number.to_le_bytes(), [0; 8]].concat())
}

/// The field of a file of `/proc/self` that follows `label`.
fn field(file: &str, label: &str) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/self/{file}")).unwrap_or_default();
    let rest = text.split_once(label).map_or("", |(_, rest)| rest);
    rest.split_whitespace()
        .next()
        .and_then(|number| number.parse().ok())
        .unwrap_or(f64::NAN)
}

/// Resident memory in bytes.
fn resident() -> f64 {
    field("status", "VmRSS:") * 1024.0
}

/// Runs `body`; gives what it gives, and the processor time that it took in seconds: other processes do not count.
fn timed<T>(body: impl FnOnce() -> T) -> (T, f64) {
    let start = field("schedstat", "");
    let outcome = body();
    (outcome, (field("schedstat", "") - start) / 1e9)
}

/// Changes of `updates` entries of `state`, others for each round.
fn changes(state: &State, leaves: u64, updates: u64, round: u64) -> Changes {
    let mut changes: Vec<_> = (0..updates)
        .map(|index| {
            let key = key(index.wrapping_mul(2_654_435_761).wrapping_add(round * 7_919) % leaves);
            let old = state.get(key.as_ref()).map(Bytes::from);
            Change {
                key,
                old,
                new: Some(value(round * leaves + index)),
            }
        })
        .collect();
    changes.sort_by(|a, b| a.key.cmp(&b.key));
    changes.dedup_by(|a, b| a.key == b.key);
    Changes::new(changes).expect("ordered and real")
}

fn main() {
    let mut numbers = std::env::args().filter_map(|argument| argument.parse::<u64>().ok());
    let leaves = numbers.next().unwrap_or(1_000_000);
    let updates = numbers.next().unwrap_or(5_000);

    let before = resident();
    let (first, time) = timed(|| {
        (0..leaves)
            .map(|number| (key(number), value(number)))
            .collect::<State>()
    });
    println!(
        "{leaves} entries: built in {time:.2} s, {:.0} B each",
        (resident() - before) / leaves as f64
    );

    let mut kept = vec![first];
    let before = resident();
    let (mut total, mut count) = (0.0, 0);
    for round in 1..=VERSIONS {
        let state = kept.last().expect("the first");
        let changes = changes(state, leaves, updates, round);
        let (next, time) = timed(|| state.apply(&changes).expect("made from this version"));
        total += time;
        count += changes.len();
        kept.push(next);
    }
    println!(
        "{updates} updates a version: {:.2} µs each",
        total * 1e6 / count as f64
    );
    println!(
        "{VERSIONS} kept versions add {:.0} MB",
        (resident() - before) / 1e6
    );

    let state = kept.last().expect("the first").clone();
    let asked = leaves.min(50_000);
    let prove = |number| {
        encode(
            &state
                .prove(key(number).as_ref())
                .expect("no two keys share a hash"),
        )
        .len()
    };
    let (size, time) = timed(|| (0..asked).map(prove).fold(0.0, |sum, size| sum + size as f64));
    println!(
        "a proof: {:.0} B on average, {:.1} µs",
        size / asked as f64,
        time * 1e6 / asked as f64
    );

    let read = |number: &u64| state.get(key(number * 7_919 % leaves).as_ref()).is_some();
    let (found, time) = timed(|| (0..leaves).filter(read).count());
    println!("a read: {:.2} µs", time * 1e6 / found as f64);

    let all = || {
        state
            .range(Bound::Unbounded, Bound::Unbounded, usize::MAX, Order::Ascending)
            .len()
    };
    let (found, time) = timed(all);
    println!("an entry of a range: {:.2} µs", time * 1e6 / found as f64);

    let ((), time) = timed(|| kept.clear());
    println!("dropping {VERSIONS} versions: {:.1} ms", time * 1e3);
}
