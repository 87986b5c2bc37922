//! Where the fixtures are, and how they are read.

use palisade_light_ethereum::Root;
use serde_json::Value;
use std::path::PathBuf;

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

/// A fixture's bytes.
pub(crate) fn bytes(name: &str) -> Option<Vec<u8>> {
    Some(std::fs::read(path(name)?).unwrap())
}

/// A fixture's JSON.
pub(crate) fn json(name: &str) -> Option<Value> {
    Some(serde_json::from_slice(&bytes(name)?).unwrap())
}

/// Bytes that were compressed by snappy without framing.
pub(crate) fn snappy(path: &std::path::Path) -> Vec<u8> {
    let packed = std::fs::read(path).unwrap();
    snap::raw::Decoder::new().decompress_vec(&packed).unwrap()
}

/// Hex with or without `0x`.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    ::hex::decode(text.strip_prefix("0x").unwrap_or(text)).unwrap()
}

pub(crate) fn root(text: &str) -> Root {
    hex(text).try_into().unwrap()
}

/// A root in JSON.
pub(crate) fn root_of(value: &Value) -> Root {
    root(value.as_str().unwrap())
}

/// A list of bytes in JSON.
pub(crate) fn nodes(value: &Value) -> Vec<Vec<u8>> {
    let items = value.as_array().unwrap().iter();
    items.map(|item| hex(item.as_str().unwrap())).collect()
}

/// A list of roots in JSON.
pub(crate) fn roots(value: &Value) -> Vec<Root> {
    value.as_array().unwrap().iter().map(root_of).collect()
}

/// Files below a folder of the fixtures with this ending, sorted, as names from the fixtures' root.
pub(crate) fn below(folder: &str, ending: &str) -> Vec<PathBuf> {
    let Some(top) = path(folder) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut folders = vec![top];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
