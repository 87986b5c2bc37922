//! Cost of a header, against the bare double SHA-256 of its 80 bytes: `cargo bench -p palisade-light-bitcoin`.
//!
//! `hash` is that bare hash over 100,000 headers; `check` every rule of a header that follows its parent; `extend` the
//! same through a client in memory, in batches, with its branches and its pruning. Each is one pass over all of them:
//! a tenth of a microsecond per header is ten milliseconds here.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    missing_docs,
    reason = "a program that measures time"
)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use palisade_light_bitcoin::hash::sha256d;
use palisade_light_bitcoin::limits::{Limits, MAX_BATCH};
use palisade_light_bitcoin::{BlockId, Checkpoint, Header, Memory, Network, Record, check};
use primitives::Digest;
use std::hint::black_box;

const HEADERS: u32 = 100_000;
const LATE: u64 = 4_000_000_000;

/// Headers on regtest's first block, ten minutes apart.
fn mined() -> Vec<Header> {
    let first = Network::Regtest.genesis();
    let mut parent = first.id();
    (1..=HEADERS)
        .map(|height| {
            let mut header = Header {
                version: 0x2000_0000,
                parent,
                merkle_root: Digest::new([7; 32]),
                time: first.time + height * 600,
                nonce: 0,
                ..first
            };
            while !header.bits.is_met_by(header.id().as_bytes()).unwrap() {
                header.nonce += 1;
            }
            parent = header.id();
            header
        })
        .collect()
}

fn start() -> (BlockId, Record) {
    let rules = Network::Regtest.rules();
    Checkpoint::genesis(Network::Regtest).root(&rules).unwrap()
}

fn benches(c: &mut Criterion) {
    let headers = mined();
    let bytes: Vec<[u8; 80]> = headers.iter().map(Header::to_bytes).collect();
    let rules = Network::Regtest.rules();
    let mut group = c.benchmark_group("headers");
    group
        .throughput(Throughput::Elements(u64::from(HEADERS)))
        .sample_size(10);
    group.bench_function("hash", |b| {
        b.iter(|| {
            bytes
                .iter()
                .map(|bytes| sha256d(&[black_box(bytes)]))
                .fold(0, |sum, hash| sum ^ hash[0])
        });
    });
    group.bench_function("check", |b| {
        b.iter(|| {
            headers.iter().fold(start(), |(id, record), header| {
                check(&rules, &id, &record, black_box(header), LATE).unwrap()
            })
        });
    });
    group.bench_function("extend", |b| {
        b.iter(|| {
            let (id, record) = start();
            let mut memory = Memory::new(id, record);
            for batch in headers.chunks(MAX_BATCH) {
                memory
                    .submit(&rules, &Limits::default(), black_box(batch), LATE)
                    .unwrap();
            }
            memory.best()
        });
    });
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
