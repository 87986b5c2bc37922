//! ed25519 secrets as PKCS#8 in PEM: what OpenSSL and every other tool reads.
//!
//! Version 1 (RFC 5208), without the public key: OpenSSL does not read version 2.
//!
//! # Source
//! RFC 8410 (ed25519 in PKCS#8), RFC 8018 (PBES2), RFC 7914 section 7 (scrypt in it).

use super::kdf::Kdf;
use crate::ed25519::Ed25519Key;
use crate::error::KeystoreError;
use crate::secret::{Password, random};
use pkcs8::der::asn1::OctetStringRef;
use pkcs8::der::pem::LineEnding;
use pkcs8::pkcs5::{EncryptionScheme, pbes2};
use pkcs8::spki::AlgorithmIdentifierRef;
use pkcs8::{EncryptedPrivateKeyInfoRef, ObjectIdentifier, PrivateKeyInfoRef, SecretDocument};
use zeroize::Zeroizing;

const EXPECTED: &str = "an ed25519 key (PKCS#8 in PEM)";
const ENCRYPTED: &str = "ENCRYPTED PRIVATE KEY";
const PLAIN: &str = "PRIVATE KEY";
/// id-Ed25519 (RFC 8410, section 3).
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
/// The secret is an OCTET STRING of 32 bytes within the OCTET STRING (RFC 8410, section 7).
const INNER: [u8; 2] = [0x04, 0x20];
/// scrypt within the 32 MiB that OpenSSL grants it (16 MiB); parallelization makes up for the rest.
const LOG_N: u8 = 14;
const R: u32 = 8;
const P: u32 = 5;

/// The text of a new encrypted key.
pub(super) fn encrypt(key: &Ed25519Key, password: &Password) -> Result<Zeroizing<String>, KeystoreError> {
    let (salt, iv) = (random::<16>()?, random::<16>()?);
    let params = scrypt::Params::new(LOG_N, R, P).map_err(|_| unwritable())?;
    let params =
        pbes2::Parameters::generate_scrypt_aes256cbc(params, &*salt, *iv).map_err(|_| unwritable())?;
    let document = document(key)?;
    let info = PrivateKeyInfoRef::try_from(document.as_bytes()).map_err(|_| unwritable())?;
    let encrypted = info
        .encrypt_with_params(params, password.as_bytes())
        .map_err(|_| unwritable())?;
    encrypted
        .to_pem(ENCRYPTED, LineEnding::LF)
        .map_err(|_| unwritable())
}

/// The text of an unencrypted key.
pub(super) fn plaintext(key: &Ed25519Key) -> Result<Zeroizing<String>, KeystoreError> {
    document(key)?
        .to_pem(PLAIN, LineEnding::LF)
        .map_err(|_| unwritable())
}

/// The key in an encrypted file, or, without a password, in an unencrypted one.
pub(super) fn decrypt(bytes: &[u8], password: Option<&Password>) -> Result<Ed25519Key, KeystoreError> {
    let text = core::str::from_utf8(bytes).map_err(|_| wrong_kind("something that is not text"))?;
    if text.trim_start().starts_with('{') {
        return Err(wrong_kind("JSON: perhaps a consensus key"));
    }
    let (label, document) = SecretDocument::from_pem(text)
        .map_err(|error| wrong_kind(&format!("something that is not PEM ({error})")))?;
    match (label, password) {
        (ENCRYPTED, None) => Err(KeystoreError::PasswordNeeded),
        (PLAIN, Some(_)) => Err(KeystoreError::NotEncrypted),
        (PLAIN, None) => key_of(document.as_bytes()),
        (ENCRYPTED, Some(password)) => {
            let info = EncryptedPrivateKeyInfoRef::try_from(document.as_bytes())
                .map_err(|error| KeystoreError::Malformed(format!("not PKCS#8: {error}")))?;
            check(&info.encryption_algorithm)?;
            let document = info
                .decrypt(password.as_bytes())
                .map_err(|_| KeystoreError::WrongPassword)?;
            // A wrong password may pass the padding by chance; what it gives is no PKCS#8 then.
            PrivateKeyInfoRef::try_from(document.as_bytes()).map_err(|_| KeystoreError::WrongPassword)?;
            key_of(document.as_bytes())
        }
        (other, _) => Err(wrong_kind(&format!("PEM with the label `{other}`"))),
    }
}

/// Refuses schemes that are not supported and costs that are absurd.
fn check(scheme: &EncryptionScheme) -> Result<(), KeystoreError> {
    let EncryptionScheme::Pbes2(params) = scheme else {
        return Err(KeystoreError::Unsupported {
            what: "encryption scheme",
            found: "PBES1".to_owned(),
            supported: "PBES2",
        });
    };
    let kdf = if let Some(scrypt) = params.kdf.scrypt() {
        Kdf::Scrypt {
            n: scrypt.cost_parameter,
            r: scrypt.block_size.into(),
            p: scrypt.parallelization.into(),
        }
    } else if let Some(pbkdf2) = params.kdf.pbkdf2() {
        Kdf::Pbkdf2 {
            rounds: pbkdf2.iteration_count.into(),
        }
    } else {
        return Err(KeystoreError::Unsupported {
            what: "key derivation",
            found: params.kdf.oid().to_string(),
            supported: "scrypt and pbkdf2",
        });
    };
    kdf.check()
}

fn key_of(der: &[u8]) -> Result<Ed25519Key, KeystoreError> {
    let info = PrivateKeyInfoRef::try_from(der)
        .map_err(|error| KeystoreError::Malformed(format!("not PKCS#8: {error}")))?;
    let found = info.algorithm.oid;
    if found != ED25519 {
        return Err(wrong_kind(&format!("a key of algorithm {found}")));
    }
    let secret = info.private_key.as_bytes().strip_prefix(&INNER);
    let secret = secret.and_then(|secret| <&[u8; 32]>::try_from(secret).ok());
    let secret = secret.ok_or_else(|| KeystoreError::Malformed("the secret has not 32 bytes".to_owned()))?;
    let key = Ed25519Key::from_secret(secret);
    // Version 2 (RFC 5958), which others write, states the public key.
    if let Some(stated) = info.public_key {
        let found = key.public_key();
        if stated.raw_bytes() != found.as_bytes() {
            return Err(KeystoreError::Mismatch {
                stated: hex::encode(stated.raw_bytes()),
                found: hex::encode(found.as_bytes()),
            });
        }
    }
    Ok(key)
}

fn document(key: &Ed25519Key) -> Result<SecretDocument, KeystoreError> {
    let mut secret = Zeroizing::new([0; 34]);
    secret[..2].copy_from_slice(&INNER);
    secret[2..].copy_from_slice(&*key.expose_secret());
    let algorithm = AlgorithmIdentifierRef {
        oid: ED25519,
        parameters: None,
    };
    let inner = OctetStringRef::new(secret.as_slice()).map_err(|_| unwritable())?;
    SecretDocument::encode_msg(&PrivateKeyInfoRef::new(algorithm, inner)).map_err(|_| unwritable())
}

/// Fixed sizes and parameters: this does not happen.
fn unwritable() -> KeystoreError {
    KeystoreError::Malformed("the key could not be written".to_owned())
}

fn wrong_kind(found: &str) -> KeystoreError {
    KeystoreError::WrongKind {
        expected: EXPECTED,
        found: found.to_owned(),
    }
}

#[cfg(test)]
#[path = "pem_tests.rs"]
mod tests;
