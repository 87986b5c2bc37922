//! A validator's consensus key.

use crate::error::{KeyError, KeystoreError};
use crate::secret::{development, random};
use blst::min_sig::SecretKey;
use crypto::bls::{KeyBytes, POSSESSION_DST, SIGNATURE_DST, SignatureBytes, possession_message};
use primitives::AccountId;
use zeroize::Zeroizing;

/// A BLS12-381 secret of 32 bytes with its public key of 96 bytes in G2; signatures are 48 bytes in G1.
///
/// It signs votes only through a [`LocalSigner`](crate::LocalSigner), which asks the guard first.
pub struct ConsensusKey {
    secret: SecretKey,
    public: KeyBytes,
}

impl core::fmt::Debug for ConsensusKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "ConsensusKey({:?})", self.public)
    }
}

impl ConsensusKey {
    /// A new key from the operating system's randomness.
    ///
    /// # Errors
    /// [`KeyError::Randomness`].
    pub fn generate() -> Result<Self, KeyError> {
        Ok(Self::from_seed(&*random::<32>()?))
    }

    /// The key that a seed of 32 bytes gives: the master key of EIP-2333.
    ///
    /// # Panics
    /// Never: only a shorter seed is refused.
    #[must_use]
    #[allow(clippy::expect_used, reason = "see Panics")]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let secret = SecretKey::derive_master_eip2333(seed).expect("32 bytes"); // infallible: fails below 32 bytes
        Self::new(secret)
    }

    /// The consensus key of the `index`-th node of a development chain.
    #[must_use]
    pub fn development(seed: &[u8], index: u32) -> Self {
        Self::from_seed(&development(seed, "consensus", index))
    }

    /// The key with this secret, big-endian.
    ///
    /// # Errors
    /// [`KeystoreError::Malformed`] when it is zero or not below the group's order.
    pub fn from_secret(secret: &[u8; 32]) -> Result<Self, KeystoreError> {
        SecretKey::from_bytes(secret)
            .map(Self::new)
            .map_err(|_| KeystoreError::Malformed("the secret is not a BLS12-381 scalar".to_owned()))
    }

    fn new(secret: SecretKey) -> Self {
        let public = KeyBytes(secret.sk_to_pk().compress());
        Self { secret, public }
    }

    /// The public key, compressed.
    #[must_use]
    pub const fn public_key(&self) -> KeyBytes {
        self.public
    }

    /// The proof that registration asks for: a signature, under its own domain, over the public key and the operator
    /// whose key it shall be.
    #[must_use]
    pub fn possession_proof(&self, operator: &AccountId) -> SignatureBytes {
        let message = possession_message(&self.public, operator);
        SignatureBytes(self.secret.sign(&message, POSSESSION_DST, &[]).compress())
    }

    /// Signs without asking anyone.
    pub(crate) fn sign(&self, message: &[u8]) -> SignatureBytes {
        SignatureBytes(self.secret.sign(message, SIGNATURE_DST, &[]).compress())
    }

    /// The secret, big-endian, for a keystore.
    pub(crate) fn secret(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.secret.to_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crypto::bls::{PublicKey, Signature};

    #[test]
    fn a_proof_of_possession_is_no_signature_and_the_other_way_round() {
        let key = ConsensusKey::from_seed(&[1; 32]);
        let public = PublicKey::new(&key.public_key()).unwrap();
        let operator = AccountId::new([4; 32]);
        let proof = key.possession_proof(&operator);
        assert!(public.verify_possession(&operator, &proof).is_ok());
        assert!(
            public
                .verify_possession(&AccountId::new([5; 32]), &proof)
                .is_err()
        );
        let message = possession_message(&key.public_key(), &operator);
        let vote = key.sign(&message);
        assert!(Signature::new(&vote).unwrap().verify(&public, &message).is_ok());
        assert!(public.verify_possession(&operator, &vote).is_err());
    }

    #[test]
    fn secrets_outside_the_group_are_refused() {
        assert!(ConsensusKey::from_secret(&[0; 32]).is_err());
        assert!(ConsensusKey::from_secret(&[0xff; 32]).is_err());
        let key = ConsensusKey::from_seed(&[2; 32]);
        let again = ConsensusKey::from_secret(&key.secret()).unwrap();
        assert_eq!(again.public_key(), key.public_key());
    }

    #[test]
    fn the_seeds_of_eip_2333_give_its_master_keys() {
        // Test cases 1 and 2 of the EIP: those whose seeds have 32 bytes.
        for (seed, master) in [
            (
                "3141592653589793238462643383279502884197169399375105820974944592",
                "41c9e07822b092a93fd6797396338c3ada4170cc81829fdfce6b5d34bd5e7ec7",
            ),
            (
                "0099ff991111002299dd7744ee3355bbdd8844115566cc55663355668888cc00",
                "3cfa341ab3910a7d00d933d8f7c4fe87c91798a0397421d6b19fd5b815132e80",
            ),
        ] {
            let seed: [u8; 32] = hex::decode(seed).unwrap().try_into().unwrap();
            assert_eq!(hex::encode(*ConsensusKey::from_seed(&seed).secret()), master);
        }
    }

    #[test]
    fn a_key_prints_its_public_half_only() {
        let key = ConsensusKey::from_seed(&[3; 32]);
        let text = format!("{key:?}");
        assert!(!text.contains(&hex::encode(&key.secret()[..4])), "{text}");
    }
}
