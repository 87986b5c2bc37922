//! `palisade validator rotate-key`.

use super::keys;
use crate::cli::context::Context;
use crate::cli::key;
use crate::cli::tx::{self, SendFlags};
use crate::output::Failure;
use clap::Args;
use proto::staking::v1::RotateConsensusKey;
use proto::tx::v1::message::Message as Kind;
use signer::keystore::load_consensus;
use signer::{ConsensusKey, NodeKeys};
use std::path::PathBuf;

/// How the key is changed.
#[derive(Debug, Args)]
pub(crate) struct Rotate {
    /// A key that was written before, when sending the message failed [default: make a new one beside the others].
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    #[command(flatten)]
    flags: SendFlags,
}

impl Rotate {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let folder = context.home()?.keys();
        let protection = self.flags.password.protection()?;
        let client = context.connect().await?;
        let network = client.chain().await?.network;
        let path = folder.join("account.pem").display().to_string();
        let operator = key::open_account(context, &path, &protection, network)?.account();
        if let Some(signer) = keys::remote(context)? {
            if self.key_file.is_some() {
                return Err(Failure::usage(
                    "another process signs for this node (signer.remote): `palisade signer new-key` there makes the key",
                ));
            }
            let (consensus, proof) = keys::newest(&signer, &operator).await?;
            let message = RotateConsensusKey {
                consensus_key: consensus.0.to_vec().into(),
                proof_of_possession: proof.0.to_vec().into(),
            };
            return tx::send_message(context, &path, Kind::RotateConsensusKey(message), &self.flags).await;
        }
        let consensus = match &self.key_file {
            Some(file) => load_consensus(file, &protection, network)?,
            None => {
                let made = ConsensusKey::generate()?;
                // Order: the key is on disk, where the node finds it, before the chain hears of it.
                let file = NodeKeys::add_consensus(&folder, &made, &protection, network)?;
                context.output.note(&format!(
                    "the new key is in {}: back it up, and keep the old one until its epochs are over",
                    file.display()
                ));
                made
            }
        };
        let message = RotateConsensusKey {
            consensus_key: consensus.public_key().0.to_vec().into(),
            proof_of_possession: consensus.possession_proof(&operator).0.to_vec().into(),
        };
        tx::send_message(context, &path, Kind::RotateConsensusKey(message), &self.flags).await
    }
}
