//! The blocks themselves: from several peers at once, given out in order.

use crate::ask::{self, Failure};
use crate::error::SyncError;
use crate::peers::{Lie, Peers};
use crate::syncer::{Ids, Run};
use crate::target::Target;
use light_palisade::{Block, Certificate, Header};
use network::PeerKey;
use primitives::BlockHash;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::task::JoinSet;

/// Blocks ahead of the next one that are asked for.
const WINDOW: usize = 512;

/// A block that is final, body and all.
#[derive(Clone, Debug)]
pub struct Verified {
    /// The block.
    pub block: Arc<Block>,
    /// Its hash.
    pub hash: BlockHash,
    /// A certificate over it: its finalization where this node has one (always for the last block of an epoch), else
    /// what its child was built upon.
    pub certificate: Option<Certificate>,
}

/// The answer of one task.
struct Fetched {
    peer: PeerKey,
    /// Which blocks were asked for, by their place in the list of hashes.
    places: Vec<usize>,
    blocks: Result<Vec<Block>, Failure>,
}

/// A block that came, from whom, and about how many bytes it takes.
struct Arrived {
    block: Block,
    from: PeerKey,
    bytes: usize,
}

/// What is under way between a parent and a target.
struct Fetch<'a> {
    hashes: &'a [BlockHash],
    /// The first that was not given out.
    next: usize,
    /// The first that was never asked for.
    frontier: usize,
    /// Asked for in vain, or not yet.
    wanted: BTreeSet<usize>,
    arrived: BTreeMap<usize, Arrived>,
    bytes: usize,
    tasks: JoinSet<Fetched>,
}

impl<'a> Fetch<'a> {
    fn new(hashes: &'a [BlockHash]) -> Self {
        Self {
            hashes,
            next: 0,
            frontier: 0,
            wanted: BTreeSet::new(),
            arrived: BTreeMap::new(),
            bytes: 0,
            tasks: JoinSet::new(),
        }
    }

    /// The next blocks to ask one peer for: neighbours, at most `count`, one alone while memory is short.
    fn take_wanted(&mut self, count: usize, buffer: usize) -> Vec<usize> {
        let end = self.hashes.len().min(self.next + WINDOW);
        self.wanted.extend(self.frontier..end);
        self.frontier = self.frontier.max(end);
        let full = self.bytes >= buffer;
        let Some(first) = self
            .wanted
            .first()
            .copied()
            .filter(|first| !full || *first == self.next)
        else {
            return Vec::new();
        };
        let count = if full { 1 } else { count };
        let places: Vec<usize> = (first..first + count)
            .take_while(|place| self.wanted.contains(place))
            .collect();
        for place in &places {
            self.wanted.remove(place);
        }
        places
    }

    fn arrive(&mut self, place: usize, block: Block, from: PeerKey) {
        let bytes = size(&block);
        self.bytes += bytes;
        self.arrived.insert(place, Arrived { block, from, bytes });
    }

    fn take_next(&mut self) -> Option<Arrived> {
        let arrived = self.arrived.remove(&self.next)?;
        self.bytes -= arrived.bytes;
        Some(arrived)
    }
}

/// About how many bytes a block takes.
pub(crate) fn size(block: &Block) -> usize {
    let transactions: usize = block.transactions.iter().map(Vec::len).sum();
    let certificates = block.justification.nullifications.len() + block.evidence.len() + 1;
    transactions + block.transactions.len() * 24 + certificates * 512 + 1_024
}

impl<P: Peers, I: Ids> Run<P, I> {
    /// Fetches the blocks with these hashes, the first a child of `parent`, the last the target, and gives them out.
    pub(crate) async fn bodies(
        &mut self,
        parent: &Header,
        hashes: &[BlockHash],
        target: &Target,
    ) -> Result<(), SyncError> {
        let mut fetch = Fetch::new(hashes);
        let mut parent = parent.clone();
        let mut held: Option<Verified> = None;
        while fetch.next < hashes.len() {
            if let Some(arrived) = fetch.take_next() {
                if let Err(lie) = self.check(&arrived.block, &parent) {
                    self.roster.blame(arrived.from, lie);
                    fetch.wanted.insert(fetch.next);
                    continue;
                }
                parent = arrived.block.header.clone();
                let next = Verified {
                    hash: hashes[fetch.next],
                    block: Arc::new(arrived.block),
                    certificate: None,
                };
                if let Some(mut previous) = held.replace(next) {
                    previous.certificate = certificate_in(held.as_ref(), &previous.hash);
                    self.give_out(previous).await?;
                }
                fetch.next += 1;
                continue;
            }
            self.ask_for_more(&mut fetch);
            self.take_answer(&mut fetch, &parent).await?;
        }
        if let Some(mut last) = held {
            last.certificate = Some(target.certificate.clone());
            self.give_out(last).await?;
        }
        Ok(())
    }

    /// Starts as many requests as may be under way.
    fn ask_for_more(&mut self, fetch: &mut Fetch<'_>) {
        while fetch.tasks.len() < self.config.parallel {
            let Some(peer) = self.roster.pick(self.config.per_peer) else {
                return;
            };
            let places = fetch.take_wanted(self.config.blocks_per_request, self.config.buffer_bytes);
            if places.is_empty() {
                return;
            }
            let wanted: Vec<BlockHash> = places.iter().map(|place| fetch.hashes[*place]).collect();
            let (peers, timeout) = (Arc::clone(&self.roster.peers), self.config.body_timeout());
            self.roster.asked(peer);
            fetch.tasks.spawn(async move {
                let blocks = ask::bodies(peers.as_ref(), peer, wanted, timeout).await;
                Fetched { peer, places, blocks }
            });
        }
    }

    /// Waits for one answer, or for somebody to ask.
    async fn take_answer(&mut self, fetch: &mut Fetch<'_>, parent: &Header) -> Result<(), SyncError> {
        let Some(answer) = fetch.tasks.join_next().await else {
            return self.wait_for_peers(parent.height, "bodies").await;
        };
        let Fetched { peer, places, blocks } = match answer {
            Ok(fetched) => fetched,
            Err(error) => {
                tracing::error!(%error, "a task of block sync ended early");
                fetch.frontier = fetch.next;
                return Ok(());
            }
        };
        self.roster.answered(peer);
        let mut places = places.into_iter();
        match blocks {
            Ok(blocks) => {
                self.served(peer);
                for (block, place) in blocks.into_iter().zip(places.by_ref()) {
                    fetch.arrive(place, block, peer);
                }
            }
            Err(failure) => self.failed(peer, failure),
        }
        // What it left out is asked of others.
        fetch.wanted.extend(places);
        Ok(())
    }

    /// Whether a body is the one that its header commits to. The header is known to be the right one.
    fn check(&self, block: &Block, parent: &Header) -> Result<(), Lie> {
        let ids = self.ids.of(block).ok_or(Lie::Body)?;
        block.check_consistency(&ids, &parent.seed).map_err(|_| Lie::Body)
    }

    async fn give_out(&mut self, verified: Verified) -> Result<(), SyncError> {
        self.report(&verified);
        self.blocks.send(verified).await.map_err(|_| SyncError::Stopped)
    }
}

/// The certificate over the parent `hash` that the child carries.
fn certificate_in(child: Option<&Verified>, hash: &BlockHash) -> Option<Certificate> {
    let certificate = child?.block.justification.parent.as_ref()?;
    let about = certificate.statement.block().map(|(_, block)| block);
    (about == Some(*hash)).then(|| certificate.clone())
}
