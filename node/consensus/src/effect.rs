//! What the core wants done.

use crate::input::TimerKey;
use crate::message::{Message, Peer};
use crate::record::{Floor, Record};
use light_palisade::{Block, Certificate, Evidence, Header, Justification, Statement, ValidatorIndex};
use primitives::{BlockHash, Digest, Epoch, Height, Millis, View};
use std::sync::Arc;

/// A block to build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    /// What the core knows of the header. The application fills in the roots of transactions and evidence, of state,
    /// receipts and outbox after executing the parent, and in a boundary block the next set's root; the engine the
    /// seed, from its signature over (SEED, epoch, view) and `parent_seed` ([`crypto::hash::seed`]).
    pub header: Header,
    /// Goes into the block; the header has its root.
    pub justification: Justification,
    /// The parent's seed.
    pub parent_seed: Digest,
    /// Whether the clock ends the epoch with this block: `next_validators_root` must be set then. The application may
    /// end it earlier.
    pub boundary: bool,
    /// Leave transactions out: too much is waiting to be finalized.
    pub empty: bool,
}

/// A block to execute and judge. The parent is the finalized tip, or was found [valid](crate::Verdict::Valid).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verify {
    /// Its hash, under which the verdict is awaited.
    pub hash: BlockHash,
    /// The block. The core has checked version, limits, chain, height, epoch, view, parent, proposer, time, chain
    /// clock, the roots of justification, evidence and validator set, that it is a boundary if the clock says so, and
    /// the seed. That no other block is one, unless the state says so, is the application's to check.
    pub block: Arc<Block>,
}

/// Why a view was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimeoutReason {
    /// No proposal came in time.
    LeaderTimeout,
    /// No notarization with a verified body came in time.
    CertificationTimeout,
    /// The leader itself gave up.
    LeaderNullify,
    /// The leader was silent for long while a quorum was not.
    Inactivity,
    /// The proposal breaks a rule.
    InvalidProposal,
    /// The proposal is too large for what already waits to be finalized.
    Backlog,
    /// We lead, and could not build a block.
    MissingProposal,
    /// Long after the view was passed without any certificate at hand.
    Standstill,
}

/// Why a peer's signatures are not listened to any more in this epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Misdeed {
    /// It signed a vote that does not verify.
    BadVote,
    /// It sent a certificate that does not verify.
    BadCertificate,
    /// It sent another validator's vote as its own.
    ForeignVote,
    /// Its proposal carries a certificate or a seed signature that does not verify.
    BadProposal,
    /// It sent more votes or certificates at once than allowed.
    TooMany,
}

/// A disagreement that no number of faulty peers below a third can cause: this node's state is damaged, the code is
/// not deterministic, or more than a third of the weight is faulty. The core stops for good.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Divergence {
    /// A quorum notarized or finalized a block that breaks the rules here.
    #[error("a quorum accepted block {block} at height {height}, which is invalid here: {reason}")]
    Invalid {
        /// The block.
        block: BlockHash,
        /// Its height.
        height: Height,
        /// Why it is invalid here.
        reason: String,
    },
    /// Two certificates that cannot both exist.
    #[error("two certificates contradict each other: {first:?} and {second:?}")]
    Certificates {
        /// The one that was held.
        first: Statement,
        /// The one that came.
        second: Statement,
    },
    /// The set that the application names for the next epoch is not the one that the boundary block commits to.
    #[error("the next epoch's set has root {found} here, but the boundary block commits to {committed}")]
    Set {
        /// Root in the boundary header.
        committed: Digest,
        /// Root of the set that was given.
        found: Digest,
    },
    /// A finalized block that does not descend from the finalized tip.
    #[error("block {block} at height {height} is final but does not follow the finalized block {tip}")]
    Fork {
        /// The block.
        block: BlockHash,
        /// Its height.
        height: Height,
        /// Our tip.
        tip: BlockHash,
    },
}

/// What happened, for streams and metrics. Nothing depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A view began.
    EnteredView {
        /// Its epoch.
        epoch: Epoch,
        /// The view.
        view: View,
        /// Who leads it.
        leader: ValidatorIndex,
        /// Δ of the view.
        delta: Millis,
    },
    /// We voted to leave a view without a block.
    TimedOut {
        /// Its epoch.
        epoch: Epoch,
        /// The view.
        view: View,
        /// Who leads it.
        leader: ValidatorIndex,
        /// Why.
        reason: TimeoutReason,
    },
    /// The view's proposal was accepted for checking.
    Proposed {
        /// Its epoch.
        epoch: Epoch,
        /// The view.
        view: View,
        /// The block.
        block: BlockHash,
    },
    /// A quorum notarized a block and its body was found valid here.
    Notarized {
        /// Its epoch.
        epoch: Epoch,
        /// The view.
        view: View,
        /// Its height.
        height: Height,
        /// The block.
        block: BlockHash,
    },
    /// A quorum left a view without a block.
    Nullified {
        /// Its epoch.
        epoch: Epoch,
        /// The view.
        view: View,
        /// Who led it.
        leader: ValidatorIndex,
    },
    /// We hold a finalization; the blocks follow in [`Effect::Finalized`] when all bodies are here and valid.
    FinalizationSeen {
        /// Its epoch.
        epoch: Epoch,
        /// The view.
        view: View,
        /// The block.
        block: BlockHash,
    },
    /// Nothing was finalized for long; undecided votes and certificates were sent again.
    Standstill {
        /// Its epoch.
        epoch: Epoch,
        /// The current view.
        view: View,
    },
    /// The guard refused a vote.
    SignRefused {
        /// Which.
        statement: Statement,
    },
    /// An aggregate did not verify and the bad signatures were searched for.
    Bisected {
        /// What was stated.
        statement: Statement,
        /// How many signatures were bad.
        bad: usize,
    },
}

/// An effect of [`crate::Core::step`]. They are carried out in order.
///
/// **Order that matters**: every [`Effect::Record`] of a turn is durable before a [`Effect::Send`] or
/// [`Effect::Broadcast`] that follows it leaves, and before the votes of a [`Effect::Sign`] that follows it are given
/// back as [`crate::Input::Signed`]. Everything else may overtake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Append to the log.
    Record(Record),
    /// Let the guard allow these statements, sign them, and answer with [`crate::Input::Signed`] (those allowed,
    /// together) and [`crate::Input::SignRefused`] (each that is not).
    Sign(Vec<Statement>),
    /// Send to every validator of the current epoch but ourselves.
    Broadcast(Message),
    /// Send to one peer.
    Send {
        /// To whom.
        to: Peer,
        /// What.
        message: Message,
    },
    /// Build a block; answer with [`crate::Input::Built`] or [`crate::Input::BuildFailed`].
    Build(Box<Build>),
    /// Execute and judge a block; answer with [`crate::Input::Verified`].
    Verify(Verify),
    /// Get a body by its hash from one of these peers, or any other; answer with [`crate::Input::Fetched`]. Asked
    /// again while it is needed; one request at a time per hash is enough.
    Fetch {
        /// The block.
        block: BlockHash,
        /// Who should have it, best first.
        from: Vec<Peer>,
    },
    /// Peers are ahead by more than single blocks: start block sync, then [`crate::Input::Synced`]. A hint: it may
    /// repeat, and its numbers may be a lie.
    Behind {
        /// Epoch that was seen.
        epoch: Epoch,
        /// Height of a finalized block that was seen, if known.
        height: Option<Height>,
        /// Who seems to be ahead.
        from: Vec<Peer>,
    },
    /// Commit these blocks, each the parent of the next, the first a child of the last committed. Every block comes
    /// once.
    Finalized {
        /// In height order, never empty, all found valid here.
        blocks: Vec<Arc<Block>>,
        /// Finalizes the last, and thereby all.
        certificate: Certificate,
    },
    /// (Re)start a timer on the monotonic clock.
    SetTimer {
        /// Which.
        key: TimerKey,
        /// In how long.
        after: Millis,
    },
    /// Stop a timer.
    CancelTimer(TimerKey),
    /// Somebody is guilty, with both signatures checked. Each piece comes once per run.
    Evidence(Evidence),
    /// A peer is provably at fault in a way that is not slashable: it may be disconnected.
    Ban {
        /// Who.
        peer: Peer,
        /// What it did.
        why: Misdeed,
    },
    /// The log may forget what is not [needed](Record::is_needed) above this floor, once the finalized block at that
    /// height is durable in the store.
    Prune(Floor),
    /// The core has stopped for good: halt the node and say why.
    Diverged(Box<Divergence>),
    /// For streams and metrics.
    Event(Event),
}
