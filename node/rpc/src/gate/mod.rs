//! What every call passes: limits, deadline, origin, the chain's name, headers, metrics.

mod body;
mod methods;
mod origin;
mod rate;

pub(crate) use methods::{Method, Methods};
pub(crate) use origin::is_local_only;
pub(crate) use rate::Rates;

use crate::backend::Tip;
use crate::drain::Drain;
use crate::gate::body::{End, Watched};
use crate::metrics::Metrics;
use crate::refusal::Refusal;
use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tonic::body::Body;
use tonic::codegen::http::{HeaderName, HeaderValue, Request, Response};
use tonic::codegen::{BoxFuture, Service};
use tonic::transport::server::{TcpConnectInfo, TlsConnectInfo};
use tonic::{Code, Status};
use tower::Layer;
use tracing::Instrument;

/// The header by which a client may say which chain it means.
pub(crate) const CHAIN_ID: HeaderName = HeaderName::from_static("x-palisade-chain-id");
const HEIGHT: HeaderName = HeaderName::from_static("x-palisade-height");
const EARLIEST_HEIGHT: HeaderName = HeaderName::from_static("x-palisade-earliest-height");
const EPOCH: HeaderName = HeaderName::from_static("x-palisade-epoch");

/// The headers of ours that every answer has.
pub(crate) const HEADERS: [HeaderName; 4] = [HEIGHT, EARLIEST_HEIGHT, EPOCH, CHAIN_ID];

/// What the gate watches and limits.
pub(crate) struct Limits {
    pub(crate) tip: watch::Receiver<Tip>,
    pub(crate) chain_id: HeaderValue,
    pub(crate) methods: Methods,
    pub(crate) metrics: Metrics,
    pub(crate) max_calls: usize,
    pub(crate) max_streams: usize,
    pub(crate) call_timeout: Duration,
    pub(crate) max_receive_bytes: usize,
    pub(crate) rates: Rates,
    pub(crate) drain: Drain,
}

struct Shared {
    limits: Limits,
}

/// Puts the gate before services.
#[derive(Clone)]
pub(crate) struct GateLayer(Arc<Shared>);

impl GateLayer {
    pub(crate) fn new(limits: Limits) -> Self {
        Self(Arc::new(Shared { limits }))
    }
}

impl<S> Layer<S> for GateLayer {
    type Service = Gate<S>;

    fn layer(&self, inner: S) -> Gate<S> {
        Gate {
            inner,
            shared: self.0.clone(),
        }
    }
}

/// Services behind the gate.
#[derive(Clone)]
pub(crate) struct Gate<S> {
    inner: S,
    shared: Arc<Shared>,
}

/// The room that a call takes: for as long as it works, and its stream for as long as it is open.
struct Room {
    _call: OwnedSemaphorePermit,
    stream: Option<OwnedSemaphorePermit>,
}

impl Shared {
    fn admit(&self, method: &Method, request: &Request<Body>) -> Result<Room, Refusal> {
        if is_local_only(request.uri().path()) {
            origin::check(request)?;
        }
        // Who has no address is on this machine.
        let plain = request.extensions().get::<TcpConnectInfo>();
        let encrypted = request.extensions().get::<TlsConnectInfo<TcpConnectInfo>>();
        let info = plain.or(encrypted.map(TlsConnectInfo::get_ref));
        if let Some(address) = info.and_then(TcpConnectInfo::remote_addr) {
            self.limits
                .rates
                .take(address.ip(), rate::cost(method), Instant::now())?;
        }
        let chain = &self.limits.chain_id;
        if let Some(meant) = request.headers().get(CHAIN_ID).filter(|meant| meant != chain) {
            let text = |value: &HeaderValue| -> String {
                String::from_utf8_lossy(value.as_bytes())
                    .chars()
                    .take(100)
                    .collect()
            };
            return Err(Refusal::chain(&text(chain), &text(meant)));
        }
        if self.limits.drain.refuses(method) {
            return Err(Refusal::draining());
        }
        let call = self.limits.drain.calls().clone().try_acquire_owned();
        let call = call.map_err(|_| Refusal::overloaded("calls", self.limits.max_calls))?;
        let stream = if method.streams {
            let stream = self.limits.drain.streams().clone().try_acquire_owned();
            Some(stream.map_err(|_| Refusal::overloaded("streams", self.limits.max_streams))?)
        } else {
            None
        };
        Ok(Room { _call: call, stream })
    }

    fn add_headers(&self, response: &mut Response<Body>) {
        let tip = *self.limits.tip.borrow();
        let headers = response.headers_mut();
        headers.insert(HEIGHT, tip.height.get().into());
        headers.insert(EARLIEST_HEIGHT, tip.earliest_state.get().into());
        headers.insert(EPOCH, tip.epoch.get().into());
        headers.insert(CHAIN_ID, self.limits.chain_id.clone());
    }

    /// What tonic itself refused has no details: they are added.
    fn explain(&self, status: &Status, response: Response<Body>) -> (Code, Response<Body>) {
        match Refusal::of_transport(status, self.limits.max_receive_bytes) {
            Some(refusal) => {
                let status = Status::from(refusal);
                (status.code(), status.into_http())
            }
            None => (status.code(), response),
        }
    }

    fn answer(
        &self,
        response: Response<Body>,
        method: Method,
        stream: Option<OwnedSemaphorePermit>,
        started: Instant,
    ) -> Response<Body> {
        // A refusal has no body: all of it stands in the headers.
        let mut response = match Status::from_header_map(response.headers()) {
            Some(status) => {
                let (code, response) = self.explain(&status, response);
                self.limits.metrics.answered(&method, code, started.elapsed());
                response
            }
            None => {
                let end = End::new(self.limits.metrics.clone(), method, started, stream);
                response.map(|body| Body::new(Watched::new(body, end)))
            }
        };
        self.add_headers(&mut response);
        response
    }
}

impl<S> Service<Request<Body>> for Gate<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Response<Body>, Infallible>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        // The clone that was asked whether it is ready is the one to call.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let shared = self.shared.clone();
        let span = tracing::debug_span!(
            "call",
            method = request.uri().path(),
            code = tracing::field::Empty
        );
        let work = async move {
            let started = Instant::now();
            let method = shared.limits.methods.get(request.uri().path());
            let limit = shared.limits.call_timeout;
            let (response, stream) = match shared.admit(&method, &request) {
                Ok(room) => match tokio::time::timeout(limit, inner.call(request)).await {
                    Ok(response) => (response?, room.stream),
                    Err(_) => (refused(Refusal::deadline(limit)), None),
                },
                Err(refusal) => (refused(refusal), None),
            };
            let answer = shared.answer(response, method, stream, started);
            let span = tracing::Span::current();
            if !span.is_disabled() {
                // How it began: a stream's end is in the metrics.
                let refused = Status::from_header_map(answer.headers());
                let code = refused.map_or(Code::Ok, |status| status.code());
                span.record("code", tracing::field::debug(code));
            }
            Ok(answer)
        };
        Box::pin(work.instrument(span))
    }
}

fn refused(refusal: Refusal) -> Response<Body> {
    Status::from(refusal).into_http()
}
