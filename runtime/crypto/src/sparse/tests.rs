use super::*;
use primitives::codec::{decode, encode};
use proptest::prelude::*;

/// Three keys whose paths begin 000…, 001… and 1…: leaves at levels 3, 3 and 1, with an empty sibling at level 1.
struct Three {
    keys: [Vec<u8>; 3],
    root: Digest,
    proofs: [Proof; 3],
}

fn key_with(bits: &[bool]) -> Vec<u8> {
    (0u32..)
        .map(|n| n.to_be_bytes().to_vec())
        .find(|key| {
            bits.iter()
                .enumerate()
                .all(|(level, bit)| goes_right(&path(key), level) == *bit)
        })
        .unwrap()
}

fn three() -> Three {
    let keys = [
        key_with(&[false, false, false]),
        key_with(&[false, false, true]),
        key_with(&[true]),
    ];
    let [a, b, c] = keys.each_ref().map(|key| leaf(&path(key), &value_hash(key)));
    let pair = node(&a, &b);
    let lifted = node(&pair, &EMPTY);
    let proofs = [
        Proof::new(&[Some(c), None, Some(b)], Terminal::Leaf).unwrap(),
        Proof::new(&[Some(c), None, Some(a)], Terminal::Leaf).unwrap(),
        Proof::new(&[Some(lifted)], Terminal::Leaf).unwrap(),
    ];
    Three {
        keys,
        root: node(&lifted, &c),
        proofs,
    }
}

#[test]
fn every_key_is_shown_to_have_its_value_and_no_other() {
    let Three { keys, root, proofs } = three();
    for (key, proof) in keys.iter().zip(&proofs) {
        assert_eq!(proof.verify(&root, key, Some(key)), Ok(()));
        assert_eq!(proof.verify(&root, key, Some(b"other")), Err(ProofError::Root));
        assert_eq!(proof.verify(&root, key, None), Err(ProofError::Present));
        assert_eq!(proof.verify(&EMPTY, key, Some(key)), Err(ProofError::Root));
    }
    assert_eq!(
        proofs[0].verify(&root, &keys[1], Some(&keys[1])),
        Err(ProofError::Root)
    );
}

#[test]
fn absence_is_shown_by_an_empty_place_or_by_a_leaf_on_the_way() {
    let Three { keys, root, proofs } = three();
    let c = leaf(&path(&keys[2]), &value_hash(&keys[2]));
    let pair = node(
        &leaf(&path(&keys[0]), &value_hash(&keys[0])),
        &leaf(&path(&keys[1]), &value_hash(&keys[1])),
    );
    let nothing = key_with(&[false, true]);
    let empty = Proof::new(&[Some(c), Some(pair)], Terminal::Empty).unwrap();
    assert_eq!(empty.verify(&root, &nothing, None), Ok(()));
    assert_eq!(empty.verify(&root, &nothing, Some(b"")), Err(ProofError::Absent));
    // The same place shows nothing about a key that does not lead there.
    assert_eq!(empty.verify(&root, &keys[0], None), Err(ProofError::Root));

    let neighbour = key_with(&[true, true, true, true, true, true]);
    assert_ne!(neighbour, keys[2]);
    let other = Terminal::OtherLeaf {
        path: path(&keys[2]),
        value_hash: value_hash(&keys[2]),
    };
    let beside = Proof::new(&[proofs[2].siblings().first().copied()], other).unwrap();
    assert_eq!(beside.verify(&root, &neighbour, None), Ok(()));
    assert_eq!(
        beside.verify(&root, &neighbour, Some(b"")),
        Err(ProofError::Absent)
    );
    // A key's own leaf does not show that it is absent, nor does a leaf elsewhere.
    assert_eq!(beside.verify(&root, &keys[2], None), Err(ProofError::Unrelated));
    assert_eq!(beside.verify(&root, &nothing, None), Err(ProofError::Unrelated));
}

#[test]
fn an_empty_tree_has_nothing() {
    let proof = Proof::new(&[], Terminal::Empty).unwrap();
    assert_eq!(proof.verify(&EMPTY, b"any", None), Ok(()));
    assert_eq!(encode(&proof), [0, 2]);
}

#[test]
fn only_the_one_shape_is_a_proof() {
    let some = Some(Digest::new([1; 32]));
    assert!(Proof::new(&[some, None], Terminal::Leaf).is_none());
    assert!(Proof::new(&[Some(EMPTY)], Terminal::Leaf).is_none());
    assert!(Proof::new(&[some; LEVELS + 1], Terminal::Leaf).is_none());
    let longest = Terminal::OtherLeaf {
        path: [1; 32],
        value_hash: [2; 32],
    };
    let longest = Proof::new(&[some; LEVELS], longest).unwrap();
    assert_eq!(encode(&longest).len(), MAX_PROOF_SIZE);
    assert_eq!(decode(&encode(&longest)), Ok(longest));

    // Each with one byte that should not be so: a bitmap that ends in zero or is too long, a zero sibling, a terminal
    // that does not exist, something after the end.
    let good = encode(&Proof::new(&[some], Terminal::Leaf).unwrap());
    assert!(decode::<Proof>(&good).is_ok());
    let with = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        bytes
    };
    let zero_sibling = [&[1, 0x80][..], &[0; 32], &[0]].concat();
    let padded = [&[2, 0x80, 0][..], &[1; 32], &[0]].concat();
    let long = [&[33][..], &[0x80; 33], &[1; 33 * 32], &[0]].concat();
    let followed = [&good[..], &[0]].concat();
    for bad in [
        with(1, 0),
        with(1, 0xc0),
        with(34, 3),
        zero_sibling,
        padded,
        long,
        followed,
    ] {
        assert!(decode::<Proof>(&bad).is_err(), "{bad:?}");
    }
}

proptest! {
    #[test]
    fn no_changed_bit_goes_unnoticed(
        which in 0usize..3, position in any::<prop::sample::Index>(), bit in 0u32..8,
    ) {
        let Three { keys, root, proofs } = three();
        let mut bytes = encode(&proofs[which]);
        let position = position.index(bytes.len());
        bytes[position] ^= 1 << bit;
        if let Ok(forged) = decode::<Proof>(&bytes) {
            prop_assert!(forged.verify(&root, &keys[which], Some(&keys[which])).is_err());
            prop_assert!(forged.verify(&root, &keys[which], None).is_err());
        }
    }

    #[test]
    fn decoding_accepts_only_what_encoding_gives(
        bitmap in proptest::collection::vec(any::<u8>(), 0..3),
        rest in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let bytes = [&[u8::try_from(bitmap.len()).unwrap()][..], &bitmap, &rest].concat();
        if let Ok(proof) = decode::<Proof>(&bytes) {
            prop_assert_eq!(encode(&proof), bytes);
        }
    }
}
