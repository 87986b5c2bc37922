//! Fuzz bodies: whatever a stranger's bytes are, nothing panics, nothing beyond the limits is accepted, and whatever is
//! accepted has one encoding.

use super::*;
use crypto::bls::SignatureBytes;
use light_palisade::{Bitmap, Statement, ValidatorIndex};
use primitives::{ChainClock, ChainHash, Digest, Timestamp, View};
use proptest::prelude::*;

fn fuzz_request(bytes: &[u8]) {
    let Some(request) = Request::parse(bytes) else {
        return;
    };
    assert_eq!(request.to_bytes(), bytes);
    match request {
        Request::Headers { from, to } => assert!(from <= to && to.get() - from.get() < MAX_HEADERS),
        Request::Bodies { hashes } => assert!(hashes.len() <= MAX_BODIES),
        Request::Status | Request::HandOvers { .. } => {}
    }
}

fn fuzz_answer(bytes: &[u8]) {
    if let Ok(answer) = Answer::parse(bytes) {
        assert!(bytes.len() <= MAX_ANSWER + MARK.len());
        assert_eq!(answer.to_bytes(), bytes);
    }
}

fn header() -> Header {
    Header {
        version: Header::VERSION,
        chain_hash: ChainHash::new([1; 32]),
        height: Height::new(7),
        epoch: Epoch::ZERO,
        view: View::new(8),
        parent: BlockHash::new([2; 32]),
        proposer: ValidatorIndex::new(1),
        time: Timestamp::new(9),
        chain_clock: ChainClock::new(3),
        transactions_root: Digest::ZERO,
        justification_root: Digest::ZERO,
        evidence_root: Digest::ZERO,
        validators_root: Digest::ZERO,
        next_validators_root: Digest::ZERO,
        state_root: Digest::ZERO,
        receipts_root: Digest::ZERO,
        outbox_root: Digest::ZERO,
        seed: Digest::ZERO,
    }
}

fn valid() -> Vec<Bytes> {
    let certificate = Certificate {
        statement: Statement::Nullify {
            epoch: Epoch::ZERO,
            view: View::new(4),
        },
        signers: Bitmap::new(9, [ValidatorIndex::new(3)]),
        signature: SignatureBytes([5; 48]),
    };
    let block = Block {
        header: header(),
        justification: light_palisade::Justification {
            parent: Some(certificate.clone()),
            nullifications: vec![certificate.clone()],
        },
        seed_signature: SignatureBytes([6; 48]),
        evidence: Vec::new(),
        transactions: vec![vec![1, 2], Vec::new()],
    };
    let next = ValidatorSet {
        epoch: Epoch::new(1),
        ends_at: ChainClock::new(5),
        validators: Vec::new(),
    };
    let hand_over = HandOver {
        header: header(),
        certificate: certificate.clone(),
        next,
    };
    let status = Status {
        header: header(),
        certificate: Some(certificate),
        earliest: Height::ZERO,
    };
    let requests = [
        Request::Status,
        Request::Headers {
            from: Height::new(1),
            to: Height::new(MAX_HEADERS),
        },
        Request::Bodies {
            hashes: vec![BlockHash::new([3; 32]); MAX_BODIES],
        },
    ];
    let answers = [
        Answer::Status(Box::new(status)),
        Answer::Headers(vec![header(), header()]),
        Answer::Bodies(vec![block]),
        Answer::HandOvers(vec![hand_over]),
        Answer::Pruned {
            earliest: Height::new(2),
        },
    ];
    let requests = requests.iter().map(Request::to_bytes);
    requests.chain(answers.iter().map(Answer::to_bytes)).collect()
}

/// A valid encoding with some of its bytes changed, cut off, or taken for a count.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let edit = (any::<prop::sample::Index>(), any::<u32>(), 0u8..4);
    let edits = proptest::collection::vec(edit, 0..5);
    (any::<prop::sample::Index>(), edits).prop_map(|(which, edits)| {
        let mut bytes = which.get(&valid()).to_vec();
        for (place, value, kind) in edits {
            let at = place.index(bytes.len().max(1));
            let number = value.to_le_bytes();
            match kind {
                0 => bytes
                    .iter_mut()
                    .skip(at)
                    .take(1)
                    .for_each(|byte| *byte ^= number[0].max(1)),
                1 => bytes.insert(at.min(bytes.len()), number[0]),
                2 => bytes.truncate(at),
                _ => bytes
                    .iter_mut()
                    .skip(at)
                    .zip(number)
                    .for_each(|(byte, new)| *byte = new),
            }
        }
        bytes
    })
}

#[test]
fn what_is_valid_is_accepted() {
    for bytes in valid() {
        assert!(Request::parse(&bytes).is_some() || Answer::parse(&bytes).is_ok());
        fuzz_request(&bytes);
        fuzz_answer(&bytes);
    }
}

#[test]
fn a_count_that_is_not_there_allocates_nothing() {
    for kind in 0..=4u8 {
        let promised = [&MARK[..], &[kind], &u32::MAX.to_le_bytes()].concat();
        fuzz_request(&promised);
        fuzz_answer(&promised);
    }
    let hashes = vec![BlockHash::ZERO; MAX_BODIES + 1];
    assert_eq!(Request::parse(&Request::Bodies { hashes }.to_bytes()), None);
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        fuzz_request(&bytes);
        fuzz_answer(&bytes);
        let marked = [&MARK[..], &bytes].concat();
        fuzz_request(&marked);
        fuzz_answer(&marked);
    }

    #[test]
    fn damaged_messages_never_panic(bytes in damaged()) {
        fuzz_request(&bytes);
        fuzz_answer(&bytes);
    }
}
