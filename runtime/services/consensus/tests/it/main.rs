//! How stake becomes power.
#![cfg(test)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::integer_division,
    clippy::indexing_slicing,
    reason = "tests compute with small numbers"
)]

mod breaks;
mod naive;
mod properties;
mod world;
