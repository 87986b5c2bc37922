//! Vaults as people read them.

use super::address;
use crate::cli::context::Context;
use crate::cli::query::{Shown, lacking};
use crate::cli::restaking::{Asked, PAGE, left, pages, percent, share, value, vault};
use crate::cli::tx;
use crate::output::{Failure, columns, pairs};
use client::amount::Written;
use primitives::address::format_account;
use primitives::{AccountId, Amount, Digest};
use proto::vault::v1 as wire;
use serde_json::{Value, json};

const fn closure(closure: wire::VaultClosure) -> &'static str {
    match closure {
        wire::VaultClosure::Unspecified => "open",
        wire::VaultClosure::Emptied => "closed: everything was slashed",
        wire::VaultClosure::Grown => "closed: shares have become too cheap",
        wire::VaultClosure::Coarse => "closed: slashed too often",
    }
}

fn pledge_value(pledge: &wire::Pledge) -> Value {
    json!({
        "service_id": pledge.service_id,
        "magnitude": pledge.magnitude,
        "slashable": pledge.slashable,
        "backing": pledge.backing,
        "change": pledge.change.as_ref().map(|change| json!({
            "up": change.up, "by": change.by, "since_ms": change.since_ms, "due_ms": change.due_ms,
        })),
    })
}

fn as_json(one: &wire::Vault) -> Value {
    let charter = one.charter.as_ref().map(|charter| {
        json!({
            "leverage_limit": charter.leverage_limit,
            "services": charter.services,
            "any_within": charter.any_within.as_ref().map(|within| json!({
                "objective_bps": within.objective_bps, "subjective_bps": within.subjective_bps,
            })),
        })
    });
    json!({
        "address": one.address,
        "operator": one.operator,
        "asset_id": one.asset_id,
        "assets": one.assets,
        "staying_assets": one.staying_assets,
        "shares": one.shares,
        "escrowed_shares": one.escrowed_shares,
        "magnitude": one.magnitude,
        "state": closure(one.closure()),
        "value": one.value,
        "charter": charter,
        "pledges": one.pledges.iter().map(pledge_value).collect::<Vec<_>>(),
        "open_slashes": one.open_slashes,
        "open_slash_bps": one.open_slash_bps,
        "buffer_cash": one.buffer_cash,
    })
}

/// A vault, which must be there.
pub(super) async fn fetch(asked: &Asked, id: &Digest) -> Result<wire::Vault, Failure> {
    Ok(fetch_with(asked, id).await?.0)
}

async fn fetch_with(
    asked: &Asked,
    id: &Digest,
) -> Result<(wire::Vault, Option<proto::ledger::v1::ReadContext>), Failure> {
    let mut service = asked.client.vaults();
    let request = wire::GetVaultRequest {
        vault: address(asked, id),
        ..wire::GetVaultRequest::default()
    };
    let answer = asked.client.unary(service.get_vault(request)).await?;
    Ok((answer.vault.ok_or_else(|| lacking("vault"))?, answer.context))
}

pub(super) async fn list(
    context: &Context,
    asked: &Asked,
    request: wire::ListVaultsRequest,
) -> Result<(), Failure> {
    let vaults = pages(async |page_token| {
        let mut service = asked.client.vaults();
        let request = wire::ListVaultsRequest {
            page_token,
            ..request.clone()
        };
        let page = asked.client.unary(service.list_vaults(request)).await?;
        Ok((page.vaults, page.next_page_token))
    })
    .await?;
    let shown: Vec<Value> = vaults.iter().map(as_json).collect();
    let table = || {
        let rows: Vec<Vec<String>> = vaults
            .iter()
            .map(|one| {
                let serves = one.pledges.iter().map(|pledge| pledge.service_id.to_string());
                vec![
                    asked.coin(one.asset_id, &one.assets),
                    value(&one.value),
                    serves.collect::<Vec<_>>().join(","),
                    share(&one.magnitude),
                    closure(one.closure()).to_owned(),
                    one.address.clone(),
                ]
            })
            .collect();
        columns(
            &["HOLDS", "COUNTS FOR", "SERVES", "LEFT", "STATE", "VAULT"],
            &rows,
        )
    };
    context.output.list(&shown, table, |row| {
        row["address"].as_str().unwrap_or_default().to_owned()
    })
}

/// A vault as a page for people.
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

impl crate::output::Show for Page {
    fn table(&self) -> String {
        self.text.clone()
    }
    fn id(&self) -> Option<String> {
        Some(self.id.clone())
    }
}

fn head(asked: &Asked, one: &wire::Vault) -> String {
    let charter = one.charter.clone().unwrap_or_default();
    let serves = charter.any_within.map_or_else(
        || format!("services {:?}", charter.services),
        |within| {
            format!(
                "any service that takes at most {} by proof, {} by word",
                percent(within.objective_bps),
                percent(within.subjective_bps)
            )
        },
    );
    let open = match one.open_slashes {
        0 => "none".to_owned(),
        count => format!(
            "{count}, of up to {} together: `palisade slash pending`",
            percent(one.open_slash_bps)
        ),
    };
    pairs(&[
        ("vault", one.address.clone()),
        ("operator", one.operator.clone()),
        ("state", closure(one.closure()).to_owned()),
        ("holds", asked.coin(one.asset_id, &one.assets)),
        ("staying", asked.coin(one.asset_id, &one.staying_assets)),
        ("counts for", value(&one.value)),
        ("left by slashes", share(&one.magnitude)),
        ("may serve", serves),
        (
            "leverage",
            format!("up to {} of it pledged in all", share(&charter.leverage_limit)),
        ),
        ("open slashes", open),
        ("buffer", asked.coin(one.asset_id, &one.buffer_cash)),
    ])
}

pub(super) async fn one(context: &Context, text: &str) -> Result<(), Failure> {
    let asked = Asked::new(context).await?;
    let id = vault(context, asked.network, text)?;
    let (one, read) = fetch_with(&asked, &id).await?;
    let rows: Vec<Vec<String>> = one
        .pledges
        .iter()
        .map(|pledge| {
            let change = pledge.change.as_ref().map(|change| {
                let sign = if change.up { '+' } else { '-' };
                format!(
                    "{sign}{} {}",
                    share(&change.by),
                    left(read.as_ref(), change.due_ms)
                )
            });
            vec![
                pledge.service_id.to_string(),
                share(&pledge.magnitude),
                asked.coin(one.asset_id, &pledge.slashable),
                asked.coin(one.asset_id, &pledge.backing),
                change.unwrap_or_else(|| "-".to_owned()),
            ]
        })
        .collect();
    let table = columns(&["SERVICE", "PLEDGED", "SLASHABLE", "BACKS", "CHANGE"], &rows);
    let page = Page {
        value: as_json(&one),
        text: format!("{}\n\n{table}", head(&asked, &one)),
        id: one.address.clone(),
    };
    context.output.show(&page)
}

/// How many free shares an account has.
pub(super) async fn shares_of(asked: &Asked, id: &Digest, owner: &AccountId) -> Result<String, Failure> {
    let mut service = asked.client.vaults();
    let request = wire::GetPositionRequest {
        vault: address(asked, id),
        account: format_account(asked.network, owner),
        ..wire::GetPositionRequest::default()
    };
    let answer = asked.client.unary(service.get_position(request)).await?;
    Ok(answer.position.ok_or_else(|| lacking("position"))?.shares)
}

pub(super) async fn positions(context: &Context, text: &str, account: Option<&str>) -> Result<(), Failure> {
    let asked = Asked::new(context).await?;
    let id = vault(context, asked.network, text)?;
    let asset = fetch(&asked, &id).await?.asset_id;
    let rows = match account {
        Some(account) => {
            let owner = context.account(account, Some(asked.network))?;
            let mut service = asked.client.vaults();
            let request = wire::GetPositionRequest {
                vault: address(&asked, &id),
                account: format_account(asked.network, &owner),
                ..wire::GetPositionRequest::default()
            };
            let answer = asked.client.unary(service.get_position(request)).await?;
            vec![answer.position.ok_or_else(|| lacking("position"))?]
        }
        None => {
            pages(async |page_token| {
                let mut service = asked.client.vaults();
                let request = wire::ListPositionsRequest {
                    vault: address(&asked, &id),
                    page_size: PAGE,
                    page_token,
                    ..wire::ListPositionsRequest::default()
                };
                let page = asked.client.unary(service.list_positions(request)).await?;
                Ok((page.positions, page.next_page_token))
            })
            .await?
        }
    };
    let shown: Vec<Value> = rows
        .iter()
        .map(|one| {
            json!({"account": one.account, "shares": one.shares, "worth": one.worth, "withdrawals": one.withdrawals})
        })
        .collect();
    let table = || {
        let lines: Vec<Vec<String>> = rows
            .iter()
            .map(|one| {
                vec![
                    asked.coin(asset, &one.worth),
                    one.shares.clone(),
                    one.withdrawals.to_string(),
                    one.account.clone(),
                ]
            })
            .collect();
        columns(&["WORTH", "SHARES", "LEAVING", "ACCOUNT"], &lines)
    };
    context.output.list(&shown, table, |row| {
        row["account"].as_str().unwrap_or_default().to_owned()
    })
}

pub(super) async fn withdrawals(context: &Context, text: &str, account: &str) -> Result<(), Failure> {
    let asked = Asked::new(context).await?;
    let id = vault(context, asked.network, text)?;
    let asset = fetch(&asked, &id).await?.asset_id;
    let owner = context.account(account, Some(asked.network))?;
    let rows = pages(async |page_token| {
        let mut service = asked.client.vaults();
        let request = wire::ListWithdrawalsRequest {
            vault: address(&asked, &id),
            account: format_account(asked.network, &owner),
            page_size: PAGE,
            page_token,
            ..wire::ListWithdrawalsRequest::default()
        };
        let page = asked.client.unary(service.list_withdrawals(request)).await?;
        let with = page
            .withdrawals
            .into_iter()
            .map(|one| (one, page.context.clone()));
        Ok((with.collect(), page.next_page_token))
    })
    .await?;
    let shown: Vec<Value> = rows
        .iter()
        .map(|(one, _)| {
            json!({
                "number": one.number, "shares": one.shares, "worth": one.worth, "beneficiary": one.beneficiary,
                "since_ms": one.since_ms, "due_ms": one.due_ms,
            })
        })
        .collect();
    let table = || {
        let lines: Vec<Vec<String>> = rows
            .iter()
            .map(|(one, read)| {
                vec![
                    one.number.to_string(),
                    asked.coin(asset, &one.worth),
                    left(read.as_ref(), one.due_ms),
                    one.beneficiary.clone(),
                ]
            })
            .collect();
        columns(&["WITHDRAWAL", "WORTH NOW", "PAID", "TO"], &lines)
    };
    context
        .output
        .list(&shown, table, |row| row["number"].to_string())
}

pub(super) async fn preview(
    context: &Context,
    text: &str,
    written: Option<&Written>,
    shares: Option<Amount>,
) -> Result<(), Failure> {
    let asked = Asked::new(context).await?;
    let id = vault(context, asked.network, text)?;
    let asset = fetch(&asked, &id).await?.asset_id;
    let mut service = asked.client.vaults();
    if let Some(written) = written {
        let coin = tx::coin(&asked.client, written).await?;
        let request = wire::PreviewDepositRequest {
            vault: address(&asked, &id),
            amount: coin.amount.to_string(),
            ..wire::PreviewDepositRequest::default()
        };
        let answer = asked.client.unary(service.preview_deposit(request)).await?;
        let shown = json!({
            "shares": answer.shares,
            "worth": answer.worth,
            "worth_text": asked.coin(asset, &answer.worth),
            "open_slash_bps": answer.open_slash_bps,
            "obstacle": answer.obstacle,
        });
        return context.output.show(&Shown::new(shown, answer.shares));
    }
    let request = wire::PreviewWithdrawalRequest {
        vault: address(&asked, &id),
        shares: shares.unwrap_or_default().to_string(),
        ..wire::PreviewWithdrawalRequest::default()
    };
    let answer = asked.client.unary(service.preview_withdrawal(request)).await?;
    let shown = json!({
        "assets": answer.assets,
        "assets_text": asked.coin(asset, &answer.assets),
        "paid": left(answer.context.as_ref(), answer.due_ms),
        "due_ms": answer.due_ms,
        "at_once": answer.at_once,
        "at_once_text": asked.coin(asset, &answer.at_once),
        "open_slash_bps": answer.open_slash_bps,
    });
    context.output.show(&Shown::new(shown, answer.assets))
}
