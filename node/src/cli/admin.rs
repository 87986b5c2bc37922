//! `palisade admin`: what a running node does for its owner alone, over the socket in its home.

mod keys;
mod upkeep;

use crate::cli::context::Context;
use crate::output::{Exit, Failure, Show, pairs};
use clap::Subcommand;
use client::{Client, Timeouts};
use proto::admin::v1 as wire;
use serde::Serialize;
use std::path::PathBuf;
use std::time::Duration;
use testnet::Span;

/// A snapshot, an export or a drain takes its time.
const PATIENT: Timeouts = Timeouts {
    connect: Duration::from_secs(3),
    request: Duration::from_secs(610),
};

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
    /// Stay connected to a peer until the node ends; for longer, put it into network.persistent_peers.
    AddPeer {
        /// /ip4/ADDRESS/tcp/PORT/p2p/PEER_ID, as the peer prints it when it starts.
        address: String,
    },
    /// Take a snapshot of the latest final state.
    Snapshot,
    /// Forget old blocks now, except those that the chain still needs.
    Prune {
        /// How many of the latest blocks stay.
        #[arg(long, value_name = "BLOCKS", value_parser = clap::value_parser!(u64).range(128..))]
        keep: u64,
        /// Do it: what is forgotten comes from other nodes alone.
        #[arg(long)]
        yes: bool,
    },
    /// Write the latest final state into a file in the home, entry by entry.
    Export,
    /// Gather what somebody who helps needs to see, without secrets, in a new folder.
    Diagnostics {
        /// The folder to make.
        folder: PathBuf,
    },
    /// Take no more transactions and subscriptions, wait for the calls under way, and say when it is safe to stop the node.
    Drain {
        /// How long to wait, ten minutes at most.
        #[arg(long, default_value = "30s", value_name = "DURATION")]
        patience: Span,
    },
    /// The consensus keys that the node holds.
    Keys,
    /// Take up a consensus key that was made elsewhere, encrypted with the password of the node's own keys.
    ImportKey {
        /// The keystore, after EIP-2335.
        file: PathBuf,
        /// What the key has signed, as `palisade validator history export` wrote it.
        #[arg(long, value_name = "FILE")]
        history: Option<PathBuf>,
    },
    /// Put a consensus key aside: its file is kept in the home, and so is what it signed.
    RemoveKey {
        /// The key, in hex.
        key: String,
        /// The key goes although the validator votes with it, or is about to: it misses its votes from here on.
        #[arg(long)]
        although_it_votes: bool,
    },
    /// End the node, in order.
    Shutdown,
}

/// The socket in the home, and whoever listens there.
pub(crate) async fn owner(context: &Context) -> Result<Client, Failure> {
    owner_within(context, Timeouts::default()).await
}

/// The same, for calls that may take so long.
async fn owner_within(context: &Context, timeouts: Timeouts) -> Result<Client, Failure> {
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
    Ok(Client::connect(&format!("unix:{}", path.display()), timeouts).await?)
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

pub(crate) async fn run(verb: Verb, context: &Context) -> Result<(), Failure> {
    let client = owner_within(context, PATIENT).await?;
    let mut admin = client.admin();
    match verb {
        Verb::AddPeer { .. }
        | Verb::Snapshot
        | Verb::Prune { .. }
        | Verb::Export
        | Verb::Diagnostics { .. }
        | Verb::Drain { .. } => upkeep::run(verb, &client, context).await,
        Verb::ImportKey { .. } | Verb::RemoveKey { .. } => keys::run(verb, &client, context).await,
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
        Verb::Keys => keys::list(&client, context).await,
        Verb::Shutdown => {
            client.unary(admin.shutdown(wire::ShutdownRequest {})).await?;
            context.output.note("the node ends");
            Ok(())
        }
    }
}
