//! Behaviour of Bitcoin's rules: official vectors, choice of chain against a naive model, and attacks by name.
#![cfg(test)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::integer_division,
    reason = "tests compute their own expectations"
)]

mod attacks;
mod branches;
mod decoders;
mod deposits;
mod edges;
mod fixtures;
mod functions;
mod headers;
mod inclusion;
mod payouts;
mod retargets;
mod world;
