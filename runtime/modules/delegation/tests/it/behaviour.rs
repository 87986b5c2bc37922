//! Keys, commissions, metadata, and what a chain goes on from.

use crate::world::{TOKEN, WHOLE, World, account, bps, service};
use blst::min_sig::SecretKey;
use crypto::bls::{KeyBytes, POSSESSION_DST, possession_message};
use crypto::domain::Domain;
use crypto::hash::tagged;
use delegation::{
    Charter, KeyKind, Metadata, Msg, Register, ServiceId, ServiceKey, SetCommission, SetKey, SetMetadata,
};
use ed25519_dalek::{Signer, SigningKey};
use kernel::Fault;
use palisade_delegation as delegation;
use primitives::{ChainClock, Digest};

fn bls(n: u8, operator: u8) -> Msg {
    let secret = SecretKey::key_gen(&[n; 32], &[]).unwrap();
    let key = KeyBytes(secret.sk_to_pk().compress());
    let message = possession_message(&key, &account(operator));
    Msg::SetKey(SetKey {
        service: service(1),
        key: ServiceKey::Bls(key),
        proof: secret.sign(&message, POSSESSION_DST, &[]).compress().to_vec(),
    })
}

fn ed25519(n: u8, operator: u8) -> (ServiceKey, Msg) {
    let secret = SigningKey::from_bytes(&[n; 32]);
    let key = secret.verifying_key().to_bytes();
    let message: Digest = tagged(
        Domain::ServiceKey,
        &[b"possession", &key, account(operator).as_bytes()],
    );
    let key = ServiceKey::Ed25519(key);
    let proof = secret.sign(message.as_bytes()).to_bytes().to_vec();
    let service = service(1);
    (key, Msg::SetKey(SetKey { service, key, proof }))
}

#[test]
fn a_key_is_one_operators_forever() {
    // K-S02, E-49: nobody registers a key that he saw on its way, nor one that is given up.
    let mut world = World::new();
    let (first, set_first) = ed25519(1, 1);
    let (second, set_second) = ed25519(2, 1);
    let refused = |done: Result<(), delegation::Error>| done.unwrap_err().reason();
    assert_eq!(refused(world.tell(2, set_first.clone())), "BAD_POSSESSION_PROOF");
    assert_eq!(refused(world.tell(3, set_first.clone())), "UNKNOWN_OPERATOR");
    world.tell(1, set_first.clone()).unwrap();
    let since = world.now();
    assert_eq!(refused(world.tell(1, set_second.clone())), "KEY_SET_ALREADY");
    world.block(10);
    world.tell(1, set_second).unwrap();
    world.block(10);
    assert_eq!(refused(world.tell(1, set_first)), "KEY_TAKEN");
    assert_eq!(refused(world.tell(2, bls(3, 1))), "BAD_POSSESSION_PROOF");
    world.tell(2, bls(3, 2)).unwrap();
    let view = world.chain.view();
    let of =
        |kind, when| delegation::key_at(&view, &account(1), service(1), kind, ChainClock::new(when)).unwrap();
    let at = |when| of(KeyKind::Ed25519, when);
    assert_eq!(at(since - 1), None);
    assert_eq!((at(since), at(since + 9)), (Some(first), Some(first)));
    assert_eq!(
        at(since + 10),
        Some(second),
        "an offence is judged by the key of its time"
    );
    assert_eq!(
        of(KeyKind::Bls, since + 10),
        None,
        "one kind does not stand for another"
    );
    assert_eq!(delegation::owner_of(&view, &first).unwrap(), Some(account(1)));
    let all = delegation::query::keys(&view, &account(1), service(1), KeyKind::Ed25519, None, 9).unwrap();
    assert_eq!(
        all,
        [
            (ChainClock::new(since + 10), second),
            (ChainClock::new(since), first)
        ]
    );
}

#[test]
fn a_validators_consensus_key_serves_nothing_else() {
    let mut world = World::new();
    let msg = SetKey {
        service: service(1),
        key: ServiceKey::Bls(KeyBytes([0xff; 96])),
        proof: vec![0; 48],
    };
    let refused = world.tell(1, Msg::SetKey(msg.clone())).unwrap_err();
    assert_eq!(refused.reason(), "KEY_TAKEN");
    let short = SetKey {
        proof: vec![0; 47],
        ..msg
    };
    let refused = world.tell(1, Msg::SetKey(short)).unwrap_err();
    assert_eq!(refused.reason(), "BAD_POSSESSION_PROOF");
}

#[test]
fn the_chains_own_keys_are_validators_and_no_services() {
    let mut world = World::new();
    let Msg::SetKey(msg) = bls(3, 1) else {
        panic!("a key is set")
    };
    let own = SetKey {
        service: ServiceId::CONSENSUS,
        ..msg
    };
    let refused = world.tell(1, Msg::SetKey(own)).unwrap_err();
    assert_eq!(refused.reason(), "CONSENSUS_KEY");
}

#[test]
fn who_serves_is_listed_until_it_leaves() {
    let mut world = World::new();
    let listed = |world: &World| {
        let view = world.chain.view();
        delegation::members(&view, service(1), None, 9).unwrap()
    };
    world.join(2, 1).unwrap();
    world.join(1, 1).unwrap();
    world.join(1, 2).unwrap();
    assert_eq!(listed(&world), [account(1), account(2)]);
    world.leave(1, 1).unwrap();
    assert_eq!(listed(&world), [account(2)]);
    assert!(!delegation::serves(&world.chain.view(), &account(1), service(1)).unwrap());
    assert!(delegation::serves(&world.chain.view(), &account(1), service(2)).unwrap());
}

#[test]
fn a_higher_commission_waits_and_a_lower_one_does_not() {
    let mut world = World::new();
    let set = |rate| {
        Msg::SetCommission(SetCommission {
            service: service(1),
            rate: bps(rate),
        })
    };
    let rate = |world: &World| {
        let now = ChainClock::new(world.now());
        let view = world.chain.view();
        delegation::query::commission(&view, &account(1), service(1), now)
            .unwrap()
            .get()
    };
    world.tell(1, set(500)).unwrap();
    world.pass(60_000);
    assert_eq!(
        world.tell(1, set(500)).unwrap_err().reason(),
        "SAME_COMMISSION",
        "the wait goes on"
    );
    world.pass(59_999);
    assert_eq!(rate(&world), 0);
    world.block(1);
    assert_eq!(rate(&world), 500);
    world.tell(1, set(900)).unwrap();
    world.tell(1, set(100)).unwrap();
    assert_eq!(rate(&world), 100);
    world.pass(200_000);
    assert_eq!(rate(&world), 100, "what waited is gone");
}

#[test]
fn an_operator_is_one_once_and_says_what_fits() {
    let mut world = World::new();
    let metadata = Metadata::new("other", "https://example.org").unwrap();
    let register = Register {
        metadata: metadata.clone(),
    };
    assert_eq!(
        world.tell(1, Msg::Register(register)).unwrap_err().reason(),
        "ALREADY_OPERATOR"
    );
    world
        .tell(
            1,
            Msg::SetMetadata(SetMetadata {
                metadata: metadata.clone(),
            }),
        )
        .unwrap();
    let known = delegation::query::operator(&world.chain.view(), &account(1))
        .unwrap()
        .unwrap();
    assert_eq!(known.metadata, metadata);
    for (name, uri) in [
        ("", ""),
        ("a\n", ""),
        ("a", "b c"),
        (&"x".repeat(65), ""),
        ("a", &"x".repeat(257)),
    ] {
        assert!(Metadata::new(name, uri).is_err(), "{name:?} {uri:?}");
    }
}

#[test]
fn what_is_exported_is_what_there_is() {
    let (mut world, id) = World::pledged(Charter::PLAIN, 1_000, &[WHOLE / 2]);
    world.tell(1, ed25519(1, 1).1).unwrap();
    world.allocate(1, id, 2, WHOLE / 4).unwrap();
    world.leave(1, 1).unwrap();
    assert_eq!(world.vault(id).asset, TOKEN);
    let exported = delegation::as_genesis(&world.chain.view()).unwrap();
    let bytes = borsh::to_vec(exported.resumed.as_ref().unwrap()).unwrap();
    let again: delegation::Tables = borsh::from_slice(&bytes).unwrap();
    assert_eq!(Some(again), exported.resumed);
}
