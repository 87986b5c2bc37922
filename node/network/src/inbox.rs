//! What waits for the owner: fair among peers, bounded per peer, votes before all else.

mod fair;
mod notices;

use crate::{Class, DisconnectReason, Event, GossipId, PeerKey, Responder};
use bytes::Bytes;
use fair::FairQueue;
use notices::Notices;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// How many items and bytes one peer may have waiting in one queue. One item always fits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Share {
    pub(crate) items: usize,
    pub(crate) bytes: usize,
}

/// Strangers gossip and ask too: there may be more of them than validators, so each gets less.
const STRANGERS_BYTES: usize = 1 << 20;

/// The queues between the network's tasks and the owner.
#[derive(Debug)]
pub(crate) struct Inbox {
    notices: Mutex<Notices>,
    consensus: FairQueue<Bytes>,
    transactions: FairQueue<Bytes>,
    gossip: FairQueue<(GossipId, Bytes)>,
    requests: FairQueue<(Bytes, Responder)>,
    wake: Arc<Notify>,
    closed: AtomicBool,
}

impl Inbox {
    pub(crate) fn new(share: Share) -> Self {
        let strangers = Share {
            items: share.items,
            bytes: share.bytes.min(STRANGERS_BYTES),
        };
        let wake = Arc::new(Notify::new());
        Self {
            notices: Mutex::default(),
            consensus: FairQueue::new(share, wake.clone()),
            transactions: FairQueue::new(share, wake.clone()),
            gossip: FairQueue::new(strangers, wake.clone()),
            requests: FairQueue::new(strangers, wake.clone()),
            wake,
            closed: AtomicBool::new(false),
        }
    }

    /// Queues a frame, waiting until the peer's share has room.
    pub(crate) async fn frame(&self, from: PeerKey, class: Class, bytes: Bytes) {
        let size = bytes.len();
        match class {
            Class::Consensus => self.consensus.push(from, bytes, size).await,
            Class::Transactions => self.transactions.push(from, bytes, size).await,
        }
    }

    /// Queues a gossiped message; `false` when the neighbour's share is full.
    pub(crate) fn gossip(&self, from: PeerKey, id: GossipId, bytes: Bytes) -> bool {
        let size = bytes.len();
        self.gossip.try_push(from, (id, bytes), size).is_ok()
    }

    /// Queues a request, waiting until the peer's share has room.
    pub(crate) async fn request(&self, from: PeerKey, bytes: Bytes, reply: Responder) {
        let size = bytes.len();
        self.requests.push(from, (bytes, reply), size).await;
    }

    pub(crate) fn connected(&self, peer: PeerKey) {
        self.notices().connected(peer);
        self.wake.notify_one();
    }

    pub(crate) fn disconnected(&self, peer: PeerKey, reason: DisconnectReason) {
        self.notices().disconnected(peer, reason);
        self.wake.notify_one();
    }

    /// Nothing more will come.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.wake.notify_one();
    }

    fn notices(&self) -> MutexGuard<'_, Notices> {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn abandon(&self) {
        self.consensus.abandon();
        self.transactions.abandon();
        self.gossip.abandon();
        self.requests.abandon();
    }
}

/// How many consensus frames may go before anything else that waits gets a turn.
const URGENT_RUN: u32 = 32;

/// The stream of [`Event`]s, bounded per peer: a peer whose share is full is read no further until the owner has
/// taken something of it, and peers take turns, so that none can crowd out another. Connections come first, then
/// consensus frames; everything else gets at least every 33rd turn.
///
/// Dropping it makes the network discard what it receives.
#[derive(Debug)]
pub struct Events {
    inbox: Arc<Inbox>,
    run: u32,
    turn: u8,
}

impl Events {
    pub(crate) fn new(inbox: Arc<Inbox>) -> Self {
        Self {
            inbox,
            run: 0,
            turn: 0,
        }
    }

    /// The next event; `None` once the network has shut down and everything was taken. Safe to cancel.
    pub async fn recv(&mut self) -> Option<Event> {
        loop {
            let closed = self.inbox.closed.load(Ordering::Acquire);
            if let Some(event) = self.try_recv() {
                return Some(event);
            }
            if closed {
                return None;
            }
            // A wake-up between the look above and this wait is kept by the `Notify`: there is one consumer.
            self.inbox.wake.notified().await;
        }
    }

    /// The next event, if one waits.
    pub fn try_recv(&mut self) -> Option<Event> {
        if let Some(event) = self.inbox.notices().pop() {
            return Some(event);
        }
        if self.run < URGENT_RUN
            && let Some(event) = self.consensus()
        {
            self.run += 1;
            return Some(event);
        }
        self.run = 0;
        self.other().or_else(|| self.consensus())
    }

    fn consensus(&self) -> Option<Event> {
        let (from, bytes) = self.inbox.consensus.pop()?;
        Some(Event::Frame {
            from,
            class: Class::Consensus,
            bytes,
        })
    }

    /// Requests, transactions and gossip in turn.
    fn other(&mut self) -> Option<Event> {
        for _ in 0..3 {
            self.turn = (self.turn + 1) % 3;
            let event = match self.turn {
                0 => self
                    .inbox
                    .requests
                    .pop()
                    .map(|(from, (bytes, reply))| Event::Request { from, bytes, reply }),
                1 => self.inbox.transactions.pop().map(|(from, bytes)| Event::Frame {
                    from,
                    class: Class::Transactions,
                    bytes,
                }),
                _ => self
                    .inbox
                    .gossip
                    .pop()
                    .map(|(from, (id, bytes))| Event::Gossip { from, id, bytes }),
            };
            if event.is_some() {
                return event;
            }
        }
        None
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.inbox.abandon();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: PeerKey = PeerKey([1; 32]);
    const B: PeerKey = PeerKey([2; 32]);

    fn inbox() -> (Arc<Inbox>, Events) {
        let inbox = Arc::new(Inbox::new(Share {
            items: 100,
            bytes: 1_000,
        }));
        (inbox.clone(), Events::new(inbox))
    }

    fn class(event: &Event) -> Class {
        match event {
            Event::Frame { class, .. } => *class,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn votes_pass_transactions_but_do_not_starve_them() {
        let (inbox, mut events) = inbox();
        for _ in 0..50 {
            inbox.frame(A, Class::Transactions, "t".into()).await;
            inbox.frame(A, Class::Consensus, "c".into()).await;
        }
        let order: Vec<Class> = std::iter::from_fn(|| events.try_recv())
            .map(|event| class(&event))
            .collect();
        assert_eq!(order.len(), 100);
        assert!(order[..32].iter().all(|class| *class == Class::Consensus));
        assert_eq!(order[32], Class::Transactions);
        assert_eq!(order[33], Class::Consensus);
    }

    #[tokio::test]
    async fn a_connection_is_told_before_its_frames() {
        let (inbox, mut events) = inbox();
        inbox.frame(B, Class::Consensus, "c".into()).await;
        inbox.connected(B);
        assert!(matches!(events.recv().await, Some(Event::Connected(B))));
        assert!(matches!(events.recv().await, Some(Event::Frame { from: B, .. })));
    }

    #[tokio::test]
    async fn what_waits_at_the_end_is_still_given() {
        let (inbox, mut events) = inbox();
        inbox.frame(A, Class::Consensus, "c".into()).await;
        inbox.close();
        assert!(events.recv().await.is_some());
        assert!(events.recv().await.is_none());
    }

    #[tokio::test]
    async fn an_owner_that_left_blocks_nobody() {
        let inbox = Arc::new(Inbox::new(Share { items: 1, bytes: 1 }));
        drop(Events::new(inbox.clone()));
        for _ in 0..10 {
            inbox.frame(A, Class::Consensus, "c".into()).await;
        }
    }
}
