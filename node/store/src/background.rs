//! The thread that writes leaves and indexes behind the blocks.

use crate::engine::Engine;
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

/// Blocks written together at most.
const MAX_TOGETHER: usize = 64;

/// What is left to do for one block, which is durable in the log.
pub(crate) struct Job {
    pub(crate) height: Height,
    /// Unless its leaves are written already.
    pub(crate) changes: Option<Arc<Changes>>,
    /// Sorted, unless they are in the index already.
    pub(crate) entries: Option<Arc<[u128]>>,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<(Instant, Job)>,
    /// How many the thread works on.
    taken: usize,
    /// Write what is there without waiting for more.
    hurry: bool,
    stop: bool,
    failed: Option<String>,
}

struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

/// The thread and its queue. Dropping it ends the thread after the blocks at hand; the rest is replayed from the log
/// at the next start.
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
        while queue.failed.is_none() && queue.jobs.len() + queue.taken >= self.max_backlog {
            self.shared.changed.wait(&mut queue);
        }
        failed(&queue)
    }

    pub(crate) fn push(&self, job: Job) {
        self.shared.queue.lock().jobs.push_back((Instant::now(), job));
        self.shared.changed.notify_all();
    }

    /// Waits until everything is written.
    pub(crate) fn drain(&self) -> Result<(), StoreError> {
        let mut queue = self.shared.queue.lock();
        while queue.failed.is_none() && queue.jobs.len() + queue.taken > 0 {
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
        .map_or(Ok(()), |why| Err(StoreError::Stopped(why)))
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
        while let Some(jobs) = self.next() {
            let start = Instant::now();
            let outcome = self.write(&jobs).and_then(|()| self.merge());
            self.metrics
                .background_seconds
                .observe(start.elapsed().as_secs_f64());
            let mut queue = self.shared.queue.lock();
            queue.taken = 0;
            if let Err(error) = outcome {
                tracing::error!(%error, "the store cannot write in the background");
                queue.failed = Some(error.to_string());
                self.shared.changed.notify_all();
                return;
            }
            self.metrics
                .backlog_blocks
                .set(i64::try_from(queue.jobs.len()).unwrap_or(i64::MAX));
            self.shared.changed.notify_all();
        }
    }

    /// The next jobs, when there are enough or the first has waited long enough; `None` at the end.
    fn next(&self) -> Option<Vec<Job>> {
        let mut queue = self.shared.queue.lock();
        loop {
            if queue.stop {
                return None;
            }
            let due = queue.jobs.front().map(|(since, _)| *since + self.wait);
            match due {
                None => {
                    queue.hurry = false;
                    self.shared.changed.wait(&mut queue);
                }
                Some(due) if queue.hurry || queue.jobs.len() >= self.coalesce || due <= Instant::now() => {
                    break;
                }
                Some(due) => {
                    self.shared.changed.wait_until(&mut queue, due);
                }
            }
        }
        let count = queue.jobs.len().min(MAX_TOGETHER);
        queue.taken = count;
        Some(queue.jobs.drain(..count).map(|(_, job)| job).collect())
    }

    /// Order: leaves and runs are durable before it is written that they count.
    fn write(&self, jobs: &[Job]) -> Result<(), StoreError> {
        let mut coalesced = Coalesced::default();
        let (mut applied, mut indexed) = (None, None);
        let mut entries = Vec::new();
        for job in jobs {
            if let Some(changes) = &job.changes {
                coalesced.add(changes);
                applied = Some(job.height);
            }
            if let Some(new) = &job.entries {
                entries.extend_from_slice(new);
                indexed = Some(job.height);
            }
        }
        entries.sort_unstable();
        coalesced.write(self.engine.as_ref())?;
        let staged = indexed
            .map(|height| self.index.stage(&entries, height))
            .transpose()?;
        self.engine.flush()?;
        if let Some(height) = applied {
            leaves::set_applied(self.engine.as_ref(), height)?;
        }
        if let Some(staged) = staged {
            self.index.publish(staged)?;
        }
        self.engine.flush()?;
        let written = u64::try_from(coalesced.len()).unwrap_or(u64::MAX);
        self.metrics.leaves_written.inc_by(written);
        Ok(())
    }

    fn merge(&self) -> Result<(), StoreError> {
        while self.index.merge()? {}
        Ok(())
    }
}
