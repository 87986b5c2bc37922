//! Service 0: who validates, and what each validator counts for.
//!
//! May name: kernel, primitives, crypto, dss, staking, light-palisade.
//!
//! The chain is a service like others: a validator is a member of it, its vaults pledge to it, and what it signs can cost
//! them. Bonds, keys, sets and evidence are the staking module's; here stands how stake becomes power ([`compute`]), from
//! the state before an epoch's end ([`next`]), and what that was made of ([`query::explain`]). README.md has the rule.
//!
//! # Invariants
//!
//! - Every member of the set in force has a record of what its power comes from.
//! - Nothing counts that does not back: what is leaving, jailed or slashed counts for nothing, whatever bounds changes.
//! - No asset and no validator counts for more than its part of the uncapped whole, but for what a set that is kept had.
//!
//! # Source
//! restaking.md, "Power".

mod compute;
mod error;
mod event;
mod genesis;
mod hooks;
mod invariants;
mod msg;
mod next;
pub mod query;
mod state;
mod types;

pub use compute::{Computed, Previous, Rules, compute};
pub use error::Error;
pub use event::PowerComputed;
pub use genesis::{Genesis, Tables, as_genesis};
pub use hooks::Wiring;
pub use msg::Msg;
pub use next::{Next, next, store};
pub use types::{
    AssetPower, Barred, Candidate, EpochPower, Holding, MOST, Part, Place, Record, Source, Valuation,
};

use core::marker::PhantomData;
use kernel::{Ctx, Invariant, Module, ModuleId};
use primitives::AccountId;

/// The module's number and name.
pub const ID: ModuleId = ModuleId::new(29, "consensus");

/// The module, over what the runtime wires into it.
#[derive(Debug)]
pub struct Consensus<W>(PhantomData<W>);

impl<W: Wiring> Module for Consensus<W> {
    const ID: ModuleId = ID;
    type Msg = Msg;
    type Genesis = Genesis;
    type Error = Error;
    const MEANINGS: &'static [kernel::Meaning] = error::MEANINGS;

    fn init_genesis(ctx: &mut Ctx<'_>, genesis: Genesis) -> Result<(), Error> {
        genesis::init::<W>(ctx, genesis)
    }

    fn execute(ctx: &mut Ctx<'_>, sender: AccountId, msg: Msg) -> Result<(), Error> {
        match msg {
            Msg::Join => msg::join::<W>(ctx, &sender),
            Msg::Leave => msg::leave::<W>(ctx, &sender),
        }
    }

    fn invariants() -> &'static [Invariant] {
        invariants::ALL
    }
}
