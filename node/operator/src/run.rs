//! The operator at work: what is asked of it, what it knows, what it sends.

use crate::answer::{decide_answer, decide_value, is_answered, quoted, round_job, task_job};
use crate::command;
use crate::follow::{self, News, Opened, Posted};
use crate::job::{AGAIN_AFTER, Job, Stage, Turn};
use crate::metrics::{Metrics, Of};
use crate::send::{Sender, Sent};
use crate::source::Source;
use client::Client;
use crypto::account::{AccountError, AccountKeys};
use primitives::{ChainClock, ServiceId};
use signer::{ConsensusKey, Ed25519Key, MAX_ANSWER, ServiceGuard, ServiceGuardError, ServiceSigner};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// How many blocks back a start looks for rounds and tasks that are still open.
const LOOK_BACK: u64 = 600;
/// How many rounds and tasks are on their way at once; more are left alone.
const MAX_OPEN: usize = 1_024;
/// How long a command may work on a task.
const PATIENCE: Duration = Duration::from_secs(60);
/// News that wait to be read.
const QUEUE: usize = 1_024;

/// What the operator serves, and with what.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Where the value of a feed comes from; feeds without a source are left alone.
    pub sources: BTreeMap<u64, Source>,
    /// The command that answers a service's tasks, run by `sh` with `PALISADE_SERVICE`, `PALISADE_TASK` and
    /// `PALISADE_PAYLOAD` (the hash, in hex): what it writes to standard output is the answer.
    pub answers: BTreeMap<ServiceId, String>,
    /// Where metrics are served.
    pub metrics: Option<SocketAddr>,
}

/// Who the operator is.
#[derive(Debug)]
pub struct Identity {
    /// Signs its transactions.
    pub account: Ed25519Key,
    /// Signs what it says for services.
    pub service: ConsensusKey,
}

/// Why the operator does not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// The node.
    #[error(transparent)]
    Node(#[from] client::Error),
    /// The guard. What it knows is why nothing is signed twice: the operator stops.
    #[error(transparent)]
    Guard(#[from] ServiceGuardError),
    /// The account's key.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// Metrics cannot be served there.
    #[error("metrics cannot be served at {address}: {source}: choose another address with --metrics")]
    Metrics {
        /// Where.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// A thread of the program was lost.
    #[error("the program is going down")]
    GoingDown,
}

/// Which round or task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Id {
    Round(u64, u64),
    Task(u64),
}

/// What is asked.
#[derive(Clone, Debug)]
enum Question {
    Round(Opened),
    Task(Posted),
}

impl Question {
    const fn height(&self) -> u64 {
        match self {
            Self::Round(round) => round.height,
            Self::Task(task) => task.height,
        }
    }

    /// Until before when an answer is of use.
    const fn decide_until(&self) -> ChainClock {
        match self {
            Self::Round(round) => round.commit_until,
            Self::Task(task) if task.salted => task.commit_until,
            Self::Task(task) => task.respond_until,
        }
    }

    const fn over_at(&self) -> ChainClock {
        match self {
            Self::Round(round) => round.reveal_until,
            Self::Task(task) => task.respond_until,
        }
    }

    const fn label(&self) -> Of {
        Of {
            service: match self {
                Self::Round(_) => "oracle",
                Self::Task(_) => "attested",
            },
        }
    }
}

/// An answer from a source or a command.
#[derive(Debug)]
enum Answer {
    Value(u128),
    Bytes(Vec<u8>),
}

/// How far an open question is.
#[derive(Debug)]
enum State {
    /// Nothing has been tried yet.
    New,
    /// A source or command is at it.
    Working,
    /// It failed at this height.
    Failed(u64),
    /// The answer is decided on and on its way.
    Decided(Box<Job>),
}

#[derive(Debug)]
struct Open {
    question: Question,
    state: State,
}

/// Serves until `stop`: what is decided on is durable, so it may be stopped, or killed, at any moment.
///
/// # Errors
/// [`OperatorError`]: the node is not there at the start, the guard cannot be opened or written.
pub async fn run(
    client: Client,
    identity: Identity,
    guard: &Path,
    config: Config,
    stop: CancellationToken,
) -> Result<(), OperatorError> {
    let chain = client.chain().await?;
    let head = client.height().await?.get();
    let guard = ServiceGuard::open_in(guard, chain.hash)?;
    let fresh = guard.is_empty();
    let metrics = Metrics::default();
    if let Some(address) = config.metrics {
        let served = metrics.serve(address, stop.clone()).await;
        served.map_err(|source| OperatorError::Metrics { address, source })?;
    }
    let keys = AccountKeys::single(*identity.account.public_key().as_bytes())?;
    let signer = Arc::new(ServiceSigner::new(identity.service, chain.hash, guard));
    let sender = Sender::new(client.clone(), chain, keys, identity.account);
    let (tell, mut news) = mpsc::channel(QUEUE);
    let (answer, mut answers) = mpsc::channel(QUEUE);
    follow::start(&client, head.saturating_sub(LOOK_BACK).max(1), &tell, &stop);
    let mut worker = Worker {
        sender,
        signer,
        config,
        metrics,
        answer,
        open: BTreeMap::new(),
        head,
        fresh,
        height: 0,
        now: ChainClock::ZERO,
    };
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            Some(one) = news.recv() => worker.hear(one).await?,
            Some((id, found)) = answers.recv() => worker.answered(id, found).await?,
            else => return Err(OperatorError::GoingDown),
        }
    }
}

struct Worker {
    sender: Sender,
    signer: Arc<ServiceSigner>,
    config: Config,
    metrics: Metrics,
    answer: mpsc::Sender<(Id, Result<Answer, String>)>,
    open: BTreeMap<Id, Open>,
    /// The highest block when the program started: nothing is done before the stream has come so far.
    head: u64,
    /// Whether the guard knew nothing then.
    fresh: bool,
    height: u64,
    now: ChainClock,
}

impl Worker {
    async fn hear(&mut self, news: News) -> Result<(), OperatorError> {
        match news {
            News::Block { height, now } => {
                self.height = height;
                self.now = now;
                self.metrics.height.set(i64::try_from(height).unwrap_or(i64::MAX));
            }
            News::Opened(round) => {
                if self.config.sources.contains_key(&round.feed) {
                    self.ask(Id::Round(round.feed, round.round), Question::Round(round));
                }
            }
            News::Posted(task) => {
                if self.config.answers.contains_key(&task.service) {
                    self.ask(Id::Task(task.task), Question::Task(task));
                }
            }
            News::Lost(error) => {
                self.metrics.lost.inc();
                tracing::warn!(error, "lost the node; trying again");
            }
        }
        if self.height >= self.head {
            self.progress().await?;
        }
        Ok(())
    }

    fn ask(&mut self, id: Id, question: Question) {
        if self.open.contains_key(&id) || question.over_at() <= self.now {
            return;
        }
        if self.open.len() >= MAX_OPEN {
            tracing::warn!(?id, "left alone: {MAX_OPEN} rounds and tasks are open already");
            return;
        }
        self.metrics.asked.get_or_create(&question.label()).inc();
        let state = State::New;
        self.open.insert(id, Open { question, state });
        self.note_open();
    }

    fn note_open(&self) {
        self.metrics
            .open
            .set(i64::try_from(self.open.len()).unwrap_or(i64::MAX));
    }

    /// Does what is due for everything that is open.
    async fn progress(&mut self) -> Result<(), OperatorError> {
        let ids: Vec<Id> = self.open.keys().copied().collect();
        for id in ids {
            let Some(mut open) = self.open.remove(&id) else {
                continue;
            };
            if self.step(id, &mut open).await? {
                self.open.insert(id, open);
            }
        }
        self.note_open();
        Ok(())
    }

    /// Does what is due for one; whether it stays open.
    async fn step(&mut self, id: Id, open: &mut Open) -> Result<bool, OperatorError> {
        let label = open.question.label();
        if let State::Decided(job) = &mut open.state {
            return Ok(match job.turn(self.height, self.now) {
                Turn::Send(kind) => self.send(id, job, &kind).await,
                Turn::Wait => true,
                Turn::Over => {
                    if job.stage != Stage::Done {
                        self.metrics.missed.get_or_create(&label).inc();
                        tracing::warn!(?id, "it ended before the chain had the answer");
                    }
                    false
                }
            });
        }
        if self.now >= open.question.over_at() {
            self.metrics.missed.get_or_create(&label).inc();
            return Ok(false);
        }
        // Decided on before this start: the same is said again, whatever the source says now.
        if self.is_decided(&open.question) {
            open.state = State::Decided(Box::new(self.job(&open.question)?));
            tracing::info!(?id, "goes on with what was decided before");
            return Ok(true);
        }
        if self.now >= open.question.decide_until() {
            self.metrics.missed.get_or_create(&label).inc();
            return Ok(false);
        }
        if self.fresh && open.question.height() <= self.head {
            tracing::info!(
                ?id,
                "left alone: it began before this start, and the guard is new, so what was said there is not known"
            );
            return Ok(false);
        }
        let try_now = match open.state {
            State::New => true,
            State::Failed(at) => self.height >= at + AGAIN_AFTER,
            State::Working | State::Decided(_) => false,
        };
        if try_now {
            open.state = State::Working;
            self.work(id, &open.question);
        }
        Ok(true)
    }

    fn is_decided(&self, question: &Question) -> bool {
        match question {
            Question::Round(round) => quoted(&self.signer, round).is_some(),
            Question::Task(task) => is_answered(&self.signer, task),
        }
    }

    fn job(&self, question: &Question) -> Result<Job, ServiceGuardError> {
        match question {
            Question::Round(round) => round_job(&self.signer, round),
            Question::Task(task) => task_job(&self.signer, &self.sender.account(), task),
        }
    }

    /// Starts the source or the command.
    fn work(&self, id: Id, question: &Question) {
        let tell = self.answer.clone();
        match question {
            Question::Round(round) => {
                let Some(source) = self.config.sources.get(&round.feed).cloned() else {
                    return;
                };
                let decimals = round.decimals;
                tokio::spawn(async move {
                    let found = source.read(decimals).await;
                    let found = found.map(Answer::Value).map_err(|error| error.to_string());
                    // Nobody listens only when the program goes down.
                    tell.send((id, found)).await.ok();
                });
            }
            Question::Task(task) => {
                let Some(command) = self.config.answers.get(&task.service).cloned() else {
                    return;
                };
                let variables = [
                    ("PALISADE_SERVICE", task.service.get().to_string()),
                    ("PALISADE_TASK", task.task.to_string()),
                    ("PALISADE_PAYLOAD", task.payload.to_string()),
                ];
                tokio::spawn(async move {
                    let found = command::output(&command, &variables, PATIENCE, MAX_ANSWER).await;
                    let found = found.map(Answer::Bytes).map_err(|error| error.to_string());
                    tell.send((id, found)).await.ok();
                });
            }
        }
    }

    async fn answered(&mut self, id: Id, found: Result<Answer, String>) -> Result<(), OperatorError> {
        let Some(mut open) = self.open.remove(&id) else {
            return Ok(());
        };
        let decided = match found {
            Ok(answer) => self.decide(id, &open.question, answer).await?,
            Err(error) => {
                tracing::error!(?id, error, "there is no answer");
                false
            }
        };
        if decided {
            open.state = State::Decided(Box::new(self.job(&open.question)?));
        } else {
            let label = open.question.label();
            self.metrics.failures.get_or_create(&label).inc();
            open.state = State::Failed(self.height);
        }
        self.open.insert(id, open);
        self.progress().await
    }

    /// Makes the answer durable in the guard; whether it is the one to be said.
    async fn decide(&mut self, id: Id, question: &Question, answer: Answer) -> Result<bool, OperatorError> {
        // Too late: to decide now would say something that nobody counts.
        if self.now >= question.decide_until() {
            return Ok(false);
        }
        if let (Question::Round(round), Answer::Value(value)) = (question, &answer)
            && !(round.least..=round.most).contains(value)
        {
            tracing::error!(
                ?id,
                value,
                least = round.least,
                most = round.most,
                "the source gives a value out of the round's bounds, which would be slashed: nothing is said"
            );
            return Ok(false);
        }
        let (signer, account, now) = (Arc::clone(&self.signer), self.sender.account(), self.now);
        let question = question.clone();
        let admitted = tokio::task::spawn_blocking(move || match (question, answer) {
            (Question::Round(round), Answer::Value(value)) => {
                decide_value(&signer, &account, &round, value, now)
            }
            (Question::Task(task), Answer::Bytes(bytes)) => decide_answer(&signer, &task, bytes, now),
            (Question::Round(_), Answer::Bytes(_)) | (Question::Task(_), Answer::Value(_)) => Ok(()),
        });
        match admitted.await.map_err(|_| OperatorError::GoingDown)? {
            Ok(()) => Ok(true),
            Err(error @ (ServiceGuardError::SaidAnother { .. } | ServiceGuardError::Forgotten(_))) => {
                self.metrics.refused.inc();
                tracing::error!(?id, %error, "the guard refuses");
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Sends a job's message; whether the job stays open.
    async fn send(&self, id: Id, job: &mut Job, kind: &proto::tx::v1::message::Message) -> bool {
        match self.sender.send(kind, self.height).await {
            Ok(Sent::Offered(transaction)) => {
                self.metrics.sent.inc();
                tracing::info!(?id, stage = ?job.stage, %transaction, "sent");
                true
            }
            Ok(Sent::Known) => {
                job.settled();
                if job.stage == Stage::Done {
                    let service = match id {
                        Id::Round(..) => "oracle",
                        Id::Task(_) => "attested",
                    };
                    self.metrics.shown.get_or_create(&Of { service }).inc();
                    tracing::info!(?id, "the chain has the answer");
                    return false;
                }
                true
            }
            Ok(Sent::NotNow) => {
                job.sent_at = None;
                true
            }
            Ok(Sent::Refused { reason, message }) => {
                tracing::error!(?id, reason, message, "the chain would refuse it: nothing is sent");
                false
            }
            Err(error) => {
                tracing::warn!(?id, %error, "could not be sent; trying again");
                job.sent_at = None;
                true
            }
        }
    }
}
