//! Identifiers, quantities without operators, and the canonical codec that everything hashed or stored by
//! consensus uses.
//!
//! May name: nothing local.
//!
//! # Invariants
//!
//! - No quantity has an operator: arithmetic is [`checked`](Amount::checked_add) or a [`mul_div`](Amount::mul_div)
//!   with a 256-bit middle and an explicit [`Rounding`].
//! - Every value has exactly one encoding ([`codec`]); decoding is bounded and rejects what it does not use.
//! - Text forms are canonical too: `parse(display(x)) == x`, and nothing else parses to `x`.

pub mod address;
mod asset;
pub mod codec;
mod id;
mod math;
mod quantity;
mod ratio;
mod time;

pub use asset::{AssetId, Coin, ServiceId};
pub use id::{AccountId, BlockHash, Bytes32, ChainHash, Digest, ParseIdError, TxId, kind};
pub use math::{MathError, Rounding, mul_div};
pub use quantity::{Amount, Gas, ParseQuantityError, Power, Shares};
pub use ratio::{Bps, Ratio};
pub use time::{Blocks, ChainClock, Epoch, Height, Longer, Millis, Timestamp, View};
