//! What can be set. The veto window and the slashing window are delegation's, where the delays that cover them are.

use borsh::{BorshDeserialize, BorshSerialize};
use primitives::{AccountId, Amount, Bps, Millis};

/// The module's parameters.
#[derive(
    Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// What a slasher puts down with a request, in npal.
    pub request_bond: Amount,
    /// The chain's seat among every service's vetoers, if it has one.
    pub governance: Option<AccountId>,
    /// What a reporter gets of the part of a slash that was the offender's own.
    pub reporter_part: Bps,
    /// The most that a reporter gets for one proof, in units of value.
    pub reporter_most: Amount,
    /// From a proof to its reporter's being paid, in chain time, in milliseconds.
    pub reporter_delay: Millis,
    /// Requests that are carried out, and reporters that are paid, per block; each.
    pub items_per_block: u16,
}

/// Why parameters are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParamsError {
    /// A value that must not be zero is.
    #[error("{0} must not be zero")]
    Zero(&'static str),
    /// Reporting oneself would pay.
    #[error("reporter_part is at most 1000: who reports himself must lose")]
    ReporterPart,
}

/// A tenth.
const TENTH: u16 = 1_000;

impl Params {
    /// For chains that carry value (restaking.md, "Parameters").
    #[must_use]
    pub const fn mainnet() -> Self {
        const DAY: u64 = 86_400_000;
        Self {
            request_bond: Amount::new(1_000_000_000_000),
            governance: None,
            reporter_part: match Bps::new(500) {
                Some(part) => part,
                None => Bps::ZERO,
            },
            reporter_most: Amount::new(1_000_000_000),
            reporter_delay: Millis::new(7 * DAY),
            items_per_block: 256,
        }
    }

    /// For testnets on one machine.
    #[must_use]
    pub const fn localnet() -> Self {
        Self {
            request_bond: Amount::new(10_000_000_000),
            reporter_delay: Millis::new(60_000),
            ..Self::mainnet()
        }
    }

    /// Checks the rules between the parameters.
    ///
    /// # Errors
    /// [`ParamsError`] says which is broken.
    pub fn validate(&self) -> Result<(), ParamsError> {
        if self.items_per_block == 0 {
            return Err(ParamsError::Zero("items_per_block"));
        }
        if self.request_bond.is_zero() {
            return Err(ParamsError::Zero("request_bond"));
        }
        if self.reporter_delay.is_zero() {
            return Err(ParamsError::Zero("reporter_delay"));
        }
        if self.reporter_part.get() > TENTH {
            return Err(ParamsError::ReporterPart);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_keep_the_rules_and_a_reporter_gets_no_more_than_a_tenth() {
        assert_eq!(Params::mainnet().validate(), Ok(()));
        assert_eq!(Params::localnet().validate(), Ok(()));
        let greedy = Params {
            reporter_part: Bps::new(1_001).unwrap(),
            ..Params::localnet()
        };
        assert_eq!(greedy.validate(), Err(ParamsError::ReporterPart));
    }
}
