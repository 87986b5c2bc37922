//! What validators decide: proposals with typed actions, votes by frozen power, timelocks, halts that end by themselves.
//!
//! May name: kernel, primitives, bank. What can be decided is the runtime's to say, through [`Wiring`].
//!
//! ```text
//!             deposit                  quorum, threshold, still right          timelock over, still right
//!  (nobody) ──────────▶ voting ──────────────────────────────────▶ waiting ───────────────────────▶ executed
//!                          │ no quorum: ignored, deposit destroyed     │ no longer right: failed
//!                          └ not enough of yes: rejected               ▼
//!                                                              deposit back
//! ```
//!
//! # Invariants
//!
//! - What the module holds is what open proposals put down.
//! - A proposal's tally is the sum of its votes; nobody's vote counts twice, nor by another power than that of the set of the
//!   epoch in which it was made.
//! - A proposal ends once.
//! - A halt is over at the moment that was stated when it began, whoever runs the chain by then.
//!
//! # Source
//! restaking.md, "Time" and "Slashing" (4).

mod block;
mod error;
mod event;
mod genesis;
mod halt;
mod hooks;
mod invariants;
mod msg;
mod params;
mod propose;
pub mod query;
mod state;
mod types;
mod vote;

pub use error::Error;
pub use event::{Accepted, Ended, HaltEnded, Halted, Lifted, Proposed, Voted};
pub use genesis::{Genesis, Tables, as_genesis};
pub use halt::{Subject, halt, lift, refuse_if_halted};
pub use hooks::{Ballot, Inequality, Refusal, Urgency, Wiring};
pub use msg::{MAX_SUMMARY_BYTES, Msg, Propose, Summary};
pub use params::{Params, ParamsError};
pub use propose::wait;
pub use state::{deposit_account, set_params};
pub use types::{Choice, Ending, Phase, Proposal, Tally, Vote};

use core::marker::PhantomData;
use kernel::{Ctx, Invariant, Module, ModuleId, StateError};
use primitives::AccountId;

/// The module's number and name.
pub const ID: ModuleId = ModuleId::new(23, "governance");

/// The module, over what the runtime wires into it.
#[derive(Debug)]
pub struct Governance<W>(PhantomData<W>);

impl<W: Wiring> Module for Governance<W> {
    const ID: ModuleId = ID;
    type Msg = Msg<W::Action>;
    type Genesis = Genesis<W::Action>;
    type Error = Error;
    const MEANINGS: &'static [kernel::Meaning] = error::MEANINGS;

    fn init_genesis(ctx: &mut Ctx<'_>, genesis: Self::Genesis) -> Result<(), Error> {
        genesis::init::<W>(ctx, genesis)
    }

    fn execute(ctx: &mut Ctx<'_>, sender: AccountId, msg: Self::Msg) -> Result<(), Error> {
        match msg {
            Msg::Propose(message) => propose::execute::<W>(ctx, sender, *message),
            Msg::Vote { proposal, choice } => vote::execute::<W>(ctx, sender, proposal, choice),
        }
    }

    fn begin_block(ctx: &mut Ctx<'_>) -> Result<(), StateError> {
        block::begin::<W>(ctx)
    }

    fn invariants() -> &'static [Invariant] {
        Self::INVARIANTS
    }
}
