//! Catching up by block sync: verified blocks are executed and committed, and consensus is told of the new tip.

use super::chain::{Chain, ChainError};
use consensus::{Verdict, Verify};
use engine::{Application, CatchUp, Synced};
use light_palisade::{Block, Header, VoteKind};
use network::Handle as Network;
use primitives::{BlockHash, Epoch, Height, TxId};
use signer::Keys;
use std::sync::Arc;
use std::time::Duration;
use sync::{HandOver, Ids, Local, OverNetwork, Source, Status, Syncer, Verified};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// For how long a peer that lied is not listened to.
const BAN: Duration = Duration::from_secs(600);
/// Blocks committed together.
const TOGETHER: usize = 32;
/// How often a node that is no validator asks for what is new.
const FOLLOW_EVERY: Duration = Duration::from_millis(500);
/// Between two attempts to catch up.
const PAUSE: Duration = Duration::from_millis(200);

/// Runs block sync whenever consensus says that peers are ahead.
pub(crate) struct CatchUpTask {
    pub(crate) chain: Arc<Chain>,
    pub(crate) network: Network,
    pub(crate) synced: Synced,
    pub(crate) config: sync::Config,
    pub(crate) metrics: sync::Metrics,
    /// The consensus keys, of a validator. Consensus tells its members alone what is going on: everybody else asks.
    pub(crate) ring: Option<Arc<dyn Keys>>,
}

impl Ids for Chain {
    fn of(&self, block: &Block) -> Option<Vec<TxId>> {
        let chain = self.id();
        let id = |bytes: &Vec<u8>| runtime::peek_id(&chain, bytes);
        Some(block.transactions.iter().map(id).collect())
    }
}

impl CatchUpTask {
    /// Runs until it is stopped. Fails when the node is broken.
    pub(crate) async fn run(
        self,
        mut wanted: mpsc::Receiver<CatchUp>,
        stop: CancellationToken,
    ) -> Result<(), ChainError> {
        let peers = Arc::new(OverNetwork::new(self.network.clone(), BAN));
        // What is missing comes by itself to a validator only.
        let close_enough_blocks = if self.ring.is_some() {
            self.config.close_enough_blocks
        } else {
            0
        };
        let syncer = Syncer::new(
            self.chain.id(),
            peers,
            self.chain.clone(),
            sync::Config {
                close_enough_blocks,
                ..self.config.clone()
            },
            self.metrics.clone(),
        )
        .map_err(|_| ChainError::Broken("block sync's settings were checked at the start"))?;
        loop {
            let follows = !self.is_member()?;
            let ahead = tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = tokio::time::sleep(FOLLOW_EVERY), if follows => Vec::new(),
                wanted = wanted.recv() => match wanted {
                    Some(wanted) => wanted.from,
                    None => return Ok(()),
                },
            };
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                outcome = self.once(&syncer, ahead) => outcome?,
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Whether this node's key is in the set that decides the next block.
    fn is_member(&self) -> Result<bool, ChainError> {
        let Some(ring) = &self.ring else { return Ok(false) };
        let committee = self.chain.where_we_are()?.committee;
        let has = |key| committee.set().index_of(key).is_some();
        Ok(ring.public_keys().iter().any(has))
    }

    async fn once(
        &self,
        syncer: &Syncer<OverNetwork, Chain>,
        ahead: Vec<network::PeerKey>,
    ) -> Result<(), ChainError> {
        let tip = self.chain.where_we_are()?;
        let local = Local {
            header: tip.header,
            committee: tip.committee,
        };
        let mut running = syncer.run(local, ahead, crate::start::now());
        while let Some(first) = running.blocks.recv().await {
            let mut blocks = vec![first];
            while blocks.len() < TOGETHER
                && let Ok(next) = running.blocks.try_recv()
            {
                blocks.push(next);
            }
            let chain = self.chain.clone();
            let adopted = tokio::task::spawn_blocking(move || chain.adopt(blocks)).await;
            adopted.map_err(|_| ChainError::Broken("adopting a block ended early"))??;
            self.synced.tell(self.chain.where_we_are()?).await;
        }
        if let Err(error) = running.outcome().await {
            tracing::warn!(%error, "catching up ended early, and is tried again when consensus asks for it");
        }
        self.synced.tell(self.chain.where_we_are()?).await;
        Ok(())
    }
}

impl Chain {
    /// Executes and commits final blocks, in order; those that are committed already are passed over.
    fn adopt(&self, blocks: Vec<Verified>) -> Result<(), ChainError> {
        let mut judged = Vec::with_capacity(blocks.len());
        for verified in blocks {
            if verified.block.header.height <= self.forks.lock().height() {
                continue;
            }
            let verify = Verify {
                hash: verified.hash,
                block: verified.block.clone(),
            };
            match self
                .verify(&verify)
                .map_err(|_| ChainError::Broken("a final block cannot be executed"))?
            {
                Verdict::Valid => judged.push((verified.hash, verified.certificate)),
                Verdict::Invalid(why) | Verdict::Corrupt(why) => {
                    let height = verified.block.header.height;
                    tracing::error!(%height, block = %verified.hash, why, "a final block is not valid here");
                    // Consensus may have committed it meanwhile, and moved on.
                    if height > self.forks.lock().height() {
                        return Err(ChainError::Broken("a final block is not valid here"));
                    }
                }
            }
        }
        self.commit_judged(judged)
    }

    /// Answers a peer that catches up.
    pub(super) fn answer_sync(&self, question: &[u8]) -> Option<bytes::Bytes> {
        sync::answer(self, question)
    }
}

impl Source for Chain {
    fn status(&self) -> Option<Status> {
        let store = self.store();
        let tip = store.tip()?;
        // The latest block of a group has its own finalization; look a few down otherwise.
        (0..64u64).find_map(|below| {
            let height = Height::new(tip.header.height.get().checked_sub(below)?);
            let head = store.head(height).ok().flatten()?;
            let certificate = head
                .certificate
                .clone()
                .filter(|c| c.statement.kind() == VoteKind::Finalize)?;
            Some(Status {
                header: head.header.clone(),
                certificate: Some(certificate),
                earliest: store.earliest(),
            })
        })
    }

    fn earliest(&self) -> Height {
        self.store().earliest()
    }

    fn header(&self, height: Height) -> Option<Header> {
        self.store().header(height).ok().flatten()
    }

    fn block(&self, hash: &BlockHash) -> Option<Arc<Block>> {
        self.store().block_by_hash(hash).ok().flatten()
    }

    fn hand_overs(&self, from: Epoch, limit: usize) -> Vec<HandOver> {
        let ends = self.store().hand_overs(from, limit).unwrap_or_default();
        let with_set = |end: store::HandOver| {
            let next = self
                .store()
                .validator_set(end.header.epoch.next().ok()?)
                .ok()
                .flatten()?;
            Some(HandOver {
                header: end.header,
                certificate: end.certificate,
                next,
            })
        };
        ends.into_iter().map_while(with_set).collect()
    }
}
