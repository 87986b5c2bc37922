//! What stops a block, and what stops the node.

use crate::modules::ModuleError;
use crate::transaction::TransactionError;
use kernel::{Fault, StateError};
use primitives::{Gas, TxId};

/// The store or the code is broken: the node stops, since whatever it said next could be wrong.
#[derive(Debug, thiserror::Error)]
pub enum Halt {
    /// A table could not be read or written.
    #[error(transparent)]
    State(#[from] StateError),
    /// A module gave up.
    #[error("a module gave up: {0}")]
    Module(Box<ModuleError>),
    /// The look at a transaction gave up.
    #[error("authorizing gave up: {0}")]
    Transaction(Box<TransactionError>),
}

impl Halt {
    pub(crate) fn from_module(error: ModuleError) -> Self {
        Self::Module(Box::new(error))
    }

    pub(crate) fn from_transaction(error: TransactionError) -> Self {
        Self::Transaction(Box::new(error))
    }

    /// The error's name for programs.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::State(error) => error.reason(),
            Self::Module(error) => error.reason(),
            Self::Transaction(error) => error.reason(),
        }
    }
}

/// Why no validator may vote for a block.
#[derive(Debug, thiserror::Error)]
pub enum BlockInvalid {
    /// It holds evidence that may not be there.
    #[error("evidence {index}: {error}")]
    Evidence {
        /// Position in the block.
        index: u32,
        /// Why.
        error: staking::Error,
    },
    /// It holds a transaction that may not be there.
    #[error("transaction {index} ({id}): {error}")]
    Transaction {
        /// Position in the block.
        index: u32,
        /// Which.
        id: TxId,
        /// Why.
        error: TransactionError,
    },
    /// A transaction might use more gas than the block has left.
    #[error("transaction {index} ({id}) may use {asked} gas where the block has {left} left")]
    OutOfGas {
        /// Position in the block.
        index: u32,
        /// Which.
        id: TxId,
        /// What it may use.
        asked: Gas,
        /// What is left.
        left: Gas,
    },
}

/// Why a block was not executed.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError {
    /// The block is wrong: vote against it.
    #[error("invalid block: {0}")]
    Invalid(Box<BlockInvalid>),
    /// This node is broken: stop.
    #[error("this node cannot go on: {0}")]
    Halt(#[from] Halt),
}

impl From<BlockInvalid> for ExecuteError {
    fn from(error: BlockInvalid) -> Self {
        Self::Invalid(Box::new(error))
    }
}

impl From<StateError> for ExecuteError {
    fn from(error: StateError) -> Self {
        Self::Halt(error.into())
    }
}
