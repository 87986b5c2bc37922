//! Ethereum's BLS against its official vectors, and sums with absent members.

use crate::fixtures;
use blst::min_pk::SecretKey;
use palisade_crypto::bls::BlsError;
use palisade_crypto::bls_short_keys::{KeySum, PublicKey, SIGNATURE_DST, Signature};
use serde_json::Value;

/// The cases of one folder; none where the fixtures are missing.
fn cases(folder: &str) -> Vec<(String, Value)> {
    let Some(path) = fixtures::path(&format!("bls/bls12-381-tests/{folder}")) else {
        return Vec::new();
    };
    let mut found: Vec<(String, Value)> = std::fs::read_dir(path)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            (path.display().to_string(), serde_json::from_str(&text).unwrap())
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

fn hex(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap().trim_start_matches("0x")).unwrap()
}

fn key(value: &Value) -> Option<PublicKey> {
    PublicKey::new(&hex(value).try_into().ok()?).ok()
}

fn signature(value: &Value) -> Option<Signature> {
    Signature::new(&hex(value).try_into().ok()?).ok()
}

#[test]
fn official_verifications_give_their_stated_answer() {
    let mut run = 0;
    for folder in ["verify", "fast_aggregate_verify"] {
        for (name, case) in cases(folder) {
            let input = &case["input"];
            let keys: Option<Vec<PublicKey>> = match input.get("pubkeys") {
                Some(keys) => keys.as_array().unwrap().iter().map(key).collect(),
                None => key(&input["pubkey"]).map(|key| vec![key]),
            };
            let holds = keys
                .zip(signature(&input["signature"]))
                .is_some_and(|(keys, signature)| {
                    let sum = KeySum::of(&keys);
                    sum.is_ok_and(|sum| signature.verify(&sum, &hex(&input["message"])).is_ok())
                });
            assert_eq!(Some(holds), case["output"].as_bool(), "{name}");
            run += 1;
        }
    }
    assert!(run == 0 || run == 26, "{run} cases");
}

#[test]
fn official_encodings_are_read_as_stated_except_the_identity() {
    let mut run = 0;
    for (name, case) in cases("deserialization_G1") {
        let read = key(&case["input"]["pubkey"]).is_some();
        assert_eq!(
            Some(read),
            case["output"]
                .as_bool()
                .map(|ok| ok && !name.contains("infinity")),
            "{name}"
        );
        run += 1;
    }
    for (name, case) in cases("deserialization_G2") {
        let read = signature(&case["input"]["signature"]).is_some();
        assert_eq!(
            Some(read),
            case["output"]
                .as_bool()
                .map(|ok| ok && !name.contains("infinity")),
            "{name}"
        );
        run += 1;
    }
    assert!(run == 0 || run == 22, "{run} cases");
}

#[test]
fn absent_members_are_taken_off_with_their_multiplicity() {
    let secrets: Vec<SecretKey> = (1..=5u8)
        .map(|n| SecretKey::key_gen(&[n; 32], &[]).unwrap())
        .collect();
    let keys: Vec<PublicKey> = secrets
        .iter()
        .map(|secret| PublicKey::new(&secret.sk_to_pk().compress()).unwrap())
        .collect();
    // The first member stands there twice, and one of the two is absent.
    let members = [0, 1, 2, 0, 3].map(|at| keys[at]);
    let all = KeySum::of(&members).unwrap();
    let present = all.without(&KeySum::of([&members[3], &members[4]]).unwrap());
    let expected = KeySum::of(&members[..3]).unwrap().to_key().unwrap();
    assert_eq!(present.to_key(), Ok(expected));
    let nobody = all.without(&all);
    assert_eq!(nobody.to_key(), Err(BlsError::Key));
    let one = Signature::new(&secrets[0].sign(b"block", SIGNATURE_DST, &[]).compress()).unwrap();
    assert_eq!(one.verify(&KeySum::from(&keys[0]), b"block"), Ok(()));
    assert_eq!(
        one.verify(&KeySum::from(&keys[1]), b"block"),
        Err(BlsError::Mismatch)
    );
    assert_eq!(one.verify(&nobody, b"block"), Err(BlsError::Key));
    assert!(matches!(KeySum::of([]), Err(BlsError::Empty)));
}

#[test]
fn a_checked_key_comes_back_and_flags_do_not() {
    let secret = SecretKey::key_gen(&[9; 32], &[]).unwrap();
    let key = PublicKey::new(&secret.sk_to_pk().compress()).unwrap();
    let bytes = key.to_uncompressed();
    assert_eq!(PublicKey::from_checked(&bytes), Ok(key));
    assert_eq!(key.to_bytes(), secret.sk_to_pk().compress());
    for flag in [0x80, 0x40, 0x20] {
        let mut other = bytes;
        other[0] |= flag;
        assert_eq!(PublicKey::from_checked(&other), Err(BlsError::Key));
    }
    let mut off = bytes;
    off[95] ^= 1;
    assert_eq!(
        PublicKey::from_checked(&off),
        Err(BlsError::Key),
        "not on the curve"
    );
    assert_eq!(PublicKey::from_checked(&[0; 96]), Err(BlsError::Key));
}
