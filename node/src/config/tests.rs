use super::load::ConfigError;
use super::*;
use std::collections::BTreeMap;

fn home(text: Option<&str>) -> (tempfile::TempDir, Home) {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::new(folder.path().to_owned());
    if let Some(text) = text {
        std::fs::write(home.config(), text).unwrap();
    }
    (folder, home)
}

fn overrides(environment: &[(&str, &str)], flags: &[(&str, &str)]) -> Overrides {
    let own = |pairs: &[(&str, &str)]| {
        pairs
            .iter()
            .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
            .collect()
    };
    Overrides {
        environment: own(environment),
        flags: own(flags),
    }
}

#[test]
fn flags_win_over_the_environment_which_wins_over_the_file() {
    let (_folder, home) = home(Some(
        "[node]\nmoniker = \"file\"\nlog = \"warn\"\n[mempool]\nmax_transactions = 7000\n",
    ));
    let given = overrides(
        &[("PALISADE_NODE__MONIKER", "env"), ("PALISADE_NODE__LOG", "debug")],
        &[("node.moniker", "flag")],
    );
    let loaded = load(&home, &given, true).unwrap();
    assert_eq!(loaded.config.node.moniker, "flag");
    assert_eq!(loaded.config.node.log, "debug");
    assert_eq!(loaded.config.mempool.max_transactions, 7_000);
    let origin = |name: &str| loaded.fields[name].1.to_string();
    assert_eq!(origin("node.moniker"), "flag --set");
    assert_eq!(origin("node.log"), "environment PALISADE_NODE__LOG");
    assert!(origin("mempool.max_transactions").ends_with("config.toml:5"));
    assert_eq!(origin("rpc.listen"), "default");
}

#[test]
fn an_unknown_key_is_named_with_file_and_line() {
    let (_folder, home) = home(Some(
        "[node]\nmoniker = \"a\"\n\n[mempool]\nmax_transaction = 3\n",
    ));
    let error = load(&home, &Overrides::default(), true).unwrap_err();
    let ConfigError::File { line, reason, .. } = &error else {
        panic!("{error:?}");
    };
    assert_eq!(*line, 5);
    assert!(reason.contains("max_transaction"), "{reason}");
    assert!(error.to_string().contains("config.toml:5"), "{error}");
}

#[test]
fn a_wrong_value_is_named_with_where_it_was_set() {
    let (_folder, home) = home(None);
    let error = load(
        &home,
        &overrides(&[("PALISADE_RPC__LISTEN", "nowhere")], &[]),
        false,
    )
    .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("environment PALISADE_RPC__LISTEN sets rpc.listen = nowhere"),
        "{error}"
    );
    let error = load(&home, &overrides(&[], &[("rpc.lisen", "127.0.0.1:1")]), false).unwrap_err();
    assert!(error.to_string().contains("lisen"), "{error}");
    let error = load(&home, &overrides(&[], &[("rpc.max_calls", "0")]), false).unwrap_err();
    assert!(
        error.to_string().starts_with("flag --set: rpc.max_calls = 0"),
        "{error}"
    );
}

#[test]
fn lists_and_words_need_no_more_quotes_than_they_look_like() {
    let (_folder, home) = home(None);
    let given = overrides(
        &[("PALISADE_NETWORK__LISTEN", "[\"/ip4/127.0.0.1/tcp/9\"]")],
        &[("node.moniker", "123")],
    );
    let loaded = load(&home, &given, false).unwrap();
    assert_eq!(loaded.config.network.listen, ["/ip4/127.0.0.1/tcp/9"]);
    assert_eq!(loaded.config.node.moniker, "123");
}

#[test]
fn a_missing_file_is_an_error_only_where_it_must_be() {
    let (_folder, home) = home(None);
    assert!(matches!(
        load(&home, &Overrides::default(), true),
        Err(ConfigError::Missing(_))
    ));
    assert_eq!(
        load(&home, &Overrides::default(), false).unwrap().config,
        NodeConfig::default()
    );
}

/// The commented file with every setting switched on.
fn uncommented() -> String {
    DEFAULT_FILE
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(rest) if rest.split_once(" = ").is_some_and(|(name, _)| is_field(name)) => rest,
            _ => line,
        })
        .collect::<Vec<_>>()
        .join("\n")
}

fn is_field(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

#[test]
fn the_default_file_has_every_setting_with_its_default_and_a_comment() {
    let shown: toml::Table = uncommented().parse().unwrap();
    let actual = toml::Table::try_from(NodeConfig::default()).unwrap();
    let (shown, actual) = (origin::flatten(&shown), origin::flatten(&actual));
    let missing: Vec<&String> = actual.keys().filter(|name| !shown.contains_key(*name)).collect();
    assert!(missing.is_empty(), "not in default.toml: {missing:?}");
    let differing: BTreeMap<_, _> = shown
        .iter()
        .filter(|(name, value)| actual.get(*name) != Some(value))
        .collect();
    assert!(differing.is_empty(), "otherwise in default.toml: {differing:?}");
    // Switched off, it is the default configuration.
    assert_eq!(
        toml::from_str::<NodeConfig>(DEFAULT_FILE),
        Ok(NodeConfig::default())
    );
    let mut before = "";
    for line in DEFAULT_FILE.lines() {
        let field = line
            .strip_prefix("# ")
            .and_then(|rest| rest.split_once(" = "))
            .is_some_and(|(name, _)| is_field(name));
        assert!(
            !field || before.starts_with("# "),
            "`{line}` has no comment before it"
        );
        before = line;
    }
}

#[test]
fn a_testnets_settings_are_settings() {
    let base = tempfile::tempdir().unwrap();
    let flags = testnet::Flags {
        validators: Some(2),
        ..testnet::Flags::default()
    };
    let prepared = testnet::provision::prepare(base.path(), &"t".parse().unwrap(), &flags, false).unwrap();
    let home = Home::new(prepared.folder.home("node1"));
    let config = load(&home, &Overrides::default(), true).unwrap().config;
    assert_eq!(config.node.moniker, "node1");
    assert_eq!(config.consensus.idle_interval_ms, 500);
    assert_eq!(
        usize::from(config.rpc.listen.port()),
        usize::from(prepared.spec.base_port) + 10
    );
    assert!(home.genesis().is_file() && home.keys().is_dir() && home.guard().is_dir());
    // The peer is named as the network names it.
    let keys = testnet::world::node_keys(&prepared.spec);
    let identity = network::Identity::from_secret(&mut keys[0].p2p.expose_secret()).unwrap();
    let peer = identity.peer_id().to_string();
    assert_eq!(config.network.persistent_peers.len(), 1);
    assert!(config.network.persistent_peers[0].ends_with(&format!("/p2p/{peer}")));
}
