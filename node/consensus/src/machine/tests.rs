//! Step tables: inputs, and what must and must not follow.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::integer_division,
    clippy::wildcard_enum_match_arm,
    reason = "tests state small figures"
)]

mod bench;
pub(crate) use bench::committee;
mod epochs;
mod hostile;
mod leading;
mod net;
mod proposals;
mod repeating;
mod scenarios;
mod tallying;
mod voting;
