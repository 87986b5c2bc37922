//! Chains that go on from where another was.

use crate::{people, transfer};
use kernel::View;
use palisade_runtime::{Message, genesis};
use primitives::{Amount, Millis};
use testing::Chain;

#[test]
fn what_is_exported_starts_a_chain_with_the_same_root() {
    let (alice, bob) = people();
    let mut chain = Chain::new();
    let operator = chain.validators()[0].operator.clone();
    let bond = |amount| staking::Bond {
        validator: operator.id(),
        amount: Amount::new(amount),
    };
    chain.send(&alice, vec![transfer(&bob, 0, 5)]);
    chain.send(
        &bob,
        vec![Message::Staking(staking::Msg::Bond(bond(7_000_000_000)))],
    );
    chain.advance(Millis::new(45_000));
    let unbond = staking::Unbond {
        validator: operator.id(),
        amount: Amount::new(1_000_000_000),
    };
    assert!(
        chain
            .send(&bob, vec![Message::Staking(staking::Msg::Unbond(unbond))])
            .succeeded()
    );
    let exported = chain.view(|view| genesis::export(view).unwrap());
    assert_eq!(exported.chain.epoch, chain.tip().epoch);
    let again = genesis::init(exported.clone()).unwrap();
    assert_eq!(again.state.root(), chain.state().root());
    assert_eq!(again.changes.len(), again.state.len());
    let block = genesis::block(&exported);
    let twice = genesis::export(&View::new(&again.state, &block)).unwrap();
    assert_eq!(twice, exported);
}

#[test]
fn the_order_in_which_genesis_lists_accounts_does_not_matter() {
    let chain = Chain::new();
    let mut genesis = chain.document.runtime().unwrap();
    let root = genesis::init(genesis.clone()).unwrap().state.root();
    assert_eq!(root, chain.start.state.root());
    genesis.modules.bank.balances.reverse();
    genesis.modules.staking.validators.reverse();
    assert_eq!(genesis::init(genesis).unwrap().state.root(), root);
}

#[test]
fn a_genesis_that_does_not_add_up_starts_nothing() {
    let chain = Chain::new();
    let good = chain.document.runtime().unwrap();
    let mut short = good.clone();
    short.modules.bank.supply[0].amount = Amount::new(1);
    assert_eq!(genesis::init(short).unwrap_err().reason(), "SUPPLY_MISMATCH");
    let mut unstated = good.clone();
    unstated.modules.bank.supply.clear();
    assert_eq!(genesis::init(unstated).unwrap_err().reason(), "SUPPLY_MISMATCH");
    let mut twice = good.clone();
    twice
        .modules
        .bank
        .balances
        .push(good.modules.bank.balances[0].clone());
    assert_eq!(genesis::init(twice).unwrap_err().reason(), "DUPLICATE_BALANCE");
    let mut free = good;
    free.chain.params.lowest_price = Amount::ZERO;
    assert_eq!(genesis::init(free).unwrap_err().reason(), "FREE_GAS");
}
