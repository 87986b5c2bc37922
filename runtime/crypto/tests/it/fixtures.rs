//! Where the official vectors are.

use std::path::PathBuf;

/// The path of a fixture; `None`, said aloud, where the fixtures are not there. In CI they must be.
#[allow(clippy::disallowed_methods, reason = "a test asks where its data is")]
pub(crate) fn path(name: &str) -> Option<PathBuf> {
    let root = std::env::var("PALISADE_FIXTURES").map_or_else(
        |_| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures"),
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

/// A fixture's JSON.
pub(crate) fn json(name: &str) -> Option<serde_json::Value> {
    let text = std::fs::read_to_string(path(name)?).unwrap();
    Some(serde_json::from_str(&text).unwrap())
}
