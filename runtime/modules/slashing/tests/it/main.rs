//! The module's behaviour: proofs and requests over real vaults, pledges and services in memory.
#![cfg(test)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::integer_division,
    clippy::panic,
    reason = "tests compute their own expectations"
)]

mod proofs;
mod refusals;
mod requests;
mod world;
