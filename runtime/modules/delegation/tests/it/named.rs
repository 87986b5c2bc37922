//! More of what broke others, by the numbers of restaking-facts.md, section 4.

use crate::world::{BEACON, DELAY, EPOCH, TOKEN, UP, WHOLE, World, account};
use palisade_delegation::{Charter, VaultId};
use primitives::{Amount, Shares};
use proptest::prelude::*;
use vaults::{Magnitude, Pool};

type Z = ruint::Uint<512, 8>;

fn worth(world: &World, id: VaultId, who: u8) -> u128 {
    let found = vaults::query::position(&world.chain.view(), &id, &account(who)).unwrap();
    found.unwrap().1.get()
}

/// S-01: Given a capture time and a later execution, when stakers exit between, then what is slashable at execution is no
/// less than what was captured and is still in the window.
#[test]
fn s_01_who_leaves_between_offence_and_execution_takes_nothing_with_him() {
    let (mut world, id) = World::pledged(Charter::PLAIN, 1_000_000, &[WHOLE]);
    let at = world.epoch_start;
    world.withdraw(3, id, 600_000_000).unwrap();
    // The whole of the window and the veto, up to the moment before the exit is paid.
    world.pass(DELAY - 1);
    assert_eq!(world.slash(id, 1, 10_000, at), 1_000_000);
    world.pass(10);
    assert_eq!(world.shares_of(3, id), 400_000_000);
    assert_eq!(worth(&world, id, 3), 0);
}

/// S-02: Given two requests with captures t1 < t2, when the later one executes first, then the earlier one still takes its
/// part.
#[test]
fn s_02_a_later_capture_that_is_executed_first_leaves_the_earlier_one_its_part() {
    let (mut world, id) = World::pledged(Charter::PLAIN, 1_000_000, &[WHOLE]);
    let first = world.epoch_start;
    world.pass(EPOCH);
    world.block(1);
    let second = world.epoch_start;
    assert!(second > first);
    assert_eq!(world.slash(id, 1, 5_000, second), 500_000);
    // Half of what the slash has left of that time: not nothing, and not half of the whole.
    assert_eq!(world.slash(id, 1, 5_000, first), 250_000);
    assert_eq!(world.assets_of(id), 250_000);
}

/// E-16: Given a service's slash of a half and a beacon loss of a half, when combined in either order, then a quarter is
/// left, for that staker alone.
#[test]
fn e_16_a_slash_and_a_beacon_loss_multiply_in_either_order() {
    for slash_first in [true, false] {
        let mut world = World::new();
        let id = world.create(1, BEACON, Charter::PLAIN);
        for who in [3, 4] {
            let credited = world.chain.run(|ctx| {
                vaults::credit_beacon::<crate::world::Wire>(ctx, &id, &account(who), Amount::new(32_000))
            });
            credited.unwrap();
        }
        world.allocate(1, id, 1, WHOLE).unwrap();
        world.pass(UP + EPOCH);
        world.block(1);
        let at = world.epoch_start;
        let half_is_lost = |world: &mut World| {
            // The half of what is left of it, since it was slashed here too.
            let loss = Amount::new(worth(world, id, 3).div_ceil(2));
            let lost = world
                .chain
                .run(|ctx| vaults::lose_beacon::<crate::world::Wire>(ctx, &id, &account(3), loss));
            assert_eq!(lost.unwrap(), loss);
        };
        if slash_first {
            world.slash(id, 1, 5_000, at);
            half_is_lost(&mut world);
        } else {
            half_is_lost(&mut world);
            world.slash(id, 1, 5_000, at);
        }
        world.check();
        assert!(
            worth(&world, id, 3).abs_diff(8_000) <= 1,
            "slash first: {slash_first}"
        );
        assert!(worth(&world, id, 4).abs_diff(16_000) <= 1, "nobody else's");
    }
}

/// E-37: Given a slash of a half and a new deposit, when what it is worth is read, then it is worth what was put in.
#[test]
fn e_37_a_deposit_after_a_slash_is_worth_what_it_is() {
    let (mut world, id) = World::pledged(Charter::PLAIN, 1_000_003, &[WHOLE]);
    world.slash(id, 1, 5_000, world.epoch_start);
    for amount in [1, 2, 999, 1 << 70] {
        let before = worth(&world, id, 4);
        world.deposit(4, id, amount).unwrap();
        assert!(worth(&world, id, 4).abs_diff(before + amount) <= 1, "{amount}");
    }
}

/// K-R13: Given a service of the operator's own with unlimited slashes, when it slashes first, then it makes no smaller
/// what another service can take, unless the same stake was pledged to it before.
#[test]
fn k_r13_a_service_of_ones_own_is_no_way_ahead_of_the_real_one() {
    let (mut world, id) = World::pledged(Charter::PLAIN, 1_000_000, &[WHOLE / 2, WHOLE / 2]);
    let at = world.epoch_start;
    let real = world.slashable(id, 1);
    assert_eq!(world.slash(id, 2, 10_000, at), 500_000);
    assert_eq!(world.slashable(id, 1), real);
    assert_eq!(world.slash(id, 1, 10_000, at), real);
}

/// E-28: Given a decrease asked for at b, when a slash is due at b + delay, then it goes first; when none is, then the
/// pledge is gone at that very moment, and not before.
#[test]
fn e_28_at_the_edge_of_the_delay_the_slash_goes_first() {
    for due in [true, false] {
        let (mut world, id) = World::pledged(Charter::PLAIN, 1_000_000, &[WHOLE]);
        let at = world.epoch_start;
        world.allocate(1, id, 1, 0).unwrap();
        world.pass(DELAY - 1);
        assert_eq!(world.slashable(id, 1), 1_000_000);
        world.open(id, 10_000, due);
        world.pass(1);
        let left = if due { 1_000_000 } else { 0 };
        assert_eq!(world.slashable(id, 1), left);
        assert_eq!(world.slash(id, 1, 10_000, at), left);
    }
}

/// S-03: Given lookups at exact, earlier and missing times, then what was slashable then is what is found.
#[test]
fn s_03_what_was_slashable_is_found_at_exact_earlier_and_missing_times() {
    let (mut world, id) = World::pledged(Charter::PLAIN, 1_000, &[WHOLE / 4]);
    let first = world.epoch_start;
    world.allocate(1, id, 1, WHOLE / 2).unwrap();
    world.pass(UP);
    world.block(1);
    let second = world.epoch_start;
    let then = |at: u64| {
        let at = primitives::ChainClock::new(at);
        let view = world.chain.view();
        palisade_delegation::slashable_at(&view, &id, crate::world::service(1), at)
            .unwrap()
            .get()
    };
    assert_eq!((then(first), then(second)), (250, 500));
    assert_eq!(then(0), 0, "before anything was pledged");
    assert_eq!(then(world.now() + 1), 500, "what is now holds until it changes");
}

proptest! {
    /// K-R10: Given the conversions, when compared with exact rationals, then what is paid rounds down, and what is
    /// charged rounds up.
    #[test]
    fn k_r10_conversions_round_against_whoever_asks(
        (assets, shares, amount) in (0u128..1 << 80, 0u128..1 << 80, 1u128..1 << 60),
    ) {
        let pool = Pool {
            assets: Amount::new(assets),
            shares: Shares::new(shares),
            escrowed: Shares::ZERO,
            magnitude: Magnitude::WHOLE,
        };
        let (all, whole) = (Z::from(shares) + Z::from(1_000u32), Z::from(assets) + Z::from(1u32));
        let (down, rest) = (Z::from(amount) * all).div_rem(whole);
        if let Ok(bought) = pool.shares_for(Amount::new(amount)) {
            prop_assert_eq!(Z::from(bought.get()), down);
        }
        let up = down + Z::from(u8::from(!rest.is_zero()));
        let charged = pool.shares_worth(Amount::new(amount)).unwrap();
        prop_assert_eq!(Z::from(charged.get()), up.min(Z::from(shares)));
        let owned = amount.min(shares);
        let worth = pool.worth(Shares::new(owned)).unwrap();
        prop_assert_eq!(Z::from(worth.get()), Z::from(owned) * whole / all);
    }
}

/// What comes after the moment at which a service read its stake is no prize of a slash for it, within one epoch too.
#[test]
fn stake_is_judged_as_it_was_when_it_was_read_within_an_epoch_too() {
    let mut world = World::new();
    let id = world.create(1, TOKEN, Charter::PLAIN);
    world.deposit(3, id, 1_000).unwrap();
    world.allocate(1, id, 1, WHOLE).unwrap();
    world.pass(UP + EPOCH);
    world.block(1);
    // The first change of the epoch, then the reading, then more.
    world.deposit(3, id, 1_000).unwrap();
    world.block(100);
    let at = world.now();
    let read = world.chain.run(|ctx| vaults::pin(ctx, &account(1)));
    read.unwrap();
    world.block(100);
    // Another service reads it in the block of the next change: both readings count.
    let read = world.chain.run(|ctx| vaults::pin(ctx, &account(1)));
    read.unwrap();
    world.deposit(4, id, 8_000).unwrap();
    world.block(100);
    assert_eq!(world.slash(id, 1, 10_000, at), 2_000);
}
