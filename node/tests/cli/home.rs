use crate::Place;

#[test]
fn init_makes_a_home_once() {
    let place = Place::new();
    let made = place
        .run(&["init", "--home", "n", "--moniker", "it's me", "-o", "json"])
        .succeeded()
        .json();
    assert!(made["account"].as_str().unwrap().starts_with("paldev1"));
    assert!(made["peer_id"].as_str().unwrap().starts_with("12D3KooW"));
    for file in [
        "config.toml",
        "genesis.json",
        "keys/account.pem",
        "keys/consensus.json",
        "keys/p2p.pem",
    ] {
        assert!(place.path().join("n").join(file).is_file(), "{file}");
    }
    place.run(&["config", "check", "--home", "n"]).succeeded();
    let shown = place.run(&["config", "show", "--home", "n"]).succeeded().out;
    assert!(shown.contains("it's me"), "{shown}");
    let before = std::fs::read(place.path().join("n/keys/account.pem")).unwrap();
    place
        .run(&["init", "--home", "n"])
        .failed(9, "holds a node already");
    assert_eq!(
        std::fs::read(place.path().join("n/keys/account.pem")).unwrap(),
        before
    );
}

#[test]
fn a_node_may_join_the_chain_of_a_document() {
    let place = Place::new();
    let first = place
        .run(&["init", "--home", "a", "-o", "json"])
        .succeeded()
        .json();
    let second = place
        .run(&["init", "--home", "b", "--genesis", "a/genesis.json", "-o", "json"])
        .succeeded()
        .json();
    assert_eq!(first["chain_hash"], second["chain_hash"]);
    assert_ne!(first["account"], second["account"]);
    place
        .run(&["init", "--home", "c", "--genesis", "nowhere.json"])
        .failed(3, "nowhere.json");
    std::fs::write(place.path().join("bad.json"), "{}").unwrap();
    place
        .run(&["init", "--home", "c", "--genesis", "bad.json"])
        .failed(3, "bad.json");
    assert!(
        !place.path().join("c/keys").exists(),
        "nothing is left of a failed init"
    );
}

#[test]
fn the_chain_of_another_genesis_is_refused() {
    let place = Place::new();
    place.run(&["init", "--home", "a"]).succeeded();
    place.run(&["init", "--home", "b"]).succeeded();
    // The guard of home a is bound to its chain.
    std::fs::copy(
        place.path().join("b/genesis.json"),
        place.path().join("a/genesis.json"),
    )
    .unwrap();
    let ran = place.run(&[
        "start",
        "--home",
        "a",
        "-o",
        "json",
        "--set",
        "rpc.listen=127.0.0.1:0",
        "--set",
        "metrics.listen=127.0.0.2:0",
    ]);
    let error = ran.last_error();
    assert_eq!((ran.code, error["reason"].as_str()), (3, Some("WRONG_CHAIN")));
    let message = error["message"].as_str().unwrap();
    assert!(
        message.contains("put back the genesis.json that this home was made with"),
        "{message}"
    );
}

#[test]
fn a_taken_port_is_named_with_its_holder_and_the_flag_that_changes_it() {
    let place = Place::new();
    place.run(&["init", "--home", "a"]).succeeded();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let rpc = ("rpc.listen", format!("127.0.0.1:{port}"));
    let metrics = ("metrics.listen", format!("127.0.0.1:{port}"));
    let network = ("network.listen", format!("[\"/ip4/127.0.0.1/tcp/{port}\"]"));
    for (setting, value) in [rpc, metrics, network] {
        let free = [
            "rpc.listen=127.0.0.1:0",
            "metrics.listen=127.0.0.2:0",
            "network.listen=[\"/ip4/127.0.0.1/tcp/0\"]",
        ];
        let taken = format!("{setting}={value}");
        let set: Vec<&str> = free
            .into_iter()
            .filter(|text| !text.starts_with(setting))
            .chain([taken.as_str()])
            .flat_map(|text| ["--set", text])
            .collect();
        let ran = place.run(&[&["start", "--home", "a", "-o", "json"][..], &set].concat());
        let error = ran.last_error();
        assert_eq!(
            (ran.code, error["reason"].as_str()),
            (3, Some("PORT_TAKEN")),
            "{error}"
        );
        assert_eq!(error["metadata"]["port"], port.to_string());
        assert_eq!(error["metadata"]["pid"], std::process::id().to_string());
        let message = error["message"].as_str().unwrap();
        let expected = format!(
            "port {port} of {setting} is taken by process {}",
            std::process::id()
        );
        assert!(message.starts_with(&expected), "{message}");
        assert!(message.contains(&format!("--set {setting}=")), "{message}");
    }
}
