//! `palisade query`: what a node says, and on request the proof of it, checked here.

mod account;
mod chain;
mod epoch;
mod ledger;
mod proof;
mod risk;
mod stream;
pub(crate) mod validator;

use crate::cli::context::Context;
use crate::output::{Failure, Show, flat};
use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::Value;
use std::path::PathBuf;

/// At which height, and whether to prove it.
#[derive(Debug, Clone, Args)]
pub(crate) struct At {
    /// At which height [default: the latest, with --prove the latest that can be proven].
    #[arg(long, default_value_t = 0, value_name = "HEIGHT", hide_default_value = true)]
    height: u64,
    #[command(flatten)]
    prove: Prove,
}

/// Whether to prove it.
#[derive(Debug, Clone, Args)]
pub(crate) struct Prove {
    /// Check the answer here, from the genesis on, without believing the node.
    #[arg(long)]
    prove: bool,
    /// The genesis document to start from [default: the testnet's or the home's].
    #[arg(long, value_name = "FILE", requires = "prove")]
    genesis: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// One account.
    Account {
        /// An address, an id in hex, or a key's name.
        account: String,
        #[command(flatten)]
        at: At,
    },
    /// What an account holds, by asset.
    Balance {
        /// An address, an id in hex, or a key's name.
        account: String,
        /// Only this asset, by number.
        #[arg(long, value_name = "ID")]
        asset: Option<u32>,
        #[command(flatten)]
        at: At,
    },
    /// The registry of assets, or one of it.
    Asset {
        /// Its number [default: all].
        asset: Option<u32>,
        #[command(flatten)]
        at: At,
    },
    /// How much of an asset there is.
    Supply {
        /// Its number; 0 is PAL.
        #[arg(default_value_t = 0)]
        asset: u32,
        #[command(flatten)]
        at: At,
    },
    /// One block.
    Block {
        /// Its height, or its hash [default: the latest].
        block: Option<String>,
        /// With its transactions and their receipts.
        #[arg(long)]
        full: bool,
        #[command(flatten)]
        prove: Prove,
    },
    /// One transaction.
    Tx {
        /// Its id.
        tx_hash: String,
        #[command(flatten)]
        prove: Prove,
    },
    /// One validator, or all.
    #[command(alias = "validators")]
    Validator {
        /// Its operator's address or id [default: all].
        validator: Option<String>,
        #[command(flatten)]
        at: At,
    },
    /// Blocks, the newest first; with --follow as they become final.
    Blocks {
        #[command(flatten)]
        range: stream::Range,
    },
    /// Transactions in blocks, the newest first; with --follow as they become final.
    Txs {
        /// Only those that this account sent or that name it: an address, an id in hex, or a key's name.
        #[arg(long, value_name = "ACCOUNT")]
        account: Option<String>,
        #[command(flatten)]
        range: stream::Range,
    },
    /// Events, the oldest first; with --follow as they become final.
    Events {
        #[command(flatten)]
        flags: stream::EventFlags,
        #[command(flatten)]
        range: stream::Range,
    },
    /// Transactions that wait in the node's mempool, and those that come to it, until Ctrl-C.
    Pending {
        /// Only those that this account sent: an address, an id in hex, or a key's name.
        #[arg(long, value_name = "ACCOUNT")]
        sender: Option<String>,
    },
    /// One epoch, or the last ones: when they end, and who votes in them.
    Epoch {
        /// Which [default: the last twenty].
        epoch: Option<u64>,
    },
    /// Everything that will change by itself: pledges, memberships, withdrawals, slashes that were asked for.
    Changes,
    /// How stake hangs together: who could be slashed for what, what that would do, how concentrated it is.
    #[command(subcommand)]
    Risk(risk::Verb),
    /// The rules that the chain runs under.
    Params,
    /// What the node is and which chain it follows.
    Node,
    /// How far the node has come.
    Sync,
    /// One raw entry of the state.
    State {
        /// Its key, in hex.
        key: String,
        #[command(flatten)]
        at: At,
    },
}

pub(crate) async fn run(verb: Verb, context: &Context) -> Result<(), Failure> {
    match verb {
        Verb::Account { account, at } => account::account(context, &account, &at).await,
        Verb::Balance { account, asset, at } => account::balance(context, &account, asset, &at).await,
        Verb::Asset { asset, at } => account::asset(context, asset, &at).await,
        Verb::Supply { asset, at } => account::supply(context, asset, &at).await,
        Verb::Block { block, full, prove } => ledger::block(context, block.as_deref(), full, &prove).await,
        Verb::Tx { tx_hash, prove } => ledger::transaction(context, &tx_hash, &prove).await,
        Verb::Validator { validator, at } => validator::run(context, validator.as_deref(), &at).await,
        Verb::Blocks { range } => stream::blocks(context, &range).await,
        Verb::Txs { account, range } => stream::transactions(context, account.as_deref(), &range).await,
        Verb::Events { flags, range } => stream::events(context, &flags, &range).await,
        Verb::Pending { sender } => stream::pending(context, sender.as_deref()).await,
        Verb::Epoch { epoch } => epoch::epochs(context, epoch).await,
        Verb::Changes => epoch::changes(context).await,
        Verb::Risk(verb) => risk::run(verb, context).await,
        Verb::Params => chain::params(context).await,
        Verb::Node => chain::node(context).await,
        Verb::Sync => chain::sync(context).await,
        Verb::State { key, at } => ledger::state(context, &key, &at).await,
    }
}

/// An answer as a command shows it: names and values for people, JSON for programs.
#[derive(Debug, Serialize)]
pub(crate) struct Shown {
    #[serde(flatten)]
    value: Value,
    #[serde(skip)]
    id: String,
}

impl Shown {
    pub(crate) fn new(value: Value, id: impl Into<String>) -> Self {
        Self { value, id: id.into() }
    }
}

impl Show for Shown {
    fn table(&self) -> String {
        flat(&self.value)
    }

    fn id(&self) -> Option<String> {
        Some(self.id.clone())
    }
}

/// What an answer lacks that the API promises.
pub(crate) fn lacking(what: &str) -> Failure {
    Failure::unexpected(format!("the node's answer makes no sense: no {what}"))
}
