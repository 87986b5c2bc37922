//! Sending, following, and saying what came of it.

use crate::cli::context::Context;
use crate::output::{Exit, Failure, Show, flat};
use client::broadcast::Outcome;
use client::transaction::Signing;
use client::wait::{End, Place, Until, Wait, succeeded};
use client::{Client, SignedTransaction, amount, describe};
use primitives::address::Network;
use primitives::{Amount, Height, TxId};
use proto::ledger::v1::{Receipt, receipt};
use proto::tx::v1::SimulateTransactionResponse;
use serde::Serialize;
use serde_json::Value;
use std::time::Duration;

/// How far and how long a transaction is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Follow {
    /// `None`: not at all.
    pub(crate) until: Option<Until>,
    pub(crate) patience: Duration,
}

/// Where a transaction stands.
#[derive(Debug, Serialize)]
struct Stand {
    tx_hash: String,
    /// accepted, included or finalized.
    status: &'static str,
    height: Option<u64>,
    index: Option<u32>,
    gas_used: Option<u64>,
    /// In npal.
    fee: Option<String>,
    receipt: Option<Value>,
}

impl Show for Stand {
    fn table(&self) -> String {
        let mut text = format!("{} {}", self.tx_hash, self.status);
        if let Some(height) = self.height {
            text.push_str(&format!(" at height {height}"));
        }
        if let (Some(gas), Some(fee)) = (self.gas_used, &self.fee) {
            let fee = fee
                .parse::<Amount>()
                .map_or_else(|_| fee.clone(), amount::format_pal);
            text.push_str(&format!(", {gas} gas, fee {fee}"));
        }
        text
    }

    fn id(&self) -> Option<String> {
        Some(self.tx_hash.clone())
    }
}

fn stand(id: TxId, status: &'static str, place: Option<&Place>) -> Stand {
    Stand {
        tx_hash: id.to_string(),
        status,
        height: place.map(|place| place.height.get()),
        index: place.map(|place| place.index),
        gas_used: place.map(|place| place.receipt.gas_used),
        fee: place.map(|place| place.receipt.fee.clone()),
        receipt: place.map(|place| describe::receipt(&place.receipt)),
    }
}

/// Sends a transaction, and follows it as far as wanted.
pub(crate) async fn offer(
    context: &Context,
    client: &Client,
    transaction: &SignedTransaction,
    wanted: Follow,
) -> Result<(), Failure> {
    let id = transaction.id;
    let outcome = client
        .broadcast(transaction)
        .await
        .map_err(|error| Failure::from(error).with("tx_hash", id))?;
    if wanted.until.is_some() {
        context.output.note(&format!("sent {id}"));
        return follow(context, client, id, transaction.timeout_height, wanted).await;
    }
    let (status, height) = match outcome {
        Outcome::Accepted | Outcome::AlreadyPending => ("accepted", None),
        Outcome::AlreadyCommitted(height) => ("finalized", Some(height.get())),
    };
    let stand = Stand {
        height,
        ..stand(id, status, None)
    };
    context.output.show(&stand)
}

/// Follows a transaction to its end, which decides how the program ends.
pub(crate) async fn follow(
    context: &Context,
    client: &Client,
    id: TxId,
    timeout_height: Height,
    wanted: Follow,
) -> Result<(), Failure> {
    let wait = Wait {
        id,
        timeout_height,
        until: wanted.until.unwrap_or(Until::Finalized),
        patience: wanted.patience,
    };
    let end = client
        .wait(&wait)
        .await
        .map_err(|error| Failure::from(error).with("tx_hash", id))?;
    match end {
        End::Included(place) if succeeded(&place.receipt) => {
            context.output.show(&stand(id, "included", Some(&place)))
        }
        End::Finalized(place, _) => context.output.show(&stand(id, "finalized", Some(&place))),
        End::Included(place) => Err(failed(id, "included", &place)),
        End::Failed(place, _) => Err(failed(id, "finalized", &place)),
        End::Expired(height) => Err(Failure::new(
            Exit::Rejected,
            "TX_EXPIRED",
            format!("transaction {id} expired: the chain reached height {height} without it; build it anew"),
        )
        .with("tx_hash", id)
        .with("height", height)),
        End::Evicted(reason) => Err(Failure::new(
            Exit::Rejected,
            "TX_EVICTED",
            format!("the node dropped transaction {id} ({reason}); it may be sent again"),
        )
        .with("tx_hash", id)
        .with("eviction_reason", reason)),
    }
}

fn failed(id: TxId, status: &str, place: &Place) -> Failure {
    let why = failure_of(&place.receipt);
    let message = format!(
        "transaction {id} is in block {} and had no effect: {}",
        place.height, why.message
    );
    about(Failure::new(Exit::Failed, "TX_FAILED", message), &why)
        .with("tx_hash", id)
        .with("status", status)
        .with("height", place.height)
        .with("fee", &place.receipt.fee)
}

/// What a receipt says of its failure, for programs.
fn about(failure: Failure, why: &proto::ledger::v1::Failure) -> Failure {
    failure
        .with("module", &why.module)
        .with("code", why.code)
        .with("failure_reason", &why.reason)
}

fn failure_of(receipt: &Receipt) -> proto::ledger::v1::Failure {
    match &receipt.result {
        Some(receipt::Result::Failure(failure)) => failure.clone(),
        Some(receipt::Result::Success(_)) | None => proto::ledger::v1::Failure {
            module: "node".to_owned(),
            message: "no reason was given".to_owned(),
            ..Default::default()
        },
    }
}

/// What a transaction would do, without sending it.
#[derive(Debug, Serialize)]
struct DryRun {
    tx_hash: String,
    transaction: Value,
    /// The most that it can cost, in npal.
    max_fee: String,
    /// What a simulation said; absent when the gas limit was given.
    receipt: Option<Value>,
    /// A gas limit with room for what may change; absent without a simulation.
    suggested_gas_limit: Option<u64>,
    /// What a unit of gas cost in it, in npal; absent without a simulation.
    base_price: Option<String>,
    /// Bytes, signatures and all; absent without a simulation.
    size_bytes: Option<u32>,
}

impl Show for DryRun {
    fn table(&self) -> String {
        let most = self
            .max_fee
            .parse::<Amount>()
            .map_or_else(|_| self.max_fee.clone(), amount::format_pal);
        let mut text = format!("{}\nmost it can cost  {most}", flat(&self.transaction));
        if let Some(receipt) = &self.receipt {
            text.push_str("\n\nIt would give\n");
            text.push_str(&flat(receipt));
        }
        text
    }

    fn id(&self) -> Option<String> {
        Some(self.tx_hash.clone())
    }
}

/// Says what a transaction would do.
pub(crate) fn dry_run(
    context: &Context,
    network: Network,
    signing: &Signing,
    simulated: Option<&SimulateTransactionResponse>,
) -> Result<(), Failure> {
    let fee = signing.body().message().fee.as_ref();
    let most = fee.and_then(|fee| {
        let price: Amount = fee.max_price.parse().ok()?;
        price.get().checked_mul(u128::from(fee.gas_limit))
    });
    let receipt = simulated.and_then(|answer| answer.receipt.as_ref());
    let failure = receipt.filter(|receipt| !succeeded(receipt)).map(failure_of);
    let shown = DryRun {
        tx_hash: signing.id().to_string(),
        transaction: describe::body(network, signing.body()),
        max_fee: most.map_or_else(String::new, |most| most.to_string()),
        receipt: receipt.map(describe::receipt),
        suggested_gas_limit: simulated.map(|answer| answer.suggested_gas_limit),
        base_price: simulated.map(|answer| answer.base_price.clone()),
        size_bytes: simulated.map(|answer| answer.size_bytes),
    };
    context.output.show(&shown)?;
    match failure {
        None => Ok(()),
        Some(why) => {
            let message = format!("it would have no effect: {}", why.message);
            Err(about(Failure::new(Exit::Failed, "TX_WOULD_FAIL", message), &why))
        }
    }
}
