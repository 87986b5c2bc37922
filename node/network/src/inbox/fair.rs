//! A queue in which peers take turns.

use super::Share;
use crate::PeerKey;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound::{Excluded, Unbounded};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

/// Each peer has a bounded share; the consumer goes round among the peers that have something.
#[derive(Debug)]
pub(super) struct FairQueue<T> {
    state: Mutex<State<T>>,
    share: Share,
    /// Woken when something was queued.
    wake: Arc<Notify>,
}

#[derive(Debug)]
struct State<T> {
    /// Only peers with something queued.
    lines: BTreeMap<PeerKey, Line<T>>,
    /// Whose turn it was last.
    last: PeerKey,
    /// The consumer has gone: everything is discarded.
    abandoned: bool,
}

#[derive(Debug)]
struct Line<T> {
    items: VecDeque<(T, usize)>,
    bytes: usize,
    /// Woken when the line got shorter.
    room: Arc<Notify>,
}

impl<T> Line<T> {
    fn new() -> Self {
        Self {
            items: VecDeque::new(),
            bytes: 0,
            room: Arc::new(Notify::new()),
        }
    }
}

impl<T> FairQueue<T> {
    pub(super) fn new(share: Share, wake: Arc<Notify>) -> Self {
        Self {
            state: Mutex::new(State {
                lines: BTreeMap::new(),
                last: PeerKey([0xff; 32]),
                abandoned: false,
            }),
            share,
            wake,
        }
    }

    /// Queues `item` of `size` bytes, or gives it back when the peer's share is full.
    pub(super) fn try_push(&self, peer: PeerKey, item: T, size: usize) -> Result<(), T> {
        self.offer(peer, item, size).map_err(|(item, _)| item)
    }

    /// As [`Self::try_push`], but waits for room. Safe to cancel: the item is then dropped.
    pub(super) async fn push(&self, peer: PeerKey, mut item: T, size: usize) {
        while let Err((back, shorter)) = self.offer(peer, item, size) {
            item = back;
            shorter.await;
        }
    }

    fn offer(&self, peer: PeerKey, item: T, size: usize) -> Result<(), (T, OwnedNotified)> {
        let mut state = self.lock();
        if state.abandoned {
            return Ok(());
        }
        let line = state.lines.entry(peer).or_insert_with(Line::new);
        let full = line.items.len() >= self.share.items || line.bytes + size > self.share.bytes;
        if full && !line.items.is_empty() {
            // Made under the lock: it hears of every pop from here on, also before it is awaited.
            return Err((item, line.room.clone().notified_owned()));
        }
        line.items.push_back((item, size));
        line.bytes += size;
        drop(state);
        self.wake.notify_one();
        Ok(())
    }

    /// The oldest item of the peer whose turn it is.
    pub(super) fn pop(&self) -> Option<(PeerKey, T)> {
        let mut state = self.lock();
        let last = state.last;
        let next = state.lines.range((Excluded(last), Unbounded)).next();
        let peer = *next.or_else(|| state.lines.iter().next())?.0;
        state.last = peer;
        let line = state.lines.get_mut(&peer)?;
        let popped = line.items.pop_front();
        line.bytes -= popped.as_ref().map_or(0, |(_, size)| *size);
        line.room.notify_waiters();
        if line.items.is_empty() {
            state.lines.remove(&peer);
        }
        popped.map(|(item, _)| (peer, item))
    }

    /// Discards everything, from now on too.
    pub(super) fn abandon(&self) {
        let mut state = self.lock();
        state.abandoned = true;
        for line in std::mem::take(&mut state.lines).into_values() {
            line.room.notify_waiters();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(items: usize) -> Arc<FairQueue<u32>> {
        Arc::new(FairQueue::new(
            Share { items, bytes: 100 },
            Arc::new(Notify::new()),
        ))
    }

    #[test]
    fn a_flood_of_one_peer_delays_another_by_one_turn() {
        let queue = queue(1_000);
        let (flooder, honest) = (PeerKey([1; 32]), PeerKey([2; 32]));
        for number in 0..50 {
            queue.try_push(flooder, number, 1).unwrap();
        }
        queue.try_push(honest, 99, 1).unwrap();
        assert_eq!(queue.pop(), Some((flooder, 0)));
        assert_eq!(queue.pop(), Some((honest, 99)));
        assert_eq!(queue.pop(), Some((flooder, 1)));
    }

    #[test]
    fn a_share_is_bounded_in_items_and_bytes_but_never_below_one_item() {
        let queue = queue(2);
        let peer = PeerKey([1; 32]);
        assert_eq!(queue.try_push(peer, 1, 1_000), Ok(()));
        assert_eq!(queue.try_push(peer, 2, 1), Err(2));
        queue.pop().unwrap();
        assert_eq!(queue.try_push(peer, 1, 1), Ok(()));
        assert_eq!(queue.try_push(peer, 2, 1), Ok(()));
        assert_eq!(queue.try_push(peer, 3, 1), Err(3));
    }

    #[tokio::test]
    async fn whoever_waits_for_room_gets_it() {
        let queue = queue(1);
        let peer = PeerKey([1; 32]);
        queue.push(peer, 1, 1).await;
        let waiting = tokio::spawn({
            let queue = queue.clone();
            async move {
                for number in 2..5 {
                    queue.push(peer, number, 1).await;
                }
            }
        });
        let mut taken = Vec::new();
        while taken.len() < 4 {
            taken.extend(queue.pop().map(|(_, number)| number));
            tokio::task::yield_now().await;
        }
        waiting.await.unwrap();
        assert_eq!(taken, [1, 2, 3, 4]);
    }
}
