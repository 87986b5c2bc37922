//! Where a joining node gets the chain from: nodes that agree about it, or a folder.

use crate::output::{Exit, Failure};
use client::convert;
use client::{Client, Timeouts};
use genesis::{Document, Start};
use primitives::{BlockHash, ChainHash, Height};
use proto::ledger::v1::GetFinalityCertificateRequest;
use proto::node::v1::{
    Direction, GetGenesisRequest, GetNodeInfoRequest, GetSyncStatusRequest, GetSyncStatusResponse,
    ListPeersRequest,
};
use proto::snapshot::v1::ListSnapshotsRequest;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::snapshot::{Checkpoint, Folder, Listed};

/// Bytes of a genesis document that a stranger may send.
const MAX_GENESIS: usize = 16 << 20;
/// Peers that are taken over.
const MAX_PEERS: usize = 32;

/// A chain by its genesis.
#[derive(Clone)]
pub(crate) struct Chain {
    pub(crate) document: Document,
    pub(crate) start: Arc<Start>,
}

impl Chain {
    /// The chain of a genesis document that came from `from`.
    pub(crate) fn parse(text: &[u8], from: &str) -> Result<Self, Failure> {
        let invalid = |error: String| {
            Failure::new(
                Exit::Config,
                "GENESIS_INVALID",
                format!("the genesis document of {from}: {error}"),
            )
        };
        if text.len() > MAX_GENESIS {
            return Err(invalid(format!("it has more than {MAX_GENESIS} bytes")));
        }
        let document = Document::from_json(text).map_err(|error| invalid(error.to_string()))?;
        let start = document.start().map_err(|error| invalid(error.to_string()))?;
        Ok(Self {
            document,
            start: Arc::new(start),
        })
    }

    pub(super) fn check(&self, expected: Option<ChainHash>, from: &str) -> Result<(), Failure> {
        let found = self.start.chain_hash;
        match expected {
            Some(expected) if expected != found => Err(Failure::new(
                Exit::Config,
                "CHAIN_MISMATCH",
                format!("{from} is of the chain {found}, not of {expected}"),
            )),
            Some(_) | None => Ok(()),
        }
    }
}

/// A node of the chain.
pub(super) struct Source {
    pub(super) url: String,
    pub(super) client: Client,
    pub(super) status: GetSyncStatusResponse,
}

/// Connects to all nodes that answer, and gives the genesis that they agree about.
pub(super) async fn connect(
    urls: &[String],
    expected: Option<ChainHash>,
) -> Result<(Chain, Vec<Source>), Failure> {
    let mut chain: Option<(Chain, String)> = None;
    let (mut sources, mut unreachable) = (Vec::new(), Vec::new());
    for url in urls {
        let client = match Client::connect(url, Timeouts::default()).await {
            Ok(client) => client,
            Err(error @ client::Error::Url { .. }) => return Err(error.into()),
            Err(error) => {
                unreachable.push(error.to_string());
                continue;
            }
        };
        let (mut node, mut asked) = (client.node(), client.node());
        let answer = client.unary(node.get_genesis(GetGenesisRequest {})).await?;
        let status = client
            .unary(asked.get_sync_status(GetSyncStatusRequest {}))
            .await?;
        // The hash is computed from the document: what the node says of it does not matter.
        let found = Chain::parse(&answer.document, url)?;
        found.check(expected, url)?;
        if let Some((first, from)) = &chain {
            found.check(Some(first.start.chain_hash), url).map_err(|_| {
                let text = format!(
                    "{url} is of another chain ({}) than {from} ({}): name the right one's hash with --chain-hash",
                    found.start.chain_hash, first.start.chain_hash
                );
                Failure::new(Exit::Config, "CHAIN_MISMATCH", text)
            })?;
        } else {
            chain = Some((found, url.clone()));
        }
        sources.push(Source {
            url: url.clone(),
            client,
            status,
        });
    }
    let Some((chain, from)) = chain else {
        return Err(Failure::new(
            Exit::Unreachable,
            "NODE_UNREACHABLE",
            unreachable.join("; "),
        ));
    };
    if sources.len() < 2 && expected.is_none() && !chain.document.dev_mode {
        return Err(Failure::usage(format!(
            "only {from} says that this is the chain ({}): name a second node, or the hash with --chain-hash",
            chain.start.chain_hash
        )));
    }
    Ok((chain, sources))
}

/// How these nodes and those that they dialed can be reached.
pub(super) async fn peers(sources: &[Source]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for source in sources {
        let (mut node, mut asked) = (source.client.node(), source.client.node());
        if let Ok(info) = source
            .client
            .unary(node.get_node_info(GetNodeInfoRequest {}))
            .await
        {
            found.extend(info.listen_addresses);
        }
        let request = ListPeersRequest::default();
        if let Ok(page) = source.client.unary(asked.list_peers(request)).await {
            // Where an incoming connection comes from is not where its node listens.
            let dialed = page
                .peers
                .into_iter()
                .filter(|peer| peer.direction == i32::from(Direction::Outbound));
            found.extend(dialed.map(|peer| {
                if peer.address.contains("/p2p/") {
                    peer.address
                } else {
                    format!("{}/p2p/{}", peer.address, peer.peer_id)
                }
            }));
        }
    }
    let mut peers = Vec::new();
    for address in found {
        let plausible = address.starts_with('/') && address.len() <= 256 && address.contains("/tcp/");
        if plausible && !peers.contains(&address) {
            peers.push(address);
        }
    }
    peers.truncate(MAX_PEERS);
    peers
}

/// The header at a checkpoint, from whoever has the block that was named.
pub(super) async fn checkpoint(
    sources: &[Source],
    height: Height,
    hash: BlockHash,
) -> Result<Checkpoint, Failure> {
    let mut whys = Vec::new();
    for source in sources {
        let mut ledger = source.client.ledger();
        let request = GetFinalityCertificateRequest { height: height.get() };
        let answer = match source
            .client
            .unary(ledger.get_finality_certificate(request))
            .await
        {
            Ok(answer) => answer,
            Err(error) => {
                whys.push(format!("{}: {error}", source.url));
                continue;
            }
        };
        let header = answer.finality.and_then(|finality| finality.header);
        match header.as_ref().map(convert::header) {
            Some(Ok(header)) if header.hash() == hash && header.height == height => {
                return Ok(Checkpoint::Known(Box::new(header)));
            }
            Some(Ok(header)) => whys.push(format!("{} has block {} there", source.url, header.hash())),
            Some(Err(error)) => whys.push(format!("{}: {error}", source.url)),
            None => whys.push(format!("{} shows no header", source.url)),
        }
    }
    Err(Failure::new(
        Exit::Config,
        "CHECKPOINT",
        format!(
            "no node shows block {hash} at height {height}: {}",
            whys.join("; ")
        ),
    ))
}

/// A snapshot that a node offers.
#[derive(Clone, Debug)]
pub(super) struct Offer {
    pub(super) height: u64,
    pub(super) url: String,
    /// Blocks between it and the highest tip of all nodes.
    pub(super) below_tip: u64,
}

/// The offers that a node could go on from, the newest first. Why others do not fit is added to `whys`.
pub(super) async fn offers(sources: &[Source], whys: &mut Vec<String>) -> Vec<Offer> {
    let tip = sources
        .iter()
        .map(|source| source.status.height)
        .max()
        .unwrap_or(0);
    let earliest = needs_snapshot(sources).unwrap_or(0);
    let mut offers = Vec::new();
    for source in sources {
        let mut snapshots = source.client.snapshots();
        let answer = source
            .client
            .unary(snapshots.list_snapshots(ListSnapshotsRequest {}))
            .await;
        let listed = match answer {
            Ok(answer) => answer.snapshots,
            Err(error) => {
                whys.push(format!("{}: {error}", source.url));
                continue;
            }
        };
        if listed.is_empty() {
            whys.push(format!("{} has none", source.url));
        }
        for snapshot in listed {
            let height = snapshot.height;
            if height > tip {
                whys.push(format!(
                    "{} offers one at height {height}, above every tip",
                    source.url
                ));
            } else if height.saturating_add(1) < earliest {
                whys.push(format!(
                    "the one of {} at height {height} is too old: the blocks up to {earliest} are pruned everywhere",
                    source.url
                ));
            } else {
                offers.push(Offer {
                    height,
                    url: source.url.clone(),
                    below_tip: tip - height,
                });
            }
        }
    }
    offers.sort_by_key(|offer| core::cmp::Reverse(offer.height));
    offers
}

/// The first block that any of the nodes keeps, when that is not the chain's first.
pub(super) fn needs_snapshot(sources: &[Source]) -> Option<u64> {
    let earliest = sources
        .iter()
        .map(|source| source.status.earliest_block_height)
        .min()?;
    (earliest > 1).then_some(earliest)
}

/// A folder with a chain: `genesis.json`, and where there are, `peers.txt` and `snapshots`.
pub(super) struct Bundle(PathBuf);

impl Bundle {
    pub(super) fn open(path: &str) -> Result<Self, Failure> {
        let folder = PathBuf::from(path);
        if folder.join("genesis.json").is_file() {
            return Ok(Self(folder));
        }
        Err(Failure::usage(format!(
            "{path} is neither a node's address (http://host:port) nor a folder with genesis.json"
        )))
    }

    pub(super) fn genesis(&self) -> Result<Vec<u8>, Failure> {
        read(&self.0.join("genesis.json"))
    }

    /// The peers, one a line; `#` starts a comment.
    pub(super) fn peers(&self) -> Result<Vec<String>, Failure> {
        let path = self.0.join("peers.txt");
        if !path.exists() {
            return Ok(Vec::new());
        }
        let text = String::from_utf8_lossy(&read(&path)?).into_owned();
        let lines = text
            .lines()
            .map(|line| line.split('#').next().unwrap_or_default().trim());
        Ok(lines.filter(|line| !line.is_empty()).map(str::to_owned).collect())
    }

    pub(super) fn snapshots(&self) -> Result<Vec<Listed>, Failure> {
        Folder::new(self.0.join("snapshots"))
            .list()
            .map_err(|error| crate::cli::snapshot::failure(&error))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| {
        let text = format!("cannot read {}: {error}", path.display());
        Failure::new(Exit::Config, "UNREADABLE", text)
    })
}
