//! PAL bonded behind validators.

use crate::cli::context::Context;
use crate::cli::restaking::Sender;
use crate::output::Failure;
use client::amount::Written;
use proto::staking::v1 as wire;
use proto::tx::v1::message::Message as Kind;

/// What is done with a bond.
pub(super) enum Done {
    /// More is bonded.
    Bond(Written),
    /// Some of it is on its way out.
    Unbond(Written),
    /// What it has earned is paid.
    Claim,
}

fn npal(written: &Written) -> Result<String, Failure> {
    let amount = written
        .pal()
        .ok_or_else(|| Failure::usage(format!("`{}`: a bond is in pal or npal", written.unit)))??;
    Ok(amount.to_string())
}

/// Sends it; `text` names the validator's operator.
pub(super) async fn run(context: &Context, text: &str, done: Done, sender: &Sender) -> Result<(), Failure> {
    let network = context.connect().await?.chain().await?.network;
    let operator = context.account(text, Some(network))?;
    let validator = bytes::Bytes::copy_from_slice(operator.as_bytes());
    let kind = match done {
        Done::Bond(written) => Kind::Bond(wire::Bond {
            validator,
            amount: npal(&written)?,
        }),
        Done::Unbond(written) => Kind::Unbond(wire::Unbond {
            validator,
            amount: npal(&written)?,
        }),
        Done::Claim => Kind::ClaimRewards(wire::ClaimRewards { validator }),
    };
    sender.send(context, kind).await
}
