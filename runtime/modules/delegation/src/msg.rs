//! What users ask of the module.

use crate::error::Error;
use crate::types::ServiceKey;
use borsh::{BorshDeserialize, BorshSerialize};
use primitives::Bps;
use vaults::{Magnitude, ServiceId, VaultId};

/// What an operator says about itself: a name, and where there is more.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize)]
pub struct Metadata {
    name: Vec<u8>,
    uri: Vec<u8>,
}

impl Metadata {
    /// The longest name, in bytes.
    pub const MAX_NAME: usize = 64;
    /// The longest address of more, in bytes.
    pub const MAX_URI: usize = 256;

    /// Checks and takes both: a name of 1 to 64 bytes without control characters, and an address of at most 256 visible
    /// ASCII characters, or none.
    ///
    /// # Errors
    /// [`Error::Metadata`].
    pub fn new(name: &str, uri: &str) -> Result<Self, Error> {
        let named = (1..=Self::MAX_NAME).contains(&name.len()) && !name.chars().any(char::is_control);
        let found = uri.len() <= Self::MAX_URI && uri.bytes().all(|byte| byte.is_ascii_graphic());
        if named && found {
            Ok(Self {
                name: name.as_bytes().to_vec(),
                uri: uri.as_bytes().to_vec(),
            })
        } else {
            Err(Error::Metadata)
        }
    }

    /// The name as text.
    #[must_use]
    pub fn name(&self) -> &str {
        core::str::from_utf8(&self.name).unwrap_or_default()
    }

    /// Where there is more; empty for nowhere.
    #[must_use]
    pub fn uri(&self) -> &str {
        core::str::from_utf8(&self.uri).unwrap_or_default()
    }
}

impl BorshDeserialize for Metadata {
    fn deserialize_reader<R: std::io::Read>(reader: &mut R) -> std::io::Result<Self> {
        let (name, uri) = <(Vec<u8>, Vec<u8>)>::deserialize_reader(reader)?;
        let texts = (core::str::from_utf8(&name), core::str::from_utf8(&uri));
        if let (Ok(name), Ok(uri)) = texts
            && let Ok(metadata) = Self::new(name, uri)
        {
            return Ok(metadata);
        }
        Err(std::io::Error::new(
            std::io::ErrorKind::InvalidData,
            "not an operator's metadata",
        ))
    }
}

/// Makes the sender an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Register {
    /// What it says about itself.
    pub metadata: Metadata,
}

/// Changes what the sender, an operator, says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetMetadata {
    /// What it says from now on.
    pub metadata: Metadata,
}

/// Gives the sender, an operator, the key with which it works for a service from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetKey {
    /// Which service.
    pub service: ServiceId,
    /// The key.
    pub key: ServiceKey,
    /// The key's own signature that it is this operator's: 48 bytes for BLS, 64 for ed25519.
    pub proof: Vec<u8>,
}

/// Says what the sender, an operator, keeps of what its vaults earn with a service: less from now on, more after a
/// delay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetCommission {
    /// Which service.
    pub service: ServiceId,
    /// What it keeps.
    pub rate: Bps,
}

/// Changes what a vault of the sender pledges to a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allocate {
    /// Which vault.
    pub vault: VaultId,
    /// To which service.
    pub service: ServiceId,
    /// How much it shall pledge, in parts of 10^18; zero for nothing.
    pub magnitude: Magnitude,
}

/// Everything that users ask of the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Msg {
    /// See [`Register`].
    Register(Register),
    /// See [`SetMetadata`].
    SetMetadata(SetMetadata),
    /// See [`SetKey`].
    SetKey(SetKey),
    /// See [`SetCommission`].
    SetCommission(SetCommission),
    /// See [`Allocate`].
    Allocate(Allocate),
}

impl Msg {
    /// All that needs no state, but for a key's proof: that costs a pairing, and is charged for.
    ///
    /// # Errors
    /// [`Error::Possession`] for a proof of another length, [`Error::BeyondVault`].
    pub fn validate(&self) -> Result<(), Error> {
        match self {
            Self::SetKey(msg) => {
                let length = match msg.key {
                    ServiceKey::Bls(_) => 48,
                    ServiceKey::Ed25519(_) => 64,
                };
                if msg.proof.len() == length {
                    Ok(())
                } else {
                    Err(Error::Possession)
                }
            }
            Self::Allocate(msg) if msg.magnitude > Magnitude::WHOLE => Err(Error::BeyondVault {
                asked: msg.magnitude,
                most: Magnitude::WHOLE,
            }),
            Self::Allocate(_) | Self::Register(_) | Self::SetMetadata(_) | Self::SetCommission(_) => Ok(()),
        }
    }
}
