//! What the operator counts, and where it is read.

use axum::Router;
use axum::routing::get;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// One service's work.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Of {
    /// The kind of service.
    pub(crate) service: &'static str,
}

/// What the operator counts: all start with `palisade_operator_`.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    pub(crate) height: Gauge,
    pub(crate) open: Gauge,
    pub(crate) asked: Family<Of, Counter>,
    pub(crate) shown: Family<Of, Counter>,
    pub(crate) missed: Family<Of, Counter>,
    pub(crate) failures: Family<Of, Counter>,
    pub(crate) refused: Counter,
    pub(crate) sent: Counter,
    pub(crate) lost: Counter,
}

impl Metrics {
    fn registry(&self) -> Registry {
        let mut registry = Registry::with_prefix("palisade_operator");
        registry.register("height", "Highest final block seen", self.height.clone());
        registry.register("open", "Rounds and tasks on their way", self.open.clone());
        registry.register("asked", "Rounds and tasks that began", self.asked.clone());
        registry.register(
            "shown",
            "Values and answers that the chain has",
            self.shown.clone(),
        );
        registry.register(
            "missed",
            "Rounds and tasks that ended without",
            self.missed.clone(),
        );
        registry.register(
            "failures",
            "Sources and commands that gave nothing",
            self.failures.clone(),
        );
        registry.register(
            "signing_refused",
            "Statements that the guard refused",
            self.refused.clone(),
        );
        registry.register("transactions", "Transactions sent", self.sent.clone());
        registry.register(
            "streams_lost",
            "Streams of the node that ended",
            self.lost.clone(),
        );
        registry
    }

    /// Serves them at `http://address/metrics` until `stop`.
    ///
    /// # Errors
    /// When the address cannot be listened at.
    pub(crate) async fn serve(&self, address: SocketAddr, stop: CancellationToken) -> std::io::Result<()> {
        let listener = tokio::net::TcpListener::bind(address).await?;
        let registry = Arc::new(self.registry());
        let page = move || {
            let registry = Arc::clone(&registry);
            async move {
                let mut text = String::new();
                match encode(&mut text, &registry) {
                    Ok(()) => Ok(text),
                    Err(_) => Err(axum::http::StatusCode::INTERNAL_SERVER_ERROR),
                }
            }
        };
        let app = Router::new().route("/metrics", get(page));
        tokio::spawn(async move {
            let served = axum::serve(listener, app).with_graceful_shutdown(stop.cancelled_owned());
            if let Err(error) = served.await {
                tracing::warn!(%error, "metrics are not served any more");
            }
        });
        Ok(())
    }
}
