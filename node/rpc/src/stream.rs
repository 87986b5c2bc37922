//! Streams to clients that may be slow, gone or told to end: bounded, and never silently cut.

use crate::refusal::Refusal;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::Status;

/// What a service returns for a stream.
pub(crate) type Frames<T> = ReceiverStream<Result<T, Status>>;

/// How long streams wait, and for what they end.
#[derive(Clone)]
pub(crate) struct Terms {
    /// Ends every stream.
    pub(crate) shutdown: CancellationToken,
    /// Ends streams that go on for ever, while others come to their end.
    pub(crate) drained: Option<CancellationToken>,
    /// Frames that wait for the client.
    pub(crate) buffer: usize,
    /// How long the client may leave a full buffer untouched.
    pub(crate) stall_timeout: Duration,
}

impl Terms {
    async fn is_drained(&self) {
        match &self.drained {
            Some(drained) => drained.cancelled().await,
            None => std::future::pending().await,
        }
    }
}

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
    terms: Terms,
}

/// Starts `work`, whose frames the returned stream gives. What it ends with is the stream's last word.
pub(crate) fn open<T, F, W>(terms: &Terms, work: F) -> Frames<T>
where
    T: Send + 'static,
    F: FnOnce(Outlet<T>) -> W,
    W: Future<Output = Result<(), Stop>> + Send + 'static,
{
    // One place more than the buffer, reserved for the last word: it finds room however full the buffer is.
    let (sender, receiver) = mpsc::channel(terms.buffer + 1);
    let last_word = sender.clone().try_reserve_owned();
    let outlet = Outlet {
        sender,
        terms: terms.clone(),
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
        let sending = tokio::time::timeout(self.terms.stall_timeout, self.sender.send(Ok(frame)));
        tokio::select! {
            // Order: a node that ends sends no more, however fast its clients read.
            biased;
            () = self.terms.shutdown.cancelled() => Err(Refusal::shutting_down().into()),
            () = self.terms.is_drained() => Err(Refusal::draining().into()),
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
            biased;
            () = self.terms.shutdown.cancelled() => Err(Refusal::shutting_down().into()),
            () = self.terms.is_drained() => Err(Refusal::draining().into()),
            () = self.sender.closed() => Err(Stop::Gone),
            output = event => Ok(output),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio_stream::StreamExt;
    use tonic_types::StatusExt;

    fn terms() -> Terms {
        Terms {
            shutdown: CancellationToken::new(),
            drained: None,
            buffer: 2,
            stall_timeout: Duration::from_secs(30),
        }
    }

    fn reason(status: &Status) -> String {
        status.get_details_error_info().unwrap().reason
    }

    async fn count_up(outlet: Outlet<u32>) -> Result<(), Stop> {
        for n in 0u32.. {
            outlet.send(&n.to_string(), n).await?;
        }
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_does_not_read_gets_what_fits_and_then_the_cursor_to_go_on_from() {
        let mut frames = open(&terms(), count_up);
        tokio::time::sleep(Duration::from_secs(31)).await;
        assert_eq!(frames.next().await.unwrap().unwrap(), 0);
        assert_eq!(frames.next().await.unwrap().unwrap(), 1);
        let last = frames.next().await.unwrap().unwrap_err();
        assert_eq!(reason(&last), "SUBSCRIBER_LAGGED");
        assert_eq!(
            last.get_details_error_info().unwrap().metadata["last_cursor"],
            "2"
        );
        assert!(frames.next().await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn shutdown_ends_a_stream_however_full_it_is() {
        let terms = terms();
        let frames = open(&terms, count_up);
        tokio::time::sleep(Duration::from_secs(1)).await;
        terms.shutdown.cancel();
        let seen: Vec<_> = frames.collect().await;
        assert_eq!(seen.len(), 3);
        assert_eq!(reason(seen[2].as_ref().unwrap_err()), "SHUTTING_DOWN");
    }

    #[tokio::test(start_paused = true)]
    async fn work_ends_when_the_client_goes() {
        let (ended, wait) = tokio::sync::oneshot::channel();
        let frames = open(&terms(), |outlet: Outlet<u32>| async move {
            let stop = outlet.wait(std::future::pending::<()>()).await;
            ended.send(stop.is_err()).unwrap();
            Ok(())
        });
        drop(frames);
        assert!(wait.await.unwrap());
    }
}
