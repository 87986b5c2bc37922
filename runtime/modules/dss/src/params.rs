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
    /// From leaving a service to the end of liability, in chain time, in milliseconds.
    pub leave_delay: Millis,
    /// From asking for a higher class cap to its effect, in chain time, in milliseconds.
    pub rise_delay: Millis,
    /// The longest life of a task, in chain time, in milliseconds.
    pub longest_task: Millis,
    /// Tasks that one block settles or forgets.
    pub tasks_per_block: u16,
    /// Gas of a service's own hook.
    pub hook_gas: Gas,
    /// Services that one operator serves at a time.
    pub services_per_operator: u16,
}

/// Why parameters are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParamsError {
    /// A value that must not be zero is.
    #[error("{0} must not be zero")]
    Zero(&'static str),
    /// Liability would end before a fault of the last task can be shown.
    #[error("leave_delay must be at least evidence_window + longest_task")]
    LeaveTooShort,
    /// A higher cap would reach who could not leave before.
    #[error("rise_delay must be at least leave_delay")]
    RiseTooShort,
    /// More than an operator's list of services is read for.
    #[error("services_per_operator is at most 32")]
    TooManyServices,
}

impl Params {
    /// For chains that carry value (restaking.md, "Parameters").
    #[must_use]
    pub const fn mainnet() -> Self {
        const DAY: u64 = 86_400_000;
        Self {
            service_bond: Amount::new(1_000_000_000_000),
            evidence_window: Millis::new(7 * DAY),
            leave_delay: Millis::new(11 * DAY),
            rise_delay: Millis::new(11 * DAY),
            longest_task: Millis::new(DAY),
            tasks_per_block: 64,
            hook_gas: Gas::new(5_000_000),
            services_per_operator: 32,
        }
    }

    /// For testnets on one machine.
    #[must_use]
    pub const fn localnet() -> Self {
        Self {
            service_bond: Amount::new(100_000_000_000),
            evidence_window: Millis::new(60_000),
            leave_delay: Millis::new(110_000),
            rise_delay: Millis::new(110_000),
            longest_task: Millis::new(20_000),
            ..Self::mainnet()
        }
    }

    /// Checks the rules between the parameters.
    ///
    /// # Errors
    /// [`ParamsError`] says which is broken.
    pub fn validate(&self) -> Result<(), ParamsError> {
        let zero = [
            ("evidence_window", self.evidence_window.is_zero()),
            ("longest_task", self.longest_task.is_zero()),
            ("tasks_per_block", self.tasks_per_block == 0),
            ("hook_gas", self.hook_gas.is_zero()),
            ("services_per_operator", self.services_per_operator == 0),
        ];
        if let Some((name, _)) = zero.iter().find(|(_, zero)| *zero) {
            return Err(ParamsError::Zero(name));
        }
        let window = self.evidence_window.saturating_add(self.longest_task);
        if self.leave_delay < window {
            return Err(ParamsError::LeaveTooShort);
        }
        if self.rise_delay < self.leave_delay {
            return Err(ParamsError::RiseTooShort);
        }
        if self.services_per_operator > 32 {
            return Err(ParamsError::TooManyServices);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_keep_the_rules_and_a_short_leave_does_not() {
        assert_eq!(Params::mainnet().validate(), Ok(()));
        let good = Params::localnet();
        assert_eq!(good.validate(), Ok(()));
        let leave = Params {
            leave_delay: Millis::new(79_999),
            ..good
        };
        assert_eq!(leave.validate(), Err(ParamsError::LeaveTooShort));
        let rise = Params {
            rise_delay: Millis::new(109_999),
            ..good
        };
        assert_eq!(rise.validate(), Err(ParamsError::RiseTooShort));
        let many = Params {
            services_per_operator: 33,
            ..good
        };
        assert_eq!(many.validate(), Err(ParamsError::TooManyServices));
        let none = Params {
            tasks_per_block: 0,
            ..good
        };
        assert_eq!(none.validate(), Err(ParamsError::Zero("tasks_per_block")));
    }
}
