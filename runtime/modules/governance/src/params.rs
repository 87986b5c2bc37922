//! What can be set.

use borsh::{BorshDeserialize, BorshSerialize};
use primitives::{Amount, Bps, Millis};

/// The module's parameters.
#[derive(
    Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// What a proposal's maker puts down, in npal; it comes back unless too few vote.
    pub deposit: Amount,
    /// How long votes count, in chain time, in milliseconds.
    pub voting_period: Millis,
    /// How long an accepted proposal waits, in chain time, in milliseconds; what could harm exits waits for them too.
    pub timelock: Millis,
    /// What part of the power must vote.
    pub quorum: Bps,
    /// What part of the power that takes a side must be for it; above a half.
    pub threshold: Bps,
    /// The longest that something is halted by one decision, in chain time, in milliseconds.
    pub longest_halt: Millis,
    /// Proposals that are not over, at a time.
    pub max_open: u16,
    /// Proposals that go on, halts that end, and votes of what is over that are forgotten, per block; each.
    pub items_per_block: u16,
}

/// Why parameters are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParamsError {
    /// A value that must not be zero is.
    #[error("{0} must not be zero")]
    Zero(&'static str),
    /// A minority could decide.
    #[error("threshold must be above 5000, or as many could undo what was decided")]
    Threshold,
    /// More than a block should do.
    #[error("max_open and items_per_block are at most 256")]
    TooMany,
}

/// A half.
const HALF: u16 = 5_000;
/// The most of what is counted per block, or at a time.
const MOST: u16 = 256;

/// A number of basis points that is one.
const fn bps(value: u16) -> Bps {
    match Bps::new(value) {
        Some(bps) => bps,
        None => Bps::ONE,
    }
}

impl Params {
    /// For chains that carry value.
    #[must_use]
    pub const fn mainnet() -> Self {
        const DAY: u64 = 86_400_000;
        Self {
            deposit: Amount::new(1_000_000_000_000),
            voting_period: Millis::new(3 * DAY),
            timelock: Millis::new(2 * DAY),
            quorum: bps(5_000),
            threshold: bps(6_667),
            longest_halt: Millis::new(7 * DAY),
            max_open: 64,
            items_per_block: 16,
        }
    }

    /// For testnets on one machine.
    #[must_use]
    pub const fn localnet() -> Self {
        Self {
            deposit: Amount::new(10_000_000_000),
            voting_period: Millis::new(20_000),
            timelock: Millis::new(10_000),
            longest_halt: Millis::new(120_000),
            ..Self::mainnet()
        }
    }

    /// Checks the rules between the parameters; those with other modules' are the runtime's.
    ///
    /// # Errors
    /// [`ParamsError`] says which is broken.
    pub fn validate(&self) -> Result<(), ParamsError> {
        let zero = [
            ("deposit", self.deposit.is_zero()),
            ("voting_period", self.voting_period.is_zero()),
            ("timelock", self.timelock.is_zero()),
            ("quorum", self.quorum == Bps::ZERO),
            ("longest_halt", self.longest_halt.is_zero()),
            ("max_open", self.max_open == 0),
            ("items_per_block", self.items_per_block == 0),
        ];
        if let Some((name, _)) = zero.iter().find(|(_, zero)| *zero) {
            return Err(ParamsError::Zero(name));
        }
        if self.threshold.get() <= HALF {
            return Err(ParamsError::Threshold);
        }
        if self.max_open > MOST || self.items_per_block > MOST {
            return Err(ParamsError::TooMany);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_keep_the_rules_and_a_minority_decides_nothing() {
        assert_eq!(Params::mainnet().validate(), Ok(()));
        assert_eq!(Params::localnet().validate(), Ok(()));
        let few = Params {
            threshold: bps(5_000),
            ..Params::localnet()
        };
        assert_eq!(few.validate(), Err(ParamsError::Threshold));
        let free = Params {
            deposit: Amount::ZERO,
            ..Params::localnet()
        };
        assert_eq!(free.validate(), Err(ParamsError::Zero("deposit")));
        let many = Params {
            items_per_block: 257,
            ..Params::localnet()
        };
        assert_eq!(many.validate(), Err(ParamsError::TooMany));
    }
}
