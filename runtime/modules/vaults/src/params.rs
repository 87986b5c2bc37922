//! What can be set.

use borsh::{BorshDeserialize, BorshSerialize};
use primitives::{Bps, ChainClock, Millis};

/// Vaults that one operator has, at most.
pub const MAX_VAULTS_PER_OPERATOR: usize = 32;

/// The module's parameters.
#[derive(
    Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// From asking to being paid, in chain time, in milliseconds.
    pub withdrawal_delay: Millis,
    /// From amending a charter to a wider one to its binding: the withdrawal delay and an epoch at least, in
    /// milliseconds.
    pub charter_delay: Millis,
    /// Withdrawals of one account from one vault under way at a time.
    pub max_withdrawals: u32,
    /// Withdrawals paid per block.
    pub payouts_per_block: u16,
    /// What a buffer keeps of what it buys while all of it is cash.
    pub buffer_fee_least: Bps,
    /// What a buffer keeps of what it buys with the last of its cash.
    pub buffer_fee_most: Bps,
    /// What part of an instant withdrawal is kept back until it would have been paid.
    pub buffer_retained: Bps,
}

/// Why parameters are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParamsError {
    /// A value that must not be zero is.
    #[error("{0} must not be zero")]
    Zero(&'static str),
    /// A wider charter would bind before those who disagree are gone.
    #[error("charter_delay must be above withdrawal_delay, by an epoch at least")]
    CharterTooSoon,
    /// The first of a buffer's cash would cost more than the last.
    #[error("buffer_fee_least is above buffer_fee_most")]
    Fees,
}

/// A number of basis points that is one.
const fn bps(value: u16) -> Bps {
    match Bps::new(value) {
        Some(bps) => bps,
        None => Bps::ONE,
    }
}

impl Params {
    /// For chains that carry value (restaking.md, "Parameters").
    #[must_use]
    pub const fn mainnet() -> Self {
        const DAY: u64 = 86_400_000;
        Self {
            withdrawal_delay: Millis::new(11 * DAY),
            charter_delay: Millis::new(12 * DAY),
            max_withdrawals: 32,
            payouts_per_block: 256,
            buffer_fee_least: bps(10),
            buffer_fee_most: bps(500),
            buffer_retained: bps(1_000),
        }
    }

    /// For testnets on one machine (restaking.md, "Parameters").
    #[must_use]
    pub const fn localnet() -> Self {
        Self {
            withdrawal_delay: Millis::new(120_000),
            charter_delay: Millis::new(140_000),
            ..Self::mainnet()
        }
    }

    /// How long marks of what was in a vault are kept: as long as anything of that time can be slashed.
    #[must_use]
    pub const fn kept(&self) -> Millis {
        self.withdrawal_delay.saturating_add(ChainClock::MAX_STEP)
    }

    /// Checks the rules between the parameters; those with other modules' are the delegation module's.
    ///
    /// # Errors
    /// [`ParamsError`] says which is broken.
    pub fn validate(&self) -> Result<(), ParamsError> {
        let zero = [
            ("withdrawal_delay", self.withdrawal_delay.is_zero()),
            ("max_withdrawals", self.max_withdrawals == 0),
            ("payouts_per_block", self.payouts_per_block == 0),
        ];
        if let Some((name, _)) = zero.iter().find(|(_, zero)| *zero) {
            return Err(ParamsError::Zero(name));
        }
        if self.charter_delay <= self.withdrawal_delay {
            return Err(ParamsError::CharterTooSoon);
        }
        if self.buffer_fee_least > self.buffer_fee_most {
            return Err(ParamsError::Fees);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_keep_the_rules_and_others_may_not() {
        assert_eq!(Params::mainnet().validate(), Ok(()));
        assert_eq!(Params::localnet().validate(), Ok(()));
        let sudden = Params {
            charter_delay: Millis::new(120_000),
            ..Params::localnet()
        };
        assert_eq!(sudden.validate(), Err(ParamsError::CharterTooSoon));
        let never = Params {
            payouts_per_block: 0,
            ..Params::localnet()
        };
        assert_eq!(never.validate(), Err(ParamsError::Zero("payouts_per_block")));
        let falling = Params {
            buffer_fee_most: Bps::ZERO,
            ..Params::localnet()
        };
        assert_eq!(falling.validate(), Err(ParamsError::Fees));
    }
}
