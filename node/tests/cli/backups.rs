//! Backups: made, looked at, put back, and never over what was signed since.

use crate::Place;

#[test]
fn a_home_goes_into_an_encrypted_file_and_comes_out_of_it_without_a_vote() {
    let place = Place::new();
    place.run(&["init", "--home", "n"]).succeeded();
    let phrase = place.secret_file("phrase", "open sesame");
    let create = [
        "backup",
        "create",
        "--home",
        "n",
        "--to",
        "b.age",
        "--passphrase-file",
        &phrase,
        "-o",
        "json",
    ];
    let made = place.run(&create).succeeded().json();
    assert_eq!(made["keys"].as_array().unwrap().len(), 1, "{made}");
    place.run(&create).failed(9, "exists already");
    place
        .run(&["backup", "create", "--home", "n", "--to", "c.age"])
        .failed(2, "--age-recipient");
    place
        .run(&[
            "backup",
            "create",
            "--home",
            "n",
            "--to",
            "c.age",
            "--age-recipient",
            "age1nobody",
        ])
        .failed(2, "not a recipient of age");
    let verify = ["backup", "verify", "b.age", "--passphrase-file"];
    let seen = place
        .run(&[&verify[..], &[&phrase, "-o", "json"]].concat())
        .succeeded()
        .json();
    assert_eq!(seen, made);
    let wrong = place.secret_file("wrong", "open barley");
    place
        .run(&[&verify[..], &[&wrong]].concat())
        .failed(9, "wrong passphrase");
    // The doctor knows of it.
    let ran = place.run(&[
        "doctor",
        "--home",
        "n",
        "-o",
        "json",
        "--set",
        "rpc.listen=127.0.0.1:1",
    ]);
    let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let found = findings.iter().find(|one| one["check"] == "backup").unwrap();
    assert_eq!(found["verdict"], "PASS", "{found}");
    assert!(
        found["found"].as_str().unwrap().starts_with("0 days old"),
        "{found}"
    );

    let restore = |home: &str, more: &[&str]| {
        let arguments = [
            "backup",
            "restore",
            "b.age",
            "--passphrase-file",
            &phrase,
            "--home",
            home,
        ];
        place.run(&[&arguments[..], more].concat())
    };
    let ran = restore("new", &[]).succeeded();
    assert!(ran.err.contains("--init-signing-history"), "{}", ran.err);
    let file = |name: &str| std::fs::read(place.path().join(name)).unwrap();
    for name in [
        "config.toml",
        "genesis.json",
        "keys/consensus.json",
        "keys/p2p.pem",
    ] {
        assert_eq!(file(&format!("n/{name}")), file(&format!("new/{name}")), "{name}");
    }
    // Nobody votes with restored keys before somebody says that nobody else does.
    place
        .run(&["start", "--home", "new"])
        .failed(21, "--i-have-stopped-the-other-node");
    // Over keys of another home nothing is restored; beside its own nothing changes.
    place.run(&["init", "--home", "other"]).succeeded();
    restore("other", &[]).failed(3, "this home of");
    let again = restore("n", &["-o", "json"]).succeeded().json();
    assert_eq!(again["written"].as_array().unwrap().len(), 0, "{again}");
    std::fs::write(place.path().join("new/config.toml"), "[node]\n").unwrap();
    restore("new", &[]).failed(9, "holds something else");
    restore("signer", &["--votes-from-epoch", "9"]).failed(2, "--i-have-stopped-the-other-node");
    let signer = ["--votes-from-epoch", "9", "--i-have-stopped-the-other-node"];
    restore("signer", &signer).succeeded();
    assert!(place.path().join("signer/guard/signing-guard.log").is_file());
    std::fs::write(place.path().join("b.age"), &file("b.age")[..200]).unwrap();
    restore("last", &[]).failed(9, "does not open");
    assert!(!place.path().join("last/keys").exists());
}
