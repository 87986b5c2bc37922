//! The module's behaviour, over the kernel's in-memory store and a real bank.
#![cfg(test)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::integer_division,
    reason = "tests compute their own expectations"
)]

mod bonds;
mod duties;
mod epochs;
mod genesis;
mod model;
mod naive;
mod refusals;
mod registration;
mod rewards;
mod selection;
mod slashes;
mod standing;
mod world;
