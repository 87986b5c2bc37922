//! The canonical codec: one encoding per value.
//!
//! The format is [borsh](https://borsh.io) with ordered maps required to be in order: fixed-width little-endian
//! integers, `u32` lengths, one-byte variant tags in declaration order, no padding, no optional forms. Types that
//! have no place in hashed bytes (`usize`, floats, text, hash maps) are refused by `scripts/check-codec.py`.
//!
//! # Source
//! ADR-002 (`runtime/docs/adr-002-encodings.md`).

pub use borsh::{BorshDeserialize as Decode, BorshSerialize as Encode};

/// Why bytes are not the encoding of a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// More bytes than the kind of value may have.
    #[error("{length} bytes where at most {limit} are allowed")]
    TooLong {
        /// How many there were.
        length: usize,
        /// How many may be.
        limit: usize,
    },
    /// The bytes end early, go on after the value, or break one of its rules.
    #[error("malformed encoding: {0}")]
    Malformed(String),
}

/// The encoding of `value`.
///
/// # Panics
/// Never: writing to memory fails only for a collection of over 2^32 items, which no limit lets exist.
#[must_use]
#[allow(clippy::expect_used, reason = "see Panics")]
pub fn encode<T: Encode + ?Sized>(value: &T) -> Vec<u8> {
    borsh::to_vec(value).expect("a value within its limits has an encoding") // infallible: writes to memory only
}

/// The value that `bytes`, all of them, encode. The caller has bounded their length already.
///
/// # Errors
/// [`CodecError::Malformed`] when they do not.
pub fn decode<T: Decode>(bytes: &[u8]) -> Result<T, CodecError> {
    borsh::from_slice(bytes).map_err(|error| CodecError::Malformed(error.to_string()))
}

/// As [`decode`], for at most `limit` bytes.
///
/// # Errors
/// [`CodecError::TooLong`] before anything is read; [`CodecError::Malformed`] as [`decode`].
pub fn decode_limited<T: Decode>(bytes: &[u8], limit: usize) -> Result<T, CodecError> {
    if bytes.len() > limit {
        return Err(CodecError::TooLong {
            length: bytes.len(),
            limit,
        });
    }
    decode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AccountId, Amount, AssetId, Coin};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[test]
    fn what_follows_a_value_is_refused() {
        let mut bytes = encode(&7u64);
        bytes.push(0);
        assert!(matches!(decode::<u64>(&bytes), Err(CodecError::Malformed(_))));
        assert_eq!(
            decode_limited::<u64>(&[0; 9], 8),
            Err(CodecError::TooLong { length: 9, limit: 8 })
        );
    }

    #[test]
    fn a_length_that_is_not_there_allocates_nothing() {
        assert!(decode::<Vec<u64>>(&u32::MAX.to_le_bytes()).is_err());
    }

    #[test]
    fn maps_out_of_order_are_refused() {
        let good = encode(&BTreeMap::from([(1u8, 1u8), (2, 2)]));
        let mut bad = good.clone();
        bad.swap(4, 6);
        assert!(decode::<BTreeMap<u8, u8>>(&good).is_ok());
        assert!(decode::<BTreeMap<u8, u8>>(&bad).is_err());
    }

    proptest! {
        #[test]
        fn decoding_accepts_only_what_encoding_gives(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(value) = decode::<(Option<Coin>, bool, Vec<AccountId>)>(&bytes) {
                prop_assert_eq!(encode(&value), bytes);
            }
        }

        #[test]
        fn a_value_comes_back(amount in any::<u128>(), asset in any::<u32>()) {
            let coin = Coin { asset: AssetId::new(asset), amount: Amount::new(amount) };
            prop_assert_eq!(decode::<Coin>(&encode(&coin)), Ok(coin));
        }
    }
}
