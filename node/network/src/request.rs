//! Questions and answers: one stream each, opened by whoever asks.
//!
//! On the wire: the question as a frame; then a status byte and, for [`ANSWERED`], the answer as a frame.

use crate::event::Responder;
use crate::metrics::REQUEST;
use crate::shaper::Fate;
use crate::shared::{Peer, Shared};
use crate::streams::{Lane, OpenError};
use crate::{PeerKey, frame};
use bytes::Bytes;
use frame::FrameError;
use futures::io::{AsyncReadExt, AsyncWriteExt};
use libp2p::Stream;
use std::future::pending;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{sleep, timeout};

const ANSWERED: u8 = 0;
const BUSY: u8 = 1;
const UNANSWERED: u8 = 2;

/// How long a peer may take to hear that it gets no answer.
const REFUSAL_TIME: Duration = Duration::from_secs(5);

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The peer is not connected.
    #[error("peer {0} is not connected")]
    NotConnected(PeerKey),
    /// The question is longer than this node's limit.
    #[error("a request of {length} bytes is over the limit of {limit} (requests.max_request_bytes)")]
    TooLong {
        /// Its length in bytes.
        length: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The peer serves as many requests of this node as it wants to: ask another one, or later.
    #[error("the peer is busy: ask another one, or again later")]
    Busy,
    /// The peer got the question and has no answer.
    #[error("the peer has no answer")]
    Unanswered,
    /// The peer announced an answer over this node's limit.
    #[error("the peer's answer has {length} bytes, at most {limit} are taken (requests.max_response_bytes)")]
    AnswerTooLong {
        /// Its announced length in bytes.
        length: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// No answer in time.
    #[error("no answer within {0:?}")]
    Timeout(Duration),
    /// The stream broke, or the peer does not keep to the protocol.
    #[error("the request failed: {0}")]
    Failed(String),
}

impl From<io::Error> for RequestError {
    fn from(error: io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Asks; waits as long as the caller does.
pub(crate) async fn ask(shared: &Shared, key: PeerKey, question: Bytes) -> Result<Bytes, RequestError> {
    let limit = shared.config.requests.max_request_bytes as usize;
    if question.len() > limit {
        return Err(RequestError::TooLong {
            length: question.len(),
            limit,
        });
    }
    let peer = shared.peer(key).ok_or(RequestError::NotConnected(key))?;
    match shared.shaper.outbound(key) {
        Fate::Pass(delay) => travel(delay).await,
        // The question is lost on the way: there is never an answer.
        Fate::Lost => pending().await,
    }
    let _place = peer
        .asking
        .acquire()
        .await
        .map_err(|_| RequestError::NotConnected(key))?;
    let mut stream = shared
        .open(key, Lane::Request)
        .await
        .map_err(|error| match error {
            OpenError::NotConnected => RequestError::NotConnected(key),
            other => RequestError::Failed(other.to_string()),
        })?;
    stream.write_all(&frame::header(&question)).await?;
    stream.write_all(&question).await?;
    stream.flush().await?;
    peer.count_out(question.len());
    shared.metrics.sent(REQUEST, question.len());

    let mut status = [0];
    stream.read_exact(&mut status).await?;
    let answer = match status {
        [ANSWERED] => read_answer(shared, &mut stream).await?,
        [BUSY] => return Err(RequestError::Busy),
        [UNANSWERED] => return Err(RequestError::Unanswered),
        [other] => return Err(RequestError::Failed(format!("unknown status {other}"))),
    };
    if !shared.shaper.admits(key) {
        // The answer is lost on the way.
        pending::<()>().await;
    }
    peer.count_in(answer.len());
    shared.metrics.received(REQUEST, answer.len());
    Ok(answer)
}

async fn read_answer(shared: &Shared, stream: &mut Stream) -> Result<Bytes, RequestError> {
    frame::read(stream, shared.config.requests.max_response_bytes)
        .await
        .map_err(|error| match error {
            FrameError::TooLong { length, limit } => RequestError::AnswerTooLong {
                length: length.into(),
                limit: limit.into(),
            },
            other => RequestError::Failed(other.to_string()),
        })
}

/// Serves one request of `peer`.
pub(crate) async fn serve(shared: Arc<Shared>, peer: Arc<Peer>, mut stream: Stream) {
    let Ok(_place) = peer.serving.clone().try_acquire_owned() else {
        shared.metrics.busy();
        refuse(&mut stream, BUSY).await;
        return;
    };
    let patience = Duration::from_millis(shared.config.requests.serve_timeout_ms);
    let reading = frame::read(&mut stream, shared.config.requests.max_request_bytes);
    let question = match timeout(patience, reading).await {
        Ok(Ok(question)) => question,
        Ok(Err(error)) => {
            tracing::debug!(peer = %peer.key, %error, "bad request");
            shared.metrics.dropped(REQUEST, "malformed", 1);
            refuse(&mut stream, UNANSWERED).await;
            return;
        }
        Err(_) => return,
    };
    peer.count_in(question.len());
    shared.metrics.received(REQUEST, question.len());
    if !shared.shaper.admits(peer.key) {
        shared.metrics.dropped(REQUEST, "shaped", 1);
        return until_left(&mut stream, patience).await;
    }
    let (responder, answer) = Responder::new(shared.config.requests.max_response_bytes as usize);
    let asking = async {
        shared.inbox.request(peer.key, question, responder).await;
        answer.await
    };
    let Ok(Ok(answer)) = timeout(patience, asking).await else {
        refuse(&mut stream, UNANSWERED).await;
        return;
    };
    match shared.shaper.outbound(peer.key) {
        Fate::Pass(delay) => travel(delay).await,
        Fate::Lost => {
            shared.metrics.dropped(REQUEST, "shaped", 1);
            return until_left(&mut stream, patience).await;
        }
    }
    match timeout(patience, answer_with(&mut stream, &answer)).await {
        Ok(Ok(())) => {
            peer.count_out(answer.len());
            shared.metrics.sent(REQUEST, answer.len());
        }
        Ok(Err(error)) => tracing::debug!(peer = %peer.key, %error, "the answer was not taken"),
        Err(_) => tracing::debug!(peer = %peer.key, "the answer was not taken in time"),
    }
}

async fn answer_with(stream: &mut Stream, answer: &Bytes) -> io::Result<()> {
    stream.write_all(&[ANSWERED]).await?;
    stream.write_all(&frame::header(answer)).await?;
    stream.write_all(answer).await?;
    stream.close().await
}

async fn refuse(stream: &mut Stream, status: u8) {
    let refusing = async {
        stream.write_all(&[status]).await?;
        stream.close().await
    };
    // A peer that does not listen to a refusal misses nothing.
    drop(timeout(REFUSAL_TIME, refusing).await);
}

/// The way there, when it is longer than it really is.
async fn travel(delay: Duration) {
    if !delay.is_zero() {
        sleep(delay).await;
    }
}

/// Holds the stream as a lost message would: until the peer gives up, at most `patience`.
async fn until_left(stream: &mut Stream, patience: Duration) {
    let mut nothing = [0];
    drop(timeout(patience, stream.read(&mut nothing)).await);
}
