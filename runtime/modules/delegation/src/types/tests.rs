use super::*;
use proptest::prelude::*;

const M: u128 = Magnitude::WHOLE.get();
const HALF: u128 = 500_000_000_000_000_000;

fn mark(assets: u128, magnitude: u128) -> Mark {
    Mark {
        assets: Amount::new(assets),
        magnitude: Magnitude::new(magnitude),
    }
}

fn bps(value: u16) -> Bps {
    Bps::new(value).unwrap()
}

fn take(assets: u128, magnitude: u128, pledged: u128, fraction: u16) -> (u128, u128) {
    let (now, pledged) = (mark(assets, magnitude), Magnitude::new(pledged));
    let taking = taking(now, pledged, (now, pledged), bps(fraction)).unwrap();
    (taking.magnitude.get(), taking.amount.get())
}

#[test]
fn a_slash_takes_its_part_of_what_is_pledged() {
    assert_eq!(take(1_000, M, M, 5_000), (HALF, 500));
    assert_eq!(take(1_000, M, HALF, 5_000), (250_000_000_000_000_000, 250));
    assert_eq!(take(1_000, M, M, 10_000), (M, 1_000));
    assert_eq!(take(0, M, M, 10_000), (0, 0));
    assert_eq!(take(1_000, M, 0, 10_000), (0, 0));
}

#[test]
fn a_slash_of_one_basis_point_takes_no_more_of_a_vault_that_is_worn_down() {
    // One unit of magnitude is all there is: no magnitude can express a ten-thousandth of it.
    assert_eq!(take(1_000_000, 1, 1, 1), (0, 100));
    assert_eq!(take(1_000_000, 3, 2, 5_000), (1, 333_333));
}

#[test]
fn later_deposits_are_not_the_prize_of_an_earlier_offence() {
    let pledged = Magnitude::WHOLE;
    let taking = taking(mark(1_000_000, M), pledged, (mark(1_000, M), pledged), bps(5_000)).unwrap();
    assert_eq!(taking.amount.get(), 500);
    assert!(taking.magnitude.get() < 501_000_000_000_000);
}

#[test]
fn a_decrease_on_its_way_shrinks_with_the_pledge() {
    let change = Change {
        up: false,
        by: Magnitude::new(60),
        since: ChainClock::ZERO,
        due: ChainClock::ZERO,
    };
    let mut allocation = Allocation {
        current: Magnitude::new(100),
        pending: Some(change),
    };
    allocation.shrink(Magnitude::new(50)).unwrap();
    assert_eq!(allocation.current.get(), 50);
    assert_eq!(allocation.backing().get(), 20);
    allocation.shrink(Magnitude::new(500)).unwrap();
    assert_eq!((allocation.current.get(), allocation.backing().get()), (0, 0));
}

#[test]
fn an_increase_never_lowers_a_pledge_that_a_slash_left_beyond_the_leverage() {
    let change = Change {
        up: true,
        by: Magnitude::new(30),
        since: ChainClock::ZERO,
        due: ChainClock::ZERO,
    };
    let allocation = Allocation {
        current: Magnitude::new(40),
        pending: Some(change),
    };
    let after = |magnitude, room| {
        allocation
            .after(Magnitude::new(magnitude), Magnitude::new(room))
            .get()
    };
    assert_eq!(after(100, 100), 70);
    assert_eq!(after(60, 100), 60);
    assert_eq!(after(100, 50), 50);
    assert_eq!(after(100, 10), 40);
}

proptest! {
    #[test]
    fn no_slash_takes_more_than_its_part(
        assets in 0u128..1 << 100, magnitude in 1..=M, pledged in 0..=M, fraction in 0u16..=10_000,
    ) {
        let pledged = pledged.min(magnitude);
        let (d, taken) = take(assets, magnitude, pledged, fraction);
        let stake = mul_div(assets, pledged, magnitude, Rounding::Up).unwrap();
        prop_assert!(taken <= bps(fraction).of(stake, Rounding::Up).unwrap());
        prop_assert!(d <= pledged && taken <= assets);
    }

    #[test]
    fn a_slash_leaves_the_stake_of_others_alone(
        assets in 1u128..1 << 90, pledged in 1..M, other in 0u128..M, fraction in 1u16..=10_000,
    ) {
        let other = other.min(M.saturating_sub(pledged));
        let (d, taken) = take(assets, M, pledged, fraction);
        let before = mul_div(assets, other, M, Rounding::Down).unwrap();
        let left = M.saturating_sub(d);
        let after = mul_div(assets.saturating_sub(taken), other.min(left), left.max(1), Rounding::Down).unwrap();
        if d > 0 {
            prop_assert!(before.abs_diff(after) <= 1, "{before} became {after}");
        }
    }
}
