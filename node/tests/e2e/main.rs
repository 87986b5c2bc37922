//! Real processes over real sockets and disks: a testnet that is used, broken and mended.
#![cfg(test)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "tests compute their own expectations"
)]

mod crashes;
mod network;
mod waiters;
mod world;
