//! How much a running testnet takes, with what it costs: an open-loop load over all nodes, CPU and memory from /proc.

mod funding;

use crate::error::Error;
use crate::process::{self, Usage};
use crate::spec::Spec;
use crate::status::Status;
use client::load::{self, Measured, Plan, Presigned};
use client::{Client, Timeouts};
use primitives::Height;
use signer::Ed25519Key;
use std::time::Duration;

/// Transactions a second that one account is asked for, about: enough accounts that none has many waiting.
const PER_ACCOUNT: u64 = 5;
/// The most senders.
const MAX_ACCOUNTS: u64 = 4_000;
/// How much the base price may rise while the load runs.
const PRICE_ROOM: u128 = 1_000;
/// For how many blocks the load's transactions are good.
const TIMEOUT_BLOCKS: u64 = 5_000;
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

impl Load {
    fn check(self) -> Result<(), Error> {
        if !(1..=200_000).contains(&self.rate) {
            return Err(nonsense("--rate", self.rate, "1 to 200000 transactions a second"));
        }
        if !(Duration::from_secs(1)..=Duration::from_secs(3_600)).contains(&self.duration) {
            return Err(nonsense(
                "--duration",
                format!("{}s", self.duration.as_secs()),
                "1s to 1h",
            ));
        }
        Ok(())
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
    load.check()?;
    let timeouts = Timeouts {
        request: PATIENCE,
        ..Timeouts::default()
    };
    let running = status.nodes.iter().filter(|node| node.running && !node.paused);
    let urls: Vec<String> = running.map(|node| node.grpc.clone()).collect();
    // As many senders for each node, so that none runs out before the others.
    let nodes = u64::try_from(urls.len()).unwrap_or(u64::MAX);
    if nodes == 0 {
        return Err(Error::NotRunning(spec.name.to_string()));
    }
    let count = (load.rate / PER_ACCOUNT)
        .clamp(nodes * 4, MAX_ACCOUNTS)
        .next_multiple_of(nodes);
    let senders: Vec<Ed25519Key> = (0..u32::try_from(count).unwrap_or(u32::MAX))
        .map(|index| Ed25519Key::development(&spec.key_seed(), "load", index))
        .collect();
    let accounts = senders.len();
    let presigned = prepare(spec, urls, load, senders, timeouts, &mut stage).await?;
    let (signed, took) = (presigned.transactions, presigned.took);
    stage(Stage::Sending { signed_in: took });
    let before = usages(status);
    let measured = load::run(presigned, timeouts).await?;
    Ok(Outcome {
        measured,
        rate: load.rate,
        duration_seconds: load.duration.as_secs_f64(),
        accounts,
        presigned: signed,
        presign_seconds: (took.as_secs_f64() * 100.0).round() / 100.0,
        nodes: difference(&before, &usages(status)),
        includes: INCLUDES.to_vec(),
    })
}

/// Funds the senders and signs all that they will send.
async fn prepare(
    spec: &Spec,
    urls: Vec<String>,
    load: Load,
    senders: Vec<Ed25519Key>,
    timeouts: Timeouts,
    stage: &mut impl FnMut(Stage),
) -> Result<Presigned, Error> {
    let first = urls.first().map(String::as_str).unwrap_or_default();
    let client = Client::connect(first, timeouts).await?;
    stage(Stage::Funding(senders.len()));
    let ready = funding::fund(spec, &client, load, &senders).await?;
    let millis = u64::try_from(load.duration.as_millis()).unwrap_or(u64::MAX);
    stage(Stage::Signing(load.rate.saturating_mul(millis) / 1_000));
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
    let signed = tokio::task::spawn_blocking(move || load::presign(&plan)).await;
    Ok(signed.map_err(|error| Error::Supervisor(format!("signing ended early: {error}")))??)
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
