//! One core among validators that the test plays, and what they are made of.

use crate::config::{Config, Now, Timing, Tip};
use crate::effect::{Build, Effect};
use crate::message::Peer;
use crate::scheme::Scheme;
use blst::min_sig::SecretKey;
use crypto::bls::{KeyBytes, SignatureBytes};
use crypto::hash::{seed, sha256};
use light_palisade::vote::seed_sign_bytes;
use light_palisade::{
    Bitmap, Block, Certificate, Committee, Header, Statement, Validator, ValidatorIndex, ValidatorSet, Vote,
};
use primitives::{
    AccountId, BlockHash, ChainClock, ChainHash, Digest, Epoch, Height, Millis, Power, Timestamp, View,
};
use std::sync::{Arc, OnceLock};

pub(super) const CHAIN: ChainHash = ChainHash::new([7; 32]);
pub(super) const GENESIS_TIME: u64 = 1_000_000;

/// Signatures that add up without pairings: six numbers from a hash of key and message, added lane by lane.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mock;

pub(super) type Lanes = [u64; 6];

fn lanes(bytes: &[u8; 48]) -> Lanes {
    core::array::from_fn(|i| u64::from_be_bytes(bytes[i * 8..i * 8 + 8].try_into().unwrap()))
}

fn bytes(lanes: &Lanes) -> SignatureBytes {
    let all: Vec<u8> = lanes.iter().flat_map(|lane| lane.to_be_bytes()).collect();
    SignatureBytes(all.try_into().unwrap())
}

pub(super) fn mock_sign(key: &KeyBytes, message: &[u8]) -> SignatureBytes {
    let first = sha256(&[b"mock", &key.0, message]);
    let second = sha256(&[&first]);
    let mut all = [0; 48];
    all[..32].copy_from_slice(&first);
    all[32..].copy_from_slice(&second[..16]);
    // All ones stands for bytes that are no signature.
    all[0] &= 0x7f;
    SignatureBytes(all)
}

/// Bytes that are no signature.
pub(super) const GARBAGE: SignatureBytes = SignatureBytes([0xff; 48]);

impl Scheme for Mock {
    type Signature = Lanes;

    fn decode(&self, signature: &SignatureBytes) -> Option<Lanes> {
        (*signature != GARBAGE).then(|| lanes(&signature.0))
    }

    fn encode(&self, signature: &Lanes) -> SignatureBytes {
        bytes(signature)
    }

    fn verify(&self, set: &Committee, signer: ValidatorIndex, statement: &Statement, sig: &Lanes) -> bool {
        set.set()
            .get(signer)
            .is_some_and(|v| lanes(&mock_sign(&v.key, &statement.sign_bytes(&CHAIN)).0) == *sig)
    }

    fn sum<'a>(&self, signatures: impl IntoIterator<Item = &'a Lanes>) -> Option<Lanes> {
        signatures
            .into_iter()
            .copied()
            .reduce(|a, b| core::array::from_fn(|i| a[i].wrapping_add(b[i])))
    }

    fn verify_sum(
        &self,
        set: &Committee,
        signers: &[ValidatorIndex],
        statement: &Statement,
        sig: &Lanes,
    ) -> bool {
        let message = statement.sign_bytes(&CHAIN);
        let each: Vec<Lanes> = signers
            .iter()
            .filter_map(|index| set.set().get(*index))
            .map(|v| lanes(&mock_sign(&v.key, &message).0))
            .collect();
        each.len() == signers.len() && self.sum(&each) == Some(*sig)
    }

    fn verify_seed(
        &self,
        set: &Committee,
        signer: ValidatorIndex,
        (epoch, view): (Epoch, View),
        signature: &SignatureBytes,
    ) -> bool {
        let message = seed_sign_bytes(&CHAIN, epoch, view);
        set.set()
            .get(signer)
            .is_some_and(|v| mock_sign(&v.key, &message) == *signature)
    }
}

/// Thirty-two keys in ascending order.
pub(super) fn keys() -> &'static [KeyBytes] {
    static KEYS: OnceLock<Vec<KeyBytes>> = OnceLock::new();
    KEYS.get_or_init(|| {
        let mut keys: Vec<KeyBytes> = (0u8..32)
            .map(|i| {
                let secret = SecretKey::key_gen(&[i; 32], &[]).unwrap();
                KeyBytes(secret.sk_to_pk().compress())
            })
            .collect();
        keys.sort_unstable();
        keys
    })
}

/// A committee over the first keys with these weights; the p2p key of the i-th key is full of i + 1.
pub(super) fn committee(epoch: u64, ends_at: u64, weights: &[u64]) -> Arc<Committee> {
    let validators = weights
        .iter()
        .zip(keys())
        .zip(1u8..)
        .map(|((weight, key), p2p)| Validator {
            key: *key,
            weight: Power::new(*weight),
            operator: AccountId::new([p2p; 32]),
            p2p_key: [p2p; 32],
        })
        .collect();
    let set = ValidatorSet {
        epoch: Epoch::new(epoch),
        ends_at: ChainClock::new(ends_at),
        validators,
    };
    Arc::new(Committee::new(set).unwrap())
}

pub(super) const fn peer(index: u16) -> Peer {
    Peer([index as u8 + 1; 32])
}

pub(super) const fn seat(index: u16) -> ValidatorIndex {
    ValidatorIndex::new(index)
}

pub(super) fn genesis(committee: &Committee) -> Header {
    Header {
        version: Header::VERSION,
        chain_hash: CHAIN,
        height: Height::ZERO,
        epoch: Epoch::ZERO,
        view: View::ZERO,
        parent: BlockHash::ZERO,
        proposer: seat(0),
        time: Timestamp::new(GENESIS_TIME),
        chain_clock: ChainClock::ZERO,
        transactions_root: Digest::ZERO,
        justification_root: Digest::ZERO,
        evidence_root: Digest::ZERO,
        validators_root: committee.root(),
        next_validators_root: Digest::ZERO,
        state_root: Digest::ZERO,
        receipts_root: Digest::ZERO,
        outbox_root: Digest::ZERO,
        seed: Digest::ZERO,
    }
}

pub(super) fn genesis_tip(committee: &Arc<Committee>) -> Tip {
    Tip {
        header: genesis(committee),
        certificate: None,
        committee: Arc::clone(committee),
        previous: None,
        randomness: Digest::ZERO,
    }
}

pub(super) fn config(index: u16) -> Config {
    Config {
        chain: CHAIN,
        key: Some(keys()[usize::from(index)]),
        abstain_before: Epoch::ZERO,
        timing: Timing::default(),
    }
}

pub(super) const fn at(ms: u64) -> Now {
    Now {
        mono: Millis::new(ms),
        wall: Timestamp::new(GENESIS_TIME + ms),
    }
}

pub(super) fn vote(set: &Committee, index: u16, statement: Statement) -> Vote {
    let key = &set.set().validators[usize::from(index)].key;
    Vote {
        statement,
        signer: seat(index),
        signature: mock_sign(key, &statement.sign_bytes(&CHAIN)),
    }
}

pub(super) fn certificate(set: &Committee, statement: Statement, signers: &[u16]) -> Certificate {
    let signatures: Vec<Lanes> = signers
        .iter()
        .map(|index| lanes(&vote(set, *index, statement).signature.0))
        .collect();
    Certificate {
        statement,
        signers: Bitmap::new(set.len(), signers.iter().copied().map(seat)),
        signature: bytes(&Mock.sum(&signatures).unwrap()),
    }
}

/// What an honest application makes of a [`Build`]: `next` is the next epoch's set root, `salt` tells blocks apart.
pub(super) fn built(set: &Committee, build: &Build, next: Digest, salt: u8) -> Arc<Block> {
    let mut header = build.header.clone();
    let key = &set.set().get(header.proposer).unwrap().key;
    let seed_signature = mock_sign(key, &seed_sign_bytes(&CHAIN, header.epoch, header.view));
    header.state_root = Digest::new(sha256(&[b"state", header.parent.as_bytes()]));
    header.receipts_root = Digest::new([salt; 32]);
    header.seed = seed(&build.parent_seed, &seed_signature.0);
    header.evidence_root = Block::evidence_root(&[]);
    if build.boundary {
        header.next_validators_root = next;
    }
    let mut block = Block {
        header,
        justification: build.justification.clone(),
        seed_signature,
        evidence: Vec::new(),
        transactions: Vec::new(),
    };
    block.header.transactions_root = block.transactions_root(&[]);
    Arc::new(block)
}

/// Effects without what is only informative.
pub(super) fn acts(effects: &[Effect]) -> Vec<&Effect> {
    effects
        .iter()
        .filter(|effect| !matches!(effect, Effect::Event(_)))
        .collect()
}
