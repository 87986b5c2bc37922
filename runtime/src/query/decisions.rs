//! What the validators' decisions start from, and what would become of one that is proposed now.

use crate::action::Action;
use crate::chain;
use crate::receipt::Failure;
use crate::rules::{Rules, in_force};
use crate::wiring::{Wire, replace};
use governance::{Refusal, Wiring};
use kernel::{Code, Fault, Read, StateError, View};
use primitives::{AssetId, ChainClock, Millis};

/// What would become of an action that is proposed now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// When its votes would be counted, in chain time.
    pub votes_until: ChainClock,
    /// How long it would wait then, once accepted.
    pub wait: Millis,
    /// Why it cannot be proposed; `None` when it can.
    pub objection: Option<Objection>,
}

/// Why an action cannot be proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    /// The error's name for programs.
    pub reason: &'static str,
    /// What is wrong, with the numbers where there are any.
    pub words: String,
}

/// What is decided module by module: for each the action that would set what stands, and the raw key of what it sets.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn parameters(store: &(impl Read + ?Sized)) -> Result<Vec<(Action, Vec<u8>)>, StateError> {
    let rules = Rules::read(store)?;
    Ok(vec![
        (Action::SetChain(rules.chain), chain::PARAMS.raw_key()),
        (Action::SetStaking(rules.staking), staking::query::params_key()),
        (Action::SetVaults(rules.vaults), vaults::query::params_key()),
        (
            Action::SetDelegation(rules.delegation),
            delegation::query::params_key(),
        ),
        (Action::SetServices(rules.dss), dss::query::params_key()),
        (Action::SetSlashing(rules.slashing), slashing::query::params_key()),
        (Action::SetRewards(rules.rewards), rewards::query::params_key()),
        (
            Action::SetGovernance(rules.governance),
            governance::query::params_key(),
        ),
        (Action::SetOracle(rules.oracle), oracle::query::params_key()),
        (Action::SetValuation(rules.assets), assets::query::params_key()),
    ])
}

/// What stands where `action` would change something, as an action of the same kind; `None` where it would not replace anything.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn standing(store: &(impl Read + ?Sized), action: &Action) -> Result<Option<Action>, StateError> {
    let rules = Rules::read(store)?;
    Ok(match action {
        Action::SetChain(_) => Some(Action::SetChain(rules.chain)),
        Action::SetStaking(_) => Some(Action::SetStaking(rules.staking)),
        Action::SetVaults(_) => Some(Action::SetVaults(rules.vaults)),
        Action::SetDelegation(_) => Some(Action::SetDelegation(rules.delegation)),
        Action::SetServices(_) => Some(Action::SetServices(rules.dss)),
        Action::SetSlashing(_) => Some(Action::SetSlashing(rules.slashing)),
        Action::SetRewards(_) => Some(Action::SetRewards(rules.rewards)),
        Action::SetGovernance(_) => Some(Action::SetGovernance(rules.governance)),
        Action::SetOracle(_) => Some(Action::SetOracle(rules.oracle)),
        Action::SetValuation(_) => Some(Action::SetValuation(rules.assets)),
        Action::SetAssetRules { asset, .. } => of_asset(store, *asset, |asset, terms| {
            let rules = terms.rules;
            Action::SetAssetRules { asset, rules }
        })?,
        Action::SetPrice { asset, .. } => of_asset(store, *asset, |asset, terms| {
            let price = terms.valuation.price;
            Action::SetPrice { asset, price }
        })?,
        Action::SetPriceSource { asset, .. } => Some(Action::SetPriceSource {
            asset: *asset,
            source: assets::source(store, *asset)?,
        }),
        Action::EnterAsset { .. }
        | Action::SuspendService { .. }
        | Action::ResumeService { .. }
        | Action::Halt { .. }
        | Action::Lift { .. }
        | Action::VetoSlash { .. } => None,
    })
}

fn of_asset(
    store: &(impl Read + ?Sized),
    asset: AssetId,
    as_action: impl FnOnce(AssetId, assets::Terms) -> Action,
) -> Result<Option<Action>, StateError> {
    Ok(assets::terms(store, asset)?.map(|terms| as_action(asset, terms)))
}

/// What would become of `action` if it were proposed now: by the same check that the proposal would meet.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn outlook(view: &View<'_>, action: &Action) -> Result<Outlook, StateError> {
    let params = governance::query::params(view)?;
    let votes_until = view.block().chain_clock.after(params.voting_period);
    let mut wait = Millis::ZERO;
    let mut checked = Wire::check(view, action, ChainClock::MAX);
    if let Ok(urgency) = checked {
        wait = governance::wait(&params, urgency);
        checked = Wire::check(view, action, votes_until.after(wait));
    }
    let objection = match checked {
        Ok(_) => None,
        Err(refusal) => Some(object(view, action, votes_until, refusal)?),
    };
    Ok(Outlook {
        votes_until,
        wait,
        objection,
    })
}

/// A refusal in words.
fn object(
    view: &View<'_>,
    action: &Action,
    when: ChainClock,
    refusal: Refusal,
) -> Result<Objection, StateError> {
    if let Refusal::State(error) = refusal {
        return Err(error);
    }
    let numbers = match refusal {
        Refusal::Inequality(_) => in_numbers(view, action, when)?,
        Refusal::Rule(_) | Refusal::Unknown(_) | Refusal::NoChange | Refusal::Code(_) | Refusal::State(_) => {
            None
        }
    };
    let error = governance::Error::from(refusal);
    let meaning = error.code().and_then(meaning);
    let words = match (&error, meaning) {
        (governance::Error::Refused(_), Some(meaning)) => meaning.words.to_owned(),
        _ => error.to_string(),
    };
    Ok(Objection {
        reason: meaning.map_or("REFUSED", |meaning| meaning.reason),
        words: numbers.map_or_else(|| words.clone(), |numbers| format!("{numbers}: {words}")),
    })
}

fn meaning(code: Code) -> Option<&'static kernel::Meaning> {
    Failure { message: 0, code }.meaning()
}

/// By how much an inequality would be missed.
fn in_numbers(view: &View<'_>, action: &Action, when: ChainClock) -> Result<Option<String>, StateError> {
    let mut rules = Rules::read(view)?;
    if !replace(&mut rules, action) {
        return Ok(None);
    }
    let now = view.block().chain_clock;
    let broken = |when| Ok(rules.check(in_force(view, now, when)?).err());
    let found: Result<_, StateError> = broken(ChainClock::MAX).and_then(|found| match found {
        Some(found) => Ok(Some(found)),
        None => broken(when),
    });
    Ok(found?.map(|found| found.to_string()))
}
