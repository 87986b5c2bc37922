//! What broke others' rewards, by the numbers of restaking-facts.md, section 4.

use crate::world::{OTHER, PAY, TOKEN, World};
use palisade_rewards::{Account, PerShare};
use primitives::codec::{decode, encode};
use primitives::{Amount, AssetId, Bps, Shares};

const EARNERS: [u8; 4] = [3, 4, 5, 6];

/// E-60: Given n who earn, when everybody claims, then together they get no more than was funded, what does not divide is at
/// most a unit each, and stays with the module.
#[test]
fn e_60_all_who_earn_claim_no_more_than_was_funded_and_the_dust_stays() {
    let mut world = World::new();
    for (who, amount) in EARNERS.into_iter().zip([1, 7, 333, 1_000_003]) {
        world.deposit(who, 2, amount).unwrap();
    }
    let held = |world: &World| {
        let view = world.chain.view();
        bank::balance(&view, &palisade_rewards::pool_account(), TOKEN)
            .unwrap()
            .get()
    };
    let mut funded = 0;
    for amount in [1, 2, 999, 1_000_001, 7 << 60] {
        world.earn(2, TOKEN, amount);
        world.end_epoch();
        funded += amount;
    }
    let before: Vec<u128> = EARNERS.iter().map(|who| world.raw_balance(*who, TOKEN)).collect();
    let mut claimed = 0;
    for (who, before) in EARNERS.into_iter().zip(before) {
        let due = world.claimable_of(who, 2, TOKEN);
        assert_eq!(world.claim(who, 2).is_ok(), due > 0);
        assert_eq!(world.raw_balance(who, TOKEN) - before, due);
        claimed += due;
    }
    // Each was rounded once, and each reward once for all of them.
    let most = u128::try_from(EARNERS.len()).unwrap() + 5;
    assert!(
        claimed <= funded && funded - claimed <= most,
        "{claimed} of {funded}"
    );
    assert_eq!(
        held(&world),
        funded - claimed,
        "what does not divide is still there"
    );
}

/// E-63: Given a commission above the whole, by a message or as it is stored, then there is none; with the whole, those
/// behind the operator get nothing and nothing is made.
#[test]
fn e_63_no_commission_is_above_the_whole() {
    assert_eq!(Bps::new(10_001), None);
    for above in [10_001u16, u16::MAX] {
        assert!(decode::<Bps>(&encode(&above)).is_err(), "{above}");
    }
    let mut world = World::new();
    world.deposit(3, 2, 1_000).unwrap();
    // Nobody has said anything: the default keeps nothing.
    world.earn(2, PAY, 1_000);
    world.end_epoch();
    assert_eq!((world.balance(2, PAY), world.claimable_of(3, 2, PAY)), (0, 1_000));
    world.commission(2, 10_000);
    world.earn(2, PAY, 1_000);
    world.end_epoch();
    assert_eq!(
        (world.balance(2, PAY), world.claimable_of(3, 2, PAY)),
        (1_000, 1_000)
    );
}

/// E-65: Given a claim of what was claimed, of a vault or an asset that one has nothing of, or against a sum that would have
/// fallen, then it is refused and pays nothing.
#[test]
fn e_65_what_is_claimed_is_claimed_once_and_what_adds_up_never_falls() {
    let mut world = World::new();
    world.deposit(3, 1, 1_000).unwrap();
    world.earn(1, OTHER, 4_000);
    world.end_epoch();
    world.claim(3, 1).unwrap();
    let paid = world.balance(3, OTHER);
    for (who, vault) in [(3, 1), (3, 0), (4, 1), (9, 2)] {
        assert_eq!(
            world.claim(who, vault),
            Err("NOTHING_TO_CLAIM"),
            "{who} of {vault}"
        );
    }
    assert_eq!(world.claim_of_nowhere(3), Err("NOTHING_TO_CLAIM"));
    assert_eq!(world.balance(3, OTHER), paid);
    // A sum that is less than what one is settled for is no sum of this vault.
    let settled = Account {
        settled: 5,
        owed: Amount::new(7),
    };
    assert!(settled.settle(4, Shares::new(1)).is_err());
    assert_eq!(settled.settle(5, Shares::new(u128::MAX)), Ok(settled));
    // Neither a reward of nothing nor one that does not fit moves a sum down.
    let sum = PerShare {
        sum: u128::MAX - 1,
        undivided: Amount::ZERO,
        round: 0,
    };
    assert_eq!(sum.add(Amount::ZERO, Shares::new(1)), Ok(sum));
    assert!(sum.add(Amount::new(1), Shares::new(1)).is_err());
    assert_eq!(AssetId::PAL, PAY);
}
