//! BLS12-381 as Ethereum's beacon chain signs: keys of 48 bytes in G1, signatures of 96 bytes in G2. The other way
//! round than [`crate::bls`], and verification alone: nothing of ours is signed so.
//!
//! A sum of keys is kept beside the keys, so that a few absent ones are taken off instead of adding up all that are
//! there.
//!
//! # Source
//! draft-irtf-cfrg-bls-signature-05 (minimal-pubkey-size, proof-of-possession scheme), by the `blst` crate.

use crate::bls::BlsError;
use blst::BLST_ERROR;
use blst::min_pk::{AggregatePublicKey, PublicKey as BlstKey, Signature as BlstSignature};

/// Domain separation of Ethereum's signatures.
pub const SIGNATURE_DST: &[u8] = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";

/// A public key, decompressed and known to be in its subgroup and not the identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey(BlstKey);

impl PublicKey {
    /// Decompresses and checks 48 bytes. It costs a square root and a subgroup check: once per key, then keep it.
    ///
    /// # Errors
    /// [`BlsError::Key`].
    pub fn new(bytes: &[u8; 48]) -> Result<Self, BlsError> {
        let key = BlstKey::uncompress(bytes).map_err(|_| BlsError::Key)?;
        key.validate().map_err(|_| BlsError::Key)?;
        Ok(Self(key))
    }

    /// The compressed key.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 48] {
        self.0.compress()
    }

    /// The key without compression: what is cheap to read again with [`Self::from_checked`].
    #[must_use]
    pub fn to_uncompressed(&self) -> [u8; 96] {
        self.0.serialize()
    }

    /// Reads what [`Self::to_uncompressed`] wrote. The point must be on the curve and not the identity; **its subgroup
    /// is not checked again**, so the bytes must come from where only checked keys are stored.
    ///
    /// # Errors
    /// [`BlsError::Key`].
    pub fn from_checked(bytes: &[u8; 96]) -> Result<Self, BlsError> {
        // The two top bits say "compressed" and "identity".
        if bytes.first().is_none_or(|first| first & 0xc0 != 0) {
            return Err(BlsError::Key);
        }
        BlstKey::deserialize(bytes).map(Self).map_err(|_| BlsError::Key)
    }
}

/// A sum of public keys, with multiplicity: a key that stands in it twice is counted twice.
#[derive(Clone, Copy, Debug)]
pub struct KeySum(AggregatePublicKey);

impl KeySum {
    /// The sum of `keys`.
    ///
    /// # Errors
    /// [`BlsError::Empty`] without any.
    pub fn of<'a>(keys: impl IntoIterator<Item = &'a PublicKey>) -> Result<Self, BlsError> {
        let mut keys = keys.into_iter();
        let first = keys.next().ok_or(BlsError::Empty)?;
        let mut sum = AggregatePublicKey::from_public_key(&first.0);
        for key in keys {
            sum.add_public_key(&key.0, false).map_err(|_| BlsError::Key)?;
        }
        Ok(Self(sum))
    }

    /// This sum without `others`, which are in it.
    #[must_use]
    pub fn without(mut self, others: &Self) -> Self {
        self.0.sub_aggregate(&others.0);
        self
    }

    /// The sum as one key.
    ///
    /// # Errors
    /// [`BlsError::Key`] when the keys cancel each other out: under the identity anything would verify.
    pub fn to_key(&self) -> Result<PublicKey, BlsError> {
        let key = self.0.to_public_key();
        key.validate().map_err(|_| BlsError::Key)?;
        Ok(PublicKey(key))
    }
}

impl From<&PublicKey> for KeySum {
    fn from(key: &PublicKey) -> Self {
        Self(AggregatePublicKey::from_public_key(&key.0))
    }
}

/// A signature, decompressed and known to be in its subgroup and not the identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature(BlstSignature);

impl Signature {
    /// Decompresses and checks 96 bytes. The identity, which `eth_fast_aggregate_verify` lets stand for "nobody
    /// signed", is no signature here.
    ///
    /// # Errors
    /// [`BlsError::Signature`].
    pub fn new(bytes: &[u8; 96]) -> Result<Self, BlsError> {
        let signature = BlstSignature::uncompress(bytes).map_err(|_| BlsError::Signature)?;
        signature.validate(true).map_err(|_| BlsError::Signature)?;
        Ok(Self(signature))
    }

    /// Checks that all whose keys are summed in `keys` signed `message`. Sound only for keys whose possession was
    /// proven, as the deposit contract's rules demand of every validator's.
    ///
    /// # Errors
    /// [`BlsError::Key`] when the keys cancel out, [`BlsError::Mismatch`].
    pub fn verify(&self, keys: &KeySum, message: &[u8]) -> Result<(), BlsError> {
        let key = keys.to_key()?;
        let outcome = self.0.verify(false, message, SIGNATURE_DST, &[], &key.0, false);
        if matches!(outcome, BLST_ERROR::BLST_SUCCESS) {
            Ok(())
        } else {
            Err(BlsError::Mismatch)
        }
    }
}
