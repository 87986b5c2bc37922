//! NodeService, and the headers that every answer has.

use crate::support::{Running, check, config};
use palisade_rpc::Config;
use primitives::Height;
use proto::node::v1::node_service_client::NodeServiceClient;
use proto::node::v1::{
    GetChainParametersRequest, GetGenesisRequest, GetNodeInfoRequest, GetSyncStatusRequest, ListPeersRequest,
};
use tonic::{Code, Request};

#[tokio::test]
async fn the_node_says_what_it_is_and_how_far_it_has_come() {
    let running = Running::new().await;
    let mut client = NodeServiceClient::new(running.channel().await);
    let info = client
        .get_node_info(GetNodeInfoRequest {})
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (info.chain_id.as_str(), info.development, info.version.as_str()),
        ("palisade-test-1", true, "0.1.0")
    );
    assert_eq!(&info.chain_hash[..], running.node.chain_hash().as_bytes());
    let sync = client
        .get_sync_status(GetSyncStatusRequest {})
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (sync.syncing, sync.height, sync.target_height, sync.peers),
        (false, 5, 5, 3)
    );
    let genesis = client
        .get_genesis(GetGenesisRequest {})
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (&genesis.document[..], &genesis.canonical[..]),
        (&b"{}"[..], &b"genesis"[..])
    );
    let request = GetChainParametersRequest {
        height: 0,
        prove: true,
    };
    let rules = client.get_chain_parameters(request).await.unwrap().into_inner();
    let [rule] = &rules.parameters[..] else {
        panic!("{rules:?}")
    };
    assert_eq!(
        [&rule.module, &rule.name, &rule.value, &rule.unit],
        ["chain", "block_gas_limit", "100", "gas"]
    );
    assert_eq!((rules.context.unwrap().height, rules.proofs.len()), (4, 1));
}

#[tokio::test]
async fn peers_are_listed_in_order_and_pages() {
    let running = Running::new().await;
    let mut client = NodeServiceClient::new(running.channel().await);
    let mut request = ListPeersRequest {
        page_size: 2,
        page_token: String::new(),
    };
    let first = client.list_peers(request.clone()).await.unwrap().into_inner();
    request.page_token = first.next_page_token;
    let second = client.list_peers(request).await.unwrap().into_inner();
    let names: Vec<_> = first
        .peers
        .iter()
        .chain(&second.peers)
        .map(|peer| peer.peer_id.as_str())
        .collect();
    assert_eq!(names, ["peer 1", "peer 2", "peer 3"]);
    assert_eq!(second.next_page_token, "");
}

#[tokio::test]
async fn every_answer_says_which_chain_and_how_far() {
    let running = Running::new().await;
    running.node.prune(2);
    let mut client = NodeServiceClient::new(running.channel().await);
    let answer = client.get_node_info(GetNodeInfoRequest {}).await.unwrap();
    let refusal = client
        .get_chain_parameters(GetChainParametersRequest {
            height: 99,
            prove: false,
        })
        .await
        .unwrap_err();
    for metadata in [answer.metadata(), refusal.metadata()] {
        let header = |name| metadata.get(name).map(|value| value.to_str().unwrap());
        assert_eq!(header("x-palisade-height"), Some("5"));
        assert_eq!(header("x-palisade-earliest-height"), Some("2"));
        assert_eq!(header("x-palisade-epoch"), Some("1"));
        assert_eq!(header("x-palisade-chain-id"), Some("palisade-test-1"));
    }
}

#[tokio::test]
async fn a_client_of_another_chain_is_told() {
    let running = Running::new().await;
    let mut client = NodeServiceClient::new(running.channel().await);
    for (meant, agrees) in [("palisade-test-1", true), ("palisade-main-1", false)] {
        let mut request = Request::new(GetNodeInfoRequest {});
        request
            .metadata_mut()
            .insert("x-palisade-chain-id", meant.parse().unwrap());
        match client.get_node_info(request).await {
            Ok(_) => assert!(agrees),
            Err(status) => {
                assert!(!agrees);
                let metadata = [("expected", "palisade-test-1"), ("found", "palisade-main-1")];
                check(&status, Code::InvalidArgument, "CHAIN_ID_MISMATCH", &metadata);
            }
        }
    }
}

#[tokio::test]
async fn a_call_that_takes_too_long_is_cut_off() {
    let running = Running::with(Config {
        call_timeout_ms: 100,
        ..config()
    })
    .await;
    let _held = running.node.slow.acquire().await.unwrap();
    let mut client = NodeServiceClient::new(running.channel().await);
    let request = GetChainParametersRequest {
        height: 0,
        prove: false,
    };
    let status = client.get_chain_parameters(request).await.unwrap_err();
    check(
        &status,
        Code::DeadlineExceeded,
        "CALL_TIMEOUT",
        &[("limit_ms", "100")],
    );
    assert_eq!(running.node.tip.borrow().height, Height::new(5));
}
