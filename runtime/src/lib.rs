//! The state machine: decode, authorize, charge, dispatch, commit, query.
//!
//! May name: everything under `runtime/`, and proto (in [`wire`] alone).
//!
//! Bytes become a [`Decoded`] by [`decode`], a [`Verified`] by [`Decoded::verify`] or [`verify_batch`]; a proposer
//! [`build`]s a block out of those, everyone [`execute`]s it over its parent's [`State`].
//!
//! # Invariants
//!
//! - Executing is pure: the same parent, context and transactions give the same bytes on every machine.
//! - A transaction that cannot pay, is not signed, too late or out of turn is in no valid block. One that is in a
//!   block pays its fee and counts, whether or not it takes effect; one that fails leaves no other trace.
//! - Per asset, balances add up to the supply after every block.
//! - Nothing a transaction contains panics or halts the node.

pub mod action;
mod apply;
pub mod authorize;
mod block;
pub mod chain;
mod compose;
pub mod epoch;
mod error;
mod event;
pub mod fee;
mod gate;
pub mod genesis;
mod modules;
pub mod query;
mod receipt;
pub mod rules;
mod simulate;
pub mod transaction;
pub mod wire;
mod wiring;

pub use {
    assets, attested, bank, delegation, dss, governance, oracle, rewards, service_consensus, slashing,
    staking, vaults,
};

pub use action::Action;
pub use block::{BlockContext, BlockEvents, Built, Executed, Limits, build, execute};
pub use chain::Params;
pub use error::{BlockInvalid, ExecuteError, Halt};
pub use event::FeesSettled;
pub use fee::Fee;
pub use genesis::Genesis;
pub use kernel::{Block, Code, Event, Fault, Meaning, StateError, Value, View};
pub use modules::{MODULES, Message, ModuleError, ModulesGenesis, invariants};
pub use receipt::{Failure, Receipt, receipts_root};
pub use simulate::{SimulateError, Simulated, simulate};
pub use state::{Bytes, Change, Changes, Order, State};
pub use transaction::{
    Body, Class, Decoded, Transaction, TransactionError, Verified, decode, peek_id, sign_bytes, verify_batch,
};
pub use wiring::Wire;
