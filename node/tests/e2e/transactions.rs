//! Transactions from the command line to the chain and back: in files, by several keys, without a sequence, watched.

use crate::world::{Testnet, told};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

impl Testnet {
    fn balance(&self, account: &str) -> u128 {
        let shown = self.json(&["query", "account", account]);
        shown["balance"].as_str().unwrap().parse().unwrap()
    }

    /// The first rows that a command prints, one JSON value a line; the command is ended then.
    fn rows(&self, arguments: &[&str], count: usize) -> Vec<Value> {
        let mut all = arguments.to_vec();
        all.extend(["-o", "jsonl"]);
        let mut child = self
            .command(&all)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let rows = lines
            .take(count)
            .map(|line| serde_json::from_str(&line.unwrap()).unwrap());
        let rows = rows.collect();
        child.kill().unwrap();
        child.wait().unwrap();
        rows
    }
}

#[test]
fn what_is_final_is_read_at_once_proven_and_watched_from_any_cursor() {
    let testnet = Testnet::up("watched");
    let before = testnet.balance("bob");
    testnet.transfer();
    assert_eq!(
        testnet.balance("bob"),
        before + 1_000_000_000,
        "the answer is of the finalized tip"
    );
    let id = testnet.transfer();
    testnet.wait("the next block", || {
        let proven = testnet.json(&["query", "account", "bob", "--prove"]);
        proven["balance"].as_str().unwrap() == (before + 2_000_000_000).to_string()
    });
    assert_eq!(testnet.json(&["query", "asset", "0", "--prove"])["symbol"], "PAL");
    let validators = testnet.json(&["query", "validator", "--prove"]);
    let first = validators[0]["address"].as_str().unwrap();
    let one = testnet.json(&["query", "validator", first, "--prove"]);
    assert_eq!(
        (&one["proven"], &one["status"]),
        (&Value::Bool(true), &Value::from("active"))
    );

    let transfers = [
        "query",
        "events",
        "--name",
        "Transferred",
        "--follow",
        "--from-height",
        "1",
    ];
    let events = testnet.rows(&transfers, 2);
    assert_eq!(events[1]["tx_hash"], id);
    let cursor = events[1]["cursor"].as_str().unwrap();
    let again = testnet.rows(&["query", "events", "--follow", "--from-cursor", cursor], 1);
    assert_eq!(again[0], events[1]);
    let txs = testnet.rows(
        &[
            "query",
            "txs",
            "--account",
            "bob",
            "--follow",
            "--from-height",
            "1",
        ],
        2,
    );
    assert_eq!(txs[1]["tx_hash"], id);
    let listed = testnet.json(&["query", "txs", "--account", "bob"]);
    assert_eq!(listed[0]["tx_hash"], id);
    let blocks = testnet.rows(&["query", "blocks", "--follow"], 2);
    let height = |block: &Value| block["height"].as_u64().unwrap();
    assert_eq!(height(&blocks[1]), height(&blocks[0]) + 1);
    let gone = testnet.command(&["query", "blocks", "--follow", "--from-height", "900000"]);
    let output = { gone }.output().unwrap();
    assert_eq!(output.status.code(), Some(7), "{}", told(&output));
}

#[test]
fn unordered_ones_of_one_account_go_at_the_same_time_and_only_once() {
    let testnet = Testnet::up("unordered");
    let before = testnet.balance("carol");
    std::thread::scope(|scope| {
        for memo in ["a", "b", "c", "d"] {
            let testnet = &testnet;
            scope.spawn(move || {
                let send = [
                    "tx",
                    "send",
                    "bob",
                    "carol",
                    "1pal",
                    "--unordered",
                    "--memo",
                    memo,
                ];
                testnet.run(&[&send[..], &["--wait", "--yes"]].concat());
            });
        }
    });
    assert_eq!(testnet.balance("carol"), before + 4_000_000_000);
    assert_eq!(testnet.json(&["query", "account", "bob"])["sequence"], 0);
    testnet.run(&[
        "tx",
        "build",
        "bob",
        "--send",
        "carol:1pal",
        "--unordered",
        "--out",
        "tx.json",
    ]);
    testnet.run(&["tx", "sign", "tx.json", "--key", "bob", "--out", "tx.json.signed"]);
    for _ in 0..2 {
        let sent = testnet.json(&["tx", "broadcast", "tx.json.signed", "--wait"]);
        assert_eq!(sent["status"], "finalized");
    }
    assert_eq!(testnet.balance("carol"), before + 5_000_000_000);
}

#[test]
fn two_of_three_send_by_files_and_a_fee_is_never_above_what_was_said() {
    let testnet = Testnet::up("together");
    let made = testnet.json(&[
        "key",
        "multisig",
        "treasury",
        "--threshold",
        "2",
        "--member",
        "bob",
        "--member",
        "carol",
        "--member",
        "dave",
        "--dev",
    ]);
    let address = made["address"].as_str().unwrap();
    testnet.run(&["tx", "send", "alice", "treasury", "5pal", "--wait", "--yes"]);
    assert_eq!(testnet.balance(address), 5_000_000_000);
    testnet.run(&[
        "tx",
        "build",
        "treasury",
        "--send",
        "erin:1pal",
        "--fee",
        "0.01pal",
        "--out",
        "tx.json",
    ]);
    let simulated = testnet.json(&["tx", "simulate", "tx.json"]);
    assert_eq!(simulated["receipt"]["result"], "success");
    assert_eq!(simulated["base_price"], "1");
    let most: u128 = simulated["max_fee"].as_str().unwrap().parse().unwrap();
    assert!((1..=10_000_000).contains(&most), "{simulated}");
    let sign = |key: &str, from: &str, to: &str| {
        let output = testnet
            .command(&["tx", "sign", from, "--key", key, "--out", to])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", told(&output));
        told(&output)
    };
    let first = sign("carol", "tx.json", "carol.json");
    assert!(
        first.contains("1 of 2 signatures, missing") && first.contains("dave"),
        "{first}"
    );
    let alone = testnet
        .command(&["tx", "broadcast", "carol.json"])
        .output()
        .unwrap();
    assert_eq!(alone.status.code(), Some(5), "{}", told(&alone));
    sign("dave", "tx.json", "dave.json");
    testnet.run(&["tx", "combine", "dave.json", "carol.json", "--out", "both.json"]);
    let sent = testnet.json(&["tx", "broadcast", "both.json", "--wait"]);
    assert_eq!(sent["status"], "finalized");
    let fee: u128 = sent["fee"].as_str().unwrap().parse().unwrap();
    assert_eq!(testnet.balance(address), 4_000_000_000 - fee);
    let low = [
        "tx", "send", "bob", "carol", "1pal", "--fee", "1npal", "--yes", "-o", "json",
    ];
    let refused = testnet.command(&low).output().unwrap();
    assert_eq!(refused.status.code(), Some(5), "{}", told(&refused));
    assert!(told(&refused).contains("FEE_TOO_LOW"), "{}", told(&refused));
}
