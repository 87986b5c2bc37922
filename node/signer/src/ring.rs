//! The consensus keys of one validator: the one that votes now, and those before and after it.

use crate::bls::ConsensusKey;
use crate::guard::Refusal;
use crate::guard::{Guard, GuardError, Imported, Interchange, Slot};
use crate::local::SignerError;
use crypto::bls::{KeyBytes, SignatureBytes};
use light_palisade::Statement;
use light_palisade::vote::seed_sign_bytes;
use primitives::{AccountId, ChainHash, Epoch, View};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// What became of statements.
#[derive(Debug)]
pub(crate) struct Signed {
    /// Each with its signature, or why there is none.
    pub(crate) answers: Vec<Result<SignatureBytes, Refusal>>,
    /// How long making them durable took; `None` when all were signed before.
    pub(crate) sync: Option<Duration>,
}

/// Keys behind one guard. New ones are added while the node runs; which of them votes, the epoch's set decides.
#[derive(Debug)]
pub struct KeyRing {
    keys: Mutex<Vec<Arc<ConsensusKey>>>,
    guard: Arc<Mutex<Guard>>,
}

impl KeyRing {
    /// No keys yet, behind `guard`.
    #[must_use]
    pub const fn new(guard: Arc<Mutex<Guard>>) -> Self {
        Self {
            keys: Mutex::new(Vec::new()),
            guard,
        }
    }

    /// Adds a key. One that the guard does not know signs nothing up to `floor`: what it signed there, if another node
    /// had it, is not known here.
    ///
    /// # Errors
    /// [`SignerError`]: the guard could not be written.
    pub fn add(&self, key: ConsensusKey, floor: Slot) -> Result<(), SignerError> {
        let public = key.public_key();
        let mut guard = self.guard()?;
        if !guard.is_registered(&public) {
            guard.register(public, floor)?;
        }
        drop(guard);
        let mut keys = self.keys.lock().map_err(|_| SignerError::Abandoned)?;
        if keys.iter().all(|known| known.public_key() != public) {
            keys.push(Arc::new(key));
        }
        Ok(())
    }

    /// The key signs nothing up to `floor` from now on, whether it is in the ring or not.
    ///
    /// # Errors
    /// As [`Guard::register`].
    pub fn forbid(&self, key: &KeyBytes, floor: Slot) -> Result<(), SignerError> {
        Ok(self.guard()?.register(*key, floor)?)
    }

    /// Whether the key was given away: it signs nothing here for good.
    ///
    /// # Errors
    /// [`SignerError::Abandoned`].
    pub fn was_given_away(&self, key: &KeyBytes) -> Result<bool, SignerError> {
        Ok(self.guard()?.watermark(key) == Some(Slot::LAST))
    }

    /// Takes the key out of the ring; what it signed stays in the guard. Whether it was there.
    ///
    /// # Errors
    /// [`SignerError::Abandoned`].
    pub fn remove(&self, public: &KeyBytes) -> Result<bool, SignerError> {
        let mut keys = self.keys.lock().map_err(|_| SignerError::Abandoned)?;
        let before = keys.len();
        keys.retain(|key| key.public_key() != *public);
        Ok(keys.len() < before)
    }

    /// That the guard knows the key, and that it was not given away.
    ///
    /// # Errors
    /// [`GuardError::Unregistered`], [`GuardError::Retired`].
    pub fn vouch(&self, key: &KeyBytes) -> Result<(), SignerError> {
        let key = *key;
        match self.guard()?.watermark(&key) {
            None => Err(GuardError::Unregistered { key }.into()),
            Some(Slot::LAST) => Err(GuardError::Retired { key }.into()),
            Some(_) => Ok(()),
        }
    }

    /// The public keys, in the order in which they were added.
    #[must_use]
    pub fn public_keys(&self) -> Vec<KeyBytes> {
        let keys = self.keys.lock();
        keys.map_or_else(
            |_| Vec::new(),
            |keys| keys.iter().map(|key| key.public_key()).collect(),
        )
    }

    /// Signs what may be signed of `statements`; for a lease, only while it is the last that was given. `None` for a key
    /// that is not in the ring.
    pub(crate) fn sign(
        &self,
        public: &KeyBytes,
        lease: Option<u64>,
        statements: &[Statement],
    ) -> Result<Option<Signed>, SignerError> {
        let Some(key) = self.key(public)? else {
            return Ok(None);
        };
        let mut guard = self.guard()?;
        let admitted = match lease {
            Some(number) => guard.admit_leased(number, public, statements)?,
            None => guard.admit(public, statements)?,
        };
        let chain = *guard.chain();
        drop(guard);
        // Order: the guard's rows are durable from here on, and only now is anything signed.
        let signed = statements.iter().zip(admitted.verdicts);
        let answers = signed
            .map(|(statement, verdict)| match verdict {
                Ok(()) => Ok(key.sign(&statement.sign_bytes(&chain))),
                Err(refusal) => {
                    tracing::error!(?statement, %refusal, "the guard refused to sign");
                    Err(refusal)
                }
            })
            .collect();
        Ok(Some(Signed {
            answers,
            sync: admitted.sync,
        }))
    }

    /// The contribution to a seed; `None` for a key that is not in the ring.
    pub(crate) fn sign_seed(
        &self,
        public: &KeyBytes,
        epoch: Epoch,
        view: View,
    ) -> Result<Option<SignatureBytes>, SignerError> {
        let key = self.key(public)?;
        let chain = self.chain()?;
        Ok(key.map(|key| key.sign(&seed_sign_bytes(&chain, epoch, view))))
    }

    /// The proof that registration asks for; `None` for a key that is not in the ring.
    ///
    /// # Errors
    /// [`SignerError::Abandoned`].
    pub fn possession_proof(
        &self,
        public: &KeyBytes,
        operator: &AccountId,
    ) -> Result<Option<SignatureBytes>, SignerError> {
        Ok(self.key(public)?.map(|key| key.possession_proof(operator)))
    }

    /// The highest epoch in which any key signed, or whose votes a watermark forbids; keys that are locked for good do
    /// not count.
    ///
    /// # Errors
    /// [`SignerError::Abandoned`].
    pub fn highest_epoch(&self) -> Result<Epoch, SignerError> {
        let guard = self.guard()?;
        let keys = self.public_keys();
        let highest = keys.iter().filter_map(|key| guard.highest(key));
        let open = highest.filter(|slot| slot.epoch != Epoch::MAX);
        Ok(open.max().map_or(Epoch::ZERO, |slot| slot.epoch))
    }

    /// The highest slot in which the key signed, or up to which it signs nothing; `None` when the guard does not know it.
    ///
    /// # Errors
    /// [`SignerError::Abandoned`].
    pub fn highest(&self, key: &KeyBytes) -> Result<Option<Slot>, SignerError> {
        Ok(self.guard()?.highest(key))
    }

    /// What the keys have signed, to be kept or carried elsewhere.
    ///
    /// # Errors
    /// [`SignerError::Abandoned`].
    pub fn export(&self) -> Result<Interchange, SignerError> {
        Ok(self.guard()?.export())
    }

    /// Takes in what was signed elsewhere, durably: see [`Guard::import`].
    ///
    /// # Errors
    /// As [`Guard::import`].
    pub fn import(&self, document: &Interchange) -> Result<Imported, SignerError> {
        Ok(self.guard()?.import(document)?)
    }

    /// The chain that the guard is for.
    pub(crate) fn chain(&self) -> Result<ChainHash, SignerError> {
        Ok(*self.guard()?.chain())
    }

    pub(crate) fn key(&self, public: &KeyBytes) -> Result<Option<Arc<ConsensusKey>>, SignerError> {
        let keys = self.keys.lock().map_err(|_| SignerError::Abandoned)?;
        Ok(keys.iter().find(|key| key.public_key() == *public).cloned())
    }

    pub(crate) fn guard(&self) -> Result<MutexGuard<'_, Guard>, SignerError> {
        self.guard.lock().map_err(|_| SignerError::Abandoned)
    }
}
