//! Tries: official roots, others' proofs, structures that real blocks do not have, and what must be refused.

use crate::fixtures::{self, hex, nodes, root, root_of};
use crypto::hash::keccak256;
use palisade_light_ethereum::rlp::{Item, RlpError, encode_bytes, encode_list, encode_number, split};
use palisade_light_ethereum::trie::{
    EMPTY_ROOT, MAX_NODES, Trie, TrieError, exclude, include, lookup, lookup_path,
};
use palisade_light_ethereum::{Account, BlockHeader};
use proptest::prelude::*;
use serde_json::Value;

/// Text, or bytes where it starts with `0x`.
fn bytes_of(text: &str) -> Vec<u8> {
    if text.starts_with("0x") {
        hex(text)
    } else {
        text.as_bytes().to_vec()
    }
}

fn entries(value: &Value) -> Vec<(String, Option<String>)> {
    let text = |value: &Value| value.as_str().map(ToOwned::to_owned);
    if let Some(list) = value.as_array() {
        return list
            .iter()
            .map(|pair| (text(&pair[0]).unwrap(), text(&pair[1])))
            .collect();
    }
    let map = value.as_object().unwrap();
    map.iter()
        .map(|(key, value)| (key.clone(), text(value)))
        .collect()
}

#[test]
fn official_roots_and_every_key_proven_under_them() {
    let mut cases = 0;
    for (file, secure) in [
        ("trieanyorder", false),
        ("trietest", false),
        ("hex_encoded_securetrie_test", true),
    ] {
        let Some(found) = fixtures::json(&format!("trie/ethereum-tests/{file}.json")) else {
            return;
        };
        for (name, case) in found.as_object().unwrap() {
            let mut trie = Trie::default();
            let mut last = std::collections::BTreeMap::new();
            for (key, value) in entries(&case["in"]) {
                let key = if secure {
                    keccak256(&bytes_of(&key)).to_vec()
                } else {
                    bytes_of(&key)
                };
                let value = value.map(|text| bytes_of(&text)).unwrap_or_default();
                trie.insert(&key, value.clone());
                last.insert(key, value);
            }
            let top = root_of(&case["root"]);
            assert_eq!(trie.root(), top, "{file} {name}");
            for (key, value) in last {
                let expected = (!value.is_empty()).then_some(value);
                assert_eq!(lookup(&top, &key, &trie.prove(&key)), Ok(expected), "{name}");
            }
            cases += 1;
        }
    }
    assert_eq!(cases, 15, "cases");
}

#[test]
fn keys_between_others_are_proven_absent() {
    let Some(found) = fixtures::json("trie/ethereum-tests/trietestnextprev.json") else {
        return;
    };
    let mut trie = Trie::default();
    let there: Vec<&str> = found["basic"]["in"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key.as_str().unwrap())
        .collect();
    for key in &there {
        trie.insert(key.as_bytes(), vec![1]);
    }
    let tests = found["basic"]["tests"].as_array().unwrap();
    for case in tests {
        let key = case[0].as_str().unwrap();
        let proof = trie.prove(key.as_bytes());
        if there.contains(&key) {
            assert_eq!(include(&trie.root(), key.as_bytes(), &proof), Ok(vec![1]));
        } else {
            assert_eq!(exclude(&trie.root(), key.as_bytes(), &proof), Ok(()), "{key}");
        }
    }
    assert_eq!(tests.len(), 12);
}

#[test]
fn structures_that_blocks_do_not_have() {
    let Some(found) = fixtures::json("trie/mpt-structural-nodes.json") else {
        return;
    };
    let node = |label: &Value| {
        let nodes = found["nodes"].as_array().unwrap();
        let found = nodes.iter().find(|node| node["label"] == *label).unwrap();
        hex(found["hex"].as_str().unwrap())
    };
    let path = |key: &Value, count: &Value| -> Vec<u8> {
        let nibbles = key
            .as_str()
            .unwrap()
            .chars()
            .map(|digit| digit.to_digit(16).unwrap() as u8);
        nibbles.take(count.as_u64().unwrap() as usize).collect()
    };
    let (mut there, mut absent) = (0, 0);
    for scenario in found["scenarios"].as_array().unwrap() {
        let top = root(scenario["root"].as_str().unwrap());
        let proof: Vec<Vec<u8>> = scenario["nodes"].as_array().unwrap().iter().map(node).collect();
        let mut keys = vec![&scenario["short_key"], &scenario["long_key"]];
        let honest = serde_json::json!({
            "key": scenario["honest_key"], "key_nibs": scenario["honest_key_nibs"],
            "expected_value": scenario["expected_value"],
        });
        keys.push(&honest);
        for key in keys.into_iter().filter(|key| key["key"].is_string()) {
            let value = lookup_path(&top, &path(&key["key"], &key["key_nibs"]), &proof);
            assert_eq!(value, Ok(Some(hex(key["expected_value"].as_str().unwrap()))));
            there += 1;
        }
        for key in scenario["wrong_keys"].as_array().unwrap() {
            let value = lookup_path(&top, &path(&key["key"], &key["key_nibs"]), &proof);
            assert_eq!(value, Ok(None), "{key}");
            absent += 1;
        }
    }
    assert_eq!((there, absent), (4, 5));
}

/// A chain from a block's header over an account to a storage value, by keys that are hashed already.
fn storage_holds(value: &Value) -> bool {
    let text = |name: &str| value[name].as_str().unwrap();
    let header = hex(text("header_data"));
    let Ok(header) = BlockHeader::decode(&header, &keccak256(&header)) else {
        return false;
    };
    let address: [u8; 20] = hex(text("contract_address")).try_into().unwrap();
    let proof = nodes(&value["account_proof"]);
    let Ok(Some(account)) = Account::prove(&header.state_root, &address, &proof) else {
        return false;
    };
    let encoded = include(&header.state_root, &keccak256(&address), &proof);
    if encoded != Ok(hex(text("expected_account_state"))) {
        return false;
    }
    let key = hex(text("storage_key_hash"));
    let found = lookup(&account.storage_root, &key, &nodes(&value["storage_proof"]));
    found == Ok(Some(hex(text("expected_storage_value"))))
}

#[test]
fn storage_proofs_of_others_give_their_stated_answer() {
    for (name, expected) in [
        ("storageProof", true),
        ("storageProofWithIncorrectAccountProof", false),
        ("storageProofWithIncorrectValue", false),
    ] {
        let Some(value) = fixtures::json(&format!("trie/near-storage-proofs/{name}.json")) else {
            return;
        };
        assert_eq!(storage_holds(&value), expected, "{name}");
    }
    let value = fixtures::json("trie/union-storage/valid_storage_proof_sepolia.json").unwrap();
    let account = Account {
        nonce: 1,
        balance: [0; 32],
        storage_root: root_of(&value["storageHash"]),
        code_hash: root_of(&value["codeHash"]),
    };
    let item = &value["storageProof"][0];
    let digits = &item["value"].as_str().unwrap()[2..];
    let found = account.storage(&root_of(&item["key"]), &nodes(&item["proof"]));
    assert_eq!(found, Ok(root(&format!("{digits:0>64}"))));
}

#[test]
fn an_empty_trie_has_nothing() {
    assert_eq!(Trie::default().root(), EMPTY_ROOT);
    assert_eq!(exclude(&EMPTY_ROOT, b"key", &[]), Ok(()));
    assert_eq!(exclude(&EMPTY_ROOT, b"key", &[vec![0x80]]), Ok(()));
    assert_eq!(
        exclude(&EMPTY_ROOT, b"key", &[vec![0x81]]),
        Err(TrieError::Unused)
    );
    assert_eq!(
        lookup(&[1; 32], b"key", &[]),
        Err(TrieError::Missing { position: 0 })
    );
}

/// A proof of one node, under its own hash.
fn alone(node: Vec<u8>, key: &[u8]) -> Result<Option<Vec<u8>>, TrieError> {
    lookup(&keccak256(&node), key, &[node])
}

#[test]
fn nodes_that_no_honest_trie_has_are_refused() {
    let leaf = |compact: &[u8], value: &[u8]| encode_list(&[encode_bytes(compact), encode_bytes(value)]);
    assert_eq!(alone(leaf(&[0x20, 0xab], b"v"), &[0xab]), Ok(Some(b"v".to_vec())));
    // A padding nibble that is not zero is a second way to write the same path.
    assert_eq!(alone(leaf(&[0x21, 0xab], b"v"), &[0xab]), Err(TrieError::Shape));
    for flag in [0x40u8, 0x80, 0xf0] {
        assert_eq!(alone(leaf(&[flag, 0xab], b"v"), &[0xab]), Err(TrieError::Shape));
    }
    assert_eq!(alone(leaf(&[], b"v"), &[0xab]), Err(TrieError::Shape));
    assert_eq!(alone(leaf(&[0x20, 0xab], b""), &[0xab]), Err(TrieError::Shape));
    // An extension over nothing, to nothing, or to a hash of another length.
    assert_eq!(alone(leaf(&[0x00], &[7; 32]), &[0xab]), Err(TrieError::Shape));
    assert_eq!(alone(leaf(&[0x00, 0xab], b""), &[0xab]), Err(TrieError::Shape));
    assert_eq!(
        alone(leaf(&[0x00, 0xab], &[7; 31]), &[0xab]),
        Err(TrieError::Shape)
    );
    // Another number of items.
    let three = encode_list(&[encode_bytes(b"a"), encode_bytes(b"b"), encode_bytes(b"c")]);
    assert_eq!(alone(three, &[0xab]), Err(TrieError::Shape));
    let eighteen = encode_list(&vec![encode_bytes(&[]); 18]);
    assert_eq!(alone(eighteen, &[0xab]), Err(TrieError::Shape));
    // A child of 32 bytes or more inside its parent, where only its hash may stand.
    let child = leaf(&[0x20, 0xcd], &[1; 40]);
    let outer = encode_list(&[encode_bytes(&[0x00, 0xab]), child]);
    assert_eq!(alone(outer, &[0xab, 0xcd]), Err(TrieError::Shape));
    // Bytes after the node, and too many nodes.
    let mut trailing = leaf(&[0x20, 0xab], b"v");
    trailing.push(0);
    assert_eq!(alone(trailing, &[0xab]), Err(TrieError::Rlp(RlpError::Trailing)));
    let many = vec![vec![0x80]; MAX_NODES + 1];
    assert_eq!(lookup(&[0; 32], &[0xab], &many), Err(TrieError::TooLarge));
    assert_eq!(lookup(&[0; 32], &[0; 33], &[]), Err(TrieError::TooLarge));
}

#[test]
fn what_is_not_canonical_rlp_is_refused() {
    // A single small byte behind a length; a length that fits the short form; a length with a leading zero.
    assert_eq!(Item::whole(&[0x81, 0x7f]), Err(RlpError::NotCanonical));
    assert_eq!(Item::whole(&[0xb8, 1, 0xff]), Err(RlpError::NotCanonical));
    assert_eq!(
        Item::whole(&[&[0xb9, 0, 60][..], &[1; 60]].concat()),
        Err(RlpError::NotCanonical)
    );
    assert_eq!(Item::whole(&[0xf8, 0]), Err(RlpError::NotCanonical));
    assert_eq!(
        Item::whole(&[0xbf, 255, 255, 255, 255, 255, 255, 255, 255]),
        Err(RlpError::Short)
    );
    assert_eq!(Item::whole(&[0x83, 1, 2]), Err(RlpError::Short));
    assert_eq!(Item::whole(&[]), Err(RlpError::Short));
    assert_eq!(Item::whole(&[1, 2]), Err(RlpError::Trailing));
    assert_eq!(Item::Bytes(&[0]).u64(), Err(RlpError::Width));
    assert_eq!(Item::Bytes(&[1; 9]).u64(), Err(RlpError::Width));
    assert_eq!(Item::Bytes(&[0, 1]).u256(), Err(RlpError::Width));
    assert_eq!(Item::Bytes(&[1; 33]).u256(), Err(RlpError::Width));
    assert_eq!(Item::List(&[]).bytes(), Err(RlpError::Kind));
    for n in [0u64, 1, 127, 128, 255, 256, u64::MAX] {
        assert_eq!(Item::whole(&encode_number(n)).and_then(Item::u64), Ok(n));
    }
}

/// Reads everything below a value and writes it again.
fn again(item: Item<'_>) -> Result<Vec<u8>, RlpError> {
    match item {
        Item::Bytes(bytes) => Ok(encode_bytes(bytes)),
        Item::List(mut rest) => {
            let mut items = Vec::new();
            while !rest.is_empty() {
                let (item, after) = split(rest)?;
                items.push(again(item)?);
                rest = after;
            }
            Ok(encode_list(&items))
        }
    }
}

proptest! {
    #[test]
    fn what_is_read_has_one_encoding(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        if let Ok(item) = Item::whole(&bytes)
            && let Ok(written) = again(item)
        {
            prop_assert_eq!(written, bytes);
        }
    }

    #[test]
    fn every_key_of_a_trie_is_proven_and_every_other_absent(
        map in proptest::collection::btree_map(
            proptest::collection::vec(0u8..4, 0..5),
            proptest::collection::vec(1u8..255, 1..40),
            0..24,
        ),
        other in proptest::collection::vec(0u8..4, 0..5),
    ) {
        let mut trie = Trie::default();
        for (key, value) in &map {
            trie.insert(key, value.clone());
        }
        let top = trie.root();
        for key in map.keys().chain([&other]) {
            let proof = trie.prove(key);
            prop_assert_eq!(lookup(&top, key, &proof), Ok(map.get(key).cloned()));
            // A node more, a node less, or two the other way round.
            let mut long = proof.clone();
            long.push(vec![0x80]);
            prop_assert!(map.is_empty() || lookup(&top, key, &long).is_err());
            if !map.is_empty() {
                prop_assert!(lookup(&top, key, &proof[..proof.len() - 1]).is_err());
                let mut back = proof.clone();
                back.reverse();
                prop_assert!(proof.len() == 1 || lookup(&top, key, &back).is_err());
            }
        }
    }

    #[test]
    fn a_damaged_proof_shows_nothing(at in any::<prop::sample::Index>(), bit in 0u8..8, key in 0u64..200) {
        let values: Vec<Vec<u8>> = (0u64..200).map(|n| vec![n as u8 | 1; 60]).collect();
        let trie = Trie::of_list(&values);
        let key = encode_number(key);
        let mut proof = trie.prove(&key);
        let node = at.index(proof.len());
        let byte = at.index(proof[node].len());
        proof[node][byte] ^= 1 << bit;
        prop_assert!(lookup(&trie.root(), &key, &proof).is_err());
    }
}
