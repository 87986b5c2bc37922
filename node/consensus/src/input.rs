//! What happens to the core.

use crate::config::Tip;
use crate::message::{Message, Peer};
use crate::schedule::Draw;
use light_palisade::{Block, Committee, Statement, Vote};
use primitives::{BlockHash, Epoch, View};
use std::sync::Arc;

/// What the application found when it executed a block on its parent. The absence of a verdict means nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The block follows the rules, and its outcome is held.
    Valid,
    /// The header commits to something that breaks the rules: no body makes this block valid.
    Invalid(String),
    /// The body is not the one that the header commits to (transactions root, evidence root). The body is dropped;
    /// another peer may have the right one.
    Corrupt(String),
}

/// One timer. Setting it again replaces it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimerKey {
    /// t_l: the leader's proposal is due.
    Proposal,
    /// t_a: the view's notarization, with a verified body, is due.
    Certification,
    /// As leader with nothing to include: the moment to propose an empty block.
    Idle,
    /// A proposed block is stamped ahead of our clock: the moment to look at it again.
    Clock,
    /// t_r: nothing has moved in this view for long.
    Retry,
    /// T_s: nothing was finalized for long.
    Standstill,
}

/// An input of [`crate::Core::step`].
#[derive(Clone, Debug)]
pub enum Input {
    /// A peer sent a message over its authenticated link. Its size and counts are bounded by [`Message::decode`].
    Message {
        /// The sender.
        from: Peer,
        /// What it said.
        message: Message,
    },
    /// A timer ran out. Late, early or repeated firings do no harm.
    Timer(TimerKey),
    /// The answer to [`crate::Effect::Verify`].
    Verified {
        /// The block.
        block: BlockHash,
        /// What was found.
        verdict: Verdict,
    },
    /// The answer to [`crate::Effect::Build`]. The application holds the block's outcome already: it is not asked to
    /// verify it.
    Built {
        /// Epoch that was asked for.
        epoch: Epoch,
        /// View that was asked for.
        view: View,
        /// The block.
        block: Arc<Block>,
    },
    /// No block can be built.
    BuildFailed {
        /// Epoch that was asked for.
        epoch: Epoch,
        /// View that was asked for.
        view: View,
    },
    /// The answer to [`crate::Effect::Sign`]: own votes, allowed by the guard, in the log, durable in both.
    Signed(Vec<Vote>),
    /// The guard refuses to sign: this vote is never cast. Whatever else the view needs goes on.
    SignRefused {
        /// What was to be signed.
        statement: Statement,
    },
    /// Whether there is something to include in the next block (transactions that can be executed now, or evidence).
    /// At the start there is not.
    Work {
        /// Whether there is.
        available: bool,
    },
    /// The answer to [`crate::Effect::Fetch`], from whomever; its hash is computed here.
    Fetched(Arc<Block>),
    /// The boundary block was committed, and this set decides the next epoch.
    EpochStarted {
        /// The set.
        committee: Arc<Committee>,
        /// Fixes its leaders.
        draw: Draw,
    },
    /// Block sync has verified and committed blocks up to this tip.
    Synced(Box<Tip>),
}
