//! The module's behaviour, over the kernel's store in memory.
#![cfg(test)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests compute with small numbers"
)]

mod faults;
mod feeds;
mod model;
mod rounds;
mod world;
