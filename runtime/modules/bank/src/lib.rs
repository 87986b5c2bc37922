//! Multi-asset balances: transfers, supply, mint and burn.
//!
//! May name: kernel, primitives.
//!
//! Modules above move money by [`transfer`], [`mint`] and [`burn`]; what they hold themselves lies on a
//! [`module_account`], which has no keys and which no user can pay into. What lies between two steps of one
//! computation, such as a fee that was reserved and not settled yet, is [`InTransit`]. README.md has the tables.
//!
//! # Invariants
//!
//! - Per asset, the balances of all accounts add up to the supply.
//! - A stored balance or supply is above zero.
//! - Every asset with a supply is in the registry.

mod account;
mod burn;
mod error;
mod event;
mod genesis;
mod hooks;
mod invariants;
mod msg;
mod purse;
pub mod query;
mod state;
mod transfer;

pub use account::{is_module_account, module_account};
pub use burn::{burn, mint};
pub use error::Error;
pub use event::{Burned, Minted, Transferred};
pub use genesis::{Balance, Genesis, as_genesis};
pub use hooks::Wiring;
pub use msg::{Burn, Msg, Transfer};
pub use purse::{InTransit, destroy, give, take};
pub use state::{balance, supply};
pub use transfer::transfer;

use core::marker::PhantomData;
use kernel::{Ctx, Invariant, Module, ModuleId};
use primitives::AccountId;

/// This module's number and name.
pub const ID: ModuleId = ModuleId::new(3, "bank");

/// The module; `W` tells it which assets there are.
#[derive(Debug)]
pub struct Bank<W>(PhantomData<W>);

impl<W: Wiring> Module for Bank<W> {
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
            Msg::Transfer(message) => transfer::execute::<W>(ctx, sender, message),
            Msg::Burn(message) => burn::execute::<W>(ctx, sender, message),
        }
    }

    fn invariants() -> &'static [Invariant] {
        const { &invariants::all::<W>() }
    }
}
