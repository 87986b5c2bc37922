//! What can be wrong with keys, keystores and passwords.

use std::io;
use std::path::PathBuf;

/// Why a key cannot be made, written or read. The node's commands end with exit code 9.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The operating system refused.
    #[error("{}: cannot {action}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was tried, as a verb.
        action: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// There is a file of that name.
    #[error(
        "{}: exists already; keys are never overwritten: move it away if you are sure that it is not in use",
        path.display()
    )]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The folder for new keys has something in it.
    #[error("{}: is not empty: choose a new folder for the keys", path.display())]
    FolderNotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// There is no such file.
    #[error("{}: there is no such file: make the keys first, or name the folder that holds them", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// A node needs one.
    #[error("{}: is the only consensus key: a node that shall not vote is an observer, node.observer = true", path.display())]
    LastKey {
        /// Its file.
        path: PathBuf,
    },
    /// Others may read the file.
    #[error("{}: others may read it (mode {mode:04o}): chmod go= '{}'", path.display(), path.display())]
    PermissionsTooOpen {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Unencrypted keys were asked for on a chain that carries value.
    #[error("unencrypted keys are for development chains only: give a password file")]
    PlaintextRefused,
    /// The content of the file is not what it should be.
    #[error("{}: {source}", path.display())]
    Keystore {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: KeystoreError,
    },
    /// The password cannot be used.
    #[error("{}: {source}", path.display())]
    Password {
        /// The file it came from.
        path: PathBuf,
        /// What is wrong with it.
        source: PasswordError,
    },
    /// The operating system gave no randomness.
    #[error("the operating system gave no randomness")]
    Randomness,
}

/// The operating system gave no randomness.
pub(crate) struct NoRandomness;

impl From<NoRandomness> for KeyError {
    fn from(NoRandomness: NoRandomness) -> Self {
        Self::Randomness
    }
}

impl From<NoRandomness> for KeystoreError {
    fn from(NoRandomness: NoRandomness) -> Self {
        Self::Randomness
    }
}

/// Why a keystore's content does not give the key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeystoreError {
    /// It is something else than the key that was asked for.
    #[error("expected {expected}, found {found}")]
    WrongKind {
        /// What was asked for.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// A field is missing or has a form that it cannot have.
    #[error("not a valid keystore: {0}")]
    Malformed(String),
    /// An algorithm or version that is not supported.
    #[error("{what} `{found}` is not supported, only {supported}")]
    Unsupported {
        /// Which choice.
        what: &'static str,
        /// What the file chose.
        found: String,
        /// What may be chosen.
        supported: &'static str,
    },
    /// Deriving the key would take absurd memory or time; it was not tried.
    #[error("the key derivation asks for {0}: this file was not made by an honest program")]
    Excessive(String),
    /// The password does not open it.
    #[error("wrong password, or the file is damaged")]
    WrongPassword,
    /// It is encrypted and no password was given.
    #[error("the key is encrypted: give a password file")]
    PasswordNeeded,
    /// It is not encrypted although a password was given.
    #[error("the key is not encrypted, although a password was given: keys of live chains must be encrypted")]
    NotEncrypted,
    /// The secret belongs to another public key than stated.
    #[error("the secret belongs to the public key {found}, but {stated} is stated: files were mixed up")]
    Mismatch {
        /// Hex of the public key that is stated.
        stated: String,
        /// Hex of the secret's public key.
        found: String,
    },
    /// The operating system gave no randomness.
    #[error("the operating system gave no randomness")]
    Randomness,
}

/// Why a password cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Nothing, or nothing but control characters.
    #[error("the password is empty")]
    Empty,
    /// Over 1,024 bytes: most likely another file.
    #[error("the password has more than 1024 bytes: is this the right file?")]
    TooLong,
    /// Not UTF-8.
    #[error("the password is not text (UTF-8): is this the right file?")]
    NotText,
}
