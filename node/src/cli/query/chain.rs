//! The node itself, and the rules of its chain.

use crate::cli::context::Context;
use crate::cli::query::Shown;
use crate::output::{Failure, columns};
use proto::node::v1 as wire;
use serde_json::{Value, json};

pub(super) async fn params(context: &Context) -> Result<(), Failure> {
    let client = context.connect().await?;
    let mut node = client.node();
    let request = wire::GetChainParametersRequest::default();
    let answer = client.unary(node.get_chain_parameters(request)).await?;
    let shown: Vec<Value> = answer
        .parameters
        .iter()
        .map(|one| json!({"module": one.module, "name": one.name, "value": one.value, "unit": one.unit}))
        .collect();
    let table = || {
        let rows: Vec<Vec<String>> = answer
            .parameters
            .iter()
            .map(|one| {
                vec![
                    format!("{}.{}", one.module, one.name),
                    one.value.clone(),
                    one.unit.clone(),
                ]
            })
            .collect();
        columns(&["PARAMETER", "VALUE", "UNIT"], &rows)
    };
    context.output.list(&shown, table, |row| {
        format!(
            "{}={}",
            row["name"].as_str().unwrap_or_default(),
            row["value"].as_str().unwrap_or_default()
        )
    })
}

pub(super) async fn node(context: &Context) -> Result<(), Failure> {
    let client = context.connect().await?;
    let mut node = client.node();
    let info = client
        .unary(node.get_node_info(wire::GetNodeInfoRequest {}))
        .await?;
    let value = json!({
        "url": client.url(),
        "version": info.version,
        "commit": info.commit,
        "chain_id": info.chain_id,
        "chain_hash": hex::encode(&info.chain_hash),
        "generation": info.generation,
        "development": info.development,
        "moniker": info.moniker,
        "peer_id": info.peer_id,
        "listen_addresses": info.listen_addresses,
        "started_ms": info.started_ms,
    });
    context.output.show(&Shown::new(value, info.chain_id))
}

pub(super) async fn sync(context: &Context) -> Result<(), Failure> {
    let client = context.connect().await?;
    let status = client.sync_status().await?;
    let value = json!({
        "syncing": status.syncing,
        "height": status.height,
        "target_height": status.target_height,
        "earliest_height": status.earliest_height,
        "earliest_block_height": status.earliest_block_height,
        "epoch": status.epoch,
        "view": status.view,
        "time_ms": status.time_ms,
        "peers": status.peers,
    });
    context.output.show(&Shown::new(value, status.height.to_string()))
}
