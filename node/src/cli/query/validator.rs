//! Validators.

use crate::cli::context::Context;
use crate::cli::query::{Shown, lacking};
use crate::output::{Failure, columns};
use client::amount;
use proto::staking::v1 as wire;
use serde_json::{Value, json};

/// Rows asked for at once.
const PAGE: u32 = 1_000;

const fn status(status: wire::ValidatorStatus) -> &'static str {
    match status {
        wire::ValidatorStatus::Unspecified => "unknown",
        wire::ValidatorStatus::Waiting => "waiting",
        wire::ValidatorStatus::Active => "active",
        wire::ValidatorStatus::Jailed => "jailed",
        wire::ValidatorStatus::Leaving => "leaving",
    }
}

pub(crate) fn value(validator: &wire::Validator) -> Value {
    json!({
        "address": validator.address,
        "moniker": validator.moniker,
        "status": status(validator.status()),
        "power": validator.power,
        "index": validator.index,
        "bonded": validator.bonded,
        "unbonding": validator.unbonding,
        "rewards": validator.rewards,
        "jailed": validator.jailed,
        "tombstoned": validator.tombstoned,
        "jailed_until_ms": validator.jailed_until_ms,
        "led_views": validator.led_views,
        "missed_views": validator.missed_views,
        "idle_epochs": validator.idle_epochs,
        "consensus_key": hex::encode(&validator.consensus_key),
        "p2p_key": hex::encode(&validator.p2p_key),
    })
}

pub(super) async fn run(context: &Context, wanted: Option<&str>) -> Result<(), Failure> {
    let client = context.connect().await?;
    if let Some(address) = wanted {
        let mut service = client.validators();
        let request = wire::GetValidatorRequest {
            address: address.to_owned(),
            ..Default::default()
        };
        let answer = client.unary(service.get_validator(request)).await?;
        let validator = answer.validator.ok_or_else(|| lacking("validator"))?;
        return context
            .output
            .show(&Shown::new(value(&validator), validator.address));
    }
    let mut validators = Vec::new();
    let mut page_token = String::new();
    loop {
        let mut service = client.validators();
        let request = wire::ListValidatorsRequest {
            page_size: PAGE,
            page_token,
            ..Default::default()
        };
        let page = client.unary(service.list_validators(request)).await?;
        validators.extend(page.validators);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let shown: Vec<Value> = validators.iter().map(value).collect();
    let table = || {
        let rows: Vec<Vec<String>> = validators
            .iter()
            .map(|one| {
                let bonded = one
                    .bonded
                    .parse()
                    .map_or_else(|_| one.bonded.clone(), amount::format_pal);
                let state = status(one.status()).to_owned();
                vec![
                    one.moniker.clone(),
                    state,
                    one.power.to_string(),
                    bonded,
                    one.address.clone(),
                ]
            })
            .collect();
        columns(&["MONIKER", "STATUS", "POWER", "BONDED", "OPERATOR"], &rows)
    };
    context.output.list(&shown, table, |row| {
        row["address"].as_str().unwrap_or_default().to_owned()
    })
}
