//! What the owner has a running node do.

use super::Verb;
use crate::cli::context::Context;
use crate::output::{Exit, Failure, Show, pairs};
use client::Client;
use proto::admin::v1 as wire;
use serde::Serialize;
use std::fs;
use std::path::Path;

/// What was done, by what is to be known of it.
#[derive(Serialize)]
#[serde(transparent)]
struct Done(serde_json::Map<String, serde_json::Value>);

impl Done {
    fn of<const N: usize>(facts: [(&str, serde_json::Value); N]) -> Self {
        Self(
            facts
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        )
    }
}

impl Show for Done {
    fn table(&self) -> String {
        let rows: Vec<(&str, String)> = self
            .0
            .iter()
            .map(|(name, value)| {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                (name.as_str(), text)
            })
            .collect();
        pairs(&rows)
    }

    fn id(&self) -> Option<String> {
        let first = self.0.values().next()?;
        Some(first.as_str().map_or_else(|| first.to_string(), str::to_owned))
    }
}

/// Does it, and says what came of it.
pub(super) async fn run(verb: Verb, client: &Client, context: &Context) -> Result<(), Failure> {
    let mut admin = client.admin();
    let done = match verb {
        Verb::AddPeer { address } => {
            let request = wire::AddPeerRequest { address };
            let added = client.unary(admin.add_peer(request)).await?;
            Done::of([("key", hex::encode(&added.peer_key).into())])
        }
        Verb::Snapshot => {
            let taken = client
                .unary(admin.create_snapshot(wire::CreateSnapshotRequest {}))
                .await?;
            Done::of([
                ("height", taken.height.into()),
                ("path", taken.path.into()),
                ("state_root", hex::encode(&taken.state_root).into()),
            ])
        }
        Verb::Prune { keep, yes } => {
            if !yes {
                return Err(Failure::usage(format!(
                    "this forgets all but the latest {keep} blocks for good; who asks for them is sent to other nodes. Say --yes \
                     to do it"
                )));
            }
            let request = wire::PruneStateRequest { keep_blocks: keep };
            let pruned = client.unary(admin.prune_state(request)).await?;
            Done::of([
                ("blocks", pruned.blocks.into()),
                ("bytes", pruned.bytes.into()),
                ("earliest_height", pruned.earliest_height.into()),
                ("needed_from", pruned.needed_from.into()),
            ])
        }
        Verb::Export => {
            let written = client
                .unary(admin.export_state(wire::ExportStateRequest {}))
                .await?;
            Done::of([
                ("entries", written.entries.into()),
                ("height", written.height.into()),
                ("path", written.path.into()),
                ("state_root", hex::encode(&written.state_root).into()),
            ])
        }
        Verb::Diagnostics { folder } => gather(client, &folder).await?,
        Verb::Drain { patience } => return drain(client, context, patience.millis()).await,
        other => return Err(Failure::unexpected(format!("{other:?} is no upkeep"))),
    };
    context.output.show(&done)
}

async fn gather(client: &Client, folder: &Path) -> Result<Done, Failure> {
    fs::create_dir(folder)
        .map_err(|error| Failure::usage(format!("cannot make {}: {error}", folder.display())))?;
    let mut admin = client.admin();
    let request = admin.collect_diagnostics(wire::CollectDiagnosticsRequest {});
    let found = client.unary(request).await?;
    let mut names = Vec::new();
    for file in found.files {
        // The node names them; nothing but a plain name is taken from it.
        let name = Path::new(&file.name).file_name().unwrap_or_default();
        let path = folder.join(name);
        fs::write(&path, &file.content)
            .map_err(|error| Failure::unexpected(format!("cannot write {}: {error}", path.display())))?;
        names.push(name.to_string_lossy().into_owned());
    }
    Ok(Done::of([
        ("folder", folder.display().to_string().into()),
        ("files", names.into()),
    ]))
}

async fn drain(client: &Client, context: &Context, patience_ms: u64) -> Result<(), Failure> {
    let mut admin = client.admin();
    let left = client
        .unary(admin.drain(wire::DrainRequest { patience_ms }))
        .await?;
    if !left.safe_to_stop {
        let text = format!(
            "the node takes nothing new, but {} calls and {} streams are still under way: wait and run this again, or stop it \
             and cut them off",
            left.calls, left.streams
        );
        return Err(Failure::new(Exit::TimedOut, "NOT_DRAINED", text)
            .with("calls", left.calls)
            .with("streams", left.streams));
    }
    context.output.show(&Done::of([
        ("safe_to_stop", true.into()),
        ("waiting_transactions", left.waiting_transactions.into()),
    ]))?;
    context.output.note(
        "it is safe to stop the node: `palisade admin shutdown`. Until then it follows the chain and votes; transactions \
         that wait are with other nodes too",
    );
    Ok(())
}
