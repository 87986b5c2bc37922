//! How much a peer may make a node hold or do. Checked before anything is stored or verified.

use light_palisade::limits::{MAX_BLOCK_BYTES, MAX_JUSTIFICATION_BYTES};
use primitives::Millis;

/// How far a block of a development chain may put the chain clock forward beyond what passed: ten years.
pub const MAX_WARP: Millis = Millis::new(10 * 365 * 86_400_000);
/// Views ahead of the current one whose votes are kept.
pub const VIEWS_AHEAD: u64 = 64;
/// Views ahead of the current one whose proposals, with their bodies, are kept.
pub const PROPOSALS_AHEAD: u64 = 3;
/// Views below the last finalized one whose votes and certificates are kept: for evidence, and for peers that need
/// a certificate from below our floor (consensus.md, rule 7).
pub const RETENTION: u64 = 256;
/// Votes in one message.
pub const MAX_VOTES: usize = 192;
/// Certificates in one message, and views asked for or served at once (rule 9).
pub const MAX_CERTIFICATES: usize = 64;
/// Bytes of certificates and votes sent to everybody at one standstill tick, and of one answer (rule 9).
pub const MAX_TICK_BYTES: usize = 256 * 1024;
/// Bytes of one encoded message: a block, or a justification, and what comes with it.
pub const MAX_MESSAGE_BYTES: usize = MAX_BLOCK_BYTES + MAX_JUSTIFICATION_BYTES + 1_024;
/// Blocks between the finalized tip and a finalized block that are fetched one by one; beyond, block sync takes over.
pub const FETCH_DEPTH: u64 = 16;
/// Bodies kept whose parents are not judged yet; they take at most [`MAX_BACKLOG_BYTES`].
pub const MAX_UNJUDGED: usize = 48;
/// Bodies asked for at one time.
pub const MAX_FETCHES: usize = 16;
/// Peers named as sources of one body.
pub const MAX_SOURCES: usize = 8;
/// Bytes of blocks not yet finalized above which a leader leaves transactions out and voters refuse large blocks,
/// so that the log stays within its size while nothing finalizes.
pub const MAX_BACKLOG_BYTES: usize = 24 * 1024 * 1024;
/// Bytes of a block that is accepted whatever the backlog: an empty one with a long justification.
pub const SMALL_BLOCK_BYTES: usize = MAX_JUSTIFICATION_BYTES + 64 * 1024;
/// Messages of the next epoch kept per sender until it starts.
pub const EARLY_MESSAGES: usize = 24;
/// Senders whose messages of the next epoch are kept, beyond the current set.
pub const EARLY_STRANGERS: usize = 64;
/// Bytes of proposals of the next epoch kept in all.
pub const EARLY_BYTES: usize = 4 * MAX_BLOCK_BYTES;
/// Pieces of evidence per validator and epoch; whoever has given that many is slashed already.
pub const MAX_EVIDENCE_EACH: usize = 16;
/// Answers to one peer (certificates it asked for, finalizations it lacks) per second.
pub const ANSWERS_PER_SECOND: u32 = 4;
/// Senders kept as banned.
pub const MAX_BANNED: usize = 2_048;
/// Certificates whose validity is remembered by the hash of their bytes, beyond those held for their view.
pub const MAX_REMEMBERED: usize = 4_096;
