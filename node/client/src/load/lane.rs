//! What is sent to one node: batches, one at a time, as large as what has become due.

use crate::broadcast::{MAX_BATCH, Outcome};
use crate::connection::Client;
use crate::load::plan::Queue;
use crate::load::stats::Tracker;
use primitives::TxId;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

/// How long is waited for more to become due before a batch is sent.
const GATHER: Duration = Duration::from_millis(4);
/// How long a node that does not answer is left alone.
const PAUSE: Duration = Duration::from_millis(200);
/// The most bytes of a batch: nodes take 4 MiB.
const MAX_BATCH_BYTES: usize = 2 << 20;

/// When what is due.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    pub(super) start: Instant,
    pub(super) duration: Duration,
    /// Transactions a second, over all lanes.
    pub(super) rate: u64,
    pub(super) lanes: u64,
    /// Which of the lanes this is.
    pub(super) lane: u64,
}

impl Pace {
    /// How many transactions of this lane are due after `elapsed`.
    fn due(&self, elapsed: Duration) -> u64 {
        let micros = u128::from(self.rate) * elapsed.min(self.duration).as_micros();
        let all = u64::try_from(micros / 1_000_000).unwrap_or(u64::MAX);
        // The k-th transaction of all is the lane's when k ≡ lane.
        (all + self.lanes - 1 - self.lane) / self.lanes
    }

    /// When to look again while the `next` transaction of this lane is not due: at its moment, or a little later when
    /// more follow soon.
    fn wake(&self, next: u64) -> Instant {
        let gap = Duration::from_secs(self.lanes) / u32::try_from(self.rate.max(1)).unwrap_or(u32::MAX);
        if gap < GATHER {
            Instant::now() + GATHER
        } else {
            self.time_of(next)
        }
    }

    /// When the `index`-th transaction of this lane, counted from 0, is due: [`Pace::due`] counts it from then on.
    fn time_of(&self, index: u64) -> Instant {
        let nth = index * self.lanes + self.lane + 1;
        let micros = (u128::from(nth) * 1_000_000).div_ceil(u128::from(self.rate.max(1)));
        self.start + Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
    }
}

/// One node's sender.
pub(super) struct Lane {
    queue: Queue,
    /// The next of each account.
    next: Vec<usize>,
    /// The account whose turn it is.
    turn: usize,
    client: Client,
    pace: Pace,
    tracker: Arc<Tracker>,
    /// How many have been released.
    released: u64,
}

/// One transaction of a batch.
struct Item {
    account: usize,
    index: usize,
    id: TxId,
}

impl Lane {
    pub(super) fn new(queue: Queue, client: Client, pace: Pace, tracker: Arc<Tracker>) -> Self {
        Self {
            next: vec![0; queue.accounts.len()],
            queue,
            turn: 0,
            client,
            pace,
            tracker,
            released: 0,
        }
    }

    pub(super) async fn run(mut self) {
        let end = self.pace.start + self.pace.duration;
        loop {
            let elapsed = self.pace.start.elapsed();
            let due = self.pace.due(elapsed);
            if due > self.released {
                self.send(due).await;
            } else if elapsed >= self.pace.duration {
                return;
            } else {
                sleep_until(end.min(self.pace.wake(self.released))).await;
            }
            // What is still unsent when the time is over was never offered: the figures say so.
            if self.pace.start.elapsed() >= self.pace.duration + PAUSE {
                return;
            }
        }
    }

    /// Takes the next transaction of the next account that has one.
    fn take(&mut self) -> Option<Item> {
        for _ in 0..self.next.len() {
            let account = self.turn;
            self.turn = (self.turn + 1) % self.next.len();
            let index = self.next[account];
            if let Some((id, _)) = self.queue.accounts[account].get(index) {
                self.next[account] = index + 1;
                return Some(Item {
                    account,
                    index,
                    id: *id,
                });
            }
        }
        None
    }

    async fn send(&mut self, due: u64) {
        let (mut items, mut bytes) = (Vec::new(), Vec::new());
        let mut size = 0;
        while self.released < due && items.len() < MAX_BATCH && size < MAX_BATCH_BYTES {
            let Some(item) = self.take() else {
                // Every account has come to its end: refused ones took too many turns.
                self.released = due;
                break;
            };
            let (_, transaction) = &self.queue.accounts[item.account][item.index];
            size += transaction.len();
            bytes.push(transaction.clone());
            self.tracker.offer(&item.id, self.pace.time_of(self.released));
            self.released += 1;
            items.push(item);
        }
        if items.is_empty() {
            return;
        }
        self.tracker.submitted(items.len());
        match self.client.broadcast_batch(bytes).await {
            Ok(results) => {
                let mut refused = BTreeMap::new();
                for (item, result) in items.iter().zip(results) {
                    match result {
                        // It became final, and was counted, before it was offered again.
                        Ok(Outcome::AlreadyCommitted(_)) => self.tracker.forget(&item.id),
                        Ok(Outcome::Accepted | Outcome::AlreadyPending) => self.tracker.accepted(&item.id),
                        Err(rejection) => {
                            self.tracker.rejected(&rejection.reason);
                            self.step_back(item, &mut refused);
                        }
                    }
                }
            }
            Err(error) => {
                let reason = error
                    .rejection()
                    .map_or("UNREACHABLE", |rejection| rejection.reason.as_str());
                let mut refused = BTreeMap::new();
                for item in &items {
                    self.tracker.rejected(reason);
                    self.step_back(item, &mut refused);
                }
                sleep(PAUSE).await;
            }
        }
    }

    /// From its first refused transaction on, an account has to be served again.
    fn step_back(&mut self, item: &Item, refused: &mut BTreeMap<usize, usize>) {
        let first = refused.entry(item.account).or_insert(item.index);
        *first = (*first).min(item.index);
        self.next[item.account] = *first;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_together_keep_the_rate() {
        let start = Instant::now();
        let lanes: Vec<Pace> = (0..3)
            .map(|lane| Pace {
                start,
                duration: Duration::from_secs(10),
                rate: 100,
                lanes: 3,
                lane,
            })
            .collect();
        for ms in [0, 5, 10, 11, 333, 9_999, 10_000, 20_000] {
            let elapsed = Duration::from_millis(ms);
            let sum: u64 = lanes.iter().map(|pace| pace.due(elapsed)).sum();
            assert_eq!(sum, 100 * ms.min(10_000) / 1_000, "{ms} ms");
        }
        // What is due by a moment was due no later than it, and what is not is due later.
        for pace in &lanes {
            for ms in [10, 500, 999] {
                let elapsed = Duration::from_millis(ms);
                if let Some(last) = pace.due(elapsed).checked_sub(1) {
                    assert!(pace.time_of(last) <= start + elapsed);
                }
                assert!(pace.time_of(pace.due(elapsed)) > start + elapsed);
            }
        }
    }
}
