//! Catching up, from beginning to end.

use crate::ask::Failure;
use crate::bodies::Verified;
use crate::error::SyncError;
use crate::metrics::Metrics;
use crate::peers::Peers;
use crate::progress::{Progress, Reporter};
use crate::roster::Roster;
use crate::wire::HandOver;
use crate::{Config, ConfigError};
use light_palisade::{Block, Committee, Header};
use network::PeerKey;
use primitives::{ChainHash, Height, Millis, Timestamp, TxId};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

/// Blocks behind that are not worth a line in the log: whoever follows the chain is always a few behind.
const FEW: u64 = 16;

/// How often to look for a peer that keeps what all others have pruned.
const PRUNED_RETRIES: u32 = 3;

/// Where this node stands.
#[derive(Clone, Debug)]
pub struct Local {
    /// The header of its latest block, genesis before the first.
    pub header: Header,
    /// Who decides the next block: the set of the header's epoch, or of the next one when the header ends it.
    pub committee: Arc<Committee>,
}

/// How a block's transactions are named. The binary asks the runtime.
pub trait Ids: Send + Sync + 'static {
    /// The ids of the block's transactions, in order; `None` when one of them is no transaction.
    fn of(&self, block: &Block) -> Option<Vec<TxId>>;
}

/// It is done: nobody shows more than a few blocks above.
#[derive(Clone, Debug)]
pub struct CaughtUp {
    /// Where the blocks lead: the last one given out, and who decides the next.
    pub local: Local,
    /// How many blocks were given out.
    pub blocks: u64,
}

/// Catches up with the network, whenever it is asked to.
pub struct Syncer<P, I> {
    chain: ChainHash,
    peers: Arc<P>,
    ids: Arc<I>,
    config: Config,
    metrics: Metrics,
}

/// A run that is under way. Dropping `blocks` ends it.
pub struct Running {
    /// The blocks in order of height, at most [`Config::ahead`] waiting. Take all of them until there are no more,
    /// and only then ask for the outcome.
    pub blocks: mpsc::Receiver<Verified>,
    /// How far it is.
    pub progress: watch::Receiver<Progress>,
    task: JoinHandle<Result<CaughtUp, SyncError>>,
}

impl Running {
    /// How it ended. Blocks that were not taken are dropped.
    ///
    /// # Errors
    /// [`SyncError`]; the blocks that were given out are good all the same.
    pub async fn outcome(self) -> Result<CaughtUp, SyncError> {
        drop(self.blocks);
        self.task.await.unwrap_or(Err(SyncError::Stopped))
    }
}

impl<P: Peers, I: Ids> Syncer<P, I> {
    /// What catches up on `chain`, asking `peers`.
    ///
    /// # Errors
    /// [`ConfigError`] when the configuration cannot work.
    pub fn new(
        chain: ChainHash,
        peers: Arc<P>,
        ids: Arc<I>,
        config: Config,
        metrics: Metrics,
    ) -> Result<Self, ConfigError> {
        config.validate()?;
        Ok(Self {
            chain,
            peers,
            ids,
            config,
            metrics,
        })
    }

    /// Starts to catch up from `local`, at the time `now`. `ahead` are peers that seem to be ahead; others are asked
    /// too. One run at a time.
    #[must_use]
    pub fn run(&self, local: Local, ahead: Vec<PeerKey>, now: Timestamp) -> Running {
        let (sender, blocks) = mpsc::channel(self.config.ahead);
        let reporter = Reporter::new(local.header.height, self.metrics.clone());
        let progress = reporter.watch();
        let run = Run {
            chain: self.chain,
            roster: Roster::new(Arc::clone(&self.peers), ahead, self.metrics.clone()),
            ids: Arc::clone(&self.ids),
            config: self.config.clone(),
            blocks: sender,
            reporter,
            hand_overs: VecDeque::new(),
            attempts: 0,
        };
        Running {
            blocks,
            progress,
            task: tokio::spawn(run.catch_up(local, now)),
        }
    }
}

/// What one run works with.
pub(crate) struct Run<P, I> {
    pub(crate) chain: ChainHash,
    pub(crate) roster: Roster<P>,
    pub(crate) ids: Arc<I>,
    pub(crate) config: Config,
    pub(crate) blocks: mpsc::Sender<Verified>,
    reporter: Reporter,
    /// Ends of epochs that came along and are not checked yet, with who sent them.
    pub(crate) hand_overs: VecDeque<(PeerKey, HandOver)>,
    /// How often in a row nobody could be asked.
    attempts: u32,
}

impl<P: Peers, I: Ids> Run<P, I> {
    async fn catch_up(mut self, mut local: Local, now: Timestamp) -> Result<CaughtUp, SyncError> {
        let start = local.header.height;
        self.check_age(&local.header, now)?;
        while let Some(target) = self.next_target(&local).await? {
            let (from, to) = (local.header.height, target.header.height);
            if to.saturating_sub(from).get() > FEW {
                tracing::info!(%from, %to, epoch = %target.header.epoch, "catching up with a finalized block");
            }
            self.reporter.aim(to);
            self.roster.look_for(from.next().unwrap_or(from));
            let hashes = self.hashes(&local.header, &target.header).await?;
            self.bodies(&local.header, &hashes, &target).await?;
            local.header = target.header;
            if let Some(next) = target.next {
                local.committee = next;
            }
        }
        Ok(CaughtUp {
            blocks: local.header.height.saturating_sub(start).get(),
            local,
        })
    }

    fn check_age(&self, header: &Header, now: Timestamp) -> Result<(), SyncError> {
        let (age, limit) = (
            now.since(header.time),
            Millis::new(self.config.trusting_period_ms),
        );
        if !limit.is_zero() && age > limit {
            return Err(SyncError::TooOld { age, limit });
        }
        Ok(())
    }

    /// Nobody can be asked: waits, and gives everybody who was only silent another chance.
    pub(crate) async fn wait_for_peers(
        &mut self,
        height: Height,
        what: &'static str,
    ) -> Result<(), SyncError> {
        self.attempts += 1;
        if self.attempts > self.config.retries.min(PRUNED_RETRIES)
            && let Some((height, earliest)) = self.roster.all_pruned()
        {
            return Err(SyncError::Pruned { height, earliest });
        }
        if self.attempts > self.config.retries {
            return Err(SyncError::NoPeers {
                height,
                what,
                attempts: self.attempts,
            });
        }
        if self.blocks.is_closed() {
            return Err(SyncError::Stopped);
        }
        tokio::time::sleep(Duration::from_millis(self.config.retry_ms)).await;
        self.roster.forgive();
        Ok(())
    }

    pub(crate) fn failed(&mut self, peer: PeerKey, failure: Failure) {
        match failure {
            Failure::Silent => self.roster.strike(peer),
            Failure::Pruned(earliest) => {
                tracing::info!(%peer, %earliest, "a peer has pruned the blocks that are missing here: others are asked");
                self.roster.keeps_from(peer, earliest);
            }
            Failure::Lie(lie) => self.roster.blame(peer, lie),
        }
    }

    pub(crate) fn served(&mut self, peer: PeerKey) {
        self.roster.served(peer);
        self.attempts = 0;
    }

    pub(crate) fn report(&mut self, verified: &Verified) {
        self.reporter.given_out(verified);
    }
}
