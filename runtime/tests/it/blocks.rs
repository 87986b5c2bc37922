//! What blocks may hold, and how they are built.

use crate::{people, transfer};
use palisade_runtime::{BlockInvalid, ExecuteError, Limits, Verified, build, decode, execute};
use primitives::{AssetId, Gas};
use testing::{Account, Chain, Draft};

fn verified(chain: &Chain, draft: &Draft) -> Verified {
    decode(&chain.hash(), &draft.sign(&chain.hash()))
        .unwrap()
        .verify()
        .unwrap()
}

/// A chain at height 1, and the context of its next block.
fn ready() -> (Chain, palisade_runtime::BlockContext) {
    let mut chain = Chain::new();
    chain.next_block();
    let mut context = chain.last().context.clone();
    context.block.height = chain.height().next().unwrap();
    (chain, context)
}

#[test]
fn a_block_with_a_transaction_that_may_not_be_there_is_invalid() {
    let (alice, bob) = people();
    let (chain, context) = ready();
    let good = chain.draft(&alice, vec![transfer(&bob, 0, 1)]);
    let poor = Account::named("poor");
    let cases = [
        good.clone().with_sequence(5),
        good.clone().with_fee(300_000, 0, 0),
        good.clone().until(primitives::Height::new(1)),
        chain.draft(&poor, vec![transfer(&bob, 0, 1)]),
    ];
    for bad in cases {
        let transactions = [
            verified(&chain, &chain.draft(&bob, vec![transfer(&alice, 0, 1)])),
            verified(&chain, &bad),
        ];
        let error = execute(chain.state(), &context, &transactions, chain.state()).unwrap_err();
        let ExecuteError::Invalid(invalid) = error else {
            panic!("{error}")
        };
        let BlockInvalid::Transaction { index, id, .. } = *invalid else {
            panic!("{invalid}")
        };
        assert_eq!((index, id), (1, transactions[1].transaction().id()));
    }
    let same = verified(&chain, &good);
    let twice = execute(chain.state(), &context, &[same.clone(), same], chain.state());
    assert!(
        matches!(twice, Err(ExecuteError::Invalid(_))),
        "a replay within a block"
    );
}

#[test]
fn a_block_that_might_use_too_much_gas_is_invalid() {
    let (alice, bob) = people();
    let mut chain = Chain::with(|document| {
        document.parameters.chain.block_gas_limit = Gas::new(1_000_000);
        document.parameters.chain.transaction_gas_limit = Gas::new(1_000_000);
    });
    chain.next_block();
    let mut context = chain.last().context.clone();
    context.block.height = chain.height().next().unwrap();
    let draft = |account: &Account| {
        let draft = chain
            .draft(account, vec![transfer(&alice, 0, 1)])
            .with_fee(950_000, 10, 0);
        verified(&chain, &draft)
    };
    let error = execute(
        chain.state(),
        &context,
        &[draft(&alice), draft(&bob)],
        chain.state(),
    )
    .unwrap_err();
    let ExecuteError::Invalid(invalid) = error else {
        panic!("{error}")
    };
    assert!(
        matches!(*invalid, BlockInvalid::OutOfGas { index: 1, .. }),
        "{invalid}"
    );
}

#[test]
fn a_builder_leaves_out_what_may_not_be_there_and_says_why() {
    let (alice, bob) = people();
    let (chain, context) = ready();
    let poor = Account::named("poor");
    let good = |sequence| {
        chain
            .draft(&alice, vec![transfer(&bob, 0, 1)])
            .with_sequence(sequence)
    };
    let drafts = [
        good(0),
        chain.draft(&poor, vec![transfer(&bob, 0, 1)]),
        good(2),
        good(1),
        good(0),
        chain.draft(&bob, vec![transfer(&alice, 0, u128::MAX)]),
        good(2).with_fee(300_000, 0, 0),
    ];
    let candidates: Vec<Verified> = drafts.iter().map(|draft| verified(&chain, draft)).collect();
    let built = build(
        chain.state(),
        &context,
        &candidates,
        Limits::default(),
        chain.state(),
    )
    .unwrap();
    let position = |one: &Verified| candidates.iter().position(|c| core::ptr::eq(c, one)).unwrap();
    let chosen: Vec<usize> = built.chosen.iter().map(|one| position(one)).collect();
    assert_eq!(chosen, [0, 3, 5], "one that fails pays for its place");
    let refused: Vec<usize> = built.refused.iter().map(|(one, _)| position(one)).collect();
    assert_eq!(
        refused,
        [1, 4],
        "one that comes early or offers little may come later"
    );
    let chosen: Vec<Verified> = built.chosen.into_iter().cloned().collect();
    let executed = execute(chain.state(), &context, &chosen, chain.state()).unwrap();
    assert_eq!(executed.state_root(), built.executed.state_root());
    assert_eq!(executed.receipts, built.executed.receipts);
}

#[test]
fn a_builder_keeps_to_its_limits() {
    let (alice, bob) = people();
    let (chain, context) = ready();
    let candidates: Vec<Verified> = (0..30)
        .map(|n| {
            verified(
                &chain,
                &chain.draft(&alice, vec![transfer(&bob, 0, 1)]).with_sequence(n),
            )
        })
        .collect();
    let size = candidates[0].transaction().size() as usize;
    let built = |limits| {
        build(chain.state(), &context, &candidates, limits, chain.state())
            .unwrap()
            .chosen
            .len()
    };
    let all = Limits::default();
    assert_eq!(built(all), 30);
    assert_eq!(
        built(Limits {
            transactions: 3,
            ..all
        }),
        3
    );
    assert_eq!(
        built(Limits {
            bytes: size * 5 + size / 2,
            ..all
        }),
        5
    );
    assert_eq!(
        built(Limits {
            gas: Gas::new(5_100_000),
            ..all
        }),
        1,
        "a gas limit is set aside whole"
    );
    assert_eq!(built(Limits { bytes: 0, ..all }), 0);
}

#[test]
fn an_empty_block_has_an_empty_receipts_root() {
    let (chain, _) = ready();
    let executed = &chain.last().executed;
    assert!(executed.receipts_root.is_zero() && executed.outbox_root.is_zero());
    assert!(executed.receipts.is_empty() && executed.gas_used.is_zero());
    assert_eq!(
        chain.balance(&Account::named("nobody"), AssetId::PAL),
        primitives::Amount::ZERO
    );
}
