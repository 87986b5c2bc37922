//! Ethereum's finality and proofs as pure functions: the sync-committee light client, ancestry, execution headers,
//! receipts, accounts, storage and validators. The bridge, relayers and tools check the same rules with the same code.
//!
//! May name: primitives, crypto.
//!
//! # Invariants
//!
//! - No clock, store or network: time is an argument, and a step gives the next [`Client`] or an error.
//! - What a stranger sends is read with exact bounds, and has one encoding; a fork that is not known is refused.
//! - A [`Committee`] that exists was checked key by key; members that stand in it twice count twice.
//!
//! # Source
//! bridge.md, section 4; ethereum/consensus-specs.

pub mod account;
pub mod ancestry;
pub mod block;
pub mod client;
pub mod committee;
pub mod follower;
pub mod header;
#[cfg(feature = "json")]
pub mod json;
pub mod merkle;
pub mod networks;
pub mod receipt;
pub mod rlp;
pub mod signing;
pub mod spec;
pub mod ssz;
pub mod trie;
pub mod update;
pub mod validator;
pub mod verify;

pub use account::{Account, AccountError};
pub use ancestry::{AncestryError, Hop};
pub use block::{BlockError, BlockHeader};
pub use client::{Advance, BootstrapError, Client, ClientRecord, Conflict, FinalizedHeader, Outcome};
pub use committee::{Committee, CommitteeError, CommitteeRecord, SyncCommittee};
pub use follower::{Follower, is_better};
pub use header::{BeaconHeader, Execution, ExecutionHeader, HeaderError, LightHeader};
pub use networks::Network;
pub use receipt::{Log, Receipt, ReceiptError};
pub use spec::{Fork, Preset, Root, Slot, Spec};
pub use trie::TrieError;
pub use update::{Bootstrap, Update, UpdateKind};
pub use validator::{Validator, ValidatorError};
pub use verify::{Policy, UpdateError};
