//! The state machine over its store, as the engine, the mempool and the API ask for it.
//!
//! ```text
//!  engine ── build, verify, commit ─▶ Chain ◀── reads ── Backend ◀─ rpc
//!  mempool ── verify, check ───────▶ Gate
//! ```

mod catch_up;
mod chain;
mod commit;
mod evidence;
mod forks;
mod gate;
mod leaders;
mod mischief;
mod outcome;
mod pruning;
mod randomness;
mod relay;
mod replay;
mod snapshots;
mod snapshotting;
mod work;

pub(crate) use catch_up::CatchUpTask;
pub(crate) use chain::{Beside, Chain, ChainError};
pub(crate) use evidence::EvidencePool;
pub(crate) use forks::Base;
pub(crate) use gate::{Admitted, Candidate, Gate, rejection};
pub(crate) use mischief::Mischief;
pub(crate) use outcome::Outcome;
pub(crate) use pruning::{PruningTask, prune};
pub(crate) use relay::Relay;
pub(crate) use replay::replay;
pub(crate) use snapshots::{Snapshot, Snapshots};
pub(crate) use snapshotting::{ASKS, Ask, SnapshotTask};
pub(crate) use work::watch as watch_work;

/// The mempool over this chain.
pub(crate) type Mempool = mempool::Mempool<Gate>;
