//! Whom to ask.

use bytes::Bytes;
use network::{Handle, PeerKey, RequestError};
use std::future::Future;
use std::time::Duration;

/// What a peer did that an honest one never does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Lie {
    /// Its answer is not one, or not to what was asked.
    #[error("its answer is malformed or to another question")]
    Malformed,
    /// It showed a header or a certificate of another chain.
    #[error("it spoke of another chain")]
    OtherChain,
    /// The certificate over its latest block or a hand-over does not hold.
    #[error("it showed a certificate that does not hold")]
    Certificate,
    /// A hand-over does not follow, or its validator set is not the one that the header commits to.
    #[error("it showed a hand-over that does not follow")]
    HandOver,
    /// Its headers do not link to the finalized block.
    #[error("its headers do not link")]
    Headers,
    /// It sent another block than was asked for.
    #[error("it sent another block than was asked for")]
    OtherBlock,
    /// A body that is not what its header commits to.
    #[error("it sent a body that is not its header's")]
    Body,
}

impl Lie {
    /// A short fixed name, for metrics.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::OtherChain => "other_chain",
            Self::Certificate => "certificate",
            Self::HandOver => "hand_over",
            Self::Headers => "headers",
            Self::OtherBlock => "other_block",
            Self::Body => "body",
        }
    }
}

/// The peers, as catching up sees them.
pub trait Peers: Send + Sync + 'static {
    /// Who can be asked now.
    fn connected(&self) -> Vec<PeerKey>;

    /// Asks, and waits for the answer at most `timeout`.
    fn request(
        &self,
        peer: PeerKey,
        question: Bytes,
        timeout: Duration,
    ) -> impl Future<Output = Result<Bytes, RequestError>> + Send;

    /// A peer has lied. It is not asked again by this run; what else happens to it is decided here.
    fn blame(&self, peer: PeerKey, lie: Lie);
}

/// The peers of the real network. Liars are banned for a while.
#[derive(Clone, Debug)]
pub struct OverNetwork {
    handle: Handle,
    ban: Duration,
}

impl OverNetwork {
    /// The peers of `handle`, liars banned for `ban`.
    #[must_use]
    pub const fn new(handle: Handle, ban: Duration) -> Self {
        Self { handle, ban }
    }
}

impl Peers for OverNetwork {
    fn connected(&self) -> Vec<PeerKey> {
        self.handle.peers().into_iter().map(|peer| peer.key).collect()
    }

    async fn request(
        &self,
        peer: PeerKey,
        question: Bytes,
        timeout: Duration,
    ) -> Result<Bytes, RequestError> {
        self.handle.request(peer, question, timeout).await
    }

    fn blame(&self, peer: PeerKey, lie: Lie) {
        tracing::warn!(%peer, %lie, "a peer lied while this node was catching up: it is banned for a while");
        let (handle, ban) = (self.handle.clone(), self.ban);
        tokio::spawn(async move {
            if let Err(error) = handle.ban(peer, ban).await {
                tracing::debug!(%peer, %error, "the liar was not banned");
            }
        });
    }
}
