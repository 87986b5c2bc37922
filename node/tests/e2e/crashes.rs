//! Nodes that die and come back.

use crate::waiters::Waiters;
use crate::world::{NODES, Testnet, alive, told};
use std::process::Command;

fn kill_hard(pid: u64) {
    let killed = Command::new("kill")
        .args(["-9", &pid.to_string()])
        .status()
        .unwrap();
    assert!(killed.success(), "kill -9 {pid}");
}

#[test]
fn one_of_four_dies_the_others_go_on_and_it_comes_back() {
    let testnet = Testnet::up("one-dies");
    testnet.transfer();
    testnet.run(&["testnet", "node", "kill", "node2"]);
    let before = testnet.highest();
    let id = testnet.transfer();
    testnet.wait("three nodes to go on", || testnet.highest() >= before + 30);
    testnet.run(&["testnet", "node", "restart", "node2"]);
    let now = testnet.highest();
    testnet.wait_for_all(now + 5);
    testnet.assert_equal_at(now + 4);
    let found = testnet.json(&["query", "tx", &id]);
    assert_eq!(found["success"].as_bool().or(Some(true)), Some(true), "{found}");
}

/// How often all four die. The long runs ask for more.
fn cycles() -> usize {
    std::env::var("PALISADE_KILLS").map_or(4, |kills| kills.parse().expect("PALISADE_KILLS is a number"))
}

#[test]
fn all_four_killed_at_once_under_load_lose_nothing_that_was_final() {
    let testnet = Testnet::up("all-die");
    let waiters = Waiters::default();
    std::thread::scope(|scope| {
        let _stop = waiters.start(scope, &testnet);
        for _ in 0..cycles() {
            let seen = waiters.seen();
            testnet.wait("transfers to be final", || waiters.seen() >= seen + 5);
            let pids = NODES.map(|node| testnet.pid(node));
            pids.into_iter().for_each(kill_hard);
            for node in NODES {
                testnet.run(&["testnet", "node", "restart", node]);
            }
            let all_back = || testnet.heights().len() == 4 && testnet.heights().iter().all(|h| *h > 0);
            testnet.wait("all four to come back", all_back);
            let now = testnet.highest();
            testnet.wait_for_all(now + 2);
            testnet.assert_equal_at(now + 1);
        }
    });
    for id in waiters.ids() {
        let found = testnet.run(&["query", "tx", &id]);
        assert!(found.contains(&id), "{id} is lost: {found}");
    }
    for node in NODES {
        let page = testnet.metrics(node);
        assert!(page.contains("palisade_consensus_votes_total{"), "{page}");
        let mut counts = page
            .lines()
            .filter(|line| line.starts_with("palisade_evidence_total{"));
        assert!(
            counts.all(|line| line.ends_with(" 0")),
            "{node} saw somebody sign twice: {page}"
        );
    }
}

#[test]
fn an_emptied_data_folder_is_synced_and_a_lost_guard_is_refused() {
    let testnet = Testnet::up("emptied");
    let id = testnet.transfer();
    testnet.run(&["testnet", "node", "stop", "node3"]);
    std::fs::remove_dir_all(testnet.home("node3").join("data")).unwrap();
    testnet.wait("the others to go on", || testnet.highest() >= 40);
    testnet.run(&["testnet", "node", "restart", "node3"]);
    let now = testnet.highest();
    testnet.wait_for_all(now + 5);
    testnet.assert_equal_at(now + 4);
    assert!(testnet.run(&["query", "tx", &id]).contains(&id));

    testnet.run(&["testnet", "node", "stop", "node3"]);
    std::fs::remove_dir_all(testnet.home("node3").join("guard")).unwrap();
    let home = testnet.home("node3").display().to_string();
    let refused = testnet.command(&["start", "--home", &home]).output().unwrap();
    assert_eq!(refused.status.code(), Some(21), "{}", told(&refused));
}

#[test]
fn no_process_outlives_its_supervisor() {
    let testnet = Testnet::up("orphans");
    let pids: Vec<u64> = NODES.map(|node| testnet.pid(node)).into();
    let status = testnet.json(&["testnet", "status"]);
    kill_hard(status["supervisor_pid"].as_u64().unwrap());
    let start = std::time::Instant::now();
    while pids.iter().any(|pid| alive(*pid)) {
        assert!(start.elapsed() < crate::world::PATIENCE, "left running: {pids:?}");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}
