//! Pinned digests. A change here changes consensus, and what other programs check. Those of the tree were computed by a
//! second program, from the definition in `crypto::sparse`.

use crate::{Entries, difference, version};
use primitives::codec::encode;

/// `count` entries: the key is the number as two bytes, the value the number's low byte as often as it says.
fn numbered(count: u16) -> Entries {
    (0..count)
        .map(|number| {
            let [_, low] = number.to_be_bytes();
            (number.to_be_bytes().to_vec(), vec![low; usize::from(low)])
        })
        .collect()
}

#[test]
fn roots_are_what_they_always_were() {
    let pinned = [
        (
            0,
            "0000000000000000000000000000000000000000000000000000000000000000",
        ),
        (
            1,
            "eba56abbad43b54557f58ea7e3185ac5b15faa99419fc8012b58fc43f2ce075a",
        ),
        (
            2,
            "81d79c3eac318780bc92be07ade01cba26b28a49d09a2157dc3c562f028fd470",
        ),
        (
            5,
            "bd8f46a8c2a19422386384ae570b68f60e0e0ebe0927a4a0b53e10176cfce903",
        ),
        (
            100,
            "7e6a06ed934eabaa04bfaf4b2d5cc98321b8090a76edbe41e4efe36e7b70a4c3",
        ),
        (
            1_000,
            "b0654160657d1edae0ca9ee89a8a6412e35184cd92bfe779a1adc777f9632af7",
        ),
    ];
    for (count, root) in pinned {
        assert_eq!(
            version(&numbered(count)).root().to_string(),
            root,
            "{count} entries"
        );
    }
}

#[test]
fn proofs_are_what_they_always_were() {
    let state = version(&numbered(100));
    // A value, another key's leaf on the way, and nothing on the way.
    let digest = |key: &[u8]| {
        let proof = encode(&state.prove(key).unwrap());
        primitives::Digest::new(crypto::hash::sha256(&[&proof])).to_string()
    };
    assert_eq!(
        digest(&[0, 42]),
        "30904acb67f9ba0a5d9c2dc0265d98d7de0c28c40bb28b5b3b03199184ad9180"
    );
    assert_eq!(
        digest(&[1, 42]),
        "c14a90ca5db5c88d3e1f174ded28065e813d4d13e8959b8f14acb9ec41d37ab1"
    );
    assert_eq!(
        digest(b"absent 1"),
        "37979009bddc241860b60df0a24bda5dcb04239eff537b1c075dcbcec6f0f8b5"
    );
}

#[test]
fn changes_are_what_they_always_were() {
    let before = Entries::from([(vec![1], vec![2, 3]), (vec![4], vec![])]);
    let after = Entries::from([(vec![1], vec![5]), (vec![6], vec![7])]);
    let expected = [
        &[3, 0, 0, 0][..],
        &[1, 0, 0, 0, 1, 1, 2, 0, 0, 0, 2, 3, 1, 1, 0, 0, 0, 5],
        &[1, 0, 0, 0, 4, 1, 0, 0, 0, 0, 0],
        &[1, 0, 0, 0, 6, 0, 1, 1, 0, 0, 0, 7],
    ];
    assert_eq!(encode(&difference(&before, &after)), expected.concat());
}
