//! `palisade operator`: who works for services, with which vaults, and how well.

mod run;
mod show;

use crate::cli::context::Context;
use crate::cli::key;
use crate::cli::restaking::{Asked, Sender, WHOLE, parse_bps, vault};
use crate::output::Failure;
use clap::Subcommand;
use primitives::Digest;
use proto::operator::v1 as wire;
use proto::tx::v1::message::Message as Kind;
use signer::keystore::load_consensus;

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Follow the chain and do what services ask of an operator, until it is stopped. It may be killed at any moment: what it
    /// has decided to say is kept in its guard, and said again, never otherwise.
    Run(Box<run::Run>),
    /// All operators.
    List,
    /// One operator: its vaults, its services, how well it works.
    Show {
        /// Its address, its id in hex, or a key's name.
        operator: String,
    },
    /// What an operator's vaults pledge.
    Allocations {
        /// Whose.
        operator: String,
        /// Only to this service.
        #[arg(long)]
        service: Option<u32>,
    },
    /// Make the sender an operator.
    Register {
        /// The name that people see.
        #[arg(long)]
        moniker: String,
        /// Where there is more.
        #[arg(long, default_value = "")]
        uri: String,
        #[command(flatten)]
        sender: Sender,
    },
    /// Change what the sender says about itself.
    Describe {
        /// The name that people see.
        #[arg(long)]
        moniker: String,
        /// Where there is more.
        #[arg(long, default_value = "")]
        uri: String,
        #[command(flatten)]
        sender: Sender,
    },
    /// Change what a vault of the sender pledges to a service: more after a delay, less after a longer one in which it
    /// stays slashable.
    Allocate {
        /// Which vault.
        vault: String,
        /// To which service; 0 is the chain itself.
        service: u32,
        /// How much of a vault that was never slashed, such as 50%.
        #[arg(value_parser = parse_bps)]
        share: u32,
        #[command(flatten)]
        sender: Sender,
    },
    /// Take back what a vault of the sender pledges to a service, all of it.
    Deallocate {
        /// Which vault.
        vault: String,
        /// From which service.
        service: u32,
        #[command(flatten)]
        sender: Sender,
    },
    /// Say what the sender keeps of what its vaults earn with a service: less at once, more after a delay.
    Commission {
        /// With which service.
        service: u32,
        /// How much, such as 5%.
        #[arg(value_parser = parse_bps)]
        rate: u32,
        #[command(flatten)]
        sender: Sender,
    },
    /// Give the sender the key with which it works for a service from now on.
    Key {
        /// For which service.
        service: u32,
        /// The key, by name or file: `palisade key new NAME --role consensus` makes one.
        #[arg(long = "key", value_name = "KEY")]
        key_name: String,
        #[command(flatten)]
        sender: Sender,
    },
}

async fn allocate(
    context: &Context,
    (text, service, bps): (&str, u32, u32),
    sender: &Sender,
) -> Result<(), Failure> {
    let asked = Asked::new(context).await?;
    let id: Digest = vault(context, asked.network, text)?;
    let message = wire::Allocate {
        vault: id.as_bytes().to_vec().into(),
        service,
        magnitude: (u128::from(bps) * (WHOLE / 10_000)).to_string(),
    };
    sender.send(context, Kind::Allocate(message)).await
}

/// A BLS key by its name or file, and the proof that its holder gives for the sender.
pub(crate) async fn possession(
    context: &Context,
    name: &str,
    sender: &Sender,
) -> Result<(Vec<u8>, Vec<u8>), Failure> {
    let protection = sender.flags.password.protection()?;
    let network = context.connect().await?.chain().await?.network;
    let operator = key::open_account(context, &sender.from, &protection, network)?.account();
    let key = load_consensus(&context.key_file(name)?, &protection, network)?;
    Ok((
        key.public_key().0.to_vec(),
        key.possession_proof(&operator).0.to_vec(),
    ))
}

pub(crate) async fn run(verb: Verb, context: &Context) -> Result<(), Failure> {
    match verb {
        Verb::Run(run) => run.run(context).await,
        Verb::List => show::list(context).await,
        Verb::Show { operator } => show::one(context, &operator).await,
        Verb::Allocations { operator, service } => show::allocations(context, &operator, service).await,
        Verb::Register { moniker, uri, sender } => {
            let message = wire::RegisterOperator { name: moniker, uri };
            sender.send(context, Kind::RegisterOperator(message)).await
        }
        Verb::Describe { moniker, uri, sender } => {
            let message = wire::SetOperatorMetadata { name: moniker, uri };
            sender.send(context, Kind::SetOperatorMetadata(message)).await
        }
        Verb::Allocate {
            vault,
            service,
            share,
            sender,
        } => allocate(context, (&vault, service, share), &sender).await,
        Verb::Deallocate {
            vault,
            service,
            sender,
        } => allocate(context, (&vault, service, 0), &sender).await,
        Verb::Commission {
            service,
            rate,
            sender,
        } => {
            let message = wire::SetCommission {
                service,
                rate_bps: rate,
            };
            sender.send(context, Kind::SetCommission(message)).await
        }
        Verb::Key {
            service,
            key_name,
            sender,
        } => {
            let (key, proof) = possession(context, &key_name, &sender).await?;
            let message = wire::SetServiceKey {
                service,
                kind: wire::KeyKind::Bls.into(),
                key: key.into(),
                proof_of_possession: proof.into(),
            };
            sender.send(context, Kind::SetServiceKey(message)).await
        }
    }
}
