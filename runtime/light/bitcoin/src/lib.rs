//! Bitcoin's SPV rules as pure functions over explicit state: headers and their proof of work, the heaviest chain,
//! inclusion of transactions, deposits and payouts. No tables, no input or output, no clock: time is an argument.
//!
//! May name: primitives, crypto.
//!
//! # Invariants
//!
//! - A header counts only with its parent known, the bits that its parent's chain demands, and the work that they state.
//! - Nothing is refused for ever because of time: a header from the future is [`Invalid::NotYet`].
//! - [`chain::extend`] reads and writes nothing: it returns what changes, or why nothing does.
//! - A transaction is believed as bytes that this crate hashed, never as an id; what is proven has one position.
//! - What a stranger sends is bounded before it is allocated or hashed ([`limits`]).
//!
//! # Source
//! bridge.md, sections 1 and 5; the rules of Bitcoin Core where it says nothing.

pub mod chain;
pub mod checkpoint;
pub mod deposit;
pub mod hash;
pub mod header;
pub mod inclusion;
pub mod limits;
pub mod memory;
pub mod merkle;
pub mod network;
pub mod offline;
pub mod payout;
mod reader;
pub mod record;
pub mod rules;
pub mod script;
pub mod target;
pub mod transaction;

pub use chain::{Extension, Refusal, Reorg, Standing, Stop, View, extend, standing};
pub use checkpoint::{Checkpoint, CheckpointError};
pub use deposit::{Deposit, Lane, Unclaimed, deposits};
pub use hash::{BlockId, TxId};
pub use header::Header;
pub use inclusion::{InclusionError, InclusionProof};
pub use memory::Memory;
pub use network::{Network, Rules};
pub use payout::{Payout, Settlement, settle};
pub use record::{Level, Period, Record, Times, Tip};
pub use rules::{Invalid, check};
pub use script::Script;
pub use target::{Bits, BitsError, Work};
pub use transaction::{Outpoint, Output, Transaction, TransactionError};
