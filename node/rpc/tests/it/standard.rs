//! Health and reflection.

use crate::support::{Running, check};
use primitives::Height;
use prost::Message;
use std::collections::BTreeSet;
use tokio_stream::StreamExt;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::{v1, v1alpha};

const OURS: [&str; 15] = [
    "palisade.account.v1.AccountService",
    "palisade.dev.v1alpha1.DevService",
    "palisade.epoch.v1.EpochService",
    "palisade.governance.v1.GovernanceService",
    "palisade.ledger.v1.LedgerService",
    "palisade.node.v1.NodeService",
    "palisade.operator.v1.OperatorService",
    "palisade.oracle.v1.PriceService",
    "palisade.reward.v1.RewardService",
    "palisade.service.v1.ServiceRegistryService",
    "palisade.slash.v1.SlashingService",
    "palisade.staking.v1.ValidatorService",
    "palisade.subscription.v1.SubscriptionService",
    "palisade.tx.v1.TransactionService",
    "palisade.vault.v1.VaultService",
];
const STANDARD: [&str; 3] = [
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
];

fn expected() -> BTreeSet<String> {
    OURS.iter()
        .chain(&STANDARD)
        .map(|name| (*name).to_owned())
        .collect()
}

#[tokio::test]
async fn reflection_lists_and_describes_every_service_in_both_versions() {
    let running = Running::new().await;
    let mut client = v1::server_reflection_client::ServerReflectionClient::new(running.channel().await);
    let request = |message_request| v1::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(message_request),
    };
    use v1::server_reflection_request::MessageRequest;
    let mut requests = vec![request(MessageRequest::ListServices(String::new()))];
    requests.extend(
        OURS.iter()
            .chain(&STANDARD)
            .map(|name| request(MessageRequest::FileContainingSymbol((*name).to_owned()))),
    );
    let answers = client
        .server_reflection_info(tokio_stream::iter(requests))
        .await
        .unwrap()
        .into_inner();
    let answers: Vec<_> = answers
        .map(|answer| answer.unwrap().message_response.unwrap())
        .collect()
        .await;
    use v1::server_reflection_response::MessageResponse;
    let MessageResponse::ListServicesResponse(list) = &answers[0] else {
        panic!("{:?}", answers[0])
    };
    let listed: BTreeSet<String> = list.service.iter().map(|service| service.name.clone()).collect();
    assert_eq!(listed, expected());
    assert_eq!(answers.len(), 1 + OURS.len() + STANDARD.len());
    for answer in &answers[1..] {
        let MessageResponse::FileDescriptorResponse(files) = answer else {
            panic!("{answer:?}")
        };
        let file = prost_types::FileDescriptorProto::decode(&files.file_descriptor_proto[0][..]).unwrap();
        assert!(!file.service.is_empty());
    }

    let mut client = v1alpha::server_reflection_client::ServerReflectionClient::new(running.channel().await);
    let request = v1alpha::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(v1alpha::server_reflection_request::MessageRequest::ListServices(
            String::new(),
        )),
    };
    let mut answers = client
        .server_reflection_info(tokio_stream::iter([request]))
        .await
        .unwrap()
        .into_inner();
    let answer = answers
        .message()
        .await
        .unwrap()
        .unwrap()
        .message_response
        .unwrap();
    let v1alpha::server_reflection_response::MessageResponse::ListServicesResponse(list) = answer else {
        panic!("{answer:?}")
    };
    let listed: BTreeSet<String> = list.service.into_iter().map(|service| service.name).collect();
    assert_eq!(listed, expected());
}

#[tokio::test]
async fn services_are_ready_while_the_node_is_not_catching_up() {
    let running = Running::new().await;
    let mut client = HealthClient::new(running.channel().await);
    let ask = |service: &str| HealthCheckRequest {
        service: service.into(),
    };
    let mut watch = client.watch(ask(OURS[3])).await.unwrap().into_inner();
    let mut seen = Vec::new();
    // The first answer may come before the reporter has looked at the node.
    while seen.last() != Some(&ServingStatus::Serving) {
        seen.push(watch.message().await.unwrap().unwrap().status());
    }
    for service in OURS.iter().chain(&[""]) {
        let answer = client.check(ask(service)).await.unwrap().into_inner();
        assert_eq!(answer.status(), ServingStatus::Serving, "{service}");
    }
    running
        .node
        .tip
        .send_modify(|tip| (tip.syncing, tip.target) = (true, Height::new(90)));
    assert_eq!(
        watch.message().await.unwrap().unwrap().status(),
        ServingStatus::NotServing
    );
    // The node itself lives.
    assert_eq!(
        client.check(ask("")).await.unwrap().into_inner().status(),
        ServingStatus::Serving
    );
    running.node.tip.send_modify(|tip| tip.syncing = false);
    assert_eq!(
        watch.message().await.unwrap().unwrap().status(),
        ServingStatus::Serving
    );
    let status = client.check(ask("nobody.Nothing")).await.unwrap_err();
    check(&status, Code::NotFound, "SERVICE_UNKNOWN", &[]);
}
