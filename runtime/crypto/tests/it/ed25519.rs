//! ed25519: the ZIP-215 rule on every known edge case, and one verdict alone or in a batch.

use crate::fixtures;
use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::edwards::CompressedEdwardsY;
use ed25519_dalek::{Signer, SigningKey};
use palisade_crypto::ed25519::{Claim, KeyError, PublicKey, verify_batch, verify_zip215};
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use std::collections::BTreeSet;

fn bytes<const N: usize>(value: &serde_json::Value) -> Option<[u8; N]> {
    hex::decode(value.as_str().unwrap()).unwrap().try_into().ok()
}

fn flags(value: &serde_json::Value) -> Vec<&str> {
    value["flags"]
        .as_array()
        .map(|f| f.iter().filter_map(|f| f.as_str()).collect())
        .unwrap_or_default()
}

#[test]
fn every_edge_case_is_judged_as_zip_215_says() {
    let Some(vectors) = fixtures::json("ed25519/cctv_ed25519vectors.json") else {
        return;
    };
    let vectors = vectors.as_array().unwrap();
    assert_eq!(vectors.len(), 914);
    let mut acceptable = Vec::new();
    for vector in vectors {
        let key: [u8; 32] = bytes(&vector["key"]).unwrap();
        let signature: [u8; 64] = bytes(&vector["sig"]).unwrap();
        let message = vector["msg"].as_str().unwrap().as_bytes();
        let flags = flags(vector);
        // ZIP-215 takes every encoding as it stands, so a challenge over re-encoded points fails; unless the key
        // is of small order, where no challenge matters once multiplied by the cofactor.
        let expected = !flags.contains(&"reencoded_k") || flags.contains(&"low_order_A");
        assert_eq!(
            verify_zip215(&key, message, &signature).is_ok(),
            expected,
            "{vector}"
        );

        let checked = PublicKey::new(key);
        let refused = flags.contains(&"low_order_A") || flags.contains(&"non_canonical_A");
        assert_eq!(checked.is_err(), refused, "{vector}");
        if let Ok(key) = checked {
            acceptable.push((
                Claim {
                    key,
                    message,
                    signature,
                },
                expected,
            ));
        }
    }
    assert!(acceptable.len() > 100);
    // All together, with good and bad mixed: the verdicts are those of one by one.
    let claims: Vec<Claim<'_>> = acceptable.iter().map(|(claim, _)| *claim).collect();
    let verdicts = verify_batch(&claims, &mut ChaCha20Rng::seed_from_u64(1));
    let expected: Vec<bool> = acceptable.iter().map(|(_, expected)| *expected).collect();
    assert_eq!(verdicts, expected);
}

#[test]
fn wycheproof_agrees_but_for_what_zip_215_allows() {
    let Some(file) = fixtures::json("ed25519/wycheproof_ed25519_test.json") else {
        return;
    };
    // Where ZIP-215 parts from RFC 8032 on purpose: R is any encoding of a point, here y = 1 with the sign bit.
    let accepted_by_zip_215 = [151];
    let mut cases = 0;
    for group in file["testGroups"].as_array().unwrap() {
        let key: [u8; 32] = bytes(&group["publicKey"]["pk"]).unwrap();
        for test in group["tests"].as_array().unwrap() {
            let message = hex::decode(test["msg"].as_str().unwrap()).unwrap();
            let verdict = bytes::<64>(&test["sig"])
                .is_some_and(|signature| verify_zip215(&key, &message, &signature).is_ok());
            let id = test["tcId"].as_u64().unwrap();
            let expected = test["result"] == "valid" || accepted_by_zip_215.contains(&id);
            assert_eq!(verdict, expected, "{test}");
            cases += 1;
        }
    }
    assert!(cases > 100, "{cases} cases");
}

#[test]
fn a_key_under_which_one_signature_fits_all_is_refused() {
    let mut identity = [0u8; 32];
    identity[0] = 1;
    assert_eq!(PublicKey::new(identity), Err(KeyError::SmallOrder));
    // The same point with the sign bit set, and one that is no point at all.
    identity[31] = 0x80;
    assert_eq!(PublicKey::new(identity), Err(KeyError::NotCanonical));
    let mut none = [0u8; 32];
    none[0] = 2;
    assert_eq!(PublicKey::new(none), Err(KeyError::NotAPoint));
}

#[test]
fn no_signature_is_valid_under_a_signers_key_that_is_no_point() {
    let mut none = [0u8; 32];
    none[0] = 2;
    let none = PublicKey::of_signer(none).unwrap();
    let mut claims: Vec<Claim<'_>> = (1..=9)
        .map(|seed| {
            let key = SigningKey::from_bytes(&[seed; 32]);
            Claim {
                key: PublicKey::new(key.verifying_key().to_bytes()).unwrap(),
                message: b"alike",
                signature: key.sign(b"alike").to_bytes(),
            }
        })
        .collect();
    let stolen = claims[0].signature;
    assert!(none.verify(b"alike", &stolen).is_err());
    claims.insert(
        4,
        Claim {
            key: none,
            message: b"alike",
            signature: stolen,
        },
    );
    let verdicts = verify_batch(&claims, &mut ChaCha20Rng::seed_from_u64(7));
    let expected: Vec<bool> = (0..10).map(|at| at != 4).collect();
    assert_eq!(verdicts, expected);
}

/// What a key is, by arithmetic on the curve.
fn judged(bytes: [u8; 32]) -> Result<(), KeyError> {
    let point = CompressedEdwardsY(bytes)
        .decompress()
        .ok_or(KeyError::NotAPoint)?;
    if point.compress().0 != bytes {
        return Err(KeyError::NotCanonical);
    }
    if point.is_small_order() {
        return Err(KeyError::SmallOrder);
    }
    Ok(())
}

#[test]
fn every_encoding_at_the_edges_is_judged_as_the_curve_says() {
    let mut cases = Vec::new();
    for low in 0..=u8::MAX {
        for (rest, high) in [(0, 0), (0, 0x80), (0xff, 0x7f), (0xff, 0xff)] {
            let mut bytes = [rest; 32];
            (bytes[0], bytes[31]) = (low, high);
            cases.push(bytes);
        }
    }
    for point in EIGHT_TORSION {
        let bytes = point.compress().0;
        let mut mirrored = bytes;
        mirrored[31] ^= 0x80;
        cases.extend([bytes, mirrored]);
    }
    let mut seen = BTreeSet::new();
    for bytes in cases {
        let verdict = PublicKey::new(bytes).map(|_| ());
        assert_eq!(verdict, judged(bytes), "{bytes:02x?}");
        seen.insert(format!("{verdict:?}"));
    }
    assert_eq!(seen.len(), 4, "{seen:?}");
}

proptest! {
    #[test]
    fn any_bytes_are_judged_as_the_curve_says(bytes in any::<[u8; 32]>()) {
        prop_assert_eq!(PublicKey::new(bytes).map(|_| ()), judged(bytes));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn a_batch_finds_exactly_the_bad_ones(seed in any::<u64>(), bad in proptest::collection::vec(any::<bool>(), 0..48)) {
        let signed: Vec<_> = bad.iter().enumerate().map(|(i, bad)| {
            let signer = SigningKey::from_bytes(&[(i % 5) as u8 + 1; 32]);
            let message = vec![i as u8; 40];
            let mut signature = signer.sign(&message).to_bytes();
            if *bad {
                signature[usize::try_from(seed % 64).unwrap()] ^= 1;
            }
            (PublicKey::new(signer.verifying_key().to_bytes()).unwrap(), message, signature)
        }).collect();
        let claims: Vec<_> = signed
            .iter()
            .map(|(key, message, signature)| Claim { key: *key, message, signature: *signature })
            .collect();
        let verdicts = verify_batch(&claims, &mut ChaCha20Rng::seed_from_u64(seed));
        prop_assert_eq!(verdicts, bad.iter().map(|bad| !bad).collect::<Vec<_>>());
    }
}
