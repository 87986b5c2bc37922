//! The state machine's behaviour from bytes to roots.
#![cfg(test)]
