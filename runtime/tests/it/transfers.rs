//! What a transfer does, and what a refused one leaves.

use crate::{burn, coin, people, register, transfer};
use kernel::{Fault, View};
use palisade_runtime::{Message, chain};
use primitives::{Amount, AssetId};
use testing::{Account, Chain};

#[test]
fn a_transfer_moves_money_and_costs_its_fee() {
    let (alice, bob) = people();
    let mut chain = Chain::new();
    let before = chain.balance(&alice, AssetId::PAL);
    let supply = bank::supply(chain.state(), AssetId::PAL).unwrap();
    let receipt = chain.send(&alice, vec![transfer(&bob, 0, 5)]);
    assert!(receipt.succeeded());
    assert!(receipt.events.iter().any(kernel::Event::is::<bank::Transferred>));
    let spent = before.checked_sub(chain.balance(&alice, AssetId::PAL)).unwrap();
    assert_eq!(spent, receipt.fee.checked_add(Amount::new(5)).unwrap());
    assert_eq!(chain::sequence(chain.state(), &alice.id()).unwrap(), 1);
    // The base price is 1 and is burned; the tip is 1 and goes to the proposer's validator.
    let burned = u128::from(receipt.gas_used.get());
    assert_eq!(receipt.fee, Amount::new(2 * burned));
    let left = bank::supply(chain.state(), AssetId::PAL).unwrap();
    assert_eq!(supply.checked_sub(left), Ok(Amount::new(burned)));
    let rewards = chain.balance_of(&staking::reward_account());
    assert_eq!(rewards, Amount::new(burned));
}

#[test]
fn a_failed_transaction_leaves_its_fee_its_sequence_and_nothing_else() {
    let (alice, bob) = people();
    let mut chain = Chain::new();
    let mut without = chain.clone();
    let too_much = chain.balance(&alice, AssetId::PAL).get();
    let receipt = chain.send(&alice, vec![transfer(&bob, 0, 7), transfer(&bob, 0, too_much)]);
    let failure = receipt.failure.unwrap();
    assert_eq!(failure.message, 1);
    assert_eq!(failure.code, bank::ID.code(1));
    assert_eq!(receipt.code(), Some(failure.code));
    assert!(receipt.events.is_empty());
    assert_eq!(chain::sequence(chain.state(), &alice.id()).unwrap(), 1);

    // The same block with nothing in it differs in alice's balance and sequence, in the supply, and in where the tip
    // went: in nothing else.
    without.next_block();
    let changed: Vec<&[u8]> = chain
        .last()
        .executed
        .changes
        .as_slice()
        .iter()
        .map(|c| c.key.as_slice())
        .collect();
    let alone: Vec<&[u8]> = without
        .last()
        .executed
        .changes
        .as_slice()
        .iter()
        .map(|c| c.key.as_slice())
        .collect();
    let proposer = chain.last().context.block.proposer;
    let expected = [
        palisade_runtime::query::sequence_key(&alice.id()),
        palisade_runtime::query::balance_key(&alice.id(), AssetId::PAL),
        palisade_runtime::query::balance_key(&staking::reward_account(), AssetId::PAL),
        palisade_runtime::query::supply_key(AssetId::PAL),
        staking::query::tips_key(&proposer),
    ];
    for key in changed.iter().filter(|key| !alone.contains(key)) {
        assert!(
            expected.iter().any(|one| one == key),
            "the failure changed {key:02x?}"
        );
    }
    assert_eq!(
        chain.balance(&bob, AssetId::PAL),
        without.balance(&bob, AssetId::PAL)
    );
}

#[test]
fn everything_that_can_be_refused_is_refused_with_its_own_code() {
    let (alice, bob) = people();
    let mut chain = Chain::new();
    let mut code = |messages: Vec<Message>, by: &Account| chain.send(by, messages).code();
    assert_eq!(
        code(vec![transfer(&bob, 9, 1)], &alice),
        Some(bank::ID.code(2)),
        "no such asset"
    );
    assert_eq!(code(vec![burn(9, 1)], &alice), Some(bank::ID.code(2)));
    assert_eq!(
        code(vec![register(9, "NINE")], &bob),
        Some(assets::ID.code(1)),
        "not the registrar"
    );
    assert_eq!(code(vec![register(9, "NINE")], &alice), None);
    assert_eq!(code(vec![register(9, "TEN")], &alice), Some(assets::ID.code(2)));
    assert_eq!(code(vec![register(10, "nine")], &alice), Some(assets::ID.code(3)));
    assert_eq!(
        code(vec![transfer(&bob, 9, 1)], &alice),
        Some(bank::ID.code(1)),
        "now it exists"
    );
}

#[test]
fn messages_see_what_those_before_them_did() {
    let (alice, bob) = people();
    let newcomer = Account::named("newcomer");
    let mut chain = Chain::with(|document| {
        document.fund(Account::named("alice").id(), coin(5, 10)).unwrap();
        let symbol = assets::Symbol::new("FIVE").unwrap();
        let name = assets::Name::new("Five").unwrap();
        document.assets.push(::genesis::Asset {
            id: AssetId::new(5),
            symbol,
            name,
            decimals: 0,
            restaking: None,
        });
    });
    let messages = vec![transfer(&newcomer, 5, 10), burn(5, 1)];
    assert_eq!(chain.send(&alice, messages).failure.unwrap().message, 1);
    let messages = vec![transfer(&bob, 5, 4), burn(5, 6)];
    assert!(chain.send(&alice, messages).succeeded());
    assert_eq!(
        bank::supply(chain.state(), AssetId::new(5)).unwrap(),
        Amount::new(4)
    );
    assert_eq!(chain.balance(&bob, AssetId::new(5)), Amount::new(4));
}

#[test]
fn a_transfer_to_oneself_moves_nothing_but_must_be_covered() {
    let (alice, _) = people();
    let mut chain = Chain::new();
    assert!(chain.send(&alice, vec![transfer(&alice, 0, 5)]).succeeded());
    let all = chain.balance(&alice, AssetId::PAL).get();
    assert_eq!(
        chain.send(&alice, vec![transfer(&alice, 0, all)]).code(),
        Some(bank::ID.code(1))
    );
}

#[test]
fn an_account_of_several_keys_sends_when_enough_sign() {
    let (_, bob) = people();
    let three = Account::multisig(2, &["one", "two", "three"]);
    let mut chain = Chain::with(|document| {
        document
            .fund(
                Account::multisig(2, &["one", "two", "three"]).id(),
                coin(0, 1_000_000_000_000),
            )
            .unwrap();
    });
    let receipt = chain.send(&three, vec![transfer(&bob, 0, 5)]);
    assert!(receipt.succeeded());
    let single = chain.send(&bob, vec![transfer(&bob, 0, 5)]);
    let params = chain::params(chain.state()).unwrap();
    assert!(receipt.gas_used.get() >= single.gas_used.get() + params.gas_per_signature.get());
}

#[test]
fn invariants_hold_at_genesis() {
    let chain = Chain::new();
    chain.view(|view: &View<'_>| {
        for invariant in palisade_runtime::invariants() {
            (invariant.check)(view).unwrap_or_else(|error| panic!("{}: {error}", invariant.name));
        }
    });
    assert_eq!(bank::Error::ZeroAmount.reason(), "ZERO_AMOUNT");
}
