//! Bitcoin's hash, and the identifiers made of it.
//!
//! Identifiers hold bytes in the order in which they are hashed and stand in headers; explorers show them reversed
//! ([`shown`]).

use crypto::hash::sha256;
use primitives::Bytes32;

/// What an identifier names.
pub mod kind {
    /// A block of Bitcoin, by its header.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum BitcoinBlock {}
    /// A transaction of Bitcoin, without its witness.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum BitcoinTransaction {}
}

/// A block of Bitcoin: SHA-256 twice of its 80 bytes.
pub type BlockId = Bytes32<kind::BitcoinBlock>;
/// A transaction of Bitcoin: SHA-256 twice of its bytes without the witness.
pub type TxId = Bytes32<kind::BitcoinTransaction>;

/// SHA-256 of SHA-256 of the concatenation of `parts`.
#[must_use]
pub fn sha256d(parts: &[&[u8]]) -> [u8; 32] {
    sha256(&[&sha256(parts)])
}

/// An identifier the way explorers show it: last byte first.
#[must_use]
pub fn shown<K>(id: &Bytes32<K>) -> Bytes32<K> {
    let mut bytes = *id.as_bytes();
    bytes.reverse();
    Bytes32::new(bytes)
}
