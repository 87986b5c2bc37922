//! SubscriptionService.

use crate::support::{Node, Running, check, config, receipt, signed_transaction, until};
use palisade_rpc::{Config, Drain, Server};
use primitives::TxId;
use proto::ledger::v1::{BlockView, EventClause, EventFilter, EventTerm};
use proto::node::v1::GetNodeInfoRequest;
use proto::node::v1::node_service_client::NodeServiceClient;
use proto::subscription::v1::subscription_service_client::SubscriptionServiceClient;
use proto::subscription::v1::{
    SubscribeBlocksRequest, SubscribeBlocksResponse, SubscribeEventsRequest, subscribe_blocks_request,
    subscribe_blocks_response, subscribe_events_request, subscribe_events_response,
};
use proto::tx::v1::BroadcastTransactionRequest;
use proto::tx::v1::transaction_service_client::TransactionServiceClient;
use tonic::transport::Channel;
use tonic::{Code, Streaming};

type Client = SubscriptionServiceClient<Channel>;

async fn client(running: &Running) -> Client {
    SubscriptionServiceClient::new(running.channel().await)
}

fn from_height(height: u64) -> SubscribeBlocksRequest {
    SubscribeBlocksRequest {
        start: Some(subscribe_blocks_request::Start::FromHeight(height)),
        ..SubscribeBlocksRequest::default()
    }
}

fn from_cursor(cursor: &str) -> SubscribeBlocksRequest {
    SubscribeBlocksRequest {
        start: Some(subscribe_blocks_request::Start::FromCursor(cursor.into())),
        ..SubscribeBlocksRequest::default()
    }
}

/// The cursor and height of the next frame, which is a block.
async fn block(stream: &mut Streaming<SubscribeBlocksResponse>) -> (String, u64) {
    let SubscribeBlocksResponse { cursor, frame } = stream.message().await.unwrap().unwrap();
    match frame.unwrap() {
        subscribe_blocks_response::Frame::Block(block) => (cursor, block.header.unwrap().height),
        subscribe_blocks_response::Frame::Heartbeat(beat) => panic!("{beat:?}"),
    }
}

#[tokio::test]
async fn blocks_are_replayed_and_then_come_as_they_are_final() {
    let running = Running::new().await;
    let mut stream = client(&running)
        .await
        .subscribe_blocks(from_height(4))
        .await
        .unwrap()
        .into_inner();
    let (first, height) = block(&mut stream).await;
    assert_eq!(height, 4);
    let (second, height) = block(&mut stream).await;
    assert_eq!(height, 5);
    running.node.grow(2);
    assert_eq!(block(&mut stream).await.1, 6);
    assert_eq!(block(&mut stream).await.1, 7);
    assert_ne!(first, second);

    // The frame of the cursor comes again.
    let mut again = client(&running)
        .await
        .subscribe_blocks(from_cursor(&second))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(block(&mut again).await, (second, 5));
    assert_eq!(block(&mut again).await.1, 6);
}

#[tokio::test]
async fn without_a_start_the_next_block_is_the_first() {
    let running = Running::new().await;
    let request = SubscribeBlocksRequest {
        view: BlockView::Full.into(),
        ..SubscribeBlocksRequest::default()
    };
    let mut stream = client(&running)
        .await
        .subscribe_blocks(request)
        .await
        .unwrap()
        .into_inner();
    running.node.grow(1);
    let frame = stream.message().await.unwrap().unwrap().frame.unwrap();
    let subscribe_blocks_response::Frame::Block(block) = frame else {
        panic!("{frame:?}")
    };
    assert_eq!((block.header.unwrap().height, block.transactions.len()), (6, 2));
}

#[tokio::test]
async fn silence_is_broken_by_heartbeats_from_which_one_can_go_on() {
    let running = Running::new().await;
    let request = SubscribeBlocksRequest {
        heartbeat_interval_ms: 1_000,
        ..from_height(5)
    };
    let mut stream = client(&running)
        .await
        .subscribe_blocks(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(block(&mut stream).await.1, 5);
    let SubscribeBlocksResponse { cursor, frame } = stream.message().await.unwrap().unwrap();
    let Some(subscribe_blocks_response::Frame::Heartbeat(beat)) = frame else {
        panic!("{frame:?}")
    };
    assert_eq!(beat.height, 5);
    let mut again = client(&running)
        .await
        .subscribe_blocks(from_cursor(&cursor))
        .await
        .unwrap()
        .into_inner();
    running.node.grow(1);
    assert_eq!(block(&mut again).await, (cursor, 6));
}

#[tokio::test]
async fn starts_that_cannot_be_are_refused() {
    let running = Running::new().await;
    running.node.prune(3);
    let mut client = client(&running).await;
    let status = client.subscribe_blocks(from_height(2)).await.unwrap_err();
    check(
        &status,
        Code::OutOfRange,
        "CURSOR_EXPIRED",
        &[("first_available", "b3")],
    );
    let status = client.subscribe_blocks(from_height(7)).await.unwrap_err();
    check(&status, Code::OutOfRange, "HEIGHT_IN_FUTURE", &[("latest", "5")]);
    for wrong in ["", "e3.1", "b03", "nonsense"] {
        let status = client.subscribe_blocks(from_cursor(wrong)).await.unwrap_err();
        check(
            &status,
            Code::InvalidArgument,
            "CURSOR_INVALID",
            &[("field", "from_cursor")],
        );
    }
    for wrong in [1, 999, 60_001] {
        let request = SubscribeBlocksRequest {
            heartbeat_interval_ms: wrong,
            ..from_height(5)
        };
        let status = client.subscribe_blocks(request).await.unwrap_err();
        check(
            &status,
            Code::InvalidArgument,
            "FIELD_INVALID",
            &[("field", "heartbeat_interval_ms")],
        );
    }
    let start = Some(subscribe_events_request::Start::FromCursor("e2.0".into()));
    let request = SubscribeEventsRequest {
        start,
        ..SubscribeEventsRequest::default()
    };
    let status = client.subscribe_events(request).await.unwrap_err();
    check(
        &status,
        Code::OutOfRange,
        "CURSOR_EXPIRED",
        &[("first_available", "e3.0")],
    );
}

fn events(name: &str, start: subscribe_events_request::Start) -> SubscribeEventsRequest {
    let term = EventTerm {
        name: name.into(),
        ..EventTerm::default()
    };
    SubscribeEventsRequest {
        start: Some(start),
        filter: Some(EventFilter {
            clauses: vec![EventClause { terms: vec![term] }],
        }),
        heartbeat_interval_ms: 1_000,
    }
}

#[tokio::test]
async fn events_are_filtered_and_resumed_by_cursor() {
    let running = Running::new().await;
    let mut client = client(&running).await;
    let start = subscribe_events_request::Start::FromHeight(4);
    let mut stream = client
        .subscribe_events(events("FeesSettled", start))
        .await
        .unwrap()
        .into_inner();
    let mut cursors = Vec::new();
    for height in [4, 5] {
        let response = stream.message().await.unwrap().unwrap();
        let Some(subscribe_events_response::Frame::Event(event)) = response.frame else {
            panic!("no event")
        };
        assert_eq!(
            (event.height, event.index, event.name.as_str()),
            (height, 1, "FeesSettled")
        );
        cursors.push(response.cursor);
    }
    let start = subscribe_events_request::Start::FromCursor(cursors[1].clone());
    let mut again = client
        .subscribe_events(events("FeesSettled", start))
        .await
        .unwrap()
        .into_inner();
    let response = again.message().await.unwrap().unwrap();
    assert_eq!(response.cursor, cursors[1]);
    running.node.grow(1);
    let response = again.message().await.unwrap().unwrap();
    let Some(subscribe_events_response::Frame::Event(event)) = response.frame else {
        panic!("no event")
    };
    assert_eq!(event.height, 6);
}

#[tokio::test]
async fn a_filter_that_nothing_matches_still_moves_the_cursor() {
    let running = Running::new().await;
    let mut client = client(&running).await;
    let start = subscribe_events_request::Start::FromHeight(1);
    let mut stream = client
        .subscribe_events(events("Nothing", start))
        .await
        .unwrap()
        .into_inner();
    let response = stream.message().await.unwrap().unwrap();
    assert!(matches!(
        response.frame,
        Some(subscribe_events_response::Frame::Heartbeat(_))
    ));
    assert_eq!(response.cursor, "e6.0");
}

#[tokio::test]
async fn a_subscriber_that_lags_is_told_where_to_go_on() {
    let running = Running::with(Config {
        stream_buffer: 2,
        stall_timeout_ms: 100,
        ..config()
    })
    .await;
    for n in 0..60u64 {
        let (id, tx) = signed_transaction(&running.node.chain_hash(), 1, 1_000 + n, 60_000);
        running.node.add(vec![(tx, receipt(id, true))]);
    }
    // A first stream, so that the server is known to run before watches of the tip are counted.
    let mut other = client(&running)
        .await
        .subscribe_blocks(from_height(65))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(block(&mut other).await.1, 65);
    let before = running.node.tip.receiver_count();
    let request = SubscribeBlocksRequest {
        view: BlockView::Full.into(),
        ..from_height(1)
    };
    let mut stream = client(&running)
        .await
        .subscribe_blocks(request)
        .await
        .unwrap()
        .into_inner();
    // The client reads nothing until the server has given it up: its watch of the tip is gone.
    until(|| running.node.tip.receiver_count() > before).await;
    until(|| running.node.tip.receiver_count() == before).await;
    let mut next = 1;
    let status = loop {
        match stream.message().await {
            Ok(Some(SubscribeBlocksResponse { cursor, .. })) => {
                assert_eq!(cursor, format!("b{next}"), "nothing is skipped");
                next += 1;
            }
            Ok(None) => panic!("the stream ended without a reason"),
            Err(status) => break status,
        }
    };
    let details = check(
        &status,
        Code::ResourceExhausted,
        "SUBSCRIBER_LAGGED",
        &[("last_cursor", &format!("b{next}"))],
    );
    assert!(details.quota_failure().is_some());
    assert!(next < 65, "it did not lag");
    let mut again = client(&running)
        .await
        .subscribe_blocks(from_cursor(&format!("b{next}")))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(block(&mut again).await.1, next);
}

#[tokio::test]
async fn a_stream_whose_blocks_are_pruned_under_it_says_where_the_rest_begins() {
    let running = Running::with(Config {
        stream_buffer: 1,
        ..config()
    })
    .await;
    for n in 0..60u64 {
        let (id, tx) = signed_transaction(&running.node.chain_hash(), 1, 1_000 + n, 60_000);
        running.node.add(vec![(tx, receipt(id, true))]);
    }
    let request = SubscribeBlocksRequest {
        view: BlockView::Full.into(),
        ..from_height(1)
    };
    let mut stream = client(&running)
        .await
        .subscribe_blocks(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(block(&mut stream).await.1, 1);
    running.node.prune(65);
    let status = loop {
        if let Err(status) = stream.message().await {
            break status;
        }
    };
    check(
        &status,
        Code::OutOfRange,
        "CURSOR_EXPIRED",
        &[("first_available", "b65")],
    );
    assert_eq!(
        running.node.id(65, 0).as_bytes().len(),
        TxId::ZERO.as_bytes().len()
    );
}

#[tokio::test]
async fn shutdown_ends_streams_with_a_reason() {
    let running = Running::new().await;
    let mut stream = client(&running)
        .await
        .subscribe_blocks(from_height(5))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(block(&mut stream).await.1, 5);
    running.shutdown.cancel();
    let status = stream.message().await.unwrap_err();
    check(&status, Code::Unavailable, "SHUTTING_DOWN", &[]);
    running.serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_server_that_is_drained_takes_nothing_new_and_lets_readers_end() {
    let node = std::sync::Arc::new(Node::new());
    node.grow(5);
    let drain = Drain::new(&config());
    let server = Server::new(config(), node.clone())
        .unwrap()
        .with_drain(drain.clone());
    let listening = server.listen().await.unwrap();
    let address = format!("http://{}", listening.address());
    let shutdown = tokio_util::sync::CancellationToken::new();
    let serving = tokio::spawn(listening.serve(shutdown.clone()));
    let channel = Channel::from_shared(address).unwrap().connect().await.unwrap();
    let mut client = SubscriptionServiceClient::new(channel.clone());
    let mut stream = client
        .subscribe_blocks(from_height(5))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(block(&mut stream).await.1, 5);
    assert_eq!(drain.under_way().1, 1);

    drain.begin();
    let last = stream.message().await.unwrap_err();
    check(&last, Code::Unavailable, "NODE_DRAINING", &[]);
    drop(stream);
    let again = client.subscribe_blocks(from_height(5)).await.unwrap_err();
    check(&again, Code::Unavailable, "NODE_DRAINING", &[]);
    let mut transactions = TransactionServiceClient::new(channel.clone());
    let sent = transactions
        .broadcast_transaction(BroadcastTransactionRequest::default())
        .await;
    check(&sent.unwrap_err(), Code::Unavailable, "NODE_DRAINING", &[]);
    // Reading goes on.
    let mut nodes = NodeServiceClient::new(channel);
    nodes.get_node_info(GetNodeInfoRequest {}).await.unwrap();
    assert_eq!(drain.wait(std::time::Duration::from_secs(60)).await, (0, 0));
    shutdown.cancel();
    serving.await.unwrap().unwrap();
}
