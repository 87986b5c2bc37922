//! Puts the services, the gate and the listener together.

use crate::api::Api;
use crate::backend::{Backend, DevBackend, SnapshotBackend, SnapshotLimits};
use crate::config::{Config, ConfigError};
use crate::drain::Drain;
use crate::front::Front;
use crate::gate::{GateLayer, HEADERS, Limits, Methods, Rates, is_local_only};
use crate::health;
use crate::listen::{self, BindError};
use crate::metrics::Metrics;
use crate::mount::Mounted;
use crate::stream::Terms;
use crate::tls::{self, TlsError};
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::codegen::http::{HeaderName, HeaderValue, Method, request::Parts};
use tonic::service::Routes;
use tonic_reflection::pb::{v1, v1alpha};
use tonic_web::GrpcWebLayer;
use tower::Layer;
use tower_http::cors::{AllowOrigin, Any, CorsLayer};

/// Why the services cannot be offered.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A setting cannot work.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The address cannot be listened at.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The certificate or its key cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The socket for the node's owner cannot be listened at.
    #[error("cannot listen at {}: {source}; set admin.socket to another path, or to \"\" for none", path.display())]
    Socket {
        /// Where.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The chain's name has characters that no header can carry.
    #[error("the chain's name {0:?} must be of printable ASCII characters")]
    ChainId(String),
    /// The descriptors that were compiled in are broken.
    #[error("the API's descriptors cannot be read: {0}")]
    Descriptors(String),
    /// The server ended by itself.
    #[error("the gRPC server ended: {0}")]
    Transport(#[from] tonic::transport::Error),
}

/// The gRPC server, before it listens.
pub struct Server {
    config: Config,
    backend: Arc<dyn Backend>,
    dev: Option<Arc<dyn DevBackend>>,
    snapshots: Option<(Arc<dyn SnapshotBackend>, SnapshotLimits)>,
    pages: Option<Routes>,
    metrics: Metrics,
    drain: Drain,
}

impl Server {
    /// A server of the public services.
    ///
    /// # Errors
    /// [`ServeError::Config`] when a setting cannot work.
    pub fn new(config: Config, backend: Arc<dyn Backend>) -> Result<Self, ServeError> {
        config.validate()?;
        Ok(Self {
            drain: Drain::new(&config),
            config,
            backend,
            dev: None,
            snapshots: None,
            pages: None,
            metrics: Metrics::default(),
        })
    }

    /// The same with DevService, for the page that this server itself shows. Only for development chains.
    #[must_use]
    pub fn with_dev(mut self, dev: Arc<dyn DevBackend>) -> Self {
        self.dev = Some(dev);
        self
    }

    /// The same with SnapshotService.
    #[must_use]
    pub fn with_snapshots(mut self, from: Arc<dyn SnapshotBackend>, limits: SnapshotLimits) -> Self {
        self.snapshots = Some((from, limits));
        self
    }

    /// The same with pages for what is no call: an axum router, as `Routes::from(router)`.
    #[must_use]
    pub fn with_pages(mut self, pages: Routes) -> Self {
        self.pages = Some(pages);
        self
    }

    /// The same, counting in `metrics`.
    #[must_use]
    pub fn with_metrics(mut self, metrics: Metrics) -> Self {
        self.metrics = metrics;
        self
    }

    /// The same, which takes nothing new when `drain` says so; made with the settings of this server.
    #[must_use]
    pub fn with_drain(mut self, drain: Drain) -> Self {
        self.drain = drain;
        self
    }

    /// Starts to listen. Connections wait until [`Listening::serve`] runs.
    ///
    /// # Errors
    /// [`ServeError::Bind`] names the address, and who holds the port where the system says.
    pub async fn listen(self) -> Result<Listening, ServeError> {
        // Looked at before anybody can connect: a server without its certificate serves nobody.
        let tls = tls::load(&self.config)?;
        let mut transport = tonic::transport::Server::builder();
        if let Some(tls) = tls {
            transport = transport
                .tls_config(tls)
                .map_err(|error| TlsError::Unusable(innermost(&error)))?;
        }
        let listener = listen::bind(self.config.listen).await?;
        let error = |error| BindError::Refused {
            address: self.config.listen,
            error,
        };
        let address = listener.local_addr().map_err(error)?;
        Ok(Listening {
            server: self,
            transport,
            listener,
            address,
        })
    }

    fn api(&self, shutdown: &CancellationToken) -> Api {
        Api {
            backend: self.backend.clone(),
            recent: Arc::default(),
            terms: Terms {
                shutdown: shutdown.clone(),
                drained: None,
                buffer: self.config.stream_buffer,
                stall_timeout: self.config.stall_timeout(),
            },
            subscriptions: self.drain.subscriptions().clone(),
        }
    }

    /// All services, and what tells the health service how they do.
    async fn routes(&self, api: &Api) -> Result<(Routes, health::Reporter), ServeError> {
        let mut mounted = Mounted::new(self.config.max_receive_bytes, self.config.max_send_bytes);
        mounted.chain(api);
        mounted.state(api);
        mounted.restaking(api);
        mounted.decisions(api);
        mounted.risk(api);
        if let Some((from, limits)) = &self.snapshots {
            mounted.snapshots(api, from, *limits);
        }
        if let Some(dev) = &self.dev {
            mounted.dev(&api.backend, dev);
        }
        let broken = |error: tonic_reflection::server::Error| ServeError::Descriptors(error.to_string());
        let (routes, names) = mounted.finish().map_err(broken)?;
        let (health, reporter) = health::service(names).await;
        Ok((routes.add_service(health), reporter))
    }

    /// Lets pages of the allowed origins use the public services, and see what an answer says beside its message.
    fn cors(&self) -> CorsLayer {
        let allowed = self.config.cors_origins.clone();
        let any = allowed.iter().any(|origin| origin == "*");
        let is_allowed = move |origin: &HeaderValue, parts: &Parts| {
            let listed = || allowed.iter().any(|one| one.as_bytes() == origin.as_bytes());
            !is_local_only(parts.uri.path()) && (any || listed())
        };
        let grpc = ["grpc-status", "grpc-message", "grpc-status-details-bin"].map(HeaderName::from_static);
        CorsLayer::new()
            .allow_origin(AllowOrigin::predicate(is_allowed))
            .allow_methods([Method::POST])
            .allow_headers(Any)
            .expose_headers([&grpc[..], &HEADERS].concat())
            .max_age(Duration::from_secs(3_600))
    }
}

/// The limits of calls, as `config` has them.
pub(crate) fn gate(
    config: &Config,
    backend: &Arc<dyn Backend>,
    metrics: &Metrics,
    drain: &Drain,
) -> Result<GateLayer, ServeError> {
    let sets = [
        proto::FILE_DESCRIPTOR_SET,
        tonic_health::pb::FILE_DESCRIPTOR_SET,
        v1::FILE_DESCRIPTOR_SET,
        v1alpha::FILE_DESCRIPTOR_SET,
    ];
    let id = &backend.chain().id;
    Ok(GateLayer::new(Limits {
        tip: backend.tip(),
        chain_id: HeaderValue::from_str(id).map_err(|_| ServeError::ChainId(id.clone()))?,
        methods: Methods::new(&sets).map_err(|error| ServeError::Descriptors(error.to_string()))?,
        metrics: metrics.clone(),
        max_calls: config.max_calls,
        max_streams: config.max_streams,
        call_timeout: config.call_timeout(),
        max_receive_bytes: config.max_receive_bytes,
        rates: Rates::new(
            config.rate_per_second,
            config.rate_burst,
            config.rate_limit_loopback,
        ),
        drain: drain.clone(),
    }))
}

/// The last cause, which says what is wrong rather than where.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut current = error;
    while let Some(source) = current.source() {
        current = source;
    }
    current.to_string()
}

/// The gRPC server, listening.
pub struct Listening {
    server: Server,
    transport: tonic::transport::Server,
    listener: TcpListener,
    address: SocketAddr,
}

impl Listening {
    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `shutdown`: then streams end with a status that says so, calls may go on for the grace, and what
    /// is open after that is closed.
    ///
    /// # Errors
    /// [`ServeError`] when the server cannot start or ends by itself.
    pub async fn serve(self, shutdown: CancellationToken) -> Result<(), ServeError> {
        let Self {
            server,
            transport,
            listener,
            ..
        } = self;
        let (routes, reporter) = server.routes(&server.api(&shutdown)).await?;
        let calls =
            gate(&server.config, &server.backend, &server.metrics, &server.drain)?.layer(routes.prepare());
        let front = Front {
            calls: server.cors().layer(GrpcWebLayer::new().layer(calls)),
            pages: server.pages.clone(),
        };

        let config = &server.config;
        let kill = CancellationToken::new();
        let incoming = listen::connections(
            listener,
            config.max_connections,
            kill.clone(),
            server.metrics.clone(),
        );
        let serving = transport
            .accept_http1(true)
            .max_concurrent_streams(config.max_streams_per_connection)
            .http2_keepalive_interval(Some(Duration::from_millis(config.keepalive_interval_ms)))
            .http2_keepalive_timeout(Some(Duration::from_millis(config.keepalive_timeout_ms)))
            .max_connection_age(Duration::from_millis(config.max_connection_age_ms))
            .serve_with_incoming_shutdown(front, incoming, shutdown.clone().cancelled_owned());
        let watching = reporter.follow(server.backend.tip(), shutdown.clone());
        let killing = async {
            shutdown.cancelled().await;
            tokio::time::sleep(config.shutdown_grace()).await;
            kill.cancel();
            std::future::pending::<()>().await;
        };
        tokio::select! {
            served = serving => Ok(served?),
            () = async { tokio::join!(watching, killing); } => Ok(()),
        }
    }
}
