//! Starting and stopping the engine.

use crate::application::Application;
use crate::clock::Clock;
use crate::config::Config;
use crate::driver::{CatchUp, Command, Driver, Running, Status};
use crate::error::EngineError;
use crate::fetch::Fetches;
use crate::log::LogThread;
use crate::metrics::Metrics;
use crate::outgoing::Barrier;
use crate::router::{Incoming, Rebuilding, Router};
use crate::signing::SignerThread;
use crate::timers::Timers;
use crate::{commit, execution};
use consensus::{BlsScheme, Config as CoreConfig, Core, Record, Tip};
use crypto::bls::KeyBytes;
use network::{Events, Handle as Network};
use primitives::{ChainHash, Epoch};
use signer::Signer;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use wal::{Medium, Wal};

/// Commands that may wait for the driver.
const COMMANDS: usize = 4_096;
/// Batches of transactions that may wait for the mempool.
const TRANSACTIONS: usize = 1_024;

/// What an engine is made of.
pub struct Parts<A> {
    /// Timing and sizes.
    pub config: Config,
    /// The chain.
    pub chain: ChainHash,
    /// State machine and store.
    pub application: Arc<A>,
    /// Where the consensus log lies.
    pub medium: Arc<dyn Medium>,
    /// Who signs, for a validator; a node without follows.
    pub signer: Option<Box<dyn Signer>>,
    /// Casts no vote in epochs before this one.
    pub abstain_before: Epoch,
    /// A development chain: a leader may put the chain clock forward.
    pub clock_may_jump: bool,
    /// The machine's clocks.
    pub clock: Clock,
    /// The running network.
    pub network: Network,
    /// What it delivers.
    pub events: Events,
    /// Whether there is something to include in a block.
    pub work: watch::Receiver<bool>,
    /// Where the engine's metrics count.
    pub metrics: Metrics,
}

/// A running engine.
#[derive(Debug)]
pub struct Engine {
    driver: JoinHandle<Result<(), EngineError>>,
    router: JoinHandle<()>,
    stop: CancellationToken,
}

/// What others do with a running engine.
#[derive(Debug)]
pub struct Handle {
    /// Where consensus stands.
    pub status: watch::Receiver<Status>,
    /// Transactions that peers sent, for the mempool.
    pub transactions: mpsc::Receiver<Incoming>,
    /// Asks for block sync.
    pub catch_up: mpsc::Receiver<CatchUp>,
    synced: Synced,
}

/// Tells the driver that block sync moved the tip.
#[derive(Clone, Debug)]
pub struct Synced(mpsc::Sender<Command>);

impl Synced {
    /// Blocks up to `tip` were verified and committed.
    pub async fn tell(&self, tip: Tip) {
        // A driver that is gone has stopped already, and says why itself.
        drop(self.0.send(Command::Synced(Box::new(tip))).await);
    }
}

impl Handle {
    /// The way to tell the driver of a new tip.
    #[must_use]
    pub fn synced(&self) -> Synced {
        self.synced.clone()
    }
}

impl Engine {
    /// Opens the log, recovers consensus and starts all tasks and threads.
    ///
    /// # Errors
    /// [`EngineError`] when the log, the tip or the configuration does not let it.
    pub fn start<A: Application>(mut parts: Parts<A>) -> Result<(Self, Handle), EngineError> {
        let tip = parts.application.tip().map_err(EngineError::Application)?;
        let (wal, replayed) = Wal::<Record>::open(parts.medium.clone(), &parts.chain, parts.config.wal())?;
        if replayed.torn_bytes > 0 {
            tracing::warn!(
                bytes = replayed.torn_bytes,
                "dropped what a crash left incomplete in the consensus log"
            );
        }
        tracing::info!(height = %tip.header.height, records = replayed.records.len(), "consensus starts");
        let key = match &mut parts.signer {
            Some(signer) => Some(signer.choose(tip.committee.set())?),
            None => None,
        };
        let core = recover(&parts, key, tip.clone(), replayed.records)?;
        let stop = CancellationToken::new();
        let (commands, inbox) = mpsc::channel(COMMANDS);
        let (transactions, incoming) = mpsc::channel(TRANSACTIONS);
        let (status, watching) = watch::channel(Status {
            finalized: tip.header.height,
            ..Status::default()
        });
        let (catch_up, wanted) = mpsc::channel(1);
        let router = Router {
            application: parts.application.clone(),
            commands: commands.clone(),
            transactions,
            metrics: parts.metrics.clone(),
            network: parts.network.clone(),
            rebuilding: Rebuilding::default(),
        };
        let router = tokio::spawn(router.run(parts.events));
        let links = Links {
            commands: inbox,
            to_self: commands.clone(),
            status,
            catch_up,
        };
        let rest = Rest {
            application: parts.application,
            network: parts.network,
            signer: parts.signer,
            work: parts.work,
            metrics: parts.metrics,
            clock: parts.clock,
        };
        let driver = assemble(core, wal, &tip, key, rest, links)?;
        let driver = tokio::spawn(driver.run(stop.clone()));
        let handle = Handle {
            status: watching,
            transactions: incoming,
            catch_up: wanted,
            synced: Synced(commands),
        };
        Ok((Self { driver, router, stop }, handle))
    }

    /// Waits until the engine halts.
    ///
    /// # Errors
    /// Why it did.
    pub async fn halted(&mut self) -> Result<(), EngineError> {
        (&mut self.driver)
            .await
            .unwrap_or(Err(EngineError::Thread("driver")))
    }

    /// Stops voting and waits for the driver. Everything durable stays so.
    ///
    /// # Errors
    /// Why the driver had halted before.
    pub async fn stop(mut self) -> Result<(), EngineError> {
        self.stop.cancel();
        self.router.abort();
        if self.driver.is_finished() {
            Ok(())
        } else {
            self.halted().await
        }
    }
}

fn recover<A: Application>(
    parts: &Parts<A>,
    key: Option<KeyBytes>,
    tip: Tip,
    records: Vec<Record>,
) -> Result<Core<BlsScheme>, EngineError> {
    let config = CoreConfig {
        chain: parts.chain,
        key,
        abstain_before: parts.abstain_before,
        clock_may_jump: parts.clock_may_jump,
        timing: parts.config.timing(),
    };
    Ok(Core::recover(BlsScheme::new(parts.chain), config, tip, records)?)
}

/// Ends of the driver's channels.
struct Links {
    commands: mpsc::Receiver<Command>,
    to_self: mpsc::Sender<Command>,
    status: watch::Sender<Status>,
    catch_up: mpsc::Sender<CatchUp>,
}

/// What is left of the parts.
struct Rest<A> {
    application: Arc<A>,
    network: Network,
    signer: Option<Box<dyn Signer>>,
    work: watch::Receiver<bool>,
    metrics: Metrics,
    clock: Clock,
}

fn assemble<A: Application>(
    core: Core<BlsScheme>,
    wal: Wal<Record>,
    tip: &Tip,
    key: Option<KeyBytes>,
    rest: Rest<A>,
    links: Links,
) -> Result<Driver<A>, EngineError> {
    let (log, log_reports) = LogThread::start(wal, rest.metrics.clone())?;
    let (signer, signed) = match rest.signer {
        Some(signer) => {
            let (thread, signed) = SignerThread::start(signer, rest.metrics.clone())?;
            (Some(thread), signed)
        }
        None => (None, mpsc::channel(1).1),
    };
    let (jobs, executed) = execution::start(rest.application.clone())?;
    let (groups, commits) = commit::start(rest.application.clone(), rest.metrics.clone())?;
    Ok(Driver {
        core,
        application: rest.application,
        network: rest.network,
        committee: tip.committee.clone(),
        key,
        log,
        log_reports,
        signer,
        signed,
        jobs,
        executed,
        groups,
        commits,
        commands: links.commands,
        to_self: links.to_self,
        work: rest.work,
        status: links.status,
        catch_up: links.catch_up,
        metrics: rest.metrics,
        state: Running {
            clock: rest.clock,
            timers: Timers::default(),
            barrier: Barrier::default(),
            fetches: Fetches::default(),
            turn: 0,
            floor: None,
            committed: tip.header.height,
            entered: std::time::Instant::now(),
        },
    })
}
