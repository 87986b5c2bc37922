//! What may be asked.

use crate::state::{HASHES, PROGRAMS};
use kernel::{Read, StateError};
use primitives::{Digest, ServiceId};

/// The hash of a service's program, if it has one.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn hash(store: &(impl Read + ?Sized), service: ServiceId) -> Result<Option<Digest>, StateError> {
    HASHES.get(store, &service)
}

/// A service's program, if it has one.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn program(store: &(impl Read + ?Sized), service: ServiceId) -> Result<Option<Vec<u8>>, StateError> {
    PROGRAMS.get(store, &service)
}

/// The raw key of a program's hash, whose value is a [`Digest`].
#[must_use]
pub fn hash_key(service: ServiceId) -> Vec<u8> {
    HASHES.raw_key(&service)
}
