use super::*;
use proptest::prelude::*;

fn pool(assets: u128, shares: u128) -> Pool {
    Pool {
        assets: Amount::new(assets),
        shares: Shares::new(shares),
        ..Pool::NEW
    }
}

#[test]
fn the_first_deposit_buys_a_thousand_shares_for_each_unit() {
    let mut pool = Pool::NEW;
    assert_eq!(pool.deposit(Amount::new(7)), Ok(Shares::new(7_000)));
    assert_eq!(pool.worth(Shares::new(7_000)), Ok(Amount::new(7)));
    assert_eq!(pool.closed(), None);
}

#[test]
fn a_pool_that_lost_a_million_times_its_worth_is_closed() {
    assert_eq!(pool(1, 999_999_999).closed(), None);
    assert_eq!(pool(1, 1_000_000_000).closed(), Some(Closed::Grown));
    assert_eq!(pool(0, 1).closed(), Some(Closed::Emptied));
    let coarse = Pool {
        magnitude: Magnitude::COARSE.saturating_sub(Magnitude::new(1)),
        ..pool(1, 1_000)
    };
    assert_eq!(coarse.closed(), Some(Closed::Coarse));
    assert_eq!(Pool::NEW.closed(), None);
}

#[test]
fn what_could_not_be_priced_is_not_taken() {
    let mut pool = Pool::NEW;
    assert_eq!(pool.deposit(Amount::MAX), Err(MathError::Overflow));
    let most = Amount::new(340_282_366_920_938_463_463_374_607_431_768_210);
    assert!(pool.deposit(most).is_ok());
    assert_eq!(pool.deposit(Amount::new(1)), Err(MathError::Overflow));
    pool.escrow(pool.shares).unwrap();
    assert_eq!(pool.redeem(pool.shares), Ok(most));
}

#[test]
fn what_leaves_backs_nothing() {
    let mut pool = pool(1_000, 1_000_000);
    assert_eq!(pool.staying(), Ok(Amount::new(1_000)));
    pool.escrow(Shares::new(250_000)).unwrap();
    assert_eq!(pool.staying(), Ok(Amount::new(750)));
    pool.escrow(Shares::new(750_000)).unwrap();
    assert_eq!(pool.staying(), Ok(Amount::ZERO));
}

#[test]
fn the_last_of_a_buffers_cash_costs_most() {
    let fees = (Bps::new(10).unwrap(), Bps::new(510).unwrap());
    let buffer = Buffer {
        cash: Amount::new(600),
        ..Buffer::default()
    };
    let fee = |before, worth| {
        buffer
            .fee(fees, Amount::new(before), Amount::new(worth))
            .unwrap()
            .get()
    };
    assert_eq!(fee(0, 0), 10);
    assert_eq!(fee(400, 100), 260);
    assert_eq!(fee(400, 600), 510);
    assert_eq!(fee(400, 6_000), 510);
}

proptest! {
    #[test]
    fn nobody_gains_by_going_in_and_out(
        assets in 1u128..1 << 80, slashed in 0u128..1 << 80, amount in 1u128..1 << 80,
    ) {
        let mut pool = Pool::NEW;
        pool.deposit(Amount::new(assets)).unwrap();
        pool.assets = pool.assets.saturating_sub(Amount::new(slashed));
        let before = pool;
        if let Ok(shares) = pool.deposit(Amount::new(amount)) {
            pool.escrow(shares).unwrap();
            prop_assert!(pool.redeem(shares).unwrap() <= Amount::new(amount));
            prop_assert!(pool.assets >= before.assets);
            prop_assert_eq!(pool.shares, before.shares);
        }
    }

    #[test]
    fn a_donation_cannot_rob_a_small_depositor(
        seed in 1u128..1 << 40, donated in 0u128..1 << 60, victim in 1u128..1 << 60,
    ) {
        let mut pool = Pool::NEW;
        pool.deposit(Amount::new(seed)).unwrap();
        pool.assets = pool.assets.saturating_add(Amount::new(donated));
        let shares = pool.deposit(Amount::new(victim)).unwrap();
        if !shares.is_zero() {
            // What rounding costs is less than one share.
            let worth = pool.worth(shares).unwrap().get();
            let share = pool.worth(Shares::new(1)).unwrap().get();
            prop_assert!(victim.abs_diff(worth) <= share.saturating_add(2), "{victim} became {worth}");
        }
    }
}
