//! Cost of a transaction's signature: alone, and in batches. `cargo bench -p palisade-crypto`.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    missing_docs,
    reason = "a program that measures time"
)]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ed25519_dalek::{Signer, SigningKey};
use palisade_crypto::ed25519::{Claim, PublicKey, verify_batch};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use std::hint::black_box;

/// Signed messages of 32 bytes, as transactions are, each by a key of its own.
fn signed(count: usize) -> Vec<(PublicKey, [u8; 32], [u8; 64])> {
    (0..count)
        .map(|number| {
            let mut seed = [7; 32];
            seed[..8].copy_from_slice(&(number as u64).to_be_bytes());
            let key = SigningKey::from_bytes(&seed);
            let public = PublicKey::new(key.verifying_key().to_bytes()).unwrap();
            (public, seed, key.sign(&seed).to_bytes())
        })
        .collect()
}

fn benches(c: &mut Criterion) {
    let signed = signed(1_024);
    let claims: Vec<Claim<'_>> = signed
        .iter()
        .map(|(key, message, signature)| Claim {
            key: *key,
            message,
            signature: *signature,
        })
        .collect();
    let mut group = c.benchmark_group("ed25519");
    group.throughput(Throughput::Elements(1));
    group.bench_function("key", |b| {
        b.iter(|| PublicKey::new(black_box(*signed[0].0.as_bytes())));
    });
    group.bench_function("alone", |b| {
        let (key, message, signature) = &signed[0];
        b.iter(|| key.verify(black_box(message), signature));
    });
    for size in [64, 256, 1_024] {
        group.throughput(Throughput::Elements(size as u64));
        group.bench_with_input(BenchmarkId::new("batch", size), &size, |b, size| {
            let mut rng = ChaCha8Rng::seed_from_u64(1);
            b.iter(|| verify_batch(black_box(&claims[..*size]), &mut rng));
        });
    }
    group.finish();
}

criterion_group!(signatures, benches);
criterion_main!(signatures);
