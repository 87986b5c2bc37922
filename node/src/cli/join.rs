//! `palisade join`: from nothing to a node that can start, believing nobody but the validators.

mod download;
mod home;
mod sources;

use crate::cli::context::Context;
use crate::cli::passwords::PasswordFlags;
use crate::cli::snapshot::{failure, restore_into};
use crate::output::{Exit, Failure, Show, pairs};
use clap::Args;
use primitives::{BlockHash, ChainHash, Digest, Height};
use serde::Serialize;
use sources::{Bundle, Source};

pub(crate) use sources::Chain;
use store::snapshot::{Checkpoint, Folder, Listed};

/// `palisade join`.
#[derive(Debug, Args)]
pub(crate) struct Join {
    /// Nodes of the chain (http://host:26600), or one folder with `genesis.json`, `peers.txt` and `snapshots`.
    #[arg(required = true, value_name = "URL|FOLDER")]
    sources: Vec<String>,
    /// The chain's hash, from someone you trust: the genesis document must have it.
    #[arg(long, value_name = "HASH")]
    chain_hash: Option<ChainHash>,
    /// A recent block from someone you trust, as HEIGHT:HASH. Needed when genesis is older than the trusting period.
    #[arg(long, value_name = "HEIGHT:HASH", value_parser = parse_checkpoint)]
    checkpoint: Option<(Height, BlockHash)>,
    /// Fetch and execute every block instead of starting from a snapshot.
    #[arg(long)]
    no_snapshot: bool,
    /// Make all keys of a validator; otherwise the node only follows the chain.
    #[arg(long)]
    validator: bool,
    /// The name that others see.
    #[arg(long, default_value = "palisade")]
    moniker: String,
    #[command(flatten)]
    password: PasswordFlags,
}

fn parse_checkpoint(text: &str) -> Result<(Height, BlockHash), String> {
    let (height, hash) = text
        .split_once(':')
        .ok_or("write HEIGHT:HASH, the height in decimal and the hash as 64 hex digits")?;
    let height: u64 = height.parse().map_err(|_| format!("{height} is no height"))?;
    let hash: Digest = hash
        .parse()
        .map_err(|_| format!("{hash} is no hash: 64 hex digits"))?;
    Ok((Height::new(height), BlockHash::new(*hash.as_bytes())))
}

/// What was made.
#[derive(Debug, Serialize)]
struct Joined {
    home: String,
    chain_id: String,
    chain_hash: String,
    peers: usize,
    /// The height that the node starts from; 0 is genesis.
    height: u64,
    /// Why it starts there.
    reason: String,
}

impl Show for Joined {
    fn table(&self) -> String {
        pairs(&[
            ("home", self.home.clone()),
            ("chain", format!("{} ({})", self.chain_id, self.chain_hash)),
            ("peers", self.peers.to_string()),
            ("starts at", format!("height {}: {}", self.height, self.reason)),
        ])
    }

    fn id(&self) -> Option<String> {
        Some(self.height.to_string())
    }
}

/// Where a node starts, and why there.
struct Beginning {
    height: u64,
    reason: String,
}

impl Join {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let home = context.home()?;
        let (chain, sources, bundle) = self.open(context).await?;
        let peers = match &bundle {
            Some(bundle) => bundle.peers()?,
            None => sources::peers(&sources).await,
        };
        let settings = home::Settings {
            moniker: &self.moniker,
            peers: &peers,
            validator: self.validator,
            password: &self.password,
        };
        home::prepare(context, &home, &chain, &settings)?;
        let beginning = if self.no_snapshot {
            Beginning {
                height: 0,
                reason: "--no-snapshot was given: every block is fetched and executed".to_owned(),
            }
        } else if let Some(bundle) = &bundle {
            self.restore_from_bundle(context, &chain, bundle).await?
        } else {
            self.restore_from_nodes(context, &chain, &sources).await?
        };
        context.output.show(&Joined {
            home: home.path().display().to_string(),
            chain_id: chain.document.chain.to_string(),
            chain_hash: chain.start.chain_hash.to_string(),
            peers: peers.len(),
            height: beginning.height,
            reason: beginning.reason,
        })?;
        let next = format!("start it with `palisade start --home {}`", home.path().display());
        context.output.note(&next);
        Ok(())
    }

    /// The chain's genesis, as all sources have it.
    async fn open(&self, context: &Context) -> Result<(Chain, Vec<Source>, Option<Bundle>), Failure> {
        if let [only] = self.sources.as_slice()
            && !only.contains("://")
        {
            let bundle = Bundle::open(only)?;
            let chain = Chain::parse(&bundle.genesis()?, only)?;
            chain.check(self.chain_hash, only)?;
            return Ok((chain, Vec::new(), Some(bundle)));
        }
        let (chain, sources) = sources::connect(&self.sources, self.chain_hash).await?;
        if sources.len() == 1 && self.chain_hash.is_none() {
            context.output.note(&format!(
                "the chain's hash {} is what one node says: compare it, or name it with --chain-hash",
                chain.start.chain_hash
            ));
        }
        Ok((chain, sources, None))
    }

    async fn restore_from_bundle(
        &self,
        context: &Context,
        chain: &Chain,
        bundle: &Bundle,
    ) -> Result<Beginning, Failure> {
        let Some(newest) = bundle.snapshots()?.into_iter().next() else {
            return Ok(Beginning {
                height: 0,
                reason: "the folder has no snapshot: every block is fetched and executed".to_owned(),
            });
        };
        let checkpoint = self
            .checkpoint
            .map(|(height, hash)| Checkpoint::Named(height, hash));
        let height = newest.signed.manifest.height().get();
        let reason = format!("the newest snapshot in {}", newest.path.display());
        restore(context, chain, newest, checkpoint).await?;
        Ok(Beginning { height, reason })
    }

    /// The newest snapshot that can be proven and gone on from; the next one, or the next node, when it is a lie.
    async fn restore_from_nodes(
        &self,
        context: &Context,
        chain: &Chain,
        sources: &[Source],
    ) -> Result<Beginning, Failure> {
        let checkpoint = match self.checkpoint {
            Some((height, hash)) => Some(sources::checkpoint(sources, height, hash).await?),
            None => None,
        };
        let folder = Folder::new(context.home()?.snapshots());
        let mut whys = Vec::new();
        for offer in sources::offers(sources, &mut whys).await {
            let name = format!("the snapshot at height {} of {}", offer.height, offer.url);
            context
                .output
                .note(&format!("{name}: {} below the tip", offer.below_tip));
            let listed = match download::fetch(context, sources, &offer, &folder).await {
                Ok(listed) => listed,
                Err(error) if error.other_source_may_do => {
                    whys.push(format!("{name}: {}", error.failure.message));
                    continue;
                }
                Err(error) => return Err(error.failure),
            };
            let path = listed.path.clone();
            match restore(context, chain, listed, checkpoint.clone()).await {
                Ok(()) => {
                    let reason = format!("{name}, {} below the tip", offer.below_tip);
                    return Ok(Beginning {
                        height: offer.height,
                        reason,
                    });
                }
                Err(refused) if refused.exit == Some(Exit::Corrupt) => {
                    whys.push(format!("{name}: {}", refused.message));
                    // A lie is not kept, and not given to others.
                    std::fs::remove_dir_all(path).unwrap_or_default();
                }
                Err(refused) => return Err(refused),
            }
        }
        let whys = whys.join("; ");
        if let Some(earliest) = sources::needs_snapshot(sources) {
            return Err(Failure::new(
                Exit::Unreachable,
                "NO_SNAPSHOT",
                format!(
                    "no snapshot fits ({whys}), and without one this node cannot catch up: the first block that any of \
                     these nodes keeps is {earliest}. Name an archive node, or one with newer snapshots \
                     (storage.snapshot_interval_blocks)"
                ),
            ));
        }
        Ok(Beginning {
            height: 0,
            reason: format!("no snapshot fits ({whys}): every block is fetched and executed"),
        })
    }
}

/// Verifies a snapshot and makes the home's store from it.
async fn restore(
    context: &Context,
    chain: &Chain,
    listed: Listed,
    checkpoint: Option<Checkpoint>,
) -> Result<(), Failure> {
    let home = context.home()?;
    let config = context.settings(&[], false)?.config;
    let (chain, output) = (chain.clone(), context.output);
    let restoring = tokio::task::spawn_blocking(move || {
        restore_into(&home, &config, &chain, &listed, checkpoint, output).map_err(|error| failure(&error))
    });
    restoring
        .await
        .unwrap_or_else(|error| Err(Failure::unexpected(format!("restoring ended early: {error}"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_is_a_height_and_a_hash() {
        let hash = "ab".repeat(32);
        let (height, parsed) = parse_checkpoint(&format!("12:{hash}")).unwrap();
        assert_eq!((height.get(), parsed.to_string()), (12, hash.clone()));
        for wrong in ["12", "x:ab", "12:ab", &format!("-1:{hash}")] {
            assert!(parse_checkpoint(wrong).is_err(), "{wrong}");
        }
    }
}
