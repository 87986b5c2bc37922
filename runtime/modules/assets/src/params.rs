//! What can be set.

use borsh::{BorshDeserialize, BorshSerialize};
use primitives::{Bps, Millis};

/// How valuations follow prices.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// By how much a valuation rises per epoch at most, in basis points of itself.
    pub rise: Bps,
    /// By how much it falls per epoch without a price, in basis points of itself.
    pub decay: Bps,
    /// How old a feed's last price may be, in chain time, in milliseconds.
    pub stale_after: Millis,
}

/// Why parameters are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParamsError {
    /// Valuations would never rise, or every price would be too old.
    #[error("{0} must not be zero")]
    Zero(&'static str),
    /// A missing price would take all value at once.
    #[error("decay must be less than all")]
    DecaysAtOnce,
}

impl Params {
    /// For chains that carry value: a tenth up or down per day.
    #[must_use]
    pub const fn mainnet() -> Self {
        Self {
            rise: TENTH,
            decay: TENTH,
            stale_after: Millis::new(3_600_000),
        }
    }

    /// For testnets on one machine.
    #[must_use]
    pub const fn localnet() -> Self {
        Self {
            stale_after: Millis::new(30_000),
            ..Self::mainnet()
        }
    }

    /// Checks the rules between the parameters.
    ///
    /// # Errors
    /// [`ParamsError`] says which is broken.
    pub fn validate(&self) -> Result<(), ParamsError> {
        if self.rise == Bps::ZERO {
            return Err(ParamsError::Zero("rise"));
        }
        if self.stale_after.is_zero() {
            return Err(ParamsError::Zero("stale_after"));
        }
        if self.decay == Bps::ONE {
            return Err(ParamsError::DecaysAtOnce);
        }
        Ok(())
    }
}

const TENTH: Bps = match Bps::new(1_000) {
    Some(tenth) => tenth,
    None => Bps::ONE,
};
