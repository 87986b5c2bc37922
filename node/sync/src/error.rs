//! Why catching up ended without having caught up.

use primitives::{BlockHash, Epoch, Height, Millis};

/// Why catching up ended. What was given out before is verified and stays good.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SyncError {
    /// Nobody could be asked for long, or nobody had what was missing.
    #[error(
        "no peer gives what is missing after height {height} ({what}): is the network reachable, and are there peers \
         that keep these blocks? Looked {attempts} times"
    )]
    NoPeers {
        /// The last height that was reached.
        height: Height,
        /// What was asked for.
        what: &'static str,
        /// How often it was tried.
        attempts: u32,
    },
    /// All peers have forgotten the blocks that this node lacks.
    #[error(
        "no connected peer keeps the block above height {height} any more: the first that any of them has is {earliest}. \
         Connect to an archive node (network.persistent_peers), or stop this node, move its data folder away and start \
         from a snapshot with `palisade join`; keys and signing guard stay"
    )]
    Pruned {
        /// The last height that was reached.
        height: Height,
        /// The lowest that anybody keeps.
        earliest: Height,
    },
    /// A quorum finalized another block than this node holds as final. The node must not go on.
    #[error(
        "a quorum finalized a chain in which height {height} is {theirs}, this node holds {ours} as final there: either \
         more than a third of the stake signed two chains, or this node's data belong to an abandoned one. Compare \
         with others before anything else"
    )]
    Forked {
        /// The height of this node's block.
        height: Height,
        /// Its hash.
        ours: BlockHash,
        /// What the finalized chain has there.
        theirs: BlockHash,
    },
    /// This node's latest block is too old for certificates to be believed.
    #[error(
        "this node's latest block is {age} ms old, older than the trusting period of {limit} ms: whoever decided since \
         may have withdrawn and lie without loss. Start from a recent checkpoint of someone you trust, or set \
         sync.trusting_period_ms when you know the chain stood still"
    )]
    TooOld {
        /// How old it is.
        age: Millis,
        /// How old it may be.
        limit: Millis,
    },
    /// More blocks in one epoch than are caught up with.
    #[error("epoch {epoch} has more than {limit} blocks above height {height}: start from a snapshot")]
    TooFar {
        /// The epoch.
        epoch: Epoch,
        /// This node's height.
        height: Height,
        /// How many are.
        limit: u64,
    },
    /// Whoever took the blocks has stopped taking them.
    #[error("nobody takes the blocks any more")]
    Stopped,
}
