//! The log's thread: appends what comes, syncs once for all that has come, and says up to where it is durable.

use crate::error::EngineError;
use crate::metrics::Metrics;
use consensus::{Floor, Record};
use std::time::Instant;
use tokio::sync::mpsc;
use wal::Wal;

/// Jobs that may wait. A driver that is further ahead than this waits for the disk.
const QUEUE: usize = 1_024;

/// A job of the thread.
#[derive(Debug)]
enum Job {
    /// Append these; they are durable once this turn's number is reported.
    Append { turn: u64, records: Vec<Record> },
    /// Forget what is not needed above this floor.
    Prune(Floor),
}

/// The driver's end.
#[derive(Debug)]
pub(crate) struct LogThread {
    jobs: mpsc::Sender<Job>,
}

/// What the thread reports: the last turn that is durable, or why it stopped.
pub(crate) type Report = Result<u64, EngineError>;

impl LogThread {
    /// Starts the thread over an open log.
    pub(crate) fn start(
        wal: Wal<Record>,
        metrics: Metrics,
    ) -> Result<(Self, mpsc::Receiver<Report>), EngineError> {
        let (jobs, inbox) = mpsc::channel(QUEUE);
        let (reports, outbox) = mpsc::channel(QUEUE);
        std::thread::Builder::new()
            .name("consensus-log".into())
            .spawn(move || run(wal, inbox, &reports, &metrics))
            .map_err(|_| EngineError::Thread("consensus log"))?;
        Ok((Self { jobs }, outbox))
    }

    pub(crate) async fn append(&self, turn: u64, records: Vec<Record>) -> Result<(), EngineError> {
        self.send(Job::Append { turn, records }).await
    }

    pub(crate) async fn prune(&self, floor: Floor) -> Result<(), EngineError> {
        self.send(Job::Prune(floor)).await
    }

    async fn send(&self, job: Job) -> Result<(), EngineError> {
        self.jobs
            .send(job)
            .await
            .map_err(|_| EngineError::Thread("consensus log"))
    }
}

fn run(
    mut wal: Wal<Record>,
    mut inbox: mpsc::Receiver<Job>,
    reports: &mpsc::Sender<Report>,
    metrics: &Metrics,
) {
    while let Some(first) = inbox.blocking_recv() {
        let outcome = turn(&mut wal, first, &mut inbox, metrics);
        let failed = outcome.is_err();
        let silent = matches!(outcome, Ok(None));
        let report = outcome.map(Option::unwrap_or_default);
        // A driver that is gone needs no report; after an error nothing is ever written again.
        if (!silent && reports.blocking_send(report).is_err()) || failed {
            return;
        }
    }
}

/// Does `first` and everything else that is waiting, with one sync; gives the last durable turn, if any.
fn turn(
    wal: &mut Wal<Record>,
    first: Job,
    inbox: &mut mpsc::Receiver<Job>,
    metrics: &Metrics,
) -> Result<Option<u64>, EngineError> {
    let mut last = None;
    let mut floor = None;
    let mut next = Some(first);
    while let Some(job) = next {
        match job {
            Job::Append { turn, records } => {
                for record in &records {
                    wal.append(record)?;
                }
                last = Some(turn);
            }
            Job::Prune(newer) => floor = Some(newer),
        }
        next = inbox.try_recv().ok();
    }
    if last.is_some() {
        let start = Instant::now();
        wal.sync()?;
        metrics.wal_fsync_seconds.observe(start.elapsed().as_secs_f64());
    }
    if let Some(floor) = floor {
        wal.retain(|record| record.is_needed(&floor))?;
    }
    Ok(last)
}
