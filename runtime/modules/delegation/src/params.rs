//! What can be set.

use crate::hooks::Timing;
use borsh::{BorshDeserialize, BorshSerialize};
use primitives::{ChainClock, Millis};

/// Services that one vault pledges to, and that one operator serves, at most.
pub const MAX_SERVICES: usize = 32;

/// The module's parameters.
#[derive(
    Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// From asking for a larger pledge to its binding, in chain time, in milliseconds.
    pub allocation_delay: Millis,
    /// From asking for a smaller pledge to its being one, in chain time, in milliseconds.
    pub deallocation_delay: Millis,
    /// From asking to leave a service to being free of it, in chain time, in milliseconds.
    pub leave_delay: Millis,
    /// From asking for a higher commission to its being one, in chain time, in milliseconds.
    pub commission_delay: Millis,
    /// How long after an offence's epoch it may be reported, in chain time, in milliseconds.
    pub slashing_window: Millis,
    /// How long a slash by a committee's word waits for a veto, in chain time, in milliseconds.
    pub veto_window: Millis,
    /// Pledges that change, and memberships that end, per block; each.
    pub effects_per_block: u16,
}

/// Why parameters are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParamsError {
    /// A value that must not be zero is.
    #[error("{0} must not be zero")]
    Zero(&'static str),
    /// Stake would be gone before a slash for what it backed could reach it.
    #[error(
        "{name} is {found} ms: at least epoch_length + {lag} ms + slashing_window + veto_window = {least} ms, or stake \
         escapes",
        lag = ChainClock::MAX_OVERTIME
    )]
    TooShort {
        /// Which delay.
        name: &'static str,
        /// What it is.
        found: Millis,
        /// What it must be.
        least: Millis,
    },
    /// Evidence would count that is too old to slash for.
    #[error("evidence counts for {found} ms where the slashing_window is {window} ms")]
    EvidenceTooOld {
        /// How long it counts.
        found: Millis,
        /// How long it may.
        window: Millis,
    },
    /// A wider charter would bind before those who disagree are gone.
    #[error("charter_delay must be at least withdrawal_delay + epoch_length")]
    CharterTooSoon,
}

impl Params {
    /// For chains that carry value (restaking.md, "Parameters").
    #[must_use]
    pub const fn mainnet() -> Self {
        const DAY: u64 = 86_400_000;
        Self {
            allocation_delay: Millis::new(DAY),
            deallocation_delay: Millis::new(11 * DAY),
            leave_delay: Millis::new(11 * DAY),
            commission_delay: Millis::new(11 * DAY),
            slashing_window: Millis::new(7 * DAY),
            veto_window: Millis::new(2 * DAY),
            effects_per_block: 256,
        }
    }

    /// For testnets on one machine (restaking.md, "Parameters").
    #[must_use]
    pub const fn localnet() -> Self {
        Self {
            allocation_delay: Millis::new(20_000),
            deallocation_delay: Millis::new(120_000),
            leave_delay: Millis::new(120_000),
            commission_delay: Millis::new(120_000),
            slashing_window: Millis::new(60_000),
            veto_window: Millis::new(20_000),
            effects_per_block: 256,
        }
    }

    /// How long the history of pledges is kept: as long as anything of that time can be slashed.
    #[must_use]
    pub const fn kept(&self) -> Millis {
        self.deallocation_delay.saturating_add(ChainClock::MAX_STEP)
    }

    /// Checks the rules between the parameters, and with those of vaults and of the chain: the inequalities of
    /// restaking.md, "Inequalities". Who begins to leave right after an epoch has begun is liable for all of it; evidence counts
    /// from its end, which is late by [`ChainClock::MAX_OVERTIME`] at most; and a request of the last moment then waits for
    /// its veto.
    ///
    /// # Errors
    /// [`ParamsError`] says which is broken.
    pub fn validate(&self, vaults: &vaults::Params, timing: Timing) -> Result<(), ParamsError> {
        let zero = [
            ("slashing_window", self.slashing_window.is_zero()),
            ("effects_per_block", self.effects_per_block == 0),
        ];
        if let Some((name, _)) = zero.iter().find(|(_, zero)| *zero) {
            return Err(ParamsError::Zero(name));
        }
        let least = timing
            .epoch
            .saturating_add(ChainClock::MAX_OVERTIME)
            .saturating_add(self.slashing_window)
            .saturating_add(self.veto_window);
        let delays = [
            ("withdrawal_delay", vaults.withdrawal_delay),
            ("deallocation_delay", self.deallocation_delay),
            ("leave_delay", self.leave_delay),
        ];
        for (name, found) in delays {
            if found < least {
                return Err(ParamsError::TooShort { name, found, least });
            }
        }
        if timing.evidence > self.slashing_window {
            return Err(ParamsError::EvidenceTooOld {
                found: timing.evidence,
                window: self.slashing_window,
            });
        }
        if vaults.charter_delay < vaults.withdrawal_delay.saturating_add(timing.epoch) {
            return Err(ParamsError::CharterTooSoon);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCAL: Timing = Timing {
        epoch: Millis::new(20_000),
        evidence: Millis::new(60_000),
    };

    #[test]
    fn presets_keep_the_inequalities() {
        let day = 86_400_000;
        let main = Timing {
            epoch: Millis::new(day),
            evidence: Millis::new(7 * day),
        };
        assert_eq!(
            Params::mainnet().validate(&vaults::Params::mainnet(), main),
            Ok(())
        );
        assert_eq!(
            Params::localnet().validate(&vaults::Params::localnet(), LOCAL),
            Ok(())
        );
    }

    #[test]
    fn stake_that_could_escape_is_seen() {
        let vaults = vaults::Params::localnet();
        let refused =
            |params: Params, vaults: &vaults::Params, timing| params.validate(vaults, timing).unwrap_err();
        let short = |name| ParamsError::TooShort {
            name,
            found: Millis::new(119_999),
            least: Millis::new(120_000),
        };
        let early = vaults::Params {
            withdrawal_delay: Millis::new(119_999),
            ..vaults
        };
        assert_eq!(
            refused(Params::localnet(), &early, LOCAL),
            short("withdrawal_delay")
        );
        let down = Params {
            deallocation_delay: Millis::new(119_999),
            ..Params::localnet()
        };
        assert_eq!(refused(down, &vaults, LOCAL), short("deallocation_delay"));
        let gone = Params {
            leave_delay: Millis::new(119_999),
            ..Params::localnet()
        };
        assert_eq!(refused(gone, &vaults, LOCAL), short("leave_delay"));
        let old = Timing {
            evidence: Millis::new(60_001),
            ..LOCAL
        };
        assert!(matches!(
            refused(Params::localnet(), &vaults, old),
            ParamsError::EvidenceTooOld { .. }
        ));
        let sudden = vaults::Params {
            charter_delay: Millis::new(139_999),
            ..vaults
        };
        assert_eq!(
            refused(Params::localnet(), &sudden, LOCAL),
            ParamsError::CharterTooSoon
        );
    }
}
