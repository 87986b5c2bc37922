//! Stake-weighted Simplex as a pure state machine: input in, effects out. No clock, no async, no I/O.
