//! What the owner of a network can do with it.

use crate::config::{MAX_PERSISTENT, PersistentPeer, peer};
use crate::shared::{Command, PeerInfo, Shared};
use crate::{
    Class, DisconnectReason, GossipId, LinkShape, PeerKey, RequestError, Scope, ShapeError, Verdict,
};
use bytes::Bytes;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::oneshot;
use tokio_util::sync::DropGuard;

/// Why something was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Longer than this node's limit.
    #[error(
        "a message of {length} bytes is over the limit of {limit}: send it in parts, or raise the limit everywhere"
    )]
    TooLong {
        /// Its length in bytes.
        length: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// There is no direct stream to the peer: it is not connected, or one of the two is no validator.
    #[error("no direct stream to {0}: it is not connected, or not every end is a validator")]
    NoStream(PeerKey),
    /// The queue is full; the message was dropped.
    #[error("the queue is full: the message was dropped, send it again later")]
    Full,
    /// The network has shut down.
    #[error("the network has shut down")]
    Closed,
}

/// Why a peer was not added.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddPeerError {
    /// The address is none. The text says what one looks like.
    #[error("{0}")]
    Address(String),
    /// The peer is this node.
    #[error("this is the node itself")]
    Itself,
    /// There are as many peers to stay connected to as there may be.
    #[error(
        "the node stays connected to {MAX_PERSISTENT} peers already, with at most 8 addresses each: restart it without some"
    )]
    TooMany,
    /// The network has shut down.
    #[error("the network has shut down")]
    Closed,
}

/// Controls a running network. Clones control the same one; when the last is dropped, the network shuts down.
#[derive(Clone, Debug)]
pub struct Handle {
    shared: Arc<Shared>,
    _running: Arc<DropGuard>,
}

impl Handle {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let running = Arc::new(shared.stop.clone().drop_guard());
        Self {
            shared,
            _running: running,
        }
    }

    /// This node's public key.
    #[must_use]
    pub fn key(&self) -> PeerKey {
        self.shared.key
    }

    /// Queues `frame` for every connected validator, without waiting; gives how many took it. Nothing is sent to
    /// this node itself. What a queue drops is counted in `p2p_dropped_frames_total`.
    ///
    /// # Errors
    /// [`SendError::TooLong`] over `max_frame_bytes`; [`SendError::Closed`].
    pub fn broadcast(&self, class: Class, frame: Bytes) -> Result<usize, SendError> {
        self.check_frame(&frame)?;
        let mut taken = 0;
        for peer in self.shared.peers().values().filter(|peer| peer.is_linked()) {
            let dropped = peer.outbox(class).push(frame.clone());
            self.shared.metrics.dropped(class.name(), "queue_full", dropped);
            taken += usize::from(dropped == 0 || class == Class::Consensus);
        }
        Ok(taken)
    }

    /// Queues `frame` for one connected validator, without waiting.
    ///
    /// # Errors
    /// [`SendError`]; [`SendError::Full`] for transactions only: a full consensus queue drops its oldest frame.
    pub fn send(&self, peer: PeerKey, class: Class, frame: Bytes) -> Result<(), SendError> {
        self.check_frame(&frame)?;
        let linked = self.shared.peer(peer).filter(|peer| peer.is_linked());
        let peer = linked.ok_or(SendError::NoStream(peer))?;
        let dropped = peer.outbox(class).push(frame);
        self.shared.metrics.dropped(class.name(), "queue_full", dropped);
        match class {
            Class::Transactions if dropped > 0 => Err(SendError::Full),
            Class::Transactions | Class::Consensus => Ok(()),
        }
    }

    /// Says who the validators are from now on: they get direct streams, if this node is one of them, and are
    /// dialed wherever they are known to be. Around a change of epoch, name those of both epochs.
    pub fn set_validators(&self, validators: Vec<PeerKey>) {
        let set: BTreeSet<PeerKey> = validators.into_iter().collect();
        self.shared.validators.send_replace(Arc::new(set));
    }

    /// Gossips a transaction to everyone, without waiting. The same bytes go once in a minute, whoever sends them.
    ///
    /// # Errors
    /// [`SendError::TooLong`] over `gossip.max_message_bytes`, [`SendError::Full`], [`SendError::Closed`].
    pub fn gossip(&self, message: Bytes) -> Result<(), SendError> {
        let limit = self.shared.config.gossip.max_message_bytes as usize;
        if message.len() > limit {
            return Err(SendError::TooLong {
                length: message.len(),
                limit,
            });
        }
        self.try_command(Command::Gossip(message))
    }

    /// Says what a gossiped message of [`Event::Gossip`](crate::Event::Gossip) is worth. One that is never reported
    /// is not passed on.
    ///
    /// # Errors
    /// [`SendError::Full`] when the driver is behind: the message is then not passed on. [`SendError::Closed`].
    pub fn report(&self, id: GossipId, from: PeerKey, verdict: Verdict) -> Result<(), SendError> {
        self.try_command(Command::Report { id, from, verdict })
    }

    /// Asks `peer`, validator or not, and waits for its answer, at most `timeout`. Dropping the future gives up.
    ///
    /// # Errors
    /// [`RequestError`] says what became of it.
    pub async fn request(
        &self,
        peer: PeerKey,
        question: Bytes,
        timeout: Duration,
    ) -> Result<Bytes, RequestError> {
        let asking = crate::request::ask(&self.shared, peer, question);
        match tokio::time::timeout(timeout, asking).await {
            Ok(answer) => answer,
            Err(_) => Err(RequestError::Timeout(timeout)),
        }
    }

    /// The connected peers, in the order of their keys.
    #[must_use]
    pub fn peers(&self) -> Vec<PeerInfo> {
        self.shared.peers().values().map(|peer| peer.info()).collect()
    }

    /// Closes every link to `peer`. A validator or persistent peer is dialed again; [`Self::ban`] prevents that.
    ///
    /// # Errors
    /// [`SendError::Closed`].
    pub async fn disconnect(&self, peer: PeerKey, reason: impl Into<String> + Send) -> Result<(), SendError> {
        let reason = DisconnectReason::Asked(reason.into());
        self.command(Command::Disconnect { peer, reason }).await
    }

    /// Closes every link to `peer` and refuses new ones for `duration`, at most a year. At most 4,096 peers are
    /// banned at once; beyond that the ban that ends first is lifted.
    ///
    /// # Errors
    /// [`SendError::Closed`].
    pub async fn ban(&self, peer: PeerKey, duration: Duration) -> Result<(), SendError> {
        self.command(Command::Ban { peer, duration }).await
    }

    /// Stays connected to the peer at `address`, `/ip4/…/tcp/…/p2p/<peer id>`, until the network ends, as to one of
    /// `persistent_peers`; gives its key. A ban of it is lifted.
    ///
    /// # Errors
    /// [`AddPeerError`].
    pub async fn add_peer(&self, address: &str) -> Result<PeerKey, AddPeerError> {
        let PersistentPeer { key, address } = peer(address).map_err(AddPeerError::Address)?;
        if key == self.shared.key {
            return Err(AddPeerError::Itself);
        }
        let (reply, answer) = oneshot::channel();
        let keep = Command::Keep {
            peer: key,
            address,
            reply,
        };
        self.command(keep).await.map_err(|_| AddPeerError::Closed)?;
        match answer.await {
            Ok(true) => Ok(key),
            Ok(false) => Err(AddPeerError::TooMany),
            Err(_) => Err(AddPeerError::Closed),
        }
    }

    /// Where this node listens, as multiaddresses, with the ports that the system chose.
    #[must_use]
    pub fn local_addresses(&self) -> Vec<String> {
        self.shared.local().iter().map(ToString::to_string).collect()
    }

    /// [`Self::local_addresses`] with `/p2p/<peer id>` at the end: what another node's `persistent_peers` wants.
    #[must_use]
    pub fn dial_addresses(&self) -> Vec<String> {
        let id = self
            .shared
            .key
            .peer_id()
            .map(|id| id.to_string())
            .unwrap_or_default();
        self.local_addresses()
            .into_iter()
            .map(|address| format!("{address}/p2p/{id}"))
            .collect()
    }

    /// Makes links worse, for tests of faults. See [`LinkShape`].
    ///
    /// # Errors
    /// [`ShapeError`] when there is no such link.
    pub fn shape(&self, scope: Scope, shape: LinkShape) -> Result<(), ShapeError> {
        self.shared.shaper.set(scope, shape)
    }

    /// Makes every link well again.
    pub fn clear_shapes(&self) {
        self.shared.shaper.clear();
    }

    /// Closes every link and ends every task; returns when that is done. Other handles stay valid and fail with
    /// [`SendError::Closed`].
    pub async fn shutdown(&self) {
        self.shared.stop.cancel();
        self.shared.ended.cancelled().await;
    }

    fn check_frame(&self, frame: &Bytes) -> Result<(), SendError> {
        let limit = self.shared.config.max_frame_bytes as usize;
        if frame.len() > limit {
            return Err(SendError::TooLong {
                length: frame.len(),
                limit,
            });
        }
        if self.shared.stop.is_cancelled() {
            return Err(SendError::Closed);
        }
        Ok(())
    }

    async fn command(&self, command: Command) -> Result<(), SendError> {
        self.shared
            .commands
            .send(command)
            .await
            .map_err(|_| SendError::Closed)
    }

    fn try_command(&self, command: Command) -> Result<(), SendError> {
        self.shared
            .commands
            .try_send(command)
            .map_err(|error| match error {
                TrySendError::Full(_) => SendError::Full,
                TrySendError::Closed(_) => SendError::Closed,
            })
    }

    /// The validators among the connected peers that have direct streams, in the order of their keys.
    #[must_use]
    pub fn linked(&self) -> Vec<PeerKey> {
        let peers = self.shared.peers();
        peers
            .values()
            .filter(|peer| peer.linked.load(Ordering::Acquire))
            .map(|peer| peer.key)
            .collect()
    }
}
