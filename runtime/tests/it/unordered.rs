//! Transactions without a sequence: in any order, once, and forgotten when their time is over.

use crate::{people, transfer};
use palisade_runtime::chain::{UNORDERED_WINDOW, included, sequence};
use palisade_runtime::{Verified, build, decode, execute, query};
use primitives::{Amount, AssetId, Height};
use testing::{Account, Chain, Draft};

fn draft(chain: &Chain, amount: u128) -> Draft {
    let (alice, bob) = people();
    chain.draft(&alice, vec![transfer(&bob, 0, amount)]).unordered()
}

fn verified(chain: &Chain, draft: &Draft) -> Verified {
    let decoded = decode(&chain.hash(), &draft.sign(&chain.hash())).unwrap();
    decoded.verify().unwrap()
}

/// Why the next block cannot hold it.
fn refusal(chain: &Chain, draft: &Draft) -> &'static str {
    use palisade_runtime::Fault;
    let mut context = chain.last().context.clone();
    context.block.height = chain.height().next().unwrap();
    let lookback = chain.state();
    let built = build(
        chain.state(),
        &context,
        [verified(chain, draft)],
        palisade_runtime::Limits::default(),
        lookback,
    );
    built.unwrap().refused[0].1.reason()
}

#[test]
fn they_stand_in_any_order_and_use_no_sequence() {
    let mut chain = Chain::new();
    let (alice, bob) = people();
    let before = chain.balance(&bob, AssetId::PAL);
    let (first, second) = (draft(&chain, 1), draft(&chain, 2));
    chain.submit(&second);
    chain.submit(&chain.draft(&alice, vec![transfer(&bob, 0, 4)]).with_sequence(0));
    chain.submit(&first);
    let receipts = chain.next_block().executed.receipts.clone();
    assert_eq!(receipts.len(), 3);
    assert!(receipts.iter().all(palisade_runtime::Receipt::succeeded));
    let gained = chain.balance(&bob, AssetId::PAL).checked_sub(before).unwrap();
    assert_eq!(gained, Amount::new(7));
    assert_eq!(sequence(chain.state(), &alice.id()).unwrap(), 1);
}

#[test]
fn the_same_one_again_is_refused_in_its_block_and_in_every_later_one() {
    let mut chain = Chain::new();
    chain.next_block();
    let same = draft(&chain, 1);
    let twice = [verified(&chain, &same), verified(&chain, &same)];
    let mut context = chain.last().context.clone();
    context.block.height = chain.height().next().unwrap();
    assert!(execute(chain.state(), &context, &twice, chain.state()).is_err());
    chain.submit(&same);
    chain.next_block();
    while chain.height() < same.body.timeout_height {
        assert_eq!(refusal(&chain, &same), "ALREADY_INCLUDED");
        chain.next_block();
    }
    assert_eq!(refusal(&chain, &same), "EXPIRED");
}

#[test]
fn what_is_over_is_forgotten_also_when_more_is_over_than_one_page() {
    let mut chain = Chain::new();
    let soon = Height::new(3);
    let drafts: Vec<Draft> = (1..=150).map(|n| draft(&chain, n).until(soon)).collect();
    let late = draft(&chain, 1_000).until(Height::new(9));
    let ids: Vec<_> = drafts.iter().map(|draft| chain.submit(draft)).collect();
    let late_id = chain.submit(&late);
    chain.next_block();
    let remembered = |chain: &Chain| {
        let found = ids
            .iter()
            .filter(|id| included(chain.state(), soon, **id).unwrap().is_some());
        found.count()
    };
    assert_eq!(remembered(&chain), 150);
    chain.next_block();
    assert_eq!(remembered(&chain), 150);
    chain.next_block();
    assert_eq!(remembered(&chain), 0, "none can stand above height 3");
    let still = included(chain.state(), Height::new(9), late_id).unwrap();
    assert_eq!(still, Some(Height::new(1)));
}

#[test]
fn their_time_is_bounded_and_a_sequence_makes_no_sense() {
    use palisade_runtime::Fault;
    let mut chain = Chain::new();
    chain.next_block();
    let next = chain.height().get() + 1;
    let last = draft(&chain, 1).until(Height::new(next + UNORDERED_WINDOW));
    chain.submit(&last);
    assert_eq!(chain.next_block().executed.receipts.len(), 1);
    let beyond = draft(&chain, 1).until(Height::new(next + 2 + UNORDERED_WINDOW));
    assert_eq!(refusal(&chain, &beyond), "TIMEOUT_TOO_FAR");
    let numbered = draft(&chain, 1).with_sequence(1);
    let error = decode(&chain.hash(), &numbered.sign(&chain.hash())).unwrap_err();
    assert_eq!(error.reason(), "UNORDERED_SEQUENCE");
}

#[test]
fn one_that_fails_pays_counts_as_used_and_costs_more_gas_than_an_ordered_one() {
    let mut chain = Chain::new();
    let (poor, bob) = (Account::named("carol"), people().1);
    let all = chain.balance(&poor, AssetId::PAL).get();
    let failing = chain.draft(&poor, vec![transfer(&bob, 0, all)]).unordered();
    let id = chain.submit(&failing);
    let receipt = chain.next_block().executed.receipts[0].clone();
    assert!(!receipt.succeeded() && receipt.id == id);
    assert!(
        query::balance(chain.state(), &poor.id(), AssetId::PAL)
            .unwrap()
            .get()
            < all
    );
    assert_eq!(refusal(&chain, &failing), "ALREADY_INCLUDED");
    let ordered = chain.send(&people().0, vec![transfer(&bob, 0, 1)]).gas_used;
    chain.submit(&draft(&chain, 1));
    let unordered = chain.next_block().executed.receipts[0].gas_used;
    assert!(unordered > ordered, "{unordered} and {ordered}");
}
