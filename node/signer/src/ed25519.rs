//! Keys of accounts and of nodes on the network.

use crate::error::KeyError;
use crate::secret::{development, random};
use crypto::account::AccountKeys;
use crypto::ed25519::PublicKey;
use ed25519_dalek::{Signer, SigningKey};
use primitives::AccountId;
use zeroize::Zeroizing;

/// An ed25519 secret of 32 bytes with its public key of 32 bytes; signatures are 64 bytes.
pub struct Ed25519Key {
    secret: SigningKey,
    public: PublicKey,
}

impl core::fmt::Debug for Ed25519Key {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Ed25519Key({})", hex::encode(self.public.as_bytes()))
    }
}

impl Ed25519Key {
    /// A new key from the operating system's randomness.
    ///
    /// # Errors
    /// [`KeyError::Randomness`].
    pub fn generate() -> Result<Self, KeyError> {
        Ok(Self::from_secret(&*random::<32>()?))
    }

    /// The key with this secret (RFC 8032: any 32 bytes are one).
    ///
    /// # Panics
    /// Never: the public key is a clamped scalar times the base point, so neither malformed nor of small order.
    #[must_use]
    #[allow(clippy::expect_used, reason = "see Panics")]
    pub fn from_secret(secret: &[u8; 32]) -> Self {
        let secret = SigningKey::from_bytes(secret);
        let point = secret.verifying_key().to_bytes();
        let public = PublicKey::new(point).expect("a public key"); // infallible: a clamped scalar times the base point
        Self { secret, public }
    }

    /// The key of the `index`-th `role`, such as "account", of a development chain.
    #[must_use]
    pub fn development(seed: &[u8], role: &str, index: u32) -> Self {
        Self::from_secret(&development(seed, role, index))
    }

    /// The public key.
    #[must_use]
    pub const fn public_key(&self) -> PublicKey {
        self.public
    }

    /// The account that this key alone controls.
    ///
    /// # Panics
    /// Never: the key was checked when it was made.
    #[must_use]
    #[allow(clippy::expect_used, reason = "see Panics")]
    pub fn account(&self) -> AccountId {
        let keys = AccountKeys::single(*self.public.as_bytes()).expect("one key"); // infallible: `public` was checked
        keys.id()
    }

    /// Signs `message`.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.secret.sign(message).to_bytes()
    }

    /// The secret itself, for a network stack that makes its own key of it.
    #[must_use]
    pub fn expose_secret(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.secret.to_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_verifies_under_the_public_key() {
        let key = Ed25519Key::from_secret(&[5; 32]);
        let signature = key.sign(b"message");
        assert!(key.public_key().verify(b"message", &signature).is_ok());
        assert!(key.public_key().verify(b"massage", &signature).is_err());
    }

    #[test]
    fn the_secret_of_rfc_8032_has_its_public_key() {
        // Section 7.1, test 1.
        let secret: [u8; 32] =
            hex::decode("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
                .unwrap()
                .try_into()
                .unwrap();
        let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        let key = Ed25519Key::from_secret(&secret);
        assert_eq!(hex::encode(key.public_key().as_bytes()), public);
        assert!(!format!("{key:?}").contains("9d61b19d"));
    }
}
