//! How much of anything there may be.
//!
//! # What a flood costs
//!
//! A header is 80 bytes on the wire and two SHA-256 of work to refuse; one that is kept takes at most
//! [`BYTES_PER_HEADER`] of state, and is removed again when the best chain has grown by the window. On mainnet every
//! header that is kept, on whichever branch, carries the work that its branch demands, at least a quarter of its
//! period's before; where work is nearly free (testnet4, signet, regtest) the number of rivals at a height bounds
//! what is kept, and only a batch that wins is taken beyond it. The sender pays for each of these by the byte and by
//! the write, whether or not the batch is taken.

/// Headers in one batch, as many as Bitcoin's own `headers` message has.
pub const MAX_BATCH: usize = 2_000;

/// Heights below the best tip of which headers are kept: 30 days. At least [`MAX_BATCH`], so that no batch holds what
/// it prunes.
pub const WINDOW: u32 = 4_320;

/// Headers of other branches at one height that are kept, unless a batch wins.
pub const MAX_RIVALS: usize = 8;

/// How far above the best tip a lighter branch may reach, in heights.
pub const MAX_LEAD: u32 = 2_016;

/// Bytes of state that a header takes at most: its record and key, and its share of a level and its key.
pub const BYTES_PER_HEADER: usize = 32 + crate::Record::MAX_BYTES + 32 + 9;

/// Times that the median is taken of.
pub const MEDIAN_SPAN: usize = 11;

/// Bytes of one transaction, with or without its witness: what Bitcoin's nodes relay. The witness proves nothing here:
/// leave it out.
pub const MAX_TRANSACTION_BYTES: usize = 400_000;

/// Hashes in a Merkle branch: a block of four million weight units holds fewer than 2^17 transactions.
pub const MAX_BRANCH: usize = 20;

/// Bytes of a coinbase's input script, by consensus.
pub const COINBASE_SCRIPT: core::ops::RangeInclusive<usize> = 2..=100;

/// Satoshis that there will ever be.
pub const MAX_MONEY: u64 = 2_100_000_000_000_000;

/// Payouts that one transaction is matched against.
pub const MAX_PAYOUTS: usize = 256;

/// The limits of one client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Headers in one batch.
    pub batch: usize,
    /// Heights below the best tip of which headers are kept; a batch counts where it is larger.
    pub window: u32,
    /// Headers of other branches at one height.
    pub rivals: usize,
    /// How far above the best tip a lighter branch may reach.
    pub lead: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            batch: MAX_BATCH,
            window: WINDOW,
            rivals: MAX_RIVALS,
            lead: MAX_LEAD,
        }
    }
}
