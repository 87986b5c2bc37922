//! What an owner has a running node do.

use crate::world::{Testnet, told};
use serde_json::Value;
use std::fs;

#[test]
fn the_owner_keeps_prunes_exports_and_drains_a_running_node() {
    let testnet = Testnet::up("owned");
    testnet.transfer();
    let home = testnet.home("node3").display().to_string();
    let admin = |arguments: &[&str]| {
        let all = [&["admin"], arguments, &["--home", &home]].concat();
        testnet.json(&all)
    };
    let refused = |arguments: &[&str], part: &str| {
        let all = [&["admin"], arguments, &["--home", &home]].concat();
        let output = testnet.command(&all).output().unwrap();
        assert!(
            !output.status.success() && told(&output).contains(part),
            "{}",
            told(&output)
        );
    };

    let taken = admin(&["snapshot"]);
    let path = taken["path"].as_str().unwrap();
    testnet.run(&["snapshot", "verify", path, "--home", &home]);
    refused(&["prune", "--keep", "128"], "--yes");
    let pruned = admin(&["prune", "--keep", "128", "--yes"]);
    assert_eq!(pruned["blocks"], 0, "the chain needs all of it: {pruned}");
    let exported = admin(&["export"]);
    let text = fs::read_to_string(exported["path"].as_str().unwrap()).unwrap();
    let about: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!(about["height"], exported["height"]);
    let entries = exported["entries"].as_u64().unwrap();
    assert_eq!(u64::try_from(text.lines().count()).unwrap(), entries + 1);
    let folder = testnet.path().join("found").display().to_string();
    let found = admin(&["diagnostics", &folder]);
    assert!(found["files"].as_array().unwrap().len() >= 6, "{found}");
    let page = fs::read_to_string(testnet.path().join("found/metrics.txt")).unwrap();
    assert!(page.contains("palisade_consensus_height"), "{page}");
    refused(&["diagnostics", &folder], "cannot make");
    refused(&["add-peer", "/ip4/127.0.0.1/tcp/1"], "/p2p/");

    // A key of its own that a backup holds goes in, and out again; the one that votes stays.
    let keys = admin(&["keys"]);
    let own = keys[0]["key"].as_str().unwrap().to_owned();
    refused(&["remove-key", &own], "rotate-key");
    let other = testnet.path().join("other").display().to_string();
    testnet.run(&["init", "--home", &other]);
    let file = format!("{other}/keys/consensus.json");
    let imported = admin(&["import-key", &file]);
    let key = imported["consensus_key"].as_str().unwrap().to_owned();
    testnet.wait("the key to be taken up", || {
        admin(&["keys"]).as_array().unwrap().len() == 2
    });
    let from = imported["signs_from_epoch"].as_u64().unwrap();
    let held = admin(&["keys"]);
    assert_eq!(held[1]["highest_epoch"].as_u64().unwrap() + 1, from, "{held}");
    refused(&["import-key", &file], "holds this key already");
    let aside = admin(&["remove-key", &key]);
    assert!(fs::metadata(aside["file"].as_str().unwrap()).unwrap().is_file());
    assert_eq!(admin(&["keys"]).as_array().unwrap().len(), 1);
    let history = testnet.json(&["validator", "history", "export", "--home", &home]);
    assert_eq!(
        history["data"].as_array().unwrap().len(),
        2,
        "what it signed stays known"
    );

    let drained = admin(&["drain", "--patience", "20s"]);
    assert_eq!(drained["safe_to_stop"], true, "{drained}");
    let url = testnet.grpc("node3");
    let send = testnet
        .command(&["tx", "send", "alice", "bob", "1pal", "--yes", "--node", &url])
        .output()
        .unwrap();
    assert!(told(&send).contains("is being drained"), "{}", told(&send));
    // It follows the chain and votes until it is ended.
    let now = testnet.highest();
    testnet.wait_for_all(now + 3);
    testnet.transfer();
}
