//! The consensus keys of one validator: the one that votes now, and those before and after it.

use crate::bls::ConsensusKey;
use crate::guard::{Guard, Slot};
use crate::local::SignerError;
use crypto::bls::KeyBytes;
use primitives::ChainHash;
use std::sync::{Arc, Mutex, MutexGuard};

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

    /// The public keys, in the order in which they were added.
    #[must_use]
    pub fn public_keys(&self) -> Vec<KeyBytes> {
        let keys = self.keys.lock();
        keys.map_or_else(
            |_| Vec::new(),
            |keys| keys.iter().map(|key| key.public_key()).collect(),
        )
    }

    /// The chain that the guard is for.
    pub(crate) fn chain(&self) -> Result<ChainHash, SignerError> {
        Ok(*self.guard()?.chain())
    }

    pub(crate) fn knows(&self, key: &KeyBytes) -> Result<bool, SignerError> {
        Ok(self.guard()?.is_registered(key))
    }

    pub(crate) fn key(&self, public: &KeyBytes) -> Result<Option<Arc<ConsensusKey>>, SignerError> {
        let keys = self.keys.lock().map_err(|_| SignerError::Abandoned)?;
        Ok(keys.iter().find(|key| key.public_key() == *public).cloned())
    }

    pub(crate) fn guard(&self) -> Result<MutexGuard<'_, Guard>, SignerError> {
        self.guard.lock().map_err(|_| SignerError::Abandoned)
    }
}
