//! What services pay: funded pools per epoch, shared out by work and stake, claimed per vault share.
//!
//! May name: kernel, primitives, bank, vaults, staking, delegation, dss.
//!
//! Anybody funds a service's pools for epochs to come, in any asset. When an epoch is over its pools are shared out among the
//! seats of its snapshot, by stake and by how well each has worked; fees of tasks and a validator's earnings come to them too.
//! Of what an operator has earned in an epoch it keeps its commission, and the rest goes to its vaults: into the vault where the reward is of the vault's asset, else to those who own its shares, by a
//! sum per share that only grows. README.md has tables and rules.
//!
//! # Invariants
//!
//! - What the module holds covers every pool, what operators have earned, everything that is owed, and everything that was earned and not settled.
//! - Nothing is paid that was not funded.
//! - A sum per share never falls.
//!
//! # Source
//! restaking.md, "Rewards".

mod accrue;
mod block;
mod claim;
mod error;
mod event;
mod fund;
mod genesis;
mod hooks;
mod invariants;
mod msg;
mod params;
pub mod query;
mod state;
mod types;

pub use accrue::{credit_operator, credit_vault, earn, settle, share_of_validator};
pub use error::Error;
pub use event::{Claimed, Forfeited, Funded, SharedOut};
pub use genesis::{Genesis, as_genesis};
pub use hooks::Wiring;
pub use msg::{Fund, Msg};
pub use params::{Params, ParamsError};
pub use state::{pool_account, set_params};
pub use types::{Account, PerShare};

use core::marker::PhantomData;
use kernel::{Ctx, Invariant, Module, ModuleId, StateError};
use primitives::AccountId;

/// The module's number and name.
pub const ID: ModuleId = ModuleId::new(22, "rewards");

/// The module, over what the runtime wires into it.
#[derive(Debug)]
pub struct Rewards<W>(PhantomData<W>);

impl<W: Wiring> Module for Rewards<W> {
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
            Msg::Fund(message) => fund::execute(ctx, sender, &message),
            Msg::Claim { vault } => claim::execute(ctx, sender, &vault),
        }
    }

    fn begin_block(ctx: &mut Ctx<'_>) -> Result<(), StateError> {
        block::begin::<W>(ctx)
    }

    fn invariants() -> &'static [Invariant] {
        invariants::ALL
    }
}
