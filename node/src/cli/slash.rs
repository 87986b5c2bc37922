//! `palisade slash`: what was taken, what is asked for, and showing faults.

mod show;

use crate::cli::context::Context;
use crate::cli::restaking::{Sender, parse_bps};
use crate::output::Failure;
use clap::{Args, Subcommand};
use crypto::hash::sha256;
use proto::slash::v1 as wire;
use proto::tx::v1::message::Message as Kind;
use testnet::Span;

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// What was taken, the newest first.
    List {
        /// Only from this operator: an address, an id in hex, or a key's name.
        #[arg(long)]
        operator: Option<String>,
        /// Only from this vault.
        #[arg(long)]
        vault: Option<String>,
        /// Only for this service; 0 is the chain itself.
        #[arg(long)]
        service: Option<u32>,
        /// How many at most.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Slashes that were asked for: what may be vetoed, until when, and by whom.
    Pending {
        /// Also those that have ended.
        #[arg(long)]
        all: bool,
    },
    /// One slash that was asked for.
    Show {
        /// Its number.
        slash: u64,
    },
    /// Who is convicted of what in an epoch.
    Evidence {
        /// Of which service; 0 is the chain itself.
        service: u32,
        /// In which epoch [default: the present one].
        #[arg(long)]
        epoch: Option<u64>,
    },
    /// What a service could take of a vault.
    At {
        /// Which vault.
        vault: String,
        /// Which service; 0 is the chain itself.
        service: u32,
        /// For an offence so long ago [default: now].
        #[arg(long, value_name = "DURATION")]
        ago: Option<Span>,
    },
    /// Why a validator is kept out of the set, and what to do about it.
    Why {
        /// Its operator's address or id, or a key's name.
        validator: String,
    },
    /// Show a fault: what it costs is taken at once. Anyone may.
    Prove(Prove),
    /// Ask for a slash that no proof shows. Only the service's slasher may; it puts down a bond.
    Request(Ask),
    /// Stop a slash that was asked for and is not due yet. Only a vetoer of the service may, and the chain's governance.
    Veto {
        /// Its number.
        slash: u64,
        #[command(flatten)]
        sender: Sender,
    },
}

/// A fault and what shows it.
#[derive(Debug, Args)]
pub(crate) struct Prove {
    /// The service's number.
    service: u32,
    /// The accused: an address, an id in hex, or a key's name.
    operator: String,
    /// The task.
    #[arg(long)]
    task: u64,
    /// The slot of it.
    #[arg(long, default_value_t = 0)]
    slot: u64,
    /// An answer that the accused signed, whole, and its signature: HEX:HEX. One to four, for the service's program.
    #[arg(long = "answer", value_name = "ANSWER:SIGNATURE", conflicts_with = "two")]
    answers: Vec<String>,
    /// Two answers that the accused signed for the same slot, by their hashes: HEX:HEX, given twice.
    #[arg(
        long = "two",
        value_name = "HASH:SIGNATURE",
        required_unless_present = "answers",
        num_args = 1
    )]
    two: Vec<String>,
    /// What the program needs besides, in hex.
    #[arg(long, default_value = "", value_name = "HEX")]
    extra: String,
    #[command(flatten)]
    sender: Sender,
}

/// What is asked for.
#[derive(Debug, Args)]
pub(crate) struct Ask {
    /// The service's number.
    service: u32,
    /// The accused: an address, an id in hex, or a key's name.
    operator: String,
    /// A class of the service that a word shows.
    #[arg(long)]
    class: u32,
    /// An epoch in which the accused had a seat.
    #[arg(long)]
    epoch: u64,
    /// What is to be taken of what was slashable, such as 5%.
    #[arg(long, value_parser = parse_bps)]
    fraction: u32,
    /// Why, in words: its hash goes on the chain.
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    sender: Sender,
}

/// Two hex texts with a colon between them.
fn signed(text: &str) -> Result<(Vec<u8>, Vec<u8>), Failure> {
    let wrong = || {
        Failure::usage(format!(
            "`{text}`: write the answer and its signature in hex, HEX:HEX"
        ))
    };
    let (answer, signature) = text.split_once(':').ok_or_else(wrong)?;
    let decode = |text: &str| hex::decode(text).map_err(|_| wrong());
    Ok((decode(answer)?, decode(signature)?))
}

impl Prove {
    fn message(&self, operator: &[u8]) -> Result<wire::ProveFault, Failure> {
        let mut message = wire::ProveFault {
            service_id: self.service,
            operator: operator.to_vec().into(),
            task_id: self.task,
            slot: self.slot,
            ..wire::ProveFault::default()
        };
        if self.answers.is_empty() {
            let [first, second] = self.two.as_slice() else {
                return Err(Failure::usage(
                    "--two is given twice: one for each of the two answers",
                ));
            };
            let ((first_answer, first_signature), (second_answer, second_signature)) =
                (signed(first)?, signed(second)?);
            message.equivocation = Some(wire::Equivocation {
                first_answer: first_answer.into(),
                first_signature: first_signature.into(),
                second_answer: second_answer.into(),
                second_signature: second_signature.into(),
            });
            return Ok(message);
        }
        for text in &self.answers {
            let (answer, signature) = signed(text)?;
            message.answers.push(wire::SignedAnswer {
                answer: answer.into(),
                signature: signature.into(),
            });
        }
        let extra = hex::decode(&self.extra)
            .map_err(|_| Failure::usage(format!("--extra {}: write it in hex", self.extra)))?;
        message.extra = extra.into();
        Ok(message)
    }

    async fn run(self, context: &Context) -> Result<(), Failure> {
        let network = context.connect().await?.chain().await?.network;
        let operator = context.account(&self.operator, Some(network))?;
        let message = self.message(operator.as_bytes())?;
        self.sender.send(context, Kind::ProveFault(message)).await
    }
}

impl Ask {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let network = context.connect().await?.chain().await?.network;
        let operator = context.account(&self.operator, Some(network))?;
        let message = wire::RequestSlash {
            service_id: self.service,
            operator: operator.as_bytes().to_vec().into(),
            class: self.class,
            epoch: self.epoch,
            fraction_bps: self.fraction,
            reason: sha256(&[self.reason.as_bytes()]).to_vec().into(),
        };
        self.sender.send(context, Kind::RequestSlash(message)).await
    }
}

pub(crate) async fn run(verb: Verb, context: &Context) -> Result<(), Failure> {
    match verb {
        Verb::List {
            operator,
            vault,
            service,
            limit,
        } => show::list(context, (operator.as_deref(), vault.as_deref(), service), limit).await,
        Verb::Pending { all } => show::pending(context, all).await,
        Verb::Show { slash } => show::one(context, slash).await,
        Verb::Evidence { service, epoch } => show::evidence(context, service, epoch).await,
        Verb::At { vault, service, ago } => show::at(context, &vault, service, ago).await,
        Verb::Why { validator } => show::why(context, &validator).await,
        Verb::Prove(prove) => prove.run(context).await,
        Verb::Request(ask) => ask.run(context).await,
        Verb::Veto { slash, sender } => {
            let message = wire::VetoSlash { request_id: slash };
            sender.send(context, Kind::VetoSlash(message)).await
        }
    }
}
