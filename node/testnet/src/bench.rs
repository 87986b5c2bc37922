//! How much a running testnet takes, with what it costs: an open-loop load over all nodes, CPU and memory from /proc.

use crate::error::Error;
use crate::process::{self, Usage};
use crate::spec::Spec;
use crate::status::Status;
use crate::world;
use client::load::{self, Measured, Plan};
use client::prepare::{ChainInfo, Prices};
use client::transaction::{Builder, Fee, MAX_MESSAGES, Signing};
use client::wait::{End, Until, Wait};
use client::{Client, SignedTransaction, Timeouts};
use crypto::account::AccountKeys;
use primitives::{AccountId, Amount, AssetId, Coin, Height};
use signer::Ed25519Key;
use std::time::{Duration, Instant};

/// Transactions a second that one account is asked for, about: enough accounts that none has many waiting.
const PER_ACCOUNT: u64 = 5;
/// The most senders.
const MAX_ACCOUNTS: u64 = 4_000;
/// How much the base price may rise while the load runs.
const PRICE_ROOM: u128 = 1_000;
/// For how many blocks the load's transactions are good.
const TIMEOUT_BLOCKS: u64 = 5_000;
/// How long funding the senders may take.
const FUNDING: Duration = Duration::from_secs(60);
/// How long one request may take while the machine is busy.
const PATIENCE: Duration = Duration::from_secs(15);

/// What is to be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// Transactions a second, over all nodes.
    pub rate: u64,
    /// For how long.
    pub duration: Duration,
}

/// What was measured.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Outcome {
    /// Rates and latencies.
    #[serde(flatten)]
    pub measured: Measured,
    /// What was asked for, in transactions a second.
    pub rate: u64,
    /// For how long, in seconds.
    pub duration_seconds: f64,
    /// How many accounts sent.
    pub accounts: usize,
    /// How many transactions were signed before the clock started.
    pub presigned: u64,
    /// How long that took, in seconds.
    pub presign_seconds: f64,
    /// What the nodes used while transactions were sent and waited for.
    pub nodes: Vec<NodeUsage>,
    /// What every finalized transaction went through.
    pub includes: Vec<&'static str>,
}

/// What a node used.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct NodeUsage {
    /// Its name.
    pub name: String,
    /// Seconds of CPU during the run.
    pub cpu_seconds: f64,
    /// Memory that it holds at the end, in bytes.
    pub rss_bytes: u64,
}

/// What the figures hold, so that they can be compared with others'.
const INCLUDES: [&str; 8] = [
    "transfers signed by distinct accounts (signing itself is done beforehand)",
    "ed25519 signatures verified by every node",
    "gRPC broadcast in batches over loopback",
    "relay between nodes, consensus by all validators with BLS certificates",
    "execution and fees",
    "authenticated state root",
    "blocks, receipts and state made durable",
    "latency from when a transaction was due until its block was seen final by a subscriber",
];

/// What happens while a measurement is prepared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stage {
    /// So many senders get their money.
    Funding(usize),
    /// So many transactions are being signed.
    Signing(u64),
    /// They are signed; sending starts.
    Sending {
        /// How long signing took.
        signed_in: Duration,
    },
}

fn nonsense(flag: &'static str, value: impl ToString, hint: &str) -> Error {
    Error::Flag {
        flag,
        value: value.to_string(),
        hint: hint.to_owned(),
    }
}

/// Runs a load against a testnet that is as `status` says.
///
/// # Errors
/// [`Error::Flag`] when rate or duration make no sense, [`Error::NotRunning`] without nodes, [`Error::Client`] when
/// the senders cannot be funded or finality cannot be watched.
pub async fn run(
    spec: &Spec,
    status: &Status,
    load: Load,
    mut stage: impl FnMut(Stage),
) -> Result<Outcome, Error> {
    if !(1..=200_000).contains(&load.rate) {
        return Err(nonsense("--rate", load.rate, "1 to 200000 transactions a second"));
    }
    if !(Duration::from_secs(1)..=Duration::from_secs(3_600)).contains(&load.duration) {
        return Err(nonsense(
            "--duration",
            format!("{}s", load.duration.as_secs()),
            "1s to 1h",
        ));
    }
    let timeouts = Timeouts {
        request: PATIENCE,
        ..Timeouts::default()
    };
    let urls: Vec<String> = status
        .nodes
        .iter()
        .filter(|node| node.running && !node.paused)
        .map(|node| node.grpc.clone())
        .collect();
    let Some(first) = urls.first() else {
        return Err(Error::NotRunning(spec.name.to_string()));
    };
    let client = Client::connect(first, timeouts).await?;
    let count = (load.rate / PER_ACCOUNT).clamp(u64::from(spec.validators) * 4, MAX_ACCOUNTS);
    let senders: Vec<Ed25519Key> = (0..u32::try_from(count).unwrap_or(u32::MAX))
        .map(|index| Ed25519Key::development(&spec.key_seed(), "load", index))
        .collect();
    stage(Stage::Funding(senders.len()));
    let ready = fund(spec, &client, load, &senders).await?;
    let millis = u64::try_from(load.duration.as_millis()).unwrap_or(u64::MAX);
    stage(Stage::Signing(load.rate.saturating_mul(millis) / 1_000));
    let accounts = senders.len();
    let plan = Plan {
        urls,
        chain: ready.chain.hash,
        accounts: senders.into_iter().zip(ready.sequences).collect(),
        fee: ready.fee,
        coin: ready.coin,
        timeout_height: ready.height.saturating_add(Height::new(TIMEOUT_BLOCKS)),
        rate: load.rate,
        duration: load.duration,
    };
    // Signing fills every core for a while: the connections' tasks live on another thread.
    let presigned = tokio::task::spawn_blocking(move || load::presign(&plan))
        .await
        .map_err(|error| Error::Supervisor(format!("signing ended early: {error}")))??;
    let (signed, took) = (presigned.transactions, presigned.took);
    stage(Stage::Sending { signed_in: took });
    let before = usages(status);
    let measured = load::run(presigned, timeouts).await?;
    let nodes = difference(&before, &usages(status));
    Ok(Outcome {
        measured,
        rate: load.rate,
        duration_seconds: load.duration.as_secs_f64(),
        accounts,
        presigned: signed,
        presign_seconds: (took.as_secs_f64() * 100.0).round() / 100.0,
        nodes,
        includes: INCLUDES.to_vec(),
    })
}

fn usages(status: &Status) -> Vec<(String, Usage)> {
    status
        .nodes
        .iter()
        .map(|node| {
            (
                node.name.clone(),
                node.pid.and_then(process::usage).unwrap_or_default(),
            )
        })
        .collect()
}

fn difference(before: &[(String, Usage)], after: &[(String, Usage)]) -> Vec<NodeUsage> {
    before
        .iter()
        .zip(after)
        .map(|((name, before), (_, after))| NodeUsage {
            name: name.clone(),
            cpu_seconds: ((after.cpu_seconds - before.cpu_seconds).max(0.0) * 100.0).round() / 100.0,
            rss_bytes: after.rss_bytes,
        })
        .collect()
}

/// What the senders need to begin.
struct Ready {
    chain: ChainInfo,
    fee: Fee,
    coin: Coin,
    sequences: Vec<u64>,
    height: Height,
}

/// Gives every sender enough for its part of the load, from the faucet.
async fn fund(spec: &Spec, client: &Client, load: Load, senders: &[Ed25519Key]) -> Result<Ready, Error> {
    let chain = client.chain().await?;
    let prices = client.prices().await?;
    let coin = Coin {
        asset: AssetId::PAL,
        amount: Amount::new(1),
    };
    let mut people = world::people(spec);
    let faucet = people.remove(0).key;
    let account = client.account(chain.network, &faucet.account()).await?;
    let height = client.height().await?;
    let draft = Draft {
        chain: &chain,
        prices,
        timeout: height.saturating_add(Height::new(200)),
    };
    let one = draft.signing(&faucet, account.next_sequence, 0, |builder| {
        builder.transfer(&faucet.account(), coin)
    })?;
    let gas = client.simulate(&one).await?.suggested_gas_limit;
    let fee = Fee {
        gas_limit: gas,
        max_price: Amount::new(prices.max.get().saturating_mul(PRICE_ROOM)),
        tip: prices.tip,
    };
    let each =
        load.rate.saturating_mul(load.duration.as_secs() + 1) / u64::try_from(senders.len()).unwrap_or(1) + 2;
    let most = fee.most().unwrap_or(Amount::MAX).get();
    let needed = Amount::new(
        most.saturating_mul(u128::from(each))
            .saturating_add(u128::from(each)),
    );
    let mut sequences = Vec::with_capacity(senders.len());
    let mut poor: Vec<(AccountId, Amount)> = Vec::new();
    for sender in senders {
        let id = sender.account();
        let state = client.account(chain.network, &id).await?;
        sequences.push(state.next_sequence);
        if state.balance < needed {
            poor.push((id, needed.saturating_sub(state.balance)));
        }
    }
    let mut sequence = account.next_sequence;
    let mut sent: Vec<SignedTransaction> = Vec::new();
    let mut gas_limit = 0;
    for group in poor.chunks(MAX_MESSAGES) {
        let give = |builder: Builder| {
            group.iter().fold(builder, |builder, (id, amount)| {
                let coin = Coin {
                    asset: AssetId::PAL,
                    amount: *amount,
                };
                builder.transfer(id, coin)
            })
        };
        // The first group is the largest; what it needs is enough for all.
        if gas_limit == 0 {
            let draft = draft.signing(&faucet, sequence, 0, give)?;
            gas_limit = client.simulate(&draft).await?.suggested_gas_limit;
        }
        let mut signing = draft.signing(&faucet, sequence, gas_limit, give)?;
        signing
            .sign(&faucet)
            .map_err(|error| Error::Supervisor(error.to_string()))?;
        let signed = signing
            .finish()
            .map_err(|error| Error::Supervisor(error.to_string()))?;
        client.broadcast(&signed).await?;
        sent.push(signed);
        sequence += 1;
    }
    settle(client, &sent).await?;
    Ok(Ready {
        chain,
        fee,
        coin,
        sequences,
        height,
    })
}

/// Waits until all of the faucet's payments are final.
async fn settle(client: &Client, sent: &[SignedTransaction]) -> Result<(), Error> {
    let began = Instant::now();
    for transaction in sent {
        let wait = Wait {
            id: transaction.id,
            timeout_height: transaction.timeout_height,
            until: Until::Finalized,
            patience: FUNDING.saturating_sub(began.elapsed()),
        };
        match client.wait(&wait).await? {
            End::Finalized(..) => {}
            other => {
                let text = format!("the faucet's payment to the senders came to nothing: {other:?}");
                return Err(Error::Supervisor(text));
            }
        }
    }
    Ok(())
}

/// What the faucet's transactions have in common.
struct Draft<'a> {
    chain: &'a ChainInfo,
    prices: Prices,
    timeout: Height,
}

impl Draft<'_> {
    fn signing(
        &self,
        sender: &Ed25519Key,
        sequence: u64,
        gas: u64,
        fill: impl FnOnce(Builder) -> Builder,
    ) -> Result<Signing, Error> {
        let keys = AccountKeys::single(*sender.public_key().as_bytes());
        let keys = keys.map_err(|error| Error::Supervisor(error.to_string()))?;
        // Without a limit yet: as much as any transaction may have, for the simulation.
        let gas = if gas == 0 { 10_000_000 } else { gas };
        fill(Builder::new(&keys.id()))
            .fee(self.prices.fee(gas))
            .sequence(sequence)
            .timeout_height(self.timeout)
            .build()
            .and_then(|body| Signing::new(self.chain.hash, body, keys))
            .map_err(|error| Error::Supervisor(error.to_string()))
    }
}
