//! What the module starts with: the programs of a chain that goes on.

use crate::error::Error;
use crate::program;
use crate::state::{HASHES, PROGRAMS};
use borsh::{BorshDeserialize, BorshSerialize};
use crypto::hash::sha256;
use kernel::{Ctx, Read, StateError};
use primitives::{Digest, ServiceId};

/// Programs; a new chain has none.
#[derive(
    Clone,
    Debug,
    Default,
    PartialEq,
    Eq,
    BorshSerialize,
    BorshDeserialize,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Genesis {
    /// Service and program, ascending.
    pub programs: Vec<(ServiceId, Vec<u8>)>,
}

/// Writes the programs.
pub(crate) fn init(ctx: &mut Ctx<'_>, genesis: Genesis) -> Result<(), Error> {
    for (service, bytes) in genesis.programs {
        program::check(&bytes).map_err(|_| Error::BadGenesis("a program is none"))?;
        if HASHES.contains(ctx, &service)? {
            return Err(Error::BadGenesis("two programs of one service"));
        }
        HASHES.put(ctx, &service, &Digest::new(sha256(&[&bytes])))?;
        PROGRAMS.put(ctx, &service, &bytes)?;
    }
    Ok(())
}

/// All programs in `store`.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn as_genesis(store: &(impl Read + ?Sized)) -> Result<Genesis, StateError> {
    let mut programs: Vec<(ServiceId, Vec<u8>)> = Vec::new();
    loop {
        let after = programs.last().map(|(service, _)| *service);
        let page = PROGRAMS.range(store, after.as_ref(), 16)?;
        if page.is_empty() {
            return Ok(Genesis { programs });
        }
        programs.extend(page);
    }
}
