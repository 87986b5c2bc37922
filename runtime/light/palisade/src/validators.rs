//! Validator sets: who votes in an epoch, with what weight.

use crate::certificate::{Certificate, CertificateError};
use crate::limits::{MAX_TOTAL_WEIGHT, MAX_VALIDATORS};
use borsh::{BorshDeserialize, BorshSerialize};
use crypto::bls::{KeyBytes, PublicKey};
use crypto::domain::Domain;
use crypto::hash::tagged;
use crypto::merkle;
use primitives::codec::encode;
use primitives::{AccountId, ChainClock, ChainHash, Digest, Epoch, Power};

/// A validator's position in its set, which is sorted by consensus key.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize,
)]
pub struct ValidatorIndex(u16);

impl ValidatorIndex {
    /// The position `value`.
    #[must_use]
    pub const fn new(value: u16) -> Self {
        Self(value)
    }

    /// The bare position.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl core::fmt::Display for ValidatorIndex {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Display::fmt(&self.0, f)
    }
}

/// One voter of an epoch.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Validator {
    /// BLS key, whose possession was proven at registration.
    pub key: KeyBytes,
    /// Voting weight, frozen for the epoch.
    pub weight: Power,
    /// Account of the operator behind the key.
    pub operator: AccountId,
    /// ed25519 key of its node in the peer-to-peer network.
    pub p2p_key: [u8; 32],
}

/// The voters of one epoch. What its root binds.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ValidatorSet {
    /// The epoch.
    pub epoch: Epoch,
    /// The epoch ends with the first block whose parent's chain clock has reached this.
    pub ends_at: ChainClock,
    /// The voters, strictly ascending by key.
    pub validators: Vec<Validator>,
}

/// Why a validator set is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetError {
    /// None, or more than [`MAX_VALIDATORS`].
    #[error("a set has 1 to {MAX_VALIDATORS} validators, not {0}")]
    Count(usize),
    /// The keys are not strictly ascending.
    #[error("the validators are not strictly ascending by key")]
    Order,
    /// A weight is zero, or all of them together exceed [`MAX_TOTAL_WEIGHT`].
    #[error("a weight is zero or the total exceeds {MAX_TOTAL_WEIGHT}")]
    Weight,
    /// A key is not in its subgroup.
    #[error("validator {0} has an invalid key")]
    Key(ValidatorIndex),
}

impl ValidatorSet {
    /// Root over (index, operator, key, weight, p2p key) of each, bound to the epoch, its end and the total weight.
    #[must_use]
    pub fn root(&self) -> Digest {
        // The range ends: a stranger's list may be longer than any set, and then has no committee.
        let leaves: Vec<Digest> = (0..=u16::MAX)
            .zip(&self.validators)
            .map(|(index, validator)| tagged(Domain::Validator, &[&encode(&(index, validator))]))
            .collect();
        let bound = (
            self.epoch,
            self.ends_at,
            self.total_weight(),
            merkle::root(&leaves),
        );
        tagged(Domain::ValidatorSet, &[&encode(&bound)])
    }

    /// Weight of all, capped at the end of the numbers.
    #[must_use]
    pub fn total_weight(&self) -> u64 {
        self.validators
            .iter()
            .fold(0u64, |sum, v| sum.saturating_add(v.weight.get()))
    }

    /// The position of a key.
    #[must_use]
    pub fn index_of(&self, key: &KeyBytes) -> Option<ValidatorIndex> {
        let position = self.validators.binary_search_by(|v| v.key.cmp(key)).ok()?;
        u16::try_from(position).ok().map(ValidatorIndex::new)
    }

    /// The voter at a position.
    #[must_use]
    pub fn get(&self, index: ValidatorIndex) -> Option<&Validator> {
        self.validators.get(usize::from(index.get()))
    }
}

/// A validator set whose rules and keys were checked, with the keys decompressed: the form that verifies.
#[derive(Clone, Debug)]
pub struct Committee {
    set: ValidatorSet,
    root: Digest,
    keys: Vec<PublicKey>,
    total: u64,
}

impl Committee {
    /// Checks a set and decompresses its keys, once.
    ///
    /// # Errors
    /// [`SetError`] says which rule is broken.
    pub fn new(set: ValidatorSet) -> Result<Self, SetError> {
        if set.validators.is_empty() || set.validators.len() > MAX_VALIDATORS {
            return Err(SetError::Count(set.validators.len()));
        }
        if !set.validators.is_sorted_by(|a, b| a.key < b.key) {
            return Err(SetError::Order);
        }
        let total = set.total_weight();
        if total > MAX_TOTAL_WEIGHT || set.validators.iter().any(|v| v.weight.is_zero()) {
            return Err(SetError::Weight);
        }
        let keys = (0u16..)
            .zip(&set.validators)
            .map(|(i, v)| PublicKey::new(&v.key).map_err(|_| SetError::Key(ValidatorIndex::new(i))))
            .collect::<Result<_, _>>()?;
        let root = set.root();
        Ok(Self {
            set,
            root,
            keys,
            total,
        })
    }

    /// The set itself.
    #[must_use]
    pub const fn set(&self) -> &ValidatorSet {
        &self.set
    }

    /// The set's root.
    #[must_use]
    pub const fn root(&self) -> Digest {
        self.root
    }

    /// The epoch it votes in.
    #[must_use]
    pub const fn epoch(&self) -> Epoch {
        self.set.epoch
    }

    /// How many vote.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Never: a committee has at least one voter.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Weight of all.
    #[must_use]
    pub const fn total_weight(&self) -> u64 {
        self.total
    }

    /// The least weight that decides: ⌊2W/3⌋ + 1 (consensus.md, section 1.2).
    #[must_use]
    pub fn quorum(&self) -> u64 {
        let two_thirds = u128::from(self.total)
            .saturating_mul(2)
            .checked_div(3)
            .unwrap_or(0);
        u64::try_from(two_thirds.saturating_add(1)).unwrap_or(u64::MAX)
    }

    /// The decompressed key at a position.
    #[must_use]
    pub fn key(&self, index: ValidatorIndex) -> Option<&PublicKey> {
        self.keys.get(usize::from(index.get()))
    }

    /// The weight at a position, zero beyond the end.
    #[must_use]
    pub fn weight(&self, index: ValidatorIndex) -> u64 {
        self.set.get(index).map_or(0, |v| v.weight.get())
    }

    /// Weight of several positions, each counted as often as it comes.
    #[must_use]
    pub fn weight_of(&self, indices: impl IntoIterator<Item = ValidatorIndex>) -> u64 {
        indices
            .into_iter()
            .fold(0, |sum: u64, index| sum.saturating_add(self.weight(index)))
    }

    /// Checks a certificate of this epoch: exact bitmap, at least a quorum, and the aggregate signature.
    ///
    /// # Errors
    /// [`CertificateError`] says which rule is broken. The cheap rules are checked first.
    pub fn verify(&self, chain: &ChainHash, certificate: &Certificate) -> Result<(), CertificateError> {
        self.verify_shape(certificate)?;
        let keys = certificate.signers.iter().filter_map(|index| self.key(index));
        let message = certificate.statement.sign_bytes(chain);
        certificate.verify_signature(keys, &message)
    }

    /// All of [`Committee::verify`] but the signature: for callers that check signatures elsewhere.
    ///
    /// # Errors
    /// [`CertificateError`] says which rule is broken.
    pub fn verify_shape(&self, certificate: &Certificate) -> Result<(), CertificateError> {
        let epoch = certificate.statement.epoch();
        if epoch != self.epoch() {
            return Err(CertificateError::Epoch {
                found: epoch,
                expected: self.epoch(),
            });
        }
        if !certificate.signers.fits(self.len()) {
            return Err(CertificateError::Bitmap);
        }
        let weight = self.weight_of(certificate.signers.iter());
        let quorum = self.quorum();
        if weight < quorum {
            return Err(CertificateError::Weight { weight, quorum });
        }
        Ok(())
    }
}
