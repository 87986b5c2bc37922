//! Drives consensus: turns its effects into disk, network, timers and execution, in the only order that is safe.
//!
//! May name: primitives, crypto, light/palisade, consensus, wal, signer, network, mempool, sync. It declares
//! [`Application`], which the binary implements over runtime and store.
//!
//! ```text
//!  network ─▶ router ─▶ driver (the pure core) ─▶ log thread ──┐
//!                         │  ▲                ─▶ signer thread ┴▶ votes leave
//!                         │  └── verdicts ──── execution thread (build, verify)
//!                         └── finalized ─────▶ commit thread ─▶ durable ─▶ announced
//! ```
//!
//! # Invariants
//!
//! - A vote leaves only after the log and the guard hold it on disk; both sync at the same time.
//! - A block is announced as final only after the application made it durable.
//! - An error of the log, the guard or the application halts the engine: it is never logged and passed over.
//! - Consensus sees whole blocks alone: what is pushed without its transactions is made whole before.
//! - Execution never runs on the driver's task, and nothing the driver waits for can wait for the driver.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "clocks, counters and sizes of a node; nothing here enters consensus's hashes"
)]

mod application;
mod clock;
mod commit;
mod compact;
mod config;
mod driver;
mod engine;
mod error;
mod execution;
mod fetch;
mod log;
mod metrics;
mod outgoing;
mod router;
mod signing;
mod timers;

pub use application::{Application, ApplicationError, Committed, Finalized};
pub use clock::Clock;
pub use config::{Config, ConfigError};
pub use driver::{CatchUp, Status};
pub use engine::{Engine, Handle, Parts, Synced};
pub use error::EngineError;
pub use metrics::Metrics;
pub use router::Incoming;
