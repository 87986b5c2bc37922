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
use std::time::Duration;

/// Between two looks at the epoch.
const LOOK: Duration = Duration::from_millis(500);

/// How the key is changed.
#[derive(Debug, Args)]
pub(crate) struct Rotate {
    /// A key that was written before, when sending the message failed [default: make a new one beside the others].
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// The epoch from which on the new key votes: the chain hears of it in the epoch before, until which this command waits
    /// [default: the next].
    #[arg(long, value_name = "EPOCH")]
    at_epoch: Option<u64>,
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
        if let Some(wanted) = self.at_epoch {
            let epoch = client.sync_status().await?.epoch;
            if wanted <= epoch {
                return Err(Failure::usage(format!(
                    "--at-epoch {wanted}: epoch {epoch} has begun, and its set is chosen; the next is {}",
                    epoch.saturating_add(1)
                )));
            }
        }
        let operator = key::open_account(context, &path, &protection, network)?.account();
        if let Some(signer) = keys::remote(context)? {
            if self.key_file.is_some() {
                return Err(Failure::usage(
                    "another process signs for this node (signer.remote): `palisade signer new-key` there makes the key",
                ));
            }
            let (consensus, proof) = keys::newest(&signer, &operator).await?;
            self.wait_for_turn(context, &client).await?;
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
        self.wait_for_turn(context, &client).await?;
        let message = RotateConsensusKey {
            consensus_key: consensus.public_key().0.to_vec().into(),
            proof_of_possession: consensus.possession_proof(&operator).0.to_vec().into(),
        };
        tx::send_message(context, &path, Kind::RotateConsensusKey(message), &self.flags).await
    }
    /// Until the epoch before the one that the key is for: a key that is registered earlier votes earlier.
    async fn wait_for_turn(&self, context: &Context, client: &client::Client) -> Result<(), Failure> {
        let Some(wanted) = self.at_epoch else {
            return Ok(());
        };
        let before = wanted.saturating_sub(1);
        let mut told = false;
        loop {
            let epoch = client.sync_status().await?.epoch;
            if epoch >= before {
                return Ok(());
            }
            if !told {
                told = true;
                context.output.note(&format!(
                    "waiting for epoch {before}, it is {epoch}; when this is interrupted, go on with --key-file"
                ));
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}
