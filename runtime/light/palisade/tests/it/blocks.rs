//! Headers, blocks and what wallets check against them.

use crate::world::{CHAIN, World, nullify};
use crypto::bls::SignatureBytes;
use crypto::hash::{seed, tagged};
use crypto::merkle;
use palisade_light_palisade::block::transaction_leaf;
use palisade_light_palisade::limits::{MAX_EVIDENCE, MAX_TRANSACTION_SIZE};
use palisade_light_palisade::proof::ProofError;
use palisade_light_palisade::{
    Block, BlockError, Evidence, FinalityProof, Header, InclusionProof, Justification, Statement,
    ValidatorIndex,
};
use primitives::codec::{decode, encode};
use primitives::{BlockHash, ChainClock, Digest, Epoch, Height, Timestamp, TxId, View};

const PARENT_SEED: Digest = Digest::new([5; 32]);

fn ids(block: &Block) -> Vec<TxId> {
    block
        .transactions
        .iter()
        .map(|t| tagged(crypto::domain::Domain::Transaction, &[t]))
        .collect()
}

fn block(transactions: Vec<Vec<u8>>) -> Block {
    let seed_signature = SignatureBytes([7; 48]);
    let mut block = Block {
        header: Header {
            version: Header::VERSION,
            chain_hash: CHAIN,
            height: Height::new(1),
            epoch: Epoch::ZERO,
            view: View::new(1),
            parent: BlockHash::ZERO,
            proposer: ValidatorIndex::new(0),
            time: Timestamp::new(1),
            chain_clock: ChainClock::new(1),
            transactions_root: Digest::ZERO,
            justification_root: Justification::default().root(),
            evidence_root: Digest::ZERO,
            validators_root: Digest::ZERO,
            next_validators_root: Digest::ZERO,
            state_root: Digest::ZERO,
            receipts_root: Digest::ZERO,
            outbox_root: Digest::ZERO,
            seed: seed(&PARENT_SEED, &seed_signature.0),
        },
        justification: Justification::default(),
        seed_signature,
        evidence: Vec::new(),
        transactions,
    };
    block.header.transactions_root = block.transactions_root(&ids(&block));
    block
}

#[test]
fn the_header_has_one_width_and_its_hash_binds_every_byte() {
    let header = block(vec![vec![1]]).header;
    let bytes = encode(&header);
    assert_eq!(bytes.len(), 396);
    for position in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[position] ^= 1;
        let other: Header = decode(&changed).unwrap();
        assert_ne!(other.hash(), header.hash(), "byte {position}");
    }
}

#[test]
fn a_body_that_is_not_the_headers_is_refused() {
    let good = block(vec![vec![1], vec![2, 3]]);
    assert_eq!(good.check_consistency(&ids(&good), &PARENT_SEED), Ok(()));
    assert_eq!(Block::decode(&encode(&good)), Ok(good.clone()));

    let mut bad = good.clone();
    bad.transactions[1][0] ^= 1;
    assert_eq!(
        bad.check_consistency(&ids(&bad), &PARENT_SEED),
        Err(BlockError::Root("transactions root"))
    );
    // The same id with other signature bytes is another transaction list.
    assert_eq!(
        bad.check_consistency(&ids(&good), &PARENT_SEED),
        Err(BlockError::Root("transactions root"))
    );
    let mut bad = good.clone();
    bad.justification
        .nullifications
        .push(World::new(0, &[1]).certificate(&[0], nullify(1)));
    assert_eq!(
        bad.check_consistency(&ids(&bad), &PARENT_SEED),
        Err(BlockError::Root("justification root"))
    );
    let mut bad = good.clone();
    bad.seed_signature.0[0] ^= 1;
    assert_eq!(
        bad.check_consistency(&ids(&bad), &PARENT_SEED),
        Err(BlockError::Root("seed"))
    );
    let mut bad = good.clone();
    bad.header.version = 2;
    assert_eq!(
        bad.check_consistency(&ids(&bad), &PARENT_SEED),
        Err(BlockError::Version(2))
    );
    assert!(good.check_consistency(&ids(&good)[1..], &PARENT_SEED).is_err());
}

#[test]
fn sizes_are_limited() {
    let large = block(vec![vec![0; MAX_TRANSACTION_SIZE + 1]]);
    assert!(matches!(
        large.check_limits(),
        Err(BlockError::TooLarge {
            part: "bytes of one transaction",
            ..
        })
    ));
    let mut accusing = block(Vec::new());
    let vote = World::new(0, &[1]).vote(0, nullify(1));
    accusing.evidence = vec![Evidence::Votes(vote, vote); MAX_EVIDENCE + 1];
    assert!(matches!(
        accusing.check_limits(),
        Err(BlockError::TooLarge {
            part: "pieces of evidence",
            ..
        })
    ));
    assert!(matches!(
        Block::decode(&vec![0; 4 << 20]),
        Err(BlockError::Codec(_))
    ));
}

#[test]
fn a_wallet_is_shown_that_its_transaction_is_final() {
    let world = World::new(0, &[1, 1, 1, 1]);
    let block = block((0u8..9).map(|i| vec![i; 3]).collect());
    let statement = Statement::Finalize {
        epoch: Epoch::ZERO,
        view: View::new(1),
        parent_view: View::ZERO,
        block: block.hash(),
    };
    let proof = FinalityProof {
        header: block.header.clone(),
        certificate: world.certificate(&[0, 1, 3], statement),
    };
    assert_eq!(proof.verify(&CHAIN, &world.committee), Ok(()));

    let ids = ids(&block);
    let leaves: Vec<Digest> = ids
        .iter()
        .zip(&block.transactions)
        .map(|(id, bytes)| transaction_leaf(id, bytes))
        .collect();
    let inclusion = InclusionProof {
        path: merkle::prove(&leaves, 4).unwrap(),
    };
    assert_eq!(
        inclusion.verify(&block.header, &ids[4], &block.transactions[4]),
        Ok(())
    );
    assert!(
        inclusion
            .verify(&block.header, &ids[3], &block.transactions[3])
            .is_err()
    );

    let mut other = proof.clone();
    other.header.height = Height::new(2);
    assert_eq!(
        other.verify(&CHAIN, &world.committee),
        Err(ProofError::OtherBlock)
    );
    let mut notarized = proof;
    notarized.certificate = world.certificate(
        &[0, 1, 3],
        Statement::Notarize {
            epoch: Epoch::ZERO,
            view: View::new(1),
            parent_view: View::ZERO,
            block: block.hash(),
        },
    );
    assert_eq!(
        notarized.verify(&CHAIN, &world.committee),
        Err(ProofError::OtherBlock)
    );
}
