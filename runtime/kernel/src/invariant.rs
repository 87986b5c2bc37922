//! What must hold between transactions.

use crate::View;
use state::StateError;

/// A check over the whole state, run by tests after every step and by the node's `doctor`.
#[derive(Clone, Copy, Debug)]
pub struct Invariant {
    /// Its name: lower-case words joined by underscores.
    pub name: &'static str,
    /// The check itself. It pages through tables, since a table may be large.
    pub check: fn(&View<'_>) -> Result<(), Violation>,
}

/// An invariant that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// It was checked, and found broken.
    #[error("{0}")]
    Broken(String),
    /// It could not be checked.
    #[error(transparent)]
    State(#[from] StateError),
}

impl Violation {
    /// The violation that `what` tells, with the numbers that do not agree.
    #[must_use]
    pub fn new(what: impl Into<String>) -> Self {
        Self::Broken(what.into())
    }
}
