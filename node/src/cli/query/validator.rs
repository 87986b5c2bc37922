//! Validators.

use crate::cli::context::Context;
use crate::cli::query::{At, Shown, lacking, proof};
use crate::output::{Failure, columns};
use client::{Client, amount};
use proto::ledger::v1::ProvenEntry;
use proto::staking::v1 as wire;
use runtime::staking::ValidatorRecord;
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

/// Checks what of a validator stands in the state by itself: who it is, its keys, what is bonded, whether it is jailed.
/// Status, power and index come from the set in force, which every header commits to.
fn check(shown: &wire::Validator, entries: &[ProvenEntry]) -> Result<(), Failure> {
    let operator = client::address::parse(&shown.address)
        .map_err(|error| Failure::unexpected(format!("{}: {error}", shown.address)))?;
    let stored: ValidatorRecord = proof::entry(&runtime::query::validator_key(&operator.id), entries)?;
    let same = stored.moniker.to_text() == shown.moniker
        && stored.consensus_key.0[..] == shown.consensus_key[..]
        && stored.p2p_key[..] == shown.p2p_key[..]
        && stored.bonded.assets.to_string() == shown.bonded
        && stored.unbonding.assets.to_string() == shown.unbonding
        && stored.is_jailed() == (shown.status() == wire::ValidatorStatus::Jailed);
    if same { Ok(()) } else { Err(proof::differs()) }
}

async fn one(context: &Context, client: &Client, address: &str, at: &At) -> Result<(), Failure> {
    let mut service = client.validators();
    let request = wire::GetValidatorRequest {
        address: address.to_owned(),
        height: at.height,
        prove: at.prove.prove,
    };
    let answer = client.unary(service.get_validator(request)).await?;
    let validator = answer.validator.ok_or_else(|| lacking("validator"))?;
    if at.prove.prove {
        let read = (answer.context.as_ref(), answer.proofs.as_slice());
        proof::entries(context, client, &at.prove, read, &[]).await?;
        check(&validator, &answer.proofs)?;
    }
    let mut shown = value(&validator);
    if let Some(fields) = shown.as_object_mut() {
        fields.insert("height".to_owned(), json!(answer.context.map(|read| read.height)));
        fields.insert("proven".to_owned(), json!(at.prove.prove));
    }
    context.output.show(&Shown::new(shown, validator.address))
}

async fn all(context: &Context, client: &Client, at: &At) -> Result<Vec<wire::Validator>, Failure> {
    let mut validators = Vec::new();
    let mut page_token = String::new();
    loop {
        let mut service = client.validators();
        let request = wire::ListValidatorsRequest {
            height: at.height,
            prove: at.prove.prove,
            page_size: PAGE,
            page_token,
            ..Default::default()
        };
        let page = client.unary(service.list_validators(request)).await?;
        if at.prove.prove {
            let read = (page.context.as_ref(), page.proofs.as_slice());
            proof::entries(context, client, &at.prove, read, &[]).await?;
            page.validators
                .iter()
                .try_for_each(|one| check(one, &page.proofs))?;
        }
        validators.extend(page.validators);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(validators);
        }
    }
}

pub(super) async fn run(context: &Context, wanted: Option<&str>, at: &At) -> Result<(), Failure> {
    let client = context.connect().await?;
    if let Some(address) = wanted {
        return one(context, &client, address, at).await;
    }
    let validators = all(context, &client, at).await?;
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
