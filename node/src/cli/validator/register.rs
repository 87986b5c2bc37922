//! `palisade validator register`.

use super::keys;
use crate::cli::context::Context;
use crate::cli::tx::{self, SendFlags};
use crate::output::Failure;
use clap::Args;
use client::amount::Written;
use proto::staking::v1::RegisterValidator;
use proto::tx::v1::message::Message as Kind;

/// What a registration needs besides the keys of the home.
#[derive(Debug, Args)]
pub(crate) struct Register {
    /// The name that people see.
    #[arg(long)]
    moniker: String,
    /// The first bond: 10000pal.
    #[arg(long, value_name = "AMOUNT")]
    bond: Written,
    #[command(flatten)]
    flags: SendFlags,
}

impl Register {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let amount = self
            .bond
            .pal()
            .ok_or_else(|| Failure::usage(format!("`{}`: a bond is in pal or npal", self.bond.unit)))??;
        let folder = context.home()?.keys();
        let network = context.connect().await?.chain().await?.network;
        let public = keys::public(context, &self.flags.password, network).await?;
        let message = RegisterValidator {
            moniker: self.moniker,
            consensus_key: public.consensus.0.to_vec().into(),
            proof_of_possession: public.possession.0.to_vec().into(),
            p2p_key: public.p2p.to_vec().into(),
            bond: amount.to_string(),
        };
        let account = folder.join("account.pem").display().to_string();
        tx::send_message(context, &account, Kind::RegisterValidator(message), &self.flags).await
    }
}
