//! Answers, watched until they end: only their trailers say how a call went.

use crate::gate::Method;
use crate::metrics::Metrics;
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;
use tokio::sync::OwnedSemaphorePermit;
use tonic::body::Body;
use tonic::{Code, Status};

/// What happens when an answer ends: it is counted, once, and its stream makes room.
pub(super) struct End {
    metrics: Metrics,
    method: Method,
    started: Instant,
    stream: Option<OwnedSemaphorePermit>,
    counted: bool,
}

impl End {
    pub(super) fn new(
        metrics: Metrics,
        method: Method,
        started: Instant,
        stream: Option<OwnedSemaphorePermit>,
    ) -> Self {
        if stream.is_some() {
            metrics.open_streams.inc();
        }
        Self {
            metrics,
            method,
            started,
            stream,
            counted: false,
        }
    }

    fn count(&mut self, code: Code) {
        if !self.counted {
            self.counted = true;
            self.metrics.answered(&self.method, code, self.started.elapsed());
            if self.stream.take().is_some() {
                self.metrics.open_streams.dec();
            }
        }
    }
}

impl Drop for End {
    fn drop(&mut self) {
        // Nobody read it to its end.
        self.count(Code::Cancelled);
    }
}

/// An answer that is watched.
pub(super) struct Watched {
    inner: Body,
    end: End,
}

impl Watched {
    pub(super) const fn new(inner: Body, end: End) -> Self {
        Self { inner, end }
    }
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(context);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(status) = frame.trailers_ref().and_then(Status::from_header_map) {
                    self.end.count(status.code());
                }
            }
            Poll::Ready(Some(Err(status))) => self.end.count(status.code()),
            Poll::Ready(None) => self.end.count(Code::Ok),
            Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
