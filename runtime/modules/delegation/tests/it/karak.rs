//! The highs and mediums of Karak's audit that concern what is restaked on the beacon chain, and what an operator or the
//! registrar may set, by their numbers in restaking-facts.md, section 4. The others are in `breaks.rs` and with the
//! slashing module.

use crate::world::{BEACON, DELAY, EPOCH, TOKEN, UP, WHOLE, Wire, World, account};
use palisade_delegation::{Charter, VaultId};
use primitives::Amount;
use vaults::{Limits, Msg as VaultMsg, SetLimits};

const ETHER: u128 = 1_000_000_000_000_000_000;

fn worth(world: &World, id: VaultId, who: u8) -> u128 {
    let found = vaults::query::position(&world.chain.view(), &id, &account(who)).unwrap();
    found.unwrap().1.get()
}

fn credit(world: &mut World, id: VaultId, who: u8, amount: u128) {
    let done = world
        .chain
        .run(|ctx| vaults::credit_beacon::<Wire>(ctx, &id, &account(who), Amount::new(amount)));
    done.unwrap();
    world.check();
}

fn lose(world: &mut World, id: VaultId, who: u8, amount: u128) -> u128 {
    let taken = world
        .chain
        .run(|ctx| vaults::lose_beacon::<Wire>(ctx, &id, &account(who), Amount::new(amount)));
    world.check();
    taken.unwrap().get()
}

/// A vault of beacon ether with 32 of each of `owners`, pledged whole.
fn restaked(owners: &[u8]) -> (World, VaultId) {
    let mut world = World::new();
    let id = world.create(1, BEACON, Charter::PLAIN);
    for who in owners {
        credit(&mut world, id, *who, 32 * ETHER);
    }
    world.allocate(1, id, 1, WHOLE).unwrap();
    world.pass(UP + EPOCH);
    world.block(1);
    (world, id)
}

/// What was taken of the vault, as a slash of so many whole ether.
fn slash(world: &mut World, id: VaultId, ether: u128) {
    let all = world.assets_of(id) / ETHER;
    let fraction = u16::try_from((ether * 10_000).div_ceil(all)).unwrap();
    let taken = world.slash(id, 1, fraction, world.epoch_start);
    assert!(taken.abs_diff(ether * ETHER) <= all * ETHER / 10_000, "{taken}");
}

/// K-H01: Given one staker with 32 ether and a slash of 3, when he withdraws everything, then 29 are paid, 3 are burned
/// once, and nothing is left.
#[test]
fn k_h01_what_is_slashed_is_burned_once_and_the_rest_is_paid() {
    let (mut world, id) = restaked(&[3]);
    let taken = world.slash(id, 1, 938, world.epoch_start);
    assert!(taken.abs_diff(3 * ETHER) < ETHER / 100);
    let shares = world.shares_of(3, id);
    world.withdraw(3, id, shares).unwrap();
    world.pass(DELAY);
    let paid = bank::balance(&world.chain.view(), &account(3), BEACON)
        .unwrap()
        .get();
    assert!((32 * ETHER - taken).abs_diff(paid) <= 1, "{paid}");
    let supply = bank::supply(&world.chain.view(), BEACON).unwrap().get();
    assert_eq!(supply, 32 * ETHER - taken, "burned once");
    assert!(world.assets_of(id) <= 1 && world.shares_of(3, id) == 0);
}

/// K-H02: Given an operator, when it sets whatever it may of its vault, then no slash of it fails and no exit is stopped.
#[test]
fn k_h02_nothing_that_an_operator_sets_stops_a_slash_or_an_exit() {
    let (mut world, id) = World::pledged(Charter::PLAIN, 1_000, &[WHOLE]);
    let limits = Limits {
        deposit_cap: Some(Amount::ZERO),
        min_deposit: Amount::MAX,
        allow_listed: true,
    };
    world
        .ask(1, VaultMsg::SetLimits(SetLimits { vault: id, limits }))
        .unwrap();
    let nothing = Charter {
        serves: vaults::Serves::Listed(Vec::new()),
        ..Charter::PLAIN
    };
    let narrow = VaultMsg::AmendCharter(vaults::AmendCharter {
        vault: id,
        charter: nothing,
    });
    assert!(world.ask(1, narrow).is_err(), "what is pledged stays served");
    world.leave(1, 1).unwrap();
    assert_eq!(world.slash(id, 1, 5_000, world.epoch_start), 500);
    world.withdraw(3, id, 1_000_000).unwrap();
    let before = world.balance(3);
    world.pass(DELAY);
    assert_eq!(world.balance(3) - before, 500);
}

/// K-H03: Given a price that makes an owner's shares worth a little more than what was recorded, when a loss is proven,
/// then it succeeds, and takes no more than there is.
#[test]
fn k_h03_dust_in_the_price_stops_no_proof() {
    for dust in 1..=15 {
        let (mut world, id) = restaked(&[3, 4]);
        slash(&mut world, id, 1);
        // Rounding has left the others' dust in the price.
        for _ in 0..dust {
            lose(&mut world, id, 4, 1);
        }
        let before = worth(&world, id, 3);
        let taken = lose(&mut world, id, 3, before + dust);
        assert!(taken.abs_diff(before) <= 2, "{taken} of {before}");
        assert_eq!(worth(&world, id, 3), 0);
    }
}

/// K-M01: Given vaults of an asset, when the registrar gives the asset other terms, then a slash of them still goes through.
#[test]
fn k_m01_new_terms_of_an_asset_stop_no_slash() {
    let (mut world, id) = World::pledged(Charter::PLAIN, 1_000, &[WHOLE]);
    let rules = assets::Rules {
        haircut: primitives::Bps::ONE,
        deposit_cap: Some(Amount::ZERO),
        power_cap: primitives::Bps::ZERO,
    };
    let set = assets::Msg::SetTerms(assets::SetTerms { asset: TOKEN, rules });
    let done = world
        .chain
        .run(|ctx| <assets::Assets<()> as kernel::Module>::execute(ctx, account(99), set));
    done.unwrap();
    assert_eq!(world.slash(id, 1, 5_000, world.epoch_start), 500);
}

/// K-M02: Given a staker with 32 ether slashed by 2, when the whole balance is lost, then the loss goes through, the
/// shares are gone, and the vault has lost no more than they were worth.
#[test]
fn k_m02_a_loss_of_more_than_is_left_goes_through_and_takes_what_is_left() {
    let (mut world, id) = restaked(&[3]);
    slash(&mut world, id, 2);
    let (left, total) = (worth(&world, id, 3), world.assets_of(id));
    let taken = lose(&mut world, id, 3, 32 * ETHER);
    assert!(taken.abs_diff(left) <= 1 && world.assets_of(id) == total - taken);
    assert_eq!(world.shares_of(3, id), 0);
}

/// K-M07: Given two with 32 ether each and a slash of 2 of the 64, when one loses all, then the other has 31.
#[test]
fn k_m07_who_loses_everything_takes_nothing_of_the_other() {
    let (mut world, id) = restaked(&[3, 4]);
    slash(&mut world, id, 2);
    let other = worth(&world, id, 4);
    assert!(other.abs_diff(31 * ETHER) < ETHER / 100);
    lose(&mut world, id, 3, 32 * ETHER);
    assert!(worth(&world, id, 4).abs_diff(other) <= 1);
    assert!(world.assets_of(id).abs_diff(other) <= 2);
    let shares = world.shares_of(4, id);
    world.withdraw(4, id, shares).unwrap();
    world.pass(DELAY);
    let paid = bank::balance(&world.chain.view(), &account(4), BEACON)
        .unwrap()
        .get();
    assert!(paid.abs_diff(other) <= 1, "{paid}");
}
