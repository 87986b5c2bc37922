//! Data that is damaged, gone, moved or forgotten, as an operator meets it.

use crate::world::{Testnet, told};
use std::fs;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

/// Runs a command on a node's home, whether the node runs or not.
fn on(testnet: &Testnet, home: &Path, arguments: &[&str]) -> Output {
    let home = home.display().to_string();
    let mut all = arguments.to_vec();
    all.extend(["--home", &home]);
    testnet.command(&all).output().unwrap()
}

/// Starts a node that should refuse; if it does not, it is ended after a while.
fn start(testnet: &Testnet, home: &Path) -> Output {
    let mut command = testnet.command(&["start", "--home", &home.display().to_string()]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    for _ in 0..300 {
        if child.try_wait().unwrap().is_some() {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    // Of one that has ended, nothing is left to kill.
    child.kill().unwrap();
    child.wait_with_output().unwrap()
}

fn fails(output: &Output, code: i32, part: &str) {
    assert_eq!(output.status.code(), Some(code), "{}", told(output));
    assert!(told(output).contains(part), "without {part:?}: {}", told(output));
}

fn succeeds(output: &Output) -> String {
    assert!(output.status.success(), "{}", told(output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Changes a byte in the middle of a file.
fn damage(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len().div_ceil(2) - 1;
    bytes[middle] ^= 0x55;
    fs::write(path, bytes).unwrap();
}

/// The largest file of a folder.
fn largest(folder: &Path) -> std::path::PathBuf {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files
        .filter(|path| path.is_file())
        .max_by_key(|path| path.metadata().unwrap().len())
        .unwrap()
}

/// One testnet for all of it: starting one costs more than each step.
#[test]
fn a_node_is_looked_into_broken_mended_and_joined() {
    let testnet = Testnet::up("storage");
    let id = testnet.transfer();
    testnet.wait("some blocks", || testnet.highest() >= 30);

    // A running node makes a snapshot, and a stranger joins from it as an observer.
    let node0 = testnet.home("node0");
    let taken = succeeds(&on(&testnet, &node0, &["snapshot", "create"]));
    assert!(taken.contains("state root"), "{taken}");
    let joined = testnet.path().join("joined");
    let url = testnet.grpc("node0");
    let told_of = succeeds(&on(&testnet, &joined, &["join", &url, "-o", "json"]));
    let value: serde_json::Value = serde_json::from_str(&told_of).unwrap();
    assert!(value["height"].as_u64().unwrap() > 0, "{value}");
    fails(
        &on(&testnet, &joined, &["join", &url]),
        2,
        "holds a chain already",
    );
    succeeds(&on(&testnet, &joined, &["snapshot", "verify"]));
    let found = succeeds(&on(&testnet, &joined, &["debug", "inspect", "-o", "json"]));
    let found: serde_json::Value = serde_json::from_str(&found).unwrap();
    assert_eq!(found["height"], value["height"]);
    let chunks = fs::read_dir(joined.join("snapshots"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path()
        .join("chunks");
    damage(&largest(&chunks));
    fails(
        &on(&testnet, &joined, &["snapshot", "verify"]),
        22,
        "not what its hash says",
    );

    // The tools on a stopped node; the running ones are locked.
    fails(
        &on(&testnet, &node0, &["debug", "inspect"]),
        1,
        "in use by process",
    );
    testnet.run(&["testnet", "node", "stop", "node3"]);
    let node3 = testnet.home("node3");
    assert!(succeeds(&on(&testnet, &node3, &["debug", "replay"])).contains("the same roots"));
    assert!(succeeds(&on(&testnet, &node3, &["debug", "invariants"])).contains("all hold"));
    fails(&on(&testnet, &node3, &["debug", "rollback", "5"]), 2, "--yes");
    succeeds(&on(&testnet, &node3, &["debug", "rollback", "5", "--yes"]));
    let file = testnet.path().join("node3.store");
    let name = file.display().to_string();
    succeeds(&on(&testnet, &node3, &["debug", "export", &name]));
    fs::remove_dir_all(node3.join("data/store")).unwrap();
    succeeds(&on(&testnet, &node3, &["debug", "import", &name]));
    let bundle = testnet.path().join("bundle").display().to_string();
    succeeds(&on(&testnet, &node3, &["debug", "bundle", &bundle]));
    assert!(fs::read_dir(&bundle).unwrap().count() >= 5 && !Path::new(&bundle).join("keys").exists());

    // Damage, each with its own code and way out.
    let log = largest(&node3.join("data/consensus"));
    let good = fs::read(&log).unwrap();
    damage(&log);
    fails(&start(&testnet, &node3), 22, "damaged at byte");
    fs::write(&log, &good).unwrap();
    // A torn tail is dropped, and said: what a crash leaves.
    fs::write(&log, &good[..good.len() - 3]).unwrap();
    let database = node3.join("data/store/db");
    let good = fs::read(&database).unwrap();
    let mut noise = good.clone();
    noise[100..200].fill(0x55);
    fs::write(&database, noise).unwrap();
    fails(&start(&testnet, &node3), 22, "move the store's folder away");
    fs::write(&database, good).unwrap();

    testnet.run(&["testnet", "node", "restart", "node3"]);
    let now = testnet.highest();
    testnet.wait_for_all(now + 5);
    testnet.assert_equal_at(now + 4);
    assert!(testnet.run(&["query", "tx", &id]).contains(&id));
}
