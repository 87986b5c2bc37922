//! The operator's half of the services: values committed to and shown, tasks answered.
//!
//! It follows a node's final blocks. For each round of an oracle's feed it reads a value from a [`Source`], decides on it
//! behind the signer's guard, commits to it and shows it; for each task of an attested service it runs a command and signs
//! what that says.
//!
//! May name: client and what it names.
//!
//! # Invariants
//!
//! - What is said in a slot is durable before anything about it leaves: killed at any moment and started again, it says the same.
//! - Nothing that a source, a command or a node gives is unbounded: bytes, time, and how many rounds are open at once.
//! - Whatever fails (a source, a node, a transaction) costs the rounds it touches and nothing else.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::integer_division,
    reason = "node code is not consensus-critical: durations, counts and scaled decimals are bounded beforehand"
)]

mod answer;
mod command;
mod decimal;
mod follow;
mod http;
mod job;
mod metrics;
mod run;
mod send;
mod source;

pub use command::CommandError;
pub use decimal::DecimalError;
pub use metrics::Metrics;
pub use run::{Config, Identity, OperatorError, run};
pub use source::{Source, SourceError};
