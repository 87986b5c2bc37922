//! Fuzz bodies as plain functions: whatever a stranger's bytes are, nothing panics, and what is accepted has exactly
//! the bytes that it came from. The tests run them on random bytes and on valid ones that were damaged.

use crate::world::{CHAIN, World, finalize, notarize, nullify};
use crypto::bls::SignatureBytes;
use crypto::hash::tagged;
use crypto::sparse::{self, Terminal};
use crypto::{domain::Domain, merkle};
use palisade_light_palisade::limits::{MAX_BLOCK_BYTES, MAX_TOTAL_WEIGHT, MAX_VALIDATORS};
use palisade_light_palisade::{
    Block, BlockError, Certificate, Committee, Evidence, FinalityProof, Header, InclusionProof,
    Justification, StateProof, ValidatorIndex, ValidatorSet, Vote,
};
use primitives::codec::{CodecError, Decode, Encode, decode, encode};
use primitives::{BlockHash, ChainClock, Digest, Epoch, Height, Timestamp, TxId, View};
use proptest::prelude::*;
use std::sync::LazyLock;

static WORLD: LazyLock<World> = LazyLock::new(|| World::new(0, &[1, 1, 1, 1]));

/// Decodes, and checks that encoding gives the same bytes again.
fn reencoded<T: Encode + Decode>(bytes: &[u8]) -> Option<T> {
    let value: T = decode(bytes).ok()?;
    assert_eq!(encode(&value), bytes, "one value, one encoding");
    Some(value)
}

pub(crate) fn fuzz_header(bytes: &[u8]) {
    if let Some(header) = reencoded::<Header>(bytes) {
        assert_eq!(bytes.len(), encode(&self::header()).len(), "one width");
        assert_ne!(header.hash(), BlockHash::ZERO);
    }
}

pub(crate) fn fuzz_block(bytes: &[u8]) {
    let Ok(block) = Block::decode(bytes) else {
        return;
    };
    assert_eq!(encode(&block), bytes);
    let ids: Vec<TxId> = block
        .transactions
        .iter()
        .map(|bytes| tagged(Domain::Transaction, &[bytes]))
        .collect();
    let within = block.check_limits().is_ok();
    let consistent = block.check_consistency(&ids, &Digest::ZERO).is_ok();
    assert!(within || !consistent, "what is too large is not consistent");
    let fewer = block.check_consistency(ids.get(1..).unwrap_or(&[]), &Digest::ZERO);
    assert!(ids.is_empty() || fewer.is_err(), "an id for each transaction");
}

pub(crate) fn fuzz_certificate(bytes: &[u8]) {
    if let Some(certificate) = reencoded::<Certificate>(bytes) {
        let shape = WORLD.committee.verify_shape(&certificate);
        let whole = WORLD.committee.verify(&CHAIN, &certificate);
        assert!(shape.is_ok() || whole.is_err());
        for index in certificate.signers.iter().take(MAX_VALIDATORS) {
            assert!(certificate.signers.contains(index));
        }
    }
}

pub(crate) fn fuzz_vote(bytes: &[u8]) {
    if let Some(vote) = reencoded::<Vote>(bytes) {
        let known = usize::from(vote.signer.get()) < WORLD.committee.len();
        assert!(known || vote.verify(&CHAIN, &WORLD.committee).is_err());
    }
}

pub(crate) fn fuzz_evidence(bytes: &[u8]) {
    if let Some(evidence) = reencoded::<Evidence>(bytes)
        && let Ok((_, culprits)) = evidence.verify(&CHAIN, &WORLD.committee)
    {
        assert!(!culprits.is_empty() && culprits.is_sorted_by(|a, b| a < b));
        let (a, b) = evidence.statements();
        assert!(a != b && a.view() == b.view() && a.epoch() == b.epoch());
    }
}

pub(crate) fn fuzz_validator_set(bytes: &[u8]) {
    let Some(set) = reencoded::<ValidatorSet>(bytes) else {
        return;
    };
    let root = set.root();
    if let Ok(committee) = Committee::new(set) {
        assert_eq!(committee.root(), root);
        assert!((1..=MAX_VALIDATORS).contains(&committee.len()));
        assert!(committee.total_weight() <= MAX_TOTAL_WEIGHT);
        let (quorum, total) = (
            u128::from(committee.quorum()),
            u128::from(committee.total_weight()),
        );
        assert!(quorum <= total && quorum * 3 > total * 2);
        assert_eq!(committee.weight(ValidatorIndex::new(u16::MAX)), 0);
    }
}

pub(crate) fn fuzz_merkle_proof(bytes: &[u8]) {
    if let Some(proof) = reencoded::<merkle::Proof>(bytes) {
        let outcome = proof.verify(&Digest::new([1; 32]), &merkle::leaf(b"leaf"));
        assert!(outcome.is_err(), "nobody finds a hash");
    }
    if let Some(proof) = reencoded::<InclusionProof>(bytes) {
        let header = header();
        assert!(proof.verify(&header, &TxId::ZERO, b"transaction").is_err());
    }
}

pub(crate) fn fuzz_sparse_proof(bytes: &[u8]) {
    if let Some(proof) = reencoded::<sparse::Proof>(bytes) {
        assert!(bytes.len() <= sparse::MAX_PROOF_SIZE);
        assert!(proof.depth() <= sparse::LEVELS);
        let root = Digest::new([1; 32]);
        assert!(proof.verify(&root, b"key", Some(b"value")).is_err());
        assert!(proof.verify(&root, b"key", None).is_err());
    }
    if let Some(proof) = reencoded::<StateProof>(bytes) {
        assert!(proof.verify(&Digest::new([1; 32]), b"key", None).is_err());
    }
}

pub(crate) fn fuzz_finality_proof(bytes: &[u8]) {
    if let Some(proof) = reencoded::<FinalityProof>(bytes)
        && proof.verify(&CHAIN, &WORLD.committee).is_ok()
    {
        let (_, block) = proof.certificate.statement.block().unwrap();
        assert_eq!(block, proof.header.hash());
    }
}

/// Every body: bytes are tried as everything that they might be.
const BODIES: [fn(&[u8]); 9] = [
    fuzz_header,
    fuzz_block,
    fuzz_certificate,
    fuzz_vote,
    fuzz_evidence,
    fuzz_validator_set,
    fuzz_merkle_proof,
    fuzz_sparse_proof,
    fuzz_finality_proof,
];

fn header() -> Header {
    Header {
        version: Header::VERSION,
        chain_hash: CHAIN,
        height: Height::new(7),
        epoch: Epoch::ZERO,
        view: View::new(1),
        parent: BlockHash::new([3; 32]),
        proposer: ValidatorIndex::new(2),
        time: Timestamp::new(1_000),
        chain_clock: ChainClock::new(900),
        transactions_root: Digest::ZERO,
        justification_root: Digest::ZERO,
        evidence_root: Digest::ZERO,
        validators_root: WORLD.committee.root(),
        next_validators_root: Digest::ZERO,
        state_root: Digest::new([4; 32]),
        receipts_root: Digest::ZERO,
        outbox_root: Digest::ZERO,
        seed: Digest::new([5; 32]),
    }
}

fn block() -> Block {
    let world = &*WORLD;
    Block {
        header: header(),
        justification: Justification {
            parent: Some(world.certificate(&[0, 1, 2], notarize(1, 1))),
            nullifications: vec![world.certificate(&[0, 1, 3], nullify(2))],
        },
        seed_signature: SignatureBytes([6; 48]),
        evidence: vec![Evidence::Votes(
            world.vote(1, notarize(1, 1)),
            world.vote(1, notarize(1, 2)),
        )],
        transactions: vec![vec![1, 2, 3], Vec::new(), vec![9; 100]],
    }
}

/// Valid encodings, one or more for each body.
static VALID: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let world = &*WORLD;
    let header = header();
    let finalizes = palisade_light_palisade::Statement::Finalize {
        epoch: header.epoch,
        view: header.view,
        parent_view: View::ZERO,
        block: header.hash(),
    };
    let leaves: Vec<Digest> = (0..11u8).map(|n| merkle::leaf(&[n])).collect();
    let siblings = [Some(Digest::new([1; 32])), None, Some(Digest::new([2; 32]))];
    let other = Terminal::OtherLeaf {
        path: sparse::path(b"other"),
        value_hash: [8; 32],
    };
    let certificates = Evidence::Certificates(
        world.certificate(&[0, 1, 2], nullify(1)),
        world.certificate(&[1, 2, 3], finalize(1, 1)),
    );
    vec![
        encode(&header),
        encode(&block()),
        encode(&world.certificate(&[0, 2, 3], finalize(1, 1))),
        encode(&world.vote(3, nullify(4))),
        encode(&certificates),
        encode(&block().evidence[0]),
        encode(world.committee.set()),
        encode(&merkle::prove(&leaves, 9).unwrap()),
        encode(&sparse::Proof::new(&siblings, Terminal::Leaf).unwrap()),
        encode(&sparse::Proof::new(&siblings, other).unwrap()),
        encode(&sparse::Proof::new(&[], Terminal::Empty).unwrap()),
        encode(&FinalityProof {
            certificate: world.certificate(&[0, 1, 2], finalizes),
            header,
        }),
    ]
});

/// One thing that goes wrong with bytes; positions are taken modulo the length.
#[derive(Clone, Debug)]
enum Damage {
    Flip(usize, u8),
    Cut(usize),
    Insert(usize, u8),
    /// Four bytes that may be a length or a count.
    Number(usize, u32),
    /// A piece of another valid encoding.
    Splice(usize, usize, usize),
}

impl Damage {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let end = bytes.len().max(1);
        match *self {
            Self::Flip(at, mask) => {
                if let Some(byte) = bytes.get_mut(at % end) {
                    *byte ^= mask;
                }
            }
            Self::Cut(at) => bytes.truncate(at % end),
            Self::Insert(at, byte) => bytes.insert((at % end).min(bytes.len()), byte),
            Self::Number(at, number) => {
                let places = bytes.iter_mut().skip(at % end);
                for (place, byte) in places.zip(number.to_le_bytes()) {
                    *place = byte;
                }
            }
            Self::Splice(which, at, length) => {
                let piece = &VALID[which % VALID.len()];
                let places = bytes.iter_mut().skip(at % end).take(length);
                for (place, byte) in places.zip(piece.iter().skip(at % piece.len())) {
                    *place = *byte;
                }
            }
        }
    }
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = || any::<usize>();
    let number = prop_oneof![Just(0), Just(1), Just(u32::MAX), Just(1 << 31), any::<u32>()];
    prop_oneof![
        3 => (at(), any::<u8>()).prop_map(|(at, mask)| Damage::Flip(at, mask)),
        1 => at().prop_map(Damage::Cut),
        1 => (at(), any::<u8>()).prop_map(|(at, byte)| Damage::Insert(at, byte)),
        2 => (at(), number).prop_map(|(at, number)| Damage::Number(at, number)),
        1 => (at(), at(), 0..200usize).prop_map(|(which, at, length)| Damage::Splice(which, at, length)),
    ]
}

#[test]
fn every_body_accepts_what_is_valid() {
    let accepted = |check: fn(&[u8]) -> bool| VALID.iter().any(|bytes| check(bytes));
    assert!(accepted(|bytes| decode::<Header>(bytes).is_ok()));
    assert!(accepted(|bytes| Block::decode(bytes).is_ok()));
    assert!(accepted(
        |bytes| decode::<Certificate>(bytes).is_ok_and(|c| WORLD.committee.verify(&CHAIN, &c).is_ok())
    ));
    assert!(accepted(
        |bytes| decode::<Vote>(bytes).is_ok_and(|vote| vote.verify(&CHAIN, &WORLD.committee).is_ok())
    ));
    assert!(accepted(
        |bytes| decode::<Evidence>(bytes).is_ok_and(|e| e.verify(&CHAIN, &WORLD.committee).is_ok())
    ));
    assert!(accepted(
        |bytes| decode::<ValidatorSet>(bytes).is_ok_and(|set| Committee::new(set).is_ok())
    ));
    assert!(accepted(|bytes| decode::<merkle::Proof>(bytes).is_ok()));
    assert!(accepted(|bytes| decode::<sparse::Proof>(bytes).is_ok()));
    assert!(accepted(|bytes| decode::<FinalityProof>(bytes)
        .is_ok_and(|proof| proof.verify(&CHAIN, &WORLD.committee).is_ok())));
    for bytes in VALID.iter() {
        BODIES.iter().for_each(|body| body(bytes));
    }
}

#[test]
fn a_block_beyond_its_limit_is_refused_unread() {
    let outcome = Block::decode(&vec![0; MAX_BLOCK_BYTES + 1]);
    assert!(matches!(
        outcome,
        Err(BlockError::Codec(CodecError::TooLong { .. }))
    ));
}

#[test]
fn lengths_that_are_not_there_allocate_nothing() {
    let mut promised = encode(&Epoch::ZERO);
    promised.extend(encode(&ChainClock::ZERO));
    promised.extend(u32::MAX.to_le_bytes());
    assert!(decode::<ValidatorSet>(&promised).is_err());
    let mut promised = vec![0; 8];
    promised.extend(u32::MAX.to_le_bytes());
    assert!(decode::<merkle::Proof>(&promised).is_err());
}

#[test]
fn a_list_longer_than_any_set_has_a_root_and_no_committee() {
    let member = WORLD.committee.set().validators[0].clone();
    let set = ValidatorSet {
        validators: vec![member; 65_537],
        ..WORLD.committee.set().clone()
    };
    assert_ne!(set.root(), Digest::ZERO);
    assert!(Committee::new(set).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_024))]

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        BODIES.iter().for_each(|body| body(&bytes));
    }

    #[test]
    fn bytes_that_are_mostly_zero_never_panic(
        (length, set) in (0usize..600, proptest::collection::vec((0usize..600, any::<u8>()), 0..12)),
    ) {
        let mut bytes = vec![0; length];
        for (at, value) in set {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = value;
            }
        }
        BODIES.iter().for_each(|body| body(&bytes));
    }

    #[test]
    fn damaged_encodings_never_panic(
        which in any::<prop::sample::Index>(),
        damages in proptest::collection::vec(damage(), 1..6),
    ) {
        let mut bytes = which.get(&VALID).clone();
        for damage in &damages {
            damage.apply(&mut bytes);
        }
        BODIES.iter().for_each(|body| body(&bytes));
    }
}
