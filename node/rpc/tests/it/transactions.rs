//! TransactionService, but for following: see `follow`.

use crate::support::{Running, account, check, reason, signed_transaction};
use palisade_rpc::backend::{Rejection, RejectionClass};
use primitives::Height;
use primitives::address::{Network, format_account};
use prost::Message;
use proto::tx::v1::transaction_service_client::TransactionServiceClient;
use proto::tx::v1::{
    BroadcastOutcome, BroadcastTransactionRequest, BroadcastTransactionsRequest, DecodeTransactionRequest,
    EstimateFeeRequest, GetSignBytesRequest, SignedTransaction, SimulateTransactionRequest, broadcast_result,
};
use tonic::Code;
use tonic::transport::Channel;

async fn client(running: &Running) -> TransactionServiceClient<Channel> {
    TransactionServiceClient::new(running.channel().await)
}

fn broadcast(tx: Vec<u8>) -> BroadcastTransactionRequest {
    BroadcastTransactionRequest { tx: tx.into() }
}

fn rejection(class: RejectionClass, reason: &'static str) -> Rejection {
    Rejection {
        class,
        reason,
        message: "no".into(),
        metadata: vec![("expected", "7".into())],
    }
}

#[tokio::test]
async fn the_same_bytes_twice_are_no_error() {
    let running = Running::new().await;
    let mut client = client(&running).await;
    let (id, tx) = signed_transaction(&running.node.chain_hash(), 1, 77, 0);
    for expected in [BroadcastOutcome::Accepted, BroadcastOutcome::AlreadyPending] {
        let answer = client
            .broadcast_transaction(broadcast(tx.clone()))
            .await
            .unwrap()
            .into_inner();
        let answer = answer.broadcast.unwrap();
        assert_eq!(
            (answer.outcome(), answer.height, &answer.tx_hash[..]),
            (expected, 0, &id.as_bytes()[..])
        );
    }
    running
        .node
        .add(vec![(tx.clone(), crate::support::receipt(id, true))]);
    let answer = client
        .broadcast_transaction(broadcast(tx))
        .await
        .unwrap()
        .into_inner()
        .broadcast
        .unwrap();
    assert_eq!(
        (answer.outcome(), answer.height),
        (BroadcastOutcome::AlreadyCommitted, 6)
    );
}

#[tokio::test]
async fn every_class_of_refusal_has_its_code_and_details() {
    let running = Running::new().await;
    let mut client = client(&running).await;
    let (_, tx) = signed_transaction(&running.node.chain_hash(), 1, 77, 0);
    for (class, name, code) in [
        (
            RejectionClass::Malformed,
            "SIGNATURE_INVALID",
            Code::InvalidArgument,
        ),
        (
            RejectionClass::Precondition,
            "INSUFFICIENT_FUNDS",
            Code::FailedPrecondition,
        ),
        (RejectionClass::Expired, "TX_EXPIRED", Code::FailedPrecondition),
        (RejectionClass::Sequence, "SEQUENCE_MISMATCH", Code::Aborted),
        (RejectionClass::Exhausted, "MEMPOOL_FULL", Code::ResourceExhausted),
    ] {
        *running.node.rejection.lock().unwrap() = Some(rejection(class, name));
        let status = client
            .broadcast_transaction(broadcast(tx.clone()))
            .await
            .unwrap_err();
        let details = check(&status, code, name, &[("expected", "7")]);
        assert_eq!(
            details.bad_request().is_some(),
            class == RejectionClass::Malformed
        );
        assert_eq!(
            details.precondition_failure().is_some(),
            code == Code::FailedPrecondition
        );
        assert_eq!(
            details.quota_failure().is_some(),
            class == RejectionClass::Exhausted
        );
        assert_eq!(details.retry_info().is_some(), class == RejectionClass::Exhausted);
    }
}

#[tokio::test]
async fn a_batch_is_taken_or_refused_one_by_one() {
    let running = Running::new().await;
    let mut client = client(&running).await;
    let chain = running.node.chain_hash();
    let txs = [(1, 77), (2, 77), (1, 77)]
        .map(|(sender, n)| signed_transaction(&chain, sender, n, 0).1.into())
        .to_vec();
    let request = BroadcastTransactionsRequest { txs };
    let results = client
        .broadcast_transactions(request.clone())
        .await
        .unwrap()
        .into_inner()
        .results;
    let outcomes: Vec<_> = results
        .into_iter()
        .map(|result| match result.result {
            Some(broadcast_result::Result::Broadcast(broadcast)) => broadcast.outcome(),
            other => panic!("{other:?}"),
        })
        .collect();
    use BroadcastOutcome::{Accepted, AlreadyPending};
    assert_eq!(outcomes, [Accepted, Accepted, AlreadyPending]);

    *running.node.rejection.lock().unwrap() = Some(rejection(RejectionClass::Sequence, "SEQUENCE_MISMATCH"));
    let results = client
        .broadcast_transactions(request)
        .await
        .unwrap()
        .into_inner()
        .results;
    for result in results {
        let Some(broadcast_result::Result::Problem(problem)) = result.result else {
            panic!("{result:?}")
        };
        assert_eq!((problem.code, problem.reason.as_str()), (10, "SEQUENCE_MISMATCH"));
        assert_eq!(problem.metadata["expected"], "7");
    }
    for count in [0, 1_001] {
        let request = BroadcastTransactionsRequest {
            txs: vec![vec![1].into(); count],
        };
        let status = client.broadcast_transactions(request).await.unwrap_err();
        check(
            &status,
            Code::InvalidArgument,
            "FIELD_INVALID",
            &[("field", "txs")],
        );
    }
}

#[tokio::test]
async fn a_node_that_is_behind_takes_no_transactions() {
    let running = Running::new().await;
    running
        .node
        .tip
        .send_modify(|tip| (tip.syncing, tip.target) = (true, Height::new(90)));
    let mut client = client(&running).await;
    let (_, tx) = signed_transaction(&running.node.chain_hash(), 1, 77, 0);
    let status = client
        .broadcast_transaction(broadcast(tx.clone()))
        .await
        .unwrap_err();
    let details = check(
        &status,
        Code::Unavailable,
        "NODE_SYNCING",
        &[("height", "5"), ("target", "90")],
    );
    assert!(details.retry_info().unwrap().retry_delay.is_some());
    let status = client
        .simulate_transaction(SimulateTransactionRequest { tx: tx.into() })
        .await
        .unwrap_err();
    assert_eq!(reason(&status), "NODE_SYNCING");
}

#[tokio::test]
async fn a_simulation_gives_the_receipt_and_a_gas_limit() {
    let running = Running::new().await;
    let mut client = client(&running).await;
    let (_, tx) = signed_transaction(&running.node.chain_hash(), 1, 77, 0);
    let request = SimulateTransactionRequest { tx: tx.into() };
    let response = client
        .simulate_transaction(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (response.suggested_gas_limit, response.context.unwrap().height),
        (875, 4)
    );
    assert_eq!(response.receipt.unwrap().events.len(), 1);

    *running.node.rejection.lock().unwrap() =
        Some(rejection(RejectionClass::Precondition, "INSUFFICIENT_FUNDS"));
    let status = client.simulate_transaction(request).await.unwrap_err();
    check(&status, Code::FailedPrecondition, "INSUFFICIENT_FUNDS", &[]);
}

#[tokio::test]
async fn fees_are_estimated() {
    let running = Running::new().await;
    let response = client(&running)
        .await
        .estimate_fee(EstimateFeeRequest { gas_limit: 3 })
        .await
        .unwrap()
        .into_inner();
    let option = &response.options[0];
    assert_eq!(
        (response.base_price.as_str(), option.max_total.as_str()),
        ("10", "60")
    );
    let fee = option.fee.as_ref().unwrap();
    assert_eq!(
        (fee.gas_limit, fee.max_price.as_str(), fee.tip.as_str()),
        (3, "20", "1")
    );
}

#[tokio::test]
async fn sign_bytes_are_the_id_that_the_chain_gives() {
    let running = Running::new().await;
    let mut client = client(&running).await;
    let (id, tx) = signed_transaction(&running.node.chain_hash(), 1, 77, 0);
    let body = SignedTransaction::decode(&tx[..]).unwrap().body;
    let response = client
        .get_sign_bytes(GetSignBytesRequest { body: body.clone() })
        .await
        .unwrap()
        .into_inner();
    assert_eq!(&response.sign_bytes[..], id.as_bytes());
    assert_eq!(&response.chain_hash[..], running.node.chain_hash().as_bytes());

    let response = client
        .decode_transaction(DecodeTransactionRequest { tx: tx.into() })
        .await
        .unwrap()
        .into_inner();
    assert_eq!(&response.tx_hash[..], id.as_bytes());
    assert_eq!(response.body.unwrap().sequence, 77);
    assert_eq!(
        response.sender_address,
        format_account(Network::Development, &account(1))
    );
    assert_eq!(response.transaction.unwrap().body, body);
}

#[tokio::test]
async fn bytes_that_are_no_transaction_are_refused_everywhere() {
    let running = Running::new().await;
    let mut client = client(&running).await;
    let (_, good) = signed_transaction(&running.node.chain_hash(), 1, 77, 0);
    let unknown_field = [&good[..], &[0xf8, 0x01, 0x01]].concat();
    for tx in [vec![], vec![0xff; 9], unknown_field, vec![0; 65_537]] {
        let statuses = [
            client
                .decode_transaction(DecodeTransactionRequest {
                    tx: tx.clone().into(),
                })
                .await
                .unwrap_err(),
            client
                .simulate_transaction(SimulateTransactionRequest {
                    tx: tx.clone().into(),
                })
                .await
                .unwrap_err(),
            client
                .get_sign_bytes(GetSignBytesRequest {
                    body: tx.clone().into(),
                })
                .await
                .unwrap_err(),
        ];
        for status in statuses {
            check(&status, Code::InvalidArgument, "FIELD_INVALID", &[]);
        }
    }
    let status = client.broadcast_transaction(broadcast(vec![])).await.unwrap_err();
    check(
        &status,
        Code::InvalidArgument,
        "FIELD_INVALID",
        &[("field", "tx")],
    );
}
