//! Streams to clients that may be slow, gone or told to end: bounded, and never silently cut.

use crate::api::Api;
use crate::refusal::Refusal;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::Status;

/// What a service returns for a stream.
pub(crate) type Frames<T> = ReceiverStream<Result<T, Status>>;

/// Why a stream ends before its work is done.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The client has gone.
    Gone,
    /// With this as the last word.
    Refused(Refusal),
}

impl<E: Into<Refusal>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Refused(error.into())
    }
}

/// The sending end of a stream.
pub(crate) struct Outlet<T> {
    sender: mpsc::Sender<Result<T, Status>>,
    shutdown: CancellationToken,
    stall_timeout: Duration,
}

/// Starts `work`, whose frames the returned stream gives. What it ends with is the stream's last word.
pub(crate) fn open<T, F, W>(api: &Api, work: F) -> Frames<T>
where
    T: Send + 'static,
    F: FnOnce(Outlet<T>) -> W,
    W: Future<Output = Result<(), Stop>> + Send + 'static,
{
    // One place more than the buffer, reserved for the last word: it finds room however full the buffer is.
    let (sender, receiver) = mpsc::channel(api.stream_buffer + 1);
    let last_word = sender.clone().try_reserve_owned();
    let outlet = Outlet {
        sender,
        shutdown: api.shutdown.clone(),
        stall_timeout: api.stall_timeout,
    };
    let work = work(outlet);
    tokio::spawn(async move {
        if let (Err(Stop::Refused(refusal)), Ok(last_word)) = (work.await, last_word) {
            last_word.send(Err(refusal.into()));
        }
    });
    ReceiverStream::new(receiver)
}

impl<T> Outlet<T> {
    /// Sends a frame, whose cursor is where a client that is too slow for it has to go on.
    pub(crate) async fn send(&self, cursor: &str, frame: T) -> Result<(), Stop> {
        let sending = tokio::time::timeout(self.stall_timeout, self.sender.send(Ok(frame)));
        tokio::select! {
            () = self.shutdown.cancelled() => Err(Refusal::shutting_down().into()),
            sent = sending => match sent {
                Ok(Ok(())) => Ok(()),
                Ok(Err(_)) => Err(Stop::Gone),
                Err(_) => Err(Refusal::lagged(cursor).into()),
            },
        }
    }

    /// Waits for `event`, unless the client goes or the node shuts down first.
    pub(crate) async fn wait<E: Future>(&self, event: E) -> Result<E::Output, Stop> {
        tokio::select! {
            output = event => Ok(output),
            () = self.sender.closed() => Err(Stop::Gone),
            () = self.shutdown.cancelled() => Err(Refusal::shutting_down().into()),
        }
    }
}
