//! `palisade.governance.v1`.

use crate::action::Action;
use crate::wire::fields::{FieldError, amount, bps, invalid, small};
use crate::wire::govern_params as params;
use assets::{Name, Rules, Source, Symbol};
use governance::{Choice, Msg, Propose, Subject, Summary};
use primitives::{AssetId, Millis, Ratio, ServiceId};
use proto::governance::v1 as pb;
use proto::governance::v1::action::Action as Kind;
use proto::governance::v1::set_asset_source::Source as From;
use proto::tx::v1::message::Message as MessageKind;

/// Reads a proposal.
pub(super) fn propose(message: pb::Propose) -> Result<Msg<Action>, FieldError> {
    let rule = "1 to 1024 bytes of text without control characters but line feeds";
    Ok(Msg::Propose(Box::new(Propose {
        summary: Summary::new(message.summary).map_err(|_| invalid("propose.summary", rule))?,
        action: read_action(message.action.unwrap_or_default())?,
    })))
}

/// Reads a vote.
pub(super) fn vote(message: &pb::CastVote) -> Result<Msg<Action>, FieldError> {
    let unknown = invalid("cast_vote.choice", "yes, no or abstain");
    let choice = match pb::VoteChoice::try_from(message.choice) {
        Ok(pb::VoteChoice::Yes) => Choice::Yes,
        Ok(pb::VoteChoice::No) => Choice::No,
        Ok(pb::VoteChoice::Abstain) => Choice::Abstain,
        Ok(pb::VoteChoice::Unspecified) | Err(_) => return Err(unknown),
    };
    Ok(Msg::Vote {
        proposal: message.proposal_id,
        choice,
    })
}

fn subject(name: &str) -> Result<Subject, FieldError> {
    let rule = "1 to 32 lower-case letters, digits, / and -, a letter first";
    Subject::new(name).ok_or(invalid("action.subject", rule))
}

fn enter_asset(message: pb::EnterAsset) -> Result<Action, FieldError> {
    let symbol = "1 to 16 ASCII letters, digits, `.` and `-`, starting with a letter";
    let name = "1 to 64 bytes without control characters or white space at its ends";
    Ok(Action::EnterAsset {
        asset: AssetId::new(message.asset_id),
        symbol: Symbol::new(message.symbol).map_err(|_| invalid("enter_asset.symbol", symbol))?,
        name: Name::new(message.name).map_err(|_| invalid("enter_asset.name", name))?,
        decimals: small("enter_asset.decimals", message.decimals)?,
    })
}

fn asset_rules(message: &pb::SetAssetRules) -> Result<Action, FieldError> {
    let deposit_cap = if message.deposit_cap.is_empty() {
        None
    } else {
        Some(amount("set_asset_rules.deposit_cap", &message.deposit_cap)?)
    };
    Ok(Action::SetAssetRules {
        asset: AssetId::new(message.asset_id),
        rules: Rules {
            haircut: bps("set_asset_rules.haircut_bps", message.haircut_bps)?,
            deposit_cap,
            power_cap: bps("set_asset_rules.power_cap_bps", message.power_cap_bps)?,
        },
    })
}

fn action(kind: Kind) -> Result<Action, FieldError> {
    Ok(match kind {
        Kind::SetChain(message) => Action::SetChain(params::chain(&message)?),
        Kind::SetStaking(message) => Action::SetStaking(params::staking(&message)?),
        Kind::SetVaults(message) => Action::SetVaults(params::vaults(&message)?),
        Kind::SetPledges(message) => Action::SetDelegation(params::pledges(&message)?),
        Kind::SetServices(message) => Action::SetServices(params::services(&message)?),
        Kind::SetSlashes(message) => Action::SetSlashing(params::slashes(&message)?),
        Kind::SetRewards(message) => Action::SetRewards(params::rewards(&message)?),
        Kind::SetGovernance(message) => Action::SetGovernance(params::governance(&message)?),
        Kind::EnterAsset(message) => enter_asset(message)?,
        Kind::SetAssetRules(message) => asset_rules(&message)?,
        Kind::SetAssetPrice(message) => Action::SetPrice {
            asset: AssetId::new(message.asset_id),
            price: Ratio::from_raw(amount("set_asset_price.price", &message.price)?.get()),
        },
        Kind::SuspendService(message) => Action::SuspendService {
            service: ServiceId::new(message.service_id),
            period: Millis::new(message.period_ms),
        },
        Kind::ResumeService(message) => Action::ResumeService {
            service: ServiceId::new(message.service_id),
        },
        Kind::HaltSubject(message) => Action::Halt {
            subject: subject(&message.subject)?,
            period: Millis::new(message.period_ms),
        },
        Kind::LiftHalt(message) => Action::Lift {
            subject: subject(&message.subject)?,
        },
        Kind::StopSlash(message) => Action::VetoSlash {
            request: message.request_id,
        },
        Kind::SetOracle(message) => Action::SetOracle(params::oracle(&message)?),
        Kind::SetValuation(message) => Action::SetValuation(params::valuation(&message)?),
        Kind::SetAssetSource(message) => asset_source(&message)?,
    })
}

/// Reads where an asset's valuation shall come from.
fn asset_source(message: &pb::SetAssetSource) -> Result<Action, FieldError> {
    let source = match &message.source {
        None => None,
        Some(From::FeedId(feed)) => Some(Source::Feed(*feed)),
        Some(From::Stated(price)) => {
            let price = amount("set_asset_source.stated", price)?;
            Some(Source::Stated(Ratio::from_raw(price.get())))
        }
    };
    Ok(Action::SetPriceSource {
        asset: AssetId::new(message.asset_id),
        source,
    })
}

fn write_asset_source(asset: AssetId, source: Option<Source>) -> pb::SetAssetSource {
    pb::SetAssetSource {
        asset_id: asset.get(),
        source: source.map(|source| match source {
            Source::Feed(feed) => From::FeedId(feed),
            Source::Stated(price) => From::Stated(price.raw().to_string()),
        }),
    }
}

/// What is to be done, as messages state it.
#[must_use]
pub fn write_action(action: &Action) -> pb::Action {
    pb::Action {
        action: Some(write_kind(action)),
    }
}

/// Reads what is to be done.
///
/// # Errors
/// [`FieldError`]: a field has a value that it cannot have, or there is nothing to be done.
pub fn read_action(message: pb::Action) -> Result<Action, FieldError> {
    let none = invalid("propose.action", "one thing to be done must be there");
    action(message.action.ok_or(none)?)
}

fn write_kind(action: &Action) -> Kind {
    match action {
        Action::SetChain(params) => Kind::SetChain(params::write_chain(params)),
        Action::SetStaking(params) => Kind::SetStaking(params::write_staking(params)),
        Action::SetVaults(params) => Kind::SetVaults(params::write_vaults(params)),
        Action::SetDelegation(params) => Kind::SetPledges(params::write_pledges(params)),
        Action::SetServices(params) => Kind::SetServices(params::write_services(params)),
        Action::SetSlashing(params) => Kind::SetSlashes(params::write_slashes(params)),
        Action::SetRewards(params) => Kind::SetRewards(params::write_rewards(params)),
        Action::SetGovernance(params) => Kind::SetGovernance(params::write_governance(params)),
        Action::EnterAsset {
            asset,
            symbol,
            name,
            decimals,
        } => Kind::EnterAsset(pb::EnterAsset {
            asset_id: asset.get(),
            symbol: symbol.to_string(),
            decimals: u32::from(*decimals),
            name: name.to_string(),
        }),
        Action::SetAssetRules { asset, rules } => Kind::SetAssetRules(pb::SetAssetRules {
            asset_id: asset.get(),
            haircut_bps: u32::from(rules.haircut.get()),
            deposit_cap: rules.deposit_cap.map(|cap| cap.to_string()).unwrap_or_default(),
            power_cap_bps: u32::from(rules.power_cap.get()),
        }),
        Action::SetPrice { asset, price } => Kind::SetAssetPrice(pb::SetAssetPrice {
            asset_id: asset.get(),
            price: price.raw().to_string(),
        }),
        Action::SuspendService { service, period } => Kind::SuspendService(pb::SuspendService {
            service_id: service.get(),
            period_ms: period.get(),
        }),
        Action::ResumeService { service } => Kind::ResumeService(pb::ResumeService {
            service_id: service.get(),
        }),
        Action::Halt { subject, period } => Kind::HaltSubject(pb::HaltSubject {
            subject: subject.name().to_owned(),
            period_ms: period.get(),
        }),
        Action::Lift { subject } => Kind::LiftHalt(pb::LiftHalt {
            subject: subject.name().to_owned(),
        }),
        Action::VetoSlash { request } => Kind::StopSlash(pb::StopSlash { request_id: *request }),
        Action::SetOracle(params) => Kind::SetOracle(params::write_oracle(params)),
        Action::SetValuation(params) => Kind::SetValuation(params::write_valuation(params)),
        Action::SetPriceSource { asset, source } => Kind::SetAssetSource(write_asset_source(*asset, *source)),
    }
}

/// Writes a message.
pub(super) fn write(message: &Msg<Action>) -> MessageKind {
    match message {
        Msg::Propose(message) => MessageKind::Propose(pb::Propose {
            summary: message.summary.text().to_owned(),
            action: Some(write_action(&message.action)),
        }),
        Msg::Vote { proposal, choice } => MessageKind::CastVote(pb::CastVote {
            proposal_id: *proposal,
            choice: match choice {
                Choice::Yes => pb::VoteChoice::Yes,
                Choice::No => pb::VoteChoice::No,
                Choice::Abstain => pb::VoteChoice::Abstain,
            }
            .into(),
        }),
    }
}
