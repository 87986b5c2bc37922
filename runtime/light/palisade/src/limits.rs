//! How large things may be. Checked before anything is allocated for them.

/// Validators in one set.
pub const MAX_VALIDATORS: usize = 1_024;
/// Bytes of a block's transactions, together.
pub const MAX_TRANSACTION_BYTES: usize = 2 * 1024 * 1024;
/// Bytes of one transaction.
pub const MAX_TRANSACTION_SIZE: usize = 64 * 1024;
/// Transactions in one block.
pub const MAX_TRANSACTIONS: usize = 20_000;
/// Bytes of a block's justification: about 1,900 skipped views (consensus.md, section 1.2).
pub const MAX_JUSTIFICATION_BYTES: usize = 256 * 1024;
/// Pieces of evidence in one block.
pub const MAX_EVIDENCE: usize = 64;
/// Bytes of a whole block.
pub const MAX_BLOCK_BYTES: usize = 3 * 1024 * 1024;
/// Weight of a whole set: 2^53, so that clients without 64-bit integers can add weights up.
pub const MAX_TOTAL_WEIGHT: u64 = 1 << 53;
/// How far a block's time may be ahead of a voter's clock, in milliseconds.
pub const MAX_CLOCK_AHEAD_MS: u64 = 2_000;
