//! What can be set.

use borsh::{BorshDeserialize, BorshSerialize};
use primitives::{Amount, Gas, Millis};

/// The module's parameters.
#[derive(
    Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// What a service's owner puts down until it is closed, in npal.
    pub service_bond: Amount,
    /// How long after an epoch's end faults of it may be shown, in chain time, in milliseconds.
    pub evidence_window: Millis,
    /// From asking for a higher class cap to its effect, in chain time, in milliseconds.
    pub rise_delay: Millis,
    /// The longest life of a task, in chain time, in milliseconds.
    pub longest_task: Millis,
    /// Tasks that one block settles or forgets.
    pub tasks_per_block: u16,
    /// Gas of a service's own hook.
    pub hook_gas: Gas,
}

/// Why parameters are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParamsError {
    /// A value that must not be zero is.
    #[error("{0} must not be zero")]
    Zero(&'static str),
    /// Liability would end before a fault of the last task can be shown.
    #[error("delegation's leave_delay must be at least evidence_window + longest_task")]
    LeaveTooShort,
    /// A higher cap would reach who could not leave before.
    #[error("rise_delay must be at least delegation's leave_delay")]
    RiseTooShort,
    /// Evidence would count that is too old to slash for.
    #[error("evidence_window must be at most delegation's slashing_window")]
    EvidenceTooOld,
}

impl Params {
    /// For chains that carry value (restaking.md, "Parameters").
    #[must_use]
    pub const fn mainnet() -> Self {
        const DAY: u64 = 86_400_000;
        Self {
            service_bond: Amount::new(1_000_000_000_000),
            evidence_window: Millis::new(7 * DAY),
            rise_delay: Millis::new(11 * DAY),
            longest_task: Millis::new(DAY),
            tasks_per_block: 64,
            hook_gas: Gas::new(5_000_000),
        }
    }

    /// For testnets on one machine.
    #[must_use]
    pub const fn localnet() -> Self {
        Self {
            service_bond: Amount::new(100_000_000_000),
            evidence_window: Millis::new(60_000),
            rise_delay: Millis::new(120_000),
            longest_task: Millis::new(20_000),
            ..Self::mainnet()
        }
    }

    /// Checks the rules between the parameters, and with those of pledges and memberships.
    ///
    /// # Errors
    /// [`ParamsError`] says which is broken.
    pub fn validate(&self, pledges: &delegation::Params) -> Result<(), ParamsError> {
        let zero = [
            ("evidence_window", self.evidence_window.is_zero()),
            ("longest_task", self.longest_task.is_zero()),
            ("tasks_per_block", self.tasks_per_block == 0),
            ("hook_gas", self.hook_gas.is_zero()),
        ];
        if let Some((name, _)) = zero.iter().find(|(_, zero)| *zero) {
            return Err(ParamsError::Zero(name));
        }
        let window = self.evidence_window.saturating_add(self.longest_task);
        if pledges.leave_delay < window {
            return Err(ParamsError::LeaveTooShort);
        }
        if self.rise_delay < pledges.leave_delay {
            return Err(ParamsError::RiseTooShort);
        }
        if self.evidence_window > pledges.slashing_window {
            return Err(ParamsError::EvidenceTooOld);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_keep_the_rules_and_a_short_leave_does_not() {
        let (main, local) = (delegation::Params::mainnet(), delegation::Params::localnet());
        assert_eq!(Params::mainnet().validate(&main), Ok(()));
        let good = Params::localnet();
        assert_eq!(good.validate(&local), Ok(()));
        let hasty = delegation::Params {
            leave_delay: Millis::new(79_999),
            ..delegation::Params::localnet()
        };
        assert_eq!(good.validate(&hasty), Err(ParamsError::LeaveTooShort));
        let rise = Params {
            rise_delay: Millis::new(119_999),
            ..Params::localnet()
        };
        assert_eq!(rise.validate(&local), Err(ParamsError::RiseTooShort));
        let old = Params {
            evidence_window: Millis::new(60_001),
            ..Params::localnet()
        };
        assert_eq!(old.validate(&local), Err(ParamsError::EvidenceTooOld));
        let none = Params {
            tasks_per_block: 0,
            ..Params::localnet()
        };
        assert_eq!(none.validate(&local), Err(ParamsError::Zero("tasks_per_block")));
    }
}
