//! Real processes over real sockets and disks: a testnet that is used, broken and mended.
#![cfg(test)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    clippy::wildcard_enum_match_arm,
    reason = "tests compute their own expectations; a table is one list"
)]

mod bad_input;
mod beside;
mod checkpoints;
mod crashes;
mod doubles;
mod misbehaviour;
mod network;
mod newcomer;
mod operators;
mod owning;
mod storage;
mod stories;
mod surroundings;
mod transactions;
mod waiters;
mod watching;
mod world;
