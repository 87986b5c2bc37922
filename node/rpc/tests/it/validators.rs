//! ValidatorService.

use crate::support::{Running, account, check};
use primitives::address::{AddressKind, Network, format};
use proto::staking::v1::validator_service_client::ValidatorServiceClient;
use proto::staking::v1::{
    GetBondRequest, GetLocalValidatorRequest, GetSigningInfoRequest, GetValidatorRequest,
    ListKeyRotationsRequest, ListSigningInfosRequest, ListValidatorsRequest, ValidatorStatus,
};
use tonic::Code;

fn operator(n: u8) -> String {
    format(AddressKind::Operator, Network::Development, account(n).as_bytes())
}

#[tokio::test]
async fn a_validator_is_found_by_its_operator() {
    let running = Running::new().await;
    let mut client = ValidatorServiceClient::new(running.channel().await);
    let get = |address| GetValidatorRequest {
        address,
        height: 0,
        prove: true,
    };
    for name in [operator(3), account(3).to_string()] {
        let response = client.get_validator(get(name)).await.unwrap().into_inner();
        let found = response.validator.unwrap();
        assert_eq!(
            (
                found.moniker.as_str(),
                found.bonded.as_str(),
                found.rewards.as_str()
            ),
            ("validator 3", "1000", "7")
        );
        assert_eq!(
            (found.status(), found.index, found.power),
            (ValidatorStatus::Jailed, None, 0)
        );
        assert_eq!((found.consensus_key.len(), found.address), (96, operator(3)));
        assert_eq!(response.proofs.len(), 1);
    }
    let status = client.get_validator(get(operator(8))).await.unwrap_err();
    check(
        &status,
        Code::NotFound,
        "VALIDATOR_NOT_FOUND",
        &[("validator", &operator(8))],
    );
}

#[tokio::test]
async fn validators_are_listed_by_status_and_page() {
    let running = Running::new().await;
    let mut client = ValidatorServiceClient::new(running.channel().await);
    let mut request = ListValidatorsRequest {
        page_size: 2,
        ..ListValidatorsRequest::default()
    };
    let first = client
        .list_validators(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first.validators.len(), 2);
    request.page_token = first.next_page_token;
    let second = client
        .list_validators(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (second.validators.len(), second.next_page_token.as_str()),
        (1, "")
    );
    assert_eq!(second.validators[0].operator, account(3).as_bytes().to_vec());

    // The token was given for all of them.
    request.status = ValidatorStatus::Active.into();
    let status = client.list_validators(request.clone()).await.unwrap_err();
    check(&status, Code::InvalidArgument, "PAGE_TOKEN_INVALID", &[]);
    request = ListValidatorsRequest {
        status: ValidatorStatus::Jailed.into(),
        ..ListValidatorsRequest::default()
    };
    assert_eq!(
        client
            .list_validators(request)
            .await
            .unwrap()
            .into_inner()
            .validators
            .len(),
        1
    );
    let request = ListValidatorsRequest {
        status: 99,
        ..ListValidatorsRequest::default()
    };
    let status = client.list_validators(request).await.unwrap_err();
    check(
        &status,
        Code::InvalidArgument,
        "FIELD_INVALID",
        &[("field", "status")],
    );
}

#[tokio::test]
async fn a_bond_is_read_and_none_is_zero() {
    let running = Running::new().await;
    let mut client = ValidatorServiceClient::new(running.channel().await);
    for (n, expected) in [(1, ("500", "3", 1)), (4, ("0", "0", 0))] {
        let request = GetBondRequest {
            validator: operator(2),
            account: account(n).to_string(),
            height: 0,
            prove: false,
        };
        let bond = client.get_bond(request).await.unwrap().into_inner().bond.unwrap();
        assert_eq!(
            (bond.bonded.as_str(), bond.rewards.as_str(), bond.unbondings),
            expected
        );
    }
    let request = GetBondRequest {
        validator: operator(2),
        ..GetBondRequest::default()
    };
    let status = client.get_bond(request).await.unwrap_err();
    check(
        &status,
        Code::InvalidArgument,
        "FIELD_INVALID",
        &[("field", "account")],
    );
}

#[tokio::test]
async fn signing_infos_are_those_of_the_set() {
    let running = Running::new().await;
    let mut client = ValidatorServiceClient::new(running.channel().await);
    let get = |address| GetSigningInfoRequest { address };
    let info = client
        .get_signing_info(get(operator(2)))
        .await
        .unwrap()
        .into_inner()
        .signing_info
        .unwrap();
    assert_eq!(
        (info.from_height, info.to_height, info.proposed, info.missed),
        (1, 5, 2, 1)
    );
    let status = client.get_signing_info(get(operator(3))).await.unwrap_err();
    check(&status, Code::NotFound, "VALIDATOR_NOT_ACTIVE", &[]);

    let mut request = ListSigningInfosRequest {
        page_size: 1,
        ..ListSigningInfosRequest::default()
    };
    let mut seen = Vec::new();
    loop {
        let response = client
            .list_signing_infos(request.clone())
            .await
            .unwrap()
            .into_inner();
        seen.extend(response.signing_infos.into_iter().map(|info| info.address));
        if response.next_page_token.is_empty() {
            break;
        }
        request.page_token = response.next_page_token;
    }
    assert_eq!(seen, [operator(1), operator(2)]);
}

#[tokio::test]
async fn the_local_validator_says_whether_it_signs() {
    let running = Running::new().await;
    let mut client = ValidatorServiceClient::new(running.channel().await);
    let local = client
        .get_local_validator(GetLocalValidatorRequest {})
        .await
        .unwrap()
        .into_inner()
        .validator
        .unwrap();
    assert!(local.signing && local.reason.is_empty());
    assert_eq!(
        (local.index, local.last_vote_epoch, local.last_vote_view),
        (Some(0), 1, 5)
    );
}

#[tokio::test]
async fn changes_of_a_key_are_paged() {
    let running = Running::new().await;
    let mut client = ValidatorServiceClient::new(running.channel().await);
    let mut request = ListKeyRotationsRequest {
        address: operator(1),
        page_size: 2,
        page_token: String::new(),
    };
    let mut epochs = Vec::new();
    loop {
        let page = client
            .list_key_rotations(request.clone())
            .await
            .unwrap()
            .into_inner();
        epochs.extend(page.rotations.iter().map(|one| (one.epoch, one.new_key[0])));
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    assert_eq!(epochs, [(1, 2), (2, 3), (3, 4)]);
}
