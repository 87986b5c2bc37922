//! Off-chain work, quorum certificates, and fault programs that anyone may bring.
//!
//! May name: kernel, primitives, crypto, dss.
//!
//! A service of this kind does whatever its owner says in its metadata. The frame posts its tasks and certifies the answers;
//! what is special is the [`program`]: a WASM predicate over what an operator signed, that the owner registers before
//! anybody joins and that never changes. Whoever shows it answers that it calls a fault slashes objectively. Without one,
//! two answers for one slot are the only fault that can be proven, and the rest is the subjective class's.
//!
//! # Invariants
//!
//! - A fault program sees its inputs and nothing else: no clock, no state, no chance, no floats.
//! - Every program ends: fuel, memory, tables and call depth are bounded, and a program that exceeds one has shown nothing.
//! - A program is there before the first member, and is the same for as long as the service.
//! - Its context holds only what was fixed when the slot began.
//!
//! # Source
//! services.md, `attested`.

mod error;
mod event;
mod genesis;
pub mod program;
pub mod query;
mod set_program;
mod state;
mod verify;

pub use error::Error;
pub use event::ProgramSet;
pub use genesis::{Genesis, as_genesis};
pub use set_program::{Msg, SetProgram};
pub use verify::{CONTEXT_BYTES, context};

use dss::{Accusation, Kind, Refusal};
use kernel::{Ctx, Module, ModuleId, StateError, View};
use primitives::{AccountId, Epoch, ServiceId};

/// The module's number and name.
pub const ID: ModuleId = ModuleId::new(30, "attested");

/// The module, and the service.
#[derive(Debug)]
pub struct Attested;

impl Module for Attested {
    const ID: ModuleId = ID;
    type Msg = Msg;
    type Genesis = Genesis;
    type Error = Error;
    const MEANINGS: &'static [kernel::Meaning] = error::MEANINGS;

    fn init_genesis(ctx: &mut Ctx<'_>, genesis: Genesis) -> Result<(), Error> {
        genesis::init(ctx, genesis)
    }

    fn execute(ctx: &mut Ctx<'_>, sender: AccountId, msg: Msg) -> Result<(), Error> {
        msg.validate()?;
        match msg {
            Msg::SetProgram(message) => set_program::execute(ctx, sender, message),
        }
    }
}

impl dss::Service for Attested {
    const KIND: Kind = Kind::Attested;

    fn slot(view: &View<'_>, service: ServiceId, task: u64, slot: u64) -> Result<Option<Epoch>, StateError> {
        dss::query::task_epoch(view, service, task, slot)
    }

    fn verify(ctx: &mut Ctx<'_>, accusation: &Accusation<'_>) -> Result<u8, Refusal> {
        verify::verify(ctx, accusation)
    }
}
