use crate::{ALICE, BOB, CAROL, Tested, bank, burn, chain, coin, execute, held, supply, transfer};
use kernel::{Fault, Module};
use palisade_bank::{Burned, Error, InTransit, Minted, Transferred};
use primitives::{AccountId, Amount, AssetId};

#[test]
fn a_transfer_moves_exactly_its_amount() {
    let mut chain = chain();
    execute(&mut chain, ALICE, transfer(CAROL, 0, 30)).unwrap();
    assert_eq!(
        (held(&chain, ALICE, 0), held(&chain, CAROL, 0), supply(&chain, 0)),
        (70, 30, 150)
    );
    let events = chain.take_events();
    assert!(events.len() == 1 && events[0].is::<Transferred>());
    assert_eq!(
        events[0].attribute("recipient"),
        Some(&kernel::Value::Account(CAROL))
    );
}

#[test]
fn an_emptied_balance_leaves_no_entry() {
    let mut chain = chain();
    let key = bank::query::balance_key(&ALICE, AssetId::PAL);
    assert!(chain.state().unwrap().get(&key).is_some());
    execute(&mut chain, ALICE, transfer(BOB, 0, 100)).unwrap();
    assert!(chain.state().unwrap().get(&key).is_none());
    execute(&mut chain, ALICE, burn(1, 7)).unwrap();
    assert!(
        chain
            .state()
            .unwrap()
            .get(&bank::query::supply_key(AssetId::new(1)))
            .is_none()
    );
    let balances = bank::query::balances(&chain.view(), &ALICE, None, 10).unwrap();
    assert!(balances.is_empty());
}

#[test]
fn a_burn_shrinks_the_supply() {
    let mut chain = chain();
    execute(&mut chain, BOB, burn(0, 20)).unwrap();
    assert_eq!((held(&chain, BOB, 0), supply(&chain, 0)), (30, 130));
    assert!(chain.take_events()[0].is::<Burned>());
}

#[test]
fn what_is_refused_leaves_no_trace_and_says_why() {
    let mut chain = chain();
    let before = bank::as_genesis(&chain.view()).unwrap();
    let short = |have, need, asset| Error::InsufficientFunds {
        have: Amount::new(have),
        need: Amount::new(need),
        asset: AssetId::new(asset),
    };
    let locked = bank::module_account(bank::ID, 0);
    let cases = [
        (ALICE, transfer(BOB, 0, 101), short(100, 101, 0)),
        (ALICE, transfer(ALICE, 0, 101), short(100, 101, 0)),
        (CAROL, burn(0, 1), short(0, 1, 0)),
        (
            ALICE,
            transfer(BOB, 10, 1),
            Error::UnknownAsset {
                asset: AssetId::new(10),
            },
        ),
        (
            ALICE,
            burn(11, 1),
            Error::UnknownAsset {
                asset: AssetId::new(11),
            },
        ),
        (ALICE, transfer(BOB, 0, 0), Error::ZeroAmount),
        (ALICE, burn(0, 0), Error::ZeroAmount),
        (
            ALICE,
            transfer(locked, 0, 1),
            Error::LockedAccount { account: locked },
        ),
    ];
    for (sender, msg, expected) in cases {
        assert_eq!(execute(&mut chain, sender, msg), Err(expected));
    }
    assert_eq!(bank::as_genesis(&chain.view()).unwrap(), before);
    assert!(chain.take_events().is_empty());
}

#[test]
fn a_transfer_to_oneself_changes_nothing_and_is_reported() {
    let mut chain = chain();
    execute(&mut chain, ALICE, transfer(ALICE, 0, 100)).unwrap();
    assert_eq!(held(&chain, ALICE, 0), 100);
    assert_eq!(chain.take_events().len(), 1);
}

#[test]
fn what_is_minted_is_in_the_supply_and_stops_at_its_end() {
    let mut chain = chain();
    let mint = |to: AccountId, asset, amount| {
        move |ctx: &mut kernel::Ctx<'_>| bank::mint(ctx, &to, coin(asset, amount))
    };
    chain.run(mint(CAROL, 2, 9)).unwrap();
    assert_eq!((held(&chain, CAROL, 2), supply(&chain, 2)), (9, 9));
    assert!(chain.take_events()[0].is::<Minted>());
    let full = chain.run(mint(CAROL, 0, u128::MAX));
    assert_eq!(full, Err(Error::SupplyOverflow { asset: AssetId::PAL }));
    chain.run(mint(CAROL, 0, u128::MAX - 150)).unwrap();
    assert_eq!(supply(&chain, 0), u128::MAX);
    assert_eq!(chain.check(Tested::invariants()), Ok(()));
}

#[test]
fn nothing_moves_nothing_and_says_nothing() {
    let mut chain = chain();
    chain.take_events();
    chain
        .run(|ctx| {
            bank::transfer(ctx, &CAROL, &BOB, coin(0, 0))?;
            bank::mint(ctx, &BOB, coin(99, 0))?;
            bank::burn(ctx, &CAROL, coin(99, 0))
        })
        .unwrap();
    assert!(chain.take_events().is_empty());
    assert_eq!(chain.check(Tested::invariants()), Ok(()));
}

#[test]
fn what_is_in_transit_is_given_or_destroyed() {
    let mut chain = chain();
    let outcome: Result<(), Error> = chain.run(|ctx| {
        let mut taken = bank::take(ctx, &ALICE, coin(0, 60))?;
        let mut burned = taken.split(Amount::new(10)).unwrap();
        burned.join(taken.split(Amount::new(5)).unwrap())?;
        assert_eq!(taken.coin(), coin(0, 45));
        assert!(taken.split(Amount::new(46)).is_err());
        bank::destroy(ctx, burned)?;
        bank::give(ctx, &BOB, taken)?;
        bank::give(ctx, &CAROL, InTransit::none(AssetId::new(99)))?;
        Ok(())
    });
    outcome.unwrap();
    assert_eq!(
        (held(&chain, ALICE, 0), held(&chain, BOB, 0), supply(&chain, 0)),
        (40, 95, 135)
    );
    assert_eq!(chain.check(Tested::invariants()), Ok(()));
    let short = chain.run(|ctx| bank::take(ctx, &ALICE, coin(0, 41)).map(|taken| taken.coin()));
    assert!(matches!(short, Err(Error::InsufficientFunds { .. })));
    let mixed = InTransit::none(AssetId::PAL).join(InTransit::none(AssetId::new(1)));
    assert!(mixed.is_err_and(|error| error.code().is_none()));
}

#[test]
fn what_is_in_transit_and_lost_breaks_the_books() {
    let mut chain = chain();
    chain
        .run(|ctx| bank::take(ctx, &ALICE, coin(0, 1)).map(|taken| assert!(!taken.coin().amount.is_zero())))
        .unwrap();
    let (name, _) = chain.check(Tested::invariants()).unwrap_err();
    assert_eq!(name, "balances_add_up_to_supply");
}

#[test]
fn an_unregistered_supply_breaks_an_invariant() {
    let mut chain = chain();
    chain.run(|ctx| bank::mint(ctx, &ALICE, coin(99, 1))).unwrap();
    let (name, _) = chain.check(Tested::invariants()).unwrap_err();
    assert_eq!(name, "what_is_held_is_registered");
}

#[test]
fn every_error_has_its_own_number() {
    let asset = AssetId::PAL;
    let (have, need) = (Amount::ZERO, Amount::new(1));
    let errors = [
        Error::InsufficientFunds { have, need, asset },
        Error::UnknownAsset { asset },
        Error::ZeroAmount,
        Error::LockedAccount { account: ALICE },
        Error::SupplyOverflow { asset },
        Error::SupplyMismatch {
            asset,
            stated: have,
            found: need,
        },
        Error::DuplicateBalance {
            account: ALICE,
            asset,
        },
    ];
    for (number, error) in (1u16..).zip(&errors) {
        assert_eq!(error.code(), Some(bank::ID.code(number)), "{error}");
        assert!(!error.reason().is_empty() && error.reason().len() <= 63);
    }
    let metadata = errors[0].metadata();
    assert_eq!(
        metadata,
        [
            ("have", "0".to_owned()),
            ("need", "1".to_owned()),
            ("asset", "0".to_owned())
        ]
    );
    assert_eq!(Error::State(bank::ID.broken("a test")).code(), None);
}
