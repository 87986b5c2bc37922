//! Limits on what comes in, and what is counted.

use crate::support::{Running, check, config, until};
use palisade_rpc::Config;
use prometheus_client::registry::Registry;
use proto::ledger::v1::ListEventsRequest;
use proto::ledger::v1::ledger_service_client::LedgerServiceClient;
use proto::node::v1::node_service_client::NodeServiceClient;
use proto::node::v1::{GetChainParametersRequest, GetNodeInfoRequest};
use proto::subscription::v1::SubscribeBlocksRequest;
use proto::subscription::v1::subscription_service_client::SubscriptionServiceClient;
use proto::tx::v1::BroadcastTransactionRequest;
use proto::tx::v1::transaction_service_client::TransactionServiceClient;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tonic::Code;

#[tokio::test]
async fn a_request_that_is_too_large_is_refused_with_the_limit() {
    let running = Running::new().await;
    let mut client = TransactionServiceClient::new(running.channel().await);
    let request = BroadcastTransactionRequest {
        tx: vec![1; 5 << 20].into(),
    };
    let status = client.broadcast_transaction(request).await.unwrap_err();
    check(
        &status,
        Code::ResourceExhausted,
        "MESSAGE_TOO_LARGE",
        &[("limit", "4194304")],
    );
}

#[tokio::test]
async fn one_call_too_many_is_refused_and_the_next_may_come_again() {
    let running = Running::with(Config {
        max_calls: 1,
        ..config()
    })
    .await;
    let held = running.node.slow.acquire().await.unwrap();
    let channel = running.channel().await;
    let mut first = NodeServiceClient::new(channel.clone());
    let request = GetChainParametersRequest {
        height: 0,
        prove: false,
    };
    let working = tokio::spawn(async move { first.get_chain_parameters(request).await });
    let mut client = NodeServiceClient::new(channel);
    // The first may take a moment to arrive.
    let status = loop {
        if let Err(status) = client.get_node_info(GetNodeInfoRequest {}).await {
            break status;
        }
    };
    let details = check(
        &status,
        Code::ResourceExhausted,
        "OVERLOADED",
        &[("limit", "1"), ("what", "calls")],
    );
    assert!(details.retry_info().unwrap().retry_delay.is_some());
    drop(held);
    working.await.unwrap().unwrap();
    client.get_node_info(GetNodeInfoRequest {}).await.unwrap();
}

#[tokio::test]
async fn one_stream_too_many_is_refused_until_another_ends() {
    let running = Running::with(Config {
        max_streams: 1,
        ..config()
    })
    .await;
    let mut client = SubscriptionServiceClient::new(running.channel().await);
    let first = client
        .subscribe_blocks(SubscribeBlocksRequest::default())
        .await
        .unwrap();
    let status = client
        .subscribe_blocks(SubscribeBlocksRequest::default())
        .await
        .unwrap_err();
    check(
        &status,
        Code::ResourceExhausted,
        "OVERLOADED",
        &[("what", "streams")],
    );
    drop(first);
    while client
        .subscribe_blocks(SubscribeBlocksRequest::default())
        .await
        .is_err()
    {}
}

#[tokio::test]
async fn one_connection_too_many_is_closed() {
    let running = Running::with(Config {
        max_connections: 1,
        ..config()
    })
    .await;
    let mut client = NodeServiceClient::new(running.channel().await);
    client.get_node_info(GetNodeInfoRequest {}).await.unwrap();
    let mut second = TcpStream::connect(running.address).await.unwrap();
    let mut rest = Vec::new();
    // Closed, one way or another.
    if second.read_to_end(&mut rest).await.is_ok() {
        assert!(rest.is_empty());
    }
    client.get_node_info(GetNodeInfoRequest {}).await.unwrap();
}

#[tokio::test]
async fn calls_are_counted_by_service_method_and_code() {
    let running = Running::new().await;
    let mut registry = Registry::default();
    running.metrics.register(&mut registry);
    let text = || {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        text
    };
    let mut client = NodeServiceClient::new(running.channel().await);
    client.get_node_info(GetNodeInfoRequest {}).await.unwrap();
    client
        .get_chain_parameters(GetChainParametersRequest {
            height: 99,
            prove: false,
        })
        .await
        .unwrap_err();
    let mut streams = SubscriptionServiceClient::new(running.channel().await);
    let stream = streams
        .subscribe_blocks(SubscribeBlocksRequest::default())
        .await
        .unwrap();
    until(|| text().contains("rpc_open_streams 1")).await;
    let node = "service=\"palisade.node.v1.NodeService\"";
    for line in [
        format!("rpc_requests_total{{{node},method=\"GetNodeInfo\",code=\"OK\"}} 1"),
        format!("rpc_requests_total{{{node},method=\"GetChainParameters\",code=\"OUT_OF_RANGE\"}} 1"),
        format!("rpc_latency_seconds_count{{{node},method=\"GetNodeInfo\"}} 1"),
        "rpc_connections 2".into(),
    ] {
        assert!(text().contains(&line), "no {line} in\n{}", text());
    }
    drop(stream);
    until(|| text().contains("rpc_open_streams 0")).await;
    let line = "method=\"SubscribeBlocks\",code=\"CANCELLED\"} 1";
    assert!(text().contains(line), "no {line} in\n{}", text());
}

#[tokio::test]
async fn an_address_that_asks_too_much_waits_for_its_share() {
    let running = Running::with(Config {
        rate_per_second: 100,
        rate_burst: 50,
        rate_limit_loopback: true,
        ..config()
    })
    .await;
    let mut ledger = LedgerServiceClient::new(running.channel().await);
    let mut refused = None;
    for _ in 0..4 {
        if let Err(status) = ledger.list_events(ListEventsRequest::default()).await {
            refused = Some(status);
            break;
        }
    }
    let status = refused.expect("four lists of 20 units are more than 50");
    let details = check(
        &status,
        Code::ResourceExhausted,
        "RATE_LIMITED",
        &[("units_per_second", "100")],
    );
    assert!(details.retry_info().unwrap().retry_delay.is_some());
    let mut again = false;
    for _ in 0..100 {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        again = ledger.list_events(ListEventsRequest::default()).await.is_ok();
        if again {
            break;
        }
    }
    assert!(again, "the share comes back");
}
