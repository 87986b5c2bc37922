//! The driver: feeds the core and carries out its effects.

use crate::application::{Application, Committed, Finalized};
use crate::clock::Clock;
use crate::commit;
use crate::error::EngineError;
use crate::execution;
use crate::fetch::Fetches;
use crate::log::{self, LogThread};
use crate::metrics::{Metrics, gauge};
use crate::outgoing::{Barrier, Held, send};
use crate::signing::{Signed, SignerThread};
use crate::timers::Timers;
use consensus::{BlsScheme, Core, Effect, Event, Floor, Input, Message, Peer, Tip};
use light_palisade::{Block, Committee, Vote};
use network::{Handle as Network, PeerKey};
use primitives::{BlockHash, Epoch, Height, View};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

/// What reaches the driver from the engine's other tasks.
#[derive(Debug)]
pub(crate) enum Command {
    /// A peer said something.
    Message { from: Peer, message: Box<Message> },
    /// Somebody wants a body that may not be final yet.
    Body {
        hash: BlockHash,
        answer: oneshot::Sender<Option<Arc<Block>>>,
    },
    /// A fetch ended.
    Fetched {
        block: BlockHash,
        found: Option<Arc<Block>>,
    },
    /// Block sync committed up to this tip.
    Synced(Box<Tip>),
}

/// Where consensus stands, for whoever watches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Height of the last committed block.
    pub finalized: Height,
    /// The epoch.
    pub epoch: Epoch,
    /// The view.
    pub view: View,
    /// Whether peers seem to be ahead and blocks are being fetched.
    pub behind: bool,
}

/// Asks for block sync: from whom it seems that blocks are to be had.
#[derive(Clone, Debug)]
pub struct CatchUp {
    /// Who seems to be ahead.
    pub from: Vec<PeerKey>,
}

/// The driver's ends of everything.
pub(crate) struct Driver<A> {
    pub(crate) core: Core<BlsScheme>,
    pub(crate) application: Arc<A>,
    pub(crate) network: Network,
    pub(crate) committee: Arc<Committee>,
    pub(crate) key: Option<crypto::bls::KeyBytes>,
    pub(crate) log: LogThread,
    pub(crate) log_reports: mpsc::Receiver<log::Report>,
    pub(crate) signer: Option<SignerThread>,
    pub(crate) signed: mpsc::Receiver<Result<Signed, EngineError>>,
    pub(crate) jobs: mpsc::Sender<execution::Job>,
    pub(crate) executed: mpsc::Receiver<Result<Input, EngineError>>,
    pub(crate) groups: mpsc::Sender<Finalized>,
    pub(crate) commits: mpsc::Receiver<commit::Report>,
    pub(crate) commands: mpsc::Receiver<Command>,
    pub(crate) to_self: mpsc::Sender<Command>,
    pub(crate) work: watch::Receiver<bool>,
    pub(crate) status: watch::Sender<Status>,
    pub(crate) catch_up: mpsc::Sender<CatchUp>,
    pub(crate) metrics: Metrics,
    pub(crate) state: Running,
}

/// What the driver keeps between turns.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) clock: Clock,
    pub(crate) timers: Timers,
    pub(crate) barrier: Barrier,
    pub(crate) fetches: Fetches,
    /// The turn whose records were last given to the log.
    pub(crate) turn: u64,
    /// The floor below which the log may forget, once its height is committed.
    pub(crate) floor: Option<Floor>,
    pub(crate) committed: Height,
    pub(crate) entered: std::time::Instant,
}

impl<A: Application> Driver<A> {
    /// Runs until it is told to stop, or must.
    pub(crate) async fn run(mut self, stop: CancellationToken) -> Result<(), EngineError> {
        self.meet(self.committee.clone());
        let effects = self.core.start(self.state.clock.now());
        self.carry_out(effects).await?;
        let work = *self.work.borrow_and_update();
        self.feed(Input::Work { available: work }).await?;
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                report = self.log_reports.recv() => self.durable(alive(report, "consensus log")?).await?,
                signed = self.signed.recv(), if self.signer.is_some() => {
                    let signed = alive(signed, "signer")?;
                    self.take_signed(signed).await?;
                }
                input = self.executed.recv() => {
                    let input = alive(input, "execution")?;
                    self.feed(input).await?;
                }
                report = self.commits.recv() => {
                    let (height, committed) = alive(report, "commit")?;
                    self.committed(height, committed).await?;
                }
                () = self.state.timers.elapsed() => {
                    for key in self.state.timers.take_expired() {
                        self.feed(Input::Timer(key)).await?;
                    }
                }
                changed = self.work.changed() => {
                    let available = changed.is_ok() && *self.work.borrow_and_update();
                    self.feed(Input::Work { available }).await?;
                    if changed.is_err() {
                        return Ok(());
                    }
                }
                command = self.commands.recv() => match command {
                    Some(command) => self.command(command).await?,
                    None => return Ok(()),
                },
            }
        }
    }

    async fn command(&mut self, command: Command) -> Result<(), EngineError> {
        match command {
            Command::Message { from, message } => {
                let message = *message;
                self.metrics.heard(from, &message, &self.committee);
                self.feed(Input::Message { from, message }).await
            }
            Command::Body { hash, answer } => {
                // Whoever asked may have gone.
                drop(answer.send(self.core.block(&hash).cloned()));
                Ok(())
            }
            Command::Fetched { block, found } => {
                self.state.fetches.done(&block);
                match found {
                    Some(body) => self.feed(Input::Fetched(body)).await,
                    None => Ok(()),
                }
            }
            Command::Synced(tip) => {
                // A tip that was looked at before the last epoch began changes nothing.
                if tip.committee.epoch() >= self.committee.epoch() {
                    self.meet(tip.committee.clone());
                    self.choose_key(&tip.committee).await?;
                }
                self.state.committed = self.state.committed.max(tip.header.height);
                self.feed(Input::Synced(tip)).await
            }
        }
    }

    async fn feed(&mut self, input: Input) -> Result<(), EngineError> {
        let now = self.state.clock.now();
        let effects = self.core.step(now, input);
        self.carry_out(effects).await
    }

    /// Carries out the effects of one turn, in order. Records go to the log as one job before anything that must wait
    /// for them.
    async fn carry_out(&mut self, effects: Vec<Effect>) -> Result<(), EngineError> {
        let mut effects = VecDeque::from(effects);
        let mut records = Vec::new();
        while let Some(effect) = effects.pop_front() {
            if let Effect::Record(record) = effect {
                records.push(record);
                continue;
            }
            let waits = matches!(
                effect,
                Effect::Sign(_) | Effect::Send { .. } | Effect::Broadcast(_)
            );
            if waits && !records.is_empty() {
                self.append(std::mem::take(&mut records)).await?;
            }
            self.carry_out_one(effect).await?;
        }
        if !records.is_empty() {
            self.append(records).await?;
        }
        self.show();
        Ok(())
    }

    async fn append(&mut self, records: Vec<consensus::Record>) -> Result<(), EngineError> {
        self.state.turn += 1;
        self.log.append(self.state.turn, records).await
    }

    async fn carry_out_one(&mut self, effect: Effect) -> Result<(), EngineError> {
        match effect {
            Effect::Record(_) => {}
            Effect::Sign(statements) => {
                if let Some(signer) = &self.signer {
                    signer.votes(self.state.turn, statements).await?;
                }
            }
            Effect::Broadcast(message) => self.hold(Held::Send(None, Box::new(message))),
            Effect::Send { to, message } => self.hold(Held::Send(Some(to), Box::new(message))),
            Effect::Build(build) => {
                if let Some(signer) = &self.signer {
                    signer.seed(build).await?;
                }
            }
            Effect::Verify(verify) => self.execute(execution::Job::Verify(verify)).await?,
            Effect::Fetch { block, from } => {
                self.state
                    .fetches
                    .start(block, from, &self.network, &self.to_self);
            }
            Effect::Behind { from, .. } => self.behind(from),
            Effect::Finalized { blocks, certificate } => {
                let group = Finalized { blocks, certificate };
                self.groups
                    .send(group)
                    .await
                    .map_err(|_| EngineError::Thread("commit"))?;
            }
            Effect::SetTimer { key, after } => self.state.timers.set(key, after),
            Effect::CancelTimer(key) => self.state.timers.cancel(key),
            Effect::Evidence(evidence) => {
                let (a, b) = evidence.statements();
                if let Some(offence) = light_palisade::Offence::between(a, b) {
                    self.metrics.found(offence);
                }
                tracing::warn!(?a, ?b, "evidence of misbehaviour");
                self.application.evidence(evidence);
            }
            Effect::Ban { peer, why } => self.ban(peer, why),
            Effect::Prune(floor) => {
                self.state.floor = Some(floor);
                self.prune().await?;
            }
            Effect::Diverged(divergence) => return Err(EngineError::Diverged(divergence)),
            Effect::Event(event) => self.event(&event),
        }
        Ok(())
    }

    fn hold(&mut self, item: Held) {
        if let Some(Held::Send(to, message)) = self.state.barrier.hold(self.state.turn, item) {
            send(&self.network, to, &message);
        }
    }

    async fn execute(&self, job: execution::Job) -> Result<(), EngineError> {
        self.jobs
            .send(job)
            .await
            .map_err(|_| EngineError::Thread("execution"))
    }

    /// The log holds everything up to `turn`.
    async fn durable(&mut self, turn: u64) -> Result<(), EngineError> {
        for item in self.state.barrier.release(turn) {
            match item {
                Held::Send(to, message) => send(&self.network, to, &message),
                Held::Signed(signed) => self.cast(signed).await?,
            }
        }
        Ok(())
    }

    async fn take_signed(&mut self, signed: Signed) -> Result<(), EngineError> {
        let turn = match &signed {
            Signed::Votes { turn, .. } => *turn,
            // A seed signature says nothing that a log must remember.
            Signed::Seed { .. } => 0,
        };
        match self.state.barrier.hold(turn, Held::Signed(signed)) {
            Some(Held::Signed(signed)) => self.cast(signed).await,
            Some(Held::Send(..)) | None => Ok(()),
        }
    }

    /// Votes that are durable in guard and log go back to the core, which sends them.
    async fn cast(&mut self, signed: Signed) -> Result<(), EngineError> {
        match signed {
            Signed::Seed { build, signature } => self.execute(execution::Job::Build(build, signature)).await,
            Signed::Votes { outcomes, .. } => {
                let mut votes = Vec::with_capacity(outcomes.len());
                for (statement, signature) in outcomes {
                    let index = self.signer_index(statement.epoch());
                    match (signature, index) {
                        (Some(signature), Some(signer)) => votes.push(Vote {
                            statement,
                            signer,
                            signature,
                        }),
                        (Some(_) | None, _) => Box::pin(self.feed(Input::SignRefused { statement })).await?,
                    }
                }
                if votes.is_empty() {
                    Ok(())
                } else {
                    Box::pin(self.feed(Input::Signed(votes))).await
                }
            }
        }
    }

    fn signer_index(&self, epoch: Epoch) -> Option<light_palisade::ValidatorIndex> {
        if self.committee.epoch() != epoch {
            return None;
        }
        self.key
            .as_ref()
            .and_then(|key| self.committee.set().index_of(key))
    }

    async fn committed(&mut self, height: Height, committed: Committed) -> Result<(), EngineError> {
        self.state.committed = self.state.committed.max(height);
        self.metrics.height.set(gauge(height.get()));
        self.prune().await?;
        if let Some((committee, draw)) = committed.next_epoch {
            self.meet(committee.clone());
            self.choose_key(&committee).await?;
            self.feed(Input::EpochStarted { committee, draw }).await?;
        }
        self.show();
        Ok(())
    }

    async fn prune(&mut self) -> Result<(), EngineError> {
        let committed = self.state.committed;
        match self.state.floor.take_if(|floor| floor.height <= committed) {
            Some(floor) => self.log.prune(floor).await,
            None => Ok(()),
        }
    }

    /// Votes with the key that the epoch's set has: a validator may have changed its key.
    async fn choose_key(&mut self, committee: &Arc<Committee>) -> Result<(), EngineError> {
        if let Some(signer) = &self.signer {
            let key = signer.choose(committee.clone()).await?;
            self.key = Some(key);
            self.core.use_key(key);
        }
        Ok(())
    }

    /// Links to the validators of a new epoch.
    fn meet(&mut self, committee: Arc<Committee>) {
        let validators = committee
            .set()
            .validators
            .iter()
            .map(|v| PeerKey(v.p2p_key))
            .collect();
        self.network.set_validators(validators);
        self.metrics.met(&committee, self.key.as_ref());
        self.committee = committee;
    }

    fn behind(&mut self, from: Vec<Peer>) {
        let from = from.into_iter().map(|peer| PeerKey(peer.0)).collect();
        // One request waits at a time; the core says so again while it is behind.
        if self.catch_up.try_send(CatchUp { from }).is_ok() {
            self.status.send_modify(|status| status.behind = true);
        }
    }

    fn ban(&self, peer: Peer, why: consensus::Misdeed) {
        tracing::warn!(
            ?peer,
            ?why,
            "a peer broke a rule of consensus and is disconnected"
        );
        let network = self.network.clone();
        tokio::spawn(async move {
            if let Err(error) = network.ban(PeerKey(peer.0), Duration::from_secs(60)).await {
                tracing::debug!(%error, "the peer was gone already");
            }
        });
    }

    fn event(&mut self, event: &Event) {
        self.metrics.event(event);
        match event {
            Event::EnteredView {
                epoch,
                view,
                leader,
                delta,
            } => {
                self.state.entered = std::time::Instant::now();
                tracing::debug!(%epoch, %view, %leader, delta_ms = delta.get(), "entered a view");
            }
            Event::Notarized {
                epoch,
                view,
                height,
                block,
            } => {
                self.metrics
                    .notarization_seconds
                    .observe(self.state.entered.elapsed().as_secs_f64());
                tracing::debug!(%epoch, %view, %height, %block, "notarized");
            }
            Event::TimedOut {
                epoch,
                view,
                leader,
                reason,
            } => {
                tracing::info!(%epoch, %view, %leader, ?reason, "gave a view up");
            }
            Event::Standstill { epoch, view } => {
                tracing::warn!(%epoch, %view, "nothing was finalized for long: are enough validators connected?");
            }
            Event::SignRefused { statement } => {
                tracing::error!(?statement, "a vote was refused by the guard")
            }
            Event::Bisected { statement, bad } => {
                tracing::warn!(?statement, bad, "bad signatures were left out")
            }
            Event::Proposed { .. } | Event::Nullified { .. } | Event::FinalizationSeen { .. } => {
                tracing::debug!(?event, "consensus");
            }
        }
    }

    fn show(&self) {
        let (epoch, view) = self.core.position();
        let finalized = self.state.committed;
        self.status.send_if_modified(|status| {
            let behind = status.behind && finalized == status.finalized;
            let next = Status {
                finalized,
                epoch,
                view,
                behind,
            };
            let changed = *status != next;
            *status = next;
            changed
        });
    }
}

/// What a thread sent; an error when it ended without a word.
fn alive<T>(report: Option<Result<T, EngineError>>, thread: &'static str) -> Result<T, EngineError> {
    report.unwrap_or(Err(EngineError::Thread(thread)))
}
