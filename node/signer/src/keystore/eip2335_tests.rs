use super::*;
use serde_json::json;

/// The EIP's password and secret.
const PASSWORD: &str = "𝔱𝔢𝔰𝔱𝔭𝔞𝔰𝔰𝔴𝔬𝔯𝔡🔑";
const SECRET: &str = "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f";
const SALT: &str = "d4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3";
const IV: &str = "264daa3f303d7259501c93d997d84fe6";
const CHEAP: Kdf = Kdf::Scrypt { n: 16, r: 8, p: 1 };

fn password(text: &str) -> Password {
    Password::new(text.to_owned()).unwrap()
}

fn key() -> ConsensusKey {
    ConsensusKey::from_seed(&[9; 32])
}

/// The EIP's documents, whose public key is of the 48-byte kind.
fn document(kdf: &Value, checksum: &str, message: &str) -> Value {
    json!({
        "crypto": {
            "kdf": kdf,
            "checksum": { "function": "sha256", "params": {}, "message": checksum },
            "cipher": { "function": "aes-128-ctr", "params": { "iv": IV }, "message": message },
        },
        "description": "This is a test keystore.",
        "pubkey": "9612d7a727c9d0a22e185a1c768478dfe919cada9266988cb32359c11f2b7b27f4ae4040902382ae2910c15e2b420d07",
        "path": "m/12381/60/3141592653/589793238",
        "uuid": "1d85ae20-35c5-4611-98e8-aa14a633906f",
        "version": 4,
    })
}

fn scrypt_document() -> Value {
    document(
        &json!({
            "function": "scrypt",
            "params": { "dklen": 32, "n": 262_144, "p": 1, "r": 8, "salt": SALT },
            "message": "",
        }),
        "d2217fe5f3e9a1e34581ef8a78f7c9928e436d36dacc5e846690a5581e8ea484",
        "06ae90d55fe0a6e9c5c3bc5b170827b2e5cce3929ed3f116c2811e6366dfe20f",
    )
}

fn pbkdf2_document() -> Value {
    document(
        &json!({
            "function": "pbkdf2",
            "params": { "dklen": 32, "c": 262_144, "prf": "hmac-sha256", "salt": SALT },
            "message": "",
        }),
        "8a9f5d9912ed7e75ea794bc5a89bca5f193721d30868ade6f73043c6ea6febf1",
        "cee03fde2af33149775b7223e7845e4fb2c8ae1792e5f99fe9ecf474cc8c16ad",
    )
}

fn crypto_of(document: &Value) -> Crypto {
    serde_json::from_value(document["crypto"].clone()).unwrap()
}

#[test]
fn the_documents_of_the_eip_give_its_secret() {
    for document in [scrypt_document(), pbkdf2_document()] {
        let secret = decrypt_secret(&crypto_of(&document), &password(PASSWORD)).unwrap();
        assert_eq!(hex::encode(*secret), SECRET);
    }
}

#[test]
fn encrypting_the_eips_secret_gives_its_documents() {
    let secret: [u8; 32] = hex::decode(SECRET).unwrap().try_into().unwrap();
    let salt: [u8; 32] = hex::decode(SALT).unwrap().try_into().unwrap();
    let iv: [u8; 16] = hex::decode(IV).unwrap().try_into().unwrap();
    for (kdf, document) in [
        (Kdf::STANDARD, scrypt_document()),
        (Kdf::Pbkdf2 { rounds: 262_144 }, pbkdf2_document()),
    ] {
        let crypto = encrypt_secret(&secret, &password(PASSWORD), &kdf, &salt, &iv).unwrap();
        assert_eq!(serde_json::to_value(crypto).unwrap(), document["crypto"]);
    }
}

#[test]
fn a_key_comes_back_under_its_password_alone() {
    for kdf in [CHEAP, Kdf::Pbkdf2 { rounds: 10 }] {
        let text = encrypt(&key(), &password("right"), &kdf).unwrap();
        let back = decrypt(text.as_bytes(), Some(&password("right"))).unwrap();
        assert_eq!(back.public_key(), key().public_key());
        let wrong = decrypt(text.as_bytes(), Some(&password("wrong")));
        assert_eq!(wrong.unwrap_err(), KeystoreError::WrongPassword);
        assert_eq!(
            decrypt(text.as_bytes(), None).unwrap_err(),
            KeystoreError::PasswordNeeded
        );
        assert!(!text.contains(&hex::encode(*key().secret())));
    }
}

#[test]
fn every_flipped_digit_of_the_secret_is_noticed() {
    let text = encrypt(&key(), &password("right"), &CHEAP).unwrap();
    let keystore: Value = serde_json::from_str(&text).unwrap();
    let message = keystore["crypto"]["cipher"]["message"].as_str().unwrap();
    for at in 0..message.len() {
        let digit = if message.as_bytes()[at] == b'0' { "1" } else { "0" };
        let mut changed = message.to_owned();
        changed.replace_range(at..=at, digit);
        let mut damaged = keystore.clone();
        damaged["crypto"]["cipher"]["message"] = changed.into();
        let outcome = decrypt(damaged.to_string().as_bytes(), Some(&password("right")));
        assert_eq!(outcome.unwrap_err(), KeystoreError::WrongPassword);
    }
}

#[test]
fn a_secret_under_another_public_key_is_refused() {
    let other = hex::encode(ConsensusKey::from_seed(&[8; 32]).public_key().0);
    for (text, password) in [
        (
            encrypt(&key(), &password("p"), &CHEAP).unwrap(),
            Some(password("p")),
        ),
        (plaintext(&key()), None),
    ] {
        let mut keystore: Value = serde_json::from_str(&text).unwrap();
        keystore["pubkey"] = other.clone().into();
        let outcome = decrypt(keystore.to_string().as_bytes(), password.as_ref());
        assert!(
            matches!(&outcome, Err(KeystoreError::Mismatch { stated, .. }) if *stated == other),
            "{outcome:?}"
        );
    }
}

#[test]
fn an_ethereum_keystore_is_named_as_one() {
    let text = scrypt_document().to_string();
    let error = decrypt(text.as_bytes(), Some(&password(PASSWORD))).unwrap_err();
    assert!(error.to_string().contains("Ethereum"), "{error}");
}

#[test]
fn an_unencrypted_key_is_read_without_a_password_only() {
    let text = plaintext(&key());
    assert_eq!(
        decrypt(text.as_bytes(), None).unwrap().public_key(),
        key().public_key()
    );
    assert_eq!(
        decrypt(text.as_bytes(), Some(&password("p"))).unwrap_err(),
        KeystoreError::NotEncrypted
    );
}

#[test]
fn what_is_no_keystore_is_named() {
    let p = password("p");
    for (text, part) in [
        ("", "not a JSON object"),
        ("-----BEGIN PRIVATE KEY-----", "PEM"),
        ("{}", "without a version"),
        ("4", "not a JSON object"),
        (r#"{"version":3}"#, "`3`"),
        (r#"{"version":"x"}"#, "`x`"),
        (r#"{"version":4}"#, "missing field"),
    ] {
        let error = decrypt(text.as_bytes(), Some(&p)).unwrap_err();
        assert!(error.to_string().contains(part), "{text}: {error}");
    }
}

#[test]
fn each_choice_and_field_is_checked_before_the_password() {
    let text = encrypt(&key(), &password("p"), &CHEAP).unwrap();
    let keystore: Value = serde_json::from_str(&text).unwrap();
    let cases = [
        ("/crypto/kdf/function", json!("argon2"), "`argon2`"),
        ("/crypto/kdf/params/dklen", json!(64), "dklen"),
        ("/crypto/kdf/params/n", json!(15), "n=15"),
        ("/crypto/kdf/params/n", json!(1u64 << 40), "asks for"),
        ("/crypto/kdf/params/n", json!(null), "without `n`"),
        ("/crypto/kdf/params/salt", json!("zz"), "`salt`"),
        ("/crypto/kdf/params/salt", json!("00".repeat(129)), "`salt`"),
        ("/crypto/checksum/function", json!("md5"), "`md5`"),
        ("/crypto/checksum/message", json!("00"), "`checksum.message`"),
        ("/crypto/cipher/function", json!("xor"), "`xor`"),
        ("/crypto/cipher/message", json!("00"), "`cipher.message`"),
        ("/crypto/cipher/params/iv", json!("00"), "`iv`"),
        ("/pubkey", json!("00"), "`pubkey`"),
    ];
    for (pointer, value, part) in cases {
        let mut changed = keystore.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        let outcome = decrypt(changed.to_string().as_bytes(), Some(&password("p")));
        let error = outcome.unwrap_err().to_string();
        assert!(error.contains(part), "{pointer}: {error}");
    }
}
