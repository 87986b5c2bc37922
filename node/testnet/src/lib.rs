//! The supervisor behind `palisade testnet`: real child processes, real ports, nothing left behind.
//!
//! [`provision::prepare`] lays a testnet out, [`Supervisor`] runs it, [`control::ask`] talks to a supervisor that
//! runs somewhere else, [`mod@bench`] measures what the testnet takes.
//!
//! May name: client and what it names, genesis.
//!
//! # Invariants
//!
//! - No process outlives the supervisor, whatever ends it: see [`child`](self) for how.
//! - The same seed and flags give the same keys, addresses and chain hash.
//! - Flags that contradict what a testnet was made with are errors, never ignored.
//! - Everything listens on 127.0.0.1.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::integer_division,
    clippy::indexing_slicing,
    clippy::float_arithmetic,
    reason = "node code is not consensus-critical: counts, ports and durations within small bounds"
)]

pub mod assertion;
pub mod bench;
pub mod checkpoint;
mod child;
mod config_file;
pub mod control;
pub mod deed;
pub mod devnet;
mod doer;
mod error;
pub mod export;
mod facts;
mod files;
mod folder;
pub mod links;
mod lock;
pub mod logs;
pub mod name;
pub mod peer_id;
pub mod play;
pub mod ports;
pub mod process;
pub mod provision;
pub mod scenario;
mod span;
mod spec;
mod status;
mod supervisor;
pub mod world;

pub use error::Error;
pub use facts::{AccountFacts, Facts, NodeFacts, ServiceFacts, VaultFacts};
pub use folder::Folder;
pub use lock::Lock;
pub use name::Name;
pub use span::{EpochLength, Span, SpanError};
pub use spec::{Flags, Funding, Spec};
pub use status::{NodeStatus, Status};
pub use supervisor::{Options, Report, Supervisor};
