//! `palisade admin`: what a running node does for its owner alone, over the socket in its home.

use crate::cli::context::Context;
use crate::output::{Exit, Failure, Show, columns, pairs};
use clap::Subcommand;
use client::{Client, Timeouts};
use proto::admin::v1 as wire;
use serde::Serialize;
use testnet::Span;

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// The settings in force, as the node has them.
    Config,
    /// Change what is logged until the node ends: a level, or directives such as info,palisade_network=debug.
    Log {
        /// What.
        filter: String,
    },
    /// Where consensus stands on the node.
    Consensus,
    /// Disconnect a peer and keep it away for a while.
    RemovePeer {
        /// The key of its network identity, in hex, as `palisade query peers` shows it.
        key: String,
        /// For how long, a day at most.
        #[arg(long, default_value = "10m", value_name = "DURATION")]
        keep_away: Span,
    },
    /// The consensus keys that the node holds.
    Keys,
    /// End the node, in order.
    Shutdown,
}

/// The socket in the home, and whoever listens there.
pub(crate) async fn owner(context: &Context) -> Result<Client, Failure> {
    let home = context.home()?;
    let socket = context.settings(&[], false)?.config.admin.socket;
    if socket.is_empty() {
        return Err(Failure::new(
            Exit::Unreachable,
            "NODE_UNREACHABLE",
            "admin.socket is empty: this node offers nothing to its owner",
        ));
    }
    let path = home.path().join(socket);
    let path = std::path::absolute(&path).unwrap_or(path);
    Ok(Client::connect(&format!("unix:{}", path.display()), Timeouts::default()).await?)
}

#[derive(Serialize)]
struct Standing {
    finalized_height: u64,
    epoch: u64,
    view: u64,
    behind: bool,
    silent: String,
    waiting_transactions: u64,
    peers: u32,
}

impl Show for Standing {
    fn table(&self) -> String {
        let silent = match self.silent.as_str() {
            "" => "yes".to_owned(),
            why => format!("no: {why}"),
        };
        pairs(&[
            ("finalized height", self.finalized_height.to_string()),
            ("epoch", self.epoch.to_string()),
            ("view", self.view.to_string()),
            ("behind", self.behind.to_string()),
            ("votes", silent),
            ("waiting", self.waiting_transactions.to_string()),
            ("peers", self.peers.to_string()),
        ])
    }

    fn id(&self) -> Option<String> {
        Some(self.finalized_height.to_string())
    }
}

#[derive(Serialize)]
struct HeldKey {
    key: String,
    votes: bool,
    highest_epoch: u64,
    highest_view: u64,
}

#[derive(Serialize)]
#[serde(transparent)]
struct HeldKeys(Vec<HeldKey>);

impl Show for HeldKeys {
    fn table(&self) -> String {
        let rows: Vec<Vec<String>> = self
            .0
            .iter()
            .map(|one| {
                vec![
                    one.key.clone(),
                    one.votes.to_string(),
                    format!("{}/{}", one.highest_epoch, one.highest_view),
                ]
            })
            .collect();
        columns(&["KEY", "VOTES", "SIGNED UP TO (EPOCH/VIEW)"], &rows)
    }

    fn id(&self) -> Option<String> {
        self.0.iter().find(|one| one.votes).map(|one| one.key.clone())
    }
}

pub(crate) async fn run(verb: Verb, context: &Context) -> Result<(), Failure> {
    let client = owner(context).await?;
    let mut admin = client.admin();
    match verb {
        Verb::Config => {
            let request = admin.get_effective_config(wire::GetEffectiveConfigRequest {});
            let answer = client.unary(request).await?;
            context.output.line(answer.toml.trim_end())
        }
        Verb::Log { filter } => {
            let request = wire::SetLogFilterRequest { filter };
            let answer = client.unary(admin.set_log_filter(request)).await?;
            context.output.note(&format!(
                "changed until the node ends; before it was `{}`",
                answer.before
            ));
            Ok(())
        }
        Verb::Consensus => {
            let request = admin.dump_consensus_state(wire::DumpConsensusStateRequest {});
            let at = client.unary(request).await?;
            context.output.show(&Standing {
                finalized_height: at.finalized_height,
                epoch: at.epoch,
                view: at.view,
                behind: at.behind,
                silent: at.silent,
                waiting_transactions: at.mempool_transactions,
                peers: at.peers,
            })
        }
        Verb::RemovePeer { key, keep_away } => {
            let peer_key = hex::decode(&key)
                .map_err(|_| Failure::usage(format!("{key}: a peer's key is 64 hexadecimal digits")))?;
            let request = wire::RemovePeerRequest {
                peer_key: peer_key.into(),
                for_ms: keep_away.millis(),
            };
            client.unary(admin.remove_peer(request)).await?;
            context.output.note("disconnected");
            Ok(())
        }
        Verb::Keys => {
            let mut keys = client.keys();
            let answer = client.unary(keys.list_keys(wire::ListKeysRequest {})).await?;
            let held = answer.keys.into_iter().map(|one| HeldKey {
                key: hex::encode(&one.key),
                votes: one.votes,
                highest_epoch: one.highest_epoch,
                highest_view: one.highest_view,
            });
            context.output.show(&HeldKeys(held.collect()))
        }
        Verb::Shutdown => {
            client.unary(admin.shutdown(wire::ShutdownRequest {})).await?;
            context.output.note("the node ends");
            Ok(())
        }
    }
}
