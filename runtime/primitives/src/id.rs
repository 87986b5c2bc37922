//! Thirty-two byte identifiers that cannot be mixed up.

use borsh::{BorshDeserialize, BorshSerialize};
use core::marker::PhantomData;

/// What an identifier names. The types have no values; they only keep identifiers apart.
pub mod kind {
    /// Any hash: a Merkle root, a key's hash.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Plain {}
    /// An account.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Account {}
    /// A block, by its header.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Block {}
    /// A transaction, by its sign bytes.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Transaction {}
    /// A chain: its genesis and generation.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Chain {}
}

/// Thirty-two bytes that name a `K`. Shown as lower-case hex.
pub struct Bytes32<K>([u8; 32], PhantomData<K>);

/// A hash of any kind.
pub type Digest = Bytes32<kind::Plain>;
/// An account: sha-256("palisade/account/v1" ‖ k ‖ sorted keys).
pub type AccountId = Bytes32<kind::Account>;
/// A block: the hash of its header.
pub type BlockHash = Bytes32<kind::Block>;
/// A transaction: its sign bytes, sha-256("palisade/tx/v1" ‖ chain hash ‖ body).
pub type TxId = Bytes32<kind::Transaction>;
/// A chain: sha-256(canonical genesis ‖ generation).
pub type ChainHash = Bytes32<kind::Chain>;

impl<K> Bytes32<K> {
    /// All zero: "none" where a field must have a value.
    pub const ZERO: Self = Self([0; 32], PhantomData);

    /// The identifier with these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes, PhantomData)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether it stands for "none".
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.0 == [0; 32]
    }

    /// The identifier with these bytes; `None` unless there are exactly 32.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        <[u8; 32]>::try_from(bytes).ok().map(Self::new)
    }
}

/// Why a text is not an identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected 64 lower-case hexadecimal digits")]
pub struct ParseIdError;

// Written out because a derive would ask the same of `K`, which has no values.
impl<K> Clone for Bytes32<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Bytes32<K> {}
impl<K> Default for Bytes32<K> {
    fn default() -> Self {
        Self::ZERO
    }
}
impl<K> PartialEq for Bytes32<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<K> Eq for Bytes32<K> {}
impl<K> PartialOrd for Bytes32<K> {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Bytes32<K> {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}
impl<K> core::hash::Hash for Bytes32<K> {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
impl<K> core::fmt::Display for Bytes32<K> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}
impl<K> core::fmt::Debug for Bytes32<K> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Display::fmt(self, f)
    }
}
impl<K> core::str::FromStr for Bytes32<K> {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(ParseIdError);
        }
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| ParseIdError)?;
        Ok(Self::new(bytes))
    }
}
impl<K> BorshSerialize for Bytes32<K> {
    fn serialize<W: std::io::Write>(&self, writer: &mut W) -> std::io::Result<()> {
        writer.write_all(&self.0)
    }
}
impl<K> BorshDeserialize for Bytes32<K> {
    fn deserialize_reader<R: std::io::Read>(reader: &mut R) -> std::io::Result<Self> {
        <[u8; 32]>::deserialize_reader(reader).map(Self::new)
    }
}
impl<K> serde::Serialize for Bytes32<K> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
impl<'de, K> serde::Deserialize<'de> for Bytes32<K> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_per_identifier() {
        let id = Digest::new([0xab; 32]);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!("AB".repeat(32).parse::<Digest>(), Err(ParseIdError));
        assert_eq!("ab".repeat(31).parse::<Digest>(), Err(ParseIdError));
    }
}
