//! The thread that writes leaves and indexes behind the blocks.

use crate::engine::{Down, Engine};
use crate::index::Index;
use crate::leaves::{self, Coalesced};
use crate::{Config, Metrics, StoreError};
use parking_lot::{Condvar, Mutex};
use primitives::Height;
use state::Changes;
use std::collections::VecDeque;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Entries that differ, after which they are written however few blocks they are of: what bounds the memory.
const MAX_ENTRIES: usize = 1 << 18;

/// What is left to do for one block, which is durable in the log. Its index entries wait in the index.
pub(crate) struct Job {
    pub(crate) height: Height,
    /// Unless its leaves are written already.
    pub(crate) changes: Option<Arc<Changes>>,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    /// How many blocks the thread has taken and not written yet.
    held: usize,
    /// Write what is there without waiting for more.
    hurry: bool,
    stop: bool,
    failed: Option<Down>,
}

struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

/// The thread and its queue. Dropping it ends the thread; what it has not written is replayed from the log at the next
/// start.
pub(crate) struct Background {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    max_backlog: usize,
}

impl Background {
    pub(crate) fn start(
        engine: Arc<dyn Engine>,
        index: Arc<Index>,
        config: &Config,
        metrics: Metrics,
    ) -> Result<Self, StoreError> {
        let shared = Arc::new(Shared {
            queue: Mutex::new(Queue::default()),
            changed: Condvar::new(),
        });
        let worker = Worker {
            shared: Arc::clone(&shared),
            engine,
            index,
            coalesce: config.coalesce_blocks,
            wait: Duration::from_millis(config.coalesce_ms),
            metrics,
        };
        let thread = std::thread::Builder::new()
            .name("store-background".into())
            .spawn(move || worker.run())
            .map_err(|error| StoreError::Stopped(format!("no thread to write in the background: {error}")))?;
        Ok(Self {
            shared,
            thread: Some(thread),
            max_backlog: config.max_backlog_blocks,
        })
    }

    /// Waits until there is room for another block.
    pub(crate) fn wait_for_room(&self) -> Result<(), StoreError> {
        let mut queue = self.shared.queue.lock();
        while queue.failed.is_none() && queue.jobs.len() + queue.held >= self.max_backlog {
            self.shared.changed.wait(&mut queue);
        }
        failed(&queue)
    }

    pub(crate) fn push(&self, job: Job) {
        self.shared.queue.lock().jobs.push_back(job);
        self.shared.changed.notify_all();
    }

    /// Waits until everything is written.
    pub(crate) fn drain(&self) -> Result<(), StoreError> {
        let mut queue = self.shared.queue.lock();
        while queue.failed.is_none() && queue.jobs.len() + queue.held > 0 {
            queue.hurry = true;
            self.shared.changed.notify_all();
            self.shared.changed.wait(&mut queue);
        }
        failed(&queue)
    }
}

fn failed(queue: &Queue) -> Result<(), StoreError> {
    queue
        .failed
        .clone()
        .map_or(Ok(()), |down| Err(crate::engine::EngineError::from(down).into()))
}

impl Drop for Background {
    fn drop(&mut self) {
        self.shared.queue.lock().stop = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the store's background thread ended by a panic");
        }
    }
}

/// What was taken from the queue and is not written yet.
#[derive(Default)]
struct Held {
    since: Option<Instant>,
    blocks: usize,
    coalesced: Coalesced,
    /// The latest height of those whose leaves are to be written.
    leaves_to: Option<Height>,
    /// The latest height of all.
    to: Option<Height>,
}

impl Held {
    fn add(&mut self, job: &Job) {
        self.since.get_or_insert_with(Instant::now);
        self.blocks += 1;
        self.to = Some(job.height);
        if let Some(changes) = &job.changes {
            self.coalesced.add(changes);
            self.leaves_to = Some(job.height);
        }
    }
}

struct Worker {
    shared: Arc<Shared>,
    engine: Arc<dyn Engine>,
    index: Arc<Index>,
    coalesce: usize,
    wait: Duration,
    metrics: Metrics,
}

impl Worker {
    fn run(&self) {
        let mut held = Held::default();
        while let Some(now) = self.gather(&mut held) {
            if !now {
                continue;
            }
            let start = Instant::now();
            let outcome = self
                .write(&core::mem::take(&mut held))
                .and_then(|()| self.merge());
            self.metrics
                .background_seconds
                .observe(start.elapsed().as_secs_f64());
            let mut queue = self.shared.queue.lock();
            queue.held = 0;
            queue.hurry &= !queue.jobs.is_empty();
            if let Err(error) = outcome {
                tracing::error!(%error, "the store cannot write in the background");
                queue.failed = Some((&error).into());
                self.shared.changed.notify_all();
                return;
            }
            self.metrics.backlog_blocks.set(gauge(queue.jobs.len()));
            self.shared.changed.notify_all();
        }
    }

    /// Takes what is in the queue, waiting for something to come; whether it is time to write. `None` at the end.
    fn gather(&self, held: &mut Held) -> Option<bool> {
        let mut queue = self.shared.queue.lock();
        loop {
            if queue.stop {
                return None;
            }
            let due = held.since.map(|since| since + self.wait);
            let hurry = queue.hurry && held.blocks > 0;
            if !queue.jobs.is_empty() || hurry || due.is_some_and(|due| due <= Instant::now()) {
                break;
            }
            match due {
                None => self.shared.changed.wait(&mut queue),
                Some(due) => drop(self.shared.changed.wait_until(&mut queue, due)),
            }
        }
        let jobs = core::mem::take(&mut queue.jobs);
        queue.held += jobs.len();
        self.metrics.backlog_blocks.set(gauge(queue.held));
        let hurry = queue.hurry;
        drop(queue);
        for job in &jobs {
            held.add(job);
        }
        let waited = held.since.is_some_and(|since| since.elapsed() >= self.wait);
        let much = held.blocks >= self.coalesce || held.coalesced.len() >= MAX_ENTRIES;
        Some(hurry || waited || much)
    }

    /// Order: leaves and runs are durable before it is written that they count.
    fn write(&self, held: &Held) -> Result<(), StoreError> {
        let Some(to) = held.to else { return Ok(()) };
        let engine = self.engine.as_ref();
        if !held.coalesced.write(engine, &|took| self.pause(took))? {
            return Ok(());
        }
        let staged = self.index.stage(to)?;
        engine.flush()?;
        if let Some(height) = held.leaves_to {
            leaves::set_applied(engine, height)?;
        }
        self.index.publish(staged)?;
        engine.flush()?;
        let written = u64::try_from(held.coalesced.len()).unwrap_or(u64::MAX);
        self.metrics.leaves_written.inc_by(written);
        Ok(())
    }

    /// Readers and the log wait while a batch is applied: gives them twice its time, unless the backlog presses.
    /// Whether to go on: what is left when the store closes is replayed.
    fn pause(&self, took: Duration) -> bool {
        let queue = self.shared.queue.lock();
        let calm = !queue.hurry && queue.jobs.len() < self.coalesce;
        let stop = queue.stop;
        drop(queue);
        if calm && !stop {
            std::thread::sleep(took * 2);
        }
        !stop
    }

    fn merge(&self) -> Result<(), StoreError> {
        while self.index.merge()? {}
        Ok(())
    }
}

fn gauge(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
