//! Epochs, and what changes by itself.

use crate::cli::context::Context;
use crate::cli::query::lacking;
use crate::cli::restaking::{PAGE, left, pages};
use crate::output::{Failure, columns};
use proto::epoch::v1 as wire;
use serde_json::{Value, json};

/// Epochs that are listed.
const LISTED: u32 = 20;

pub(super) async fn epochs(context: &Context, epoch: Option<u64>) -> Result<(), Failure> {
    let client = context.connect().await?;
    let mut service = client.epochs();
    let epochs = match epoch {
        Some(_) => {
            let answer = client
                .unary(service.get_epoch(wire::GetEpochRequest { epoch }))
                .await?;
            vec![answer.epoch.ok_or_else(|| lacking("epoch"))?]
        }
        None => {
            let request = wire::ListEpochsRequest {
                page_size: LISTED,
                ..wire::ListEpochsRequest::default()
            };
            client.unary(service.list_epochs(request)).await?.epochs
        }
    };
    let shown: Vec<Value> = epochs
        .iter()
        .map(|one| {
            json!({
                "epoch": one.epoch, "current": one.current, "ends_at_ms": one.ends_at_ms,
                "ended_at_ms": one.ended_at_ms, "validators": one.validators, "total_power": one.total_power,
                "largest_power": one.largest_power, "validators_root": hex::encode(&one.validators_root),
            })
        })
        .collect();
    let table = || {
        let rows: Vec<Vec<String>> = epochs
            .iter()
            .map(|one| {
                vec![
                    one.epoch.to_string(),
                    if one.current { "goes on" } else { "over" }.to_owned(),
                    one.ends_at_ms.to_string(),
                    one.validators.to_string(),
                    one.total_power.to_string(),
                    one.largest_power.to_string(),
                ]
            })
            .collect();
        columns(
            &[
                "EPOCH",
                "STATE",
                "ENDS AT (ms)",
                "VALIDATORS",
                "POWER",
                "STRONGEST",
            ],
            &rows,
        )
    };
    context.output.list(&shown, table, |row| row["epoch"].to_string())
}

const fn kind(kind: wire::ChangeKind) -> &'static str {
    match kind {
        wire::ChangeKind::Unspecified => "unknown",
        wire::ChangeKind::Pledge => "pledge",
        wire::ChangeKind::Membership => "membership",
        wire::ChangeKind::Withdrawal => "withdrawal",
        wire::ChangeKind::Slash => "slash",
    }
}

pub(super) async fn changes(context: &Context) -> Result<(), Failure> {
    let client = context.connect().await?;
    let mut changes = pages(async |page_token| {
        let mut service = client.epochs();
        let request = wire::ListPendingChangesRequest {
            page_size: PAGE,
            page_token,
            ..wire::ListPendingChangesRequest::default()
        };
        let page = client.unary(service.list_pending_changes(request)).await?;
        let with = page.changes.into_iter().map(|one| (one, page.context.clone()));
        Ok((with.collect(), page.next_page_token))
    })
    .await?;
    changes.sort_by_key(|(one, _)| one.due_ms);
    let shown: Vec<Value> = changes
        .iter()
        .map(|(one, _)| {
            json!({
                "kind": kind(one.kind()), "due_ms": one.due_ms, "operator": one.operator, "vault": one.vault,
                "service_id": one.service_id, "number": one.number, "text": one.text,
            })
        })
        .collect();
    let table = || {
        let rows: Vec<Vec<String>> = changes
            .iter()
            .map(|(one, read)| {
                vec![
                    left(read.as_ref(), one.due_ms),
                    kind(one.kind()).to_owned(),
                    one.text.clone(),
                    if one.vault.is_empty() {
                        one.operator.clone()
                    } else {
                        one.vault.clone()
                    },
                ]
            })
            .collect();
        columns(&["WHEN", "WHAT", "CHANGE", "OF"], &rows)
    };
    context
        .output
        .list(&shown, table, |row| row["due_ms"].to_string())
}
