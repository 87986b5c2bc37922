//! A seeded network in virtual time: faults, named Byzantine actors, and an oracle that restates the rules. A dev-dependency only.
//!
//! May name: anything of the node's side; named only as a dev-dependency.
//!
//! # Invariants
//!
//! - A run is a function of its [`Plan`]: the same seed twice gives the same events, and the same hash of them.
//! - The cores are those that production runs; everything around them is simulated.
//! - The [`oracle`] shares no rule with production: it adds weights up and compares statements by itself, and knows
//!   who signed what from the keys.
//! - The faulty (malicious, or without memory) are below a third of the weight in every epoch.
//!
//! # Source
//! consensus.md, section 3.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::integer_division,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a simulation for tests: small numbers, fixed sizes, and an out-of-bounds access is a failed test"
)]

pub mod actors;
pub mod app;
pub mod costs;
pub mod dice;
pub mod faults;
pub mod guard;
pub mod keys;
pub mod log;
pub mod network;
mod node;
pub mod oracle;
pub mod plan;
pub mod search;
pub mod sets;
pub mod sweep;
pub mod trace;
pub mod twins;
pub mod world;

pub use keys::{MockScheme, RealScheme};
pub use oracle::{Invariant, Violation};
pub use plan::Plan;
pub use world::{Failure, Report, World};
