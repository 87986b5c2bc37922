//! Services: registry, tasks, certificates, evidence, scorecards.
//!
//! May name: kernel, primitives, crypto, bank, vaults, delegation.
//!
//! A service rents security. This module gives every service one life: it is registered, operators opt in with a key,
//! tasks are posted with a fee, answered and certified, whoever contradicts itself is convicted, and whoever leaves stays
//! liable. A concrete service supplies what is special about it through [`Service`]. README.md has tables and rules.
//!
//! ```text
//!  Register        Activate            Unwind              leave delay over, nothing open
//! ─────────▶ Draft ────────▶ Active ──────────▶ WindingDown ─────────────────────▶ Closed
//! ```
//!
//! # Invariants
//!
//! - A service's hook can block nothing but a joining, and eats no more gas than it is given.
//! - Who serves, and with which key, is the delegation module's to keep: nobody is a member of a closed service.
//! - An offence is convicted once: per service, epoch, operator and class.
//! - The fee of a task is paid or refunded once; what the module holds is what its records say.
//!
//! # Source
//! services.md, "The frame"; restaking.md, "Entities", "Slashing".

mod block;
pub mod certificate;
mod error;
mod event;
mod evidence;
mod genesis;
mod hooks;
mod invariants;
mod member;
mod msg;
mod params;
pub mod query;
mod register;
mod respond;
mod score;
mod seats;
mod snapshot;
mod state;
pub mod statement;
mod task;
mod types;

pub use error::Error;
pub use event::{
    ClassChanged, Convicted, FeesSettled, HookFailed, Registered, TaskCertified, TaskPosted, TaskSettled,
    Turned,
};
pub use evidence::{convict, is_guilty};
pub use genesis::{Genesis, as_genesis};
pub use hooks::{Accusation, MemberChange, Refusal, Service, Stake, Wiring};
pub use msg::{
    ChangeClass, Evidence, Join, MAX_ANSWER_BYTES, Msg, PostTask, Proof, Respond, Said, SubmitCertificate,
};
pub use params::{Params, ParamsError};
pub use score::{Score, Work, note_work};
pub use seats::Seats;
pub use snapshot::{Seat, Snapshot, eligible, snapshot};
pub use state::{bond_account, evidence_window, fee_account, service, set_params};
pub use types::{
    Accepted, Certificate, Class, Committee, Conviction, Destination, Kind, Metadata, Nature, Phase, Record,
    Rise, Task, Terms, Windows,
};

use core::marker::PhantomData;
use kernel::{Ctx, Invariant, Module, ModuleId, StateError};
use primitives::AccountId;

/// The module's number and name.
pub const ID: ModuleId = ModuleId::new(20, "dss");

/// The module, over what the runtime wires into it.
#[derive(Debug)]
pub struct Dss<W>(PhantomData<W>);

impl<W: Wiring> Module for Dss<W> {
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
            Msg::Register(terms) => register::register(ctx, sender, *terms),
            Msg::Activate { service } => register::activate::<W>(ctx, sender, service),
            Msg::ChangeClass(message) => register::change_class(ctx, sender, &message),
            Msg::Unwind { service } => register::unwind(ctx, sender, service),
            Msg::Close { service } => register::close(ctx, service),
            Msg::Join(message) => member::join::<W>(ctx, sender, &message),
            Msg::Leave { service } => member::leave::<W>(ctx, sender, service),
            Msg::Eject { service, operator } => member::eject::<W>(ctx, sender, service, operator),
            Msg::PostTask(message) => task::post::<W>(ctx, sender, &message),
            Msg::Commit { task, commitment } => respond::commit(ctx, sender, task, commitment),
            Msg::Respond(message) => respond::respond(ctx, sender, &message),
            Msg::Abstain { task } => respond::abstain(ctx, sender, task),
            Msg::SubmitCertificate(message) => respond::certify(ctx, &message),
        }
    }

    fn begin_block(ctx: &mut Ctx<'_>) -> Result<(), StateError> {
        block::begin::<W>(ctx)
    }

    fn end_epoch(ctx: &mut Ctx<'_>) -> Result<(), StateError> {
        block::end_epoch(ctx)
    }

    fn invariants() -> &'static [Invariant] {
        invariants::ALL
    }
}
