//! Step tables: inputs, and what must and must not follow.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::integer_division,
    clippy::wildcard_enum_match_arm,
    reason = "tests state small figures"
)]

mod bench;
mod net;
mod proposals;
mod scenarios;
mod tallying;
mod voting;
