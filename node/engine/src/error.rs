//! Why the engine stopped.

use crate::application::ApplicationError;
use consensus::{Divergence, StartError};
use signer::SignerError;
use wal::LogError;

/// Why the engine did not start, or halted. None of these is passed over: after a failed write a vote may never
/// leave.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The tip, the configuration or the log does not let consensus start.
    #[error("consensus cannot start: {0}")]
    Start(#[from] StartError),
    /// The consensus log is damaged, full or not writable.
    #[error("consensus log: {0}")]
    Log(#[from] LogError),
    /// The guard or the keys are damaged, full or not writable.
    #[error("signer: {0}")]
    Signer(#[from] SignerError),
    /// The state machine or its store is broken.
    #[error("{0}")]
    Application(ApplicationError),
    /// This node disagrees with a quorum.
    #[error("halted: {0}")]
    Diverged(Box<Divergence>),
    /// A thread could not be started, or ended without a word.
    #[error("the {0} thread is gone")]
    Thread(&'static str),
}
