//! What consensus asks for signatures.

use crate::bls::ConsensusKey;
use crate::guard::{Guard, GuardError, Refusal, Slot};
use crate::ring::{KeyRing, Signed};
use crypto::bls::{KeyBytes, SignatureBytes};
use light_palisade::{Statement, ValidatorSet};
use primitives::{Epoch, View};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Why a signer cannot answer at all. The node stops: a guard that failed once is not asked again.
#[derive(Debug, thiserror::Error)]
pub enum SignerError {
    /// The guard.
    #[error(transparent)]
    Guard(#[from] GuardError),
    /// Another user of the same guard panicked while holding it.
    #[error("the signing guard was left in an unknown state: restart the node")]
    Abandoned,
}

/// What a signer did since it was made, for the caller's metrics.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Votes that were signed, again included.
    pub signed: u64,
    /// Refusals by [`Refusal::reason`]. Any is worth an alert: consensus should never ask for these.
    pub refusals: BTreeMap<&'static str, u64>,
    /// How often the guard's file was synced.
    pub syncs: u64,
    /// How long the last sync took.
    pub last_sync: Duration,
    /// How long all of them took.
    pub total_sync: Duration,
}

impl Statistics {
    /// Adds what one call did.
    pub(crate) fn count(&mut self, signed: &Signed) {
        if let Some(elapsed) = signed.sync {
            self.syncs += 1;
            self.last_sync = elapsed;
            self.total_sync += elapsed;
        }
        for answer in &signed.answers {
            match answer {
                Ok(_) => self.signed += 1,
                Err(refusal) => *self.refusals.entry(refusal.reason()).or_default() += 1,
            }
        }
    }
}

/// Where the consensus keys of a validator are held, for whoever asks which it has.
pub trait Keys: Send + Sync + core::fmt::Debug {
    /// The public keys, in the order in which they came.
    fn public_keys(&self) -> Vec<KeyBytes>;

    /// Why it signs nothing at present: a sentence for the operator; `None` when it signs.
    fn silent(&self) -> Option<String>;
}

impl Keys for KeyRing {
    fn public_keys(&self) -> Vec<KeyBytes> {
        Self::public_keys(self)
    }

    fn silent(&self) -> Option<String> {
        None
    }
}

/// Signs votes with a validator's consensus key, each slot once.
pub trait Signer: Send {
    /// The key it signs with.
    fn public_key(&self) -> KeyBytes;

    /// From now on signs with the key of its own that `set` has, and says which; stays with the present one when the
    /// set has none.
    ///
    /// # Errors
    /// [`SignerError`] when the signer cannot be reached.
    fn choose(&mut self, set: &ValidatorSet) -> Result<KeyBytes, SignerError>;

    /// Signs what may be signed of `statements`, in this order; what was signed before may be signed again. All of
    /// it is durable, by one sync, before any signature exists.
    ///
    /// # Errors
    /// [`SignerError`], after which the node must stop: it is unknown what is durable.
    fn sign(&mut self, statements: &[Statement])
    -> Result<Vec<Result<SignatureBytes, Refusal>>, SignerError>;

    /// The proposer's contribution to its block's seed. The signature is unique, so there is nothing to guard: only a
    /// signer elsewhere refuses, when it is out of reach or signs for another node.
    ///
    /// # Errors
    /// [`SignerError`], after which the node must stop.
    fn sign_seed(&mut self, epoch: Epoch, view: View)
    -> Result<Result<SignatureBytes, Refusal>, SignerError>;

    /// What it did so far.
    fn statistics(&self) -> Statistics;
}

/// Keys in this process, behind a guard in this process. Keys of one data folder share its guard.
#[derive(Debug)]
pub struct LocalSigner {
    key: Arc<ConsensusKey>,
    ring: Arc<KeyRing>,
    statistics: Statistics,
}

impl LocalSigner {
    /// A signer for the guard's chain.
    ///
    /// # Errors
    /// [`GuardError::Unregistered`] when the guard does not know the key, [`GuardError::Retired`] when it gave it away.
    pub fn new(key: ConsensusKey, guard: Arc<Mutex<Guard>>) -> Result<Self, SignerError> {
        let public = key.public_key();
        let ring = KeyRing::new(guard);
        ring.vouch(&public)?;
        // The guard knows it: the floor is not used.
        ring.add(key, Slot::end_of(Epoch::MAX))?;
        let key = ring.key(&public)?.ok_or(SignerError::Abandoned)?;
        Ok(Self {
            key,
            ring: Arc::new(ring),
            statistics: Statistics::default(),
        })
    }

    /// The keys that it chooses from; more can be added while it signs.
    #[must_use]
    pub fn ring(&self) -> Arc<KeyRing> {
        self.ring.clone()
    }
}

impl Signer for LocalSigner {
    fn public_key(&self) -> KeyBytes {
        self.key.public_key()
    }

    fn choose(&mut self, set: &ValidatorSet) -> Result<KeyBytes, SignerError> {
        if set.index_of(&self.key.public_key()).is_none() {
            for public in self.ring.public_keys() {
                if set.index_of(&public).is_some()
                    && let Some(key) = self.ring.key(&public)?
                {
                    tracing::info!(epoch = %set.epoch, key = %hex::encode(public.0), "votes with another key from here on");
                    self.key = key;
                }
            }
        }
        Ok(self.key.public_key())
    }

    fn sign(
        &mut self,
        statements: &[Statement],
    ) -> Result<Vec<Result<SignatureBytes, Refusal>>, SignerError> {
        let public = self.key.public_key();
        let signed = self.ring.sign(&public, None, statements)?;
        let signed = signed.ok_or(SignerError::Abandoned)?;
        self.statistics.count(&signed);
        Ok(signed.answers)
    }

    fn sign_seed(
        &mut self,
        epoch: Epoch,
        view: View,
    ) -> Result<Result<SignatureBytes, Refusal>, SignerError> {
        let signed = self.ring.sign_seed(&self.key.public_key(), epoch, view)?;
        Ok(Ok(signed.ok_or(SignerError::Abandoned)?))
    }

    fn statistics(&self) -> Statistics {
        self.statistics.clone()
    }
}
