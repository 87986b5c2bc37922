//! The frames of one class that wait for one peer.

use bytes::Bytes;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use tokio::time::Instant;

/// What gives way when a queue is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overflow {
    /// The oldest frames: consensus sends again what still matters.
    DropOldest,
    /// The new frame.
    DropNewest,
}

/// How many frames and bytes a queue may hold. One frame always fits, however long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Room {
    pub(crate) frames: usize,
    pub(crate) bytes: usize,
}

/// A frame and when it was queued.
#[derive(Clone, Debug)]
pub(crate) struct Queued {
    pub(crate) frame: Bytes,
    pub(crate) at: Instant,
}

#[derive(Debug, Default)]
struct State {
    frames: VecDeque<Queued>,
    bytes: usize,
}

/// A bounded queue with many writers and one reader.
#[derive(Debug)]
pub(crate) struct Outbox {
    state: Mutex<State>,
    ready: Notify,
    room: Room,
    overflow: Overflow,
}

impl Outbox {
    pub(crate) fn new(room: Room, overflow: Overflow) -> Self {
        Self {
            state: Mutex::default(),
            ready: Notify::new(),
            room,
            overflow,
        }
    }

    /// Queues `frame`; gives the number of frames that were dropped for it (or that it was itself).
    pub(crate) fn push(&self, frame: Bytes) -> usize {
        let mut dropped = 0;
        let mut state = self.lock();
        let fits = |state: &State| {
            state.frames.len() < self.room.frames && state.bytes + frame.len() <= self.room.bytes
        };
        while !fits(&state) && !state.frames.is_empty() {
            if self.overflow == Overflow::DropNewest {
                return 1;
            }
            if let Some(oldest) = state.frames.pop_front() {
                state.bytes -= oldest.frame.len();
                dropped += 1;
            }
        }
        state.bytes += frame.len();
        state.frames.push_back(Queued {
            frame,
            at: Instant::now(),
        });
        drop(state);
        self.ready.notify_one();
        dropped
    }

    /// The oldest frame, if there is one.
    pub(crate) fn pop(&self) -> Option<Queued> {
        let mut state = self.lock();
        let oldest = state.frames.pop_front()?;
        state.bytes -= oldest.frame.len();
        Some(oldest)
    }

    /// Waits until there is a frame. One task at a time may wait.
    pub(crate) async fn filled(&self) {
        self.holds(1).await;
    }

    /// Waits until `bytes` bytes (or any frame, for 1) are there. One task at a time may wait.
    pub(crate) async fn holds(&self, bytes: usize) {
        loop {
            {
                let state = self.lock();
                if state.bytes >= bytes || (bytes <= 1 && !state.frames.is_empty()) {
                    return;
                }
            }
            self.ready.notified().await;
        }
    }

    /// The bytes that wait.
    pub(crate) fn pending_bytes(&self) -> usize {
        self.lock().bytes
    }

    /// Drops everything; gives the number of frames.
    pub(crate) fn clear(&self) -> usize {
        let mut state = self.lock();
        let count = state.frames.len();
        *state = State::default();
        count
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing in here leaves the state half changed, so a poisoned lock is as good as another.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outbox(overflow: Overflow) -> Outbox {
        Outbox::new(Room { frames: 3, bytes: 10 }, overflow)
    }

    fn drained(outbox: &Outbox) -> Vec<Bytes> {
        std::iter::from_fn(|| outbox.pop())
            .map(|queued| queued.frame)
            .collect()
    }

    #[test]
    fn a_full_consensus_queue_loses_its_oldest() {
        let outbox = outbox(Overflow::DropOldest);
        for text in ["a", "b", "c"] {
            assert_eq!(outbox.push(text.into()), 0);
        }
        assert_eq!(outbox.push("d".into()), 1);
        assert_eq!(drained(&outbox), ["b", "c", "d"]);
    }

    #[test]
    fn a_full_transaction_queue_refuses_the_newest() {
        let outbox = outbox(Overflow::DropNewest);
        for text in ["a", "b", "c"] {
            assert_eq!(outbox.push(text.into()), 0);
        }
        assert_eq!(outbox.push("d".into()), 1);
        assert_eq!(drained(&outbox), ["a", "b", "c"]);
    }

    #[test]
    fn bytes_count_too_and_one_long_frame_still_fits() {
        let outbox = outbox(Overflow::DropOldest);
        outbox.push(Bytes::from(vec![0; 6]));
        assert_eq!(outbox.push(Bytes::from(vec![1; 6])), 1);
        assert_eq!(outbox.pending_bytes(), 6);
        assert_eq!(outbox.push(Bytes::from(vec![2; 50])), 1);
        assert_eq!(outbox.clear(), 1);
        assert_eq!(outbox.pending_bytes(), 0);
    }

    #[tokio::test]
    async fn whoever_waits_is_woken() {
        let outbox = std::sync::Arc::new(outbox(Overflow::DropOldest));
        let waiting = tokio::spawn({
            let outbox = outbox.clone();
            async move {
                outbox.holds(2).await;
                outbox.pending_bytes()
            }
        });
        tokio::task::yield_now().await;
        outbox.push("a".into());
        tokio::task::yield_now().await;
        outbox.push("b".into());
        assert_eq!(waiting.await.unwrap(), 2);
    }
}
