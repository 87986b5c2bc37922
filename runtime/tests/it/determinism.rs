//! The same blocks give the same bytes, whoever executes them and whatever went before.

use crate::{burn, people, transfer};
use palisade_runtime::{Verified, decode, execute, receipts_root};
use primitives::{Height, Millis};
use testing::{Account, Chain};

/// A chain with some traffic over two epochs.
fn busy() -> Chain {
    let mut chain = Chain::new();
    let (alice, bob) = people();
    let carol = Account::named("carol");
    for round in 0..12u128 {
        for (from, to) in [(&alice, &bob), (&bob, &carol), (&carol, &alice)] {
            let draft = chain.draft(from, vec![transfer(to, 0, round + 1), burn(0, round + 1)]);
            chain.submit(&draft);
        }
        chain.block_after(Millis::new(5_000));
    }
    chain
}

#[test]
fn replaying_from_genesis_and_from_the_middle_gives_equal_roots() {
    let chain = busy();
    assert!(
        chain
            .sealed()
            .iter()
            .any(|sealed| sealed.block.header.is_boundary())
    );
    for start in [0, 5] {
        let mut states = vec![chain.start.state.clone()];
        states.extend(
            chain.sealed()[..start]
                .iter()
                .map(|sealed| sealed.executed.state.clone()),
        );
        for sealed in &chain.sealed()[start..] {
            let transactions: Vec<Verified> = sealed
                .block
                .transactions
                .iter()
                .map(|bytes| decode(&chain.hash(), bytes).unwrap().verify().unwrap())
                .collect();
            let parent = states.last().unwrap();
            let lookback = &states[states.len().saturating_sub(2)];
            assert_eq!(sealed.block.header.state_root, parent.root());
            let executed = execute(parent, &sealed.context, &transactions, lookback).unwrap();
            assert_eq!(executed.receipts_root, receipts_root(&sealed.executed.receipts));
            assert_eq!(executed.state_root(), sealed.executed.state_root());
            let next = executed.next_validators.map(|set| set.root()).unwrap_or_default();
            assert_eq!(next, sealed.block.header.next_validators_root);
            states.push(executed.state);
        }
    }
}

#[test]
fn changes_lead_from_each_version_to_the_next_and_back() {
    let chain = busy();
    let mut state = chain.start.state.clone();
    for sealed in chain.sealed() {
        let before = state.root();
        state = state.apply(&sealed.executed.changes).unwrap();
        assert_eq!(state.root(), sealed.executed.state_root());
        assert_eq!(
            state.apply(&sealed.executed.changes.undo()).unwrap().root(),
            before
        );
    }
    assert_eq!(
        chain.at(Height::new(1)).block.header.state_root,
        chain.start.state.root()
    );
}

#[test]
fn two_chains_with_one_history_are_one() {
    let (one, two) = (busy(), busy());
    assert_eq!(one.tip(), two.tip());
    assert_eq!(one.state().root(), two.state().root());
}
