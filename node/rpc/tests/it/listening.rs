//! Where the server listens, and how it ends.

use crate::support::{Node, Running, config};
use palisade_rpc::{BindError, Config, ServeError, Server};
use proto::node::v1::GetNodeInfoRequest;
use proto::node::v1::node_service_client::NodeServiceClient;
use std::sync::Arc;

#[tokio::test]
async fn a_public_address_without_encryption_must_be_meant() {
    let listen = "0.0.0.0:0".parse().unwrap();
    let refused = Server::new(Config { listen, ..config() }, Arc::new(Node::new()))
        .err()
        .unwrap();
    let ServeError::Config(error) = &refused else {
        panic!("{refused}")
    };
    assert_eq!(error.field, "listen");
    assert!(
        refused.to_string().contains("allow_plaintext_public"),
        "{refused}"
    );
    let meant = Config {
        listen,
        allow_plaintext_public: true,
        ..config()
    };
    assert!(
        Server::new(meant, Arc::new(Node::new()))
            .unwrap()
            .listen()
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_taken_port_is_named_with_its_holder() {
    let running = Running::new().await;
    let server = Server::new(
        Config {
            listen: running.address,
            ..config()
        },
        running.node.clone(),
    )
    .unwrap();
    let error = server.listen().await.err().unwrap();
    let ServeError::Bind(BindError::Taken { address, holder }) = &error else {
        panic!("{error}")
    };
    assert_eq!(*address, running.address);
    let text = error.to_string();
    assert!(
        text.contains(&format!("port {} of 127.0.0.1 is taken", running.address.port())),
        "{text}"
    );
    // Where the system shows it: this very process.
    if let Some(holder) = holder {
        assert!(holder.contains(&std::process::id().to_string()), "{text}");
    }
}

#[tokio::test]
async fn shutdown_closes_the_port_and_idle_connections() {
    let running = Running::new().await;
    let mut client = NodeServiceClient::new(running.channel().await);
    client.get_node_info(GetNodeInfoRequest {}).await.unwrap();
    running.shutdown.cancel();
    running.serving.await.unwrap().unwrap();
    assert!(client.get_node_info(GetNodeInfoRequest {}).await.is_err());
    assert!(std::net::TcpListener::bind(running.address).is_ok());
}

#[tokio::test]
async fn what_does_not_end_by_itself_is_closed_after_the_grace() {
    let running = Running::with(Config {
        shutdown_grace_ms: 50,
        ..config()
    })
    .await;
    // A health watch has no end of its own.
    let mut health = tonic_health::pb::health_client::HealthClient::new(running.channel().await);
    let request = tonic_health::pb::HealthCheckRequest {
        service: String::new(),
    };
    let mut watch = health.watch(request).await.unwrap().into_inner();
    watch.message().await.unwrap().unwrap();
    running.shutdown.cancel();
    running.serving.await.unwrap().unwrap();
}
