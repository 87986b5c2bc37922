//! Cost of one update of 512 members: `cargo bench -p palisade-light-ethereum`.
//!
//! Warm is a committee in memory; stored, one read back from its record; cold, one whose keys are decompressed and
//! checked. Beside them stands what `blst` itself takes to verify one signature under the sum of as many keys. The
//! ratio is printed at the end.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::cast_precision_loss,
    clippy::disallowed_types,
    clippy::float_arithmetic,
    clippy::indexing_slicing,
    clippy::integer_division,
    clippy::print_stdout,
    clippy::unwrap_used,
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "a program that measures time"
)]

#[path = "../tests/it/world.rs"]
mod world;

use blst::min_pk::{PublicKey, Signature};
use criterion::{Criterion, criterion_group, criterion_main};
use crypto::bls_short_keys::SIGNATURE_DST;
use palisade_light_ethereum::signing::signing_root;
use palisade_light_ethereum::{Committee, Fork, Policy, Preset};
use std::hint::black_box;
use std::time::Instant;
use world::{Draft, Members, Tree, begin, header, spec, update};

/// The fastest of many runs, in microseconds.
fn fastest<T>(runs: u32, mut run: impl FnMut() -> T) -> f64 {
    let times = (0..runs).map(|_| {
        let start = Instant::now();
        black_box(run());
        start.elapsed().as_nanos()
    });
    times.min().unwrap_or(0) as f64 / 1_000.0
}

fn measure(c: &mut Criterion) {
    let spec = spec(Preset::MAINNET, Fork::Fulu);
    let members = Members::new(1, 512, 512);
    let (_, client) = begin(&spec, 64, &members);
    let finalized = header(&spec, 96, &Tree::default());
    let draft = Draft {
        attested: 160,
        finalized: &finalized,
        next: None,
        signature: 161,
    };
    let policy = Policy::bridge(&spec);
    let committee = client.current();
    let record = committee.to_record();
    let mut group = c.benchmark_group("update of 512 members");
    group.sample_size(20);
    for (name, absent) in [("all sign", 0), ("32 absent", 32), ("170 absent", 170)] {
        let update = update(&spec, &draft, &members, |at| at >= absent);
        client.advance(&spec, &policy, &update, 161).unwrap();
        group.bench_function(format!("warm, {name}"), |b| {
            b.iter(|| client.advance(&spec, &policy, black_box(&update), 161));
        });
        let message = signing_root(&spec, 161, &update.attested.beacon.root()).unwrap();
        let keys = members.committee.pubkeys[absent..].iter();
        let keys: Vec<PublicKey> = keys.map(|key| PublicKey::uncompress(key).unwrap()).collect();
        let keys: Vec<&PublicKey> = keys.iter().collect();
        let signature = Signature::uncompress(&update.aggregate.signature).unwrap();
        let theirs = || signature.fast_aggregate_verify(true, &message, SIGNATURE_DST, &keys);
        group.bench_function(format!("blst alone, {name}"), |b| b.iter(theirs));
        let warm = fastest(50, || client.advance(&spec, &policy, &update, 161));
        let blst = fastest(50, theirs);
        println!(
            "{name}: update {warm:.0} µs, blst's fast_aggregate_verify {blst:.0} µs: {:.2}x",
            warm / blst
        );
    }
    group.bench_function("stored: a committee from its record", |b| {
        b.iter(|| record.restore(&spec.preset).unwrap());
    });
    group.bench_function("cold: a committee's keys decompressed and checked", |b| {
        b.iter(|| Committee::new(&spec.preset, &members.committee).unwrap());
    });
    group.finish();
}

criterion_group!(benches, measure);
criterion_main!(benches);
