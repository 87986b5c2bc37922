//! Operators, what their vaults pledge to services, and what a slash takes of it.
//!
//! May name: kernel, primitives, crypto, bank, vaults.
//!
//! An operator's vault pledges a magnitude of itself to a service: up after a delay, down after a longer one in which it
//! stays slashable, both by themselves. [`slashable`] is what a service can take, [`backing`] what counts for it,
//! [`slash`] takes; the service module decides who serves ([`join`], [`leave`]) and the slashing module what is an
//! offence. README.md has the tables, the formulas and the parameters.
//!
//! # Invariants
//!
//! - No pledge exceeds the vault's magnitude; no increase is accepted beyond the charter's leverage.
//! - What was pledged at an offence and ever since can be slashed for it until the window has passed.
//! - A slash takes what the formula says, at most its part of what was at stake at the offence, at most what is there;
//!   while nothing is pledged twice, it changes no other service's stake.
//! - A key belongs to one operator and one service, forever.
//!
//! # Source
//! restaking.md, "Entities" (Operator, Allocation, Membership), "Money", "Time", "Slashing".

mod allocate;
mod block;
mod commission;
mod error;
mod event;
mod genesis;
mod history;
mod hooks;
mod invariants;
mod key;
mod membership;
mod msg;
mod params;
pub mod query;
mod register;
mod slash;
mod stake;
mod state;
mod types;

pub use allocate::{charter_fits, is_idle};
pub use block::bind_all;
pub use error::Error;
pub use event::{
    AllocationAsked, AllocationChanged, CommissionSet, Joined, KeySet, Leaving, Left, MetadataSet,
    Registered, Slashed,
};
pub use genesis::{Genesis, Tables, as_genesis};
pub use hooks::{Terms, Timing, Wiring};
pub use key::{key_at, owner_of, set_key};
pub use membership::{join, leave};
pub use msg::{Allocate, Metadata, Msg, Register, SetCommission, SetKey, SetMetadata};
pub use params::{MAX_SERVICES, Params, ParamsError};
pub use register::enrol;
pub use slash::{Offence, Outcome, Skipped, slash, slash_more};
pub use stake::{backing, backing_of, reportable, self_stake, slashable, slashable_at};
pub use state::{allocation, allocations, is_operator, members, membership, serves, set_params};
pub use types::{
    Allocation, Change, Commission, Fraction, KeyKind, Level, Membership, Operator, ServiceKey, Status,
    Taking, taking,
};
pub use vaults::{Charter, Magnitude, ServiceId, VaultId};

use core::marker::PhantomData;
use kernel::{Ctx, Invariant, Module, ModuleId, StateError};
use primitives::AccountId;

/// The module's number and name.
pub const ID: ModuleId = ModuleId::new(6, "delegation");

/// The module, over what the runtime wires into it.
#[derive(Debug)]
pub struct Delegation<W>(PhantomData<W>);

impl<W: Wiring> Module for Delegation<W> {
    const ID: ModuleId = ID;
    type Msg = Msg;
    type Genesis = Genesis;
    type Error = Error;
    const MEANINGS: &'static [kernel::Meaning] = error::MEANINGS;

    fn init_genesis(ctx: &mut Ctx<'_>, genesis: Genesis) -> Result<(), Error> {
        genesis::init::<W>(ctx, genesis)
    }

    fn execute(ctx: &mut Ctx<'_>, sender: AccountId, msg: Msg) -> Result<(), Error> {
        msg.validate()?;
        match msg {
            Msg::Register(msg) => register::execute(ctx, sender, msg),
            Msg::SetMetadata(msg) => register::set_metadata(ctx, sender, msg),
            Msg::SetKey(msg) => key::set_key::<W>(ctx, sender, &msg),
            Msg::SetCommission(msg) => commission::execute(ctx, sender, &msg),
            Msg::Allocate(msg) => allocate::execute::<W>(ctx, sender, &msg),
        }
    }

    fn begin_block(ctx: &mut Ctx<'_>) -> Result<(), StateError> {
        block::begin::<W>(ctx)
    }

    fn invariants() -> &'static [Invariant] {
        invariants::ALL
    }
}
