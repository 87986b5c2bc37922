//! OperatorService, ServiceRegistryService, SlashingService, EpochService.

use super::{STAKE, World, account, bps, operator};
use crate::support::check;
use primitives::{Amount, AssetId, Coin, Digest, Epoch, Millis, ServiceId};
use proto::epoch::v1::epoch_service_client::EpochServiceClient;
use proto::epoch::v1::{GetEpochRequest, ListEpochsRequest};
use proto::operator::v1::operator_service_client::OperatorServiceClient;
use proto::operator::v1::{
    GetOperatorRequest, GetScorecardRequest, ListAllocationsRequest, ListOperatorsRequest, ListOptInsRequest,
    OptInStatus,
};
use proto::service::v1::service_registry_service_client::ServiceRegistryServiceClient;
use proto::service::v1::{
    GetFaultProgramRequest, GetOperatorSetRequest, GetServiceRequest, GetServiceSecurityRequest,
    GetTaskRequest, ListServicesRequest, ListTasksRequest,
};
use proto::slash::v1::slashing_service_client::SlashingServiceClient;
use proto::slash::v1::{
    GetPendingSlashRequest, ListEvidenceRequest, ListPendingSlashesRequest, ListSlashesRequest, SlashEnding,
    SlashableAtRequest, WhyJailedRequest,
};
use proto::vault::v1::PreviewDepositRequest;
use proto::vault::v1::vault_service_client::VaultServiceClient;
use runtime::{Message, dss, slashing};
use testing::Account;
use tonic::Code;

#[tokio::test]
async fn operators_say_what_they_pledge_and_whom_they_serve() {
    let world = World::new().await;
    let mut client = OperatorServiceClient::new(world.running.channel().await);
    let name = operator("node0");
    let request = GetOperatorRequest {
        operator: name.clone(),
        ..GetOperatorRequest::default()
    };
    let found = client
        .get_operator(request)
        .await
        .unwrap()
        .into_inner()
        .operator
        .unwrap();
    assert_eq!(
        (found.name.as_str(), &found.vaults),
        ("node0", &vec![world.vault(0)])
    );
    let all = client
        .list_operators(ListOperatorsRequest::default())
        .await
        .unwrap()
        .into_inner()
        .operators;
    assert!(all.iter().any(|one| one.name == "node0") && all.iter().any(|one| one.name == "node1"));
    let mut request = ListAllocationsRequest {
        operator: name.clone(),
        page_size: 1,
        ..ListAllocationsRequest::default()
    };
    let first = client
        .list_allocations(request.clone())
        .await
        .unwrap()
        .into_inner();
    request.page_token = first.next_page_token;
    let second = client.list_allocations(request).await.unwrap().into_inner();
    let number = |page: &[proto::operator::v1::Allocation]| page[0].pledge.as_ref().unwrap().service_id;
    assert_eq!((number(&first.allocations), number(&second.allocations)), (0, 1));
    let request = ListOptInsRequest {
        operator: name.clone(),
        ..ListOptInsRequest::default()
    };
    let opt_ins = client.list_opt_ins(request).await.unwrap().into_inner().opt_ins;
    let served: Vec<(u32, OptInStatus, usize)> = opt_ins
        .iter()
        .map(|one| (one.service_id, one.status(), one.key.len()))
        .collect();
    assert_eq!(
        served,
        [(0, OptInStatus::Active, 96), (1, OptInStatus::Active, 96)]
    );
    let request = GetScorecardRequest {
        operator: name,
        service_id: 1,
        ..GetScorecardRequest::default()
    };
    let card = client
        .get_scorecard(request)
        .await
        .unwrap()
        .into_inner()
        .scorecard
        .unwrap();
    assert_eq!((card.assigned, card.reputation_bps), (0, 10_000));
    let stranger = GetOperatorRequest {
        operator: operator("bob"),
        ..GetOperatorRequest::default()
    };
    let status = client.get_operator(stranger).await.unwrap_err();
    check(&status, Code::NotFound, "OPERATOR_NOT_FOUND", &[]);
}

#[tokio::test]
async fn a_service_says_what_it_asks_and_what_stands_behind_it() {
    let mut world = World::new().await;
    let mut client = ServiceRegistryServiceClient::new(world.running.channel().await);
    let request = GetServiceRequest {
        service_id: 1,
        ..GetServiceRequest::default()
    };
    let found = client
        .get_service(request)
        .await
        .unwrap()
        .into_inner()
        .service
        .unwrap();
    assert_eq!(found.metadata, "test: never answer twice");
    assert_eq!((found.classes.len(), found.joined), (2, 2));
    let all = client
        .list_services(ListServicesRequest::default())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(all.services.len(), 1);
    let request = GetServiceSecurityRequest {
        service_id: 1,
        ..GetServiceSecurityRequest::default()
    };
    let security = client.get_service_security(request).await.unwrap().into_inner();
    // Two vaults, half of each pledged, a tenth off; then half a quorum, two fifths of it.
    assert_eq!(security.total, (STAKE * 9 / 10).to_string());
    assert_eq!(security.cost_of_corruption, (STAKE * 9 / 50).to_string());
    assert!(security.secure && security.eligible == 2);
    let none = client
        .get_operator_set(GetOperatorSetRequest {
            service_id: 1,
            ..GetOperatorSetRequest::default()
        })
        .await
        .unwrap_err();
    check(&none, Code::NotFound, "OPERATOR_SET_NOT_FOUND", &[]);
    let none = client
        .get_fault_program(GetFaultProgramRequest {
            service_id: 1,
            ..GetFaultProgramRequest::default()
        })
        .await
        .unwrap_err();
    check(&none, Code::NotFound, "PROGRAM_NOT_FOUND", &[]);
    let chain_itself = GetServiceRequest::default();
    let status = client.get_service(chain_itself).await.unwrap_err();
    check(
        &status,
        Code::InvalidArgument,
        "FIELD_INVALID",
        &[("field", "service_id")],
    );

    let post = dss::PostTask {
        service: ServiceId::new(1),
        payload: Digest::new([7; 32]),
        fee: Coin {
            asset: AssetId::PAL,
            amount: Amount::new(10),
        },
        committee: dss::Committee::All,
        commit: Millis::ZERO,
        respond: Millis::new(5_000),
        challenge: Millis::new(1_000),
    };
    world.send(&Account::named("bob"), Message::Dss(dss::Msg::PostTask(post)));
    let task = client
        .get_task(GetTaskRequest::default())
        .await
        .unwrap()
        .into_inner()
        .task
        .unwrap();
    assert_eq!((task.poster, task.assigned), (account("bob"), vec![0, 1]));
    let of = |service_id| ListTasksRequest {
        service_id: Some(service_id),
        ..ListTasksRequest::default()
    };
    assert_eq!(
        client.list_tasks(of(1)).await.unwrap().into_inner().tasks.len(),
        1
    );
    assert!(
        client
            .list_tasks(of(2))
            .await
            .unwrap()
            .into_inner()
            .tasks
            .is_empty()
    );
    let set = client
        .get_operator_set(GetOperatorSetRequest {
            service_id: 1,
            ..GetOperatorSetRequest::default()
        })
        .await
        .unwrap()
        .into_inner()
        .operator_set
        .unwrap();
    assert_eq!(set.seats.len(), 2);
}

/// A task, so that the operators have seats, and a slash that alice asks for of node0.
fn ask_for_a_slash(world: &mut World) -> Epoch {
    let post = dss::PostTask {
        service: ServiceId::new(1),
        payload: Digest::ZERO,
        fee: Coin {
            asset: AssetId::PAL,
            amount: Amount::ZERO,
        },
        committee: dss::Committee::All,
        commit: Millis::ZERO,
        respond: Millis::new(5_000),
        challenge: Millis::new(1_000),
    };
    let alice = Account::named("alice");
    world.send(&alice, Message::Dss(dss::Msg::PostTask(post)));
    let epoch = world.chain.last().block.header.epoch;
    let request = slashing::RequestSlash {
        service: ServiceId::new(1),
        operator: Account::named("node0").id(),
        class: 1,
        epoch,
        fraction: bps(500),
        reason: Digest::new([1; 32]),
    };
    world.send(&alice, Message::Slashing(slashing::Msg::Request(request)));
    epoch
}

#[tokio::test]
async fn what_is_asked_for_can_be_seen_with_who_may_veto_it() {
    let mut world = World::new().await;
    let epoch = ask_for_a_slash(&mut world);
    let mut client = SlashingServiceClient::new(world.running.channel().await);
    let open = ListPendingSlashesRequest {
        ending: SlashEnding::Open.into(),
        ..ListPendingSlashesRequest::default()
    };
    let found = client
        .list_pending_slashes(open)
        .await
        .unwrap()
        .into_inner()
        .pending_slashes;
    let one = &found[0];
    assert_eq!(
        (one.operator.clone(), one.epoch),
        (operator("node0"), epoch.get())
    );
    assert_eq!(one.vetoers, [account("dave")]);
    assert_eq!(one.due_at_ms - one.asked_at_ms, 20_000);
    let ended = ListPendingSlashesRequest {
        ending: SlashEnding::Vetoed.into(),
        ..ListPendingSlashesRequest::default()
    };
    let ended = client.list_pending_slashes(ended).await.unwrap().into_inner();
    assert!(ended.pending_slashes.is_empty());
    let same = GetPendingSlashRequest {
        slash_id: one.slash_id,
        ..GetPendingSlashRequest::default()
    };
    let same = client
        .get_pending_slash(same)
        .await
        .unwrap()
        .into_inner()
        .pending_slash;
    assert_eq!(same.as_ref(), Some(one));
    let none = GetPendingSlashRequest {
        slash_id: 9,
        ..GetPendingSlashRequest::default()
    };
    let status = client.get_pending_slash(none).await.unwrap_err();
    check(&status, Code::NotFound, "SLASH_NOT_FOUND", &[]);

    let mut vaults = VaultServiceClient::new(world.running.channel().await);
    let preview = PreviewDepositRequest {
        vault: world.vault(0),
        amount: "5".into(),
        ..PreviewDepositRequest::default()
    };
    let preview = vaults.preview_deposit(preview).await.unwrap().into_inner();
    assert_eq!(preview.open_slash_bps, 500);
}

#[tokio::test]
async fn what_could_be_taken_is_told_for_now_and_for_then_and_not_for_tomorrow() {
    let mut world = World::new().await;
    world.chain.next_block();
    world.show();
    let mut client = SlashingServiceClient::new(world.running.channel().await);
    let at = |chain_time_ms| SlashableAtRequest {
        vault: world.vault(0),
        service_id: 1,
        chain_time_ms,
        ..SlashableAtRequest::default()
    };
    let now = client.slashable_at(at(0)).await.unwrap().into_inner();
    assert_eq!((now.amount.as_str(), now.reportable), ("2500000000000", true));
    let then = client.slashable_at(at(1)).await.unwrap().into_inner();
    assert_eq!(then.amount, now.amount);
    let status = client.slashable_at(at(1 << 40)).await.unwrap_err();
    check(
        &status,
        Code::InvalidArgument,
        "FIELD_INVALID",
        &[("field", "chain_time_ms")],
    );
}

#[tokio::test]
async fn a_validator_that_is_not_jailed_has_no_reason_and_a_stranger_is_no_validator() {
    let world = World::new().await;
    let mut client = SlashingServiceClient::new(world.running.channel().await);
    let why = |validator| WhyJailedRequest {
        validator,
        ..WhyJailedRequest::default()
    };
    let answer = client
        .why_jailed(why(operator("node0")))
        .await
        .unwrap()
        .into_inner();
    assert!(!answer.jailed && answer.reason.is_empty() && answer.causes.is_empty());
    let status = client.why_jailed(why(operator("bob"))).await.unwrap_err();
    check(&status, Code::NotFound, "VALIDATOR_NOT_FOUND", &[]);
    let evidence = client
        .list_evidence(ListEvidenceRequest::default())
        .await
        .unwrap()
        .into_inner();
    assert!(evidence.evidence.is_empty());
    let slashes = client
        .list_slashes(ListSlashesRequest::default())
        .await
        .unwrap()
        .into_inner();
    assert!(slashes.slashes.is_empty() && slashes.next_page_token.is_empty());
}

#[tokio::test]
async fn epochs_are_listed_from_the_present_one_back() {
    let world = World::new().await;
    let mut client = EpochServiceClient::new(world.running.channel().await);
    let now = client
        .get_epoch(GetEpochRequest::default())
        .await
        .unwrap()
        .into_inner();
    let now = now.epoch.unwrap();
    assert_eq!(
        (now.epoch, now.current, now.validators, now.total_power),
        (1, true, 2, 20)
    );
    let mut request = ListEpochsRequest {
        page_size: 1,
        ..ListEpochsRequest::default()
    };
    let first = client.list_epochs(request.clone()).await.unwrap().into_inner();
    assert_eq!(first.epochs[0].epoch, 1);
    request.page_token = first.next_page_token;
    let last = client.list_epochs(request).await.unwrap().into_inner();
    assert_eq!((last.epochs[0].epoch, last.next_page_token.as_str()), (0, ""));
    let later = GetEpochRequest { epoch: Some(9) };
    let status = client.get_epoch(later).await.unwrap_err();
    check(&status, Code::NotFound, "EPOCH_NOT_FOUND", &[]);
}
