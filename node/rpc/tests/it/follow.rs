//! TransactionService: where a transaction stands, now and from now on.

use crate::support::{Running, check, receipt, signed_transaction};
use palisade_rpc::backend::{Place, TxState};
use primitives::{Height, TxId};
use proto::tx::v1::transaction_service_client::TransactionServiceClient;
use proto::tx::v1::transaction_status::State;
use proto::tx::v1::{
    GetTransactionStatusRequest, WaitTransactionRequest, WaitTransactionResponse, WaitUntil,
};
use tonic::{Code, Status, Streaming};

async fn wait(
    running: &Running,
    id: TxId,
    until: WaitUntil,
    timeout_height: u64,
) -> Streaming<WaitTransactionResponse> {
    let mut client = TransactionServiceClient::new(running.channel().await);
    let tx_hash = id.as_bytes().to_vec().into();
    let request = WaitTransactionRequest {
        tx_hash,
        until: until.into(),
        timeout_height,
    };
    client.wait_transaction(request).await.unwrap().into_inner()
}

async fn next(stream: &mut Streaming<WaitTransactionResponse>) -> State {
    stream
        .message()
        .await
        .unwrap()
        .unwrap()
        .status
        .unwrap()
        .state
        .unwrap()
}

async fn refusal(stream: &mut Streaming<WaitTransactionResponse>) -> Status {
    stream.message().await.unwrap_err()
}

async fn over(stream: &mut Streaming<WaitTransactionResponse>) -> bool {
    stream.message().await.unwrap().is_none()
}

fn transaction(running: &Running) -> (TxId, Vec<u8>) {
    signed_transaction(&running.node.chain_hash(), 1, 77, 0)
}

#[tokio::test]
async fn a_transaction_is_followed_from_pending_to_final() {
    let running = Running::new().await;
    let (id, tx) = transaction(&running);
    running.node.set(id, TxState::Pending);
    let mut stream = wait(&running, id, WaitUntil::Finalized, 0).await;
    assert!(matches!(next(&mut stream).await, State::Pending(pending) if pending.height == 5));
    let place = Place {
        height: Height::new(6),
        index: 0,
    };
    running.node.set(
        id,
        TxState::Included {
            place,
            receipt: Box::new(receipt(id, true)),
        },
    );
    assert!(matches!(next(&mut stream).await, State::Included(included) if included.height == 6));
    running.node.add(vec![(tx, receipt(id, true))]);
    let State::Finalized(last) = next(&mut stream).await else {
        panic!("not final")
    };
    assert_eq!(last.finality.unwrap().header.unwrap().height, 6);
    assert_eq!(last.inclusion.unwrap().count, 1);
    assert_eq!(
        last.included.unwrap().receipt.unwrap().tx_hash,
        id.as_bytes().to_vec()
    );
    assert!(over(&mut stream).await);
}

#[tokio::test]
async fn what_is_known_already_is_said_at_once() {
    let running = Running::new().await;
    let mut stream = wait(&running, running.node.id(3, 0), WaitUntil::Unspecified, 0).await;
    assert!(matches!(next(&mut stream).await, State::Included(included) if included.height == 3));
    assert!(matches!(next(&mut stream).await, State::Finalized(_)));
    assert!(over(&mut stream).await);
    let mut stream = wait(&running, running.node.id(3, 0), WaitUntil::Included, 0).await;
    assert!(matches!(next(&mut stream).await, State::Included(_)));
    assert!(over(&mut stream).await);
}

#[tokio::test]
async fn a_transaction_that_failed_in_a_block_ends_as_failed() {
    let running = Running::new().await;
    let mut stream = wait(&running, running.node.id(3, 1), WaitUntil::Finalized, 0).await;
    assert!(matches!(next(&mut stream).await, State::Included(included) if included.index == 1));
    let State::Failed(failed) = next(&mut stream).await else {
        panic!("not failed")
    };
    assert_eq!(failed.inclusion.unwrap().index, 1);
    assert!(over(&mut stream).await);
}

#[tokio::test]
async fn a_block_that_loses_sets_its_transactions_back() {
    let running = Running::new().await;
    let (id, _) = transaction(&running);
    let place = Place {
        height: Height::new(6),
        index: 0,
    };
    running.node.set(
        id,
        TxState::Included {
            place,
            receipt: Box::new(receipt(id, true)),
        },
    );
    let mut stream = wait(&running, id, WaitUntil::Finalized, 0).await;
    assert!(matches!(next(&mut stream).await, State::Included(_)));
    running.node.set(id, TxState::Pending);
    assert!(matches!(next(&mut stream).await, State::Pending(_)));
    running.node.set(id, TxState::Evicted("MEMPOOL_FULL".into()));
    assert!(matches!(next(&mut stream).await, State::Evicted(evicted) if evicted.reason == "MEMPOOL_FULL"));
    assert!(over(&mut stream).await);
}

#[tokio::test]
async fn an_expired_transaction_ends_as_expired() {
    let running = Running::new().await;
    let (id, _) = transaction(&running);
    running.node.set(id, TxState::Expired);
    let mut stream = wait(&running, id, WaitUntil::Finalized, 0).await;
    assert!(matches!(next(&mut stream).await, State::Expired(expired) if expired.height == 5));
    assert!(over(&mut stream).await);
}

#[tokio::test]
async fn an_unknown_transaction_is_waited_for_only_with_a_timeout() {
    let running = Running::new().await;
    let (id, tx) = transaction(&running);
    let status = refusal(&mut wait(&running, id, WaitUntil::Finalized, 0).await).await;
    check(&status, Code::NotFound, "TX_NOT_FOUND", &[("searched_to", "5")]);

    let mut stream = wait(&running, id, WaitUntil::Finalized, 7).await;
    running.node.grow(1);
    running.node.add(vec![(tx, receipt(id, true))]);
    // Its block is at the very height of the timeout.
    assert!(matches!(next(&mut stream).await, State::Included(included) if included.height == 7));
    assert!(matches!(next(&mut stream).await, State::Finalized(_)));

    let other = TxId::new([3; 32]);
    let mut stream = wait(&running, other, WaitUntil::Finalized, 8).await;
    running.node.grow(1);
    assert!(matches!(next(&mut stream).await, State::Expired(expired) if expired.height == 8));
    assert!(over(&mut stream).await);
}

#[tokio::test]
async fn a_pending_transaction_that_was_forgotten_counts_as_evicted() {
    let running = Running::new().await;
    let (id, _) = transaction(&running);
    running.node.set(id, TxState::Pending);
    let mut stream = wait(&running, id, WaitUntil::Finalized, 0).await;
    assert!(matches!(next(&mut stream).await, State::Pending(_)));
    running.node.set(id, TxState::Unknown);
    assert!(matches!(next(&mut stream).await, State::Evicted(evicted) if evicted.reason == "FORGOTTEN"));
}

#[tokio::test]
async fn the_status_is_that_of_the_moment() {
    let running = Running::new().await;
    let (id, _) = transaction(&running);
    let mut client = TransactionServiceClient::new(running.channel().await);
    let get = |id: TxId| GetTransactionStatusRequest {
        tx_hash: id.as_bytes().to_vec().into(),
    };
    let status = client.get_transaction_status(get(id)).await.unwrap_err();
    check(&status, Code::NotFound, "TX_NOT_FOUND", &[]);
    running.node.set(id, TxState::Pending);
    let answer = client
        .get_transaction_status(get(id))
        .await
        .unwrap()
        .into_inner()
        .status
        .unwrap();
    assert_eq!(&answer.tx_hash[..], id.as_bytes());
    assert!(matches!(answer.state, Some(State::Pending(_))));
    let done = running.node.id(2, 0);
    let answer = client
        .get_transaction_status(get(done))
        .await
        .unwrap()
        .into_inner()
        .status
        .unwrap();
    assert!(matches!(answer.state, Some(State::Finalized(_))));
    let request = GetTransactionStatusRequest {
        tx_hash: vec![1].into(),
    };
    let status = client.get_transaction_status(request).await.unwrap_err();
    check(
        &status,
        Code::InvalidArgument,
        "FIELD_INVALID",
        &[("field", "tx_hash")],
    );
}
