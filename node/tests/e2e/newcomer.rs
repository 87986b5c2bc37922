//! A fifth node from nothing: it joins, becomes a validator, lives by the stake of others in its vault, and leaves.

use crate::beside::{free_port, node, start};
use crate::world::Testnet;
use serde_json::Value;

/// One PAL in npal.
const PAL: u64 = 1_000_000_000;

/// Where the newcomer's power comes from.
fn power(testnet: &Testnet, operator: &str) -> Value {
    testnet.json(&["validator", "power", operator])
}

fn npal(value: &Value) -> u64 {
    value.as_str().unwrap().parse().unwrap()
}

/// What its vault gave.
fn of_vault(power: &Value) -> u64 {
    let parts = power["parts"].as_array().unwrap();
    let found = parts.iter().find(|part| !part["vault"].is_null());
    found.map_or(0, |part| npal(&part["counted"]))
}

#[test]
fn a_fifth_node_joins_is_restaked_to_votes_and_leaves() {
    let testnet = Testnet::up("newcomer");
    let home = testnet.path().join("fifth");
    let place = home.display().to_string();
    let key = home.join("keys/account.pem").display().to_string();
    let send = |arguments: &[&str]| {
        let mut all = arguments.to_vec();
        all.extend(["--wait", "--yes"]);
        testnet.run(&all)
    };

    // From a node's address alone to one that follows the chain.
    testnet.run(&["join", &testnet.grpc("node0"), "--home", &place]);
    let made = testnet.json(&["validator", "init", "--home", &place, "--yes"]);
    let (account, operator) = (
        made["account"].as_str().unwrap(),
        made["operator"].as_str().unwrap(),
    );
    let port = free_port();
    let log = testnet.path().join("fifth.log");
    let _fifth = start(&testnet, &log, &node(&home, port, &[]));
    let url = format!("http://127.0.0.1:{port}");
    let status = || {
        let asked = ["validator", "status", "--node", &url, "-o", "json"];
        let asked = testnet.command(&asked).output().unwrap();
        serde_json::from_slice::<Value>(&asked.stdout).unwrap_or_default()
    };
    let height = testnet.highest().to_string();
    testnet.wait("the fifth node to catch up", || {
        let asked = testnet
            .command(&["query", "block", &height, "--node", &url])
            .output();
        asked.unwrap().status.success()
    });

    // A validator by a small bond, and a vault that others fill.
    send(&["tx", "send", "alice", account, "2000pal"]);
    send(&[
        "validator",
        "register",
        "--home",
        &place,
        "--moniker",
        "fifth",
        "--bond",
        "1000pal",
    ]);
    send(&[
        "vault",
        "create",
        "ETH",
        "--leverage",
        "1",
        "--serves",
        "0",
        "--from",
        &key,
    ]);
    let vaults = testnet.json(&["vault", "list", "--operator", operator]);
    let vault = vaults[0]["address"].as_str().unwrap();
    send(&["vault", "deposit", vault, "50eth", "--from", "bob"]);
    send(&["operator", "allocate", vault, "0", "100%", "--from", &key]);
    testnet.run(&["testnet", "epoch", "next"]);
    let early = power(&testnet, operator);
    assert_eq!(
        of_vault(&early),
        0,
        "a pledge counts after its delay alone: {early}"
    );

    // 20 s of chain time later the pledge binds, and from the next set on it is power.
    testnet.run(&["testnet", "time", "warp", "20s"]);
    testnet.wait("power from the vault", || {
        testnet.run(&["testnet", "epoch", "next"]);
        of_vault(&power(&testnet, operator)) > 0
    });
    let now = power(&testnet, operator);
    assert_eq!(now["place"], "chosen", "{now}");
    // 50 ether at 2,400 PAL, less a haircut of 5 %, and the bond.
    assert_eq!(of_vault(&now), 114_000 * PAL, "{now}");
    assert_eq!(npal(&now["power"]), 115_000 * PAL, "{now}");
    testnet.wait("the fifth node to vote", || status()["node"]["signing"] == true);

    // It leaves: no later set has it, and nobody misses it.
    send(&["service", "leave", "0", "--from", &key]);
    testnet.wait("a set without it", || {
        testnet.run(&["testnet", "epoch", "next"]);
        power(&testnet, operator)["place"] == "not_serving"
    });
    let gone = power(&testnet, operator);
    assert_eq!(
        (npal(&gone["power"]), &gone["weight"]),
        (0, &Value::from(0)),
        "{gone}"
    );
    testnet.wait("the fifth node to vote no more", || {
        status()["node"]["signing"] == false
    });
    let last = testnet.highest();
    testnet.wait_for_all(last + 3);

    // What was in its vault is its owner's to take once nothing can be slashed any more.
    send(&["vault", "withdraw", vault, "all", "--from", "bob"]);
    let before = testnet.json(&["query", "account", "bob"]);
    testnet.run(&["testnet", "time", "warp", "130s"]);
    testnet.wait("bob to be paid", || {
        testnet.json(&["query", "account", "bob"]) != before
    });
}
