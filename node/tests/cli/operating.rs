//! Operating a validator: keys that move, a signer of its own, and what the doctor says.

use crate::{Place, Ran};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

/// A program that runs beside the test, and ends with it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// A signer of the home `n`, when it listens.
fn signer(place: &Place, home: &str) -> Running {
    let mut command = place.command();
    command.args(["signer", "run", "--home", home, "--listen", "unix:s.sock"]);
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let told = BufReader::new(child.stderr.take().unwrap());
    let running = Running(child);
    let mut lines = told.lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("signing at unix:")));
    // What it logs must go somewhere as long as it runs.
    std::thread::spawn(move || lines.count());
    running
}

#[test]
fn keys_move_to_another_home_and_the_old_one_never_signs_again() {
    let place = Place::new();
    place.run(&["init", "--home", "old"]).succeeded();
    let moved = ["validator", "move", "--home", "old", "--to", "new"];
    let ran = place.run(&moved).succeeded();
    assert!(
        ran.err.contains("the old guard was locked for good"),
        "{}",
        ran.err
    );
    // Again: all of it was done.
    place.run(&moved).succeeded();
    for file in [
        "config.toml",
        "genesis.json",
        "keys/consensus.json",
        "guard/signing-guard.log",
    ] {
        assert!(place.path().join("new").join(file).is_file(), "{file}");
    }
    place
        .run(&["start", "--home", "old"])
        .failed(10, "this home gave the key away");
    place
        .run(&["signer", "run", "--home", "old", "--listen", "unix:old.sock"])
        .failed(10, "this home gave the key away");
    place
        .run(&["validator", "move", "--home", "new", "--to", "old"])
        .failed(10, "take them into a new home");
    place
        .run(&["validator", "move", "--home", "third", "--unpack", "old/moved"])
        .failed(10, "two homes with the same keys would be slashed");
    place
        .run(&["validator", "move", "--home", "third", "--unpack", "nowhere"])
        .failed(7, "there is no history.json");
    place
        .run(&["validator", "move", "--home", "old"])
        .failed(2, "--to");
}

#[test]
fn a_signer_says_what_it_holds_and_keeps_its_home_to_itself() {
    let place = Place::new();
    place.run(&["init", "--home", "n"]).succeeded();
    place
        .run(&["signer", "status", "--remote", "unix:s.sock"])
        .failed(4, "palisade signer run");
    let running = signer(&place, "n");
    let status = || {
        let ran = place.run(&["signer", "status", "--remote", "unix:s.sock", "-o", "json"]);
        ran.succeeded().json()
    };
    assert_eq!(status()["keys"].as_array().unwrap().len(), 1);
    assert_eq!(status()["keys"][0]["locked"], false);
    place.run(&["start", "--home", "n"]).failed(9, "already open in");
    place
        .run(&["validator", "move", "--home", "n", "--to", "new"])
        .failed(10, "stop the node or signer of that home first");
    // A key that is made while it runs is taken up.
    place.run(&["signer", "new-key", "--home", "n"]).succeeded();
    while status()["keys"].as_array().unwrap().len() < 2 {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    drop(running);
    place
        .run(&["signer", "run", "--home", "n", "--listen", "127.0.0.1:0"])
        .failed(9, "signer.key");
    place
        .run(&["signer", "certificates", "--to", "n/tls"])
        .succeeded();
    place
        .run(&["signer", "certificates", "--to", "n/tls"])
        .failed(9, "exists already");
    place
        .run(&["signer", "run", "--home", "n", "--listen", "nowhere"])
        .failed(2, "HOST:PORT");
}

#[test]
fn the_doctor_says_what_is_wrong_and_what_to_do() {
    let place = Place::new();
    place.run(&["init", "--home", "n"]).succeeded();
    let look = || {
        let ran: Ran = place.run(&[
            "doctor",
            "--home",
            "n",
            "-o",
            "json",
            "--set",
            "rpc.listen=127.0.0.1:1",
        ]);
        let report: Value = serde_json::from_str(&ran.out).unwrap();
        (ran.code, report["findings"].as_array().unwrap().clone())
    };
    let find = |findings: &[Value], check: &str| {
        let found = findings.iter().find(|finding| finding["check"] == check);
        found
            .unwrap_or_else(|| panic!("no {check} in {findings:?}"))
            .clone()
    };
    let (_, findings) = look();
    for check in ["settings", "genesis", "keys", "signing guard"] {
        assert_eq!(find(&findings, check)["verdict"], "PASS", "{check}");
    }
    assert_eq!(find(&findings, "node")["verdict"], "WARN");
    std::fs::remove_file(place.path().join("n/guard/signing-guard.log")).unwrap();
    std::fs::remove_file(place.path().join("n/keys/p2p.pem")).unwrap();
    let (code, findings) = look();
    assert_eq!(code, 1);
    for check in ["keys", "signing guard"] {
        let finding = find(&findings, check);
        assert_eq!(finding["verdict"], "FAIL", "{finding}");
        assert!(!finding["todo"].as_str().unwrap().is_empty(), "{finding}");
    }
    let ran = place.run(&["doctor", "--home", "nowhere"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.out.contains("→ ") && ran.err.contains("checks failed"),
        "{}{}",
        ran.out,
        ran.err
    );
}

#[test]
fn an_observers_home_becomes_a_validators_and_nothing_is_ever_overwritten() {
    let place = Place::new();
    place.run(&["init", "--home", "a"]).succeeded();
    let observer = ["init", "--home", "n", "--genesis", "a/genesis.json", "--observer"];
    place.run(&observer).succeeded();
    let file = |name: &str| place.path().join("n").join(name);
    let p2p = std::fs::read(file("keys/p2p.pem")).unwrap();
    let init = ["validator", "init", "--home", "n", "-o", "json"];
    let ran = place.run(&init).succeeded();
    assert!(ran.err.contains("back up n/keys/"), "{}", ran.err);
    let made = ran.json();
    assert_eq!(made["consensus_key"].as_str().unwrap().len(), 192);
    assert_eq!(made["proof_of_possession"].as_str().unwrap().len(), 96);
    assert_eq!(std::fs::read(file("keys/p2p.pem")).unwrap(), p2p);
    let settings = std::fs::read_to_string(file("config.toml")).unwrap();
    assert!(settings.contains("\nobserver = false\n"), "{settings}");
    place.run(&["config", "check", "--home", "n"]).succeeded();

    let again = place.run(&init).succeeded();
    assert!(again.err.contains("nothing was made"), "{}", again.err);
    assert_eq!(again.json(), made);
    // As if it had been killed when the guard was made and the key was not written.
    std::fs::remove_file(file("keys/consensus.json")).unwrap();
    let other = place.run(&init).succeeded().json();
    assert_ne!(other["consensus_key"], made["consensus_key"]);
    assert_eq!(other["account"], made["account"]);

    // What the keys signed goes out and in, with the node at rest.
    let export = ["validator", "history", "export", "--home", "n", "--to", "h.json"];
    place.run(&export).succeeded();
    place.run(&export).failed(2, "h.json");
    let text = std::fs::read_to_string(place.path().join("h.json")).unwrap();
    assert!(text.contains(other["consensus_key"].as_str().unwrap()), "{text}");
    let import = [
        "validator",
        "history",
        "import",
        "h.json",
        "--home",
        "n",
        "-o",
        "json",
    ];
    assert_eq!(place.run(&import).succeeded().json()["keys"], 2);
    std::fs::write(place.path().join("h.json"), "{}").unwrap();
    place.run(&import).failed(2, "not a guard's export");
    place.run(&["init", "--home", "b"]).succeeded();
    place
        .run(&["validator", "history", "export", "--home", "b", "--to", "b.json"])
        .succeeded();
    place
        .run(&["validator", "history", "import", "b.json", "--home", "n"])
        .failed(9, "the export is of chain");
    place
        .run(&["admin", "consensus", "--home", "n"])
        .failed(4, "admin.sock");
}
