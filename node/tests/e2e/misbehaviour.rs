//! Validators that break the rules, and what becomes of them.

use crate::world::{NODES, Testnet};
use serde_json::Value;

/// What `node` knows of the validator called `moniker`.
fn validator(testnet: &Testnet, node: &str, moniker: &str) -> Value {
    let url = testnet.grpc(node);
    let all = testnet.json(&["query", "validator", "--node", &url]);
    let mut all = all.as_array().unwrap().iter();
    all.find(|one| one["moniker"] == moniker).unwrap().clone()
}

fn bonded(validator: &Value) -> u128 {
    validator["bonded"].as_str().unwrap().parse().unwrap()
}

#[test]
fn a_validator_that_signs_twice_is_slashed_and_jailed_everywhere_and_the_chain_goes_on() {
    let testnet = Testnet::up("equivocate");
    let before = bonded(&validator(&testnet, "node0", "node2"));
    testnet.run(&["testnet", "fault", "equivocate", "node2"]);
    for node in NODES {
        testnet.wait("node2 to be jailed", || {
            validator(&testnet, node, "node2")["status"] == "jailed"
        });
        let after = validator(&testnet, node, "node2");
        assert_eq!(bonded(&after) * 20, before * 19, "{node}: {after}");
        for other in ["node0", "node1", "node3"] {
            let other = validator(&testnet, node, other);
            assert_eq!((&other["status"], bonded(&other)), (&"active".into(), before));
        }
    }
    // A quarter of the weight is jailed: the epoch is cut, and the next set is of three.
    testnet.wait("node2 to leave the set", || {
        validator(&testnet, "node0", "node2")["power"] == 0
    });
    testnet.transfer();
    let now = testnet.highest();
    testnet.wait("the others to go on", || testnet.highest() >= now + 5);
}

#[test]
fn a_validator_changes_its_key_without_a_restart_and_goes_on_voting() {
    let testnet = Testnet::up("rotate");
    let home = testnet.home("node1").display().to_string();
    let url = testnet.grpc("node1");
    let status = || testnet.json(&["validator", "status", "--node", &url]);
    let before = status();
    let pid = testnet.pid("node1");
    let late = testnet.json(&["testnet", "status"])["nodes"][1]["epoch"]
        .as_u64()
        .unwrap()
        + 2;
    let rotate = [
        "validator",
        "rotate-key",
        "--home",
        &home,
        "--wait",
        "--yes",
        "--at-epoch",
    ];
    testnet.run(&[&rotate[..], &[&late.to_string()]].concat());
    assert!(testnet.home("node1").join("keys/consensus-2.json").exists());
    testnet.wait("node1 to vote with its new key", || {
        status()["node"]["votes_with"] != before["node"]["votes_with"]
    });
    let after = status();
    assert_eq!(after["node"]["votes_with"], after["consensus_key"], "{after}");
    assert_eq!(after["node"]["signing"], true, "{after}");
    assert_eq!(after["key_changes"].as_array().unwrap().len(), 1, "{after}");
    assert_eq!(after["node"]["other_keys"][0], before["consensus_key"], "{after}");
    assert!(after["node"]["epoch"].as_u64().unwrap() >= late, "{after}");
    // No vote of its was refused over the change, by the guard or for want of the epoch's key; the owner sees both keys.
    let page = testnet.metrics("node1");
    let refused = page
        .lines()
        .filter(|line| line.contains("refus") && !line.starts_with('#'));
    assert!(
        refused.clone().all(|line| line.ends_with(" 0")),
        "{}",
        refused.collect::<String>()
    );
    let held = testnet.json(&["admin", "keys", "--home", &home]);
    assert_eq!(held.as_array().unwrap().len(), 2, "{held}");
    assert_eq!(held[1]["votes"], true, "{held}");
    let history = testnet.json(&["validator", "history", "export", "--home", &home]);
    assert_eq!(history["data"].as_array().unwrap().len(), 2);
    testnet.wait("node1 to lead with its new key", || status()["led_views"] != 0);
    let now = testnet.highest();
    testnet.wait_for_all(now + 5);
    assert_eq!(testnet.pid("node1"), pid);
    // The new key's guard is there after a restart too.
    testnet.run(&["testnet", "node", "restart", "node1"]);
    let now = testnet.highest();
    testnet.wait_for_all(now + 5);
    testnet.wait("node1 to lead again", || status()["led_views"] != 0);
}
