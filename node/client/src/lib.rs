//! Build, sign, broadcast, wait, verify: what every program of ours that talks to a node uses.
//!
//! A [`Client`] is one connection. A [`transaction::Builder`] makes a body, a [`transaction::Signing`] collects its
//! signatures, [`Client::broadcast`] offers it and [`Client::wait`] follows it. [`verify::Trust`] checks answers
//! without believing the node. [`load`] measures what a network takes.
//!
//! May name: proto, primitives, crypto, light/*, signer.
//!
//! # Invariants
//!
//! - Sign bytes and ids are computed here, never asked of a node.
//! - Nothing that a node says is believed where a proof was asked for: [`verify`] calls the same functions as
//!   consensus does.
//! - What a node sends is bounded before it is decoded.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::integer_division,
    clippy::indexing_slicing,
    clippy::float_arithmetic,
    reason = "node code is not consensus-critical: sums of durations and counts, divisions by constants, statistics"
)]

pub mod action;
pub mod address;
pub mod amount;
pub mod broadcast;
mod connection;
pub mod convert;
pub mod describe;
pub mod envelope;
mod error;
pub mod load;
pub mod prepare;
pub mod transaction;
pub mod verify;
pub mod wait;

pub use connection::{Client, Timeouts};
pub use error::{Error, Rejection};
pub use transaction::{Builder, Sign, SignedTransaction, Signing};
