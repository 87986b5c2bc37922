//! Keys in files: EIP-2335 JSON for consensus keys, encrypted PKCS#8 PEM for ed25519.
//!
//! Files are made once, whole, of mode 0400, and never overwritten. They are read only when nobody else may.

mod eip2335;
mod kdf;
mod pem;

use crate::bls::ConsensusKey;
use crate::ed25519::Ed25519Key;
use crate::error::{KeyError, KeystoreError};
use crate::files;
use crate::secret::Password;
use primitives::address::Network;
use std::path::Path;

/// How secrets are kept in files.
#[derive(Debug)]
pub enum Protection {
    /// Encrypted under this password.
    Password(Password),
    /// Not at all. Development chains only: anything else refuses it.
    DevelopmentPlaintext,
}

impl Protection {
    /// The password; `None` for plaintext, which only a development chain may have.
    fn password(&self, network: Network) -> Result<Option<&Password>, KeyError> {
        match (self, network) {
            (Self::Password(password), _) => Ok(Some(password)),
            (Self::DevelopmentPlaintext, Network::Development) => Ok(None),
            (Self::DevelopmentPlaintext, Network::Live) => Err(KeyError::PlaintextRefused),
        }
    }
}

/// Writes a consensus key to a new file. With a password that takes a second and 256 MiB.
///
/// # Errors
/// [`KeyError::Exists`], [`KeyError::PlaintextRefused`], [`KeyError::Randomness`], [`KeyError::Io`].
pub fn save_consensus(
    path: &Path,
    key: &ConsensusKey,
    protection: &Protection,
    network: Network,
) -> Result<(), KeyError> {
    files::refuse_existing(path)?;
    let text = match protection.password(network)? {
        Some(password) => eip2335::encrypt(key, password, &kdf::Kdf::STANDARD),
        None => Ok(eip2335::plaintext(key)),
    };
    let text = text.map_err(|source| wrong(path, source))?;
    files::create_private(path, text.as_bytes())
}

/// Reads a consensus key.
///
/// # Errors
/// [`KeyError::Missing`], [`KeyError::PermissionsTooOpen`], [`KeyError::PlaintextRefused`], [`KeyError::Io`], and
/// [`KeyError::Keystore`] for every fault of the content.
pub fn load_consensus(
    path: &Path,
    protection: &Protection,
    network: Network,
) -> Result<ConsensusKey, KeyError> {
    let password = protection.password(network)?;
    let bytes = files::read_private(path)?;
    eip2335::decrypt(&bytes, password).map_err(|source| wrong(path, source))
}

/// Reads a consensus key from a keystore's content, which is not in a file yet.
///
/// # Errors
/// [`KeyError::PlaintextRefused`], and [`KeyError::Keystore`] for every fault of the content, which it calls `name`.
pub fn read_consensus(
    name: &str,
    content: &[u8],
    protection: &Protection,
    network: Network,
) -> Result<ConsensusKey, KeyError> {
    let password = protection.password(network)?;
    eip2335::decrypt(content, password).map_err(|source| wrong(Path::new(name), source))
}

/// Writes an account's or a node's key to a new file.
///
/// # Errors
/// As [`save_consensus`].
pub fn save_ed25519(
    path: &Path,
    key: &Ed25519Key,
    protection: &Protection,
    network: Network,
) -> Result<(), KeyError> {
    files::refuse_existing(path)?;
    let text = match protection.password(network)? {
        Some(password) => pem::encrypt(key, password),
        None => pem::plaintext(key),
    };
    let text = text.map_err(|source| wrong(path, source))?;
    files::create_private(path, text.as_bytes())
}

/// Reads an account's or a node's key.
///
/// # Errors
/// As [`load_consensus`].
pub fn load_ed25519(path: &Path, protection: &Protection, network: Network) -> Result<Ed25519Key, KeyError> {
    let password = protection.password(network)?;
    let bytes = files::read_private(path)?;
    pem::decrypt(&bytes, password).map_err(|source| wrong(path, source))
}

fn wrong(path: &Path, source: KeystoreError) -> KeyError {
    KeyError::Keystore {
        path: path.to_owned(),
        source,
    }
}
