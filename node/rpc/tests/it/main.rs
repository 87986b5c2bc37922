//! The services over a node in memory, reached by real clients over loopback.
#![cfg(test)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::integer_division,
    clippy::as_conversions,
    clippy::wildcard_enum_match_arm,
    clippy::large_futures,
    clippy::too_many_lines,
    reason = "tests compute with small numbers that they chose; a test tells one story from beginning to end"
)]

mod accounts;
mod dev;
mod flows;
mod follow;
mod gate;
mod ledger;
mod listening;
mod lists;
mod node;
mod owner;
mod restaking;
mod snapshots;
mod standard;
mod streams;
mod support;
mod tls;
mod transactions;
mod validators;
mod web;
