//! EIP-2335, version 4: a BLS secret in JSON, with our 96-byte public key.
//!
//! # Source
//! ERC-2335 (BLS12-381 keystore): "Specification".

use super::kdf::Kdf;
use crate::bls::ConsensusKey;
use crate::error::KeystoreError;
use crate::secret::{Password, random};
use aes::Aes128;
use crypto::hash::sha256;
use ctr::Ctr128BE;
use ctr::cipher::{KeyIvInit, StreamCipher};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use subtle::ConstantTimeEq;
use uuid::Builder;
use zeroize::{ZeroizeOnDrop, Zeroizing};

const EXPECTED: &str = "a consensus key (EIP-2335 keystore, version 4)";
/// The `version` of an unencrypted key of a development chain.
const PLAINTEXT: &str = "development-plaintext";

#[derive(Serialize, Deserialize)]
struct Keystore {
    crypto: Crypto,
    #[serde(default)]
    description: String,
    #[serde(default)]
    pubkey: String,
    path: String,
    uuid: String,
    version: u64,
}

#[derive(Serialize, Deserialize)]
struct Crypto {
    kdf: Step<KdfParams>,
    checksum: Step<NoParams>,
    cipher: Step<CipherParams>,
}

#[derive(Serialize, Deserialize)]
struct Step<P> {
    function: String,
    params: P,
    message: String,
}

/// The union of both functions' parameters; which must be there depends on the function.
#[derive(Serialize, Deserialize)]
struct KdfParams {
    dklen: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    c: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prf: Option<String>,
    salt: String,
}

#[derive(Serialize, Deserialize)]
struct NoParams {}

#[derive(Serialize, Deserialize)]
struct CipherParams {
    iv: String,
}

#[derive(Serialize, Deserialize, ZeroizeOnDrop)]
struct Plaintext {
    version: String,
    secret: String,
    pubkey: String,
}

/// The text of a new keystore.
pub(super) fn encrypt(
    key: &ConsensusKey,
    password: &Password,
    kdf: &Kdf,
) -> Result<Zeroizing<String>, KeystoreError> {
    let (salt, iv, uuid) = (random::<32>()?, random::<16>()?, random::<16>()?);
    let keystore = Keystore {
        crypto: encrypt_secret(&key.secret(), password, kdf, &salt, &iv)?,
        description: "Palisade consensus key: BLS12-381, public key of 96 bytes in G2".to_owned(),
        pubkey: hex::encode(key.public_key().0),
        path: String::new(),
        uuid: Builder::from_random_bytes(*uuid).into_uuid().to_string(),
        version: 4,
    };
    Ok(to_json(&keystore))
}

fn encrypt_secret(
    secret: &[u8; 32],
    password: &Password,
    kdf: &Kdf,
    salt: &[u8; 32],
    iv: &[u8; 16],
) -> Result<Crypto, KeystoreError> {
    let derived = kdf.derive(password.normalized().as_bytes(), salt)?;
    let mut message = *secret;
    apply_cipher(&derived, iv, &mut message);
    let mut params = KdfParams::new(salt);
    let function = match *kdf {
        Kdf::Scrypt { n, r, p } => {
            (params.n, params.r, params.p) = (Some(n), Some(r), Some(p));
            "scrypt"
        }
        Kdf::Pbkdf2 { rounds } => {
            (params.c, params.prf) = (Some(rounds), Some("hmac-sha256".to_owned()));
            "pbkdf2"
        }
    };
    let iv = CipherParams { iv: hex::encode(iv) };
    let checksum = hex::encode(checksum(&derived, &message));
    Ok(Crypto {
        kdf: Step::new(function, params, String::new()),
        checksum: Step::new("sha256", NoParams {}, checksum),
        cipher: Step::new("aes-128-ctr", iv, hex::encode(message)),
    })
}

impl KdfParams {
    fn new(salt: &[u8]) -> Self {
        Self {
            dklen: 32,
            n: None,
            r: None,
            p: None,
            c: None,
            prf: None,
            salt: hex::encode(salt),
        }
    }
}

impl<P> Step<P> {
    fn new(function: &str, params: P, message: String) -> Self {
        Self {
            function: function.to_owned(),
            params,
            message,
        }
    }
}

/// The text of an unencrypted key.
pub(super) fn plaintext(key: &ConsensusKey) -> Zeroizing<String> {
    to_json(&Plaintext {
        version: PLAINTEXT.to_owned(),
        secret: hex::encode(*key.secret()),
        pubkey: hex::encode(key.public_key().0),
    })
}

/// The key in a keystore, or, without a password, in an unencrypted file.
pub(super) fn decrypt(bytes: &[u8], password: Option<&Password>) -> Result<ConsensusKey, KeystoreError> {
    let (secret, stated) = match (version(bytes)?, password) {
        (Value::String(text), _) if text != PLAINTEXT => return Err(unsupported_version(&text)),
        (Value::String(_), Some(_)) => return Err(KeystoreError::NotEncrypted),
        (Value::String(_), None) => {
            let plain: Plaintext = parse(bytes)?;
            (from_hex::<32>("secret", &plain.secret)?, plain.pubkey.clone())
        }
        (Value::Number(number), _) if number.as_u64() != Some(4) => {
            return Err(unsupported_version(&number.to_string()));
        }
        (Value::Number(_), None) => return Err(KeystoreError::PasswordNeeded),
        (Value::Number(_), Some(password)) => {
            let keystore: Keystore = parse(bytes)?;
            check_stated(&keystore.pubkey)?;
            (decrypt_secret(&keystore.crypto, password)?, keystore.pubkey)
        }
        _ => return Err(wrong_kind("JSON without a version")),
    };
    let key = ConsensusKey::from_secret(&secret)?;
    let (stated, found) = (plain_hex(&stated), hex::encode(key.public_key().0));
    // The EIP lets a keystore leave its public key out.
    if !stated.is_empty() && stated != found {
        return Err(KeystoreError::Mismatch { stated, found });
    }
    Ok(key)
}

/// The keystore's `version`, whatever else it holds.
fn version(bytes: &[u8]) -> Result<Value, KeystoreError> {
    #[derive(Deserialize)]
    struct Versioned {
        #[serde(default)]
        version: Value,
    }
    if bytes.starts_with(b"-----BEGIN") {
        return Err(wrong_kind("a PEM file: perhaps an account or p2p key"));
    }
    match serde_json::from_slice::<Versioned>(bytes) {
        Ok(versioned) => Ok(versioned.version),
        Err(error) => Err(wrong_kind(&format!(
            "something that is not a JSON object ({error})"
        ))),
    }
}

/// An Ethereum validator's keystore has the same form and a key of another kind: say so before anything else.
fn check_stated(stated: &str) -> Result<(), KeystoreError> {
    match plain_hex(stated).len() {
        0 | 192 => Ok(()),
        96 => Err(wrong_kind(
            "an Ethereum validator's keystore: its public key has 48 bytes, ours have 96",
        )),
        _ => Err(KeystoreError::Malformed(
            "`pubkey` is not 96 bytes in hexadecimal".to_owned(),
        )),
    }
}

fn decrypt_secret(crypto: &Crypto, password: &Password) -> Result<Zeroizing<[u8; 32]>, KeystoreError> {
    let kdf = read_kdf(&crypto.kdf)?;
    if crypto.checksum.function != "sha256" {
        return Err(unsupported("checksum", &crypto.checksum.function, "sha256"));
    }
    if crypto.cipher.function != "aes-128-ctr" {
        return Err(unsupported("cipher", &crypto.cipher.function, "aes-128-ctr"));
    }
    let salt = hex::decode(&crypto.kdf.params.salt)
        .ok()
        .filter(|salt| salt.len() <= 128)
        .ok_or_else(|| {
            KeystoreError::Malformed("`salt` is not at most 128 bytes in hexadecimal".to_owned())
        })?;
    let expected = from_hex::<32>("checksum.message", &crypto.checksum.message)?;
    let iv = from_hex::<16>("iv", &crypto.cipher.params.iv)?;
    let mut secret = from_hex::<32>("cipher.message", &crypto.cipher.message)?;
    let derived = kdf.derive(password.normalized().as_bytes(), &salt)?;
    if !bool::from(checksum(&derived, &secret).ct_eq(&*expected)) {
        return Err(KeystoreError::WrongPassword);
    }
    apply_cipher(&derived, &iv, &mut secret);
    Ok(secret)
}

fn read_kdf(step: &Step<KdfParams>) -> Result<Kdf, KeystoreError> {
    let params = &step.params;
    let missing = |name| KeystoreError::Malformed(format!("{} without `{name}`", step.function));
    if params.dklen != 32 {
        return Err(unsupported("dklen", &params.dklen.to_string(), "32"));
    }
    let kdf = match step.function.as_str() {
        "scrypt" => Kdf::Scrypt {
            n: params.n.ok_or_else(|| missing("n"))?,
            r: params.r.ok_or_else(|| missing("r"))?,
            p: params.p.ok_or_else(|| missing("p"))?,
        },
        "pbkdf2" => {
            let prf = params.prf.as_deref().ok_or_else(|| missing("prf"))?;
            if prf != "hmac-sha256" {
                return Err(unsupported("prf", prf, "hmac-sha256"));
            }
            Kdf::Pbkdf2 {
                rounds: params.c.ok_or_else(|| missing("c"))?,
            }
        }
        other => return Err(unsupported("kdf", other, "scrypt and pbkdf2")),
    };
    kdf.check()?;
    Ok(kdf)
}

/// The first half of the derived key encrypts.
fn apply_cipher(derived: &[u8; 32], iv: &[u8; 16], message: &mut [u8; 32]) {
    let mut key = Zeroizing::new([0; 16]);
    key.copy_from_slice(&derived[..16]);
    Ctr128BE::<Aes128>::new((&*key).into(), iv.into()).apply_keystream(message);
}

/// The second half authenticates.
fn checksum(derived: &[u8; 32], message: &[u8; 32]) -> [u8; 32] {
    sha256(&[&derived[16..], message])
}

fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, KeystoreError> {
    // serde's message names fields and positions, not contents.
    serde_json::from_slice(bytes).map_err(|error| KeystoreError::Malformed(error.to_string()))
}

fn to_json<T: Serialize>(value: &T) -> Zeroizing<String> {
    // Strings and numbers only: there is nothing that cannot be written.
    let mut text = Zeroizing::new(serde_json::to_string_pretty(value).unwrap_or_default());
    text.push('\n');
    text
}

fn from_hex<const N: usize>(name: &str, text: &str) -> Result<Zeroizing<[u8; N]>, KeystoreError> {
    let mut bytes = Zeroizing::new([0; N]);
    hex::decode_to_slice(text, bytes.as_mut())
        .map_err(|_| KeystoreError::Malformed(format!("`{name}` is not {N} bytes in hexadecimal")))?;
    Ok(bytes)
}

fn plain_hex(text: &str) -> String {
    text.strip_prefix("0x").unwrap_or(text).to_ascii_lowercase()
}

fn unsupported_version(found: &str) -> KeystoreError {
    unsupported("keystore version", found, "4")
}

fn unsupported(what: &'static str, found: &str, supported: &'static str) -> KeystoreError {
    KeystoreError::Unsupported {
        what,
        found: found.to_owned(),
        supported,
    }
}

fn wrong_kind(found: &str) -> KeystoreError {
    KeystoreError::WrongKind {
        expected: EXPECTED,
        found: found.to_owned(),
    }
}

#[cfg(test)]
#[path = "eip2335_tests.rs"]
mod tests;
