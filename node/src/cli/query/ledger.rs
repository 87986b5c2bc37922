//! Blocks, transactions, raw entries of the state.

use crate::cli::context::Context;
use crate::cli::query::{At, Prove, Shown, lacking, proof};
use crate::output::{Exit, Failure};
use client::describe;
use client::transaction::peek;
use client::verify::{self, Trust};
use primitives::TxId;
use primitives::address::Network;
use proto::ledger::v1 as wire;
use proto::ledger::v1::get_block_request::Block as Which;
use serde_json::{Value, json};

pub(super) fn header_value(header: &wire::Header) -> Value {
    json!({
        "height": header.height,
        "hash": hex::encode(&header.hash),
        "parent": hex::encode(&header.parent),
        "epoch": header.epoch,
        "view": header.view,
        "proposer": header.proposer,
        "time_ms": header.time_ms,
        "chain_clock_ms": header.chain_clock_ms,
        "state_root": hex::encode(&header.state_root),
        "transactions_root": hex::encode(&header.transactions_root),
        "receipts_root": hex::encode(&header.receipts_root),
        "validators_root": hex::encode(&header.validators_root),
        "next_validators_root": hex::encode(&header.next_validators_root),
    })
}

pub(super) fn transaction_value(network: Network, transaction: &wire::Transaction) -> Value {
    json!({
        "tx_hash": hex::encode(&transaction.tx_hash),
        "height": transaction.height,
        "index": transaction.index,
        "time_ms": transaction.time_ms,
        "body": peek(&transaction.tx).map_or(Value::Null, |(body, _)| describe::body(network, &body)),
        "receipt": transaction.receipt.as_ref().map(describe::receipt),
    })
}

pub(super) async fn block(
    context: &Context,
    which: Option<&str>,
    full: bool,
    prove: &Prove,
) -> Result<(), Failure> {
    let selected = match which {
        None => None,
        Some(text) => Some(match (text.parse::<u64>(), hex::decode(text)) {
            (Ok(height), _) => Which::Height(height),
            (Err(_), Ok(hash)) if hash.len() == 32 => Which::Hash(hash.into()),
            _ => {
                return Err(Failure::usage(format!(
                    "`{text}` is neither a height nor a block's hash"
                )));
            }
        }),
    };
    let client = context.connect().await?;
    let network = client.chain().await?.network;
    let view = if full {
        wire::BlockView::Full
    } else {
        wire::BlockView::Basic
    };
    let mut ledger = client.ledger();
    let request = wire::GetBlockRequest {
        block: selected,
        view: view.into(),
    };
    let answer = client.unary(ledger.get_block(request)).await?;
    let block = answer.block.ok_or_else(|| lacking("block"))?;
    let header = block.header.as_ref().ok_or_else(|| lacking("header"))?;
    if prove.prove {
        let mut trust = proof::trust(context, &client, prove).await?;
        let request = wire::GetFinalityCertificateRequest {
            height: header.height,
        };
        let certificate = client.unary(ledger.get_finality_certificate(request)).await?;
        let finality = certificate.finality.ok_or_else(|| lacking("finality proof"))?;
        let proven = trust.finality_from(&client, &finality).await?;
        if proven.hash().as_bytes()[..] != header.hash[..]
            || client::convert::header(header).ok() != Some(proven)
        {
            return Err(mismatch("block"));
        }
    }
    let mut value = header_value(header);
    if let Some(fields) = value.as_object_mut() {
        let hashes: Vec<String> = block.tx_hashes.iter().map(hex::encode).collect();
        fields.insert("size_bytes".into(), json!(block.size_bytes));
        fields.insert("gas_used".into(), json!(block.gas_used));
        fields.insert("tx_hashes".into(), json!(hashes));
        fields.insert("proven".into(), json!(prove.prove));
        if full {
            let transactions: Vec<Value> = block
                .transactions
                .iter()
                .map(|one| transaction_value(network, one))
                .collect();
            fields.insert("transactions".into(), json!(transactions));
        }
    }
    context.output.show(&Shown::new(value, hex::encode(&header.hash)))
}

pub(super) async fn transaction(context: &Context, text: &str, prove: &Prove) -> Result<(), Failure> {
    let id: TxId = text
        .parse()
        .map_err(|error| Failure::usage(format!("`{text}` is not a transaction's id: {error}")))?;
    let client = context.connect().await?;
    let chain = client.chain().await?;
    let mut ledger = client.ledger();
    let request = wire::GetTransactionRequest {
        tx_hash: id.as_bytes().to_vec().into(),
        prove: prove.prove,
    };
    let answer = client.unary(ledger.get_transaction(request)).await?;
    let transaction = answer.transaction.ok_or_else(|| lacking("transaction"))?;
    if prove.prove {
        let mut trust = proof::trust(context, &client, prove).await?;
        let finality = answer.finality.ok_or_else(|| lacking("finality proof"))?;
        let inclusion = answer.inclusion.ok_or_else(|| lacking("inclusion proof"))?;
        // The bytes are those of this id: it is computed, not taken from the answer.
        let opened = client::transaction::open(&chain.hash, &transaction.tx)?;
        let header = trust.finality_from(&client, &finality).await?;
        if opened.id() != id || header.height.get() != transaction.height {
            return Err(mismatch("transaction"));
        }
        Trust::inclusion(&header, &inclusion, &id, &transaction.tx)?;
    }
    let mut value = transaction_value(chain.network, &transaction);
    if let Some(fields) = value.as_object_mut() {
        fields.insert("proven".into(), json!(prove.prove));
    }
    context.output.show(&Shown::new(value, id.to_string()))
}

fn mismatch(what: &str) -> Failure {
    Failure::new(
        Exit::Unexpected,
        "PROOF_INVALID",
        format!("the proof does not hold: it is for another {what} than the node's answer"),
    )
}

pub(super) async fn state(context: &Context, key: &str, at: &At) -> Result<(), Failure> {
    let key =
        hex::decode(key).map_err(|error| Failure::usage(format!("the key is not hexadecimal: {error}")))?;
    let client = context.connect().await?;
    let mut ledger = client.ledger();
    let request = wire::QueryStateRequest {
        key: key.clone().into(),
        height: at.height,
        prove: at.prove.prove,
    };
    let answer = client.unary(ledger.query_state(request)).await?;
    if at.prove.prove {
        let read = answer.context.as_ref().ok_or_else(|| lacking("context"))?;
        let mut trust = proof::trust(context, &client, &at.prove).await?;
        let root = trust.state_root(&client, read).await?;
        verify::entry(&root, &key, answer.value.as_deref(), answer.proof.as_ref())?;
    }
    let found = answer.value.as_ref().map(hex::encode);
    let value = json!({
        "key": hex::encode(&key),
        "value": found,
        "height": answer.context.as_ref().map(|read| read.height),
        "state_root": answer.context.as_ref().map(|read| hex::encode(&read.state_root)),
        "proven": at.prove.prove,
    });
    context.output.show(&Shown::new(value, found.unwrap_or_default()))
}
