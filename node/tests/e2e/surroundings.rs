//! Surroundings that turn bad under a node: its clock, its disk, its leaders; and time that is put forward.

use crate::world::{NODES, Testnet, told};
use std::fs;
use std::os::unix::fs::PermissionsExt;

fn time(testnet: &Testnet) -> (u64, u64) {
    let time = testnet.json(&["testnet", "time"]);
    (
        time["chain_clock_ms"].as_u64().unwrap(),
        time["epoch"].as_u64().unwrap(),
    )
}

/// One testnet for all of it: starting one costs more than each step.
#[test]
fn clocks_and_disks_go_wrong_and_the_chain_goes_on() {
    let testnet = Testnet::up("surroundings");
    testnet.transfer();

    // Clocks five seconds off, either way, one after the other: a quorum has the right time.
    for (node, skew) in [("node1", "+5s"), ("node2", "-5s")] {
        testnet.run(&["testnet", "fault", "clock-skew", node, skew]);
        let before = testnet.highest();
        testnet.transfer();
        testnet.wait_for_all(before + 5);
        testnet.run(&["testnet", "fault", "clear"]);
    }

    // A disk that takes its time, a leader that proposes nothing and one that takes no transactions.
    testnet.run(&["testnet", "fault", "slow-disk", "node0", "200ms"]);
    testnet.run(&["testnet", "fault", "withhold", "node1"]);
    testnet.run(&["testnet", "fault", "censor", "node2"]);
    let before = testnet.highest();
    testnet.transfer();
    testnet.wait_for_all(before + 5);
    testnet.run(&["testnet", "fault", "clear"]);

    // Time goes forward at once, for all nodes alike.
    let (clock, epoch) = time(&testnet);
    testnet.run(&["testnet", "time", "warp", "30d"]);
    let (later, after) = time(&testnet);
    assert!(later >= clock + 30 * 86_400_000, "{clock} {later}");
    assert!(
        after <= epoch + 2,
        "epochs {epoch} {after}: one warp is no more than an epoch's end"
    );
    testnet.run(&["testnet", "epoch", "next"]);
    assert!(time(&testnet).1 > after);
    let now = testnet.highest();
    testnet.wait_for_all(now + 2);
    testnet.assert_equal_at(now + 1);

    // A disk that is full ends its node with a code of its own; with room again it comes back and has lost nothing.
    let id = testnet.transfer();
    testnet.run(&["testnet", "fault", "disk-full", "node3"]);
    testnet.wait("node3 to end", || testnet.heights().len() == 3);
    let log = fs::read_to_string(testnet.home("node3").join("node.log")).unwrap();
    let last = log.lines().last().unwrap();
    assert!(last.contains("make room") && last.contains("node3"), "{last}");
    testnet.run(&["testnet", "node", "restart", "node3"]);
    let now = testnet.highest();
    testnet.wait_for_all(now + 2);
    testnet.assert_equal_at(now + 1);
    assert!(testnet.run(&["query", "tx", &id]).contains(&id));

    a_story_is_played_and_one_that_does_not_hold_says_so(&testnet);
    for node in NODES {
        let page = testnet.metrics(node);
        let mut counts = page
            .lines()
            .filter(|line| line.starts_with("palisade_evidence_total{"));
        assert!(counts.all(|line| line.ends_with(" 0")), "{node}: {page}");
    }
    a_folder_that_may_not_be_written_is_named(&testnet);
}

fn a_story_is_played_and_one_that_does_not_hold_says_so(testnet: &Testnet) {
    let played = testnet.json(&["testnet", "scenario", "run", "smoke"]);
    assert_eq!(played["holds"], true, "{played}");
    assert!(played["steps"].as_array().unwrap().len() >= 5, "{played}");
    let file = testnet.path().join("wrong.scenario");
    fs::write(&file, "pay 1\nassert finalized_height<1\n").unwrap();
    let name = file.display().to_string();
    let arguments = ["testnet", "scenario", "run", &name, "-o", "json"];
    let output = testnet.command(&arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    assert!(told(&output).contains("SCENARIO_FAILED"), "{}", told(&output));
}

/// Root may write anywhere: for root the folder is mounted read-only, in a mount namespace of its own.
fn a_folder_that_may_not_be_written_is_named(testnet: &Testnet) {
    testnet.run(&["testnet", "node", "stop", "node3"]);
    let home = testnet.home("node3");
    let data = home.join("data");
    let name = home.display().to_string();
    let refused = if is_root() {
        let script = format!(
            "mount --bind '{0}' '{0}' && mount -o remount,ro,bind '{0}' && exec '{1}' start --home '{2}'",
            data.display(),
            env!("CARGO_BIN_EXE_palisade"),
            name
        );
        let output = std::process::Command::new("unshare")
            .args(["--mount", "sh", "-c", &script])
            .output();
        match output {
            Ok(output) if !told(&output).contains("mount:") && !told(&output).contains("unshare:") => output,
            other => {
                println!("skipped: a read-only mount needs a mount namespace: {other:?}");
                return;
            }
        }
    } else {
        let folders = [data.join("store"), data.join("consensus")];
        let mode = |bits| {
            for folder in &folders {
                fs::set_permissions(folder, fs::Permissions::from_mode(bits)).unwrap();
            }
        };
        mode(0o500);
        let output = testnet.command(&["start", "--home", &name]).output().unwrap();
        mode(0o700);
        output
    };
    assert_eq!(refused.status.code(), Some(9), "{}", told(&refused));
    assert!(told(&refused).contains("owner"), "{}", told(&refused));
}

fn is_root() -> bool {
    let own = fs::metadata("/proc/self").unwrap();
    std::os::unix::fs::MetadataExt::uid(&own) == 0
}
