//! What was taken, and what is asked for.

use crate::backend::FinalBlock;
use crate::convert::hash;
use crate::convert::receipt::{Occurred, amount, field, number, occurred};
use crate::reading::Reading;
use crate::refusal::Refusal;
use primitives::address::Network;
use primitives::{AccountId, Digest, Epoch};
use proto::slash::v1 as wire;
use runtime::slashing::{Ending, Request};
use runtime::staking::Conviction as Contradiction;
use runtime::{Value, delegation, dss, slashing, staking};

/// What is looked for among slashes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) operator: Option<AccountId>,
    pub(crate) vault: Option<Digest>,
    pub(crate) service: Option<u32>,
}

/// Which event says what was taken: that of the module that decided about it, once for each vault or bond.
fn taken_field(event: &Occurred<'_>) -> Option<&'static str> {
    let module = event.event.module;
    if event.name() != "Slashed" {
        None
    } else if module == slashing::ID.number() {
        Some("taken")
    } else if module == staking::ID.number() {
        Some("amount")
    } else if module == delegation::ID.number() && number(event, "service") == 0 {
        // The chain's own slashes of vaults are decided by no service's module.
        Some("amount")
    } else {
        None
    }
}

fn meant(event: &Occurred<'_>, wanted: &Wanted) -> bool {
    let operator = wanted
        .operator
        .is_none_or(|one| field(event, "operator") == Some(&Value::Operator(one)));
    let vault = wanted
        .vault
        .is_none_or(|one| field(event, "vault") == Some(&Value::Vault(one)));
    operator && vault && wanted.service.is_none_or(|one| number(event, "service") == one)
}

fn slash(event: &Occurred<'_>, block: &FinalBlock, taken: &str) -> wire::Slash {
    let text = |name: &str| event.values(name).next().unwrap_or_default();
    wire::Slash {
        height: event.height.get(),
        time_ms: block.block.header.time.get(),
        index: event.index,
        tx_hash: event.transaction.map(|(_, id)| hash(&id)).unwrap_or_default(),
        service_id: number(event, "service"),
        operator: text("operator"),
        vault: text("vault"),
        class: number(event, "class"),
        fraction_bps: number(event, "fraction"),
        asset_id: number(event, "asset"),
        taken: amount(event, taken),
        own: amount(event, "own"),
    }
}

/// What was taken in a block, the last first.
pub(crate) fn slashes(network: Network, block: &FinalBlock, wanted: &Wanted) -> Vec<wire::Slash> {
    let mut found: Vec<wire::Slash> = occurred(network, block)
        .filter(|event| meant(event, wanted))
        .filter_map(|event| taken_field(&event).map(|taken| slash(&event, block, taken)))
        .collect();
    found.reverse();
    found
}

const fn ending(ending: Ending) -> wire::SlashEnding {
    match ending {
        Ending::Open => wire::SlashEnding::Open,
        Ending::Vetoed => wire::SlashEnding::Vetoed,
        Ending::Executed => wire::SlashEnding::Executed,
    }
}

/// How it stands that is asked for; `None` is any.
pub(crate) fn parse_ending(asked: i32) -> Result<Option<Ending>, Refusal> {
    let known = wire::SlashEnding::try_from(asked)
        .map_err(|_| Refusal::field("ending", format!("{asked} is no ending")))?;
    Ok(match known {
        wire::SlashEnding::Unspecified => None,
        wire::SlashEnding::Open => Some(Ending::Open),
        wire::SlashEnding::Vetoed => Some(Ending::Vetoed),
        wire::SlashEnding::Executed => Some(Ending::Executed),
    })
}

pub(crate) fn pending(
    reading: &Reading,
    number: u64,
    request: &Request,
) -> Result<wire::PendingSlash, Refusal> {
    let service = dss::query::service(reading.state(), request.service)?;
    let vetoers = service.map(|record| record.terms.vetoers).unwrap_or_default();
    Ok(wire::PendingSlash {
        slash_id: number,
        service_id: request.service.get(),
        operator: reading.operator(&request.operator),
        class: u32::from(request.class),
        epoch: request.epoch.get(),
        fraction_bps: u32::from(request.fraction.get()),
        vaults: request.vaults.iter().map(|vault| reading.vault(vault)).collect(),
        reason: hash(&request.reason),
        slasher: reading.account(&request.slasher),
        bond: request.bond.to_string(),
        asked_at_ms: request.asked_at.get(),
        due_at_ms: request.due_at.get(),
        ending: ending(request.ending).into(),
        vetoers: vetoers.iter().map(|one| reading.account(one)).collect(),
    })
}

pub(crate) fn evidence(
    reading: &Reading,
    (operator, class, conviction): &(AccountId, u8, dss::Conviction),
) -> wire::Evidence {
    wire::Evidence {
        operator: reading.operator(operator),
        class: u32::from(*class),
        task_id: conviction.task,
        slot: conviction.slot,
        height: conviction.height.get(),
        value: conviction.value.to_string(),
        fraction_bps: u32::from(conviction.fraction.get()),
        liable_since_ms: conviction.liable_since.get(),
        offence: String::new(),
    }
}

/// How a validator contradicted itself.
pub(crate) const fn offence(contradiction: &Contradiction) -> &'static str {
    use light_palisade::Offence;
    match contradiction.offence {
        Offence::DoubleNotarize => "DOUBLE_NOTARIZE",
        Offence::DoubleFinalize => "DOUBLE_FINALIZE",
        Offence::NullifyFinalize => "NULLIFY_FINALIZE",
        Offence::NotarizeFinalize => "NOTARIZE_FINALIZE",
    }
}

pub(crate) fn contradiction(
    reading: &Reading,
    operator: &AccountId,
    found: &Contradiction,
) -> wire::Evidence {
    wire::Evidence {
        operator: reading.operator(operator),
        height: found.height.get(),
        value: found.liable.to_string(),
        offence: offence(found).to_owned(),
        ..wire::Evidence::default()
    }
}

pub(crate) fn cause(epoch: Epoch, found: &Contradiction) -> wire::JailCause {
    wire::JailCause {
        epoch: epoch.get(),
        offence: offence(found).to_owned(),
        view: found.view.get(),
        height: found.height.get(),
        liable: found.liable.to_string(),
        slashed: found.slashed.to_string(),
    }
}
