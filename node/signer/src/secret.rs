//! Passwords and randomness.

use crate::error::{KeyError, NoRandomness, PasswordError};
use crate::files;
use rand::TryRng;
use rand::rngs::SysRng;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

const MAX_PASSWORD: usize = 1024;
/// The most by which NFKD lengthens UTF-8 text (U+FDFA: 3 bytes become 33).
const NFKD_GROWTH: usize = 11;

/// A password. Never a flag or an environment value: both can be read by others.
pub struct Password(Zeroizing<String>);

impl core::fmt::Debug for Password {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Password(hidden)")
    }
}

impl Password {
    /// A password that a person typed.
    ///
    /// # Errors
    /// [`PasswordError`].
    pub fn new(text: String) -> Result<Self, PasswordError> {
        let text = Zeroizing::new(text);
        if text.len() > MAX_PASSWORD {
            return Err(PasswordError::TooLong);
        }
        let password = Self(text);
        if password.normalized().is_empty() {
            return Err(PasswordError::Empty);
        }
        Ok(password)
    }

    /// The content of a file that nobody else may read, without the newline at its end.
    ///
    /// # Errors
    /// [`KeyError::Missing`], [`KeyError::Io`], [`KeyError::PermissionsTooOpen`], [`KeyError::Password`].
    pub fn from_file(path: &Path) -> Result<Self, KeyError> {
        let file = files::open_private(path)?;
        Self::from_reader(path, file)
    }

    /// What an inherited descriptor gives until its end, without the newline there.
    ///
    /// # Errors
    /// [`KeyError::Io`] when it is not open for reading, [`KeyError::Password`].
    pub fn from_descriptor(number: u32) -> Result<Self, KeyError> {
        let path = PathBuf::from(format!("/dev/fd/{number}"));
        let file = File::open(&path).map_err(|source| KeyError::Io {
            path: path.clone(),
            action: "read the password from this descriptor",
            source,
        })?;
        Self::from_reader(&path, file)
    }

    fn from_reader(path: &Path, file: File) -> Result<Self, KeyError> {
        // Room for the newline and for one byte too many; never reallocated, so no copy stays behind.
        let most = MAX_PASSWORD + 3;
        let mut bytes = Zeroizing::new(Vec::with_capacity(most + 1));
        let read = file
            .take(u64::try_from(most).unwrap_or(u64::MAX))
            .read_to_end(&mut bytes);
        read.map_err(|source| KeyError::Io {
            path: path.to_owned(),
            action: "read",
            source,
        })?;
        let wrong = |source| KeyError::Password {
            path: path.to_owned(),
            source,
        };
        let text = core::str::from_utf8(&bytes).map_err(|_| wrong(PasswordError::NotText))?;
        let line = text.strip_suffix('\n').unwrap_or(text);
        let line = line.strip_suffix('\r').unwrap_or(line);
        Self::new(line.to_owned()).map_err(wrong)
    }

    /// As typed.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// NFKD without control characters, as EIP-2335 asks, so that it opens on any keyboard.
    pub(crate) fn normalized(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(self.0.len() * NFKD_GROWTH));
        // C0, C1 and Delete: exactly what `is_control` names.
        text.extend(self.0.nfkd().filter(|c| !c.is_control()));
        text
    }
}

/// Bytes from the operating system.
pub(crate) fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, NoRandomness> {
    let mut bytes = Zeroizing::new([0; N]);
    SysRng.try_fill_bytes(bytes.as_mut()).map_err(|_| NoRandomness)?;
    Ok(bytes)
}

/// The secret that a development chain derives from its seed for the `index`-th `role`.
pub(crate) fn development(seed: &[u8], role: &str, index: u32) -> Zeroizing<[u8; 32]> {
    use crypto::domain::Domain;
    use crypto::hash::{sha256, tagged};
    use primitives::kind::Plain;
    // Each part is of fixed length, so that no two triples give the same bytes.
    let parts: [&[u8]; 3] = [
        &sha256(&[seed]),
        &sha256(&[role.as_bytes()]),
        &index.to_be_bytes(),
    ];
    Zeroizing::new(*tagged::<Plain>(Domain::Development, &parts).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normalized(text: &str) -> String {
        Password::new(text.to_owned()).unwrap().normalized().to_string()
    }

    #[test]
    fn one_password_however_it_is_typed() {
        assert_eq!(normalized("𝔱𝔢𝔰𝔱𝔭𝔞𝔰𝔰𝔴𝔬𝔯𝔡🔑"), "testpassword🔑");
        assert_eq!(normalized("a\u{1}b\u{7f}c\u{9f}d\te"), "abcde");
        assert_eq!(normalized("\u{e9}"), "e\u{301}");
    }

    #[test]
    fn nothing_and_too_much_are_no_passwords() {
        for empty in ["", "\t\u{80}"] {
            assert_eq!(Password::new(empty.to_owned()).unwrap_err(), PasswordError::Empty);
        }
        assert!(Password::new("x".repeat(1024)).is_ok());
        assert_eq!(
            Password::new("x".repeat(1025)).unwrap_err(),
            PasswordError::TooLong
        );
    }

    #[test]
    fn a_password_is_not_printed() {
        let password = Password::new("hunter2".to_owned()).unwrap();
        assert!(!format!("{password:?}").contains("hunter2"));
    }

    #[test]
    fn development_secrets_differ_by_each_part() {
        let base = development(b"seed", "account", 0);
        for other in [
            development(b"other", "account", 0),
            development(b"seed", "p2p", 0),
            development(b"seed", "account", 1),
            development(b"seedaccount", "", 0),
        ] {
            assert_ne!(*base, *other);
        }
    }
}
