//! Behaviour of the crate: against every case of the fixtures, and against a committee of its own.
#![cfg(test)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::integer_division,
    clippy::string_slice,
    reason = "tests compute their own expectations"
)]

mod bridges;
mod cases;
mod fixtures;
mod official;
mod receipts;
mod tables;
mod tries;
