//! Takes what the network delivers to where it belongs. Strangers' bytes are decoded here, off the driver's task.

use crate::application::Application;
use crate::driver::Command;
use crate::fetch::Question;
use crate::metrics::Metrics;
use bytes::Bytes;
use consensus::{Message, Peer};
use network::{Class, Event, Events, GossipId, PeerKey, Responder};
use primitives::codec::encode;
use std::sync::Arc;
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
        match Message::decode(bytes) {
            Ok(message) => {
                let command = Command::Message {
                    from: Peer(from.0),
                    message: Box::new(message),
                };
                self.commands.send(command).await.ok()
            }
            Err(error) => {
                self.metrics.malformed.inc();
                tracing::warn!(peer = %from, %error, "a consensus message does not decode");
                Some(())
            }
        }
    }

    /// A full queue loses transactions: their senders' nodes keep them, and votes never wait for them.
    fn transactions(&self, incoming: Incoming) {
        if self.transactions.try_send(incoming).is_err() {
            tracing::debug!("transactions from a peer were dropped: the queue is full");
        }
    }

    async fn request(&self, bytes: Bytes, reply: Responder) -> Option<()> {
        if let Some(Question::Body(hash)) = Question::parse(&bytes) {
            let (answer, body) = oneshot::channel();
            self.commands.send(Command::Body { hash, answer }).await.ok()?;
            let application = self.application.clone();
            tokio::spawn(async move {
                let held = body.await.ok().flatten();
                let found = match held {
                    Some(block) => Some(block),
                    None => blocking(move || application.body(&hash)).await,
                };
                respond(reply, found.map(|block| encode(block.as_ref()).into()));
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
