//! Networks of real nodes over sockets on loopback.
#![cfg(test)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::wildcard_enum_match_arm,
    reason = "tests"
)]

mod faults;
mod gossip;
mod links;
mod peers;
mod requests;
mod support;
