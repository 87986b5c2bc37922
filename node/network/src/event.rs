//! What the network tells its owner.

use crate::PeerKey;
use bytes::Bytes;
use std::fmt;
use tokio::sync::oneshot;

/// What a direct frame is about. Each class has its own stream and its own queue per peer, so that transactions
/// never delay votes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Proposals, votes and certificates. A full queue loses its oldest frame: consensus sends what matters again.
    Consensus,
    /// Transactions relayed between validators, batched for a few milliseconds. A full queue refuses the newest.
    Transactions,
}

impl Class {
    /// Both classes.
    pub const ALL: [Self; 2] = [Self::Consensus, Self::Transactions];

    /// Its name in metrics and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Consensus => "consensus",
            Self::Transactions => "transactions",
        }
    }
}

/// A gossiped message's name: the sha-256 hash of its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GossipId(pub [u8; 32]);

/// What the owner thinks of a gossiped message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Good: pass it on to other peers.
    Accept,
    /// Bad, and whoever sent it should have known: it is not passed on, and a peer that sends many is banned for a
    /// while.
    Reject,
    /// Neither (a full pool, say): it is not passed on and nobody is blamed.
    Ignore,
}

/// What happened. [`Events::recv`](crate::Events::recv) gives one at a time.
///
/// `Connected` of a peer comes before everything else of it. A frame, request or gossip that had arrived before a
/// link was lost may come after its `Disconnected`.
#[derive(Debug)]
pub enum Event {
    /// A frame from a validator.
    Frame {
        /// Who sent it.
        from: PeerKey,
        /// On which stream.
        class: Class,
        /// Its content, at most `max_frame_bytes`.
        bytes: Bytes,
    },
    /// A gossiped message that is to be judged: answer with [`Handle::report`](crate::Handle::report).
    Gossip {
        /// The neighbour that passed it on; not its author.
        from: PeerKey,
        /// Its name.
        id: GossipId,
        /// Its content, at most `gossip.max_message_bytes`.
        bytes: Bytes,
    },
    /// A peer, validator or not, asks for something.
    Request {
        /// Who asks.
        from: PeerKey,
        /// The question, at most `requests.max_request_bytes`.
        bytes: Bytes,
        /// Where the answer goes. Dropping it tells the peer that there is none.
        reply: Responder,
    },
    /// A peer on this chain can be reached.
    Connected(PeerKey),
    /// The last link to a peer is gone.
    Disconnected(PeerKey, DisconnectReason),
}

/// Where the answer to one request goes.
#[derive(Debug)]
pub struct Responder {
    sender: oneshot::Sender<Bytes>,
    limit: usize,
}

/// An answer is longer than this node's limit; the peer is told that there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "an answer of {length} bytes is over the limit of {limit} (requests.max_response_bytes): answer in parts"
)]
pub struct AnswerTooLong {
    /// Its length.
    pub length: usize,
    /// The limit.
    pub limit: usize,
}

impl Responder {
    pub(crate) fn new(limit: usize) -> (Self, oneshot::Receiver<Bytes>) {
        let (sender, receiver) = oneshot::channel();
        (Self { sender, limit }, receiver)
    }

    /// Sends the answer. A peer that has gone away is no error.
    ///
    /// # Errors
    /// [`AnswerTooLong`] over `requests.max_response_bytes`.
    pub fn respond(self, answer: Bytes) -> Result<(), AnswerTooLong> {
        if answer.len() > self.limit {
            return Err(AnswerTooLong {
                length: answer.len(),
                limit: self.limit,
            });
        }
        // The receiver is gone when the peer is; nobody waits for the answer then.
        drop(self.sender.send(answer));
        Ok(())
    }
}

/// Why the last link to a peer ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DisconnectReason {
    /// The peer closed it, or its process ended.
    ClosedByPeer,
    /// The link broke.
    LinkLost(String),
    /// The peer no longer answered pings.
    Unresponsive,
    /// This node's owner asked for it.
    Asked(String),
    /// The peer is banned.
    Banned,
    /// It announced a frame over the limit.
    OversizedFrame {
        /// The announced length in bytes.
        length: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// It gossiped too much that was rejected.
    BadGossip,
    /// It is on another chain. Such a peer is never reported as connected.
    WrongChain,
    /// It did not say who it is in time. Such a peer is never reported as connected.
    Unidentified,
    /// This node is shutting down.
    ShuttingDown,
}

impl DisconnectReason {
    /// A short fixed name, for metrics.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::ClosedByPeer => "closed_by_peer",
            Self::LinkLost(_) => "link_lost",
            Self::Unresponsive => "unresponsive",
            Self::Asked(_) => "asked",
            Self::Banned => "banned",
            Self::OversizedFrame { .. } => "oversized_frame",
            Self::BadGossip => "bad_gossip",
            Self::WrongChain => "wrong_chain",
            Self::Unidentified => "unidentified",
            Self::ShuttingDown => "shutting_down",
        }
    }
}

impl fmt::Display for DisconnectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClosedByPeer => f.write_str("closed by the peer"),
            Self::LinkLost(cause) => write!(f, "link lost: {cause}"),
            Self::Unresponsive => f.write_str("no answer to pings"),
            Self::Asked(why) => write!(f, "disconnected by this node: {why}"),
            Self::Banned => f.write_str("banned"),
            Self::OversizedFrame { length, limit } => {
                write!(
                    f,
                    "announced a frame of {length} bytes, at most {limit} are allowed"
                )
            }
            Self::BadGossip => f.write_str("gossiped too many bad messages"),
            Self::WrongChain => f.write_str("on another chain"),
            Self::Unidentified => f.write_str("did not identify itself in time"),
            Self::ShuttingDown => f.write_str("this node is shutting down"),
        }
    }
}
