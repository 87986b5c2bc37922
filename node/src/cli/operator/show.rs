//! Operators as people read them.

use crate::cli::context::Context;
use crate::cli::query::lacking;
use crate::cli::restaking::{Asked, PAGE, left, operator, pages, percent, share};
use crate::output::{Failure, Show, columns, pairs};
use proto::ledger::v1::ReadContext;
use proto::operator::v1 as wire;
use serde_json::{Value, json};

const fn status(status: wire::OptInStatus) -> &'static str {
    match status {
        wire::OptInStatus::Unspecified => "unknown",
        wire::OptInStatus::Active => "serves",
        wire::OptInStatus::Leaving => "leaving",
        wire::OptInStatus::Left => "left",
    }
}

fn as_json(one: &wire::Operator) -> Value {
    json!({
        "address": one.address,
        "name": one.name,
        "uri": one.uri,
        "since_ms": one.since_ms,
        "vaults": one.vaults,
    })
}

pub(super) async fn list(context: &Context) -> Result<(), Failure> {
    let asked = Asked::new(context).await?;
    let operators = pages(async |page_token| {
        let mut service = asked.client.operators();
        let request = wire::ListOperatorsRequest {
            page_size: PAGE,
            page_token,
            ..wire::ListOperatorsRequest::default()
        };
        let page = asked.client.unary(service.list_operators(request)).await?;
        Ok((page.operators, page.next_page_token))
    })
    .await?;
    let shown: Vec<Value> = operators.iter().map(as_json).collect();
    let table = || {
        let rows: Vec<Vec<String>> = operators
            .iter()
            .map(|one| {
                vec![
                    one.name.clone(),
                    one.vaults.len().to_string(),
                    one.address.clone(),
                    one.uri.clone(),
                ]
            })
            .collect();
        columns(&["OPERATOR", "VAULTS", "ADDRESS", "MORE"], &rows)
    };
    context.output.list(&shown, table, |row| {
        row["address"].as_str().unwrap_or_default().to_owned()
    })
}

/// An operator with everything about it.
struct Page {
    value: Value,
    text: String,
    id: String,
}

impl serde::Serialize for Page {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

impl Show for Page {
    fn table(&self) -> String {
        self.text.clone()
    }
    fn id(&self) -> Option<String> {
        Some(self.id.clone())
    }
}

async fn opt_ins(asked: &Asked, address: &str) -> Result<Vec<(wire::OptIn, Option<ReadContext>)>, Failure> {
    pages(async |page_token| {
        let mut service = asked.client.operators();
        let request = wire::ListOptInsRequest {
            operator: address.to_owned(),
            page_size: PAGE,
            page_token,
            ..wire::ListOptInsRequest::default()
        };
        let page = asked.client.unary(service.list_opt_ins(request)).await?;
        let with = page.opt_ins.into_iter().map(|one| (one, page.context.clone()));
        Ok((with.collect(), page.next_page_token))
    })
    .await
}

async fn scorecard(asked: &Asked, address: &str, service_id: u32) -> Result<wire::Scorecard, Failure> {
    let mut service = asked.client.operators();
    let request = wire::GetScorecardRequest {
        operator: address.to_owned(),
        service_id,
        ..wire::GetScorecardRequest::default()
    };
    let answer = asked.client.unary(service.get_scorecard(request)).await?;
    answer.scorecard.ok_or_else(|| lacking("scorecard"))
}

/// Millionths of a task as people read them.
fn tasks(count: u64) -> String {
    let hundredths = count / 10_000;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

fn row(one: &wire::OptIn, read: Option<&ReadContext>, card: &wire::Scorecard) -> Vec<String> {
    let state = match one.status() {
        wire::OptInStatus::Leaving => format!("leaving, free {}", left(read, one.liable_until_ms)),
        other => status(other).to_owned(),
    };
    let commission = match one.next_commission_bps {
        Some(next) => format!(
            "{}, {} {}",
            percent(one.commission_bps),
            percent(next),
            left(read, one.next_commission_from_ms)
        ),
        None => percent(one.commission_bps),
    };
    vec![
        one.service_id.to_string(),
        state,
        commission,
        percent(card.reputation_bps),
        tasks(card.assigned),
        tasks(card.correct),
        tasks(card.missed),
        tasks(card.late),
        card.convictions.to_string(),
    ]
}

fn object(one: &wire::OptIn, card: &wire::Scorecard) -> Value {
    json!({
        "service_id": one.service_id,
        "status": status(one.status()),
        "since_ms": one.since_ms,
        "liable_until_ms": one.liable_until_ms,
        "key": hex::encode(&one.key),
        "commission_bps": one.commission_bps,
        "reputation_bps": card.reputation_bps,
        "assigned": card.assigned,
        "answered": card.answered,
        "correct": card.correct,
        "missed": card.missed,
        "late": card.late,
        "convictions": card.convictions,
    })
}

pub(super) async fn one(context: &Context, text: &str) -> Result<(), Failure> {
    let asked = Asked::new(context).await?;
    let address = operator(context, asked.network, text)?;
    let mut service = asked.client.operators();
    let request = wire::GetOperatorRequest {
        operator: address.clone(),
        ..wire::GetOperatorRequest::default()
    };
    let answer = asked.client.unary(service.get_operator(request)).await?;
    let found = answer.operator.ok_or_else(|| lacking("operator"))?;
    let mut value = as_json(&found);
    let mut rows = Vec::new();
    let mut services = Vec::new();
    for (one, read) in opt_ins(&asked, &address).await? {
        let card = scorecard(&asked, &address, one.service_id).await?;
        services.push(object(&one, &card));
        rows.push(row(&one, read.as_ref(), &card));
    }
    value["services"] = Value::Array(services);
    let head = pairs(&[
        ("operator", found.name.clone()),
        ("address", found.address.clone()),
        (
            "more",
            if found.uri.is_empty() {
                "-".to_owned()
            } else {
                found.uri.clone()
            },
        ),
        ("vaults", found.vaults.join("\n        ")),
    ]);
    let table = columns(
        &[
            "SERVICE",
            "STATE",
            "KEEPS",
            "REPUTATION",
            "ASSIGNED",
            "CORRECT",
            "MISSED",
            "LATE",
            "CONVICTED",
        ],
        &rows,
    );
    let page = Page {
        value,
        text: format!("{head}\n\n{table}"),
        id: found.address,
    };
    context.output.show(&page)
}

fn pledged(asked: &Asked, one: &wire::Allocation, read: Option<&ReadContext>) -> Vec<String> {
    let pledge = one.pledge.clone().unwrap_or_default();
    let change = pledge.change.as_ref().map(|change| {
        let sign = if change.up { '+' } else { '-' };
        format!("{sign}{} {}", share(&change.by), left(read, change.due_ms))
    });
    vec![
        pledge.service_id.to_string(),
        share(&pledge.magnitude),
        asked.coin(one.asset_id, &pledge.slashable),
        asked.coin(one.asset_id, &pledge.backing),
        change.unwrap_or_else(|| "-".to_owned()),
        one.vault.clone(),
    ]
}

pub(super) async fn allocations(
    context: &Context,
    text: &str,
    service_id: Option<u32>,
) -> Result<(), Failure> {
    let asked = Asked::new(context).await?;
    let address = operator(context, asked.network, text)?;
    let rows = pages(async |page_token| {
        let mut service = asked.client.operators();
        let request = wire::ListAllocationsRequest {
            operator: address.clone(),
            service_id,
            page_size: PAGE,
            page_token,
            ..wire::ListAllocationsRequest::default()
        };
        let page = asked.client.unary(service.list_allocations(request)).await?;
        let with = page
            .allocations
            .into_iter()
            .map(|one| (one, page.context.clone()));
        Ok((with.collect(), page.next_page_token))
    })
    .await?;
    let pledge = |one: &wire::Allocation| one.pledge.clone().unwrap_or_default();
    let shown: Vec<Value> = rows
        .iter()
        .map(|(one, _)| {
            let pledge = pledge(one);
            json!({
                "vault": one.vault, "asset_id": one.asset_id, "service_id": pledge.service_id,
                "magnitude": pledge.magnitude, "slashable": pledge.slashable, "backing": pledge.backing,
                "due_ms": pledge.change.as_ref().map(|change| change.due_ms),
            })
        })
        .collect();
    let table = || {
        let lines: Vec<Vec<String>> = rows
            .iter()
            .map(|(one, read)| pledged(&asked, one, read.as_ref()))
            .collect();
        columns(
            &["SERVICE", "PLEDGED", "SLASHABLE", "BACKS", "CHANGE", "VAULT"],
            &lines,
        )
    };
    context.output.list(&shown, table, |row| {
        row["vault"].as_str().unwrap_or_default().to_owned()
    })
}
