//! The process that owns the nodes: starts them, watches them, does what it is asked, stops them.

mod keeping;
mod nodes;

use crate::child::{Child, GRACE};
use crate::control::{self, Action, Answer, Call, Request, Server};
use crate::error::Error;
use crate::facts::Facts;
use crate::folder::Folder;
use crate::lock::Lock;
use crate::logs;
use crate::spec::Spec;
use crate::status::Status;
use nodes::Node;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

/// How often processes are looked at.
const TICK: Duration = Duration::from_millis(40);
/// How often whoever watches is told how things are.
const REPORT_EVERY: Duration = Duration::from_millis(250);
/// Requests that wait to be carried out.
const QUEUE: usize = 16;
/// Lines of a log that are shown when a node ends by itself.
const TAIL: usize = 20;
/// How long the first final block may take before it is an error.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// What the supervisor tells whoever started it.
#[derive(Debug)]
pub enum Report<'a> {
    /// Every node holds a final block.
    Ready(&'a Facts),
    /// How things are.
    Tick(&'a Status),
    /// A node ended by itself, and the testnet goes on without it.
    NodeEnded {
        /// Which.
        node: &'a str,
        /// Exit code or signal.
        how: &'a str,
    },
}

/// How a testnet is to be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The program that the nodes are: `palisade` itself.
    pub binary: PathBuf,
    /// Whether to go on when a node ends by itself.
    pub keep_going: bool,
    /// Whether the chain has run before.
    pub resumed: bool,
}

/// A testnet that is being run. Dropping it kills its nodes.
pub struct Supervisor {
    folder: Folder,
    spec: Spec,
    options: Options,
    nodes: Vec<Node>,
    started: Instant,
    facts: Option<Facts>,
    _lock: Lock,
}

impl std::fmt::Debug for Supervisor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Supervisor({})", self.spec.name)
    }
}

impl Supervisor {
    /// Starts every node of a testnet that was prepared.
    ///
    /// # Errors
    /// [`Error::Io`] when a process cannot be started.
    pub fn start(folder: Folder, spec: Spec, options: Options, lock: Lock) -> Result<Self, Error> {
        let started = Instant::now();
        crate::files::remove(&folder.facts())?;
        let mut nodes = (0..spec.validators)
            .map(|index| Node::new(&folder, &spec, index))
            .collect::<Result<Vec<_>, _>>()?;
        for node in &mut nodes {
            node.start(&options.binary)?;
        }
        Ok(Self {
            folder,
            spec,
            options,
            nodes,
            started,
            facts: None,
            _lock: lock,
        })
    }

    /// Runs until it is told to stop, by a signal or a request, and leaves no process behind.
    ///
    /// # Errors
    /// [`Error::NodeEnded`] when a node ended by itself and the testnet is not to go on without it;
    /// [`Error::NotReady`] when nothing became final in time.
    pub async fn run(mut self, mut report: impl FnMut(Report<'_>)) -> Result<(), Error> {
        let outcome = self.watch(&mut report).await;
        let stopped = self.stop_all().await;
        crate::files::remove(&self.folder.socket())?;
        crate::files::remove(&self.folder.facts())?;
        match outcome {
            // Whoever asked for the end is answered when it has come.
            Ok(Some(call)) => call.answer(&Answer::Stopping).await,
            Ok(None) => {}
            Err(error) => return Err(error),
        }
        stopped
    }

    async fn watch(&mut self, report: &mut impl FnMut(Report<'_>)) -> Result<Option<Call>, Error> {
        let server = Server::bind(&self.folder)?;
        let mut signals = Signals::new()?;
        let (sender, mut calls) = mpsc::channel(QUEUE);
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut reported = Instant::now();
        loop {
            tokio::select! {
                () = signals.any() => return Ok(None),
                accepted = server.accept() => {
                    if let Ok(stream) = accepted {
                        let sender = sender.clone();
                        tokio::spawn(async move {
                            if let Some(call) = control::read(stream).await
                                && sender.send(call).await.is_err()
                            {
                                tracing::debug!("a request came too late");
                            }
                        });
                    }
                }
                Some(call) = calls.recv() => {
                    if call.request == Request::Down {
                        return Ok(Some(call));
                    }
                    self.serve(call).await;
                }
                _ = tick.tick() => {
                    self.look_after_nodes(report)?;
                    self.become_ready(report)?;
                    if reported.elapsed() >= REPORT_EVERY {
                        reported = Instant::now();
                        report(Report::Tick(&self.status()));
                    }
                }
            }
        }
    }

    fn look_after_nodes(&mut self, report: &mut impl FnMut(Report<'_>)) -> Result<(), Error> {
        for node in &mut self.nodes {
            let Some(how) = node.ended_by_itself() else {
                continue;
            };
            if !self.options.keep_going && !node.end_is_expected() {
                let log = self.folder.log(node.name());
                return Err(Error::NodeEnded {
                    node: node.name().to_owned(),
                    how,
                    tail: logs::tail(&log, TAIL)?.join("\n"),
                    log,
                });
            }
            report(Report::NodeEnded {
                node: node.name(),
                how: &how,
            });
        }
        Ok(())
    }

    fn become_ready(&mut self, report: &mut impl FnMut(Report<'_>)) -> Result<(), Error> {
        if self.facts.is_some() {
            return Ok(());
        }
        // A chain that ran before is ready when it has gone on, not by what it holds from then.
        let goal = if self.options.resumed {
            let firsts: Option<Vec<u64>> = self.nodes.iter().map(Node::first_finalized).collect();
            firsts.map(|firsts| firsts.into_iter().max().unwrap_or(0) + 1)
        } else {
            Some(1)
        };
        let ready = goal.is_some_and(|goal| self.nodes.iter().all(|node| node.finalized() >= goal));
        if ready {
            let facts =
                crate::provision::facts(&self.folder, &self.spec, &self.status(), self.started.elapsed())?;
            facts.save(&self.folder)?;
            for node in &self.nodes {
                node.slow_down();
            }
            report(Report::Ready(&facts));
            self.facts = Some(facts);
        } else if self.started.elapsed() > READY_WITHIN && !self.options.keep_going {
            return Err(Error::NotReady {
                name: self.spec.name.to_string(),
                seconds: READY_WITHIN.as_secs(),
                state: describe(&self.status()),
            });
        }
        Ok(())
    }

    async fn serve(&mut self, call: Call) {
        let done = match &call.request {
            Request::Status | Request::Down => Ok(None),
            Request::Node { name, action } => self.act(&name.clone(), *action).await.map(|()| None),
            Request::Checkpoint { name } => self.save(&name.clone()).await.map(Some),
            Request::Restore { name } => self.restore(&name.clone()).await.map(Some),
        };
        let answer = match done {
            Ok(None) => Answer::Status(Box::new(self.status())),
            Ok(Some(checkpoint)) => Answer::Checkpoint(checkpoint),
            Err(error) => Answer::Error {
                message: error.to_string(),
            },
        };
        call.answer(&answer).await;
    }

    async fn act(&mut self, name: &str, action: Action) -> Result<(), Error> {
        let have: Vec<String> = self.nodes.iter().map(|node| node.name().to_owned()).collect();
        let Some(node) = self.nodes.iter_mut().find(|node| node.name() == name) else {
            return Err(Error::NoNode {
                testnet: self.spec.name.to_string(),
                node: name.to_owned(),
                have,
            });
        };
        match action {
            Action::Stop => node.stop().await,
            Action::Kill => node.kill().await,
            Action::Restart => {
                node.stop().await?;
                node.start(&self.options.binary)
            }
            Action::Pause => node.set_paused(true),
            Action::Resume => node.set_paused(false),
            Action::ExpectEnd => {
                node.expect_end();
                Ok(())
            }
        }
    }

    fn status(&self) -> Status {
        Status {
            name: self.spec.name.to_string(),
            chain_id: self.spec.name.chain_id(),
            running: true,
            supervisor_pid: Some(std::process::id()),
            nodes: self.nodes.iter().map(Node::status).collect(),
        }
    }

    async fn stop_all(&mut self) -> Result<(), Error> {
        let mut running: Vec<Child> = self.nodes.iter_mut().filter_map(Node::take_child).collect();
        for child in &mut running {
            child.ask_to_end()?;
        }
        // All are waited for together: they were asked together, and have the same time.
        let until = tokio::time::Instant::now() + GRACE;
        for child in running {
            child
                .gone(until.saturating_duration_since(tokio::time::Instant::now()))
                .await?;
        }
        Ok(())
    }
}

fn describe(status: &Status) -> String {
    let nodes: Vec<String> = status
        .nodes
        .iter()
        .map(|node| {
            format!(
                "{} holds {} final blocks and has {} peers",
                node.name, node.finalized_height, node.peers
            )
        })
        .collect();
    nodes.join(", ")
}

/// The signals that end a testnet.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl Signals {
    fn new() -> Result<Self, Error> {
        let listen = |kind| {
            signal(kind).map_err(|error| Error::Supervisor(format!("cannot listen for signals: {error}")))
        };
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hangup: listen(SignalKind::hangup())?,
        })
    }

    async fn any(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv() => {}
        }
    }
}
