//! The behaviour of operators, pledges and slashes, over real vaults and a real bank in memory.
#![cfg(test)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::integer_division,
    reason = "tests compute their own expectations"
)]

mod behaviour;
mod breaks;
mod karak;
mod model;
mod naive;
mod named;
mod special;
mod world;
