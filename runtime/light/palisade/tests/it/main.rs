//! Behaviour of finality: certificates, evidence, blocks and the proofs that wallets check.
#![cfg(test)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::integer_division,
    reason = "tests compute their own expectations"
)]

mod blocks;
mod certificates;
mod decoders;
mod evidence;
mod world;
