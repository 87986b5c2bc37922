//! The signer's thread: asks the guard, signs, and answers.

use crate::error::EngineError;
use crate::metrics::Metrics;
use consensus::Build;
use crypto::bls::{KeyBytes, SignatureBytes};
use light_palisade::{Committee, Statement};
use signer::Signer;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// Jobs that may wait.
const QUEUE: usize = 1_024;

/// What to sign.
#[derive(Debug)]
enum Job {
    /// Votes. They are given back together with the turn whose records must be durable first.
    Votes { turn: u64, statements: Vec<Statement> },
    /// The proposer's contribution to the seed of a block.
    Seed(Box<Build>),
    /// The set of an epoch that begins: which of the validator's keys votes in it?
    Choose {
        set: Arc<Committee>,
        answer: oneshot::Sender<KeyBytes>,
    },
}

/// What was signed.
#[derive(Debug)]
pub(crate) enum Signed {
    /// Each statement with its signature, or without one where the guard refuses. Durable in the guard.
    Votes {
        /// The turn whose records must be durable before these votes count.
        turn: u64,
        /// The outcome of each.
        outcomes: Vec<(Statement, Option<SignatureBytes>)>,
    },
    /// The block can be built.
    Seed {
        /// What was asked for.
        build: Box<Build>,
        /// The signature over (SEED, epoch, view).
        signature: SignatureBytes,
    },
}

/// The driver's end.
#[derive(Debug)]
pub(crate) struct SignerThread {
    jobs: mpsc::Sender<Job>,
}

impl SignerThread {
    /// Starts the thread over a signer.
    pub(crate) fn start(
        signer: Box<dyn Signer>,
        metrics: Metrics,
    ) -> Result<(Self, mpsc::Receiver<Result<Signed, EngineError>>), EngineError> {
        let (jobs, mut inbox) = mpsc::channel(QUEUE);
        let (answers, outbox) = mpsc::channel(QUEUE);
        std::thread::Builder::new()
            .name("signer".into())
            .spawn(move || {
                let mut signer = signer;
                while let Some(job) = inbox.blocking_recv() {
                    let Some(answer) = sign(signer.as_mut(), job, &metrics).transpose() else {
                        continue;
                    };
                    let failed = answer.is_err();
                    if answers.blocking_send(answer).is_err() || failed {
                        return;
                    }
                }
            })
            .map_err(|_| EngineError::Thread("signer"))?;
        Ok((Self { jobs }, outbox))
    }

    pub(crate) async fn votes(&self, turn: u64, statements: Vec<Statement>) -> Result<(), EngineError> {
        self.send(Job::Votes { turn, statements }).await
    }

    /// The key that votes in an epoch with this set; whatever was asked for before is signed with the key before.
    pub(crate) async fn choose(&self, set: Arc<Committee>) -> Result<KeyBytes, EngineError> {
        let (answer, chosen) = oneshot::channel();
        self.send(Job::Choose { set, answer }).await?;
        chosen.await.map_err(|_| EngineError::Thread("signer"))
    }

    pub(crate) async fn seed(&self, build: Box<Build>) -> Result<(), EngineError> {
        self.send(Job::Seed(build)).await
    }

    async fn send(&self, job: Job) -> Result<(), EngineError> {
        self.jobs
            .send(job)
            .await
            .map_err(|_| EngineError::Thread("signer"))
    }
}

/// What was signed; nothing where a key was chosen.
fn sign(signer: &mut dyn Signer, job: Job, metrics: &Metrics) -> Result<Option<Signed>, EngineError> {
    match job {
        Job::Choose { set, answer } => {
            if answer.send(signer.choose(set.set())?).is_err() {
                tracing::debug!("the driver that asked for a key has stopped");
            }
            Ok(None)
        }
        Job::Seed(build) => {
            let (epoch, view) = (build.header.epoch, build.header.view);
            match signer.sign_seed(epoch, view)? {
                Ok(signature) => Ok(Some(Signed::Seed { build, signature })),
                Err(refusal) => {
                    // The view's timer runs: without a block of ours it is nullified.
                    metrics.refused(refusal.reason());
                    tracing::warn!(%epoch, %view, %refusal, "no block is proposed");
                    Ok(None)
                }
            }
        }
        Job::Votes { turn, statements } => {
            let answers = signer.sign(&statements)?;
            let outcomes = statements.into_iter().zip(answers);
            let outcomes = outcomes
                .map(|(statement, answer)| {
                    let signature = answer
                        .inspect_err(|refusal| {
                            metrics.refused(refusal.reason());
                            tracing::warn!(?statement, %refusal, "the guard refused to sign");
                        })
                        .ok();
                    (statement, signature)
                })
                .collect();
            Ok(Some(Signed::Votes { turn, outcomes }))
        }
    }
}
