use crate::Place;
use serde_json::Value;

const CHAIN: &str = "abababababababababababababababababababababababababababababababab";

/// Builds a transfer without a node, from these keys.
fn build(place: &Place, keys: &[&str], out: &str) {
    let base = [
        "tx",
        "build",
        "--send",
        "me:1.5pal",
        "--chain-hash",
        CHAIN,
        "--dev",
        "--sequence",
        "0",
        "--timeout-height",
        "9",
        "--gas",
        "100",
        "--max-price",
        "2",
        "--keys",
        "k",
        "--out",
        out,
    ];
    place.run(&[&base[..], keys].concat()).succeeded();
}

#[test]
fn a_transaction_is_built_signed_and_read_without_a_node() {
    let place = Place::new();
    let me = place
        .run(&["key", "new", "me", "--dev", "--keys", "k", "-q"])
        .succeeded()
        .out;
    build(&place, &["me"], "tx.json");
    place
        .run(&[
            "tx",
            "sign",
            "tx.json",
            "--key",
            "me",
            "--keys",
            "k",
            "--out",
            "signed.json",
        ])
        .succeeded();
    let decoded = place
        .run(&["tx", "decode", "signed.json", "-o", "json"])
        .succeeded()
        .json();
    assert_eq!(decoded["body"]["sender"], me.trim());
    assert_eq!(decoded["body"]["messages"][0]["transfer"]["amount"], "1.5 PAL");
    assert_eq!(decoded["signed_by"].as_array().unwrap().len(), 1);
    assert_eq!(decoded["chain_hash"], CHAIN);
    // Whatever the summary says, the body counts.
    let path = place.path().join("signed.json");
    let mut forged: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    forged["tx_hash"] = Value::String("00".repeat(32));
    std::fs::write(&path, forged.to_string()).unwrap();
    place
        .run(&["tx", "decode", "signed.json"])
        .failed(5, "but its body is transaction");
}

#[test]
fn two_of_three_sign_in_any_order() {
    let place = Place::new();
    let mut keys = Vec::new();
    for name in ["me", "b", "c"] {
        let made = place
            .run(&["key", "new", name, "--dev", "--keys", "k", "-o", "json"])
            .succeeded()
            .json();
        keys.push(made["public_key"].as_str().unwrap().to_owned());
    }
    let flags: Vec<&str> = keys
        .iter()
        .flat_map(|key| ["--public-key", key.as_str()])
        .chain(["--threshold", "2"])
        .collect();
    build(&place, &flags, "tx.json");
    let sign = |key: &str, out: &str| {
        place
            .run(&["tx", "sign", "tx.json", "--key", key, "--keys", "k", "--out", out])
            .succeeded()
    };
    assert!(sign("c", "c.json").err.contains("1 of 2 signatures, missing"));
    sign("b", "b.json");
    place
        .run(&["tx", "broadcast", "c.json", "--node", "http://127.0.0.1:9"])
        .failed(5, "1 of 2 signatures");
    let combined = place
        .run(&["tx", "combine", "c.json", "b.json", "--out", "both.json"])
        .succeeded();
    assert!(
        combined.err.contains("2 of 2 signatures: complete"),
        "{}",
        combined.err
    );
    place
        .run(&["key", "new", "stranger", "--dev", "--keys", "k"])
        .succeeded();
    place
        .run(&["tx", "sign", "tx.json", "--key", "stranger", "--keys", "k"])
        .failed(5, "is not one of the account's");
}

#[test]
fn without_a_node_everything_must_be_said() {
    let place = Place::new();
    place
        .run(&["key", "new", "me", "--dev", "--keys", "k"])
        .succeeded();
    let base = [
        "tx",
        "build",
        "me",
        "--keys",
        "k",
        "--chain-hash",
        CHAIN,
        "--dev",
        "--send",
        "me:1pal",
    ];
    place.run(&base).failed(2, "--gas must be given");
    place
        .run(&["tx", "build", "me", "--keys", "k", "--chain-hash", CHAIN])
        .failed(2, "nothing to do");
    place
        .run(&["tx", "build", "me", "--send", "me"])
        .failed(2, "RECIPIENT:AMOUNT");
    place
        .run(&["tx", "decode", "nowhere.json"])
        .failed(7, "there is no such file");
    place
        .run(&["tx", "decode", "0102"])
        .failed(5, "not a transaction");
    place
        .run(&["tx", "wait", "12"])
        .failed(2, "is not a transaction's id");
}

#[test]
fn an_account_of_several_keys_is_made_of_public_keys_and_names_its_members() {
    let place = Place::new();
    let mut keys = Vec::new();
    for name in ["me", "bob", "carol"] {
        let made = place
            .run(&["key", "new", name, "--dev", "--keys", "k", "-o", "json"])
            .succeeded()
            .json();
        keys.push(made["public_key"].as_str().unwrap().to_owned());
    }
    let make = [
        "key",
        "multisig",
        "us",
        "--threshold",
        "3",
        "--dev",
        "--keys",
        "k",
    ];
    let members = [
        "--member",
        "carol",
        "--member",
        "me",
        "--member",
        keys[1].as_str(),
    ];
    let made = place
        .run(&[&make[..], &members, &["-o", "json"]].concat())
        .succeeded()
        .json();
    let address = made["address"].as_str().unwrap();
    assert!(address.starts_with("paldev1"));
    let shown = place.run(&["key", "show", "us", "--keys", "k"]).succeeded().out;
    assert!(
        shown.contains("3 of 3") && shown.contains("bob") && shown.contains(address),
        "{shown}"
    );
    let listed = place.run(&["key", "list", "--keys", "k"]).succeeded().out;
    assert!(listed.contains("multisig"), "{listed}");
    place
        .run(&[&make[..], &members].concat())
        .failed(9, "us.multisig");
    place
        .run(&[
            "key",
            "multisig",
            "x",
            "--threshold",
            "3",
            "--member",
            "me",
            "--keys",
            "k",
        ])
        .failed(2, "threshold");
    // Who builds need not have a key.
    build(&place, &["us"], "tx.json");
    for (key, from, to) in [("bob", "tx.json", "b.json"), ("me", "b.json", "ab.json")] {
        place
            .run(&["tx", "sign", from, "--key", key, "--keys", "k", "--out", to])
            .succeeded();
    }
    let elsewhere = place
        .run(&["tx", "combine", "ab.json", "--keys", "nowhere"])
        .succeeded();
    assert!(
        elsewhere.err.contains("2 of 3 signatures, missing carol"),
        "{}",
        elsewhere.err
    );
    place
        .run(&["tx", "sign", "tx.json", "--key", "us", "--keys", "k"])
        .failed(2, "account of several keys");
}
