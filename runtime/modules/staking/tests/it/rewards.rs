//! Tips and issuance: who earns them, and what becomes of what cannot be divided.

use crate::world::{FUNDS, World, account, genesis, pal, params, validator};
use kernel::StateError;
use palisade_staking as staking;
use primitives::{Amount, AssetId, Bps, Coin, Ratio};
use staking::{Issued, Params, RewardsClaimed, TipsCollected};

const YEAR_MS: u128 = 365 * 86_400_000;

fn issuing(bps: u16) -> Params {
    Params {
        issuance: Bps::new(bps).unwrap(),
        ..params()
    }
}

#[test]
fn tips_are_divided_among_those_bonded_behind_the_proposer() {
    let mut world = World::new(params());
    world.bond(2, 1, 30_000).unwrap();
    world.earn(1, 1_000);
    assert_eq!((world.owed(1, 1), world.owed(2, 1)), (250, 750));
    assert_eq!(world.balance_of(&staking::reward_account()), 1_000);
    assert_eq!(world.count::<TipsCollected>(), 1);
}

#[test]
fn a_claim_pays_everything_once() {
    let mut world = World::new(params());
    world.earn(1, 999);
    world.claim(1, 1).unwrap();
    assert_eq!(world.balance(1), FUNDS - 10_000 + 999);
    assert_eq!(world.owed(1, 1), 0);
    assert_eq!(world.count::<RewardsClaimed>(), 1);
    assert!(world.claim(1, 1).is_err());
}

#[test]
fn whoever_comes_later_earns_nothing_of_before() {
    let mut world = World::new(params());
    world.earn(1, 1_000);
    world.bond(2, 1, 10_000).unwrap();
    assert_eq!((world.owed(1, 1), world.owed(2, 1)), (1_000, 0));
    world.earn(1, 10);
    assert_eq!((world.owed(1, 1), world.owed(2, 1)), (1_005, 5));
}

#[test]
fn what_is_too_little_to_divide_is_kept_and_divided_later() {
    let mut world = World::new(params());
    world.bond(2, 1, (1 << 49) - 10_000).unwrap();
    world.bond(3, 1, 1 << 49).unwrap();
    for _ in 0..10 {
        world.earn(1, 1);
    }
    let shared = world.owed(1, 1) + world.owed(2, 1) + world.owed(3, 1);
    assert!((8..=10).contains(&shared), "{shared}");
    assert_eq!(world.balance_of(&staking::reward_account()), 10);
}

#[test]
fn no_tips_change_nothing() {
    let mut world = World::new(params());
    let before = world.record(1);
    world.chain.take_events();
    world.tip(1, 0);
    assert_eq!(world.record(1), before);
    assert_eq!(world.count::<TipsCollected>(), 0);
}

#[test]
fn a_proposer_whose_bonds_have_all_left_earns_its_tips_itself() {
    let mut world = World::new(params());
    world.unbond(1, 1, 10_000).unwrap();
    world.earn(1, 400);
    assert_eq!(world.owed(1, 1), 400);
    world.bond(2, 1, 1).unwrap();
    world.earn(1, 10);
    assert_eq!(
        (world.owed(1, 1), world.owed(2, 1)),
        (400, 10),
        "the newcomer gets none of it"
    );
    world.block(30_000);
    world.claim(1, 1).unwrap();
    assert_eq!(world.balance(1), FUNDS + 400);
}

#[test]
fn rewards_beyond_what_can_be_counted_wait_and_stop_nothing() {
    let mut world = World::new(issuing(10_000));
    world.unbond(1, 1, 10_000).unwrap();
    // One unit of bond that earned all there is, a few hundred times over.
    world.change(1, |record| record.per_share = Ratio::from_raw(u128::MAX - 1));
    world.bond(2, 1, 1).unwrap();
    world.earn(1, 5);
    assert_eq!((world.owed(2, 1), world.record(1).undivided), (0, Amount::new(5)));
    world.block(30_000);
    world.end_epoch();
    assert!(world.record(1).undivided > Amount::new(5));
    world.unbond(2, 1, 1).unwrap();
    world.block(30_000);
    assert_eq!((world.balance(1), world.balance(2)), (FUNDS, FUNDS));
}

#[test]
fn tips_in_another_asset_or_for_nobody_mean_that_the_code_is_broken() {
    let mut world = World::new(params());
    let other = Coin {
        asset: AssetId::new(7),
        amount: Amount::ZERO,
    };
    for (proposer, coin) in [(1, other), (59, pal(1))] {
        let outcome = world.try_tip(proposer, coin);
        assert!(matches!(outcome, Err(StateError::Broken { .. })), "{outcome:?}");
    }
}

#[test]
fn issuance_goes_by_weight_and_by_time() {
    let mut world = World::start(genesis(
        issuing(1_000),
        vec![validator(1, &[(1, 30_000)]), validator(2, &[(2, 10_000)])],
    ))
    .unwrap();
    let supply = world.supply();
    world.block(10_000);
    world.end_epoch();
    let all = supply / 10 * 10_000 / YEAR_MS;
    assert!(all > 1_000);
    let (first, second) = (world.owed(1, 1), world.owed(2, 2));
    assert!(
        first.abs_diff(all * 3 / 4) <= 1 && second.abs_diff(all / 4) <= 1,
        "{first} {second}"
    );
    assert_eq!(
        world.supply() - supply,
        world.balance_of(&staking::reward_account())
    );
    assert_eq!(world.count::<Issued>(), 1);
}

#[test]
fn no_time_is_issued_for_twice() {
    let mut long = World::new(issuing(10_000));
    let mut short = long.clone();
    long.block(10_000);
    long.end_epoch();
    for _ in 0..10 {
        short.block(1_000);
        short.end_epoch();
    }
    let (once, often) = (long.supply(), short.supply());
    assert!(
        often >= once && often - once < 100 + once / 1_000_000,
        "{once} {often}"
    );
    short.end_epoch();
    assert_eq!(short.supply(), often, "no time has passed");
}

#[test]
fn without_issuance_nothing_is_minted() {
    let mut world = World::new(issuing(0));
    let supply = world.supply();
    world.chain.take_events();
    world.block(10_000);
    world.end_epoch();
    assert_eq!(world.supply(), supply);
    assert_eq!(world.count::<Issued>(), 0);
}

#[test]
fn nothing_is_issued_for_a_member_behind_which_nothing_is_bonded() {
    let mut world = World::start(genesis(
        issuing(1_000),
        vec![validator(1, &[(1, 10_000)]), validator(2, &[(2, 10_000)])],
    ))
    .unwrap();
    let supply = world.supply();
    world.unbond(2, 2, 10_000).unwrap();
    world.block(10_000);
    world.end_epoch();
    assert_eq!(world.owed(2, 2), 0);
    assert_eq!(world.record(2).undivided, Amount::ZERO);
    let half = supply / 10 * 10_000 / YEAR_MS / 2;
    assert!((world.supply() - supply).abs_diff(half) <= 1);
}

#[test]
fn at_the_end_of_the_numbers_nothing_more_is_issued() {
    let mut world = World::new(issuing(10_000));
    let rest = u128::MAX - world.supply();
    world
        .chain
        .run(|ctx| bank::mint(ctx, &account(2), pal(rest - 3)))
        .unwrap();
    for _ in 0..3 {
        world.block(10_000);
        world.end_epoch();
    }
    assert_eq!(world.supply(), u128::MAX);
}
