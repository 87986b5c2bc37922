//! `palisade tx`: build, sign, send and follow transactions.

mod offline;
mod outcome;
mod prepare;

use crate::cli::context::Context;
use crate::cli::key;
use crate::cli::passwords::PasswordFlags;
use crate::output::{Exit, Failure};
use clap::{Args, Subcommand, ValueEnum};
use client::amount::Written;
use client::prepare::ChainInfo;
use client::transaction::Signing;
use client::wait::Until;
use outcome::Follow;
use prepare::{Extras, Want};
use primitives::Height;
use primitives::address::Network;
use proto::tx::v1::message::Message as Kind;
use std::io::{BufRead, IsTerminal};
use std::path::PathBuf;
use testnet::Span;

/// How far a transaction is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum WaitFor {
    /// Not at all.
    None,
    /// Until it is in a block.
    Included,
    /// Until that block is final.
    Finalized,
}

/// How long and how far a transaction is followed.
#[derive(Debug, Clone, Args)]
pub(crate) struct WaitFlags {
    /// Follow it until it is in a block, or until that block is final. At a terminal it is followed by itself.
    #[arg(long, value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "finalized")]
    wait: Option<WaitFor>,
    /// How long to follow it.
    #[arg(long, default_value = "60s", value_name = "DURATION")]
    wait_timeout: Span,
}

impl WaitFlags {
    fn follow(&self) -> Follow {
        let wanted = self.wait.unwrap_or_else(|| {
            if std::io::stdout().is_terminal() {
                WaitFor::Finalized
            } else {
                WaitFor::None
            }
        });
        Follow {
            until: match wanted {
                WaitFor::None => None,
                WaitFor::Included => Some(Until::Included),
                WaitFor::Finalized => Some(Until::Finalized),
            },
            patience: self.wait_timeout.duration(),
        }
    }
}

/// Flags of commands that send.
#[derive(Debug, Args)]
pub(crate) struct SendFlags {
    #[command(flatten)]
    extras: Extras,
    #[command(flatten)]
    wait: WaitFlags,
    #[command(flatten)]
    pub(crate) password: PasswordFlags,
    /// Say what it would do and cost; send nothing.
    #[arg(long)]
    dry_run: bool,
    /// Do not ask before sending. Development chains never ask.
    #[arg(short, long)]
    yes: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Move an amount to another account.
    Send {
        /// Whose: a key's name or file.
        from: String,
        /// To whom: an address, an id in hex, or a key's name.
        to: String,
        /// How much: 10pal, 1.5pal, 100npal, or another asset's symbol.
        amount: Written,
        #[command(flatten)]
        flags: SendFlags,
    },
    /// Destroy an amount.
    Burn {
        /// Whose: a key's name or file.
        from: String,
        /// How much.
        amount: Written,
        #[command(flatten)]
        flags: SendFlags,
    },
    /// Write a transaction that is to be signed elsewhere. With --chain-hash, --sequence, --timeout-height, --gas and
    /// --max-price no node is asked.
    Build(offline::Build),
    /// Sign a written transaction. No node is asked.
    Sign(offline::SignFile),
    /// Put the signatures of several copies of a written transaction together. No node is asked.
    Combine(offline::Combine),
    /// Show what a written transaction, or a transaction in hex, says. No node is asked.
    Decode(offline::Decode),
    /// Say what a written transaction would do now, and cost. It needs no signatures, and nothing is sent.
    Simulate {
        /// The file; `-` is standard input.
        file: PathBuf,
    },
    /// Send a written transaction that has its signatures.
    Broadcast {
        /// The file; `-` is standard input.
        file: PathBuf,
        #[command(flatten)]
        wait: WaitFlags,
    },
    /// Follow a transaction.
    Wait {
        /// Its id.
        tx_hash: String,
        /// Its timeout height: a transaction that the node has not heard of yet is waited for until then.
        #[arg(long, default_value_t = 0, value_name = "HEIGHT")]
        timeout_height: u64,
        /// How far.
        #[arg(long, value_enum, default_value = "finalized")]
        until: WaitFor,
        /// How long.
        #[arg(long, default_value = "60s", value_name = "DURATION")]
        wait_timeout: Span,
    },
}

pub(crate) async fn run(verb: Verb, context: &Context) -> Result<(), Failure> {
    match verb {
        Verb::Send {
            from,
            to,
            amount,
            flags,
        } => send(context, &from, Want::Transfer { to, amount }, &flags).await,
        Verb::Burn { from, amount, flags } => send(context, &from, Want::Burn { amount }, &flags).await,
        Verb::Build(build) => build.run(context).await,
        Verb::Sign(sign) => sign.run(context),
        Verb::Combine(combine) => combine.run(context),
        Verb::Decode(decode) => decode.run(context),
        Verb::Simulate { file } => {
            let envelope = offline::read(&file)?;
            let signing = envelope.signing().map_err(offline::wrong(&file))?;
            let client = context.connect().await?;
            same_chain(&client.chain().await?, &signing)?;
            let answer = client.simulate(&signing).await?;
            outcome::dry_run(context, envelope.network(), &signing, Some(&answer))
        }
        Verb::Broadcast { file, wait } => {
            let signing = offline::read(&file)?.signing().map_err(offline::wrong(&file))?;
            let finished = signing.finish()?;
            let client = context.connect().await?;
            same_chain(&client.chain().await?, &signing)?;
            outcome::offer(context, &client, &finished, wait.follow()).await
        }
        Verb::Wait {
            tx_hash,
            timeout_height,
            until,
            wait_timeout,
        } => {
            let id = tx_hash
                .parse()
                .map_err(|error| Failure::usage(format!("`{tx_hash}` is not a transaction's id: {error}")))?;
            let client = context.connect().await?;
            let until = match until {
                WaitFor::Included => Until::Included,
                WaitFor::Finalized | WaitFor::None => Until::Finalized,
            };
            let follow = Follow {
                until: Some(until),
                patience: wait_timeout.duration(),
            };
            outcome::follow(context, &client, id, Height::new(timeout_height), follow).await
        }
    }
}

/// A transaction for another chain would only be said to be badly signed: this says what is wrong.
fn same_chain(chain: &ChainInfo, signing: &Signing) -> Result<(), Failure> {
    if chain.hash == *signing.chain() {
        return Ok(());
    }
    let message = format!(
        "the transaction is for chain {}, the node follows {} ({}): name a node of that chain with --node URL",
        signing.chain(),
        chain.hash,
        chain.id
    );
    Err(Failure::new(Exit::Rejected, "CHAIN_MISMATCH", message))
}

/// Sends one message of the account `from`, as `palisade tx send` sends a transfer.
pub(crate) async fn send_message(
    context: &Context,
    from: &str,
    kind: Kind,
    flags: &SendFlags,
) -> Result<(), Failure> {
    let client = context.connect().await?;
    let chain = client.chain().await?;
    send_kinds(context, &client, &chain, (from, vec![kind]), flags).await
}

/// As [`send_message`] for several that take effect together or not at all.
pub(crate) async fn send_messages(
    context: &Context,
    from: &str,
    kinds: Vec<Kind>,
    flags: &SendFlags,
) -> Result<(), Failure> {
    let client = context.connect().await?;
    let chain = client.chain().await?;
    send_kinds(context, &client, &chain, (from, kinds), flags).await
}

async fn send_kinds(
    context: &Context,
    client: &client::Client,
    chain: &ChainInfo,
    (from, kinds): (&str, Vec<Kind>),
    flags: &SendFlags,
) -> Result<(), Failure> {
    let protection = flags.password.protection()?;
    let key = key::open_account(context, from, &protection, chain.network)?;
    let (mut signing, simulated) = prepare::online(client, chain, &key, kinds, &flags.extras).await?;
    context.output.note(&prepare::fee_in_words(&signing));
    if flags.dry_run {
        return outcome::dry_run(context, chain.network, &signing, simulated.as_ref());
    }
    if !flags.yes && chain.network == Network::Live {
        confirm(context, &signing, chain.network)?;
    }
    signing.sign(&key)?;
    outcome::offer(context, client, &signing.finish()?, flags.wait.follow()).await
}

async fn send(context: &Context, from: &str, want: Want, flags: &SendFlags) -> Result<(), Failure> {
    let client = context.connect().await?;
    let chain = client.chain().await?;
    let kind = want.resolve(context, &client, chain.network).await?;
    send_kinds(context, &client, &chain, (from, vec![kind]), flags).await
}

/// Asks the person at the terminal.
fn confirm(context: &Context, signing: &Signing, network: Network) -> Result<(), Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::usage("nobody is at the terminal to confirm: add --yes"));
    }
    let summary = client::describe::body(network, signing.body());
    context.output.note(&crate::output::flat(&summary));
    context.output.note("Sign and send this? [y/N]");
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|error| Failure::unexpected(format!("cannot read the answer: {error}")))?;
    if matches!(line.trim(), "y" | "Y" | "yes") {
        Ok(())
    } else {
        Err(Failure::new(Exit::Unexpected, "DECLINED", "not sent"))
    }
}

/// Follows a transaction that somebody else has sent, until it is final.
pub(crate) async fn follow_hash(
    context: &Context,
    client: &client::Client,
    hash: &[u8],
) -> Result<(), Failure> {
    let id = primitives::TxId::from_slice(hash)
        .ok_or_else(|| Failure::unexpected("the node's transaction id has not 32 bytes"))?;
    let follow = Follow {
        until: Some(Until::Finalized),
        patience: std::time::Duration::from_secs(30),
    };
    outcome::follow(context, client, id, Height::ZERO, follow).await
}

/// An amount and its asset, looked up.
pub(crate) async fn coin(client: &client::Client, written: &Written) -> Result<primitives::Coin, Failure> {
    prepare::coin(client, written).await
}
