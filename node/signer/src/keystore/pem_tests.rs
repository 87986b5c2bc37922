use super::*;

fn password(text: &str) -> Password {
    Password::new(text.to_owned()).unwrap()
}

fn key() -> Ed25519Key {
    Ed25519Key::from_secret(&[9; 32])
}

/// RFC 8410, section 10.3: the same secret without and with its public key.
const VERSION_1: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
";
const VERSION_2: &str = "-----BEGIN PRIVATE KEY-----
MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
oB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB
Z9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PRIVATE KEY-----
";

#[test]
fn a_key_comes_back_under_its_password_alone() {
    let text = encrypt(&key(), &password("right")).unwrap();
    assert!(text.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
    let back = decrypt(text.as_bytes(), Some(&password("right"))).unwrap();
    assert_eq!(back.public_key(), key().public_key());
    for wrong in ["wrong", "Right", "right "] {
        let outcome = decrypt(text.as_bytes(), Some(&password(wrong)));
        assert_eq!(outcome.unwrap_err(), KeystoreError::WrongPassword);
    }
    assert_eq!(
        decrypt(text.as_bytes(), None).unwrap_err(),
        KeystoreError::PasswordNeeded
    );
}

#[test]
fn the_examples_of_rfc_8410_are_read() {
    let public = "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1";
    for text in [VERSION_1, VERSION_2] {
        let key = decrypt(text.as_bytes(), None).unwrap();
        assert_eq!(hex::encode(key.public_key().as_bytes()), public);
    }
    assert_eq!(
        decrypt(VERSION_1.as_bytes(), Some(&password("p"))).unwrap_err(),
        KeystoreError::NotEncrypted
    );
    let key = decrypt(VERSION_1.as_bytes(), None).unwrap();
    assert_eq!(*plaintext(&key).unwrap(), VERSION_1);
}

#[test]
fn a_stated_public_key_must_be_the_secrets() {
    let (label, document) = SecretDocument::from_pem(VERSION_2).unwrap();
    let mut der = document.as_bytes().to_vec();
    *der.last_mut().unwrap() ^= 1;
    let changed = SecretDocument::try_from(der).unwrap();
    let text = changed.to_pem(label, LineEnding::LF).unwrap();
    let outcome = decrypt(text.as_bytes(), None);
    assert!(
        matches!(outcome, Err(KeystoreError::Mismatch { .. })),
        "{outcome:?}"
    );
}

#[test]
fn what_is_no_ed25519_key_is_named() {
    // An X25519 key: another algorithm, the same form.
    let x25519 = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VuBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
";
    let certificate = VERSION_1.replace("PRIVATE KEY", "CERTIFICATE");
    for (text, part) in [
        ("{\"version\":4}", "consensus key"),
        ("nothing", "not PEM"),
        (x25519, "1.3.101.110"),
        (certificate.as_str(), "`CERTIFICATE`"),
    ] {
        let error = decrypt(text.as_bytes(), None).unwrap_err();
        assert!(matches!(error, KeystoreError::WrongKind { .. }), "{error}");
        assert!(error.to_string().contains(part), "{error}");
    }
    let error = decrypt(&[0xff, 0xfe], None).unwrap_err();
    assert!(error.to_string().contains("not text"), "{error}");
}

#[test]
fn absurd_costs_are_refused_before_they_are_paid() {
    let rounds = |rounds| {
        let params = pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(rounds, &[1; 16], [2; 16]);
        check(&EncryptionScheme::Pbes2(params.unwrap()))
    };
    assert_eq!(rounds(600_000), Ok(()));
    assert!(matches!(rounds(50_000_000), Err(KeystoreError::Excessive(_))));
    let scrypt = |log_n, r| {
        let params = scrypt::Params::new(log_n, r, 1).unwrap();
        let params = pbes2::Parameters::generate_scrypt_aes256cbc(params, &[1; 16], [2; 16]);
        check(&EncryptionScheme::Pbes2(params.unwrap()))
    };
    assert_eq!(scrypt(17, 8), Ok(()));
    assert!(matches!(scrypt(24, 8), Err(KeystoreError::Excessive(_))));
}
