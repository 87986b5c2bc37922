//! The node's side: one connection, one thread that keeps the lease, and a [`Signer`] over both.

mod connection;
mod worker;

pub use connection::Connection;

use super::RemoteError;
use super::address::{Address, TlsFiles};
use crate::guard::Refusal;
use crate::local::{Keys, Signer, SignerError, Statistics};
use crate::ring::Signed;
use crypto::bls::{KeyBytes, SignatureBytes};
use light_palisade::{Statement, ValidatorSet};
use primitives::{ChainHash, Epoch, View};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use worker::{Job, Worker};

/// Jobs that may wait: the engine asks for one at a time.
const JOBS: usize = 16;

/// Which signer, and who asks.
#[derive(Clone, Debug)]
pub struct RemoteConfig {
    /// Where the signer is.
    pub address: Address,
    /// Who this node is; needed for TCP, unused on a socket.
    pub tls: Option<TlsFiles>,
    /// The name that another node is told while this one holds the lease.
    pub holder: String,
    /// The node's chain.
    pub chain: ChainHash,
    /// How long the signer may take for an answer.
    pub patience: Duration,
}

/// What the signer lets this node do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// Not asked yet.
    #[default]
    Asking,
    /// It holds the lease and signs.
    Holding,
    /// Another node holds it: what the signer says.
    Waiting(String),
    /// The signer does not answer: why.
    Unreachable(String),
}

/// What thread and signer share.
#[derive(Debug)]
struct Shared {
    keys: Mutex<Vec<KeyBytes>>,
    standing: watch::Sender<Standing>,
}

impl Shared {
    fn keys(&self) -> Vec<KeyBytes> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn learn(&self, keys: Vec<KeyBytes>) {
        *self.keys.lock().unwrap_or_else(PoisonError::into_inner) = keys;
    }
}

impl Keys for Shared {
    fn public_keys(&self) -> Vec<KeyBytes> {
        self.keys()
    }

    fn silent(&self) -> Option<String> {
        match &*self.standing.borrow() {
            Standing::Holding => None,
            Standing::Asking => Some("the remote signer was not asked yet".to_owned()),
            Standing::Waiting(why) => Some(format!("the remote signer signs for another node: {why}")),
            Standing::Unreachable(why) => Some(format!("the remote signer does not answer: {why}")),
        }
    }
}

/// Keys and guard in another process. While it cannot be reached, or signs for another node, every statement is refused;
/// the node goes on, and votes again as soon as it may.
#[derive(Debug)]
pub struct RemoteSigner {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    shared: Arc<Shared>,
    key: KeyBytes,
    statistics: Statistics,
}

impl RemoteSigner {
    /// Connects, learns the keys, and from then on tries for the lease, which [`RemoteSigner::standing`] tells of.
    ///
    /// # Errors
    /// [`RemoteError`] when the signer does not answer now, is of another chain, or has no key.
    pub async fn connect(config: RemoteConfig) -> Result<Self, RemoteError> {
        let connection = Connection::new(&config.address, config.tls.as_ref(), config.patience)?;
        let held = connection.keys().await?;
        if held.chain != config.chain {
            return Err(RemoteError::AnotherChain {
                found: held.chain,
                expected: config.chain,
            });
        }
        let key = *held.keys.last().ok_or(RemoteError::NoKey)?;
        let shared = Arc::new(Shared {
            keys: Mutex::new(held.keys),
            standing: watch::Sender::default(),
        });
        let (jobs, inbox) = mpsc::channel(JOBS);
        let shared_too = shared.clone();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(RemoteError::Thread)?;
        let thread = std::thread::Builder::new()
            .name("remote-signer".into())
            .spawn(move || {
                // A connection belongs to the runtime that it was made in.
                runtime.block_on(async move {
                    if let Some(worker) = Worker::new(config, shared_too) {
                        worker.run(inbox).await;
                    }
                });
            })
            .map_err(RemoteError::Thread)?;
        Ok(Self {
            jobs: Some(jobs),
            thread: Some(thread),
            shared,
            key,
            statistics: Statistics::default(),
        })
    }

    /// Whether the signer signs for this node, as it changes.
    #[must_use]
    pub fn standing(&self) -> watch::Receiver<Standing> {
        self.shared.standing.subscribe()
    }

    /// The keys that the signer holds, as they change.
    #[must_use]
    pub fn keys(&self) -> Arc<dyn Keys> {
        self.shared.clone()
    }

    /// Hands a job to the thread and waits for what becomes of it. `None`: the thread is gone.
    fn ask<T>(&self, job: impl FnOnce(std::sync::mpsc::SyncSender<T>) -> Job) -> Option<T> {
        let (answer, answered) = std::sync::mpsc::sync_channel(1);
        let mut job = job(answer);
        // The engine's thread waits for each answer: the queue is never full for long.
        while let Err(error) = self.jobs.as_ref()?.try_send(job) {
            match error {
                mpsc::error::TrySendError::Full(again) => {
                    job = again;
                    std::thread::sleep(Duration::from_millis(1));
                }
                mpsc::error::TrySendError::Closed(_) => return None,
            }
        }
        answered.recv().ok()
    }
}

impl Drop for RemoteSigner {
    /// The thread gives the lease back, and is waited for: another node need not wait then.
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the remote signer's thread did not end by itself");
        }
    }
}

impl Signer for RemoteSigner {
    fn public_key(&self) -> KeyBytes {
        self.key
    }

    fn choose(&mut self, set: &ValidatorSet) -> Result<KeyBytes, SignerError> {
        if set.index_of(&self.key).is_none() {
            let keys = self.shared.keys();
            if let Some(key) = keys.into_iter().find(|key| set.index_of(key).is_some()) {
                tracing::info!(epoch = %set.epoch, key = %hex::encode(key.0), "votes with another key from here on");
                self.key = key;
            }
        }
        Ok(self.key)
    }

    fn sign(
        &mut self,
        statements: &[Statement],
    ) -> Result<Vec<Result<SignatureBytes, Refusal>>, SignerError> {
        let (key, statements) = (self.key, statements.to_vec());
        let count = statements.len();
        let signed = self.ask(|answer| Job::Votes {
            key,
            statements,
            answer,
        });
        let signed = signed.unwrap_or_else(|| worker::refuse(count, Refusal::Unreachable));
        self.count(&signed);
        Ok(signed.answers)
    }

    fn sign_seed(
        &mut self,
        epoch: Epoch,
        view: View,
    ) -> Result<Result<SignatureBytes, Refusal>, SignerError> {
        let key = self.key;
        let signed = self.ask(|answer| Job::Seed {
            key,
            epoch,
            view,
            answer,
        });
        Ok(signed.unwrap_or(Err(Refusal::Unreachable)))
    }

    fn statistics(&self) -> Statistics {
        self.statistics.clone()
    }
}

impl RemoteSigner {
    fn count(&mut self, signed: &Signed) {
        self.statistics.count(signed);
    }
}
