//! `palisade testnet`: a network of real processes on this machine.

mod assert;
mod bench;
mod checkpoint;
mod export;
mod facts;
mod faults;
mod logs;
mod node;
mod scenario;
mod status;
mod time;
mod up;

use crate::cli::context::Context;
use crate::output::Failure;
use clap::{Args, Subcommand};
use client::amount::Written;
use std::path::Path;
use testnet::{Folder, Name, Spec};

/// Which testnet.
#[derive(Debug, Clone, Args)]
pub(crate) struct Which {
    /// The testnet's name [default: what PALISADE_TESTNET says, else `default`].
    #[arg(long, value_name = "NAME")]
    name: Option<Name>,
}

impl Which {
    /// The testnet's folder, whether or not it is there.
    fn folder(&self, context: &Context) -> Result<Folder, Failure> {
        context.testnet(self.name.as_ref())
    }

    /// What the testnet was made from.
    fn spec(&self, context: &Context) -> Result<(Folder, Spec), Failure> {
        let folder = self.folder(context)?;
        let base = std::env::current_dir().unwrap_or_else(|_| Path::new(".").to_owned());
        let spec = Spec::load(&folder, &base)?;
        Ok((folder, spec))
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Start a testnet, or go on with one that was stopped.
    Up(Box<up::Up>),
    /// The supervisor of a detached testnet.
    #[command(hide = true)]
    Supervise(up::Supervise),
    /// How every node is.
    Status {
        #[command(flatten)]
        which: Which,
    },
    /// What nodes have said.
    Logs(logs::Logs),
    /// Stop, kill, restart or freeze one node.
    #[command(subcommand)]
    Node(node::Verb),
    /// Stop a testnet. Its chain is kept.
    Down {
        #[command(flatten)]
        which: Which,
    },
    /// Delete a testnet, running or not.
    Rm {
        #[command(flatten)]
        which: Which,
        /// Yes, delete its chain and everything else of it.
        #[arg(long)]
        yes: bool,
    },
    /// The testnets in this folder.
    List,
    /// Lines for a shell that make other commands work with this testnet: eval $(palisade testnet env).
    Env {
        #[command(flatten)]
        which: Which,
    },
    /// Give an account money from the faucet.
    Faucet {
        /// Who receives it: an address, an id in hex, or a key's name.
        account: String,
        /// How much: 100pal, or another asset's symbol.
        amount: Written,
        #[command(flatten)]
        which: Which,
    },
    /// Measure how many transactions a testnet takes, and how soon they are final.
    Bench(bench::Bench),
    /// Wait until something is true of the testnet; exit 1 when it does not become true.
    Assert(assert::Assert),
    /// Stories of what happens to a testnet, played and judged.
    #[command(subcommand)]
    Scenario(scenario::Verb),
    /// Make a testnet for several machines: a folder with keys and settings for each.
    Export(Box<export::ExportArgs>),
    /// End the present epoch now, and see where the chain's time stands: epoch next.
    Epoch(time::EpochArgs),
    /// Put the chain clock forward, without waiting and without empty blocks: time warp 30d.
    Time(time::TimeArgs),
    /// Keep the state, and go back to it: in another generation, so that nothing signed since counts.
    #[command(subcommand)]
    Checkpoint(checkpoint::Verb),
    /// Make links, clocks, disks and validators wrong, and right again.
    #[command(subcommand)]
    Fault(faults::Verb),
}

pub(crate) async fn run(verb: Verb, context: &Context) -> Result<(), Failure> {
    match verb {
        Verb::Up(up) => up.run(context).await,
        Verb::Supervise(supervise) => supervise.run().await,
        Verb::Status { which } => status::run(&which, context).await,
        Verb::Logs(logs) => logs.run(context).await,
        Verb::Node(verb) => verb.run(context).await,
        Verb::Down { which } => node::down(&which, context).await,
        Verb::Rm { which, yes } => node::remove(&which, yes, context).await,
        Verb::List => status::list(context).await,
        Verb::Env { which } => facts::env(&which, context),
        Verb::Faucet {
            account,
            amount,
            which,
        } => node::faucet(&account, &amount, &which, context).await,
        Verb::Bench(bench) => bench.run(context).await,
        Verb::Assert(assert) => assert.run(context).await,
        Verb::Scenario(verb) => verb.run(context).await,
        Verb::Export(export) => export.run(context),
        Verb::Epoch(epoch) => epoch.run(context).await,
        Verb::Time(time) => time.run(context).await,
        Verb::Checkpoint(verb) => verb.run(context).await,
        Verb::Fault(verb) => verb.run(context).await,
    }
}
