//! What consensus asks for signatures.

use crate::bls::ConsensusKey;
use crate::guard::{Guard, GuardError, Refusal, Slot};
use crate::ring::KeyRing;
use crypto::bls::{KeyBytes, SignatureBytes};
use light_palisade::vote::seed_sign_bytes;
use light_palisade::{Statement, ValidatorSet};
use primitives::{ChainHash, Epoch, View};
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

    /// The proposer's contribution to its block's seed. The signature is unique, so there is nothing to guard.
    ///
    /// # Errors
    /// [`SignerError`] when the signer cannot be reached.
    fn sign_seed(&mut self, epoch: Epoch, view: View) -> Result<SignatureBytes, SignerError>;

    /// What it did so far.
    fn statistics(&self) -> Statistics;
}

/// Keys in this process, behind a guard in this process. Keys of one data folder share its guard.
#[derive(Debug)]
pub struct LocalSigner {
    key: Arc<ConsensusKey>,
    ring: Arc<KeyRing>,
    chain: ChainHash,
    statistics: Statistics,
}

impl LocalSigner {
    /// A signer for the guard's chain.
    ///
    /// # Errors
    /// [`GuardError::Unregistered`] when the guard does not know the key.
    pub fn new(key: ConsensusKey, guard: Arc<Mutex<Guard>>) -> Result<Self, SignerError> {
        let public = key.public_key();
        let ring = KeyRing::new(guard);
        if !ring.knows(&public)? {
            return Err(GuardError::Unregistered { key: public }.into());
        }
        // The guard knows it: the floor is not used.
        ring.add(key, Slot::end_of(Epoch::MAX))?;
        let key = ring.key(&public)?.ok_or(SignerError::Abandoned)?;
        Ok(Self {
            key,
            chain: ring.chain()?,
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
        let admitted = self.ring.guard()?.admit(&self.key.public_key(), statements)?;
        // Order: the guard's rows are durable from here on, and only now is anything signed.
        if let Some(elapsed) = admitted.sync {
            self.statistics.syncs += 1;
            self.statistics.last_sync = elapsed;
            self.statistics.total_sync += elapsed;
        }
        let mut signatures = Vec::with_capacity(statements.len());
        for (statement, verdict) in statements.iter().zip(admitted.verdicts) {
            signatures.push(match verdict {
                Ok(()) => {
                    self.statistics.signed += 1;
                    Ok(self.key.sign(&statement.sign_bytes(&self.chain)))
                }
                Err(refusal) => {
                    tracing::error!(?statement, %refusal, "the guard refused to sign");
                    *self.statistics.refusals.entry(refusal.reason()).or_default() += 1;
                    Err(refusal)
                }
            });
        }
        Ok(signatures)
    }

    fn sign_seed(&mut self, epoch: Epoch, view: View) -> Result<SignatureBytes, SignerError> {
        Ok(self.key.sign(&seed_sign_bytes(&self.chain, epoch, view)))
    }

    fn statistics(&self) -> Statistics {
        self.statistics.clone()
    }
}
