//! What can be set.

use borsh::{BorshDeserialize, BorshSerialize};
use primitives::{Amount, Bps, ChainClock, Millis};

/// The module's parameters.
#[derive(
    Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Length of an epoch in chain time, in milliseconds.
    pub epoch_length: Millis,
    /// From asking to being paid, in chain time, in milliseconds.
    pub unbonding_delay: Millis,
    /// Validators in a set, at most.
    pub max_validators: u16,
    /// A validator's first bond, and the least stake that counts, in npal.
    pub min_bond: Amount,
    /// The most of all power that one validator's may be; 10,000 for no cap.
    pub validator_cap: Bps,
    /// The most of all power before by which one validator's rises in an epoch, or falls by prices; 10,000 for as much as
    /// all of it.
    pub power_change: Bps,
    /// New PAL per year, of the supply.
    pub issuance: Bps,
    /// Unbondings of one bond under way at a time.
    pub max_unbondings: u32,
    /// Unbondings paid per block.
    pub payouts_per_block: u16,
    /// How long after an epoch's end evidence about it counts, in chain time, in milliseconds.
    pub evidence_window: Millis,
    /// What a validator loses that contradicted itself alone in its epoch, of what was liable.
    pub equivocation_least: Bps,
    /// What each loses once a third of the epoch's weight did.
    pub equivocation_most: Bps,
    /// A validator is idle in an epoch when it missed more than this part of the views that it was to lead.
    pub missed_views: Bps,
    /// Idle epochs in a row after which it is jailed.
    pub idle_epochs: u16,
    /// What it then loses, of what is liable.
    pub downtime_slash: Bps,
    /// How long it is then jailed at least, in chain time, in milliseconds.
    pub jail_time: Millis,
}

/// Validators in a set, at most. A validator below a thousandth of the whole is left out (restaking.md, "Power"), so
/// among more than a thousand equal ones all would be.
const MOST_VALIDATORS: u16 = 1_000;

/// Epochs that an exit takes, at least: an offence of its last epoch is known two epochs later.
const FEWEST_EPOCHS: u64 = 3;

/// Epochs that an exit takes, at most: the set of each is kept as long as its stake is liable.
const MOST_EPOCHS: u64 = 256;

/// A bond that starts to leave in the block before a boundary counts in the whole epoch after it, which ends one length
/// after the boundary's clock: by that block's step an exit may be older than its last epoch. That an epoch may end later
/// than its length adds nothing here, as evidence about validators counts from the end that the set names.
const LAG_MS: u64 = ChainClock::MAX_STEP.get();

/// A number of basis points that is one.
const fn bps(value: u16) -> Bps {
    match Bps::new(value) {
        Some(bps) => bps,
        None => Bps::ONE,
    }
}

/// Why parameters are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParamsError {
    /// A value that must not be zero is.
    #[error("{0} must not be zero")]
    Zero(&'static str),
    /// More validators than a set can hold.
    #[error("max_validators is {found}, at most {limit}")]
    TooManyValidators {
        /// What was asked.
        found: u16,
        /// What may be.
        limit: u16,
    },
    /// An exit would be paid before evidence of the last two epochs can arrive.
    #[error("unbonding_delay must be at least {FEWEST_EPOCHS} epochs")]
    UnbondingTooShort,
    /// An exit would be paid before evidence about its last epoch is too old.
    #[error(
        "unbonding_delay must be at least epoch_length + evidence_window + {LAG_MS} ms, or a leaving validator escapes"
    )]
    EvidenceOutlivesUnbonding,
    /// Doing it together would cost less than doing it alone.
    #[error("equivocation_least is above equivocation_most")]
    Equivocation,
    /// More sets would have to be kept than the state should hold.
    #[error("unbonding_delay must be at most {MOST_EPOCHS} epochs")]
    UnbondingTooLong,
}

impl Params {
    /// For chains that carry value (restaking.md, "Parameters").
    #[must_use]
    pub const fn mainnet() -> Self {
        const DAY: u64 = 86_400_000;
        Self {
            epoch_length: Millis::new(DAY),
            unbonding_delay: Millis::new(11 * DAY),
            max_validators: 150,
            min_bond: Amount::new(10_000_000_000_000),
            validator_cap: bps(2_000),
            power_change: bps(1_000),
            issuance: bps(300),
            max_unbondings: 32,
            payouts_per_block: 256,
            evidence_window: Millis::new(7 * DAY),
            equivocation_least: bps(500),
            equivocation_most: Bps::ONE,
            missed_views: bps(5_000),
            idle_epochs: 2,
            downtime_slash: bps(1),
            jail_time: Millis::new(3_600_000),
        }
    }

    /// For testnets on one machine (restaking.md, "Parameters").
    #[must_use]
    pub const fn localnet() -> Self {
        Self {
            epoch_length: Millis::new(20_000),
            unbonding_delay: Millis::new(120_000),
            max_validators: 64,
            min_bond: Amount::new(1_000_000_000),
            validator_cap: Bps::ONE,
            power_change: bps(3_333),
            evidence_window: Millis::new(60_000),
            idle_epochs: 6,
            jail_time: Millis::new(20_000),
            ..Self::mainnet()
        }
    }

    /// Checks the rules between the parameters.
    ///
    /// # Errors
    /// [`ParamsError`] says which is broken.
    pub fn validate(&self) -> Result<(), ParamsError> {
        let zero = [
            ("epoch_length", self.epoch_length.is_zero()),
            ("max_validators", self.max_validators == 0),
            ("min_bond", self.min_bond.is_zero()),
            ("validator_cap", self.validator_cap == Bps::ZERO),
            ("power_change", self.power_change == Bps::ZERO),
            ("max_unbondings", self.max_unbondings == 0),
            ("payouts_per_block", self.payouts_per_block == 0),
            ("evidence_window", self.evidence_window.is_zero()),
            ("idle_epochs", self.idle_epochs == 0),
        ];
        if let Some((name, _)) = zero.iter().find(|(_, zero)| *zero) {
            return Err(ParamsError::Zero(name));
        }
        if self.max_validators > MOST_VALIDATORS {
            return Err(ParamsError::TooManyValidators {
                found: self.max_validators,
                limit: MOST_VALIDATORS,
            });
        }
        let epochs = |count| self.epoch_length.get().saturating_mul(count);
        if self.unbonding_delay.get() < epochs(FEWEST_EPOCHS) {
            return Err(ParamsError::UnbondingTooShort);
        }
        let evidence = epochs(1)
            .saturating_add(self.evidence_window.get())
            .saturating_add(LAG_MS);
        if self.unbonding_delay.get() < evidence {
            return Err(ParamsError::EvidenceOutlivesUnbonding);
        }
        if self.equivocation_least > self.equivocation_most {
            return Err(ParamsError::Equivocation);
        }
        if self.unbonding_delay.get() > epochs(MOST_EPOCHS) {
            return Err(ParamsError::UnbondingTooLong);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_keep_the_rules_and_a_short_exit_does_not() {
        assert_eq!(Params::mainnet().validate(), Ok(()));
        assert_eq!(Params::localnet().validate(), Ok(()));
        assert_eq!(Params::mainnet().validator_cap.get(), 2_000);
        let short = Params {
            unbonding_delay: Millis::new(59_999),
            ..Params::localnet()
        };
        assert_eq!(short.validate(), Err(ParamsError::UnbondingTooShort));
        let long = Params {
            unbonding_delay: Millis::new(256 * 20_000 + 1),
            ..Params::localnet()
        };
        assert_eq!(long.validate(), Err(ParamsError::UnbondingTooLong));
        let escaping = Params {
            unbonding_delay: Millis::new(89_999),
            ..Params::localnet()
        };
        assert_eq!(escaping.validate(), Err(ParamsError::EvidenceOutlivesUnbonding));
        let crowded = Params {
            max_validators: 1_001,
            ..Params::localnet()
        };
        assert_eq!(
            crowded.validate(),
            Err(ParamsError::TooManyValidators {
                found: 1_001,
                limit: 1_000
            })
        );
        let none = Params {
            min_bond: Amount::ZERO,
            ..Params::localnet()
        };
        assert_eq!(none.validate(), Err(ParamsError::Zero("min_bond")));
    }
}
