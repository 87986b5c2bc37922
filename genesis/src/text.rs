//! How ids, keys and texts stand in the document.

use borsh::{BorshDeserialize, BorshSerialize};
use primitives::AccountId;
use primitives::address::{AddressKind, Network, format, parse};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// What kind of chain it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Carries value: addresses start with `pal`.
    Live,
    /// For development: addresses start with `paldev`.
    Development,
}

impl Kind {
    /// The prefix that addresses have.
    #[must_use]
    pub const fn network(self) -> Network {
        match self {
            Self::Live => Network::Live,
            Self::Development => Network::Development,
        }
    }
}

/// An account as an address. In the document it says by its prefix which kind of chain it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    /// The account.
    pub account: AccountId,
    /// Whether it has a development prefix.
    pub development: bool,
}

impl Address {
    /// The address of `account` on a chain of `kind`.
    #[must_use]
    pub const fn new(kind: Kind, account: AccountId) -> Self {
        Self {
            account,
            development: matches!(kind, Kind::Development),
        }
    }

    /// The kind of chain that its prefix says.
    #[must_use]
    pub const fn kind(self) -> Kind {
        if self.development {
            Kind::Development
        } else {
            Kind::Live
        }
    }
}

impl core::fmt::Display for Address {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&format(
            AddressKind::Account,
            self.kind().network(),
            self.account.as_bytes(),
        ))
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as Deserialize>::deserialize(deserializer)?;
        let kind = if text.starts_with("paldev") {
            Kind::Development
        } else {
            Kind::Live
        };
        parse(AddressKind::Account, kind.network(), &text)
            .map(|bytes| Self::new(kind, AccountId::new(bytes)))
            .map_err(de::Error::custom)
    }
}

/// The account alone counts: the prefix is the chain's, which is encoded once.
impl BorshSerialize for Address {
    fn serialize<W: std::io::Write>(&self, writer: &mut W) -> std::io::Result<()> {
        BorshSerialize::serialize(&self.account, writer)
    }
}

/// Bytes of a fixed length, as lower-case hex.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct Hex<const N: usize>(pub [u8; N]);

impl<const N: usize> core::fmt::Display for Hex<N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl<const N: usize> core::fmt::Debug for Hex<N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Display::fmt(self, f)
    }
}

impl<const N: usize> Serialize for Hex<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, const N: usize> Deserialize<'de> for Hex<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as Deserialize>::deserialize(deserializer)?;
        let mut bytes = [0; N];
        let lower = !text.bytes().any(|b| b.is_ascii_uppercase());
        if lower && hex::decode_to_slice(&text, &mut bytes).is_ok() {
            Ok(Self(bytes))
        } else {
            Err(de::Error::custom(format_args!(
                "expected {N} bytes as lower-case hexadecimal digits"
            )))
        }
    }
}

/// Bytes of any length, as lower-case hex.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct HexBytes(pub Vec<u8>);

impl Serialize for HexBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&hex::encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for HexBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as Deserialize>::deserialize(deserializer)?;
        if text.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(de::Error::custom("expected lower-case hexadecimal digits"));
        }
        hex::decode(&text).map(Self).map_err(de::Error::custom)
    }
}

/// A text that is encoded as its UTF-8 bytes.
#[derive(
    Clone,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    BorshSerialize,
    BorshDeserialize,
)]
#[serde(transparent)]
pub struct Text(pub String);

impl core::fmt::Display for Text {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}
