//! What the module asks of those above it.

use kernel::{StateError, View};
use primitives::{AccountId, Epoch};

/// Implemented once, by the runtime, which knows who decides blocks.
pub trait Wiring: dss::Wiring {
    /// The operators that decided blocks in `epoch`, each with its weight; nobody for an epoch that is forgotten.
    ///
    /// # Errors
    /// [`StateError`]: the store is broken, or out of gas.
    fn power(view: &View<'_>, epoch: Epoch) -> Result<Vec<(AccountId, u64)>, StateError>;
}
