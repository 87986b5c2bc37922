//! Where the official vectors are.

use palisade_light_bitcoin::{BlockId, Header};
use primitives::{Bytes32, Digest};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The path of a fixture; `None`, said aloud, where the fixtures are not there. In CI they must be.
#[allow(clippy::disallowed_methods, reason = "a test asks where its data is")]
pub(crate) fn path(name: &str) -> Option<PathBuf> {
    let root = std::env::var("PALISADE_FIXTURES").map_or_else(
        |_| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/fixtures"),
        PathBuf::from,
    );
    let path = root.join(name);
    if path.exists() {
        return Some(path);
    }
    assert!(
        std::env::var("CI").is_err(),
        "fixtures not found at {}",
        path.display()
    );
    println!("skipped: fixtures not found at {}", path.display());
    None
}

pub(crate) fn bytes(name: &str) -> Option<Vec<u8>> {
    Some(std::fs::read(path(name)?).unwrap())
}

pub(crate) fn text(name: &str) -> Option<String> {
    Some(std::fs::read_to_string(path(name)?).unwrap())
}

pub(crate) fn json(name: &str) -> Option<Value> {
    Some(serde_json::from_str(&text(name)?).unwrap())
}

/// The files of a folder, by name.
pub(crate) fn names(folder: &str) -> Option<Vec<String>> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else {
                found.push(path);
            }
        }
    }
    let (root, mut found) = (path(folder)?, Vec::new());
    walk(&root, &mut found);
    let relative = |path: &PathBuf| path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
    let mut names: Vec<String> = found.iter().map(relative).collect();
    names.sort();
    Some(names)
}

/// Bytes written as hex, with or without `0x`.
pub(crate) fn hex_of(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap();
    hex::decode(text.strip_prefix("0x").unwrap_or(text)).unwrap()
}

pub(crate) fn digest(value: &Value) -> Digest {
    Digest::from_slice(&hex_of(value)).unwrap()
}

/// An identifier as explorers show it.
pub(crate) fn reversed<K>(text: &str) -> Bytes32<K> {
    let mut bytes = hex::decode(text).unwrap();
    bytes.reverse();
    Bytes32::from_slice(&bytes).unwrap()
}

pub(crate) fn block_id(text: &str) -> BlockId {
    reversed(text)
}

pub(crate) fn header(value: &Value) -> Header {
    Header::from_slice(&hex_of(value)).unwrap()
}

pub(crate) fn number(value: &Value) -> u32 {
    u32::try_from(value.as_u64().unwrap()).unwrap()
}

/// What each file is checked by: no file lies there unread.
#[test]
fn every_file_of_the_fixtures_is_read_by_a_test() {
    let Some(found) = names("bitcoin") else { return };
    let read: Vec<String> = [
        "PROVENANCE.md",
        "adversarial/bad-pow.json",
        "adversarial/broken-link.json",
        "bip54/txsize.json",
        "blocks/block169482.dat",
        "blocks/block227836.dat",
        "blocks/block370661.dat",
        "blocks/mainnet_702861.raw",
        "blocks/testnet3_045e0b16.raw",
        "core-pow-vectors.json",
        "electrum-checkpoints-mainnet.json",
        "header_chains.json",
        "headers/mainnet-40000-44400.bin",
        "headers/mainnet-685440-687516.bin",
        "headers/regtest-0-100.bin",
        "headers/signet-0-100.bin",
        "merkle/block169482.json",
        "merkle/block227836.json",
        "merkle/block370661.json",
        "merkle/mainnet_702861.json",
        "merkle/testnet3_045e0b16.json",
        "raito/full_169.json",
        "raito/full_2015.json",
        "raito/light_116927.json",
        "raito/light_150012.json",
        "raito/light_169.json",
        "raito/light_2015.json",
        "raito/light_209999.json",
        "raito/light_32255.json",
        "raito/light_403199.json",
        "raito/light_478557.json",
        "raito/light_57042.json",
        "raito/light_774627.json",
        "vectors/bitcoin-spv-testProofs.json",
        "vectors/bitcoin-spv-testVectors.json",
        "vectors/bob-headers.json",
        "vectors/bob-headersVerify.json",
        "vectors/bob-headersWithRetarget.json",
    ]
    .map(str::to_owned)
    .to_vec();
    assert_eq!(found, read);
}
