use super::*;
use blst::min_sig::SecretKey;
use crypto::bls::{KeyBytes, SIGNATURE_DST, Signature, SignatureBytes};
use light_palisade::{Bitmap, Statement, Validator, ValidatorIndex};
use primitives::codec::encode;
use primitives::{AccountId, BlockHash, ChainClock, Power, Timestamp, View};

const CHAIN: ChainHash = ChainHash::new([3; 32]);

/// The secrets of an epoch's validators, in the order of its set.
struct World {
    secrets: Vec<SecretKey>,
    set: ValidatorSet,
}

fn world(epoch: u64) -> World {
    let seed = u8::try_from(epoch).unwrap();
    let mut secrets: Vec<SecretKey> = (0..4)
        .map(|i| SecretKey::key_gen(&[seed * 16 + i + 1; 32], &[]).unwrap())
        .collect();
    secrets.sort_by_key(|secret| secret.sk_to_pk().compress());
    let validators = secrets
        .iter()
        .map(|secret| Validator {
            key: KeyBytes(secret.sk_to_pk().compress()),
            weight: Power::new(1),
            operator: AccountId::new([1; 32]),
            p2p_key: [2; 32],
        })
        .collect();
    let set = ValidatorSet {
        epoch: Epoch::new(epoch),
        ends_at: ChainClock::new(1_000 * (epoch + 1)),
        validators,
    };
    World { secrets, set }
}

fn header_at(height: u64, epoch: u64, parent: BlockHash) -> Header {
    Header {
        version: Header::VERSION,
        chain_hash: CHAIN,
        height: Height::new(height),
        epoch: Epoch::new(epoch),
        view: View::new(height),
        parent,
        proposer: ValidatorIndex::new(0),
        time: Timestamp::new(height),
        chain_clock: ChainClock::new(height),
        transactions_root: Digest::new([4; 32]),
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

fn header_message(header: &Header) -> wire::Header {
    wire::Header {
        version: u32::from(header.version),
        chain_hash: header.chain_hash.as_bytes().to_vec().into(),
        height: header.height.get(),
        epoch: header.epoch.get(),
        view: header.view.get(),
        parent: header.parent.as_bytes().to_vec().into(),
        proposer: u32::from(header.proposer.get()),
        time_ms: header.time.get(),
        chain_clock_ms: header.chain_clock.get(),
        transactions_root: header.transactions_root.as_bytes().to_vec().into(),
        justification_root: header.justification_root.as_bytes().to_vec().into(),
        evidence_root: header.evidence_root.as_bytes().to_vec().into(),
        validators_root: header.validators_root.as_bytes().to_vec().into(),
        next_validators_root: header.next_validators_root.as_bytes().to_vec().into(),
        state_root: header.state_root.as_bytes().to_vec().into(),
        receipts_root: header.receipts_root.as_bytes().to_vec().into(),
        outbox_root: header.outbox_root.as_bytes().to_vec().into(),
        seed: header.seed.as_bytes().to_vec().into(),
        encoded: encode(header).into(),
        hash: header.hash().as_bytes().to_vec().into(),
    }
}

fn finalization(world: &World, signers: &[u16], header: &Header) -> wire::Certificate {
    let statement = Statement::Finalize {
        epoch: world.set.epoch,
        view: header.view,
        parent_view: View::new(header.view.get() - 1),
        block: header.hash(),
    };
    let message = statement.sign_bytes(&CHAIN);
    let signatures: Vec<Signature> = signers
        .iter()
        .map(|i| {
            world.secrets[usize::from(*i)]
                .sign(&message, SIGNATURE_DST, &[])
                .compress()
        })
        .map(|bytes| Signature::new(&SignatureBytes(bytes)).unwrap())
        .collect();
    let bitmap = Bitmap::new(4, signers.iter().map(|i| ValidatorIndex::new(*i)));
    wire::Certificate {
        kind: wire::CertificateKind::Finalization.into(),
        epoch: world.set.epoch.get(),
        view: header.view.get(),
        parent_view: header.view.get() - 1,
        block_hash: header.hash().as_bytes().to_vec().into(),
        signers: bitmap.as_bytes().to_vec().into(),
        signature: Signature::aggregate(&signatures)
            .unwrap()
            .to_bytes()
            .0
            .to_vec()
            .into(),
        encoded: Default::default(),
    }
}

fn proof(world: &World, signers: &[u16], chain: &[Header]) -> wire::FinalityProof {
    wire::FinalityProof {
        header: Some(header_message(&chain[0])),
        descendants: chain[1..].iter().map(header_message).collect(),
        certificate: Some(finalization(world, signers, chain.last().unwrap())),
    }
}

#[test]
fn a_quorum_proves_a_block_and_its_ancestors() {
    let world = world(0);
    let trust = Trust::new(CHAIN, world.set.clone()).unwrap();
    let first = header_at(1, 0, BlockHash::ZERO);
    let second = header_at(2, 0, first.hash());
    assert_eq!(
        trust.finality(&proof(&world, &[0, 1, 2], std::slice::from_ref(&first))),
        Ok(first.clone())
    );
    let both = proof(&world, &[0, 1, 3], &[first.clone(), second]);
    assert_eq!(trust.finality(&both), Ok(first.clone()));

    let few = trust.finality(&proof(&world, &[0, 1], std::slice::from_ref(&first)));
    assert!(
        matches!(
            few,
            Err(VerifyError::Proof(ProofError::Certificate(
                CertificateError::Weight { .. }
            )))
        ),
        "{few:?}"
    );
    let stranger = header_at(2, 0, BlockHash::new([9; 32]));
    let broken = trust.finality(&proof(&world, &[0, 1, 2], &[first.clone(), stranger]));
    assert_eq!(broken, Err(VerifyError::BrokenChain(Height::new(2))));
    let mut forged = proof(&world, &[0, 1, 2], &[first]);
    forged.header.as_mut().unwrap().time_ms += 1;
    assert!(matches!(trust.finality(&forged), Err(VerifyError::Shape(_))));
}

#[test]
fn a_header_whose_stated_hash_is_stripped_is_still_bound_by_the_certificate() {
    let world = world(0);
    let trust = Trust::new(CHAIN, world.set.clone()).unwrap();
    let mut forged = proof(&world, &[0, 1, 2], &[header_at(1, 0, BlockHash::ZERO)]);
    let header = forged.header.as_mut().unwrap();
    header.time_ms += 1;
    header.encoded = Default::default();
    header.hash = Default::default();
    assert_eq!(
        trust.finality(&forged),
        Err(VerifyError::Proof(ProofError::OtherBlock))
    );
}

#[test]
fn trust_moves_only_to_the_set_that_the_last_one_chose() {
    let (now, next) = (world(0), world(1));
    let mut boundary = header_at(5, 0, BlockHash::ZERO);
    boundary.next_validators_root = next.set.root();
    let handover = |set: &ValidatorSet| wire::Handover {
        validator_set: Some(wire::ValidatorSet {
            epoch: set.epoch.get(),
            encoded: encode(set).into(),
            ..Default::default()
        }),
        finality: Some(proof(&now, &[0, 1, 2], &[boundary.clone()])),
    };
    let mut trust = Trust::new(CHAIN, now.set.clone()).unwrap();
    let mut other = next.set.clone();
    other.validators.pop();
    assert_eq!(
        trust.advance(&handover(&other)),
        Err(VerifyError::OtherSet(Epoch::new(1)))
    );
    trust.advance(&handover(&next.set)).unwrap();
    assert_eq!(trust.committee().epoch(), Epoch::new(1));
    let after = header_at(6, 1, boundary.hash());
    assert_eq!(
        trust.finality(&proof(&next, &[1, 2, 3], std::slice::from_ref(&after))),
        Ok(after)
    );
    let old = trust.finality(&proof(&now, &[0, 1, 2], &[boundary]));
    assert!(matches!(old, Err(VerifyError::Epoch { .. })), "{old:?}");
}

#[test]
fn certificates_for_another_chain_show_nothing() {
    let world = world(0);
    let trust = Trust::new(ChainHash::new([8; 32]), world.set.clone()).unwrap();
    let shown = trust.finality(&proof(&world, &[0, 1, 2], &[header_at(1, 0, BlockHash::ZERO)]));
    assert_eq!(shown, Err(VerifyError::Proof(ProofError::OtherChain)));
}
