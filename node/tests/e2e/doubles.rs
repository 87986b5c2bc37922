//! Two nodes with the keys of one validator: found out before one of them votes, or standing by for each other behind one
//! signer, whatever is killed.

use crate::beside::{Running, free_port, node, start};
use crate::world::{Testnet, told};
use std::fs;
use std::path::Path;

/// A home with some of another one's key files, its settings and its chain, and nothing of what it did.
fn copy_home(from: &Path, to: &Path, keys: &[&str]) {
    fs::create_dir_all(to.join("keys")).unwrap();
    for file in ["config.toml", "genesis.json"] {
        fs::copy(from.join(file), to.join(file)).unwrap();
    }
    for key in keys {
        fs::copy(from.join("keys").join(key), to.join("keys").join(key)).unwrap();
    }
}

/// Whether the node at a port says that its validator's votes count.
fn votes(testnet: &Testnet, port: u16) -> bool {
    let url = format!("http://127.0.0.1:{port}");
    let asked = testnet
        .command(&["validator", "status", "--node", &url, "-o", "json"])
        .output();
    let asked = asked.unwrap();
    let shown: serde_json::Value = serde_json::from_slice(&asked.stdout).unwrap_or_default();
    asked.status.success() && shown["node"]["signing"] == true
}

fn evidence(testnet: &Testnet) -> bool {
    let page = testnet.metrics("node0");
    let mut lines = page
        .lines()
        .filter(|line| line.starts_with("palisade_evidence_total"));
    lines.any(|line| !line.ends_with(" 0"))
}

#[test]
fn a_double_is_found_before_it_votes_and_two_nodes_behind_one_signer_never_both_vote() {
    let testnet = Testnet::up("doubles");
    let base = testnet.path();
    let node3 = testnet.home("node3");
    let log = |name: &str| base.join(format!("{name}.log"));

    // Node 3 votes; a copy of it without a history listens first, and stops.
    let twin = base.join("twin");
    copy_home(&node3, &twin, &["account.pem", "consensus.json", "p2p.pem"]);
    let more = [
        "--init-signing-history",
        "--i-have-stopped-the-other-node",
        "--doppelganger-wait",
        "600",
    ];
    let arguments = node(&twin, free_port(), &more);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let ended = testnet.command(&arguments).output().unwrap();
    assert_eq!(ended.status.code(), Some(21), "{}", told(&ended));
    assert!(
        told(&ended).contains("another node votes with the key"),
        "{}",
        told(&ended)
    );
    assert!(!twin.join("guard/signing-guard.log").exists());

    // Its keys go behind a signer; of two nodes that ask for it one votes, and the other follows.
    testnet.run(&["testnet", "node", "stop", "node3"]);
    let socket = base.join("s.sock");
    let remote = format!("signer.remote=unix:{}", socket.display());
    let sign = || {
        let home = node3.display().to_string();
        let listen = format!("unix:{}", socket.display());
        let flags = [
            "signer", "run", "--home", &home, "--listen", &listen, "--lease", "2",
        ];
        Running::start(&testnet, &log("signer"), &flags)
    };
    let homes = ["a", "b"].map(|name| {
        let home = base.join(name);
        copy_home(&node3, &home, &["account.pem", "p2p.pem"]);
        home
    });
    let ports = [free_port(), free_port()];
    let run = |which: usize| {
        let arguments = node(&homes[which], ports[which], &["--set", &remote]);
        start(&testnet, &log(["a", "b"][which]), &arguments)
    };
    let signer = sign();
    testnet.wait("the signer's socket", || socket.exists());
    let first = run(0);
    testnet.wait("the first node to vote", || votes(&testnet, ports[0]));
    let second = run(1);
    testnet.wait("the second node to stand by", || {
        second.said().contains("standing by")
    });
    assert!(!votes(&testnet, ports[1]));
    // The one that votes is killed: the other takes over. It comes back: it stands by.
    first.kill();
    testnet.wait("the second node to take over", || votes(&testnet, ports[1]));
    let first = run(0);
    testnet.wait("the first node to stand by", || {
        first.said().contains("standing by")
    });
    // The signer is killed: nobody votes, and nobody ends. It comes back, and one of them votes.
    signer.kill();
    testnet.wait("no node to vote", || {
        !votes(&testnet, ports[0]) && !votes(&testnet, ports[1])
    });
    let _signer = sign();
    testnet.wait("one of them to vote", || {
        votes(&testnet, ports[0]) || votes(&testnet, ports[1])
    });
    assert!(!(votes(&testnet, ports[0]) && votes(&testnet, ports[1])));
    let height = testnet.highest();
    testnet.wait("the chain to go on", || testnet.highest() > height + 5);
    assert!(!evidence(&testnet), "somebody signed twice");
}
