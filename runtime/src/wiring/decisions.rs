//! What decisions of the validators need of the rest: who may vote, what is possible, and how it is done.

use super::Wire;
use crate::action::{Action, service_subject};
use crate::chain;
use crate::rules::{Rules, in_force};
use assets::Source;
use governance::{Ballot, Refusal, Subject, Urgency};
use kernel::{Ctx, Fault, Module, Read, StateError, View};
use primitives::codec::encode;
use primitives::{AccountId, AssetId, ChainClock, Epoch, Power, Ratio, ServiceId};
use slashing::Slashing;

/// What lanes of bridges are called.
const LANE: &str = "lane/";

impl governance::Wiring for Wire {
    type Action = Action;

    fn ballot(view: &View<'_>, epoch: Epoch, operator: &AccountId) -> Result<Option<Ballot>, StateError> {
        let Some(set) = staking::set_of(view, epoch)? else {
            return Ok(None);
        };
        let member = set.validators.iter().find(|member| member.operator == *operator);
        Ok(Some(Ballot {
            own: member.map_or(Power::ZERO, |member| member.weight),
            total: Power::new(set.total_weight()),
        }))
    }

    fn basis(store: &dyn Read, action: &Action) -> Result<Vec<u8>, StateError> {
        Ok(match action {
            Action::SetChain(_) => encode(&chain::params(store)?),
            Action::SetStaking(_) => encode(&staking::query::params(store)?),
            Action::SetVaults(_) => encode(&vaults::query::params(store)?),
            Action::SetDelegation(_) => encode(&delegation::query::params(store)?),
            Action::SetServices(_) => encode(&dss::query::params(store)?),
            Action::SetSlashing(_) => encode(&slashing::query::params(store)?),
            Action::SetRewards(_) => encode(&rewards::query::params(store)?),
            Action::SetGovernance(_) => encode(&governance::query::params(store)?),
            Action::SetOracle(_) => encode(&oracle::query::params(store)?),
            Action::SetValuation(_) => encode(&assets::query::params(store)?),
            Action::SetAssetRules { asset, .. } => {
                encode(&assets::terms(store, *asset)?.map(|terms| terms.rules))
            }
            Action::SetPriceSource { asset, .. } => encode(&assets::source(store, *asset)?),
            Action::EnterAsset { .. }
            | Action::SetPrice { .. }
            | Action::SuspendService { .. }
            | Action::ResumeService { .. }
            | Action::Halt { .. }
            | Action::Lift { .. }
            | Action::VetoSlash { .. } => Vec::new(),
        })
    }

    fn check(view: &View<'_>, action: &Action, when: ChainClock) -> Result<Urgency, Refusal> {
        let now = view.block().chain_clock;
        let before = Rules::read(view)?;
        let mut after = before.clone();
        if !replace(&mut after, action) {
            return check_other(view, action, now);
        }
        if after == before {
            return Err(Refusal::NoChange);
        }
        after.check(in_force(view, now, when)?)?;
        if matches!(
            action,
            Action::SetChain(_) | Action::SetRewards(_) | Action::SetOracle(_)
        ) {
            return Ok(Urgency::Usual);
        }
        // Whoever does not like it is out before, by the delays of today and by those to come.
        Ok(Urgency::AtLeast(before.longest_exit().max(after.longest_exit())))
    }

    fn execute(ctx: &mut Ctx<'_>, action: Action) -> Result<(), Refusal> {
        match action {
            Action::SetChain(params) => Ok(chain::PARAMS.put(ctx, &params)?),
            Action::SetStaking(params) => Ok(staking::set_params(ctx, &params)?),
            Action::SetVaults(params) => Ok(vaults::set_params(ctx, &params)?),
            Action::SetDelegation(params) => Ok(delegation::set_params(ctx, &params)?),
            Action::SetServices(params) => {
                let epoch = staking::query::params(ctx)?.epoch_length;
                Ok(dss::set_params(ctx, &params, epoch)?)
            }
            Action::SetSlashing(params) => Ok(slashing::set_params(ctx, &params)?),
            Action::SetRewards(params) => Ok(rewards::set_params(ctx, &params)?),
            Action::SetGovernance(params) => Ok(governance::set_params(ctx, &params)?),
            Action::SetOracle(params) => Ok(oracle::set_params(ctx, &params)?),
            Action::SetValuation(params) => Ok(assets::set_params(ctx, &params)?),
            Action::SetPriceSource { asset, source } => {
                assets::set_source::<Self>(ctx, asset, source).map_err(refused)
            }
            Action::EnterAsset {
                asset,
                symbol,
                name,
                decimals,
            } => {
                let message = assets::Register {
                    asset,
                    symbol,
                    name,
                    decimals,
                };
                as_registrar(ctx, assets::Msg::Register(message))
            }
            Action::SetAssetRules { asset, rules } => {
                as_registrar(ctx, assets::Msg::SetTerms(assets::SetTerms { asset, rules }))
            }
            Action::SetPrice { asset, price } => assets::set_valuation(ctx, asset, price).map_err(refused),
            Action::SuspendService { service, period } => {
                governance::halt(ctx, subject(service)?, period).map_err(refused)
            }
            Action::ResumeService { service } => governance::lift(ctx, subject(service)?).map_err(refused),
            Action::Halt { subject, period } => governance::halt(ctx, subject, period).map_err(refused),
            Action::Lift { subject } => governance::lift(ctx, subject).map_err(refused),
            Action::VetoSlash { request } => {
                let seat = slashing::query::params(ctx)?.governance;
                let seat = seat.ok_or_else(no_seat)?;
                Slashing::<Self>::execute(ctx, seat, slashing::Msg::Veto { request }).map_err(refused)
            }
        }
    }
}

/// What another module says to it.
fn refused<E: Fault>(error: E) -> Refusal {
    error.code().map_or_else(
        || Refusal::State(chain::ID.broken("a module can do what was decided")),
        Refusal::Code,
    )
}

fn no_seat() -> Refusal {
    Refusal::Unknown("the chain has no seat among the vetoers: set slashing's `governance` first".to_owned())
}

fn subject(service: ServiceId) -> Result<Subject, Refusal> {
    let unnamed = || Refusal::Unknown(format!("service {service} has no name to be halted by"));
    service_subject(service).ok_or_else(unnamed)
}

/// Puts the parameters of an action in place of those of today; false for an action about something else.
pub(crate) fn replace(rules: &mut Rules, action: &Action) -> bool {
    match action {
        Action::SetChain(params) => rules.chain = *params,
        Action::SetStaking(params) => rules.staking = params.clone(),
        Action::SetVaults(params) => rules.vaults = params.clone(),
        Action::SetDelegation(params) => rules.delegation = params.clone(),
        Action::SetServices(params) => rules.dss = params.clone(),
        Action::SetSlashing(params) => rules.slashing = params.clone(),
        Action::SetRewards(params) => rules.rewards = *params,
        Action::SetGovernance(params) => rules.governance = params.clone(),
        Action::SetOracle(params) => rules.oracle = params.clone(),
        Action::SetValuation(params) => rules.assets = *params,
        Action::EnterAsset { .. }
        | Action::SetAssetRules { .. }
        | Action::SetPrice { .. }
        | Action::SetPriceSource { .. }
        | Action::SuspendService { .. }
        | Action::ResumeService { .. }
        | Action::Halt { .. }
        | Action::Lift { .. }
        | Action::VetoSlash { .. } => return false,
    }
    true
}

/// Checks an action that is not about parameters.
fn check_other(view: &View<'_>, action: &Action, now: ChainClock) -> Result<Urgency, Refusal> {
    let unknown_asset = |asset: &AssetId| Refusal::Unknown(format!("there is no asset {asset}"));
    match action {
        Action::EnterAsset { asset, .. } if assets::exists(view, *asset)? => {
            Err(refused(assets::Error::NumberTaken { asset: *asset }))
        }
        Action::EnterAsset { .. } => Ok(Urgency::Usual),
        Action::SetAssetRules { asset, .. }
        | Action::SetPrice { asset, .. }
        | Action::SetPriceSource { asset, .. }
            if !assets::exists(view, *asset)? =>
        {
            Err(unknown_asset(asset))
        }
        Action::SetAssetRules { asset, rules } => match assets::terms(view, *asset)? {
            Some(terms) if terms.rules == *rules => Err(Refusal::NoChange),
            // Who holds it may want to leave before it counts for less.
            Some(_) | None => Ok(Urgency::AtLeast(Rules::read(view)?.longest_exit())),
        },
        Action::SetPrice { asset, price } => check_price(view, *asset, *price),
        Action::SetPriceSource { asset, source } => check_source(view, *asset, *source),
        Action::SuspendService { service, period } => {
            known_service(view, *service)?;
            check_period(view, *period)
        }
        Action::ResumeService { service } => check_lift(view, subject(*service)?, now),
        Action::Halt { subject, period } => {
            // What no part of the chain asks about would stop nothing.
            if !subject.name().starts_with(LANE) {
                let known = "lanes are halted as lane/NAME, services by suspending them";
                return Err(Refusal::Unknown(known.to_owned()));
            }
            check_period(view, *period)
        }
        Action::Lift { subject } => check_lift(view, *subject, now),
        Action::VetoSlash { request } => {
            slashing::query::params(view)?.governance.ok_or_else(no_seat)?;
            let found = slashing::query::request(view, *request)?;
            found.map_or_else(
                || Err(Refusal::Unknown(format!("there is no request {request}"))),
                |_| Ok(Urgency::Now),
            )
        }
        Action::SetChain(_)
        | Action::SetStaking(_)
        | Action::SetVaults(_)
        | Action::SetDelegation(_)
        | Action::SetServices(_)
        | Action::SetSlashing(_)
        | Action::SetRewards(_)
        | Action::SetGovernance(_)
        | Action::SetOracle(_)
        | Action::SetValuation(_) => Err(Refusal::NoChange),
    }
}

fn check_price(view: &View<'_>, asset: AssetId, price: Ratio) -> Result<Urgency, Refusal> {
    match assets::terms(view, asset)? {
        None => Err(Refusal::Unknown(format!(
            "asset {asset} may not be restaked: set its rules first"
        ))),
        Some(terms) if terms.valuation.price == price => Err(Refusal::NoChange),
        Some(_) => Ok(Urgency::Usual),
    }
}

fn check_source(view: &View<'_>, asset: AssetId, source: Option<Source>) -> Result<Urgency, Refusal> {
    if assets::source(view, asset)? == source {
        return Err(Refusal::NoChange);
    }
    assets::check_source::<Wire>(view, asset, source).map_err(refused)?;
    Ok(Urgency::Usual)
}

fn known_service(view: &View<'_>, service: ServiceId) -> Result<(), Refusal> {
    let unknown = || Refusal::Unknown(format!("there is no service {service}"));
    dss::query::service(view, service)?
        .map(|_| ())
        .ok_or_else(unknown)
}

fn check_period(view: &View<'_>, period: primitives::Millis) -> Result<Urgency, Refusal> {
    let most = governance::query::params(view)?.longest_halt;
    if period.is_zero() || period > most {
        return Err(refused(governance::Error::HaltTooLong { period, most }));
    }
    Ok(Urgency::Now)
}

fn check_lift(view: &View<'_>, subject: Subject, now: ChainClock) -> Result<Urgency, Refusal> {
    match governance::query::halted_until(view, subject, now)? {
        Some(_) => Ok(Urgency::Now),
        None => Err(refused(governance::Error::NotHalted { subject })),
    }
}

/// Does what the registrar may do otherwise, in its name.
fn as_registrar(ctx: &mut Ctx<'_>, message: assets::Msg) -> Result<(), Refusal> {
    message.validate().map_err(refused)?;
    let registrar = assets::registrar(ctx)?;
    assets::Assets::<Wire>::execute(ctx, registrar, message).map_err(refused)
}
