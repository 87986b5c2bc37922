use crate::{ALICE, Tested, balance, bank, chain, coin, execute, genesis, transfer};
use kernel::Module;
use kernel::testing::Sandbox;
use palisade_bank::{Error, Genesis};
use primitives::{AccountId, Amount, AssetId};

fn refusal(genesis: Genesis) -> Error {
    Sandbox::new()
        .run(|ctx| Tested::init_genesis(ctx, genesis))
        .unwrap_err()
}

#[test]
fn what_is_exported_starts_the_same_bank() {
    let mut chain = chain();
    for number in 0..50u8 {
        execute(
            &mut chain,
            ALICE,
            transfer(AccountId::new([number + 100; 32]), 0, 1),
        )
        .unwrap();
    }
    let exported = bank::as_genesis(&chain.view()).unwrap();
    let mut again = Sandbox::new();
    again
        .run(|ctx| Tested::init_genesis(ctx, exported.clone()))
        .unwrap();
    assert_eq!(again.state().unwrap().root(), chain.state().unwrap().root());
    let mut shuffled = exported;
    shuffled.balances.reverse();
    shuffled.supply.reverse();
    let mut other = Sandbox::new();
    other.run(|ctx| Tested::init_genesis(ctx, shuffled)).unwrap();
    assert_eq!(other.state().unwrap().root(), chain.state().unwrap().root());
}

#[test]
fn a_supply_that_is_not_what_the_balances_have_is_refused() {
    let mismatch = |asset, stated, found| Error::SupplyMismatch {
        asset: AssetId::new(asset),
        stated: Amount::new(stated),
        found: Amount::new(found),
    };
    let with = |change: fn(&mut Genesis)| {
        let mut changed = genesis();
        change(&mut changed);
        refusal(changed)
    };
    assert_eq!(
        with(|g| g.supply[0].amount = Amount::new(151)),
        mismatch(0, 151, 150)
    );
    assert_eq!(with(|g| g.supply.truncate(1)), mismatch(1, 0, 7));
    assert_eq!(with(|g| g.supply.push(coin(2, 5))), mismatch(2, 5, 0));
    assert_eq!(
        with(|g| g.supply.push(coin(0, 150))),
        mismatch(0, 150, 0),
        "stated twice"
    );
}

#[test]
fn a_balance_that_cannot_be_is_refused() {
    let with = |extra| {
        let mut changed = genesis();
        changed.balances.push(extra);
        refusal(changed)
    };
    let asset = AssetId::PAL;
    assert_eq!(
        with(balance(ALICE, 0, 1)),
        Error::DuplicateBalance {
            account: ALICE,
            asset
        }
    );
    assert_eq!(
        with(balance(ALICE, 10, 1)),
        Error::UnknownAsset {
            asset: AssetId::new(10)
        }
    );
    let newcomer = AccountId::new([9; 32]);
    assert_eq!(
        with(balance(newcomer, 0, u128::MAX)),
        Error::SupplyOverflow { asset }
    );
}
