//! Transactions as streams.

use crate::support::{Running, account, check, signed_transaction};
use palisade_rpc::backend::Waiting;
use primitives::address::{AddressKind, Network, format};
use proto::ledger::v1::{EventClause, EventFilter, EventTerm};
use proto::subscription::v1::subscribe_pending_transactions_response::Frame as PendingFrame;
use proto::subscription::v1::subscribe_transactions_request::Start;
use proto::subscription::v1::subscribe_transactions_response::Frame;
use proto::subscription::v1::subscription_service_client::SubscriptionServiceClient;
use proto::subscription::v1::{
    SubscribePendingTransactionsRequest, SubscribePendingTransactionsResponse, SubscribeTransactionsRequest,
    SubscribeTransactionsResponse,
};
use tonic::transport::Channel;
use tonic::{Code, Streaming};

type Client = SubscriptionServiceClient<Channel>;

async fn client(running: &Running) -> Client {
    SubscriptionServiceClient::new(running.channel().await)
}

fn named(number: u8) -> String {
    format(
        AddressKind::Account,
        Network::Development,
        account(number).as_bytes(),
    )
}

async fn transactions(
    client: &mut Client,
    request: SubscribeTransactionsRequest,
) -> Streaming<SubscribeTransactionsResponse> {
    client.subscribe_transactions(request).await.unwrap().into_inner()
}

/// Height, position and cursor of the next frame, which is a transaction.
async fn next(stream: &mut Streaming<SubscribeTransactionsResponse>) -> (u64, u32, String) {
    let SubscribeTransactionsResponse { cursor, frame } = stream.message().await.unwrap().unwrap();
    match frame.unwrap() {
        Frame::Transaction(one) => (one.height, one.index, cursor),
        Frame::Heartbeat(beat) => panic!("{beat:?}"),
    }
}

#[tokio::test]
async fn transactions_are_replayed_then_come_as_they_are_final_and_go_on_from_a_cursor() {
    let running = Running::new().await;
    let mut client = client(&running).await;
    let request = SubscribeTransactionsRequest {
        start: Some(Start::FromHeight(5)),
        ..Default::default()
    };
    let mut stream = transactions(&mut client, request).await;
    assert_eq!(next(&mut stream).await, (5, 0, "t5.0".to_owned()));
    let (height, index, cursor) = next(&mut stream).await;
    assert_eq!((height, index), (5, 1));
    running.node.grow(1);
    assert_eq!(next(&mut stream).await, (6, 0, "t6.0".to_owned()));
    let request = SubscribeTransactionsRequest {
        start: Some(Start::FromCursor(cursor.clone())),
        ..Default::default()
    };
    let mut again = transactions(&mut client, request).await;
    assert_eq!(next(&mut again).await, (5, 1, cursor));
    assert_eq!(next(&mut again).await, (6, 0, "t6.0".to_owned()));
}

#[tokio::test]
async fn transactions_are_chosen_by_account_and_by_event() {
    let running = Running::new().await;
    let mut client = client(&running).await;
    let term = EventTerm {
        name: "Transferred".into(),
        ..Default::default()
    };
    let by_event = EventFilter {
        clauses: vec![EventClause { terms: vec![term] }],
    };
    // Account 1 sends the first of each block and 2 the second; 9 is named by the first's event.
    for (address, filter, index) in [
        (named(2), None, 1),
        (named(9), None, 0),
        (account(1).to_string(), None, 0),
        (String::new(), Some(by_event), 0),
    ] {
        let request = SubscribeTransactionsRequest {
            start: Some(Start::FromHeight(4)),
            address: address.clone(),
            filter,
            ..Default::default()
        };
        let mut stream = transactions(&mut client, request).await;
        for height in [4, 5] {
            assert_eq!(
                next(&mut stream).await,
                (height, index, format!("t{height}.{index}")),
                "{address}"
            );
        }
    }
    let request = SubscribeTransactionsRequest {
        address: "nobody".into(),
        ..Default::default()
    };
    let refused = client.subscribe_transactions(request).await.unwrap_err();
    check(
        &refused,
        Code::InvalidArgument,
        "FIELD_INVALID",
        &[("field", "address")],
    );
    let request = SubscribeTransactionsRequest {
        start: Some(Start::FromCursor("e5.0".into())),
        ..Default::default()
    };
    let refused = client.subscribe_transactions(request).await.unwrap_err();
    check(&refused, Code::InvalidArgument, "CURSOR_INVALID", &[]);
}

async fn waiting(stream: &mut Streaming<SubscribePendingTransactionsResponse>) -> (String, Vec<u8>) {
    let SubscribePendingTransactionsResponse { cursor, frame } = stream.message().await.unwrap().unwrap();
    match frame.unwrap() {
        PendingFrame::Transaction(one) => (cursor, one.tx_hash.to_vec()),
        PendingFrame::Heartbeat(beat) => panic!("{beat:?}"),
    }
}

#[tokio::test]
async fn what_waits_is_told_first_and_then_what_comes() {
    let running = Running::new().await;
    let come = |arrival: u64, sender: u8| {
        let (id, bytes) = signed_transaction(&running.node.hash(), sender, arrival, 0);
        running.node.waiting.lock().unwrap().push(Waiting {
            arrival,
            id,
            sender: account(sender),
            bytes: bytes.into(),
        });
        running.node.changes.send_modify(|count| *count += 1);
        id.as_bytes().to_vec()
    };
    let (first, second) = (come(3, 1), come(4, 2));
    let mut client = client(&running).await;
    let all = client.subscribe_pending_transactions(SubscribePendingTransactionsRequest::default());
    let mut all = all.await.unwrap().into_inner();
    assert_eq!(waiting(&mut all).await, ("p3".to_owned(), first));
    assert_eq!(waiting(&mut all).await, ("p4".to_owned(), second.clone()));
    let of_two = SubscribePendingTransactionsRequest {
        sender: named(2),
        ..Default::default()
    };
    let mut of_two = client
        .subscribe_pending_transactions(of_two)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(waiting(&mut of_two).await, ("p4".to_owned(), second));
    let (third, fourth) = (come(7, 1), come(8, 2));
    assert_eq!(waiting(&mut all).await, ("p7".to_owned(), third));
    assert_eq!(waiting(&mut of_two).await, ("p8".to_owned(), fourth));
}
