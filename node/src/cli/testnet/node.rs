//! Doing something with one node, or with the whole testnet.

use crate::cli::context::Context;
use crate::cli::testnet::{Which, status};
use crate::output::Failure;
use clap::Subcommand;
use client::amount::Written;
use client::{Client, Timeouts};
use primitives::address::{Network, format_account};
use proto::dev::v1alpha1::RequestFundsRequest;
use std::time::{Duration, Instant};
use testnet::control::{Action, Answer, Request, ask};
use testnet::{Error, Lock, process};

/// How long a supervisor may take to be gone after it has answered.
const GONE_WITHIN: Duration = Duration::from_secs(5);
/// How often that is looked at.
const LOOK: Duration = Duration::from_millis(10);

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Ask a node to end, in order.
    Stop {
        /// Which: node0, node1, …
        node: String,
        #[command(flatten)]
        which: Which,
    },
    /// End a node at once, as a crash would.
    Kill {
        /// Which: node0, node1, …
        node: String,
        #[command(flatten)]
        which: Which,
    },
    /// Start a node, after ending it when it runs.
    Restart {
        /// Which: node0, node1, …
        node: String,
        #[command(flatten)]
        which: Which,
    },
    /// Freeze a node.
    Pause {
        /// Which: node0, node1, …
        node: String,
        #[command(flatten)]
        which: Which,
    },
    /// Let a frozen node go on.
    Resume {
        /// Which: node0, node1, …
        node: String,
        #[command(flatten)]
        which: Which,
    },
}

impl Verb {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let (node, which, action, done) = match self {
            Self::Stop { node, which } => (node, which, Action::Stop, "stopped"),
            Self::Kill { node, which } => (node, which, Action::Kill, "killed"),
            Self::Restart { node, which } => (node, which, Action::Restart, "started"),
            Self::Pause { node, which } => (node, which, Action::Pause, "frozen"),
            Self::Resume { node, which } => (node, which, Action::Resume, "goes on"),
        };
        let (folder, spec) = which.spec(context)?;
        let have: Vec<String> = (0..usize::from(spec.validators))
            .map(testnet::name::node)
            .collect();
        if !have.contains(&node) {
            let testnet = spec.name.to_string();
            return Err(Error::NoNode { testnet, node, have }.into());
        }
        let request = Request::Node {
            name: node.clone(),
            action,
        };
        if let Answer::Status(status) = ask(&folder, &request).await? {
            if context.output.is_json() {
                return context.output.show(&status::Shown(*status));
            }
            context.output.note(&format!("{node} {done}"));
        }
        Ok(())
    }
}

/// `palisade testnet down`: stops a testnet and sees that nothing of it is left.
pub(crate) async fn down(which: &Which, context: &Context) -> Result<(), Failure> {
    let (folder, _) = which.spec(context)?;
    let before = status::running(&folder).await?;
    ask(&folder, &Request::Down).await?;
    let pids: Vec<u32> = before
        .nodes
        .iter()
        .filter_map(|node| node.pid)
        .chain(before.supervisor_pid)
        .collect();
    let began = Instant::now();
    while Lock::is_held(&folder) || pids.iter().any(|pid| process::is_alive(*pid)) {
        if began.elapsed() > GONE_WITHIN {
            return Err(Failure::unexpected(format!(
                "still there after {} s: {pids:?}",
                GONE_WITHIN.as_secs()
            )));
        }
        tokio::time::sleep(LOOK).await;
    }
    context.output.note(&format!(
        "testnet \"{}\" stopped; its chain is kept",
        folder.name()
    ));
    Ok(())
}

/// `palisade testnet rm`.
pub(crate) async fn remove(which: &Which, yes: bool, context: &Context) -> Result<(), Failure> {
    let folder = which.folder(context)?;
    if !yes {
        return Err(Failure::usage(format!(
            "this deletes the chain of testnet \"{}\" and everything else in {}: add --yes",
            folder.name(),
            folder.path().display()
        )));
    }
    if Lock::is_held(&folder) && folder.exists() {
        down(which, context).await?;
    }
    testnet::provision::remove(std::path::Path::new(""), folder.name())?;
    context
        .output
        .note(&format!("testnet \"{}\" deleted", folder.name()));
    Ok(())
}

/// `palisade testnet faucet`.
pub(crate) async fn faucet(
    account: &str,
    amount: &Written,
    which: &Which,
    context: &Context,
) -> Result<(), Failure> {
    let (folder, _) = which.spec(context)?;
    let id = context.account(account, Some(Network::Development))?;
    let status = status::running(&folder).await?;
    let node = status
        .nodes
        .iter()
        .find(|node| node.running && !node.paused)
        .ok_or_else(|| Failure::from(Error::NotRunning(folder.name().to_string())))?;
    let client = Client::connect(&node.grpc, Timeouts::default()).await?;
    let coin = crate::cli::tx::coin(&client, amount).await?;
    let owner = Client::connect(&node.admin, Timeouts::default()).await?;
    let mut dev = owner.dev();
    let request = RequestFundsRequest {
        address: format_account(Network::Development, &id),
        asset_id: coin.asset.get(),
        amount: coin.amount.to_string(),
    };
    let answer = owner.unary(dev.request_funds(request)).await?;
    crate::cli::tx::follow_hash(context, &client, &answer.tx_hash).await
}
