//! Other chains' files, checked without a node: what holds ends with 0, what does not with 5 and the rule.

use crate::Place;
use std::path::PathBuf;

/// The path of a fixture; `None`, said aloud, where the fixtures are not there. In CI they must be.
fn fixture(name: &str) -> Option<String> {
    let root = std::env::var("PALISADE_FIXTURES").map_or_else(
        |_| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/fixtures"),
        PathBuf::from,
    );
    let path = std::path::absolute(root.join(name)).unwrap();
    if path.exists() {
        return Some(path.display().to_string());
    }
    assert!(
        std::env::var("CI").is_err(),
        "fixtures not found at {}",
        path.display()
    );
    println!("skipped: fixtures not found at {}", path.display());
    None
}

#[test]
fn a_year_of_ethereum_is_followed_and_a_tampered_update_is_refused_by_its_rule() {
    let place = Place::new();
    let capella = |name: &str| fixture(&format!("ethereum/mainnet-capella/{name}.json"));
    let Some((start, updates, last)) = capella("bootstrap")
        .zip(capella("updates"))
        .zip(capella("finality"))
        .map(|((start, updates), last)| (start, updates, last))
    else {
        return;
    };
    let verify = ["bridge", "ethereum", "verify", "-o", "json", "--network"];
    let whole = ["mainnet", "--bootstrap", &start, "--update", &updates, &last];
    let steps = place.run(&[&verify[..], &whole].concat()).succeeded().json();
    let steps = steps.as_array().unwrap();
    assert_eq!(steps.len(), 8);
    assert_eq!(steps[0]["verdict"], "begun");
    assert_eq!(steps[7]["finalized_slot"], 7_109_344);

    let start = fixture("ethereum/holesky-deneb/holesky-bootstrap-368.json").unwrap();
    for (name, rule) in [
        ("flip-participation-bit", "rule 9"),
        ("zero-participation-infinity-signature", "rule 3"),
        ("tampered-finality-branch", "rule 7"),
    ] {
        let bad = format!("ethereum/adversarial/holesky-deneb-finality/{name}.json");
        let bad = fixture(&bad).unwrap();
        let asked = ["holesky", "--bootstrap", &start, "--update", &bad];
        let ran = place.run(&[&verify[..], &asked].concat());
        assert_eq!(ran.code, 5, "{name}: {}", ran.err);
        assert!(ran.err.contains(rule), "{name}: {}", ran.err);
        // What held before is told.
        assert!(
            ran.out.contains("begun") && !ran.out.contains("moved"),
            "{}",
            ran.out
        );
    }
    place
        .run(&[
            "bridge",
            "ethereum",
            "verify",
            "--network",
            "moon",
            "--bootstrap",
            "x",
        ])
        .failed(2, "mainnet, sepolia, holesky, hoodi");
    place
        .run(&[
            "bridge",
            "ethereum",
            "verify",
            "--network",
            "hoodi",
            "--bootstrap",
            "none",
        ])
        .failed(7, "cannot read none");
}

#[test]
fn bitcoins_headers_and_proofs_are_checked_and_a_shifted_height_is_refused() {
    let place = Place::new();
    let Some(headers) = fixture("bitcoin/headers/mainnet-685440-687516.bin") else {
        return;
    };
    let verify = ["bridge", "bitcoin", "verify", "--network", "mainnet"];
    let at = |height| [&verify[..], &["--start-height", height, "--headers", &headers]].concat();
    let held = place
        .run(&[&at("685440")[..], &["-o", "json"]].concat())
        .succeeded()
        .json();
    assert_eq!(held["headers"], 2_077);
    assert_eq!(held["tip"]["height"], 687_516);
    place
        .run(&at("685441"))
        .failed(5, "header 2016, height 687457: its bits are");
    let proofs = fixture("bitcoin/merkle/block169482.json").unwrap();
    place
        .run(&[&verify[..], &["--proof", &proofs]].concat())
        .failed(5, "wrong-index: the branch does not lead to the block's root");
    place
        .run(&["bridge", "bitcoin", "verify", "--proof", &proofs])
        .failed(2, "--network is missing");
}
