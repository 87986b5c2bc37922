//! Registering a fault program.

use crate::error::Error;
use crate::event::ProgramSet;
use crate::program::{self, MAX_BYTES};
use crate::state::{HASHES, PROGRAMS};
use crypto::hash::sha256;
use dss::{Kind, Phase};
use kernel::Ctx;
use primitives::{AccountId, Digest, Gas, ServiceId};

/// Validating one byte of a program, then translating and starting it: the first is half as long as the second, where the
/// byte is as costly as it can be.
pub(crate) const COMPILE_BYTE: Gas = Gas::new(600);

/// A message to this module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Msg {
    /// Registers a service's fault program.
    SetProgram(SetProgram),
}

/// Registers a service's fault program, for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetProgram {
    /// The service: the sender's, a draft that nobody has joined.
    pub service: ServiceId,
    /// A WebAssembly module as [`program`] says, at most 64 KiB.
    pub program: Vec<u8>,
}

impl Msg {
    /// Checks all that needs no state. The program itself is checked when gas is paid for it.
    ///
    /// # Errors
    /// [`Error::BadProgram`].
    pub const fn validate(&self) -> Result<(), Error> {
        let Self::SetProgram(message) = self;
        if message.program.len() > MAX_BYTES {
            return Err(Error::BadProgram(program::Refused::TooLong));
        }
        Ok(())
    }
}

/// The gas of translating `bytes`.
pub(crate) fn compile_gas(bytes: usize) -> Gas {
    let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
    Gas::new(COMPILE_BYTE.get().saturating_mul(bytes))
}

/// Shall: only the owner; only before anybody ever joined, so that whoever joins knows what may convict him; once.
pub(crate) fn execute(ctx: &mut Ctx<'_>, sender: AccountId, message: SetProgram) -> Result<(), Error> {
    let SetProgram { service, program } = message;
    let record = dss::service(ctx, service)?;
    if record.owner != sender {
        return Err(dss::Error::NotOwner(service).into());
    }
    if record.terms.kind != Kind::Attested {
        return Err(Error::OtherKind(record.terms.kind));
    }
    if record.phase != Phase::Draft || record.joined > 0 {
        return Err(Error::TooLate);
    }
    if HASHES.contains(ctx, &service)? {
        return Err(Error::AlreadySet);
    }
    ctx.charge(compile_gas(program.len()))?;
    program::check(&program)?;
    let hash = Digest::new(sha256(&[&program]));
    HASHES.put(ctx, &service, &hash)?;
    PROGRAMS.put(ctx, &service, &program)?;
    Ok(ctx.emit(&ProgramSet { service, hash })?)
}
