//! ed25519 by the ZIP-215 rule: one verdict per signature, alone or in any batch.
//!
//! Cofactorless batch verification gives verdicts that depend on the other members of the batch when a key or a
//! nonce has a small-order component; validators that batch differently would split the chain. ZIP-215 multiplies
//! by the cofactor in both forms. Keys are held to more than it asks: canonical, and not of small order, since
//! under such a key one signature would fit every message.
//!
//! # Source
//! ZIP-215; RFC 8032; consensus.md, section 0.

use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::edwards::CompressedEdwardsY;
use ed25519_zebra::{Signature as ZebraSignature, VerificationKey, VerificationKeyBytes, batch};
use rand_core::CryptoRng;
use std::sync::LazyLock;

/// Why 32 bytes are not an acceptable public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// They are not the encoding of a curve point.
    #[error("not a point of the curve")]
    NotAPoint,
    /// A point, but not written in the one canonical way.
    #[error("not the canonical encoding of its point")]
    NotCanonical,
    /// One of the eight points of small order: a signature under it would fit every message.
    #[error("a point of small order")]
    SmallOrder,
}

/// The signature does not belong to the key and the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not match the key and the message")]
pub struct BadSignature;

/// A public key that was checked: canonical, not of small order, and a point of the curve unless it is a
/// [signer's](Self::of_signer).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey([u8; 32]);

/// The canonical encodings of the eight points of small order.
static SMALL_ORDER: LazyLock<[CompressedEdwardsY; 8]> =
    LazyLock::new(|| EIGHT_TORSION.map(|point| point.compress()));

/// Whether the bytes of a point, which are none of [`SMALL_ORDER`], are its canonical encoding: y is below
/// p = 2²⁵⁵ − 19, and no sign is given to an x of 0, as only points of small order have.
fn is_canonical(bytes: &[u8; 32]) -> bool {
    let [first, middle @ .., last] = bytes;
    let reduced = *first < 0xed || middle.iter().any(|byte| *byte != 0xff) || last & 0x7f != 0x7f;
    let mut mirrored = *bytes;
    mirrored[31] ^= 0x80;
    reduced && !SMALL_ORDER.contains(&CompressedEdwardsY(mirrored))
}

impl PublicKey {
    /// Checks and takes the 32 bytes of a key.
    ///
    /// # Errors
    /// [`KeyError`] says what is wrong with them.
    pub fn new(bytes: [u8; 32]) -> Result<Self, KeyError> {
        let small = SMALL_ORDER.contains(&CompressedEdwardsY(bytes));
        if !small && CompressedEdwardsY(bytes).decompress().is_none() {
            return Err(KeyError::NotAPoint);
        }
        Self::of_signer(bytes)
    }

    /// Takes the 32 bytes of a key of which a signature is verified next. Whether they are a point of the curve is left
    /// to that: no signature is valid under bytes that are none, and taking the root twice costs a transaction's
    /// verifier a fifth more.
    ///
    /// # Errors
    /// [`KeyError::SmallOrder`], [`KeyError::NotCanonical`].
    pub fn of_signer(bytes: [u8; 32]) -> Result<Self, KeyError> {
        // The bytes tell what else would take arithmetic on the curve.
        if SMALL_ORDER.contains(&CompressedEdwardsY(bytes)) {
            return Err(KeyError::SmallOrder);
        }
        if is_canonical(&bytes) {
            Ok(Self(bytes))
        } else {
            Err(KeyError::NotCanonical)
        }
    }

    /// The key's 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Checks one signature of 64 bytes.
    ///
    /// # Errors
    /// [`BadSignature`].
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> Result<(), BadSignature> {
        verify_zip215(&self.0, message, signature)
    }
}

/// The bare ZIP-215 rule, for keys that [`PublicKey`] would not accept too.
///
/// # Errors
/// [`BadSignature`].
pub fn verify_zip215(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> Result<(), BadSignature> {
    VerificationKey::try_from(VerificationKeyBytes::from(*key))
        .and_then(|key| key.verify(&ZebraSignature::from(*signature), message))
        .map_err(|_| BadSignature)
}

/// One signature to check together with others.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// Who is said to have signed.
    pub key: PublicKey,
    /// What.
    pub message: &'a [u8],
    /// How.
    pub signature: [u8; 64],
}

/// Checks many signatures at about 40 % of the cost of one by one; the verdicts are the same.
///
/// `rng` blinds the combination: whoever can predict it could forge a batch. It decides no verdict.
/// A batch that fails is halved until the bad ones stand alone.
pub fn verify_batch<R: CryptoRng>(claims: &[Claim<'_>], rng: &mut R) -> Vec<bool> {
    // Below this, one by one is as fast.
    const SMALL: usize = 4;
    if claims.len() <= SMALL {
        return claims
            .iter()
            .map(|c| c.key.verify(c.message, &c.signature).is_ok())
            .collect();
    }
    if all_valid(claims, rng) {
        return vec![true; claims.len()];
    }
    let middle = claims.len().div_ceil(2);
    let (left, right) = claims.split_at_checked(middle).unwrap_or((claims, &[]));
    let mut verdicts = verify_batch(left, rng);
    verdicts.extend(verify_batch(right, rng));
    verdicts
}

fn all_valid<R: CryptoRng>(claims: &[Claim<'_>], rng: &mut R) -> bool {
    let mut verifier = batch::Verifier::new();
    for claim in claims {
        verifier.queue((
            VerificationKeyBytes::from(claim.key.0),
            ZebraSignature::from(claim.signature),
            &claim.message,
        ));
    }
    verifier.verify(rng).is_ok()
}
