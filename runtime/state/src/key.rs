//! Keys of tables: encodings whose byte order is the keys' order.

use primitives::{
    Amount, AssetId, Bytes32, ChainClock, Epoch, Height, Power, ServiceId, Shares, Timestamp, View,
};

/// A key of a table.
///
/// # Contract
/// For all `a`, `b`: `a < b` exactly when `encode(a) < encode(b)` as byte strings, and no encoding is a proper prefix
/// of another one. Together they make tuples ordered too. All keys here have a fixed width; integers are big-endian.
/// A module's own key (a newtype, an enum without fields) delegates to one of these.
pub trait Key: Sized {
    /// Appends the encoding to `out`.
    fn encode_key(&self, out: &mut Vec<u8>);

    /// Reads one key from the front of `bytes` and moves past it; `None` when it is not there.
    fn decode_key(bytes: &mut &[u8]) -> Option<Self>;
}

/// The leading parts of a tuple key `K`: `A` of `(A, B)`, `A` or `(A, B)` of `(A, B, C)`, and so on.
pub trait Prefix<K>: Key {}

/// The first `N` bytes of `bytes`, which moves past them. For implementing [`Key`].
pub fn split_key<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = bytes.split_first_chunk::<N>()?;
    *bytes = tail;
    Some(*head)
}

impl Key for u8 {
    fn encode_key(&self, out: &mut Vec<u8>) {
        out.push(*self);
    }
    fn decode_key(bytes: &mut &[u8]) -> Option<Self> {
        split_key(bytes).map(Self::from_be_bytes)
    }
}
impl Key for u16 {
    fn encode_key(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_be_bytes());
    }
    fn decode_key(bytes: &mut &[u8]) -> Option<Self> {
        split_key(bytes).map(Self::from_be_bytes)
    }
}
impl Key for u32 {
    fn encode_key(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_be_bytes());
    }
    fn decode_key(bytes: &mut &[u8]) -> Option<Self> {
        split_key(bytes).map(Self::from_be_bytes)
    }
}
impl Key for u64 {
    fn encode_key(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_be_bytes());
    }
    fn decode_key(bytes: &mut &[u8]) -> Option<Self> {
        split_key(bytes).map(Self::from_be_bytes)
    }
}
impl Key for u128 {
    fn encode_key(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_be_bytes());
    }
    fn decode_key(bytes: &mut &[u8]) -> Option<Self> {
        split_key(bytes).map(Self::from_be_bytes)
    }
}
/// Nothing: for a prefix alone.
impl Key for () {
    fn encode_key(&self, _: &mut Vec<u8>) {}
    fn decode_key(_: &mut &[u8]) -> Option<Self> {
        Some(())
    }
}
impl Key for bool {
    fn encode_key(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }
    fn decode_key(bytes: &mut &[u8]) -> Option<Self> {
        match u8::decode_key(bytes)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}
impl<const N: usize> Key for [u8; N] {
    fn encode_key(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }
    fn decode_key(bytes: &mut &[u8]) -> Option<Self> {
        split_key(bytes)
    }
}
impl<K> Key for Bytes32<K> {
    fn encode_key(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_bytes());
    }
    fn decode_key(bytes: &mut &[u8]) -> Option<Self> {
        split_key(bytes).map(Self::new)
    }
}

// The quantities that order something, each as its number.

impl Key for AssetId {
    fn encode_key(&self, out: &mut Vec<u8>) {
        self.get().encode_key(out);
    }
    fn decode_key(bytes: &mut &[u8]) -> Option<Self> {
        Key::decode_key(bytes).map(Self::new)
    }
}
impl Key for ServiceId {
    fn encode_key(&self, out: &mut Vec<u8>) {
        self.get().encode_key(out);
    }
    fn decode_key(bytes: &mut &[u8]) -> Option<Self> {
        Key::decode_key(bytes).map(Self::new)
    }
}
impl Key for Height {
    fn encode_key(&self, out: &mut Vec<u8>) {
        self.get().encode_key(out);
    }
    fn decode_key(bytes: &mut &[u8]) -> Option<Self> {
        Key::decode_key(bytes).map(Self::new)
    }
}
impl Key for Epoch {
    fn encode_key(&self, out: &mut Vec<u8>) {
        self.get().encode_key(out);
    }
    fn decode_key(bytes: &mut &[u8]) -> Option<Self> {
        Key::decode_key(bytes).map(Self::new)
    }
}
impl Key for View {
    fn encode_key(&self, out: &mut Vec<u8>) {
        self.get().encode_key(out);
    }
    fn decode_key(bytes: &mut &[u8]) -> Option<Self> {
        Key::decode_key(bytes).map(Self::new)
    }
}
impl Key for Timestamp {
    fn encode_key(&self, out: &mut Vec<u8>) {
        self.get().encode_key(out);
    }
    fn decode_key(bytes: &mut &[u8]) -> Option<Self> {
        Key::decode_key(bytes).map(Self::new)
    }
}
impl Key for ChainClock {
    fn encode_key(&self, out: &mut Vec<u8>) {
        self.get().encode_key(out);
    }
    fn decode_key(bytes: &mut &[u8]) -> Option<Self> {
        Key::decode_key(bytes).map(Self::new)
    }
}
impl Key for Amount {
    fn encode_key(&self, out: &mut Vec<u8>) {
        self.get().encode_key(out);
    }
    fn decode_key(bytes: &mut &[u8]) -> Option<Self> {
        Key::decode_key(bytes).map(Self::new)
    }
}
impl Key for Shares {
    fn encode_key(&self, out: &mut Vec<u8>) {
        self.get().encode_key(out);
    }
    fn decode_key(bytes: &mut &[u8]) -> Option<Self> {
        Key::decode_key(bytes).map(Self::new)
    }
}
impl Key for Power {
    fn encode_key(&self, out: &mut Vec<u8>) {
        self.get().encode_key(out);
    }
    fn decode_key(bytes: &mut &[u8]) -> Option<Self> {
        Key::decode_key(bytes).map(Self::new)
    }
}

impl<A: Key, B: Key> Key for (A, B) {
    fn encode_key(&self, out: &mut Vec<u8>) {
        self.0.encode_key(out);
        self.1.encode_key(out);
    }
    fn decode_key(bytes: &mut &[u8]) -> Option<Self> {
        Some((A::decode_key(bytes)?, B::decode_key(bytes)?))
    }
}
impl<A: Key, B: Key, C: Key> Key for (A, B, C) {
    fn encode_key(&self, out: &mut Vec<u8>) {
        self.0.encode_key(out);
        self.1.encode_key(out);
        self.2.encode_key(out);
    }
    fn decode_key(bytes: &mut &[u8]) -> Option<Self> {
        Some((
            A::decode_key(bytes)?,
            B::decode_key(bytes)?,
            C::decode_key(bytes)?,
        ))
    }
}
impl<A: Key, B: Key, C: Key, D: Key> Key for (A, B, C, D) {
    fn encode_key(&self, out: &mut Vec<u8>) {
        self.0.encode_key(out);
        self.1.encode_key(out);
        self.2.encode_key(out);
        self.3.encode_key(out);
    }
    fn decode_key(bytes: &mut &[u8]) -> Option<Self> {
        let (a, b) = Key::decode_key(bytes)?;
        Some((a, b, C::decode_key(bytes)?, D::decode_key(bytes)?))
    }
}

impl<A: Key, B: Key> Prefix<(A, B)> for A {}
impl<A: Key, B: Key, C: Key> Prefix<(A, B, C)> for A {}
impl<A: Key, B: Key, C: Key> Prefix<(A, B, C)> for (A, B) {}
impl<A: Key, B: Key, C: Key, D: Key> Prefix<(A, B, C, D)> for A {}
impl<A: Key, B: Key, C: Key, D: Key> Prefix<(A, B, C, D)> for (A, B) {}
impl<A: Key, B: Key, C: Key, D: Key> Prefix<(A, B, C, D)> for (A, B, C) {}

#[cfg(test)]
mod tests {
    use super::*;
    use core::fmt::Debug;
    use primitives::{AccountId, Digest};
    use proptest::prelude::*;

    fn encoding<K: Key>(key: &K) -> Vec<u8> {
        let mut out = Vec::new();
        key.encode_key(&mut out);
        out
    }

    fn check<K: Key + Ord + Debug>(a: K, b: K) -> Result<(), TestCaseError> {
        let (left, right) = (encoding(&a), encoding(&b));
        prop_assert_eq!(a.cmp(&b), left.cmp(&right));
        prop_assert_eq!(left.len(), right.len());
        for (key, bytes) in [(a, left), (b, right)] {
            prop_assert_eq!(K::decode_key(&mut bytes.as_slice()), Some(key));
            let mut followed = bytes.clone();
            followed.push(9);
            let mut rest = followed.as_slice();
            prop_assert!(K::decode_key(&mut rest).is_some());
            prop_assert_eq!(rest, &[9u8][..]);
            prop_assert_eq!(K::decode_key(&mut &bytes[1..]), None);
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn the_order_of_bytes_is_the_order_of_keys(a in any::<u128>(), b in any::<u128>(), shift in 0u32..128) {
            let (a, b) = (a >> shift, b >> shift);
            #[allow(clippy::as_conversions, reason = "the low bits of a random number")]
            let (a64, b64) = (a as u64, b as u64);
            #[allow(clippy::as_conversions, reason = "the low bits of a random number")]
            let (a32, b32) = (a as u32, b as u32);
            #[allow(clippy::as_conversions, reason = "the low bits of a random number")]
            let (a16, b16) = (a as u16, b as u16);
            let (a8, b8) = (a.to_le_bytes()[0], b.to_le_bytes()[0]);
            check(a, b)?;
            check(a64, b64)?;
            check(a32, b32)?;
            check(a16, b16)?;
            check(a8, b8)?;
            check(a8 > 127, b8 > 127)?;
            check(a.to_be_bytes(), b.to_be_bytes())?;
            check(Amount::new(a), Amount::new(b))?;
            check(Shares::new(a), Shares::new(b))?;
            check(Power::new(a64), Power::new(b64))?;
            check(AssetId::new(a32), AssetId::new(b32))?;
            check(ServiceId::new(a32), ServiceId::new(b32))?;
            check(Height::new(a64), Height::new(b64))?;
            check(Epoch::new(a64), Epoch::new(b64))?;
            check(View::new(a64), View::new(b64))?;
            check(Timestamp::new(a64), Timestamp::new(b64))?;
            check(ChainClock::new(a64), ChainClock::new(b64))?;
            check(Digest::new([a8; 32]), Digest::new([b8; 32]))?;
            check((a8, b64), (b8, a64))?;
            check((a8, b64, a32), (a8, a64, b32))?;
            check((a16, AccountId::new([b8; 32]), a, b8), (b16, AccountId::new([a8; 32]), b, a8))?;
        }
    }

    #[test]
    fn a_truth_value_is_zero_or_one() {
        assert_eq!(bool::decode_key(&mut &[2u8][..]), None);
    }
}
