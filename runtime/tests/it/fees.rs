//! What gas costs, who gets it, and how the price moves.

use crate::{people, transfer};
use palisade_runtime::{Limits, chain, decode, fee, simulate};
use primitives::{Amount, AssetId, Bps, Gas};
use testing::{Account, Chain};

#[test]
fn what_is_not_used_comes_back() {
    let (alice, bob) = people();
    let mut chain = Chain::new();
    let before = chain.balance(&alice, AssetId::PAL);
    let draft = chain
        .draft(&alice, vec![transfer(&bob, 0, 5)])
        .with_fee(4_000_000, 100, 3);
    chain.submit(&draft);
    chain.next_block();
    let receipt = &chain.last().executed.receipts[0];
    assert!(receipt.gas_used < Gas::new(400_000));
    assert_eq!(
        receipt.fee,
        Amount::new(4 * u128::from(receipt.gas_used.get())),
        "base 1 and tip 3"
    );
    let spent = before.checked_sub(chain.balance(&alice, AssetId::PAL)).unwrap();
    assert_eq!(spent, receipt.fee.checked_add(Amount::new(5)).unwrap());
}

#[test]
fn whoever_runs_out_of_gas_pays_for_all_of_it() {
    let (alice, bob) = people();
    let mut chain = Chain::new();
    let needed = chain.send(&alice, vec![transfer(&bob, 0, 5)]).gas_used.get();
    // One byte of sequence more, so a little more gas.
    let limit = needed - 1_000;
    let draft = chain
        .draft(&alice, vec![transfer(&bob, 0, 5)])
        .with_fee(limit, 10, 0);
    chain.submit(&draft);
    let bob_before = chain.balance(&bob, AssetId::PAL);
    let receipt = chain.next_block().executed.receipts[0].clone();
    assert_eq!(receipt.code(), Some(kernel::kernel_code::OUT_OF_GAS));
    assert_eq!(receipt.gas_used, Gas::new(limit));
    assert_eq!(chain.balance(&bob, AssetId::PAL), bob_before);
}

#[test]
fn full_blocks_raise_the_price_and_empty_ones_lower_it() {
    let (alice, bob) = people();
    let mut chain = Chain::with(|document| {
        document.parameters.chain.block_gas_limit = Gas::new(2_000_000);
        document.parameters.chain.transaction_gas_limit = Gas::new(1_000_000);
        document.parameters.chain.lowest_price = Amount::new(80);
    });
    let price = |chain: &Chain| chain::base_price(chain.state()).unwrap().get();
    assert_eq!(price(&chain), 80);
    for _ in 0..12 {
        let draft = chain
            .draft(&alice, vec![transfer(&bob, 0, 5)])
            .with_fee(200_000, 10_000, 0);
        chain.submit(&draft);
    }
    let used = chain.next_block().executed.gas_used;
    assert!(used > Gas::new(1_000_000), "{used}");
    assert!((81..=90).contains(&price(&chain)), "{}", price(&chain));
    let raised = price(&chain);
    chain.next_block();
    assert!(price(&chain) < raised && price(&chain) >= 80);
    for _ in 0..3 {
        chain.next_block();
    }
    assert_eq!(price(&chain), 80);
}

#[test]
fn a_block_takes_no_more_gas_than_it_may() {
    let (alice, bob) = people();
    let mut chain = Chain::with(|document| {
        document.parameters.chain.block_gas_limit = Gas::new(1_000_000);
        document.parameters.chain.transaction_gas_limit = Gas::new(1_000_000);
    });
    for _ in 0..20 {
        let draft = chain
            .draft(&alice, vec![transfer(&bob, 0, 5)])
            .with_fee(200_000, 10_000, 0);
        chain.submit(&draft);
    }
    let executed = &chain.next_block().executed;
    assert!(executed.gas_used <= Gas::new(1_000_000));
    assert!(
        (5..=10).contains(&executed.receipts.len()),
        "{}",
        executed.receipts.len()
    );
    assert_eq!(Limits::default().gas, Gas::MAX);
}

#[test]
fn the_part_that_is_not_burned_is_the_proposers() {
    let (alice, bob) = people();
    let mut chain = Chain::with(|document| document.parameters.chain.burned = Bps::new(2_500).unwrap());
    let supply = bank::supply(chain.state(), AssetId::PAL).unwrap();
    let receipt = chain.send(&alice, vec![transfer(&bob, 0, 5)]);
    let base = u128::from(receipt.gas_used.get());
    let burned = base.div_ceil(4);
    let left = bank::supply(chain.state(), AssetId::PAL).unwrap();
    assert_eq!(supply.checked_sub(left), Ok(Amount::new(burned)));
    let earned = receipt.fee.checked_sub(Amount::new(burned)).unwrap();
    assert_eq!(chain.balance_of(&staking::reward_account()), earned);
    let settled = chain
        .last()
        .executed
        .events
        .iter()
        .find(|e| e.is::<palisade_runtime::FeesSettled>());
    assert_eq!(
        settled.unwrap().attribute("burned"),
        Some(&kernel::Value::Amount(Amount::new(burned)))
    );
}

#[test]
fn simulation_says_what_the_block_will_and_keeps_nothing() {
    let (alice, bob) = people();
    let mut chain = Chain::new();
    chain.send(&alice, vec![transfer(&bob, 0, 5)]);
    let draft = chain.draft(&alice, vec![transfer(&bob, 0, 5)]);
    let mut unsigned = draft.sign(&chain.hash());
    let last = unsigned.len() - 1;
    unsigned[last] ^= 1;
    let decoded = decode(&chain.hash(), &unsigned).unwrap();
    let root = chain.state().root();
    let mut block = chain.last().context.block.clone();
    block.height = chain.height().next().unwrap();
    let simulated = simulate(chain.state(), &block, &decoded).unwrap();
    assert_eq!(chain.state().root(), root);
    chain.submit(&draft);
    let receipt = &chain.next_block().executed.receipts[0];
    assert_eq!(simulated.receipt, *receipt);
    assert!(simulated.suggested_gas_limit.get() >= receipt.gas_used.get() * 5 / 4);
}

#[test]
fn simulation_fills_in_what_is_left_open() {
    let (alice, bob) = people();
    let mut chain = Chain::new();
    chain.next_block();
    let block = chain.last().context.block.clone();
    let try_it = |draft: testing::Draft| {
        let decoded = decode(&chain.hash(), &draft.sign(&chain.hash())).unwrap();
        simulate(chain.state(), &block, &decoded)
    };
    let open = chain
        .draft(&alice, vec![transfer(&bob, 0, 5)])
        .with_fee(0, 0, 0)
        .with_sequence(7);
    let simulated = try_it(open).unwrap();
    assert!(simulated.receipt.succeeded() && !simulated.receipt.gas_used.is_zero());
    let all = chain.balance(&alice, AssetId::PAL).get();
    let failing = chain.draft(&alice, vec![transfer(&bob, 0, all)]);
    assert_eq!(try_it(failing).unwrap().receipt.code(), Some(bank::ID.code(1)));
    let poor = Account::named("poor");
    let refused = try_it(chain.draft(&poor, vec![transfer(&bob, 0, 1)]).with_fee(0, 0, 0)).unwrap_err();
    assert!(refused.to_string().contains("gas limit"), "{refused}");
}

#[test]
fn offers_cover_the_price_they_are_made_at() {
    for base in [1, 2, 7, 1_000, u128::MAX / 8] {
        for offer in fee::offers(Amount::new(base)) {
            assert!(offer.max_price.get() > base || base == u128::MAX);
            assert!(offer.tip <= offer.max_price);
        }
    }
}
