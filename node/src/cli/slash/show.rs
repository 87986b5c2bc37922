//! Slashes as people read them.

use crate::cli::context::Context;
use crate::cli::query::{Shown, lacking};
use crate::cli::restaking::{Asked, PAGE, left, operator, pages, percent, value, vault, vault_text};
use crate::output::{Failure, columns};
use proto::ledger::v1::ReadContext;
use proto::slash::v1 as wire;
use serde_json::{Value, json};
use testnet::Span;

/// Pages of slashes that are asked for, at most: most of them may be empty.
const MOST_PAGES: u32 = 100;

fn slash_json(one: &wire::Slash) -> Value {
    json!({
        "height": one.height,
        "index": one.index,
        "time_ms": one.time_ms,
        "tx_hash": hex::encode(&one.tx_hash),
        "service_id": one.service_id,
        "operator": one.operator,
        "vault": one.vault,
        "class": one.class,
        "fraction_bps": one.fraction_bps,
        "asset_id": one.asset_id,
        "taken": one.taken,
        "own": one.own,
    })
}

pub(super) async fn list(
    context: &Context,
    (who, from, service_id): (Option<&str>, Option<&str>, Option<u32>),
    limit: u32,
) -> Result<(), Failure> {
    let asked = Asked::new(context).await?;
    let operator = who
        .map(|text| operator(context, asked.network, text))
        .transpose()?;
    let vault = from
        .map(|text| vault(context, asked.network, text).map(|id| vault_text(asked.network, &id)))
        .transpose()?;
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let (mut slashes, mut page_token) = (Vec::new(), String::new());
    for _ in 0..MOST_PAGES {
        let mut client = asked.client.slashing();
        let request = wire::ListSlashesRequest {
            operator: operator.clone().unwrap_or_default(),
            vault: vault.clone().unwrap_or_default(),
            service_id,
            page_size: limit.min(PAGE),
            page_token,
            ..wire::ListSlashesRequest::default()
        };
        let page = asked.client.unary(client.list_slashes(request)).await?;
        slashes.extend(page.slashes);
        page_token = page.next_page_token;
        if page_token.is_empty() || slashes.len() >= wanted {
            break;
        }
    }
    slashes.truncate(wanted);
    let shown: Vec<Value> = slashes.iter().map(slash_json).collect();
    let table = || {
        let rows: Vec<Vec<String>> = slashes
            .iter()
            .map(|one| {
                vec![
                    one.height.to_string(),
                    one.service_id.to_string(),
                    one.class.to_string(),
                    percent(one.fraction_bps),
                    asked.coin(one.asset_id, &one.taken),
                    if one.vault.is_empty() {
                        "its bond".to_owned()
                    } else {
                        one.vault.clone()
                    },
                    one.operator.clone(),
                ]
            })
            .collect();
        columns(
            &["HEIGHT", "SERVICE", "CLASS", "PART", "TAKEN", "FROM", "OPERATOR"],
            &rows,
        )
    };
    context
        .output
        .list(&shown, table, |row| row["height"].to_string())
}

const fn ending(ending: wire::SlashEnding) -> &'static str {
    match ending {
        wire::SlashEnding::Unspecified => "unknown",
        wire::SlashEnding::Open => "open",
        wire::SlashEnding::Vetoed => "vetoed",
        wire::SlashEnding::Executed => "executed",
    }
}

fn pending_json(one: &wire::PendingSlash) -> Value {
    json!({
        "slash_id": one.slash_id,
        "service_id": one.service_id,
        "operator": one.operator,
        "class": one.class,
        "epoch": one.epoch,
        "fraction_bps": one.fraction_bps,
        "vaults": one.vaults,
        "reason": hex::encode(&one.reason),
        "slasher": one.slasher,
        "bond": one.bond,
        "asked_at_ms": one.asked_at_ms,
        "due_at_ms": one.due_at_ms,
        "ending": ending(one.ending()),
        "vetoers": one.vetoers,
    })
}

fn stands(one: &wire::PendingSlash, read: Option<&ReadContext>) -> String {
    match one.ending() {
        wire::SlashEnding::Open => format!("carried out {}", left(read, one.due_at_ms)),
        other => ending(other).to_owned(),
    }
}

pub(super) async fn pending(context: &Context, all: bool) -> Result<(), Failure> {
    let asked = Asked::new(context).await?;
    let wanted = if all {
        wire::SlashEnding::Unspecified
    } else {
        wire::SlashEnding::Open
    };
    let found = pages(async |page_token| {
        let mut client = asked.client.slashing();
        let request = wire::ListPendingSlashesRequest {
            ending: wanted.into(),
            page_size: PAGE,
            page_token,
            ..wire::ListPendingSlashesRequest::default()
        };
        let page = asked.client.unary(client.list_pending_slashes(request)).await?;
        let with = page
            .pending_slashes
            .into_iter()
            .map(|one| (one, page.context.clone()));
        Ok((with.collect(), page.next_page_token))
    })
    .await?;
    let shown: Vec<Value> = found.iter().map(|(one, _)| pending_json(one)).collect();
    let table = || {
        let rows: Vec<Vec<String>> = found
            .iter()
            .map(|(one, read)| {
                vec![
                    one.slash_id.to_string(),
                    one.service_id.to_string(),
                    one.class.to_string(),
                    percent(one.fraction_bps),
                    one.vaults.len().to_string(),
                    stands(one, read.as_ref()),
                    one.operator.clone(),
                ]
            })
            .collect();
        columns(
            &["SLASH", "SERVICE", "CLASS", "PART", "VAULTS", "STATE", "OPERATOR"],
            &rows,
        )
    };
    context
        .output
        .list(&shown, table, |row| row["slash_id"].to_string())
}

pub(super) async fn one(context: &Context, slash_id: u64) -> Result<(), Failure> {
    let asked = Asked::new(context).await?;
    let mut client = asked.client.slashing();
    let request = wire::GetPendingSlashRequest {
        slash_id,
        ..wire::GetPendingSlashRequest::default()
    };
    let answer = asked.client.unary(client.get_pending_slash(request)).await?;
    let found = answer.pending_slash.ok_or_else(|| lacking("slash"))?;
    let mut shown = pending_json(&found);
    shown["state"] = json!(stands(&found, answer.context.as_ref()));
    context.output.show(&Shown::new(shown, slash_id.to_string()))
}

pub(super) async fn evidence(context: &Context, service_id: u32, epoch: Option<u64>) -> Result<(), Failure> {
    let asked = Asked::new(context).await?;
    let mut client = asked.client.slashing();
    let request = wire::ListEvidenceRequest {
        service_id,
        epoch,
        ..wire::ListEvidenceRequest::default()
    };
    let answer = asked.client.unary(client.list_evidence(request)).await?;
    let shown: Vec<Value> = answer
        .evidence
        .iter()
        .map(|one| {
            json!({
                "epoch": answer.epoch, "operator": one.operator, "class": one.class, "task_id": one.task_id,
                "slot": one.slot, "height": one.height, "fraction_bps": one.fraction_bps, "value": one.value,
                "offence": one.offence,
            })
        })
        .collect();
    let table = || {
        let rows: Vec<Vec<String>> = answer
            .evidence
            .iter()
            .map(|one| {
                let what = if one.offence.is_empty() {
                    format!("class {} of task {}", one.class, one.task_id)
                } else {
                    one.offence.clone()
                };
                vec![
                    what,
                    one.height.to_string(),
                    percent(one.fraction_bps),
                    value(&one.value),
                    one.operator.clone(),
                ]
            })
            .collect();
        format!(
            "epoch {}\n{}",
            answer.epoch,
            columns(&["OFFENCE", "SHOWN AT", "PART", "SEAT", "OPERATOR"], &rows)
        )
    };
    context.output.list(&shown, table, |row| {
        row["operator"].as_str().unwrap_or_default().to_owned()
    })
}

pub(super) async fn at(
    context: &Context,
    text: &str,
    service_id: u32,
    ago: Option<Span>,
) -> Result<(), Failure> {
    let asked = Asked::new(context).await?;
    let id = vault(context, asked.network, text)?;
    let mut client = asked.client.slashing();
    let mut request = wire::SlashableAtRequest {
        vault: vault_text(asked.network, &id),
        service_id,
        ..wire::SlashableAtRequest::default()
    };
    let mut answer = asked.client.unary(client.slashable_at(request.clone())).await?;
    if let Some(ago) = ago {
        request.chain_time_ms = answer.chain_time_ms.saturating_sub(ago.millis()).max(1);
        answer = asked.client.unary(client.slashable_at(request)).await?;
    }
    let shown = json!({
        "chain_time_ms": answer.chain_time_ms,
        "asset_id": answer.asset_id,
        "amount": answer.amount,
        "amount_text": asked.coin(answer.asset_id, &answer.amount),
        "value": answer.value,
        "value_text": value(&answer.value),
        "reportable": answer.reportable,
    });
    context.output.show(&Shown::new(shown, answer.amount))
}

pub(super) async fn why(context: &Context, text: &str) -> Result<(), Failure> {
    let asked = Asked::new(context).await?;
    let mut client = asked.client.slashing();
    let request = wire::WhyJailedRequest {
        validator: operator(context, asked.network, text)?,
        ..wire::WhyJailedRequest::default()
    };
    let answer = asked.client.unary(client.why_jailed(request)).await?;
    let causes: Vec<Value> = answer
        .causes
        .iter()
        .map(|one| {
            json!({
                "epoch": one.epoch, "view": one.view, "offence": one.offence, "height": one.height,
                "liable": one.liable, "slashed": one.slashed, "slashed_text": value(&one.slashed),
            })
        })
        .collect();
    let shown = json!({
        "jailed": answer.jailed,
        "forever": answer.forever,
        "until_ms": answer.until_ms,
        "reason": answer.reason,
        "remedy": answer.remedy,
        "causes": causes,
        "led_views": answer.led_views,
        "missed_views": answer.missed_views,
        "idle_epochs": answer.idle_epochs,
    });
    context.output.show(&Shown::new(shown, answer.jailed.to_string()))
}
