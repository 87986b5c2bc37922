use crate::{Place, Ran};

#[test]
fn keys_are_made_shown_and_never_overwritten() {
    let place = Place::new();
    let made = place
        .run(&["key", "new", "me", "--dev", "--keys", "k", "-o", "json"])
        .succeeded()
        .json();
    assert_eq!(made["role"], "account");
    place
        .run(&["key", "new", "me", "--dev", "--keys", "k"])
        .failed(9, "never overwritten");
    let shown = place
        .run(&["key", "show", "me", "--keys", "k", "-q"])
        .succeeded()
        .out;
    assert_eq!(shown.trim(), made["address"]);
    let listed = place.run(&["key", "list", "--keys", "k"]).succeeded().out;
    assert!(
        listed.contains("me") && listed.contains(made["address"].as_str().unwrap()),
        "{listed}"
    );
    place
        .run(&["key", "show", "nobody", "--keys", "k"])
        .failed(9, "palisade key new nobody");
    place
        .run(&["key", "new", "../x", "--dev", "--keys", "k"])
        .failed(2, "is not a key's name");
}

#[test]
fn plain_keys_are_for_development_chains_alone() {
    let place = Place::new();
    place
        .run(&["key", "new", "me", "--keys", "k"])
        .failed(9, "evelopment");
    let password = place.secret_file("password", "correct horse\n");
    let made = place.run(&[
        "key",
        "new",
        "me",
        "--keys",
        "k",
        "--password-file",
        &password,
        "-o",
        "json",
    ]);
    let made = made.succeeded().json();
    assert!(made["address"].as_str().unwrap().starts_with("pal1"));
    assert!(
        std::fs::read_to_string(place.path().join("k/me.pem"))
            .unwrap()
            .contains("ENCRYPTED")
    );
    // The public half needs no password.
    assert_eq!(
        place
            .run(&["key", "show", "me", "--keys", "k", "-q"])
            .succeeded()
            .out
            .trim(),
        made["address"]
    );
}

#[test]
fn a_key_goes_out_and_comes_in_again() {
    let place = Place::new();
    let (one, two) = (
        place.secret_file("one", "first password"),
        place.secret_file("two", "second password"),
    );
    let made = place
        .run(&["key", "new", "me", "--dev", "--keys", "k", "-o", "json"])
        .succeeded()
        .json();
    place
        .run(&[
            "key",
            "export",
            "me",
            "--keys",
            "k",
            "--to",
            "out.pem",
            "--to-password-file",
            &one,
        ])
        .succeeded();
    place
        .run(&[
            "key",
            "export",
            "me",
            "--keys",
            "k",
            "--to",
            "out.pem",
            "--to-password-file",
            &one,
        ])
        .failed(9, "never overwritten");
    let import = |password: &str| {
        let arguments = [
            "key",
            "import",
            "again",
            "--from",
            "out.pem",
            "--from-password-file",
            password,
            "--keys",
            "j",
        ];
        place.run(&[&arguments[..], &["--password-file", &two, "-o", "json"]].concat())
    };
    import(&two).failed(9, "wrong password");
    let again = import(&one).succeeded().json();
    assert_eq!(again["public_key"], made["public_key"]);
    // An open file is refused: others may have read it.
    let open = place.path().join("open");
    std::fs::write(&open, "x").unwrap();
    let ran = place.run(&[
        "key",
        "new",
        "x",
        "--keys",
        "k",
        "--password-file",
        open.to_str().unwrap(),
    ]);
    ran.failed(9, "open");
}

#[test]
fn consensus_keys_come_with_their_proof() {
    let place = Place::new();
    let made = place
        .run(&[
            "key",
            "new",
            "c",
            "--role",
            "consensus",
            "--dev",
            "--keys",
            "k",
            "-o",
            "json",
        ])
        .succeeded()
        .json();
    assert_eq!(made["public_key"].as_str().unwrap().len(), 192);
    let parsed = place
        .run(&["key", "parse", made["public_key"].as_str().unwrap(), "-o", "json"])
        .succeeded()
        .json();
    assert_eq!(parsed["addresses"]["paldevcons"], made["address"]);
    place
        .run(&["key", "parse", "hello"])
        .failed(2, "neither an address nor hexadecimal");
}

#[test]
fn a_password_on_a_descriptor_is_taken() {
    use std::process::Stdio;
    let place = Place::new();
    let file = place.secret_file("password", "from a pipe");
    let mut command = place.command();
    command.args(["key", "new", "me", "--keys", "k", "--password-fd", "0"]);
    command.stdin(Stdio::from(std::fs::File::open(file).unwrap()));
    Ran::of(command.output().unwrap()).succeeded();
}
