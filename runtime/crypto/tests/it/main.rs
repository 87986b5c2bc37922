//! Behaviour of the crate against official vectors and against itself.
#![cfg(test)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::integer_division,
    reason = "tests compute their own expectations"
)]

mod bls;
mod bls_short_keys;
mod ed25519;
mod fixtures;
