//! What the services count.

use crate::gate::Method;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use std::sync::Arc;
use std::time::Duration;
use tonic::Code;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Call {
    service: Arc<str>,
    method: Arc<str>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answer {
    service: Arc<str>,
    method: Arc<str>,
    code: &'static str,
}

/// The services' metrics, all starting with `rpc_`.
#[derive(Clone, Debug)]
pub struct Metrics {
    requests: Family<Answer, Counter>,
    latency: Family<Call, Histogram, fn() -> Histogram>,
    pub(crate) open_streams: Gauge,
    pub(crate) connections: Gauge,
    pub(crate) refused_connections: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            requests: Family::default(),
            latency: Family::new_with_constructor(|| Histogram::new(exponential_buckets(0.000_25, 2.0, 16))),
            open_streams: Gauge::default(),
            connections: Gauge::default(),
            refused_connections: Counter::default(),
        }
    }
}

impl Metrics {
    /// Makes the metrics known under `rpc_…`.
    pub fn register(&self, registry: &mut Registry) {
        let registry = registry.sub_registry_with_prefix("rpc");
        registry.register("requests", "Calls answered", self.requests.clone());
        registry.register(
            "latency_seconds",
            "Time to answer a call, streams left out",
            self.latency.clone(),
        );
        registry.register("open_streams", "Streams that are open", self.open_streams.clone());
        registry.register(
            "connections",
            "Connections that are open",
            self.connections.clone(),
        );
        let refused = self.refused_connections.clone();
        registry.register(
            "refused_connections",
            "Connections closed at once for want of room",
            refused,
        );
    }

    /// A call was answered, or a stream ended, with `code`.
    pub(crate) fn answered(&self, method: &Method, code: Code, took: Duration) {
        let (service, name) = (method.service.clone(), method.name.clone());
        let answer = Answer {
            service: service.clone(),
            method: name.clone(),
            code: name_of(code),
        };
        self.requests.get_or_create(&answer).inc();
        if !method.streams {
            self.latency
                .get_or_create(&Call {
                    service,
                    method: name,
                })
                .observe(took.as_secs_f64());
        }
    }
}

const fn name_of(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
