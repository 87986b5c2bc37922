//! Accounts, balances, assets.

use crate::cli::context::Context;
use crate::cli::query::proof::{self, Expected};
use crate::cli::query::{At, Shown, lacking};
use crate::cli::restaking::Asked;
use crate::output::{Failure, columns};
use client::{Client, amount};
use primitives::address::format_account;
use primitives::codec::encode;
use primitives::{AccountId, Amount, AssetId};
use proto::account::v1 as wire;
use proto::ledger::v1::ProvenEntry;
use runtime::assets;
use serde_json::{Value, json};

/// Rows asked for at once.
const PAGE: u32 = 1_000;

fn decimal(text: &str) -> Result<Amount, Failure> {
    text.parse().map_err(|_| lacking(&format!("amount in `{text}`")))
}

/// What an entry of an amount is: nothing, when the amount is zero.
fn amount_entry(key: Vec<u8>, amount: Amount) -> Expected {
    Expected {
        key,
        value: (!amount.is_zero()).then(|| encode(&amount)),
    }
}

pub(super) async fn account(context: &Context, text: &str, at: &At) -> Result<(), Failure> {
    let client = context.connect().await?;
    let network = client.chain().await?.network;
    let id = context.account(text, Some(network))?;
    let request = wire::GetAccountRequest {
        address: format_account(network, &id),
        height: at.height,
        prove: at.prove.prove,
    };
    let mut service = client.accounts();
    let answer = client.unary(service.get_account(request)).await?;
    let account = answer.account.ok_or_else(|| lacking("account"))?;
    let balance = decimal(&account.balance)?;
    if at.prove.prove {
        let sequence = account.sequence;
        let expected = [
            amount_entry(runtime::query::balance_key(&id, AssetId::PAL), balance),
            Expected {
                key: runtime::query::sequence_key(&id),
                value: (sequence > 0).then(|| encode(&sequence)),
            },
        ];
        let read = (answer.context.as_ref(), answer.proofs.as_slice());
        proof::entries(context, &client, &at.prove, read, &expected).await?;
    }
    let value = json!({
        "address": account.address,
        "id": id.to_string(),
        "sequence": account.sequence,
        "pending_sequence": account.pending_sequence,
        "balance": account.balance,
        "balance_text": amount::format_pal(balance),
        "height": answer.context.map(|read| read.height),
        "proven": at.prove.prove,
    });
    context.output.show(&Shown::new(value, account.address))
}

pub(super) async fn balance(
    context: &Context,
    text: &str,
    asset: Option<u32>,
    at: &At,
) -> Result<(), Failure> {
    let asked = Asked::new(context).await?;
    let (client, network) = (&asked.client, asked.network);
    let id = context.account(text, Some(network))?;
    let mut rows = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = wire::ListBalancesRequest {
            address: format_account(network, &id),
            height: at.height,
            prove: at.prove.prove,
            page_size: PAGE,
            page_token,
        };
        let mut service = client.accounts();
        let page = client.unary(service.list_balances(request)).await?;
        if at.prove.prove {
            let expected = page
                .balances
                .iter()
                .map(|one| balance_entry(&id, one))
                .collect::<Result<Vec<_>, _>>()?;
            let read = (page.context.as_ref(), page.proofs.as_slice());
            proof::entries(context, client, &at.prove, read, &expected).await?;
        }
        rows.extend(page.balances);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    rows.retain(|one| asset.is_none_or(|asset| asset == one.asset_id));
    let shown: Vec<Value> = rows
        .iter()
        .map(|one| json!({"asset_id": one.asset_id, "amount": one.amount, "proven": at.prove.prove}))
        .collect();
    let table = || {
        let lines: Vec<Vec<String>> = rows
            .iter()
            .map(|one| vec![one.asset_id.to_string(), asked.coin(one.asset_id, &one.amount)])
            .collect();
        columns(&["ASSET", "AMOUNT"], &lines)
    };
    context.output.list(&shown, table, |row| {
        row["amount"].as_str().unwrap_or_default().to_owned()
    })
}

fn balance_entry(id: &AccountId, one: &wire::Balance) -> Result<Expected, Failure> {
    let key = runtime::query::balance_key(id, AssetId::new(one.asset_id));
    Ok(amount_entry(key, decimal(&one.amount)?))
}

pub(super) async fn supply(context: &Context, asset: u32, at: &At) -> Result<(), Failure> {
    let asked = Asked::new(context).await?;
    let client = &asked.client;
    let request = wire::GetSupplyRequest {
        asset_id: asset,
        height: at.height,
        prove: at.prove.prove,
    };
    let mut service = client.accounts();
    let answer = client.unary(service.get_supply(request)).await?;
    if at.prove.prove {
        let key = runtime::query::supply_key(AssetId::new(asset));
        let expected = [amount_entry(key, decimal(&answer.amount)?)];
        let read = (answer.context.as_ref(), answer.proofs.as_slice());
        proof::entries(context, client, &at.prove, read, &expected).await?;
    }
    let value = json!({
        "asset_id": asset,
        "amount": answer.amount,
        "amount_text": asked.coin(asset, &answer.amount),
        "height": answer.context.map(|read| read.height),
        "proven": at.prove.prove,
    });
    context.output.show(&Shown::new(value, answer.amount))
}

fn asset_value(asset: &wire::Asset) -> Value {
    json!({
        "asset_id": asset.asset_id,
        "symbol": asset.symbol,
        "decimals": asset.decimals,
        "name": asset.name,
    })
}

/// Checks that an asset is what the proven entry of the registry says.
fn check_asset(shown: &wire::Asset, entries: &[ProvenEntry]) -> Result<(), Failure> {
    let stored: assets::Asset =
        proof::entry(&runtime::query::asset_key(AssetId::new(shown.asset_id)), entries)?;
    let same = stored.symbol.as_str() == shown.symbol
        && stored.name.as_str() == shown.name
        && u32::from(stored.decimals) == shown.decimals;
    if same { Ok(()) } else { Err(proof::differs()) }
}

pub(super) async fn asset(context: &Context, asset: Option<u32>, at: &At) -> Result<(), Failure> {
    let client = context.connect().await?;
    let Some(asset_id) = asset else {
        let assets = all_assets(context, &client, at).await?;
        return list_assets(context, &assets);
    };
    let mut service = client.accounts();
    let request = wire::GetAssetRequest {
        asset_id,
        height: at.height,
        prove: at.prove.prove,
    };
    let answer = client.unary(service.get_asset(request)).await?;
    let asset = answer.asset.ok_or_else(|| lacking("asset"))?;
    if at.prove.prove {
        let read = (answer.context.as_ref(), answer.proofs.as_slice());
        proof::entries(context, &client, &at.prove, read, &[]).await?;
        check_asset(&asset, &answer.proofs)?;
    }
    let mut value = asset_value(&asset);
    if let Some(fields) = value.as_object_mut() {
        fields.insert("height".to_owned(), json!(answer.context.map(|read| read.height)));
        fields.insert("proven".to_owned(), json!(at.prove.prove));
    }
    context.output.show(&Shown::new(value, asset.symbol))
}

fn list_assets(context: &Context, assets: &[wire::Asset]) -> Result<(), Failure> {
    let shown: Vec<Value> = assets.iter().map(asset_value).collect();
    let table = || {
        let rows: Vec<Vec<String>> = assets
            .iter()
            .map(|asset| {
                vec![
                    asset.asset_id.to_string(),
                    asset.symbol.clone(),
                    asset.decimals.to_string(),
                    asset.name.clone(),
                ]
            })
            .collect();
        columns(&["ASSET", "SYMBOL", "DECIMALS", "NAME"], &rows)
    };
    context.output.list(&shown, table, |row| {
        row["symbol"].as_str().unwrap_or_default().to_owned()
    })
}

async fn all_assets(context: &Context, client: &Client, at: &At) -> Result<Vec<wire::Asset>, Failure> {
    let mut assets = Vec::new();
    let mut page_token = String::new();
    loop {
        let mut service = client.accounts();
        let request = wire::ListAssetsRequest {
            height: at.height,
            prove: at.prove.prove,
            page_size: PAGE,
            page_token,
        };
        let page = client.unary(service.list_assets(request)).await?;
        if at.prove.prove {
            let read = (page.context.as_ref(), page.proofs.as_slice());
            proof::entries(context, client, &at.prove, read, &[]).await?;
            page.assets
                .iter()
                .try_for_each(|asset| check_asset(asset, &page.proofs))?;
        }
        assets.extend(page.assets);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(assets);
        }
    }
}
