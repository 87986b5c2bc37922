//! A flat, append-only, checksummed log that is on disk before a vote leaves.
