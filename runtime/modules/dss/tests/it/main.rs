//! The module's behaviour, over the kernel's store in memory.
#![cfg(test)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::integer_division,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests compute with small numbers"
)]

mod evidence;
mod lifecycle;
mod model;
mod tasks;
mod world;
