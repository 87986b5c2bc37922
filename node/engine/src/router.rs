//! Takes what the network delivers to where it belongs. Strangers' bytes are decoded here, off the driver's task.

use crate::application::Application;
use crate::compact::{self, Compact, Way};
use crate::driver::Command;
use crate::fetch::{Leader, Question};
use crate::metrics::Metrics;
use bytes::Bytes;
use consensus::{Message, Peer};
use network::{Class, Event, Events, GossipId, Handle as Network, PeerKey, Responder};
use primitives::codec::CodecError;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{mpsc, oneshot};

/// Transactions from the network, for the mempool.
#[derive(Debug)]
pub enum Incoming {
    /// A batch relayed by a validator.
    Relayed {
        /// By whom.
        from: PeerKey,
        /// The frame.
        bytes: Bytes,
    },
    /// A gossiped message, to be judged.
    Gossiped {
        /// The neighbour that passed it on.
        from: PeerKey,
        /// Its name.
        id: GossipId,
        /// Its content.
        bytes: Bytes,
    },
}

/// Where things go.
#[derive(Debug)]
pub(crate) struct Router<A> {
    pub(crate) application: Arc<A>,
    pub(crate) commands: mpsc::Sender<Command>,
    pub(crate) transactions: mpsc::Sender<Incoming>,
    pub(crate) metrics: Metrics,
    pub(crate) network: Network,
    pub(crate) rebuilding: Rebuilding,
}

/// Pushed blocks that are being made whole, by who pushed them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rebuilding(Arc<Mutex<BTreeMap<PeerKey, usize>>>);

/// Room for one of them.
struct Room {
    of: Rebuilding,
    peer: PeerKey,
}

impl Rebuilding {
    /// Blocks of one validator at once: it leads few views in a row.
    const EACH: usize = 4;

    fn held(&self) -> MutexGuard<'_, BTreeMap<PeerKey, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, peer: PeerKey) -> Option<Room> {
        let mut held = self.held();
        let count = held.entry(peer).or_default();
        if *count >= Self::EACH {
            return None;
        }
        *count += 1;
        let of = self.clone();
        Some(Room { of, peer })
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut held = self.of.held();
        match held.get_mut(&self.peer) {
            Some(count) if *count > 1 => *count -= 1,
            Some(_) | None => {
                held.remove(&self.peer);
            }
        }
    }
}

impl<A: Application> Router<A> {
    /// Runs until the network or the driver ends.
    pub(crate) async fn run(self, mut events: Events) {
        while let Some(event) = events.recv().await {
            if self.route(event).await.is_none() {
                return;
            }
        }
    }

    /// `None` when the driver is gone.
    async fn route(&self, event: Event) -> Option<()> {
        match event {
            Event::Frame {
                from,
                class: Class::Consensus,
                bytes,
            } => self.consensus(from, &bytes).await,
            Event::Frame {
                from,
                class: Class::Transactions,
                bytes,
            } => {
                self.transactions(Incoming::Relayed { from, bytes });
                Some(())
            }
            Event::Gossip { from, id, bytes } => {
                self.transactions(Incoming::Gossiped { from, id, bytes });
                Some(())
            }
            Event::Request { bytes, reply, .. } => self.request(bytes, reply).await,
            Event::Connected(peer) => {
                tracing::info!(%peer, "connected");
                // What it missed is sent again by the core's retries.
                Some(())
            }
            Event::Disconnected(peer, reason) => {
                tracing::info!(%peer, ?reason, "disconnected");
                Some(())
            }
        }
    }

    async fn consensus(&self, from: PeerKey, bytes: &[u8]) -> Option<()> {
        if let Some(compact) = compact::parse(bytes) {
            match compact {
                Ok(compact) => self.rebuild(from, compact),
                Err(error) => self.malformed(from, &error),
            }
            return Some(());
        }
        match Message::decode(bytes) {
            Ok(message) => {
                let command = Command::Message {
                    from: Peer(from.0),
                    message: Box::new(message),
                };
                self.commands.send(command).await.ok()
            }
            Err(error) => {
                self.malformed(from, &error);
                Some(())
            }
        }
    }

    fn malformed(&self, from: PeerKey, error: &CodecError) {
        self.metrics.malformed.inc();
        tracing::warn!(peer = %from, %error, "a consensus message does not decode");
    }

    /// Makes a pushed block whole, beside everything else. What a validator pushes while enough of its are being made
    /// whole is as if it had been lost.
    fn rebuild(&self, from: PeerKey, compact: Compact) {
        let room = self
            .rebuilding
            .enter(from)
            .filter(|_| self.network.linked().contains(&from));
        let Some(room) = room else {
            self.metrics.pushed("passed_over");
            return;
        };
        let (application, commands, metrics) = (
            self.application.clone(),
            self.commands.clone(),
            self.metrics.clone(),
        );
        let leader = Leader {
            network: self.network.clone(),
            peer: from,
        };
        tokio::spawn(async move {
            let rebuilt = compact::rebuild(&application, compact, &leader).await;
            drop(room);
            let Some((proposal, way)) = rebuilt else {
                metrics.pushed("lost");
                return;
            };
            match way {
                Way::Here => metrics.pushed("here"),
                Way::Asked(count) => {
                    metrics.pushed("asked");
                    metrics.asked_for(count);
                }
                Way::Whole => metrics.pushed("whole"),
            }
            let message = Box::new(Message::Proposal(Box::new(proposal)));
            let from = Peer(from.0);
            // A driver that is gone needs nothing more.
            drop(commands.send(Command::Message { from, message }).await);
        });
    }

    /// A full queue loses transactions: their senders' nodes keep them, and votes never wait for them.
    fn transactions(&self, incoming: Incoming) {
        if self.transactions.try_send(incoming).is_err() {
            tracing::debug!("transactions from a peer were dropped: the queue is full");
        }
    }

    async fn request(&self, bytes: Bytes, reply: Responder) -> Option<()> {
        if let Some(question) = Question::parse(&bytes) {
            let hash = question.block();
            let (answer, body) = oneshot::channel();
            self.commands.send(Command::Body { hash, answer }).await.ok()?;
            let application = self.application.clone();
            tokio::spawn(async move {
                let held = body.await.ok().flatten();
                let found = match held {
                    Some(block) => Some(block),
                    None => blocking(move || application.body(&hash)).await,
                };
                respond(reply, found.and_then(|block| question.answer(&block)));
            });
        } else {
            let application = self.application.clone();
            tokio::spawn(async move {
                respond(reply, blocking(move || application.answer(&bytes)).await);
            });
        }
        Some(())
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Option<T> + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(work).await.ok().flatten()
}

/// An empty answer says that there is none.
fn respond(reply: Responder, answer: Option<Bytes>) {
    if let Err(error) = reply.respond(answer.unwrap_or_default()) {
        tracing::warn!(%error, "an answer was too long to send");
    }
}
