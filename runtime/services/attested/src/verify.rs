//! Asking a fault program.
//!
//! Shall:
//! - give the program the context that was fixed when the slot began, what the accuser adds, and what the accused signed;
//! - charge for translating it and for every unit of fuel;
//! - take for a fault only a class that it names; a trap, no verdict, running out of fuel or of memory are none, each told by a
//!   number of its own.

use crate::error::Error;
use crate::program::{self, MAX_FUEL, Trap, Verdict};
use crate::set_program::compile_gas;
use crate::state::PROGRAMS;
use dss::{Accusation, Refusal, Task};
use kernel::Ctx;
use primitives::codec::encode;
use primitives::{ChainHash, Gas, ServiceId};

/// Gas of a unit of fuel: about one instruction.
const GAS_PER_FUEL: u64 = 5;
/// How long a context is.
pub const CONTEXT_BYTES: usize = 132;

/// What a program is told of the slot, all of it fixed when the task was posted: the chain's hash (32 bytes), the service (4),
/// the task (8), the payload's hash (32), the epoch (8), the chain time (8) and height (8) of posting, and that block's
/// seed (32). Numbers are little-endian.
#[must_use]
pub fn context(chain: &ChainHash, service: ServiceId, id: u64, task: &Task) -> Vec<u8> {
    encode(&(
        *chain,
        service,
        id,
        task.payload,
        task.epoch,
        task.posted_at,
        task.height,
        task.seed,
    ))
}

/// The class that the program finds the answers to be of.
pub(crate) fn verify(ctx: &mut Ctx<'_>, accusation: &Accusation<'_>) -> Result<u8, Refusal> {
    judge(ctx, accusation).map_err(|error| match error {
        Error::State(inner) => Refusal::State(inner),
        Error::Dss(inner) => Refusal::of(&inner, crate::ID.broken("services are there")),
        error @ (Error::BadProgram(_)
        | Error::OtherKind(_)
        | Error::TooLate
        | Error::AlreadySet
        | Error::NoProgram
        | Error::Innocent
        | Error::NoVerdict(_)
        | Error::BadGenesis(_)) => {
            Refusal::of(&error, crate::ID.broken("an error of this module has a code"))
        }
    })
}

fn judge(ctx: &mut Ctx<'_>, accusation: &Accusation<'_>) -> Result<u8, Error> {
    let program = PROGRAMS.get(ctx, &accusation.service)?.ok_or(Error::NoProgram)?;
    let task = dss::query::task(ctx, accusation.task)?;
    let task = task.ok_or(dss::Error::UnknownTask(accusation.task))?;
    let chain = ctx.block().chain_hash;
    let mut inputs = vec![
        context(&chain, accusation.service, accusation.task, &task),
        accusation.extra.to_vec(),
    ];
    inputs.extend(accusation.said.iter().map(|said| said.answer.clone()));
    ctx.charge(compile_gas(program.len()))?;
    let left = ctx.meter().limit().saturating_sub(ctx.meter().used());
    let fuel = left.get().checked_div(GAS_PER_FUEL).unwrap_or(0).min(MAX_FUEL);
    let run = program::run(&program, inputs, fuel);
    ctx.charge(Gas::new(run.fuel.saturating_mul(GAS_PER_FUEL)))?;
    match run.outcome {
        Ok(Verdict::Guilty(class)) => Ok(class),
        Ok(Verdict::Innocent) => Err(Error::Innocent),
        // With more gas it might have ended.
        Err(Trap::OutOfFuel) if fuel < MAX_FUEL => {
            ctx.charge(Gas::MAX)?;
            Err(Error::NoVerdict(Trap::OutOfFuel))
        }
        Err(trap) => Err(Error::NoVerdict(trap)),
    }
}
