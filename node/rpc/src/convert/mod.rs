//! Domain to protobuf and back: one file per area.

pub(crate) mod account;
pub(crate) mod address;
pub(crate) mod dev;
pub(crate) mod governance;
pub(crate) mod ledger;
pub(crate) mod node;
pub(crate) mod operator;
pub(crate) mod power;
pub(crate) mod price;
pub(crate) mod proof;
pub(crate) mod receipt;
pub(crate) mod registry;
pub(crate) mod slash;
pub(crate) mod staking;
pub(crate) mod transaction;
pub(crate) mod vault;

use crate::refusal::Refusal;
use bytes::Bytes;
use primitives::Bytes32;

/// Bytes of any kind, as a field.
pub(crate) fn bytes(value: impl AsRef<[u8]>) -> Bytes {
    Bytes::copy_from_slice(value.as_ref())
}

/// An identifier or hash, as a field.
pub(crate) fn hash<K>(value: &Bytes32<K>) -> Bytes {
    bytes(value.as_bytes())
}

/// The identifier or hash that a field holds.
pub(crate) fn parse_hash<K>(field: &'static str, value: &[u8]) -> Result<Bytes32<K>, Refusal> {
    Bytes32::from_slice(value)
        .ok_or_else(|| Refusal::field(field, format!("{} bytes, expected 32", value.len())))
}
