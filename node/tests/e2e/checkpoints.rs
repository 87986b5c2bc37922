//! A testnet that goes back to a state that it had.

use crate::world::Testnet;
use serde_json::Value;

fn balance(testnet: &Testnet) -> Value {
    // With its proof: from the new chain's document on, everything is checked as on any other chain.
    testnet.json(&["query", "account", "bob", "--prove"])["balance"].clone()
}

fn generation(testnet: &Testnet, node: &str) -> (u64, String) {
    let home = testnet.home(node);
    let text = std::fs::read(home.join("genesis.json")).unwrap();
    let document: Value = serde_json::from_slice(&text).unwrap();
    let url = testnet.grpc(node);
    let info = testnet.json(&["query", "node", "--node", &url]);
    let hash = info["chain_hash"].as_str().unwrap().to_owned();
    (document["generation"].as_u64().unwrap(), hash)
}

#[test]
fn a_testnet_goes_back_to_a_checkpoint_in_a_generation_of_its_own() {
    let testnet = Testnet::up("checkpoint");
    let before = generation(&testnet, "node0");
    assert_eq!(before.0, 0);
    testnet.transfer();
    testnet.wait_for_all(testnet.highest() + 4);
    let kept = balance(&testnet);
    let saved = testnet.json(&["testnet", "checkpoint", "save", "a"]);
    let height = saved["height"].as_u64().unwrap();
    let lost = testnet.transfer();
    // What a block did is proven by the root of a later one.
    testnet.wait_for_all(testnet.highest() + 4);
    assert_ne!(balance(&testnet), kept);
    testnet.wait_for_all(height + 25);

    let restored = testnet.json(&["testnet", "checkpoint", "restore", "a"]);
    assert_eq!(restored["generation"], 1, "{restored}");
    let from = restored["height"].as_u64().unwrap();
    assert!((height..height + 25).contains(&from), "{restored}");
    assert_eq!(balance(&testnet), kept);
    let after = generation(&testnet, "node3");
    assert_eq!(after.0, 1);
    assert_ne!(after.1, before.1);
    let gone = testnet.command(&["query", "tx", &lost]).output().unwrap();
    assert!(!gone.status.success());
    // It is a chain like any other: transfers are proven, epochs follow, a node that was killed comes back, and an empty one
    // gets everything from the others.
    testnet.transfer();
    testnet.run(&["testnet", "node", "kill", "node2"]);
    std::fs::remove_dir_all(testnet.home("node2").join("data")).unwrap();
    testnet.run(&["testnet", "node", "restart", "node2"]);
    testnet.wait_for_all(from + 45);
    testnet.assert_equal_at(from + 45);
    testnet.transfer();

    // Again, from the same: another generation.
    let again = testnet.json(&["testnet", "checkpoint", "restore", "a"]);
    assert_eq!(
        (&again["generation"], again["height"].as_u64()),
        (&2.into(), Some(from))
    );
    assert_eq!(balance(&testnet), kept);
    testnet.transfer();
    assert_eq!(
        testnet
            .json(&["testnet", "checkpoint", "list"])
            .as_array()
            .unwrap()
            .len(),
        1
    );
    testnet.run(&["testnet", "checkpoint", "rm", "a"]);
    let missing = testnet
        .command(&["testnet", "checkpoint", "restore", "a"])
        .output()
        .unwrap();
    assert_eq!(missing.status.code(), Some(7));
}
