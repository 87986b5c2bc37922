//! What can go wrong between a table and the store.

use primitives::{Gas, MathError};

/// The transaction asked for more work than its gas limit pays for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("out of gas: the limit is {limit}, at least {needed} are needed")]
pub struct OutOfGas {
    /// What the transaction may use.
    pub limit: Gas,
    /// What it had used, plus the charge that did not fit.
    pub needed: Gas,
}

/// Why a table could not be read or written. All but [`StateError::OutOfGas`] mean that the store or the code is
/// broken: the node halts rather than go on from there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// A stored key or value is not what the table holds.
    #[error(
        "table {table} of module {module} holds what it cannot: {what}; restore the state from a snapshot"
    )]
    Corrupt {
        /// The module's number.
        module: u8,
        /// The table's number within it.
        table: u8,
        /// What is wrong with the bytes.
        what: String,
    },
    /// Changes were applied to a version that they do not start from.
    #[error("changes start from another version: they expect a different value under key {key}")]
    WrongBase {
        /// The first key that differs, in hexadecimal.
        key: String,
    },
    /// What the code relies on does not hold.
    #[error("broken invariant in module {module}: {what}")]
    Broken {
        /// The module's number.
        module: u8,
        /// What should have held.
        what: &'static str,
    },
    /// Arithmetic that cannot fail on a sound state did.
    #[error("broken invariant in module {module}: {what}: {source}")]
    Math {
        /// The module's number.
        module: u8,
        /// What was being computed.
        what: &'static str,
        /// How it failed.
        source: MathError,
    },
    /// The transaction has no gas left. This alone rejects the transaction instead of halting the node; it cannot
    /// happen in a block hook, which runs unmetered.
    #[error(transparent)]
    OutOfGas(#[from] OutOfGas),
}
