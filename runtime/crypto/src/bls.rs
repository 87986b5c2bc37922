//! BLS12-381 signatures with 48-byte signatures in G1 and 96-byte keys in G2, aggregated per message.
//!
//! Rogue keys are kept out by a proof of possession, which registration checks; after that, many signatures of
//! one message are checked by one sum of keys and one pairing equation.
//!
//! # Source
//! draft-irtf-cfrg-bls-signature-05 (minimal-signature-size, proof-of-possession scheme), by the `blst` crate.

use blst::BLST_ERROR;
use blst::min_sig::{
    AggregatePublicKey, AggregateSignature, PublicKey as BlstKey, Signature as BlstSignature,
};
use borsh::{BorshDeserialize, BorshSerialize};
use primitives::AccountId;

/// Domain separation of every signature over a message.
pub const SIGNATURE_DST: &[u8] = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_POP_";
/// Domain separation of a proof of possession, whose message is [`possession_message`].
pub const POSSESSION_DST: &[u8] = b"BLS_POP_BLS12381G1_XMD:SHA-256_SSWU_RO_POP_";

/// Why bytes or a signature are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlsError {
    /// Not the compressed encoding of a point in the right subgroup, or the identity.
    #[error("not a valid public key")]
    Key,
    /// Not the compressed encoding of a point in the right subgroup, or the identity.
    #[error("not a valid signature")]
    Signature,
    /// It does not match the keys and the message.
    #[error("the signature does not match the keys and the message")]
    Mismatch,
    /// An aggregate of nothing.
    #[error("nothing to aggregate")]
    Empty,
}

/// A public key as it is stored and sent: 96 bytes, compressed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct KeyBytes(pub [u8; 96]);

/// A signature as it is stored and sent: 48 bytes, compressed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct SignatureBytes(pub [u8; 48]);

impl core::fmt::Debug for KeyBytes {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        short_hex(f, &self.0)
    }
}

impl core::fmt::Debug for SignatureBytes {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        short_hex(f, &self.0)
    }
}

fn short_hex(f: &mut core::fmt::Formatter<'_>, bytes: &[u8]) -> core::fmt::Result {
    for byte in bytes.iter().take(6) {
        write!(f, "{byte:02x}")?;
    }
    f.write_str("…")
}

/// What a proof of possession signs: the compressed key and the operator that it is for.
#[must_use]
pub fn possession_message(key: &KeyBytes, operator: &AccountId) -> Vec<u8> {
    [key.0.as_slice(), operator.as_bytes()].concat()
}

/// A public key, decompressed and known to be in its subgroup and not the identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey(BlstKey);

impl PublicKey {
    /// Decompresses and checks a key. It costs a subgroup check: once per key, then keep it.
    ///
    /// # Errors
    /// [`BlsError::Key`].
    pub fn new(bytes: &KeyBytes) -> Result<Self, BlsError> {
        let key = BlstKey::uncompress(&bytes.0).map_err(|_| BlsError::Key)?;
        key.validate().map_err(|_| BlsError::Key)?;
        Ok(Self(key))
    }

    /// The compressed key.
    #[must_use]
    pub fn to_bytes(&self) -> KeyBytes {
        KeyBytes(self.0.compress())
    }

    /// Checks that the holder of this key's secret made `proof` over the key itself and `operator`, for whom alone it
    /// counts.
    ///
    /// # Errors
    /// [`BlsError::Signature`] when the proof is no signature, [`BlsError::Mismatch`] when it is another's.
    pub fn verify_possession(&self, operator: &AccountId, proof: &SignatureBytes) -> Result<(), BlsError> {
        let signature = Signature::new(proof)?;
        let message = possession_message(&self.to_bytes(), operator);
        // Both are checked already.
        check(
            signature
                .0
                .verify(false, &message, POSSESSION_DST, &[], &self.0, false),
        )
    }
}

/// A signature, or the sum of several, decompressed and known to be in its subgroup and not the identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature(BlstSignature);

impl Signature {
    /// Decompresses and checks a signature.
    ///
    /// # Errors
    /// [`BlsError::Signature`].
    pub fn new(bytes: &SignatureBytes) -> Result<Self, BlsError> {
        let signature = BlstSignature::uncompress(&bytes.0).map_err(|_| BlsError::Signature)?;
        signature.validate(true).map_err(|_| BlsError::Signature)?;
        Ok(Self(signature))
    }

    /// The compressed signature.
    #[must_use]
    pub fn to_bytes(&self) -> SignatureBytes {
        SignatureBytes(self.0.compress())
    }

    /// Checks that `key` signed `message`.
    ///
    /// # Errors
    /// [`BlsError::Mismatch`].
    pub fn verify(&self, key: &PublicKey, message: &[u8]) -> Result<(), BlsError> {
        check(self.0.verify(false, message, SIGNATURE_DST, &[], &key.0, false))
    }

    /// Checks that every one of `keys` signed `message` and this is the sum. Sound only for keys whose possession
    /// was proven. One pairing check, whatever their number.
    ///
    /// # Errors
    /// [`BlsError::Empty`] without keys, [`BlsError::Mismatch`].
    pub fn verify_aggregate<'a>(
        &self,
        keys: impl IntoIterator<Item = &'a PublicKey>,
        message: &[u8],
    ) -> Result<(), BlsError> {
        let mut keys = keys.into_iter();
        let first = keys.next().ok_or(BlsError::Empty)?;
        let mut sum = AggregatePublicKey::from_public_key(&first.0);
        for key in keys {
            sum.add_public_key(&key.0, false).map_err(|_| BlsError::Key)?;
        }
        // Opposite keys would sum to the identity, under which anything verifies: blst's own check refuses it.
        let sum = sum.to_public_key();
        sum.validate().map_err(|_| BlsError::Key)?;
        check(self.0.verify(false, message, SIGNATURE_DST, &[], &sum, false))
    }

    /// The sum of signatures.
    ///
    /// # Errors
    /// [`BlsError::Empty`] without any, [`BlsError::Signature`] when they cancel each other out.
    pub fn aggregate<'a>(signatures: impl IntoIterator<Item = &'a Self>) -> Result<Self, BlsError> {
        let mut signatures = signatures.into_iter();
        let first = signatures.next().ok_or(BlsError::Empty)?;
        let mut sum = AggregateSignature::from_signature(&first.0);
        for signature in signatures {
            sum.add_signature(&signature.0, false)
                .map_err(|_| BlsError::Signature)?;
        }
        let sum = sum.to_signature();
        sum.validate(true).map_err(|_| BlsError::Signature)?;
        Ok(Self(sum))
    }
}

const fn check(outcome: BLST_ERROR) -> Result<(), BlsError> {
    if matches!(outcome, BLST_ERROR::BLST_SUCCESS) {
        Ok(())
    } else {
        Err(BlsError::Mismatch)
    }
}
