//! The bank's behaviour, over the kernel's in-memory store.
#![cfg(test)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::integer_division,
    reason = "tests compute with small numbers"
)]

mod accounts;
mod behaviour;
mod genesis;
mod properties;

use kernel::testing::Sandbox;
use kernel::{Module, Read, StateError};
use palisade_bank as bank;
use palisade_bank::{Balance, Bank, Burn, Error, Genesis, Msg, Transfer, Wiring};
use primitives::{AccountId, Amount, AssetId, Coin};

const ALICE: AccountId = AccountId::new([1; 32]);
const BOB: AccountId = AccountId::new([2; 32]);
const CAROL: AccountId = AccountId::new([3; 32]);

/// Assets below 10 exist.
enum Few {}

impl Wiring for Few {
    fn asset_exists(_: &dyn Read, asset: AssetId) -> Result<bool, StateError> {
        Ok(asset.get() < 10)
    }
}

type Tested = Bank<Few>;

const fn coin(asset: u32, amount: u128) -> Coin {
    Coin {
        asset: AssetId::new(asset),
        amount: Amount::new(amount),
    }
}

const fn balance(account: AccountId, asset: u32, amount: u128) -> Balance {
    Balance {
        account,
        asset: AssetId::new(asset),
        amount: Amount::new(amount),
    }
}

const fn transfer(recipient: AccountId, asset: u32, amount: u128) -> Msg {
    Msg::Transfer(Transfer {
        recipient,
        coin: coin(asset, amount),
    })
}

const fn burn(asset: u32, amount: u128) -> Msg {
    Msg::Burn(Burn {
        coin: coin(asset, amount),
    })
}

/// Alice holds 100 of asset 0 and 7 of asset 1, bob 50 of asset 0.
fn genesis() -> Genesis {
    Genesis {
        balances: vec![balance(ALICE, 0, 100), balance(ALICE, 1, 7), balance(BOB, 0, 50)],
        supply: vec![coin(0, 150), coin(1, 7)],
    }
}

fn chain() -> Sandbox {
    let mut chain = Sandbox::new();
    chain.run(|ctx| Tested::init_genesis(ctx, genesis())).unwrap();
    chain
}

fn execute(chain: &mut Sandbox, sender: AccountId, msg: Msg) -> Result<(), Error> {
    let outcome = chain.run(|ctx| Tested::execute(ctx, sender, msg));
    assert_eq!(chain.check(Tested::invariants()), Ok(()));
    outcome
}

fn held(chain: &Sandbox, account: AccountId, asset: u32) -> u128 {
    bank::balance(&chain.view(), &account, AssetId::new(asset))
        .unwrap()
        .get()
}

fn supply(chain: &Sandbox, asset: u32) -> u128 {
    bank::supply(&chain.view(), AssetId::new(asset)).unwrap().get()
}
