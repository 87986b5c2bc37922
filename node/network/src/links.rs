//! The direct streams between two validators: one task writes, one reads, for each class.
//!
//! On the wire: the reader sends one byte, [`READY`], when it takes the stream; then the writer sends frames. A reader
//! that does not know yet that the writer is a validator closes the stream instead, and no frame is lost in it.

use crate::shaper::Fate;
use crate::shared::{Command, Peer, Shared};
use crate::streams::{Lane, OpenError};
use crate::{Class, DisconnectReason, frame};
use frame::FrameError;
use futures::io::{AsyncReadExt, AsyncWriteExt, BufWriter, ReadHalf, WriteHalf};
use libp2p::Stream;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};

/// The reader takes the stream.
const READY: u8 = 1;
/// First wait before a lost stream is opened again.
const FIRST_RETRY: Duration = Duration::from_millis(50);
/// Longest wait.
const MAX_RETRY: Duration = Duration::from_secs(2);
/// How long opening may take, and the reader to take the stream.
const OPEN_TIME: Duration = Duration::from_secs(10);
/// A stream that lasted this long was a good one: the next wait is the first again.
const GOOD: Duration = Duration::from_secs(5);
/// Transactions are written before their wait is over once there are this many bytes.
const FULL_BATCH: usize = 64 << 10;

impl Class {
    pub(crate) const fn lane(self) -> Lane {
        match self {
            Self::Consensus => Lane::Consensus,
            Self::Transactions => Lane::Transactions,
        }
    }
}

/// Sends what is queued for `peer`, for as long as the task lives. A lost stream is opened again.
pub(crate) async fn write(shared: Arc<Shared>, peer: Arc<Peer>, class: Class) {
    let mut wait = FIRST_RETRY;
    loop {
        match timeout(OPEN_TIME, open(&shared, &peer, class)).await {
            Ok(Ok(stream)) => {
                let opened = Instant::now();
                let error = Writer::new(&shared, &peer, class, stream).run().await;
                tracing::debug!(peer = %peer.key, class = class.name(), %error, "outgoing stream ended");
                if opened.elapsed() >= GOOD {
                    wait = FIRST_RETRY;
                }
            }
            Ok(Err(error)) => {
                tracing::debug!(peer = %peer.key, class = class.name(), %error, "no outgoing stream");
            }
            Err(_) => tracing::debug!(peer = %peer.key, class = class.name(), "no outgoing stream in time"),
        }
        sleep(wait).await;
        wait = (wait * 2).min(MAX_RETRY);
    }
}

/// A stream that the peer has taken.
async fn open(shared: &Shared, peer: &Peer, class: Class) -> Result<Stream, OpenError> {
    let mut stream = shared.open(peer.key, class.lane()).await?;
    let mut answer = [0];
    match stream.read_exact(&mut answer).await {
        Ok(()) if answer == [READY] => Ok(stream),
        Ok(()) => Err(OpenError::Io("the peer does not keep to the protocol".into())),
        Err(error) => Err(OpenError::Io(format!(
            "the peer does not take the stream: {error}"
        ))),
    }
}

struct Writer<'a> {
    shared: &'a Shared,
    peer: &'a Peer,
    class: Class,
    /// Nothing more comes on it; its end tells that the peer has closed the stream.
    back: ReadHalf<Stream>,
    out: BufWriter<WriteHalf<Stream>>,
    /// When the last delayed frame went: order is kept.
    last: Instant,
}

impl<'a> Writer<'a> {
    fn new(shared: &'a Shared, peer: &'a Peer, class: Class, stream: Stream) -> Self {
        let (back, out) = stream.split();
        Self {
            shared,
            peer,
            class,
            back,
            out: BufWriter::with_capacity(16 << 10, out),
            last: Instant::now(),
        }
    }

    async fn run(mut self) -> io::Error {
        let outbox = self.peer.outbox(self.class);
        let mut batched = self.last;
        loop {
            let mut nothing = [0];
            tokio::select! {
                biased;
                closed = self.back.read(&mut nothing) => {
                    return closed.err().unwrap_or_else(|| io::Error::other("closed by the peer"));
                }
                () = outbox.filled() => {}
            }
            if self.class == Class::Transactions {
                let delay = Duration::from_millis(self.shared.config.batch_delay_ms);
                // Late or full, the batch goes; a lone transaction waits for nobody.
                drop(timeout_at(batched + delay, outbox.holds(FULL_BATCH)).await);
                batched = Instant::now();
            }
            if let Err(error) = self.write_queued().await {
                self.shared.metrics.dropped(self.class.name(), "link_lost", 1);
                return error;
            }
        }
    }

    /// Writes all that is queued, then flushes.
    async fn write_queued(&mut self) -> io::Result<()> {
        while let Some(queued) = self.peer.outbox(self.class).pop() {
            match self.shared.shaper.outbound(self.peer.key) {
                Fate::Lost => {
                    self.shared.metrics.dropped(self.class.name(), "shaped", 1);
                    continue;
                }
                Fate::Pass(Duration::ZERO) => {}
                Fate::Pass(delay) => {
                    self.out.flush().await?;
                    self.last = self.last.max(queued.at + delay);
                    sleep_until(self.last).await;
                }
            }
            self.out.write_all(&frame::header(&queued.frame)).await?;
            self.out.write_all(&queued.frame).await?;
            self.peer.count_out(queued.frame.len());
            self.shared.metrics.sent(self.class.name(), queued.frame.len());
        }
        self.out.flush().await
    }
}

/// Receives the frames of `peer` until its stream ends. A frame over the limit ends every link to the peer.
pub(crate) async fn read(shared: Arc<Shared>, peer: Arc<Peer>, class: Class, mut stream: Stream) {
    if let Err(error) = take(&mut stream).await {
        tracing::debug!(peer = %peer.key, class = class.name(), %error, "incoming stream not taken");
        return;
    }
    let error = loop {
        match frame::read(&mut stream, shared.config.max_frame_bytes).await {
            Ok(bytes) => {
                peer.count_in(bytes.len());
                shared.metrics.received(class.name(), bytes.len());
                if shared.shaper.admits(peer.key) {
                    shared.inbox.frame(peer.key, class, bytes).await;
                } else {
                    shared.metrics.dropped(class.name(), "shaped", 1);
                }
            }
            Err(error) => break error,
        }
    };
    tracing::debug!(peer = %peer.key, class = class.name(), %error, "incoming stream ended");
    if let FrameError::TooLong { length, limit } = error {
        shared.metrics.dropped(class.name(), "oversized", 1);
        let reason = DisconnectReason::OversizedFrame {
            length: length.into(),
            limit: limit.into(),
        };
        let command = Command::Disconnect {
            peer: peer.key,
            reason,
        };
        // An error means that the network is ending, and every link with it.
        drop(shared.commands.send(command).await);
    }
}

async fn take(stream: &mut Stream) -> io::Result<()> {
    stream.write_all(&[READY]).await?;
    stream.flush().await
}
