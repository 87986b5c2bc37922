use super::*;
use primitives::AssetId;
use signer::Ed25519Key;

const CHAIN: ChainHash = ChainHash::new([7; 32]);

fn key(seed: u8) -> Ed25519Key {
    Ed25519Key::from_secret(&[seed; 32])
}

fn public(seed: u8) -> [u8; 32] {
    Sign::public_key(&key(seed))
}

fn account(threshold: u8, seeds: &[u8]) -> AccountKeys {
    let mut keys: Vec<[u8; 32]> = seeds.iter().map(|seed| public(*seed)).collect();
    keys.sort_unstable();
    AccountKeys::new(threshold, &keys).unwrap()
}

fn coin(amount: u128) -> Coin {
    Coin {
        asset: AssetId::PAL,
        amount: Amount::new(amount),
    }
}

fn builder(sender: &AccountId) -> Builder {
    Builder::new(sender)
        .transfer(&AccountId::new([5; 32]), coin(10))
        .fee(Fee {
            gas_limit: 1_000,
            max_price: Amount::new(3),
            tip: Amount::ZERO,
        })
        .sequence(4)
        .timeout_height(Height::new(100))
}

#[test]
fn what_is_signed_is_opened_again() {
    let keys = account(1, &[1]);
    let mut signing = Signing::new(CHAIN, builder(&keys.id()).build().unwrap(), keys).unwrap();
    signing.sign(&key(1)).unwrap();
    let signed = signing.finish().unwrap();
    assert_eq!(signed.timeout_height, Height::new(100));
    let opened = open(&CHAIN, &signed.bytes).unwrap();
    assert_eq!(opened, signing);
    assert_eq!(opened.id(), signed.id);
    // For another chain it is another id, under which the signature does not hold.
    let other = open(&ChainHash::new([8; 32]), &signed.bytes);
    assert!(
        matches!(other, Err(TransactionError::BadSignature(_))),
        "{other:?}"
    );
}

#[test]
fn the_id_is_the_tagged_hash_of_chain_and_body() {
    let keys = account(1, &[1]);
    let body = builder(&keys.id()).build().unwrap();
    let expected = crypto::hash::sha256(&[b"palisade/tx/v1", CHAIN.as_bytes(), body.bytes()]);
    assert_eq!(body.id(&CHAIN).as_bytes(), &expected);
}

#[test]
fn co_signers_come_in_any_order_and_exactly_as_many_are_sent() {
    let keys = account(2, &[1, 2, 3]);
    let body = builder(&keys.id()).build().unwrap();
    let mut signing = Signing::new(CHAIN, body, keys).unwrap();
    signing.sign(&key(3)).unwrap();
    let Err(TransactionError::Incomplete { have, need, missing }) = signing.finish() else {
        panic!("one of two signatures was enough");
    };
    assert_eq!((have, need, missing.len()), (1, 2, 2));
    signing.sign(&key(1)).unwrap();
    signing.sign(&key(2)).unwrap();
    let signed = signing.finish().unwrap();
    let opened = open(&CHAIN, &signed.bytes).unwrap();
    assert_eq!(opened.signatures().len(), 2);
    assert_eq!(
        signing.sign(&key(4)),
        Err(TransactionError::ForeignKey(public(4)))
    );
    let stolen = *signing.signatures().get(&public(1)).unwrap();
    let swapped = signing.add(public(2), stolen);
    assert_eq!(swapped, Err(TransactionError::BadSignature(public(2))));
}

#[test]
fn another_accounts_keys_cannot_sign() {
    let body = builder(&account(1, &[1]).id()).build().unwrap();
    assert!(matches!(
        Signing::new(CHAIN, body, account(1, &[2])),
        Err(TransactionError::OtherSender { .. })
    ));
}

#[test]
fn bodies_that_break_a_rule_are_not_built() {
    let sender = account(1, &[1]).id();
    assert_eq!(
        Builder::new(&sender).timeout_height(Height::new(1)).build(),
        Err(TransactionError::Messages(0))
    );
    assert_eq!(
        builder(&sender).timeout_height(Height::ZERO).build(),
        Err(TransactionError::NoTimeout)
    );
    assert_eq!(
        builder(&sender).memo(&"x".repeat(257)).build(),
        Err(TransactionError::Memo(257))
    );
    let many = (0..65).fold(Builder::new(&sender), |builder, _| builder.burn(coin(1)));
    assert_eq!(
        many.timeout_height(Height::new(1)).build(),
        Err(TransactionError::Messages(65))
    );
}

#[test]
fn a_second_encoding_of_the_same_body_is_refused() {
    let body = builder(&account(1, &[1]).id()).build().unwrap();
    // An unknown field, and a field of the default value that is written all the same.
    for extra in [&[0xf8, 0x01, 0x01][..], &[0x28, 0x00][..]] {
        let mut bytes = body.bytes().to_vec();
        bytes.extend_from_slice(extra);
        assert_eq!(Body::decode(&bytes), Err(TransactionError::NotCanonical));
    }
    assert!(matches!(
        Body::decode(&[0xff]),
        Err(TransactionError::Malformed(_))
    ));
    assert_eq!(Body::decode(body.bytes()), Ok(body));
}
