//! The binary `palisade`: command line, configuration and composition.
//!
//! May name: everything under `node/`, runtime, genesis, proto, primitives, crypto, light/*.
//!
//! # Invariants
//!
//! - Data goes to standard output, everything else to standard error; how the program ends is one of the codes of
//!   [`output::Exit`].
//! - A node's settings never reach execution: `runtime` takes genesis and blocks, nothing else.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::integer_division,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::float_arithmetic,
    clippy::wildcard_enum_match_arm,
    reason = "node code is not consensus-critical: counts, durations and sizes within small bounds"
)]

mod app;
mod backend;
mod cli;
mod config;
mod diagnostics;
mod logging;
mod output;
mod start;
mod telemetry;

/// Transactions are allocated on one thread and freed on another, by the ten thousand: the system's allocator takes a tenth
/// of a loaded node's time for that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    cli::run()
}
