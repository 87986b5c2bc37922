//! `palisade validator`: run a validator: register it, look at it, give it another key, let it out of jail.

mod bond;
mod history;
mod init;
mod keys;
mod power;
mod register;
mod relocate;
mod rotate;
mod status;

pub(crate) use history::export as export_history;

use crate::cli::context::Context;
use crate::cli::restaking::Sender;
use crate::cli::tx::{self, SendFlags};
use crate::output::Failure;
use clap::Subcommand;
use client::amount::Written;
use proto::staking::v1::{Heartbeat, Unjail};
use proto::tx::v1::message::Message as Kind;

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Make the keys that a validator needs, with its signing guard, in a home that follows a chain. Nothing is overwritten.
    Init(init::Init),
    /// Make the home's node a validator: register its keys with a first bond.
    Register(register::Register),
    /// How the validator is, and what its node says of itself.
    Status {
        /// The operator's address [default: the operator of the node in the home].
        operator: Option<String>,
    },
    /// Where validators' power comes from: which vault gave how much, by which price, and what capped it.
    Power(power::Power),
    /// Make another consensus key and register it; the running node votes with it from the next epoch on.
    RotateKey(rotate::Rotate),
    /// Give the keys and what they signed to another home: this one never signs again.
    Move(relocate::Relocate),
    /// What the keys have signed: write it out, take it in.
    #[command(subcommand)]
    History(history::History),
    /// Bond PAL behind a validator, one's own or another's.
    Bond {
        /// Its operator's address or id, or a key's name.
        validator: String,
        /// How much.
        amount: Written,
        #[command(flatten)]
        sender: Sender,
    },
    /// Start to withdraw bonded PAL; it stays liable until it is paid.
    Unbond {
        /// Its operator's address or id, or a key's name.
        validator: String,
        /// How much.
        amount: Written,
        #[command(flatten)]
        sender: Sender,
    },
    /// Pay what the sender's bond behind a validator has earned.
    Claim {
        /// Its operator's address or id, or a key's name.
        validator: String,
        #[command(flatten)]
        sender: Sender,
    },
    /// Say that the sender's validator is there, when it was idle. Nodes do it by themselves.
    Heartbeat {
        #[command(flatten)]
        sender: Sender,
    },
    /// Let the validator out of jail, once its time is over.
    Unjail {
        #[command(flatten)]
        flags: SendFlags,
    },
}

pub(crate) async fn run(verb: Verb, context: &Context) -> Result<(), Failure> {
    match verb {
        Verb::Init(init) => init.run(context),
        Verb::History(history) => history.run(context).await,
        Verb::Register(register) => register.run(context).await,
        Verb::Status { operator } => status::run(context, operator.as_deref()).await,
        Verb::Power(power) => power.run(context).await,
        Verb::RotateKey(rotate) => rotate.run(context).await,
        Verb::Move(relocate) => relocate.run(context),
        Verb::Bond {
            validator,
            amount,
            sender,
        } => bond::run(context, &validator, bond::Done::Bond(amount), &sender).await,
        Verb::Unbond {
            validator,
            amount,
            sender,
        } => bond::run(context, &validator, bond::Done::Unbond(amount), &sender).await,
        Verb::Claim { validator, sender } => bond::run(context, &validator, bond::Done::Claim, &sender).await,
        Verb::Heartbeat { sender } => sender.send(context, Kind::Heartbeat(Heartbeat {})).await,
        Verb::Unjail { flags } => {
            let path = context.home()?.keys().join("account.pem");
            tx::send_message(
                context,
                &path.display().to_string(),
                Kind::Unjail(Unjail {}),
                &flags,
            )
            .await
        }
    }
}
