//! Catching up: the tip by one certificate, headers backwards by hash, bodies in parallel.
//!
//! May name: primitives, crypto, light/palisade, network.
//!
//! ```text
//!  who is ahead? ─▶ one finalization, checked with a set that this node follows from its own state, epoch by epoch
//!                   ─▶ hashes from there down to this node's block ─▶ bodies from several peers ─▶ blocks in order
//! ```
//!
//! [`Syncer::run`] gives verified blocks through a bounded channel; whoever takes them executes and commits them.
//! [`answer`] serves other nodes from a [`Source`].
//!
//! # Invariants
//!
//! - What a peer says about heights only decides whom to ask: a block is given out because a quorum's finalization
//!   leads to it by hashes, and for no other reason.
//! - A block that is given out is exactly the one that its header commits to, body and all.
//! - Blocks come in order of height, each once, each the parent of the next, the first a child of this node's.
//! - A peer that lies is blamed with what it did and not asked again; one that is silent is passed over.
//! - A finalization that contradicts this node's own chain ends in [`SyncError::Forked`], never in a reorganization.
//! - Everything is bounded: bytes of an answer, blocks in memory, requests under way.
//!
//! # Source
//! consensus.md, sections 0 ("Verifiers") and 1.2 ("Catch-up").

#![allow(
    clippy::arithmetic_side_effects,
    clippy::integer_division,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "node code is not consensus-critical: counts and sizes are bounded by the limits checked beforehand"
)]

mod ask;
mod bodies;
mod config;
mod error;
mod headers;
mod metrics;
mod peers;
mod progress;
mod roster;
mod server;
mod syncer;
mod target;
mod wire;

#[cfg(test)]
mod behaviour;
#[cfg(test)]
mod twin;

pub use bodies::Verified;
pub use config::{Config, ConfigError};
pub use error::SyncError;
pub use metrics::Metrics;
pub use peers::{Lie, OverNetwork, Peers};
pub use progress::Progress;
pub use server::{Source, answer};
pub use syncer::{CaughtUp, Ids, Local, Running, Syncer};
pub use wire::{Answer, HandOver, Request, Status};
