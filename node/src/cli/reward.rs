//! `palisade reward`: what services pay, and what shares of vaults have earned.

use crate::cli::context::Context;
use crate::cli::restaking::{Asked, PAGE, Sender, pages, vault, vault_text};
use crate::cli::tx;
use crate::output::{Failure, columns};
use clap::Subcommand;
use client::amount::Written;
use primitives::address::format_account;
use proto::reward::v1 as wire;
use proto::tx::v1::message::Message as Kind;
use serde_json::{Value, json};

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// What services' pools hold for the present epoch and those to come.
    List {
        /// Only those of this service.
        #[arg(long)]
        service: Option<u32>,
    },
    /// What pools held when they were shared out, the newest first.
    History {
        /// Only those of this service; 0 is the chain itself.
        #[arg(long)]
        service: Option<u32>,
        /// How many at most.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// What an account's shares of a vault have earned and nobody has claimed.
    Show {
        /// Which vault.
        vault: String,
        /// Whose shares: an address, an id in hex, or a key's name.
        account: String,
    },
    /// Pay what the sender's shares of a vault have earned, in every asset.
    Claim {
        /// Which vault.
        vault: String,
        #[command(flatten)]
        sender: Sender,
    },
    /// Fund a service's pools for this epoch and those after it, evenly. Anyone may.
    Fund {
        /// The service's number.
        service: u32,
        /// How much in all.
        amount: Written,
        /// For how many epochs, 1 to 64.
        #[arg(long, default_value_t = 1)]
        epochs: u32,
        #[command(flatten)]
        sender: Sender,
    },
}

async fn list(context: &Context, service_id: Option<u32>) -> Result<(), Failure> {
    let asked = Asked::new(context).await?;
    let rewards = pages(async |page_token| {
        let mut client = asked.client.rewards();
        let request = wire::ListRewardsRequest {
            service_id,
            page_size: PAGE,
            page_token,
            ..wire::ListRewardsRequest::default()
        };
        let page = asked.client.unary(client.list_rewards(request)).await?;
        Ok((page.rewards, page.next_page_token))
    })
    .await?;
    let shown: Vec<Value> = rewards
        .iter()
        .map(|one| {
            json!({
                "epoch": one.epoch, "service_id": one.service_id, "asset_id": one.asset_id, "amount": one.amount,
            })
        })
        .collect();
    let table = || {
        let rows: Vec<Vec<String>> = rewards
            .iter()
            .map(|one| {
                vec![
                    one.epoch.to_string(),
                    one.service_id.to_string(),
                    asked.coin(one.asset_id, &one.amount),
                ]
            })
            .collect();
        columns(&["EPOCH", "SERVICE", "POOL"], &rows)
    };
    context
        .output
        .list(&shown, table, |row| row["amount"].to_string())
}

/// Pages of distributions that are asked for, at most: most of them may be empty.
const MOST_PAGES: u32 = 100;

async fn history(context: &Context, service_id: Option<u32>, limit: u32) -> Result<(), Failure> {
    let asked = Asked::new(context).await?;
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let (mut found, mut page_token) = (Vec::new(), String::new());
    for _ in 0..MOST_PAGES {
        let mut client = asked.client.rewards();
        let request = wire::ListDistributionsRequest {
            service_id,
            page_size: limit.clamp(1, PAGE),
            page_token,
            ..wire::ListDistributionsRequest::default()
        };
        let page = asked.client.unary(client.list_distributions(request)).await?;
        found.extend(page.distributions);
        page_token = page.next_page_token;
        if page_token.is_empty() || found.len() >= wanted {
            break;
        }
    }
    found.truncate(wanted);
    let shown: Vec<Value> = found
        .iter()
        .map(|one| {
            json!({
                "height": one.height, "index": one.index, "time_ms": one.time_ms, "service_id": one.service_id,
                "epoch": one.epoch, "asset_id": one.asset_id, "amount": one.amount, "left": one.left,
            })
        })
        .collect();
    let table = || {
        let rows: Vec<Vec<String>> = found
            .iter()
            .map(|one| {
                vec![
                    one.height.to_string(),
                    one.epoch.to_string(),
                    one.service_id.to_string(),
                    asked.coin(one.asset_id, &one.amount),
                    asked.coin(one.asset_id, &one.left),
                ]
            })
            .collect();
        columns(&["HEIGHT", "EPOCH", "SERVICE", "SHARED OUT", "NOBODY'S"], &rows)
    };
    context
        .output
        .list(&shown, table, |row| row["amount"].to_string())
}

async fn show(context: &Context, text: &str, account: &str) -> Result<(), Failure> {
    let asked = Asked::new(context).await?;
    let id = vault(context, asked.network, text)?;
    let owner = context.account(account, Some(asked.network))?;
    let mut client = asked.client.rewards();
    let request = wire::GetClaimableRewardsRequest {
        vault: vault_text(asked.network, &id),
        account: format_account(asked.network, &owner),
        ..wire::GetClaimableRewardsRequest::default()
    };
    let answer = asked.client.unary(client.get_claimable_rewards(request)).await?;
    let shown: Vec<Value> = answer
        .claimable
        .iter()
        .map(|one| json!({"asset_id": one.asset_id, "amount": one.amount}))
        .collect();
    let table = || {
        let rows: Vec<Vec<String>> = answer
            .claimable
            .iter()
            .map(|one| vec![asked.coin(one.asset_id, &one.amount)])
            .collect();
        columns(&["CLAIMABLE"], &rows)
    };
    context
        .output
        .list(&shown, table, |row| row["amount"].to_string())
}

pub(crate) async fn run(verb: Verb, context: &Context) -> Result<(), Failure> {
    match verb {
        Verb::List { service } => list(context, service).await,
        Verb::History { service, limit } => history(context, service, limit).await,
        Verb::Show { vault, account } => show(context, &vault, &account).await,
        Verb::Claim { vault: text, sender } => {
            let asked = Asked::new(context).await?;
            let id = vault(context, asked.network, &text)?;
            let message = wire::ClaimVaultRewards {
                vault: id.as_bytes().to_vec().into(),
            };
            sender.send(context, Kind::ClaimVaultRewards(message)).await
        }
        Verb::Fund {
            service,
            amount,
            epochs,
            sender,
        } => {
            let client = context.connect().await?;
            let coin = tx::coin(&client, &amount).await?;
            let message = wire::FundRewards {
                service_id: service,
                asset_id: coin.asset.get(),
                amount: coin.amount.to_string(),
                epochs,
            };
            sender.send(context, Kind::FundRewards(message)).await
        }
    }
}
