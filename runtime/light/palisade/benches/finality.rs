//! Cost of votes, certificates, headers and blocks: `cargo bench -p palisade-light-palisade`.
//!
//! `votes` compares checking every vote by itself with one check of their sum, which is what a quorum costs a validator
//! when nobody lies.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::integer_division,
    clippy::unwrap_used,
    missing_docs,
    reason = "a program that measures time"
)]

use blst::min_sig::SecretKey;
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use crypto::bls::{KeyBytes, SIGNATURE_DST, Signature, SignatureBytes};
use palisade_light_palisade::{
    Bitmap, Certificate, Committee, Statement, Validator, ValidatorIndex, ValidatorSet, Vote,
};
use primitives::codec::{decode, encode};
use primitives::{AccountId, BlockHash, ChainClock, ChainHash, Epoch, Power, View};
use std::hint::black_box;

const CHAIN: ChainHash = ChainHash::new([9; 32]);

/// `n` validators of equal weight, and the vote of each for one block.
fn committee(n: u16) -> (Committee, Vec<Vote>) {
    let mut members: Vec<(SecretKey, Validator)> = (0..n)
        .map(|i| {
            let mut seed = [3; 32];
            seed[..2].copy_from_slice(&i.to_be_bytes());
            let secret = SecretKey::key_gen(&seed, &[]).unwrap();
            let validator = Validator {
                key: KeyBytes(secret.sk_to_pk().compress()),
                weight: Power::new(1),
                operator: AccountId::new(seed),
                p2p_key: seed,
            };
            (secret, validator)
        })
        .collect();
    members.sort_by_key(|(_, validator)| validator.key);
    let statement = Statement::Finalize {
        epoch: Epoch::ZERO,
        view: View::new(7),
        parent_view: View::new(6),
        block: BlockHash::new([5; 32]),
    };
    let bytes = statement.sign_bytes(&CHAIN);
    let votes = members
        .iter()
        .enumerate()
        .map(|(index, (secret, _))| Vote {
            statement,
            signer: ValidatorIndex::new(index as u16),
            signature: SignatureBytes(secret.sign(&bytes, SIGNATURE_DST, &[]).compress()),
        })
        .collect();
    let set = ValidatorSet {
        epoch: Epoch::ZERO,
        ends_at: ChainClock::new(1_000),
        validators: members.into_iter().map(|(_, validator)| validator).collect(),
    };
    (Committee::new(set).unwrap(), votes)
}

fn certificate(committee: &Committee, votes: &[Vote]) -> Certificate {
    let signatures: Vec<Signature> = votes
        .iter()
        .map(|vote| Signature::new(&vote.signature).unwrap())
        .collect();
    Certificate {
        statement: votes[0].statement,
        signers: Bitmap::new(committee.len(), votes.iter().map(|vote| vote.signer)),
        signature: Signature::aggregate(&signatures).unwrap().to_bytes(),
    }
}

fn benches(c: &mut Criterion) {
    let mut group = c.benchmark_group("votes");
    group.sample_size(10);
    for n in [4, 31, 100, 150] {
        let (committee, votes) = committee(n);
        let quorum = &votes[..usize::from(2 * n / 3 + 1)];
        group.bench_with_input(BenchmarkId::new("one by one", n), &quorum, |b, quorum| {
            b.iter(|| {
                for vote in *quorum {
                    vote.verify(&CHAIN, &committee).unwrap();
                }
            });
        });
        group.bench_with_input(BenchmarkId::new("summed", n), &quorum, |b, quorum| {
            b.iter(|| {
                let formed = certificate(&committee, black_box(quorum));
                committee.verify(&CHAIN, &formed).unwrap();
            });
        });
        let formed = certificate(&committee, quorum);
        group.bench_with_input(BenchmarkId::new("certificate", n), &formed, |b, formed| {
            b.iter(|| committee.verify(&CHAIN, black_box(formed)).unwrap());
        });
        group.bench_with_input(BenchmarkId::new("codec", n), &formed, |b, formed| {
            b.iter(|| decode::<Certificate>(&encode(black_box(formed))).unwrap());
        });
    }
    group.finish();
}

criterion_group!(finality, benches);
criterion_main!(finality);
