//! Where validators' power comes from.

use super::{STAKE, World, account, operator};
use crate::support::check;
use primitives::address::{AddressKind, Network, format};
use primitives::codec::decode;
use primitives::{AccountId, Digest, Epoch};
use proto::staking::v1::validator_service_client::ValidatorServiceClient;
use proto::staking::v1::{ExplainPowerRequest, ListPowersRequest, PowerLimit, PowerPart, PowerPlace};
use runtime::service_consensus::{Record, query};
use testing::Account;
use tonic::Code;

const BOND: u128 = 10_000_000_000_000;
const ONE: &str = "1000000000000000000";

fn ask(name: &str) -> ExplainPowerRequest {
    ExplainPowerRequest {
        validator: operator(name),
        ..ExplainPowerRequest::default()
    }
}

/// A chain in whose epoch the vaults count, as genesis is two epochs past.
async fn grown() -> World {
    let mut world = World::new().await;
    for _ in 0..3 {
        world.chain.end_epoch();
        world.chain.next_block();
    }
    world.show();
    world
}

/// What the chain keeps of an epoch's power.
fn records(world: &World, epoch: u64) -> Vec<(AccountId, Record)> {
    query::records(world.chain.state(), Epoch::new(epoch), None, 100).unwrap()
}

#[tokio::test]
async fn power_is_explained_by_bond_and_vault_and_can_be_proven() {
    let world = grown().await;
    let epoch = world.chain.tip().epoch.get();
    let mut client = ValidatorServiceClient::new(world.running.channel().await);
    let request = ExplainPowerRequest {
        prove: true,
        ..ask("node0")
    };
    let answer = client.explain_power(request).await.unwrap().into_inner();
    let power = answer.power.unwrap();
    assert_eq!(
        (power.place(), power.validator.as_str()),
        (PowerPlace::Chosen, operator("node0").as_str())
    );
    assert_eq!(power.parts.len(), 2, "{power:?}");
    let [bond, vault] = [&power.parts[0], &power.parts[1]];
    assert_eq!((bond.vault.as_str(), &vault.vault), ("", &world.vault(0)));
    for part in [bond, vault] {
        assert_eq!(
            (part.asset_id, part.price.as_str(), part.haircut_bps),
            (0, ONE, 0)
        );
        assert_eq!((&part.value, part.held_up), (&part.backing, false));
    }
    let worth = |part: &PowerPart| part.value.parse::<u128>().unwrap();
    // What both have earned since came on top.
    assert!((BOND..BOND * 2).contains(&worth(bond)) && (STAKE..STAKE * 2).contains(&worth(vault)));
    assert_eq!(power.value, (worth(bond) + worth(vault)).to_string());
    let id = Account::named("node0").id();
    let kept = records(&world, epoch);
    let (_, own) = kept.iter().find(|(one, _)| *one == id).unwrap();
    assert_eq!(
        (&power.capped, &power.power),
        (&own.capped.to_string(), &own.power.to_string())
    );
    assert_eq!(
        power.limits().any(|limit| limit == PowerLimit::Rise),
        own.power < own.capped
    );
    let common = answer.epoch.unwrap();
    assert_eq!((common.epoch, common.kept), (epoch, false));
    let asset = &common.assets[0];
    assert_eq!(
        (asset.price.as_str(), asset.haircut_bps, &asset.value),
        (ONE, 0, &common.whole)
    );
    let set = world.chain.view(|view| staking::set_in_force(view).unwrap());
    let weight = |of: &light_palisade::Validator| of.weight.get();
    let mine = set.validators.iter().find(|one| one.operator == id).unwrap();
    assert_eq!(answer.weight, weight(mine));
    assert_eq!(
        answer.total_weight,
        set.validators.iter().map(weight).sum::<u64>()
    );
    let root = Digest::from_slice(&answer.context.unwrap().state_root).unwrap();
    assert_eq!(answer.proofs.len(), 2);
    for entry in &answer.proofs {
        let proof: light_palisade::StateProof = decode(&entry.proof.as_ref().unwrap().encoded).unwrap();
        proof.verify(&root, &entry.key, entry.value.as_deref()).unwrap();
        assert!(entry.value.is_some());
    }
}

#[tokio::test]
async fn all_powers_are_listed_page_by_page_in_any_epoch_that_is_known() {
    let world = grown().await;
    let present = world.chain.tip().epoch.get();
    let mut client = ValidatorServiceClient::new(world.running.channel().await);
    for wanted in [Some(0), Some(present), None] {
        let epoch = wanted.unwrap_or(present);
        let mut request = ListPowersRequest {
            epoch: wanted,
            page_size: 3,
            ..ListPowersRequest::default()
        };
        let mut seen = Vec::new();
        loop {
            let page = client.list_powers(request.clone()).await.unwrap().into_inner();
            assert_eq!(page.epoch.unwrap().epoch, epoch);
            assert!(page.powers.iter().all(|one| one.parts.is_empty()));
            seen.extend(page.powers.into_iter().map(|one| (one.validator, one.value)));
            request.page_token = page.next_page_token;
            if request.page_token.is_empty() {
                break;
            }
        }
        let text = |id: &AccountId| format(AddressKind::Operator, Network::Development, id.as_bytes());
        let expected = records(&world, epoch).into_iter();
        let expected: Vec<(String, String)> = expected
            .map(|(id, record)| (text(&id), record.value.to_string()))
            .collect();
        assert_eq!((seen.len(), &seen), (4, &expected));
        if epoch == 0 {
            // Genesis counts bonds alone.
            assert!(seen.iter().all(|(_, value)| *value == BOND.to_string()));
        }
    }
}

#[tokio::test]
async fn what_is_not_known_is_refused_with_its_reason() {
    let world = World::new().await;
    let mut client = ValidatorServiceClient::new(world.running.channel().await);
    let status = client.explain_power(ask("alice")).await.unwrap_err();
    check(
        &status,
        Code::NotFound,
        "VALIDATOR_NOT_FOUND",
        &[("validator", &operator("alice"))],
    );
    let later = ExplainPowerRequest {
        epoch: Some(99),
        ..ask("node0")
    };
    let status = client.explain_power(later).await.unwrap_err();
    check(&status, Code::NotFound, "POWER_NOT_KNOWN", &[("epoch", "99")]);
    let later = ListPowersRequest {
        epoch: Some(99),
        ..ListPowersRequest::default()
    };
    let status = client.list_powers(later).await.unwrap_err();
    check(&status, Code::NotFound, "POWER_NOT_KNOWN", &[("epoch", "99")]);
    let wrong = ExplainPowerRequest {
        validator: format!("{}x", account("alice")),
        ..ExplainPowerRequest::default()
    };
    let status = client.explain_power(wrong).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
}
