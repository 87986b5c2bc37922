//! What operators sign, and what they commit to: as `crypto` says it.

pub use crypto::statement::{commitment, sign_bytes};
