//! Random sequences against rewards on paper: every owner of every vault is walked each time. The model knows the README
//! alone; shares it asks the vaults for.

use crate::world::{COUNTS, HELD, World};
use primitives::AssetId;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// What is earned is counted in these parts of a unit.
const PART: u128 = 1_000_000_000;
const OWNERS: [u8; 4] = [3, 4, 5, 6];

#[derive(Clone, Debug)]
enum Step {
    Deposit(u8, usize, u128),
    /// So many parts of 16 of what one has.
    Withdraw(u8, usize, u128),
    Earn(u8, usize, u128),
    EndEpoch,
    Claim(u8, usize),
}

fn step() -> impl Strategy<Value = Step> {
    let amount = || prop_oneof![1u128..10, 1u128..100_000, 1u128..1 << 40];
    prop_oneof![
        4 => (3u8..=6, 0usize..3, amount()).prop_map(|(who, vault, n)| Step::Deposit(who, vault, n)),
        2 => (3u8..=6, 0usize..3, 1u128..=16).prop_map(|(who, vault, n)| Step::Withdraw(who, vault, n)),
        5 => (1u8..=2, 0usize..3, amount()).prop_map(|(operator, asset, n)| Step::Earn(operator, asset, n)),
        4 => Just(Step::EndEpoch),
        3 => (3u8..=6, 0usize..3).prop_map(|(who, vault)| Step::Claim(who, vault)),
    ]
}

#[derive(Default)]
struct Paper {
    /// (operator, asset) → earned in the epoch.
    waiting: BTreeMap<(u8, AssetId), u128>,
    /// What each operator was given.
    kept: BTreeMap<(u8, AssetId), u128>,
    /// (vault, owner, asset) → earned and not claimed, in [`PART`]s, and how often it was rounded.
    owed: BTreeMap<(usize, u8, AssetId), (u128, u128)>,
    /// What went into each vault.
    compounded: BTreeMap<usize, u128>,
    funded: BTreeMap<AssetId, u128>,
    paid: BTreeMap<AssetId, u128>,
}

impl Paper {
    fn end_epoch(&mut self, world: &World) {
        for ((operator, asset), amount) in core::mem::take(&mut self.waiting) {
            let commission = if operator == 1 { amount / 10 } else { 0 };
            let rest = amount - commission;
            let own: &[usize] = if operator == 1 { &[0, 1] } else { &[2] };
            let total = own.iter().fold(0, |sum, vault| sum + COUNTS[*vault]);
            let mut left = rest;
            for vault in own {
                let part = rest * COUNTS[*vault] / total;
                if self.give(world, *vault, asset, part) {
                    left -= part;
                }
            }
            *self.kept.entry((operator, asset)).or_default() += commission + left;
        }
    }

    /// Gives a vault's owners a part; false where there are none.
    fn give(&mut self, world: &World, vault: usize, asset: AssetId, part: u128) -> bool {
        if HELD[vault] == asset {
            // Shares that leave still own their part of the vault: only one that nobody ever entered takes nothing.
            let entered = world.assets(vault) > 0;
            if entered {
                *self.compounded.entry(vault).or_default() += part;
            }
            return entered;
        }
        let shares: Vec<u128> = OWNERS.iter().map(|who| world.shares(*who, vault)).collect();
        let all = shares.iter().copied().fold(0u128, u128::saturating_add);
        if all == 0 {
            return false;
        }
        for (who, one) in OWNERS.iter().zip(shares) {
            let (owed, roundings) = self.owed.entry((vault, *who, asset)).or_default();
            *owed += part * PART / all * one;
            *roundings += 2 + part * PART % all * one / all / PART;
        }
        true
    }
}

fn claim(world: &mut World, paper: &mut Paper, who: u8, vault: usize) {
    let before: Vec<u128> = HELD.iter().map(|asset| world.raw_balance(who, *asset)).collect();
    let outcome = world.claim(who, vault);
    for (asset, before) in HELD.into_iter().zip(before) {
        let paid = world.raw_balance(who, asset) - before;
        let (owed, roundings) = paper.owed.remove(&(vault, who, asset)).unwrap_or_default();
        let fair = owed / PART;
        assert!(
            (fair.saturating_sub(roundings + 1)..=fair + roundings + 1).contains(&paid),
            "{who} was paid {paid} by vault {vault}, {fair} is fair"
        );
        // What rounding held back is earned again never: it stays with the vault.
        *paper.paid.entry(asset).or_default() += paid;
        if outcome.is_err() {
            assert_eq!(paid, 0);
        }
    }
}

fn take(world: &mut World, paper: &mut Paper, step: &Step) {
    match *step {
        Step::Deposit(who, vault, amount) => {
            // What is too little for a share is refused, and changes nothing.
            let refused = world.deposit(who, vault, amount).err();
            assert!(matches!(refused, None | Some("TOO_FEW_SHARES")), "{refused:?}");
        }
        Step::Withdraw(who, vault, parts) => {
            let shares = world.shares(who, vault) * parts / 16;
            let outcome = world.withdraw(who, vault, shares);
            if shares > 0 {
                assert!(
                    matches!(outcome, Ok(()) | Err("TOO_MANY_WITHDRAWALS")),
                    "{outcome:?}"
                );
            }
        }
        Step::Earn(operator, asset, amount) => {
            let asset = HELD[asset];
            world.earn(operator, asset, amount);
            *paper.waiting.entry((operator, asset)).or_default() += amount;
            *paper.funded.entry(asset).or_default() += amount;
        }
        Step::EndEpoch => {
            paper.end_epoch(world);
            world.end_epoch();
        }
        Step::Claim(who, vault) => claim(world, paper, who, vault),
    }
}

/// Every sum per share of every vault.
fn sums(world: &World) -> BTreeMap<(usize, AssetId), u128> {
    let view = world.chain.view();
    let mut all = BTreeMap::new();
    for (place, vault) in world.vaults.iter().enumerate() {
        for (asset, sum) in palisade_rewards::query::per_share(&view, vault).unwrap() {
            all.insert((place, asset), sum.sum);
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn whatever_happens_what_is_paid_was_funded_and_everybody_gets_a_fair_part(
        steps in proptest::collection::vec(step(), 1..60),
    ) {
        let mut world = World::new();
        let mut paper = Paper::default();
        let mut before = sums(&world);
        for step in &steps {
            take(&mut world, &mut paper, step);
            let now = sums(&world);
            for (key, sum) in &before {
                prop_assert!(now[key] >= *sum, "a sum per share has fallen");
            }
            before = now;
            for ((operator, asset), kept) in &paper.kept {
                prop_assert_eq!(world.balance(*operator, *asset), *kept, "operator {}", operator);
            }
            for asset in HELD {
                let kept = [1, 2].map(|operator| paper.kept.get(&(operator, asset)).copied().unwrap_or(0));
                let into = (0..3).filter(|vault| HELD[*vault] == asset);
                let into = into.fold(0, |sum, vault| sum + paper.compounded.get(&vault).copied().unwrap_or(0));
                let paid = paper.paid.get(&asset).copied().unwrap_or(0) + kept[0] + kept[1] + into;
                prop_assert!(paid <= paper.funded.get(&asset).copied().unwrap_or(0), "more was paid than funded");
            }
        }
    }
}
