//! What holds between the parameters of all modules: checked when a chain starts, when a change is proposed, and when it is
//! made.
//!
//! # Source
//! restaking.md, "Inequalities" and "Time".

use crate::chain;
use delegation::{ParamsError as DelegationError, Timing};
use dss::ParamsError as ServiceError;
use governance::{Inequality, Refusal};
use kernel::{Read, StateError};
use primitives::{ChainClock, Millis};

/// The parameters of every module.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each field is the module of its name")]
pub struct Rules {
    pub chain: chain::Params,
    pub staking: staking::Params,
    pub vaults: vaults::Params,
    pub delegation: delegation::Params,
    pub dss: dss::Params,
    pub slashing: slashing::Params,
    pub rewards: rewards::Params,
    pub governance: governance::Params,
    pub assets: assets::Params,
    pub oracle: oracle::Params,
}

/// Windows that still count for what began under them, although shorter ones are set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InForce {
    /// How long evidence about validators counts.
    pub staking: Millis,
    /// How long faults of services may be shown.
    pub dss: Millis,
    /// How long the last request that waits for a veto still waits.
    pub veto: Millis,
}

/// Why parameters do not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// A module's own rule.
    #[error("{module}: {rule}")]
    Own {
        /// Which module's.
        module: &'static str,
        /// What is wrong.
        rule: String,
    },
    /// One between modules.
    #[error("{words}")]
    Between {
        /// Which.
        which: Inequality,
        /// With the numbers.
        words: String,
    },
}

impl From<RuleError> for Refusal {
    fn from(error: RuleError) -> Self {
        match error {
            RuleError::Own { .. } => Self::Rule(error.to_string()),
            RuleError::Between { which, .. } => Self::Inequality(which),
        }
    }
}

fn own<E: core::fmt::Display>(module: &'static str, checked: Result<(), E>) -> Result<(), RuleError> {
    checked.map_err(|error| RuleError::Own {
        module,
        rule: error.to_string(),
    })
}

fn between(which: Inequality, holds: bool, words: impl FnOnce() -> String) -> Result<(), RuleError> {
    if holds {
        Ok(())
    } else {
        Err(RuleError::Between {
            which,
            words: words(),
        })
    }
}

impl Rules {
    /// Those of the chain in `store`.
    ///
    /// # Errors
    /// [`StateError`]: the store is broken.
    pub fn read(store: &(impl Read + ?Sized)) -> Result<Self, StateError> {
        Ok(Self {
            chain: chain::params(store)?,
            staking: staking::query::params(store)?,
            vaults: vaults::query::params(store)?,
            delegation: delegation::query::params(store)?,
            dss: dss::query::params(store)?,
            slashing: slashing::query::params(store)?,
            rewards: rewards::query::params(store)?,
            governance: governance::query::params(store)?,
            assets: assets::query::params(store)?,
            oracle: oracle::query::params(store)?,
        })
    }

    /// The longest that anybody waits for what is his: a change that could harm exits waits longer.
    #[must_use]
    pub fn longest_exit(&self) -> Millis {
        self.vaults
            .withdrawal_delay
            .max(self.staking.unbonding_delay)
            .max(self.delegation.deallocation_delay)
            .max(self.delegation.leave_delay)
    }

    /// Checks every rule of every module, and every inequality between them, while the windows `in_force` still count.
    ///
    /// # Errors
    /// [`RuleError`] says what does not fit, and with which numbers.
    pub fn check(&self, in_force: InForce) -> Result<(), RuleError> {
        own(chain::ID.name(), self.chain.validate())?;
        own(staking::ID.name(), self.staking.validate())?;
        own(vaults::ID.name(), self.vaults.validate())?;
        own(slashing::ID.name(), self.slashing.validate())?;
        own(rewards::ID.name(), self.rewards.validate())?;
        own(governance::ID.name(), self.governance.validate())?;
        own(assets::ID.name(), self.assets.validate())?;
        own(oracle::ID.name(), self.oracle.validate())?;
        self.check_evidence()?;
        let (old, round) = (self.assets.stale_after, self.oracle.shortest_round);
        between(Inequality::Stale, old >= round, || {
            format!("stale_after is {old} ms, at least shortest_round, {round} ms")
        })?;
        self.check_exits(in_force)
    }

    /// How long evidence counts, and what depends on it.
    fn check_evidence(&self) -> Result<(), RuleError> {
        let window = self.delegation.slashing_window;
        for (name, found) in [
            ("staking", self.staking.evidence_window),
            ("services", self.dss.evidence_window),
        ] {
            between(Inequality::Evidence, found <= window, || {
                format!("{name}: evidence_window is {found} ms, at most slashing_window, {window} ms")
            })?;
            let delay = self.slashing.reporter_delay;
            between(Inequality::Reporter, found <= delay, || {
                format!("reporter_delay is {delay} ms, at least {name}' evidence_window, {found} ms")
            })?;
        }
        let (voting, delay) = (self.governance.voting_period, self.staking.unbonding_delay);
        between(Inequality::Voting, voting <= delay, || {
            format!("voting_period is {voting} ms, at most unbonding_delay, {delay} ms")
        })
    }

    /// That whoever leaves is there to be slashed for as long as it may have to be.
    fn check_exits(&self, in_force: InForce) -> Result<(), RuleError> {
        let staking = staking::Params {
            evidence_window: self.staking.evidence_window.max(in_force.staking),
            ..self.staking.clone()
        };
        between(Inequality::Unbonding, staking.validate().is_ok(), || {
            format!(
                "unbonding_delay is {} ms: too short for evidence that counts {} ms",
                staking.unbonding_delay, staking.evidence_window
            )
        })?;
        let delegation = delegation::Params {
            slashing_window: self
                .delegation
                .slashing_window
                .max(in_force.staking)
                .max(in_force.dss),
            veto_window: self.delegation.veto_window.max(in_force.veto),
            ..self.delegation.clone()
        };
        let timing = Timing {
            epoch: self.staking.epoch_length,
            evidence: self.staking.evidence_window,
        };
        delegation
            .validate(&self.vaults, timing)
            .map_err(|error| of_pledges(&error))?;
        let services = dss::Params {
            evidence_window: self.dss.evidence_window.max(in_force.dss),
            ..self.dss.clone()
        };
        services
            .validate(&delegation)
            .map_err(|error| of_services(&error))
    }
}

/// What the operators' module says does not fit.
fn of_pledges(error: &DelegationError) -> RuleError {
    let which = match error {
        DelegationError::Zero(_) => None,
        DelegationError::TooShort { name, .. } => Some(match *name {
            "withdrawal_delay" => Inequality::Withdrawal,
            "deallocation_delay" => Inequality::Deallocation,
            _ => Inequality::Leave,
        }),
        DelegationError::EvidenceTooOld { .. } => Some(Inequality::Evidence),
        DelegationError::CharterTooSoon => Some(Inequality::Charter),
    };
    of(delegation::ID.name(), which, error)
}

/// What the services' module says does not fit.
fn of_services(error: &ServiceError) -> RuleError {
    let which = match error {
        ServiceError::Zero(_) => None,
        ServiceError::LeaveTooShort => Some(Inequality::Leave),
        ServiceError::RiseTooShort => Some(Inequality::Rise),
        ServiceError::EvidenceTooOld => Some(Inequality::Evidence),
    };
    of(dss::ID.name(), which, error)
}

fn of(module: &'static str, which: Option<Inequality>, error: &dyn core::fmt::Display) -> RuleError {
    let words = error.to_string();
    match which {
        Some(which) => RuleError::Between { which, words },
        None => RuleError::Own { module, rule: words },
    }
}

/// The windows that count at `when`, whatever is set by then, where they were shortened before `now`.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn in_force(
    store: &(impl Read + ?Sized),
    now: ChainClock,
    when: ChainClock,
) -> Result<InForce, StateError> {
    let longer = |window: Result<Millis, StateError>, set: Millis| {
        // What is set now may itself be replaced: only what is remembered counts.
        window.map(|window| if window > set { window } else { Millis::ZERO })
    };
    let waits = slashing::query::last_due(store)?.map_or(Millis::ZERO, |due| {
        Millis::new(due.saturating_sub(now.max(when)).get())
    });
    Ok(InForce {
        staking: longer(
            staking::evidence_window(store, when),
            staking::query::params(store)?.evidence_window,
        )?,
        dss: longer(
            dss::evidence_window(store, when),
            dss::query::params(store)?.evidence_window,
        )?,
        veto: waits,
    })
}
