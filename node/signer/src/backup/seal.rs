//! Encrypting and opening, by `age`.

use super::BackupError;
use crate::files;
use crate::secret::Password;
use age::secrecy::SecretString;
use age::{DecryptError, Decryptor, Encryptor, IdentityFile, scrypt, x25519};
use std::io::{Read, Write};
use std::path::Path;
use zeroize::Zeroizing;

/// The work of a passphrase: 2^18, about a second.
const WORK: u8 = 18;
/// The most work that opening a file may ask for: 2^22, 4 GiB of memory.
const MOST_WORK: u8 = 22;

/// Somebody who can open a backup: the public half of an age key.
#[derive(Clone)]
pub struct Recipient(x25519::Recipient);

impl core::fmt::Debug for Recipient {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.0.to_string())
    }
}

impl core::str::FromStr for Recipient {
    type Err = BackupError;

    fn from_str(text: &str) -> Result<Self, BackupError> {
        let parsed = text.trim().parse::<x25519::Recipient>();
        parsed.map(Self).map_err(|problem| BackupError::Recipient {
            text: text.chars().take(80).collect(),
            problem,
        })
    }
}

/// For whom a backup is encrypted.
#[derive(Debug)]
pub enum Seal {
    /// Whoever has the secret half of one of these.
    Recipients(Vec<Recipient>),
    /// Whoever knows it.
    Passphrase(Password),
}

/// What a backup is opened with.
#[derive(Debug)]
pub enum Opener {
    /// Secret halves of age keys.
    Identities(Identities),
    /// A passphrase.
    Passphrase(Password),
}

/// Secret halves of age keys, out of a file that `age-keygen` made.
pub struct Identities(Vec<Box<dyn age::Identity>>);

impl core::fmt::Debug for Identities {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Identities({} hidden)", self.0.len())
    }
}

impl Opener {
    /// The identities in a file that nobody else may read.
    ///
    /// # Errors
    /// [`BackupError::Key`], [`BackupError::Identity`].
    pub fn identities(path: &Path) -> Result<Self, BackupError> {
        let wrong = |problem: String| BackupError::Identity {
            path: path.to_owned(),
            problem,
        };
        let text = files::read_private(path)?;
        let file = IdentityFile::from_buffer(&text[..]).map_err(|error| wrong(error.to_string()))?;
        let identities = file.into_identities().map_err(|error| wrong(error.to_string()))?;
        if identities.is_empty() {
            return Err(wrong("there is none in it".to_owned()));
        }
        Ok(Self::Identities(Identities(identities)))
    }

    /// The plain text, of at most `most` bytes.
    pub(super) fn open(&self, sealed: &[u8], most: usize) -> Result<Zeroizing<Vec<u8>>, BackupError> {
        let decryptor = Decryptor::new_buffered(sealed).map_err(refused)?;
        let opened = match self {
            Self::Identities(_) if decryptor.is_scrypt() => {
                return Err(BackupError::OtherOpener(
                    "with a passphrase: name its file with --passphrase-file",
                ));
            }
            Self::Passphrase(_) if !decryptor.is_scrypt() => {
                return Err(BackupError::OtherOpener(
                    "for recipients: name the file with the secret half of one with --age-identity",
                ));
            }
            Self::Identities(identities) => decryptor.decrypt(identities.0.iter().map(AsRef::as_ref)),
            Self::Passphrase(password) => {
                let mut identity = scrypt::Identity::new(secret(password));
                identity.set_max_work_factor(MOST_WORK);
                let identity: &dyn age::Identity = &identity;
                decryptor.decrypt(core::iter::once(identity))
            }
        };
        let mut plain = Zeroizing::new(Vec::new());
        let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
        let read = opened.map_err(refused)?.take(limit).read_to_end(&mut plain);
        read.map_err(|error| BackupError::Sealed(format!("it is cut off or damaged ({error})")))?;
        if plain.len() > most {
            return Err(BackupError::TooLong);
        }
        Ok(plain)
    }
}

impl Seal {
    pub(super) fn seal(&self, plain: &[u8]) -> Result<Vec<u8>, BackupError> {
        let failed = |error: &dyn core::fmt::Display| BackupError::Sealed(error.to_string());
        let encryptor = match self {
            Self::Recipients(recipients) => {
                let each = recipients
                    .iter()
                    .map(|Recipient(one)| -> &dyn age::Recipient { one });
                Encryptor::with_recipients(each)
            }
            Self::Passphrase(password) => {
                let mut recipient = scrypt::Recipient::new(secret(password));
                recipient.set_work_factor(WORK);
                let recipient: &dyn age::Recipient = &recipient;
                Encryptor::with_recipients(core::iter::once(recipient))
            }
        };
        let mut sealed = Vec::new();
        let mut writer = encryptor
            .map_err(|error| failed(&error))?
            .wrap_output(&mut sealed)
            .map_err(|error| failed(&error))?;
        writer
            .write_all(plain)
            .and_then(|()| writer.finish().map(drop))
            .map_err(|error| failed(&error))?;
        Ok(sealed)
    }
}

fn secret(password: &Password) -> SecretString {
    // As typed, so that the program `age` opens it too.
    SecretString::from(core::str::from_utf8(password.as_bytes()).unwrap_or_default())
}

fn refused(error: DecryptError) -> BackupError {
    BackupError::Sealed(match error {
        DecryptError::NoMatchingKeys => "it is for none of these identities".to_owned(),
        DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed => {
            "wrong passphrase, or it is damaged".to_owned()
        }
        DecryptError::InvalidHeader | DecryptError::InvalidMac | DecryptError::UnknownFormat => {
            "it is no file of age, or it is damaged".to_owned()
        }
        DecryptError::ExcessiveWork { required, .. } => {
            format!("it asks for the work of 2^{required}, which no backup of ours does")
        }
        DecryptError::Io(error) => format!("it is cut off or damaged ({error})"),
    })
}
