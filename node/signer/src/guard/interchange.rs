//! What a guard knows, as JSON, to carry it to another machine. Modelled on EIP-3076.

use super::row::{Choice, Row, Slot};
use crypto::bls::KeyBytes;
use primitives::{ChainHash, Epoch, View};
use serde::{Deserialize, Serialize};

/// The version that is written and read.
pub const FORMAT_VERSION: u32 = 1;
/// The most that is read, in bytes.
const MAX_LENGTH: usize = 64 << 20;

/// Why a document is not one that can be imported.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InterchangeError {
    /// Over 64 MiB.
    #[error("{0} bytes: a guard's export is never that large")]
    TooLong(usize),
    /// Not JSON of this form.
    #[error("not a guard's export: {0}")]
    Malformed(String),
    /// Of a version that this program does not know.
    #[error("format version {0}, this program knows {FORMAT_VERSION}: use a newer one")]
    UnknownVersion(u32),
    /// Of another chain.
    #[error("the export is of chain {found}, this guard is of {expected}")]
    AnotherChain {
        /// The export's.
        found: ChainHash,
        /// The guard's.
        expected: ChainHash,
    },
}

/// A guard's export. Numbers are decimal strings, keys and hashes hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interchange {
    /// What it is.
    pub metadata: Metadata,
    /// One for each key.
    pub data: Vec<KeyHistory>,
}

/// What an export is, and whose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metadata {
    /// [`FORMAT_VERSION`].
    pub format_version: u32,
    /// The chain.
    pub chain_hash: ChainHash,
}

/// What one key signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyHistory {
    /// The consensus key.
    #[serde(with = "key")]
    pub pubkey: KeyBytes,
    /// Nothing new is signed up to here.
    pub low_watermark: Slot,
    /// What was signed, by slot.
    pub rows: Vec<SlotHistory>,
}

/// What was signed in one slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlotHistory {
    /// The epoch.
    pub epoch: Epoch,
    /// The view.
    pub view: View,
    /// The block that was notarized.
    pub notarized: Option<Choice>,
    /// Whether the view was nullified.
    pub nullified: bool,
    /// The block that was finalized.
    pub finalized: Option<Choice>,
}

impl Interchange {
    /// Reads a document.
    ///
    /// # Errors
    /// [`InterchangeError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, InterchangeError> {
        #[derive(Deserialize)]
        struct Versioned {
            metadata: Version,
        }
        #[derive(Deserialize)]
        struct Version {
            format_version: u32,
        }
        if bytes.len() > MAX_LENGTH {
            return Err(InterchangeError::TooLong(bytes.len()));
        }
        let malformed = |error: serde_json::Error| InterchangeError::Malformed(error.to_string());
        // The version first: the rest of another one's document may look otherwise.
        let versioned: Versioned = serde_json::from_slice(bytes).map_err(malformed)?;
        let version = versioned.metadata.format_version;
        if version != FORMAT_VERSION {
            return Err(InterchangeError::UnknownVersion(version));
        }
        serde_json::from_slice(bytes).map_err(malformed)
    }

    /// The document's text.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Strings, numbers and lists: there is nothing that cannot be written.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

impl SlotHistory {
    pub(super) const fn new(slot: Slot, row: Row) -> Self {
        Self {
            epoch: slot.epoch,
            view: slot.view,
            notarized: row.notarized,
            nullified: row.nullified,
            finalized: row.finalized,
        }
    }

    pub(super) const fn slot(&self) -> Slot {
        Slot::new(self.epoch, self.view)
    }

    pub(super) const fn row(&self) -> Row {
        Row {
            notarized: self.notarized,
            nullified: self.nullified,
            finalized: self.finalized,
        }
    }
}

/// A key as 192 hexadecimal digits.
mod key {
    use crypto::bls::KeyBytes;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};
    use std::borrow::Cow;

    pub(super) fn serialize<S: Serializer>(key: &KeyBytes, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(key.0))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<KeyBytes, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        let mut bytes = [0; 96];
        hex::decode_to_slice(&*text, &mut bytes)
            .map_err(|_| D::Error::custom("a public key has 192 hexadecimal digits"))?;
        Ok(KeyBytes(bytes))
    }
}
