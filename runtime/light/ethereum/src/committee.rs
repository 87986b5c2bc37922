//! Sync committees: as they are proven, as they are checked, as they are stored.
//!
//! Members may stand in a committee more than once (drawn with replacement): everything goes by position, never by key.

use crate::merkle::{chunked, merkleize, parent};
use crate::spec::{Preset, Root};
use crate::ssz::{Reader, SszError};
use borsh::{BorshDeserialize, BorshSerialize};
use crypto::bls::BlsError;
use crypto::bls_short_keys::{KeySum, PublicKey, Signature};

/// A committee as a beacon state holds it: compressed keys, nothing checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncCommittee {
    /// The members' keys, by position.
    pub pubkeys: Vec<[u8; 48]>,
    /// Their sum.
    pub aggregate: [u8; 48],
}

/// Why a committee is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommitteeError {
    /// Another number of members than the preset has.
    #[error("{found} members where the preset has {expected}")]
    Size {
        /// How many there are.
        found: usize,
        /// How many there must be.
        expected: usize,
    },
    /// A key is no point of the right subgroup, or the identity.
    #[error("the key of member {position} is not valid")]
    Key {
        /// Whose.
        position: usize,
    },
    /// The stated sum is not that of the keys.
    #[error("the stated aggregate is not the sum of the members' keys")]
    Aggregate,
}

impl SyncCommittee {
    /// Its root, as it stands in a state.
    #[must_use]
    pub fn root(&self) -> Root {
        let leaves: Vec<Root> = self.pubkeys.iter().map(key_root).collect();
        // The size is a power of two, checked against the preset.
        let depth = u8::try_from(leaves.len().max(1).ilog2()).unwrap_or(u8::MAX);
        parent(&merkleize(leaves, depth), &key_root(&self.aggregate))
    }

    /// Reads a committee of the preset's size.
    ///
    /// # Errors
    /// [`SszError::Short`].
    pub fn read(reader: &mut Reader<'_>, preset: &Preset) -> Result<Self, SszError> {
        let members = preset.members();
        let keys = reader.bytes(members.saturating_mul(48))?;
        Ok(Self {
            pubkeys: keys.as_chunks::<48>().0.to_vec(),
            aggregate: reader.array()?,
        })
    }

    /// Whether every byte is zero: what stands where no committee is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pubkeys
            .iter()
            .flatten()
            .chain(&self.aggregate)
            .all(|byte| *byte == 0)
    }
}

fn key_root(key: &[u8; 48]) -> Root {
    merkleize(chunked(key), 1)
}

/// A committee whose keys are decompressed and checked, with their sum.
#[derive(Clone, Debug)]
pub struct Committee {
    root: Root,
    keys: Vec<PublicKey>,
    sum: KeySum,
}

impl PartialEq for Committee {
    fn eq(&self, other: &Self) -> bool {
        self.root == other.root
    }
}

impl Eq for Committee {}

impl Committee {
    /// Decompresses and checks every key: about 0.1 ms each, once per committee.
    ///
    /// # Errors
    /// [`CommitteeError`].
    pub fn new(preset: &Preset, committee: &SyncCommittee) -> Result<Self, CommitteeError> {
        let (found, expected) = (committee.pubkeys.len(), preset.members());
        if found != expected {
            return Err(CommitteeError::Size { found, expected });
        }
        let mut keys = Vec::with_capacity(found);
        for (position, bytes) in committee.pubkeys.iter().enumerate() {
            keys.push(PublicKey::new(bytes).map_err(|_| CommitteeError::Key { position })?);
        }
        let sum = KeySum::of(&keys).map_err(|_| CommitteeError::Aggregate)?;
        let stated = sum.to_key().map_err(|_| CommitteeError::Aggregate)?.to_bytes();
        if stated != committee.aggregate {
            return Err(CommitteeError::Aggregate);
        }
        let root = committee.root();
        Ok(Self { root, keys, sum })
    }

    /// Its root in a beacon state.
    #[must_use]
    pub const fn root(&self) -> &Root {
        &self.root
    }

    /// Its members.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.keys.len()
    }

    /// Never: a committee has members.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Checks that exactly the members whose bits are set signed `message`. Takes those that are absent off the sum,
    /// or adds those that are there up: whatever is less.
    ///
    /// # Errors
    /// [`BlsError::Empty`] when nobody did; as [`Signature::new`] and [`Signature::verify`].
    pub fn verify(&self, bits: &[u8], signature: &[u8; 96], message: &Root) -> Result<(), BlsError> {
        let signature = Signature::new(signature)?;
        let present = self.keys.iter().enumerate().filter(|(at, _)| is_set(bits, *at));
        let absent = self.keys.iter().enumerate().filter(|(at, _)| !is_set(bits, *at));
        let missing = absent.clone().count();
        let signers = if missing == 0 {
            self.sum
        } else if missing < self.keys.len().saturating_sub(missing) {
            self.sum.without(&KeySum::of(absent.map(|(_, key)| key))?)
        } else {
            KeySum::of(present.map(|(_, key)| key))?
        };
        signature.verify(&signers, message)
    }

    /// As it is stored.
    #[must_use]
    pub fn to_record(&self) -> CommitteeRecord {
        CommitteeRecord {
            root: self.root,
            keys: self.keys.iter().map(PublicKey::to_uncompressed).collect(),
        }
    }
}

/// Whether bit `at` is set: bits count from the low end of each byte.
#[must_use]
pub fn is_set(bits: &[u8], at: usize) -> bool {
    let mask = 1u8.checked_shl(u32::try_from(at & 7).unwrap_or(0)).unwrap_or(0);
    bits.get(at >> 3).is_some_and(|byte| byte & mask != 0)
}

/// How many bits are set.
#[must_use]
pub fn count(bits: &[u8]) -> u64 {
    bits.iter()
        .fold(0u64, |sum, byte| sum.saturating_add(u64::from(byte.count_ones())))
}

/// A checked committee as the chain stores it: keys without compression (48 KiB for 512), so that reading it costs no
/// square roots and no subgroup checks.
///
/// Only what [`Committee::to_record`] made may be stored; a record from anywhere else proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct CommitteeRecord {
    /// Its root in a beacon state.
    pub root: Root,
    /// The members' keys, by position, uncompressed.
    pub keys: Vec<[u8; 96]>,
}

impl CommitteeRecord {
    /// The committee that was stored.
    ///
    /// # Errors
    /// [`CommitteeError`]: the store is broken.
    pub fn restore(&self, preset: &Preset) -> Result<Committee, CommitteeError> {
        let (found, expected) = (self.keys.len(), preset.members());
        if found != expected {
            return Err(CommitteeError::Size { found, expected });
        }
        let mut keys = Vec::with_capacity(found);
        for (position, bytes) in self.keys.iter().enumerate() {
            keys.push(PublicKey::from_checked(bytes).map_err(|_| CommitteeError::Key { position })?);
        }
        let sum = KeySum::of(&keys).map_err(|_| CommitteeError::Aggregate)?;
        let root = self.root;
        Ok(Committee { root, keys, sum })
    }
}
