use crate::{Place, Ran};

#[test]
fn a_mistake_in_the_file_is_named_with_its_line() {
    let place = Place::new();
    std::fs::write(
        place.path().join("config.toml"),
        "[rpc]\nlisten = \"127.0.0.1:1\"\nlisen = 3\n",
    )
    .unwrap();
    let ran = place.run(&["config", "check", "--home", "."]).failed(3, "lisen");
    assert!(ran.err.contains("config.toml:3"), "{}", ran.err);
    // `start` sees the same before it touches anything.
    let ran = place.run(&["start", "--home", ".", "-o", "json"]);
    let error = ran.last_error();
    assert_eq!((ran.code, error["reason"].as_str()), (3, Some("CONFIG_INVALID")));
    let message = error["message"].as_str().unwrap();
    assert!(
        message.contains("config.toml:3") && message.contains("unknown field `lisen`"),
        "{message}"
    );
}

#[test]
fn a_home_without_settings_says_how_to_make_one() {
    Place::new()
        .run(&["start", "--home", "nowhere"])
        .failed(3, "palisade init");
}

#[test]
fn where_a_setting_comes_from_is_shown() {
    let place = Place::new();
    std::fs::write(place.path().join("config.toml"), "[node]\nmoniker = \"m\"\n").unwrap();
    let mut command = place.command();
    command.env("PALISADE_NODE__LOG", "debug");
    command.args([
        "-o",
        "json",
        "config",
        "show",
        "--origin",
        "--home",
        ".",
        "--set",
        "mempool.max_transactions=5000",
    ]);
    let fields = Ran::of(command.output().unwrap()).succeeded().json();
    let field = |name: &str| {
        fields
            .as_array()
            .unwrap()
            .iter()
            .find(|field| field["name"] == name)
            .unwrap()
            .clone()
    };
    assert!(
        field("node.moniker")["origin"]
            .as_str()
            .unwrap()
            .ends_with("config.toml:2")
    );
    assert_eq!(field("node.log")["origin"], "environment PALISADE_NODE__LOG");
    assert_eq!(field("node.log")["value"], "debug");
    assert_eq!(field("mempool.max_transactions")["origin"], "flag --set");
    assert_eq!(field("mempool.max_transactions")["value"], 5_000);
    assert_eq!(field("rpc.listen")["origin"], "default");
}

#[test]
fn an_unknown_name_in_environment_or_flag_is_an_error() {
    let place = Place::new();
    let mut command = place.command();
    command.env("PALISADE_RPC__LISEN", "x").args(["config", "show"]);
    Ran::of(command.output().unwrap()).failed(3, "PALISADE_RPC__LISEN");
    place
        .run(&["config", "show", "--set", "rpc.lisen=1"])
        .failed(3, "lisen");
    place
        .run(&["config", "show", "--set", "rpc.listen"])
        .failed(2, "name=value");
}

#[test]
fn the_default_file_is_accepted_as_it_is() {
    let place = Place::new();
    let text = place.run(&["config", "default"]).succeeded().out;
    std::fs::write(place.path().join("config.toml"), text).unwrap();
    place.run(&["config", "check", "--home", "."]).succeeded();
}
