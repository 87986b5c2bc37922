//! DevService.

use crate::support::{Node, Running, account, asset, check, config};
use palisade_rpc::Server;
use primitives::{Amount, Coin};
use proto::dev::v1alpha1::dev_service_client::DevServiceClient;
use proto::dev::v1alpha1::{
    AdvanceClockRequest, ClearFaultsRequest, GetDevnetRequest, InjectFaultRequest, LinkFault, NodeFault,
    RequestFundsRequest, SetLinkFaultRequest, SetNodeFaultRequest,
};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tonic::Code;

fn ask(amount: &str, asset_id: u32) -> RequestFundsRequest {
    RequestFundsRequest {
        address: account(4).to_string(),
        asset_id,
        amount: amount.into(),
    }
}

#[tokio::test]
async fn the_faucet_pays() {
    let running = Running::new().await;
    let mut client = DevServiceClient::new(running.channel().await);
    for (asked, paid) in [("", 100), ("7", 7)] {
        let response = client.request_funds(ask(asked, 0)).await.unwrap().into_inner();
        assert_eq!((response.amount, response.tx_hash.len()), (paid.to_string(), 32));
        let funded = *running.faucet.funded.lock().unwrap().last().unwrap();
        assert_eq!(
            funded,
            (
                account(4),
                Coin {
                    asset: asset(0),
                    amount: Amount::new(paid)
                }
            )
        );
    }
    for wrong in ["0", "-1", "1.5", "01"] {
        let status = client.request_funds(ask(wrong, 0)).await.unwrap_err();
        check(
            &status,
            Code::InvalidArgument,
            "FIELD_INVALID",
            &[("field", "amount")],
        );
    }
    let status = client.request_funds(ask("1", 3)).await.unwrap_err();
    check(
        &status,
        Code::FailedPrecondition,
        "INSUFFICIENT_FUNDS",
        &[("asset", "3")],
    );
}

#[tokio::test]
async fn faults_are_set_shown_and_cleared() {
    let running = Running::new().await;
    let mut client = DevServiceClient::new(running.channel().await);
    let fault = LinkFault {
        peer_key: vec![7; 32].into(),
        latency_ms: 50,
        loss_percent: 10,
        ..LinkFault::default()
    };
    let set = |fault: LinkFault| SetLinkFaultRequest { fault: Some(fault) };
    client.set_link_fault(set(fault.clone())).await.unwrap();
    let devnet = client.get_devnet(GetDevnetRequest {}).await.unwrap().into_inner();
    assert_eq!(devnet.link_faults, vec![fault]);
    assert_eq!(devnet.accounts[0].name, "alice");
    client.clear_faults(ClearFaultsRequest {}).await.unwrap();
    assert!(
        client
            .get_devnet(GetDevnetRequest {})
            .await
            .unwrap()
            .into_inner()
            .link_faults
            .is_empty()
    );
}

#[tokio::test]
async fn faults_that_cannot_be_are_refused() {
    let running = Running::new().await;
    let mut client = DevServiceClient::new(running.channel().await);
    let set = |fault: LinkFault| SetLinkFaultRequest { fault: Some(fault) };
    let none = LinkFault::default;
    for (field, wrong) in [
        (
            "fault.peer_key",
            LinkFault {
                peer_key: vec![1].into(),
                ..none()
            },
        ),
        (
            "fault.latency_ms",
            LinkFault {
                latency_ms: 60_001,
                ..none()
            },
        ),
        (
            "fault.jitter_ms",
            LinkFault {
                jitter_ms: 60_001,
                ..none()
            },
        ),
        (
            "fault.loss_percent",
            LinkFault {
                loss_percent: 101,
                ..none()
            },
        ),
    ] {
        let status = client.set_link_fault(set(wrong)).await.unwrap_err();
        check(
            &status,
            Code::InvalidArgument,
            "FIELD_INVALID",
            &[("field", field)],
        );
    }
    let status = client
        .set_link_fault(SetLinkFaultRequest { fault: None })
        .await
        .unwrap_err();
    check(
        &status,
        Code::InvalidArgument,
        "FIELD_INVALID",
        &[("field", "fault")],
    );
}

#[tokio::test]
async fn a_validator_misbehaves_only_as_it_is_told() {
    let running = Running::new().await;
    let mut client = DevServiceClient::new(running.channel().await);
    let ask = |fault: i32| InjectFaultRequest { fault };
    let done = client.inject_fault(ask(1)).await.unwrap().into_inner();
    assert_eq!((done.epoch, done.view), (4, 9));
    for wrong in [0, 5, -1] {
        let status = client.inject_fault(ask(wrong)).await.unwrap_err();
        let field = [("field", "fault")];
        check(&status, Code::InvalidArgument, "FIELD_INVALID", &field);
    }
    let unable = client.inject_fault(ask(2)).await.unwrap_err();
    assert_eq!(unable.code(), Code::Unavailable);
}

#[tokio::test]
async fn a_node_is_made_wrong_within_bounds_and_right_again() {
    let running = Running::new().await;
    let mut client = DevServiceClient::new(running.channel().await);
    let set = |fault: NodeFault| SetNodeFaultRequest { fault: Some(fault) };
    let fault = NodeFault {
        clock_skew_ms: -5_000,
        disk_full: true,
        disk_delay_ms: 200,
        censor: true,
        withhold: true,
    };
    client.set_node_fault(set(fault)).await.unwrap();
    let devnet = client.get_devnet(GetDevnetRequest {}).await.unwrap().into_inner();
    assert_eq!(devnet.node_fault, Some(fault));
    let skewed = NodeFault {
        clock_skew_ms: -3_600_001,
        ..NodeFault::default()
    };
    let slow = NodeFault {
        disk_delay_ms: 10_001,
        ..NodeFault::default()
    };
    for (field, request) in [
        ("fault", SetNodeFaultRequest { fault: None }),
        ("fault.clock_skew_ms", set(skewed)),
        ("fault.disk_delay_ms", set(slow)),
    ] {
        let status = client.set_node_fault(request).await.unwrap_err();
        let field = [("field", field)];
        check(&status, Code::InvalidArgument, "FIELD_INVALID", &field);
    }
    client.clear_faults(ClearFaultsRequest {}).await.unwrap();
    let devnet = client.get_devnet(GetDevnetRequest {}).await.unwrap().into_inner();
    assert_eq!(devnet.node_fault, Some(NodeFault::default()));
}

#[tokio::test]
async fn the_clock_goes_forward_only_and_not_beyond_ten_years() {
    let running = Running::new().await;
    let mut client = DevServiceClient::new(running.channel().await);
    let to = |chain_clock_ms| AdvanceClockRequest { chain_clock_ms };
    client.advance_clock(to(5_000)).await.unwrap();
    let devnet = client.get_devnet(GetDevnetRequest {}).await.unwrap().into_inner();
    assert_eq!(devnet.chain_clock_ms, 5_000);
    for wrong in [4_999, 5_000 + 10 * 365 * 86_400_000 + 1, u64::MAX] {
        let status = client.advance_clock(to(wrong)).await.unwrap_err();
        let field = [("field", "chain_clock_ms")];
        check(&status, Code::InvalidArgument, "FIELD_INVALID", &field);
    }
}

#[tokio::test]
async fn it_is_not_there_unless_told_so() {
    let node = Arc::new(Node::new());
    let listening = Server::new(config(), node).unwrap().listen().await.unwrap();
    let url = format!("http://{}", listening.address());
    let shutdown = CancellationToken::new();
    let serving = tokio::spawn(listening.serve(shutdown.clone()));
    let mut client = DevServiceClient::connect(url).await.unwrap();
    let status = client.get_devnet(GetDevnetRequest {}).await.unwrap_err();
    check(&status, Code::Unimplemented, "METHOD_UNKNOWN", &[]);
    shutdown.cancel();
    serving.await.unwrap().unwrap();
}
