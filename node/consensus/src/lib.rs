//! Stake-weighted Simplex as a pure state machine: input in, effects out. No clock, no async, no I/O.
//!
//! May name: primitives, crypto, light/palisade.
//!
//! # Invariants
//!
//! - The same inputs at the same times give the same effects, on every machine.
//! - No two statements of one view that together are an [offence](light_palisade::Offence) are ever asked to be
//!   signed, across any number of restarts with the log.
//! - A statement is in the log before its vote leaves; a body before the vote for it.
//! - Blocks come out once each, in height order, each the parent of the next.
//! - Everything that a peer can make the core hold or compute is bounded ([`limits`]).
//!
//! # Source
//! consensus.md, sections 0 and 1.2; safety argument in 1.3. ADR-001 (`node/docs/adr-001-consensus.md`).

mod config;
mod early;

mod effect;
mod input;
mod ledger;
pub mod limits;
mod machine;
mod message;
mod pace;
mod peers;
mod record;
mod round;
mod rules;
mod schedule;
mod scheme;
mod tally;
mod tree;

pub use config::{Config, Now, StartError, Timing, Tip};
pub use effect::{Build, Divergence, Effect, Event, Misdeed, TimeoutReason, Verify};
pub use input::{Input, TimerKey, Verdict};
pub use machine::Core;
pub use message::{Content, Message, Peer, Proposal};
pub use record::{Floor, Record};
pub use schedule::{Draw, Schedule};
pub use scheme::{BlsScheme, Scheme};
