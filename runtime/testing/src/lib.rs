//! The Chain harness, generators and reference models. A dev-dependency only.
//!
//! May name: everything under `runtime/`, and genesis.
//!
//! [`Chain`] is a whole chain in memory but for consensus: real keys, a real genesis document, real bytes. Every block
//! that it makes is executed a second time from its bytes, and every invariant is checked after it.
//!
//! # Invariants
//!
//! - Nothing is drawn from the machine: the same calls give the same chain.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a harness for tests: it fails loudly where a test's premise does not hold"
)]

mod certify;
mod chain;
mod draft;
pub mod fuzz;
mod generate;
mod keys;
mod model;

pub use chain::{Chain, Sealed};
pub use draft::Draft;
pub use generate::{Generator, Op, Portion, Step};
pub use keys::{Account, ValidatorKeys};
pub use model::Model;
