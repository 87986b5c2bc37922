//! An account is its keys: the hash of a threshold and the sorted public keys.

use crate::domain::Domain;
use crate::ed25519::{KeyError, PublicKey};
use crate::hash::tagged;
use primitives::AccountId;

/// The most keys that one account has.
pub const MAX_KEYS: usize = 16;

/// Why keys and a threshold are not an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// None, or more than [`MAX_KEYS`].
    #[error("an account has 1 to {MAX_KEYS} keys, not {0}")]
    KeyCount(usize),
    /// The threshold is zero or above the number of keys.
    #[error("a threshold of {threshold} with {keys} keys")]
    Threshold {
        /// How many must sign.
        threshold: u8,
        /// How many there are.
        keys: usize,
    },
    /// The keys are not strictly ascending.
    #[error("the keys are not in strictly ascending order")]
    Order,
    /// One of the keys is not acceptable.
    #[error("key {index}: {source}")]
    Key {
        /// Which.
        index: usize,
        /// Why.
        source: KeyError,
    },
}

/// The keys of an account and how many of them must sign. Holding one means that all of it was checked, but for what
/// [`AccountKeys::before_signatures`] leaves to the signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountKeys {
    threshold: u8,
    keys: Vec<PublicKey>,
}

impl AccountKeys {
    /// Checks and takes `keys`, strictly ascending, of which `threshold` must sign.
    ///
    /// # Errors
    /// [`AccountError`] says which rule is broken.
    pub fn new(threshold: u8, keys: &[[u8; 32]]) -> Result<Self, AccountError> {
        Self::checked(threshold, keys, PublicKey::new)
    }

    /// The same for a transaction whose signatures are verified next: where every key must sign, those verdicts tell too
    /// which key is no point of the curve.
    ///
    /// # Errors
    /// [`AccountError`] says which rule is broken.
    pub fn before_signatures(threshold: u8, keys: &[[u8; 32]]) -> Result<Self, AccountError> {
        if usize::from(threshold) == keys.len() {
            Self::checked(threshold, keys, PublicKey::of_signer)
        } else {
            Self::new(threshold, keys)
        }
    }

    fn checked(
        threshold: u8,
        keys: &[[u8; 32]],
        check: fn([u8; 32]) -> Result<PublicKey, KeyError>,
    ) -> Result<Self, AccountError> {
        if keys.is_empty() || keys.len() > MAX_KEYS {
            return Err(AccountError::KeyCount(keys.len()));
        }
        if threshold == 0 || usize::from(threshold) > keys.len() {
            return Err(AccountError::Threshold {
                threshold,
                keys: keys.len(),
            });
        }
        if !keys.is_sorted_by(|a, b| a < b) {
            return Err(AccountError::Order);
        }
        let checked = keys
            .iter()
            .enumerate()
            .map(|(index, key)| check(*key).map_err(|source| AccountError::Key { index, source }))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            threshold,
            keys: checked,
        })
    }

    /// The account of a single key.
    ///
    /// # Errors
    /// [`AccountError::Key`] when the key is not acceptable.
    pub fn single(key: [u8; 32]) -> Result<Self, AccountError> {
        Self::new(1, &[key])
    }

    /// How many of the keys must sign.
    #[must_use]
    pub const fn threshold(&self) -> u8 {
        self.threshold
    }

    /// The keys, ascending.
    #[must_use]
    pub fn keys(&self) -> &[PublicKey] {
        &self.keys
    }

    /// sha-256("palisade/account/v1" ‖ threshold ‖ keys).
    #[must_use]
    pub fn id(&self) -> AccountId {
        let mut keys = Vec::with_capacity(self.keys.len().saturating_mul(32));
        for key in &self.keys {
            keys.extend_from_slice(key.as_bytes());
        }
        tagged(Domain::Account, &[&[self.threshold], &keys])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::SigningKey;

    fn key(seed: u8) -> [u8; 32] {
        SigningKey::from_bytes(&[seed; 32]).verifying_key().to_bytes()
    }

    #[test]
    fn the_order_of_keys_makes_no_second_account() {
        let mut keys = [key(1), key(2), key(3)];
        keys.sort_unstable();
        let account = AccountKeys::new(2, &keys).unwrap();
        assert_ne!(account.id(), AccountKeys::new(3, &keys).unwrap().id());
        keys.reverse();
        assert_eq!(AccountKeys::new(2, &keys), Err(AccountError::Order));
        assert_eq!(AccountKeys::new(2, &[key(1), key(1)]), Err(AccountError::Order));
    }

    #[test]
    fn thresholds_and_counts_are_bounded() {
        assert_eq!(
            AccountKeys::new(0, &[key(1)]),
            Err(AccountError::Threshold {
                threshold: 0,
                keys: 1
            })
        );
        assert_eq!(
            AccountKeys::new(2, &[key(1)]),
            Err(AccountError::Threshold {
                threshold: 2,
                keys: 1
            })
        );
        assert_eq!(AccountKeys::new(1, &[]), Err(AccountError::KeyCount(0)));
        assert_eq!(
            AccountKeys::new(1, &[[0; 32]; 17]),
            Err(AccountError::KeyCount(17))
        );
    }
}
