//! What can be set.

use borsh::{BorshDeserialize, BorshSerialize};
use primitives::Millis;

/// The module's parameters.
#[derive(
    Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The least from the opening of one round of a feed to that of the next, in chain time, in milliseconds.
    pub shortest_round: Millis,
    /// How far back the lowest price is looked for, in chain time, in milliseconds.
    pub low_window: Millis,
    /// Rounds that one block opens or closes.
    pub rounds_per_block: u16,
    /// Feeds of one service.
    pub feeds_per_service: u16,
    /// Prices of a feed that are kept.
    pub history: u16,
}

/// Why parameters are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParamsError {
    /// A value that must not be zero is.
    #[error("{0} must not be zero")]
    Zero(&'static str),
    /// More than a block or a query looks at.
    #[error("{0} is at most 256")]
    TooMany(&'static str),
}

impl Params {
    /// For chains that carry value.
    #[must_use]
    pub const fn mainnet() -> Self {
        const DAY: u64 = 86_400_000;
        Self {
            shortest_round: Millis::new(60_000),
            low_window: Millis::new(3 * DAY),
            rounds_per_block: 16,
            feeds_per_service: 64,
            history: 4_096,
        }
    }

    /// For testnets on one machine.
    #[must_use]
    pub const fn localnet() -> Self {
        Self {
            shortest_round: Millis::new(2_000),
            low_window: Millis::new(60_000),
            history: 256,
            ..Self::mainnet()
        }
    }

    /// Checks the rules between the parameters.
    ///
    /// # Errors
    /// [`ParamsError`] says which is broken.
    pub fn validate(&self) -> Result<(), ParamsError> {
        let zero = [
            ("shortest_round", self.shortest_round.is_zero()),
            ("low_window", self.low_window.is_zero()),
            ("rounds_per_block", self.rounds_per_block == 0),
            ("feeds_per_service", self.feeds_per_service == 0),
            ("history", self.history == 0),
        ];
        if let Some((name, _)) = zero.iter().find(|(_, zero)| *zero) {
            return Err(ParamsError::Zero(name));
        }
        let many = [
            ("rounds_per_block", self.rounds_per_block > 256),
            ("feeds_per_service", self.feeds_per_service > 256),
        ];
        match many.iter().find(|(_, many)| *many) {
            Some((name, _)) => Err(ParamsError::TooMany(name)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_keep_the_rules_and_nothing_is_zero_or_without_end() {
        assert_eq!(Params::mainnet().validate(), Ok(()));
        assert_eq!(Params::localnet().validate(), Ok(()));
        let none = Params {
            history: 0,
            ..Params::mainnet()
        };
        assert_eq!(none.validate(), Err(ParamsError::Zero("history")));
        let many = Params {
            rounds_per_block: 257,
            ..Params::mainnet()
        };
        assert_eq!(many.validate(), Err(ParamsError::TooMany("rounds_per_block")));
    }
}
