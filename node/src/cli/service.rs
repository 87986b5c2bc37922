//! `palisade service`: services that rent security: register one, serve it, give it work, look at it.

mod feed;
mod feeds;
mod follow;
mod register;
mod show;

use crate::cli::context::Context;
use crate::cli::operator::possession;
use crate::cli::restaking::{Sender, parse_bps};
use crate::cli::tx;
use crate::output::Failure;
use clap::{Args, Subcommand};
use client::amount::Written;
use crypto::hash::sha256;
use proto::operator::v1::{KeyKind, SetServiceKey};
use proto::service::v1 as wire;
use proto::tx::v1::message::Message as Kind;
use std::path::PathBuf;
use testnet::Span;

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// All services.
    List,
    /// One service: what it asks, what it costs, who serves it.
    Show {
        /// Its number.
        service: u32,
    },
    /// What stands behind a service, and how that compares with what corrupting it would yield.
    Security {
        /// Its number.
        service: u32,
    },
    /// Who had which seat in an epoch.
    Seats {
        /// The service's number.
        service: u32,
        /// In which epoch [default: the last that is known].
        #[arg(long)]
        epoch: Option<u64>,
    },
    /// The program that judges a service's answers.
    Program {
        /// The service's number.
        service: u32,
        /// Write it to this file.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Tasks that are not forgotten.
    Tasks {
        /// Only those of this service.
        #[arg(long)]
        service: Option<u32>,
    },
    /// One task.
    Task {
        /// Its number.
        task: u64,
    },
    /// Feeds of prices, with their last price and what comes next.
    Feeds {
        /// Only those of this service.
        #[arg(long)]
        service: Option<u32>,
    },
    /// One feed: its rules, what it does now, its last prices.
    Feed {
        /// Its number.
        feed: u64,
        /// How many prices, the latest first, at most.
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000))]
        limit: u32,
    },
    /// Start, change, fund and end feeds.
    #[command(subcommand)]
    Prices(feed::Verb),
    /// The rounds of a feed that are not forgotten, and what came of them.
    Rounds {
        /// The feed's number.
        feed: u64,
    },
    /// What stake in each asset counts for, by which feed, and under which caps.
    Valuations,
    /// Name what an asset's valuation follows from the end of this epoch on: a feed, a price, or nothing. For the chain's
    /// registrar.
    Follow(follow::Follow),
    /// Register a service, as a draft, with its fault program where it has one. The sender puts down a bond.
    Register(Box<register::Register>),
    /// Open a draft that enough operators have joined.
    Activate {
        /// Its number.
        service: u32,
        #[command(flatten)]
        sender: Sender,
    },
    /// End a service: no new tasks, and nobody joins.
    Unwind {
        /// Its number.
        service: u32,
        #[command(flatten)]
        sender: Sender,
    },
    /// Close a service whose time is over, and give its bond back.
    Close {
        /// Its number.
        service: u32,
        #[command(flatten)]
        sender: Sender,
    },
    /// Make the sender, an operator, a member of a service.
    Join(Keyed),
    /// Give the sender another key for a service, from the next epoch's seats on.
    RotateKey(Keyed),
    /// Leave a service; liability runs out after a delay.
    Leave {
        /// Its number.
        service: u32,
        #[command(flatten)]
        sender: Sender,
    },
    /// Let an operator go: the owner anybody, everybody whoever falls short of the minimums.
    Eject {
        /// The service's number.
        service: u32,
        /// Whom: an address, an id in hex, or a key's name.
        operator: String,
        #[command(flatten)]
        sender: Sender,
    },
    /// Change the cap of a fault class: lower at once, higher after a delay. For the owner.
    Class {
        /// The service's number.
        service: u32,
        /// The class's position.
        class: u32,
        /// The most that is taken, such as 20%.
        #[arg(value_parser = parse_bps)]
        most: u32,
        #[command(flatten)]
        sender: Sender,
    },
    /// Submit what a quorum signed of a task. Anyone may.
    Certify(Certify),
    /// Post a task, and pay for it.
    Post(Post),
    /// Say that the sender does not answer a task, which is no fault.
    Abstain {
        /// The task's number.
        task: u64,
        #[command(flatten)]
        sender: Sender,
    },
}

/// A key for a service.
#[derive(Debug, Args)]
pub(crate) struct Keyed {
    /// The service's number.
    service: u32,
    /// The key that works for it, by name or file: `palisade key new NAME --role consensus` makes one.
    #[arg(long = "key", value_name = "KEY")]
    key_name: String,
    #[command(flatten)]
    sender: Sender,
}

/// A task.
#[derive(Debug, Args)]
pub(crate) struct Post {
    /// The service's number.
    service: u32,
    /// What is to be done: a file whose SHA-256 is posted.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["text", "payload"], required_unless_present_any = ["text", "payload"])]
    file: Option<PathBuf>,
    /// Instead: a text whose SHA-256 is posted.
    #[arg(long, conflicts_with = "payload")]
    text: Option<String>,
    /// Instead: the SHA-256 itself, in hex.
    #[arg(long, value_name = "HEX")]
    payload: Option<String>,
    /// What those who answer are paid for it.
    #[arg(long, default_value = "0pal", value_name = "AMOUNT")]
    pay: Written,
    /// How many are drawn to answer, by stake [default: everybody].
    #[arg(long, default_value_t = 0)]
    drawn: u32,
    /// How long salted answers are committed to [default: answers need no hiding].
    #[arg(long, value_name = "DURATION")]
    commit: Option<Span>,
    /// How long answers are shown after that.
    #[arg(long, default_value = "10s", value_name = "DURATION")]
    respond: Span,
    /// How long answers may be disputed after that.
    #[arg(long, default_value = "5s", value_name = "DURATION")]
    challenge: Span,
    #[command(flatten)]
    sender: Sender,
}

/// What a quorum signed.
#[derive(Debug, Args)]
pub(crate) struct Certify {
    /// The task's number.
    task: u64,
    /// The SHA-256 of the answer, in hex.
    #[arg(long, value_name = "HEX")]
    answer: String,
    /// Seats, such as 0+2+3, and the sum of their signatures in hex. May be given several times.
    #[arg(long = "part", value_name = "SEATS:SIGNATURE", required = true, value_parser = parse_part)]
    parts: Vec<wire::CertificatePart>,
    #[command(flatten)]
    sender: Sender,
}

/// Seats and the sum of their signatures.
fn parse_part(text: &str) -> Result<wire::CertificatePart, String> {
    let wrong = || format!("`{text}`: write SEATS:SIGNATURE, like 0+2:8f…, seats up to 127");
    let (seats, signature) = text.split_once(':').ok_or_else(wrong)?;
    let mut signers = 0u128;
    for seat in seats.split('+') {
        let seat: u32 = seat.parse().map_err(|_| wrong())?;
        signers |= 1u128.checked_shl(seat).ok_or_else(wrong)?;
    }
    Ok(wire::CertificatePart {
        signers: signers.to_be_bytes().to_vec().into(),
        signature: hex::decode(signature).map_err(|_| wrong())?.into(),
    })
}

impl Certify {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let answer = hex::decode(&self.answer)
            .map_err(|_| Failure::usage(format!("--answer {}: write 32 bytes in hex", self.answer)))?;
        let message = wire::SubmitCertificate {
            task_id: self.task,
            answer: answer.into(),
            parts: self.parts,
        };
        self.sender.send(context, Kind::SubmitCertificate(message)).await
    }
}

impl Post {
    fn hash(&self) -> Result<[u8; 32], Failure> {
        if let Some(file) = &self.file {
            let bytes = std::fs::read(file)
                .map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?;
            return Ok(sha256(&[&bytes]));
        }
        if let Some(text) = &self.text {
            return Ok(sha256(&[text.as_bytes()]));
        }
        let payload = self.payload.clone().unwrap_or_default();
        let mut bytes = [0; 32];
        hex::decode_to_slice(&payload, &mut bytes)
            .map_err(|_| Failure::usage(format!("--payload {payload}: write 32 bytes in hex")))?;
        Ok(bytes)
    }

    async fn run(self, context: &Context) -> Result<(), Failure> {
        let payload = self.hash()?;
        let client = context.connect().await?;
        let fee = tx::coin(&client, &self.pay).await?;
        let message = wire::PostTask {
            service_id: self.service,
            payload: payload.to_vec().into(),
            fee_asset_id: fee.asset.get(),
            fee: fee.amount.to_string(),
            drawn: self.drawn,
            commit_ms: self.commit.map_or(0, Span::millis),
            respond_ms: self.respond.millis(),
            challenge_ms: self.challenge.millis(),
        };
        self.sender.send(context, Kind::PostTask(message)).await
    }
}

async fn keyed(context: &Context, keyed: Keyed, joins: bool) -> Result<(), Failure> {
    let (key, proof) = possession(context, &keyed.key_name, &keyed.sender).await?;
    let service_id = keyed.service;
    let (key, proof_of_possession) = (key.into(), proof.into());
    let kind = if joins {
        Kind::JoinService(wire::JoinService {
            service_id,
            key,
            proof_of_possession,
        })
    } else {
        Kind::SetServiceKey(SetServiceKey {
            service: service_id,
            kind: KeyKind::Bls.into(),
            key,
            proof_of_possession,
        })
    };
    keyed.sender.send(context, kind).await
}

async fn eject(context: &Context, service_id: u32, operator: &str, sender: &Sender) -> Result<(), Failure> {
    let network = context.connect().await?.chain().await?.network;
    let operator = context.account(operator, Some(network))?;
    let message = wire::EjectOperator {
        service_id,
        operator: operator.as_bytes().to_vec().into(),
    };
    sender.send(context, Kind::EjectOperator(message)).await
}

pub(crate) async fn run(verb: Verb, context: &Context) -> Result<(), Failure> {
    match verb {
        Verb::List => show::list(context).await,
        Verb::Show { service } => show::one(context, service).await,
        Verb::Security { service } => show::security(context, service).await,
        Verb::Seats { service, epoch } => show::seats(context, service, epoch).await,
        Verb::Program { service, out } => show::program(context, service, out.as_deref()).await,
        Verb::Tasks { service } => show::tasks(context, service).await,
        Verb::Task { task } => show::task(context, task).await,
        Verb::Feeds { service } => feeds::list(context, service).await,
        Verb::Feed { feed, limit } => feeds::one(context, feed, limit).await,
        Verb::Prices(verb) => feed::run(verb, context).await,
        Verb::Rounds { feed } => feeds::rounds(context, feed).await,
        Verb::Valuations => feeds::valuations(context).await,
        Verb::Follow(follow) => follow.run(context).await,
        Verb::Register(register) => register.run(context).await,
        Verb::Activate { service, sender } => {
            let message = wire::ActivateService { service_id: service };
            sender.send(context, Kind::ActivateService(message)).await
        }
        Verb::Unwind { service, sender } => {
            let message = wire::UnwindService { service_id: service };
            sender.send(context, Kind::UnwindService(message)).await
        }
        Verb::Close { service, sender } => {
            let message = wire::CloseService { service_id: service };
            sender.send(context, Kind::CloseService(message)).await
        }
        Verb::Join(key) => keyed(context, key, true).await,
        Verb::RotateKey(key) => keyed(context, key, false).await,
        Verb::Leave { service, sender } => {
            let message = wire::LeaveService { service_id: service };
            sender.send(context, Kind::LeaveService(message)).await
        }
        Verb::Eject {
            service,
            operator,
            sender,
        } => eject(context, service, &operator, &sender).await,
        Verb::Class {
            service,
            class,
            most,
            sender,
        } => {
            let message = wire::ChangeFaultClass {
                service_id: service,
                class,
                most_bps: most,
            };
            sender.send(context, Kind::ChangeFaultClass(message)).await
        }
        Verb::Certify(certify) => certify.run(context).await,
        Verb::Post(post) => post.run(context).await,
        Verb::Abstain { task, sender } => {
            let message = wire::AbstainFromTask { task_id: task };
            sender.send(context, Kind::AbstainFromTask(message)).await
        }
    }
}
