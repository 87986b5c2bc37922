//! What may be asked, and that each answer can be proven.

use crate::{people, register, transfer};
use palisade_runtime::query;
use primitives::codec::{decode, encode};
use primitives::{Amount, AssetId, Epoch};
use testing::{Account, Chain};

#[test]
fn accounts_balances_and_assets_are_found() {
    let (alice, bob) = people();
    let mut chain = Chain::new();
    chain.send(&alice, vec![register(7, "SEVEN"), transfer(&bob, 0, 5)]);
    let state = chain.state();
    let account = query::account(state, &alice.id()).unwrap();
    assert_eq!(account.sequence, 1);
    assert_eq!(account.balance, chain.balance(&alice, AssetId::PAL));
    assert_eq!(
        query::account(state, &Account::named("nobody").id()).unwrap(),
        query::Account::default()
    );
    let page = query::balances(state, &bob.id(), None, 10).unwrap();
    assert_eq!(page.len(), 1);
    assert!(
        query::balances(state, &bob.id(), Some(AssetId::PAL), 10)
            .unwrap()
            .is_empty()
    );
    let assets = query::assets(state, None, 1).unwrap();
    assert_eq!(assets[0].0, AssetId::PAL);
    assert_eq!(
        query::assets(state, Some(AssetId::PAL), 10).unwrap()[0].0,
        AssetId::new(7)
    );
    assert_eq!(
        query::asset(state, AssetId::new(7))
            .unwrap()
            .unwrap()
            .symbol
            .as_str(),
        "SEVEN"
    );
    assert_eq!(query::registrar(state).unwrap(), alice.id());
    let parameters = query::parameters(state).unwrap();
    assert!(
        parameters
            .iter()
            .any(|p| (p.module, p.name, p.value.as_str()) == ("runtime", "burned", "10000"))
    );
    assert!(
        parameters
            .iter()
            .any(|p| (p.module, p.name, p.unit) == ("staking", "epoch_length", "ms"))
    );
}

#[test]
fn events_name_their_accounts() {
    let (alice, bob) = people();
    let mut chain = Chain::new();
    let receipt = chain.send(&alice, vec![transfer(&bob, 0, 5)]);
    let named: Vec<_> = query::accounts_of(&receipt.events[0]).collect();
    assert_eq!(named, [alice.id(), bob.id()]);
}

#[test]
fn every_answer_stands_under_its_key_and_is_proven() {
    let (alice, bob) = people();
    let mut chain = Chain::new();
    chain.send(&alice, vec![transfer(&bob, 0, 5)]);
    let state = chain.state();
    let root = state.root();
    let balance = chain.balance(&alice, AssetId::PAL);
    let epoch = Epoch::ZERO;
    let set = query::validator_set(state, epoch).unwrap().unwrap();
    let operator = chain.validators()[0].operator.id();
    let found = [
        (query::sequence_key(&alice.id()), Some(encode(&1u64))),
        (
            query::balance_key(&alice.id(), AssetId::PAL),
            Some(encode(&balance)),
        ),
        (query::balance_key(&alice.id(), AssetId::new(9)), None),
        (
            query::supply_key(AssetId::PAL),
            Some(encode(&query::supply(state, AssetId::PAL).unwrap())),
        ),
        (
            query::asset_key(AssetId::PAL),
            Some(encode(&query::asset(state, AssetId::PAL).unwrap().unwrap())),
        ),
        (query::base_price_key(), Some(encode(&Amount::new(1)))),
        (
            query::params_keys()[0].clone(),
            Some(encode(&query::params(state).unwrap())),
        ),
        (query::set_key(epoch), Some(encode(&set))),
    ];
    let validator = query::validator_key(&operator);
    let record = chain.view(|view| staking::query::validator(view, &operator).unwrap());
    assert_eq!(
        decode::<staking::ValidatorRecord>(state.get(&validator).unwrap()).ok(),
        record
    );
    for (key, value) in found {
        assert_eq!(state.get(&key).map(<[u8]>::to_vec), value);
        let proof = state.prove(&key).unwrap();
        proof.verify(&root, &key, value.as_deref()).unwrap();
        assert!(proof.verify(&root, &key, Some(b"other")).is_err());
    }
}

#[test]
fn validators_are_listed_with_their_place() {
    let chain = Chain::new();
    let set = chain.start.validators.clone();
    let all = chain.view(|view| query::validators(view, &set, None, 10).unwrap());
    assert_eq!(all.len(), 4);
    for one in &all {
        assert_eq!(one.status, query::Status::Active);
        assert_eq!(set.get(one.index.unwrap()).unwrap().operator, one.operator);
        assert_eq!(one.power, set.get(one.index.unwrap()).unwrap().weight);
    }
    let rest = chain.view(|view| query::validators(view, &set, Some(&all[1].operator), 10).unwrap());
    assert_eq!(rest, all[2..]);
    let nobody = Account::named("nobody").id();
    assert_eq!(
        chain.view(|view| query::validator(view, &set, &nobody).unwrap()),
        None
    );
}
