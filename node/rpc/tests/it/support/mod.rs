//! A node in memory behind a real server on a loopback port, and real clients of it.

mod backend;
mod blocks;
mod dev;

pub(crate) use backend::Node;
pub(crate) use blocks::{account, asset, receipt, signed_transaction};
pub(crate) use dev::Faucet;

use palisade_rpc::{Config, Metrics, Server};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// A running server and the node behind it.
pub(crate) struct Running {
    pub(crate) node: Arc<Node>,
    pub(crate) faucet: Arc<Faucet>,
    pub(crate) address: SocketAddr,
    pub(crate) metrics: Metrics,
    pub(crate) shutdown: CancellationToken,
    pub(crate) serving: JoinHandle<Result<(), palisade_rpc::ServeError>>,
}

/// Settings for a test: any free port.
pub(crate) fn config() -> Config {
    Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        ..Config::default()
    }
}

impl Running {
    /// A server over a node with five blocks.
    pub(crate) async fn new() -> Self {
        Self::with(config()).await
    }

    pub(crate) async fn with(config: Config) -> Self {
        let (node, faucet) = (Arc::new(Node::new()), Arc::new(Faucet::default()));
        node.grow(5);
        let metrics = Metrics::default();
        let server = Server::new(config, node.clone()).unwrap();
        let server = server.with_dev(faucet.clone()).with_metrics(metrics.clone());
        let listening = server.listen().await.unwrap();
        let (address, shutdown) = (listening.address(), CancellationToken::new());
        let serving = tokio::spawn(listening.serve(shutdown.clone()));
        Self {
            node,
            faucet,
            address,
            metrics,
            shutdown,
            serving,
        }
    }

    /// A new connection.
    pub(crate) async fn channel(&self) -> Channel {
        Endpoint::from_shared(format!("http://{}", self.address))
            .unwrap()
            .connect()
            .await
            .unwrap()
    }
}

/// The reason of a refusal, which every one has.
#[track_caller]
pub(crate) fn reason(status: &Status) -> String {
    let info = status
        .get_details_error_info()
        .unwrap_or_else(|| panic!("{status:?} has no reason"));
    assert_eq!(info.domain, palisade_rpc::DOMAIN);
    info.reason
}

/// Checks code, reason and the named metadata of a refusal, and gives its details for more.
#[track_caller]
pub(crate) fn check(status: &Status, code: Code, expected: &str, metadata: &[(&str, &str)]) -> ErrorDetails {
    assert_eq!(
        (status.code(), reason(status).as_str()),
        (code, expected),
        "{status:?}"
    );
    let details = status.get_error_details();
    let info = details.error_info().unwrap();
    for (name, value) in metadata {
        assert_eq!(
            info.metadata.get(*name).map(String::as_str),
            Some(*value),
            "{name} of {status:?}"
        );
    }
    details
}

/// Waits until `done`. Tests never depend on how long that takes.
pub(crate) async fn until(done: impl Fn() -> bool) {
    while !done() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}
