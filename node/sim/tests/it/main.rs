//! The simulated network put to work: seeds by the hundred, named scenarios, and every kind of fault.
#![cfg(test)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::integer_division,
    clippy::as_conversions,
    reason = "tests: small numbers"
)]

mod accusations;
mod bls;
mod determinism;
mod fuzz;
mod kinds;
mod liveness;
mod properties;
mod scenarios;
mod search;
mod sweep;
mod twins;
