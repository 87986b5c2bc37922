//! What is taken for offences: at once by proof, or asked for, delayed and open to a veto.
//!
//! May name: kernel, primitives, crypto, bank, staking, vaults, delegation, dss.
//!
//! `dss` says who is guilty; this module decides what that costs; `delegation` takes it from every vault that backed the
//! operator, and says how much that was. README.md has tables, rules and parameters.
//!
//! ```text
//!  proof ──▶ taken in the same transaction, from up to 32 vaults; nobody vetoes
//!
//!  request, bonded ──▶ waits for the veto window ──▶ taken by the block's hook, before every claim
//!                              │ a vetoer
//!                              ▼
//!                      vetoed; the bond goes to those whom it was to hurt
//! ```
//!
//! # Invariants
//!
//! - A request ends once: executed or vetoed; only a vetoer vetoes, only in time.
//! - A vault where nothing is to be taken is skipped; it saves no other.
//! - What the module holds is the bonds of open requests and what reporters are to get.
//!
//! # Source
//! restaking.md, "Slashing".

mod block;
mod cost;
mod error;
mod event;
mod genesis;
mod hooks;
mod invariants;
mod msg;
mod params;
mod prove;
pub mod query;
mod request;
mod state;
mod take;
mod types;

pub use error::Error;
pub use event::{ReporterPaid, Requested, Slashed, VaultSkipped, Vetoed};
pub use genesis::{Genesis, as_genesis};
pub use hooks::Wiring;
pub use msg::{Msg, RequestSlash};
pub use params::{Params, ParamsError};
pub use query::{Open, is_due, open_of};
pub use state::{held_account, set_params};
pub use take::take_for_chain;
pub use types::{Due, Ending, Request};

use core::marker::PhantomData;
use kernel::{Ctx, Invariant, Module, ModuleId, StateError};
use primitives::AccountId;

/// The module's number and name.
pub const ID: ModuleId = ModuleId::new(21, "slashing");

/// The module, over what the runtime wires into it.
#[derive(Debug)]
pub struct Slashing<W>(PhantomData<W>);

impl<W: Wiring> Module for Slashing<W> {
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
            Msg::Prove(evidence) => prove::execute::<W>(ctx, sender, &evidence),
            Msg::Request(message) => request::ask(ctx, sender, &message),
            Msg::Veto { request } => request::veto::<W>(ctx, sender, request),
        }
    }

    fn begin_block(ctx: &mut Ctx<'_>) -> Result<(), StateError> {
        block::begin(ctx)
    }

    fn invariants() -> &'static [Invariant] {
        invariants::ALL
    }
}
