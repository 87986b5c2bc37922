//! AccountService.

use crate::support::{Running, account, check};
use palisade_rpc::backend::ReadError;
use primitives::Height;
use primitives::address::{AddressKind, Network, format, format_account};
use primitives::codec::decode;
use proto::account::v1::account_service_client::AccountServiceClient;
use proto::account::v1::{
    GetAccountRequest, GetAssetRequest, GetSupplyRequest, ListAssetsRequest, ListBalancesRequest,
};
use tonic::Code;
use tonic::transport::Channel;

async fn client(running: &Running) -> AccountServiceClient<Channel> {
    AccountServiceClient::new(running.channel().await)
}

fn get(address: String, height: u64) -> GetAccountRequest {
    GetAccountRequest {
        address,
        height,
        prove: false,
    }
}

#[tokio::test]
async fn an_account_is_found_by_address_and_by_id() {
    let running = Running::new().await;
    let mut client = client(&running).await;
    let address = format_account(Network::Development, &account(1));
    for name in [address.clone(), account(1).to_string()] {
        let response = client.get_account(get(name, 0)).await.unwrap().into_inner();
        let found = response.account.unwrap();
        assert_eq!(found.address, address);
        assert_eq!(
            (found.sequence, found.pending_sequence, found.balance.as_str()),
            (5, 8, "1000")
        );
        let context = response.context.unwrap();
        // The latest that can be proven is the tip's parent.
        assert_eq!((context.height, context.time_ms), (4, 1_000_004));
        assert_eq!(
            &context.block_hash[..],
            running.node.block_at(4).block.hash().as_bytes()
        );
    }
}

#[tokio::test]
async fn an_account_nobody_used_is_empty() {
    let running = Running::new().await;
    let response = client(&running)
        .await
        .get_account(get(account(77).to_string(), 2))
        .await
        .unwrap()
        .into_inner();
    let found = response.account.unwrap();
    assert_eq!(
        (found.sequence, found.pending_sequence, found.balance.as_str()),
        (0, 0, "0")
    );
    assert_eq!(response.context.unwrap().height, 2);
}

#[tokio::test]
async fn an_answer_is_proven_under_its_state_root() {
    let running = Running::new().await;
    let request = GetAccountRequest {
        prove: true,
        ..get(account(1).to_string(), 0)
    };
    let response = client(&running)
        .await
        .get_account(request)
        .await
        .unwrap()
        .into_inner();
    let root = primitives::Digest::from_slice(&response.context.unwrap().state_root).unwrap();
    let [entry] = &response.proofs[..] else {
        panic!("one entry, not {}", response.proofs.len())
    };
    let proof: light_palisade::StateProof = decode(&entry.proof.as_ref().unwrap().encoded).unwrap();
    proof.verify(&root, &entry.key, entry.value.as_deref()).unwrap();
    let terminal = entry.proof.as_ref().unwrap().terminal.as_ref().unwrap();
    assert_eq!(terminal.key_hash, crypto::sparse::path(&entry.key).to_vec());
}

#[tokio::test]
async fn a_wrong_address_says_what_is_wrong() {
    let running = Running::new().await;
    let mut client = client(&running).await;
    let live = format_account(Network::Live, &account(1));
    let status = client.get_account(get(live, 0)).await.unwrap_err();
    let metadata = [("expected", "paldev"), ("found", "pal"), ("field", "address")];
    let details = check(&status, Code::InvalidArgument, "BAD_ADDRESS_PREFIX", &metadata);
    assert_eq!(
        details.bad_request().unwrap().field_violations[0].field,
        "address"
    );

    let operator = format(AddressKind::Operator, Network::Development, account(1).as_bytes());
    let status = client.get_account(get(operator, 0)).await.unwrap_err();
    check(
        &status,
        Code::InvalidArgument,
        "BAD_ADDRESS_PREFIX",
        &[("found", "paldevval")],
    );

    for nonsense in ["", "nonsense", &"x".repeat(91)] {
        let status = client.get_account(get(nonsense.into(), 0)).await.unwrap_err();
        let details = check(
            &status,
            Code::InvalidArgument,
            "FIELD_INVALID",
            &[("field", "address")],
        );
        assert_eq!(
            details.bad_request().unwrap().field_violations[0].field,
            "address"
        );
    }
}

#[tokio::test]
async fn heights_that_cannot_be_answered_for_are_named() {
    let running = Running::new().await;
    running.node.prune(3);
    let mut client = client(&running).await;
    let status = client
        .get_account(get(account(1).to_string(), 2))
        .await
        .unwrap_err();
    let metadata = [("height", "2"), ("earliest", "3"), ("latest", "4")];
    check(&status, Code::OutOfRange, "HEIGHT_PRUNED", &metadata);
    // The tip itself is not proven yet: its root stands in the next header.
    let status = client
        .get_account(get(account(1).to_string(), 5))
        .await
        .unwrap_err();
    check(
        &status,
        Code::OutOfRange,
        "HEIGHT_IN_FUTURE",
        &[("height", "5"), ("latest", "4")],
    );
}

#[tokio::test]
async fn a_broken_or_busy_node_says_so_without_its_secrets() {
    let running = Running::new().await;
    let mut client = client(&running).await;
    *running.node.failure.lock().unwrap() = Some(ReadError::Broken("/home/secret is corrupt".into()));
    let status = client
        .get_account(get(account(1).to_string(), 0))
        .await
        .unwrap_err();
    check(&status, Code::Internal, "INTERNAL", &[]);
    assert!(!format!("{status:?}").contains("secret"));

    *running.node.failure.lock().unwrap() = Some(ReadError::Unavailable("the state is being loaded".into()));
    let status = client
        .get_account(get(account(1).to_string(), 0))
        .await
        .unwrap_err();
    let details = check(&status, Code::Unavailable, "UNAVAILABLE", &[]);
    assert!(details.retry_info().unwrap().retry_delay.is_some());
}

#[tokio::test]
async fn pages_answer_at_the_height_of_the_first() {
    let running = Running::new().await;
    let mut client = client(&running).await;
    let address = account(1).to_string();
    let mut request = ListBalancesRequest {
        address,
        page_size: 2,
        ..ListBalancesRequest::default()
    };
    let (mut seen, mut pages) = (Vec::new(), 0);
    loop {
        let response = client.list_balances(request.clone()).await.unwrap().into_inner();
        assert_eq!(response.context.unwrap().height, 4);
        seen.extend(
            response
                .balances
                .into_iter()
                .map(|balance| (balance.asset_id, balance.amount)),
        );
        pages += 1;
        if response.next_page_token.is_empty() {
            break;
        }
        request.page_token = response.next_page_token;
        running.node.grow(1);
    }
    let expected: Vec<_> = (0..5u32).map(|n| (n, (n + 1).to_string())).collect();
    assert_eq!((seen, pages), (expected, 3));
}

#[tokio::test]
async fn a_token_of_another_request_is_refused() {
    let running = Running::new().await;
    let mut client = client(&running).await;
    let request = ListBalancesRequest {
        address: account(1).to_string(),
        page_size: 2,
        ..ListBalancesRequest::default()
    };
    let page_token = client
        .list_balances(request.clone())
        .await
        .unwrap()
        .into_inner()
        .next_page_token;
    assert!(!page_token.is_empty());
    for other in [
        ListBalancesRequest {
            address: account(2).to_string(),
            page_token: page_token.clone(),
            ..request.clone()
        },
        ListBalancesRequest {
            height: 2,
            page_token: page_token.clone(),
            ..request.clone()
        },
        ListBalancesRequest {
            page_token: "nonsense".into(),
            ..request.clone()
        },
    ] {
        let status = client.list_balances(other).await.unwrap_err();
        check(
            &status,
            Code::InvalidArgument,
            "PAGE_TOKEN_INVALID",
            &[("field", "page_token")],
        );
    }
    let assets = ListAssetsRequest {
        page_token: page_token.clone(),
        ..ListAssetsRequest::default()
    };
    let status = client.list_assets(assets).await.unwrap_err();
    check(&status, Code::InvalidArgument, "PAGE_TOKEN_INVALID", &[]);
    // The size may change from page to page.
    let same = ListBalancesRequest {
        page_size: 1,
        page_token,
        ..request
    };
    assert_eq!(
        client
            .list_balances(same)
            .await
            .unwrap()
            .into_inner()
            .balances
            .len(),
        1
    );
}

#[tokio::test]
async fn assets_and_supply_are_read_and_what_is_not_registered_is_not_found() {
    let running = Running::new().await;
    let mut client = client(&running).await;
    let list = client
        .list_assets(ListAssetsRequest::default())
        .await
        .unwrap()
        .into_inner();
    assert_eq!((list.assets.len(), list.next_page_token.as_str()), (5, ""));
    let get = |asset_id| GetAssetRequest {
        asset_id,
        height: 0,
        prove: true,
    };
    let response = client.get_asset(get(3)).await.unwrap().into_inner();
    assert_eq!(response.asset.unwrap(), list.assets[3]);
    assert_eq!(response.proofs.len(), 1);
    let supply = |asset_id| GetSupplyRequest {
        asset_id,
        height: 0,
        prove: false,
    };
    let response = client.get_supply(supply(3)).await.unwrap().into_inner();
    assert_eq!(response.amount, u128::MAX.to_string());

    for status in [
        client.get_asset(get(9)).await.unwrap_err(),
        client.get_supply(supply(9)).await.unwrap_err(),
    ] {
        let details = check(&status, Code::NotFound, "ASSET_NOT_FOUND", &[("asset", "9")]);
        assert_eq!(details.resource_info().unwrap().resource_name, "9");
    }
    assert_eq!(running.node.tip.borrow().height, Height::new(5));
}
