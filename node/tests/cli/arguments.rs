use crate::{Place, Ran};
use serde_json::Value;

#[test]
fn version_and_help_are_data() {
    let place = Place::new();
    assert!(place.run(&["version"]).succeeded().out.starts_with("palisade 0."));
    assert_eq!(
        place.run(&["-q", "version"]).succeeded().out.trim(),
        env!("CARGO_PKG_VERSION")
    );
    assert!(place.run(&["--help"]).succeeded().out.contains("testnet"));
}

#[test]
fn a_wrong_command_line_ends_with_2() {
    let place = Place::new();
    place.run(&["dance"]).failed(2, "unrecognized subcommand 'dance'");
    place
        .run(&["tx", "send", "alice", "bob", "10"])
        .failed(2, "has no unit");
    place
        .run(&["tx", "send", "alice", "bob", "-1pal"])
        .failed(2, "unexpected argument");
    place
        .run(&["testnet", "up", "--block-time", "5"])
        .failed(2, "is not a duration");
}

#[test]
fn errors_are_json_too_when_data_is() {
    let place = Place::new();
    for arguments in [
        &["-o", "json", "dance"][..],
        &["testnet", "status", "-o", "json"],
        &["-o=jsonl", "key", "show", "x"],
    ] {
        let ran = place.run(arguments);
        assert_ne!(ran.code, 0);
        let error: Value = serde_json::from_str(&ran.err).unwrap_or_else(|e| panic!("{e}: {}", ran.err));
        assert_eq!(error["error"]["exit_code"], ran.code);
        assert!(
            error["error"]["message"]
                .as_str()
                .is_some_and(|text| !text.is_empty()),
            "{error}"
        );
        assert_eq!(ran.out, "");
    }
}

#[test]
fn a_node_that_is_not_there_ends_with_4() {
    let place = Place::new();
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let url = format!("http://{free}");
    let ran = place
        .run(&["query", "sync", "--node", &url])
        .failed(4, "no node answers");
    assert!(
        ran.err.contains(&url) && ran.err.contains("--node"),
        "{}",
        ran.err
    );
    place
        .run(&["query", "sync", "--node", "localhost:1"])
        .failed(2, "does not start with http://");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    use std::process::Stdio;
    let place = Place::new();
    let mut child = place
        .command()
        .args(["config", "default"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ran = Ran::of(child.wait_with_output().unwrap());
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
}

#[test]
fn shells_and_man_are_told_every_command() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = place.run(&["completions", shell]).succeeded().out;
        assert!(
            script.contains("multisig") && script.contains("testnet"),
            "{shell}"
        );
    }
    place.run(&["completions", "tcl"]).failed(2, "tcl");
    place.run(&["man", "pages"]).succeeded();
    for page in ["palisade.1", "palisade-tx-send.1", "palisade-query-events.1"] {
        let text = std::fs::read_to_string(place.path().join("pages").join(page)).unwrap();
        assert!(text.starts_with(".ie"), "{page}: {text}");
    }
}
