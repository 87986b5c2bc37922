//! A verifier written from the documentation of `crypto::sparse` alone, on encoded bytes, against proofs of versions.

use crate::{Entries, version};
use crypto::hash::sha256;
use crypto::sparse::{Proof, Terminal};
use primitives::Digest;
use primitives::codec::{decode, encode};
use proptest::prelude::*;

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (head, tail) = bytes.split_at_checked(count)?;
    *bytes = tail;
    Some(head)
}

fn bit(bytes: &[u8], level: usize) -> bool {
    bytes[level / 8] >> (7 - level % 8) & 1 == 1
}

/// Whether `proof` shows that `key` has `value` (or none) under `root`.
fn holds(mut proof: &[u8], root: &[u8], key: &[u8], value: Option<&[u8]>) -> Option<bool> {
    let length = usize::from(take(&mut proof, 1)?[0]);
    let bitmap = take(&mut proof, length)?;
    if length > 32 || bitmap.last() == Some(&0) {
        return None;
    }
    let depth = (0..length * 8)
        .rev()
        .find(|level| bit(bitmap, *level))
        .map_or(0, |level| level + 1);
    let mut siblings = Vec::new();
    for _ in (0..depth).filter(|level| bit(bitmap, *level)) {
        siblings.push(take(&mut proof, 32).filter(|sibling| **sibling != [0; 32])?);
    }
    let path = sha256(&[key]);
    let mut hash = match (take(&mut proof, 1)?[0], value) {
        (0, Some(value)) => sha256(&[&[0], &path, &sha256(&[value])]),
        (1, None) => {
            let (other, value_hash) = (take(&mut proof, 32)?, take(&mut proof, 32)?);
            if other == path || (0..depth).any(|level| bit(other, level) != bit(&path, level)) {
                return None;
            }
            sha256(&[&[0], other, value_hash])
        }
        (2, None) => [0; 32],
        _ => return None,
    };
    for level in (0..depth).rev() {
        let sibling = if bit(bitmap, level) {
            siblings.pop()?
        } else {
            &[0; 32]
        };
        hash = if bit(&path, level) {
            sha256(&[&[1], sibling, &hash])
        } else {
            sha256(&[&[1], &hash, sibling])
        };
    }
    Some(proof.is_empty() && hash == root)
}

/// Entries under keys of two bytes.
fn entries() -> impl Strategy<Value = Entries> {
    let key = (0u8..3, any::<u8>()).prop_map(|(a, b)| vec![a, b]);
    proptest::collection::btree_map(key, proptest::collection::vec(any::<u8>(), 0..3), 0..80)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_the_documentation_says_is_enough_to_check_a_proof(entries in entries(), absent in any::<[u8; 2]>()) {
        let state = version(&entries);
        let root = state.root();
        for key in entries.keys().map(Vec::as_slice).chain([&absent[..], &[]]) {
            let value = entries.get(key).map(Vec::as_slice);
            let proof = state.prove(key).unwrap();
            prop_assert_eq!(holds(&encode(&proof), root.as_bytes(), key, value), Some(true));
            prop_assert_eq!(proof.verify(&root, key, value), Ok(()));
            let wrong = if value.is_some() { None } else { Some(&b"forged"[..]) };
            prop_assert_ne!(holds(&encode(&proof), root.as_bytes(), key, wrong), Some(true));
            prop_assert!(proof.verify(&root, key, wrong).is_err());
        }
    }

    #[test]
    fn a_proof_with_any_bit_turned_shows_nothing(entries in entries(), absent in any::<[u8; 2]>(), key in any::<prop::sample::Index>()) {
        let state = version(&entries);
        let root = state.root();
        let keys: Vec<_> = entries.keys().map(Vec::as_slice).chain([&absent[..]]).collect();
        let key = keys[key.index(keys.len())];
        let value = entries.get(key).map(Vec::as_slice);
        let good = encode(&state.prove(key).unwrap());
        for position in 0..good.len() * 8 {
            let mut bytes = good.clone();
            bytes[position / 8] ^= 1 << (position % 8);
            let decoded = decode::<Proof>(&bytes);
            for claim in [value, None, Some(&b"forged"[..])] {
                prop_assert!(decoded.as_ref().map_or(true, |proof| proof.verify(&root, key, claim).is_err()));
                prop_assert_ne!(holds(&bytes, root.as_bytes(), key, claim), Some(true));
            }
        }
    }

    #[test]
    fn a_proof_with_a_part_added_taken_or_exchanged_shows_nothing(entries in entries(), key in any::<prop::sample::Index>()) {
        prop_assume!(!entries.is_empty());
        let state = version(&entries);
        let root = state.root();
        let (key, value) = entries.iter().nth(key.index(entries.len())).unwrap();
        let good = state.prove(key).unwrap();
        let mut siblings: Vec<Option<Digest>> = Vec::new();
        let mut left = good.siblings().iter();
        for level in 0..good.depth() {
            siblings.push(if bit(good.bitmap(), level) { left.next().copied() } else { None });
        }
        prop_assert_eq!(Proof::new(&siblings, *good.terminal()), Some(good.clone()));

        let path = sha256(&[key]);
        let own = Terminal::OtherLeaf { path, value_hash: sha256(&[value]) };
        let terminals = [Terminal::Leaf, Terminal::Empty, own];
        let extra = Some(Digest::new([7; 32]));
        let mut forged: Vec<Vec<Option<Digest>>> = vec![siblings.clone()];
        for level in 0..=siblings.len() {
            let mut longer = siblings.clone();
            longer.insert(level, extra);
            forged.push(longer);
            let mut emptier = siblings.clone();
            emptier.insert(level, None);
            forged.push(emptier);
            forged.push(siblings[..level].to_vec());
            forged.push(siblings[level..].to_vec());
        }
        for siblings in forged {
            for terminal in terminals {
                let Some(proof) = Proof::new(&siblings, terminal) else { continue };
                for claim in [Some(value.as_slice()), None, Some(&b"forged"[..])] {
                    let right = proof == good && claim == Some(value);
                    prop_assert_eq!(proof.verify(&root, key, claim).is_ok(), right);
                }
            }
        }
    }
}
