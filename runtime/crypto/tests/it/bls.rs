//! BLS: keys, possession, aggregates, and what must not decode.

use blst::min_sig::SecretKey;
use palisade_crypto::bls::{
    BlsError, KeyBytes, POSSESSION_DST, PublicKey, SIGNATURE_DST, Signature, SignatureBytes,
    possession_message,
};
use primitives::AccountId;

fn secret(seed: u8) -> SecretKey {
    SecretKey::key_gen(&[seed; 32], &[]).unwrap()
}

fn key(secret: &SecretKey) -> PublicKey {
    PublicKey::new(&KeyBytes(secret.sk_to_pk().compress())).unwrap()
}

fn sign(secret: &SecretKey, message: &[u8]) -> Signature {
    let bytes = secret.sign(message, SIGNATURE_DST, &[]).compress();
    Signature::new(&SignatureBytes(bytes)).unwrap()
}

#[test]
fn an_aggregate_holds_for_exactly_its_signers_and_message() {
    let secrets: Vec<_> = (1..=7).map(secret).collect();
    let keys: Vec<_> = secrets.iter().map(key).collect();
    let signatures: Vec<_> = secrets.iter().map(|s| sign(s, b"block")).collect();
    let sum = Signature::aggregate(&signatures).unwrap();
    assert_eq!(sum.verify_aggregate(&keys, b"block"), Ok(()));
    assert_eq!(sum.verify_aggregate(&keys, b"other"), Err(BlsError::Mismatch));
    assert_eq!(
        sum.verify_aggregate(&keys[1..], b"block"),
        Err(BlsError::Mismatch)
    );
    assert_eq!(sum.verify_aggregate([], b"block"), Err(BlsError::Empty));
    assert_eq!(Signature::aggregate([]), Err(BlsError::Empty));
    let again = Signature::new(&sum.to_bytes()).unwrap();
    assert_eq!(again, sum);
}

#[test]
fn possession_is_shown_only_by_the_keys_own_holder() {
    let (mine, other) = (secret(1), secret(2));
    let (operator, thief) = (AccountId::new([1; 32]), AccountId::new([2; 32]));
    let message = possession_message(&key(&mine).to_bytes(), &operator);
    let proof = SignatureBytes(mine.sign(&message, POSSESSION_DST, &[]).compress());
    assert_eq!(key(&mine).verify_possession(&operator, &proof), Ok(()));
    let others = key(&other).verify_possession(&operator, &proof);
    assert_eq!(others, Err(BlsError::Mismatch));
    // Whoever sees it on its way cannot register the key for himself.
    let stolen = key(&mine).verify_possession(&thief, &proof);
    assert_eq!(stolen, Err(BlsError::Mismatch));
    // A vote over the key's bytes is no possession proof: the domains differ.
    assert_eq!(
        key(&mine).verify_possession(&operator, &sign(&mine, &message).to_bytes()),
        Err(BlsError::Mismatch)
    );
}

#[test]
fn identities_and_points_outside_the_group_are_refused() {
    let mut identity_key = [0u8; 96];
    identity_key[0] = 0xc0;
    assert_eq!(PublicKey::new(&KeyBytes(identity_key)), Err(BlsError::Key));
    let mut identity_signature = [0u8; 48];
    identity_signature[0] = 0xc0;
    assert_eq!(
        Signature::new(&SignatureBytes(identity_signature)),
        Err(BlsError::Signature)
    );
    assert_eq!(PublicKey::new(&KeyBytes([0; 96])), Err(BlsError::Key));
    assert_eq!(
        Signature::new(&SignatureBytes([0xff; 48])),
        Err(BlsError::Signature)
    );
    // Points of the curve that are not in the subgroup: almost every x that has a y.
    let outside = (0u8..=255)
        .filter_map(|x| {
            let mut bytes = [0u8; 48];
            (bytes[0], bytes[47]) = (0x80, x);
            blst::min_sig::Signature::uncompress(&bytes).ok().map(|_| bytes)
        })
        .collect::<Vec<_>>();
    assert!(outside.len() > 50);
    for bytes in outside {
        assert_eq!(Signature::new(&SignatureBytes(bytes)), Err(BlsError::Signature));
    }
}

#[test]
fn signatures_that_cancel_out_are_no_aggregate() {
    let signature = sign(&secret(3), b"block");
    let mut negated = signature.to_bytes().0;
    // The sign bit of the compressed form.
    negated[0] ^= 0x20;
    let negated = Signature::new(&SignatureBytes(negated)).unwrap();
    assert_eq!(
        Signature::aggregate([&signature, &negated]),
        Err(BlsError::Signature)
    );
}
