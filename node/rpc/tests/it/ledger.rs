//! LedgerService: one thing at a time.

use crate::support::{Running, check};
use light_palisade::InclusionProof;
use primitives::codec::{decode, encode};
use primitives::{BlockHash, Digest};
use proto::ledger::v1::ledger_service_client::LedgerServiceClient;
use proto::ledger::v1::{
    BatchGetTransactionsRequest, BlockView, CertificateKind, GetBlockRequest, GetFinalityCertificateRequest,
    GetTransactionRequest, GetValidatorSetRequest, QueryStateRequest, get_block_request, receipt,
    transaction_lookup,
};
use tonic::Code;

fn by_height(height: u64, view: BlockView) -> GetBlockRequest {
    GetBlockRequest {
        block: Some(get_block_request::Block::Height(height)),
        view: view.into(),
    }
}

fn by_hash(hash: BlockHash) -> GetBlockRequest {
    let hash = hash.as_bytes().to_vec().into();
    GetBlockRequest {
        block: Some(get_block_request::Block::Hash(hash)),
        view: 0,
    }
}

#[tokio::test]
async fn a_block_is_found_by_height_by_hash_and_as_the_latest() {
    let running = Running::new().await;
    let mut client = LedgerServiceClient::new(running.channel().await);
    let hash = running.node.block_at(5).block.hash();
    for request in [
        GetBlockRequest::default(),
        by_height(0, BlockView::Basic),
        by_height(5, BlockView::Basic),
        by_hash(hash),
    ] {
        let block = client
            .get_block(request)
            .await
            .unwrap()
            .into_inner()
            .block
            .unwrap();
        let header = block.header.unwrap();
        assert_eq!((header.height, &header.hash[..]), (5, &hash.as_bytes()[..]));
        assert_eq!(
            (block.tx_hashes.len(), block.transactions.len(), block.gas_used),
            (2, 0, 1_400)
        );
        // Whoever recomputes the hash gets it from the encoding.
        let again: light_palisade::Header = decode(&header.encoded).unwrap();
        assert_eq!(again.hash(), hash);
        let certificate = block.certificate.unwrap();
        assert_eq!(certificate.kind(), CertificateKind::Finalization);
        assert_eq!(
            (&certificate.block_hash[..], &certificate.signers[..]),
            (&hash.as_bytes()[..], &[7][..])
        );
        assert_eq!(certificate.encoded, encode(&running.node.block_at(5).certificate));
    }
}

#[tokio::test]
async fn the_full_view_has_transactions_receipts_and_events() {
    let running = Running::new().await;
    let mut client = LedgerServiceClient::new(running.channel().await);
    let block = client
        .get_block(by_height(3, BlockView::Full))
        .await
        .unwrap()
        .into_inner()
        .block
        .unwrap();
    let [first, second] = &block.transactions[..] else {
        panic!("{block:?}")
    };
    assert_eq!(
        [&first.tx_hash, &second.tx_hash],
        [&block.tx_hashes[0], &block.tx_hashes[1]]
    );
    assert_eq!(first.tx, running.node.block_at(3).block.transactions[0]);
    let done = first.receipt.as_ref().unwrap();
    assert!(matches!(done.result, Some(receipt::Result::Success(_))));
    let event = &done.events[0];
    assert_eq!([&event.module, &event.name], ["bank", "Transferred"]);
    assert_eq!((event.height, event.tx_index, event.index), (3, Some(0), 0));
    assert_eq!(event.attributes[0].key, "recipient");
    assert!(event.attributes[0].value.starts_with("paldev1"), "{event:?}");
    assert_eq!(event.attributes[1].value, "5");
    let Some(receipt::Result::Failure(failure)) = &second.receipt.as_ref().unwrap().result else {
        panic!("{second:?}")
    };
    assert_eq!(
        (failure.module.as_str(), failure.code, failure.message_index),
        ("bank", 3, 0)
    );
}

#[tokio::test]
async fn blocks_that_are_not_there_are_refused_each_for_its_reason() {
    let running = Running::new().await;
    running.node.prune(3);
    let mut client = LedgerServiceClient::new(running.channel().await);
    let status = client
        .get_block(by_height(2, BlockView::Basic))
        .await
        .unwrap_err();
    check(
        &status,
        Code::OutOfRange,
        "HEIGHT_PRUNED",
        &[("earliest", "3"), ("latest", "5")],
    );
    let status = client
        .get_block(by_height(6, BlockView::Basic))
        .await
        .unwrap_err();
    check(&status, Code::OutOfRange, "HEIGHT_IN_FUTURE", &[("latest", "5")]);
    let status = client
        .get_block(by_hash(BlockHash::new([9; 32])))
        .await
        .unwrap_err();
    let details = check(&status, Code::NotFound, "BLOCK_NOT_FOUND", &[]);
    assert_eq!(details.resource_info().unwrap().resource_type, "block");
    let short = GetBlockRequest {
        block: Some(get_block_request::Block::Hash(vec![1].into())),
        view: 0,
    };
    let status = client.get_block(short).await.unwrap_err();
    check(
        &status,
        Code::InvalidArgument,
        "FIELD_INVALID",
        &[("field", "hash")],
    );
    let request = GetBlockRequest { block: None, view: 7 };
    let status = client.get_block(request).await.unwrap_err();
    check(
        &status,
        Code::InvalidArgument,
        "FIELD_INVALID",
        &[("field", "view")],
    );
}

#[tokio::test]
async fn a_transaction_is_proven_to_be_in_its_block() {
    let running = Running::new().await;
    let mut client = LedgerServiceClient::new(running.channel().await);
    let id = running.node.id(4, 1);
    let request = GetTransactionRequest {
        tx_hash: id.as_bytes().to_vec().into(),
        prove: true,
    };
    let response = client.get_transaction(request).await.unwrap().into_inner();
    let found = response.transaction.unwrap();
    assert_eq!((found.height, found.index, found.time_ms), (4, 1, 1_000_004));
    let finality = response.finality.unwrap();
    let header: light_palisade::Header = decode(&finality.header.unwrap().encoded).unwrap();
    let path = response.inclusion.unwrap();
    let siblings = path
        .siblings
        .iter()
        .map(|s| Digest::from_slice(s).unwrap())
        .collect();
    let proof = crypto::merkle::Proof {
        index: path.index,
        count: path.count,
        siblings,
    };
    InclusionProof { path: proof }
        .verify(&header, &id, &found.tx)
        .unwrap();
}

#[tokio::test]
async fn an_unknown_transaction_says_where_was_searched() {
    let running = Running::new().await;
    running.node.prune(2);
    let mut client = LedgerServiceClient::new(running.channel().await);
    for hash in [
        vec![1; 32],
        running.node.block_at(2).receipts[0]
            .id
            .as_bytes()
            .iter()
            .rev()
            .copied()
            .collect(),
    ] {
        let request = GetTransactionRequest {
            tx_hash: hash.into(),
            prove: false,
        };
        let status = client.get_transaction(request).await.unwrap_err();
        let metadata = [("searched_from", "2"), ("searched_to", "5")];
        let details = check(&status, Code::NotFound, "TX_NOT_FOUND", &metadata);
        assert_eq!(details.resource_info().unwrap().resource_type, "transaction");
    }
}

#[tokio::test]
async fn a_batch_finds_each_by_itself() {
    let running = Running::new().await;
    let mut client = LedgerServiceClient::new(running.channel().await);
    let known = running.node.id(1, 0).as_bytes().to_vec();
    let tx_hashes = [known, vec![1; 32], vec![1; 3]].map(Into::into).to_vec();
    let request = BatchGetTransactionsRequest { tx_hashes };
    let results = client
        .batch_get_transactions(request)
        .await
        .unwrap()
        .into_inner()
        .results;
    let problem = |n: usize| match &results[n].result {
        Some(transaction_lookup::Result::Problem(problem)) => (problem.code, problem.reason.as_str()),
        other => panic!("{other:?}"),
    };
    assert!(matches!(
        results[0].result,
        Some(transaction_lookup::Result::Transaction(_))
    ));
    assert_eq!(
        [problem(1), problem(2)],
        [(5, "TX_NOT_FOUND"), (3, "FIELD_INVALID")]
    );
    for count in [0, 101] {
        let request = BatchGetTransactionsRequest {
            tx_hashes: vec![vec![1; 32].into(); count],
        };
        let status = client.batch_get_transactions(request).await.unwrap_err();
        check(
            &status,
            Code::InvalidArgument,
            "FIELD_INVALID",
            &[("field", "tx_hashes")],
        );
    }
}

#[tokio::test]
async fn finality_and_validator_sets_are_given() {
    let running = Running::new().await;
    let mut client = LedgerServiceClient::new(running.channel().await);
    let request = GetFinalityCertificateRequest { height: 2 };
    let proof = client
        .get_finality_certificate(request)
        .await
        .unwrap()
        .into_inner()
        .finality
        .unwrap();
    let header = proof.header.unwrap();
    assert_eq!(
        (header.height, &proof.certificate.unwrap().block_hash),
        (2, &header.hash)
    );
    let request = GetFinalityCertificateRequest { height: 9 };
    let status = client.get_finality_certificate(request).await.unwrap_err();
    check(&status, Code::OutOfRange, "HEIGHT_IN_FUTURE", &[]);

    for epoch in [None, Some(1)] {
        let request = GetValidatorSetRequest { epoch };
        let set = client
            .get_validator_set(request)
            .await
            .unwrap()
            .into_inner()
            .validator_set
            .unwrap();
        assert_eq!(
            (set.epoch, set.members.len(), set.total_power, set.ends_at_ms),
            (1, 2, 20, 9_000)
        );
        let again: light_palisade::ValidatorSet = decode(&set.encoded).unwrap();
        assert_eq!(&again.root().as_bytes()[..], &set.root[..]);
    }
    let status = client
        .get_validator_set(GetValidatorSetRequest { epoch: Some(2) })
        .await
        .unwrap_err();
    check(&status, Code::NotFound, "EPOCH_NOT_FOUND", &[("epoch", "2")]);
}

#[tokio::test]
async fn raw_state_is_read_with_and_without_proof() {
    let running = Running::new().await;
    let mut client = LedgerServiceClient::new(running.channel().await);
    let query = |key: &[u8], prove| QueryStateRequest {
        key: key.to_vec().into(),
        height: 0,
        prove,
    };
    let response = client
        .query_state(query(b"key", true))
        .await
        .unwrap()
        .into_inner();
    let value = response.value.unwrap();
    let root = Digest::from_slice(&response.context.unwrap().state_root).unwrap();
    let proof: light_palisade::StateProof = decode(&response.proof.unwrap().encoded).unwrap();
    proof.verify(&root, b"key", Some(&value)).unwrap();
    let response = client
        .query_state(query(b"other", false))
        .await
        .unwrap()
        .into_inner();
    assert_eq!((response.value, response.proof), (None, None));
    for wrong in [&[][..], &[0; 257]] {
        let status = client.query_state(query(wrong, false)).await.unwrap_err();
        check(
            &status,
            Code::InvalidArgument,
            "FIELD_INVALID",
            &[("field", "key")],
        );
    }
}

#[tokio::test]
async fn a_chain_without_blocks_says_so() {
    let running = Running::new().await;
    running
        .node
        .tip
        .send_modify(|tip| tip.height = primitives::Height::ZERO);
    let mut client = LedgerServiceClient::new(running.channel().await);
    let status = client.get_block(GetBlockRequest::default()).await.unwrap_err();
    check(
        &status,
        Code::OutOfRange,
        "HEIGHT_IN_FUTURE",
        &[("height", "1"), ("latest", "0")],
    );
}
