//! The thread that keeps the lease and carries what is to be signed.

use super::connection::{CallError, Connection};
use super::{RemoteConfig, Shared, Standing};
use crate::guard::Refusal;
use crate::ring::Signed;
use crypto::bls::{KeyBytes, SignatureBytes};
use light_palisade::Statement;
use primitives::{Epoch, View};
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Between two attempts to get the lease.
const RETRY: Duration = Duration::from_millis(250);
/// How much of a lease's time passes before it is kept.
const PARTS: u32 = 3;

/// What the engine asks for.
#[derive(Debug)]
pub(super) enum Job {
    /// Votes.
    Votes {
        key: KeyBytes,
        statements: Vec<Statement>,
        answer: SyncSender<Signed>,
    },
    /// A contribution to a seed.
    Seed {
        key: KeyBytes,
        epoch: Epoch,
        view: View,
        answer: SyncSender<Result<SignatureBytes, Refusal>>,
    },
}

/// The same refusal for every statement.
pub(super) fn refuse(count: usize, refusal: Refusal) -> Signed {
    Signed {
        answers: vec![Err(refusal); count],
        sync: None,
    }
}

fn give<T>(to: &SyncSender<T>, answer: T) {
    if to.send(answer).is_err() {
        tracing::debug!("an engine that stopped meanwhile has no use for a signature");
    }
}

/// What the thread works with.
pub(super) struct Worker {
    config: RemoteConfig,
    connection: Connection,
    shared: Arc<Shared>,
    /// The lease that was held last; 0 for none.
    token: u64,
    lasts: Duration,
}

impl Worker {
    pub(super) fn new(config: RemoteConfig, shared: Arc<Shared>) -> Option<Self> {
        match Connection::new(&config.address, config.tls.as_ref(), config.patience) {
            Ok(connection) => Some(Self {
                config,
                connection,
                shared,
                token: 0,
                lasts: RETRY,
            }),
            Err(error) => {
                tracing::error!(%error, "the remote signer cannot be asked");
                None
            }
        }
    }

    /// Runs until nobody asks any more, then gives the lease back.
    pub(super) async fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        let mut next = Instant::now();
        loop {
            tokio::select! {
                biased;
                job = jobs.recv() => match job {
                    Some(job) => self.carry(job).await,
                    None => break,
                },
                () = tokio::time::sleep_until(next) => {
                    self.keep().await;
                    next = Instant::now() + self.pause();
                }
            }
        }
        if self.token != 0
            && let Err(error) = self.connection.release(self.token).await
        {
            tracing::warn!(
                ?error,
                "the signer's lease could not be given back: it ends by itself"
            );
        }
    }

    fn holds(&self) -> bool {
        *self.shared.standing.borrow() == Standing::Holding
    }

    fn pause(&self) -> Duration {
        if self.holds() { self.lasts / PARTS } else { RETRY }
    }

    /// Takes the lease, or keeps it.
    async fn keep(&mut self) {
        let acquired = self
            .connection
            .acquire(&self.config.chain, &self.config.holder, self.token);
        match acquired.await {
            Ok(leased) => {
                if leased.token != self.token {
                    tracing::info!(lease = leased.token, signer = %self.config.address, "the signer signs for this node");
                }
                self.token = leased.token;
                self.lasts = leased.lasts;
                self.shared.learn(leased.keys);
                self.stand(Standing::Holding);
            }
            Err(error) => self.fail(error),
        }
    }

    async fn carry(&mut self, job: Job) {
        match job {
            Job::Votes {
                key,
                statements,
                answer,
            } => {
                let count = statements.len();
                let signed = match self.lacks() {
                    Some(refusal) => refuse(count, refusal),
                    None => match self.connection.votes(self.token, &key, &statements).await {
                        Ok(signed) => signed,
                        Err(error) => {
                            self.fail(error);
                            refuse(count, self.lacks().unwrap_or(Refusal::Unreachable))
                        }
                    },
                };
                give(&answer, signed);
            }
            Job::Seed {
                key,
                epoch,
                view,
                answer,
            } => {
                let signed = match self.lacks() {
                    Some(refusal) => Err(refusal),
                    None => match self.connection.seed(self.token, &key, epoch, view).await {
                        Ok(signature) => Ok(signature),
                        Err(error) => {
                            self.fail(error);
                            Err(self.lacks().unwrap_or(Refusal::Unreachable))
                        }
                    },
                };
                give(&answer, signed);
            }
        }
    }

    /// Why nothing can be asked for now: nobody waits for a signer that gave no answer a moment ago.
    fn lacks(&self) -> Option<Refusal> {
        match &*self.shared.standing.borrow() {
            Standing::Holding => None,
            Standing::Asking | Standing::Unreachable(_) => Some(Refusal::Unreachable),
            Standing::Waiting(_) => Some(Refusal::NotHolder),
        }
    }

    fn fail(&mut self, error: CallError) {
        match error {
            CallError::Held(why) => {
                self.token = 0;
                self.stand(Standing::Waiting(why));
            }
            CallError::Refused(why) | CallError::Silent(why) => self.stand(Standing::Unreachable(why)),
        }
    }

    /// Says a change once.
    fn stand(&self, standing: Standing) {
        let changed = self.shared.standing.send_if_modified(|now| {
            let changed = core::mem::discriminant(now) != core::mem::discriminant(&standing);
            *now = standing.clone();
            changed
        });
        if !changed {
            return;
        }
        match standing {
            Standing::Asking | Standing::Holding => {}
            Standing::Waiting(why) => tracing::warn!(why, "the remote signer signs for another node"),
            Standing::Unreachable(why) => {
                tracing::error!(signer = %self.config.address, why, "the remote signer does not answer: no votes meanwhile");
            }
        }
    }
}
