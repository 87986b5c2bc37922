//! The block log, the state's leaves and the indexes on sled, behind one trait with a fault-injecting twin.
//!
//! May name: primitives, crypto, state, light/palisade.
//!
//! ```text
//! log     per height: header with certificate and roots, block, state changes, receipts, search terms
//!         per epoch, for ever: last header with its finalization, validator set
//!         tip, written in the batch of the block that it names
//! state   leaf by leaf, behind the log; applied height, written when everything up to it is durable
//! index   sorted runs of (term, position), behind the log; which runs there are, likewise
//! ```
//!
//! [`Store::commit`] returns when the blocks are durable in the log. Leaves and index follow in the background, several
//! blocks at once; [`Store::open`] replays what they lack, and checks the state's root.
//!
//! # Invariants
//!
//! - What [`Store::commit`] acknowledged is there after any crash, whole; a block that was not is there whole or not at
//!   all.
//! - Blocks follow each other by height, parent and roots, without gaps.
//! - A store that was restored from a snapshot has the state that a quorum finalized, followed from genesis' validators.
//! - The state that [`Store::open`] gives has the root that stands with the latest block; otherwise it gives an error.
//! - After a failed write nothing more is written until the store is opened again.
//! - No batch has more than about 256 writes unless one block needs them, and no value more than 60 KiB.
//!
//! # Source
//! consensus.md, section 2.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::integer_division,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "node code is not consensus-critical: counts and sizes are bounded by the limits checked beforehand"
)]

mod background;
mod blob;
mod config;
pub mod engine;
mod error;
mod index;
mod key;
mod leaves;
mod metrics;
mod open;
mod prune;
mod query;
mod recent;
mod record;
mod rollback;
pub mod snapshot;
mod store;
pub mod transfer;

#[cfg(test)]
mod crash_tests;
#[cfg(test)]
mod disk_tests;
#[cfg(test)]
mod fixture;

pub use config::{Config, ConfigError};
pub use error::StoreError;
pub use metrics::Metrics;
pub use open::Recovered;
pub use prune::Pruned;
pub use query::{EventPosition, Space};
pub use record::{CommittedBlock, EventKey, Genesis, HandOver, Head, Roots};
pub use store::Store;
