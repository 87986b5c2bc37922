//! Admission, order and eviction of transactions that wait for a block.
//!
//! May name: primitives; declares [`Admission`], which the binary implements over the runtime.
//!
//! [`Pool`] is the pure data structure: no clock, no lock, no I/O. [`Mempool`] shares one between threads, remembers
//! which bytes were verified already, hands new transactions to the relay and counts. [`Intake`] gathers what many
//! callers offer into large batches, so that signatures are checked together and off the async threads.
//!
//! # Invariants
//!
//! - Of one account, a transaction is never selected before the one with the sequence before it.
//! - No limit of [`Config`] is ever exceeded, not even for a moment; every queue and every memory is bounded.
//! - The bytes of a transaction are verified once per node, whether they first came alone or within a block.
//! - What is refused, dropped or pushed out has a reason that can be asked for.
//!
//! # Source
//! consensus.md, section 4 (metrics); performance.md; interfaces.md, section 2.3.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::integer_division,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "node code is not consensus-critical: counts and sizes are bounded by the limits checked beforehand"
)]

mod admission;
mod config;
mod dropped;
mod intake;
mod mempool;
mod metrics;
mod pool;
mod rejection;
mod relay;
mod submit;
mod transaction;
mod verdicts;

#[cfg(test)]
mod fixture;

pub use admission::{Account, Admission};
pub use config::{Config, ConfigError};
pub use dropped::Dropped;
pub use intake::{Intake, Receipt};
pub use mempool::{Mempool, Origin, Outcome, Peer, Size, Status};
pub use metrics::Metrics;
pub use pool::{Change, Inserted, Place, Pool, Reserved, Selection};
pub use rejection::{Class, Rejection};
pub use relay::Relayed;
pub use transaction::{Bid, Transaction};
