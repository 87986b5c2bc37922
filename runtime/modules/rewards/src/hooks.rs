//! What the module asks of those above it.

use kernel::{Read, StateError};
use primitives::{Amount, ServiceId};
use vaults::VaultId;

/// Implemented once, by the runtime.
pub trait Wiring: 'static {
    /// What a vault counts for a service, in value.
    ///
    /// # Errors
    /// [`StateError`]: the store is broken, or out of gas.
    fn counts(store: &dyn Read, service: ServiceId, vault: &VaultId) -> Result<Amount, StateError>;
}
