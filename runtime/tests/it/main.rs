//! The state machine's behaviour from bytes to roots.
#![cfg(test)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::integer_division,
    reason = "tests compute with small numbers"
)]

mod bad_input;
mod blocks;
mod conformance;
mod determinism;
mod epochs;
mod evidence;
mod fees;
mod fuzz;
mod genesis;
mod governance;
mod late;
mod model;
mod power;
mod prices;
mod queries;
mod refusals;
mod regressions;
mod rewards;
mod services;
mod transfers;
mod unordered;
mod vectors;

use assets::{Msg as AssetMsg, Name, Register, Symbol};
use bank::{Burn, Msg as BankMsg, Transfer};
use palisade_runtime::Message;
use primitives::{Amount, AssetId, Coin};
use testing::Account;

fn coin(asset: u32, amount: u128) -> Coin {
    Coin {
        asset: AssetId::new(asset),
        amount: Amount::new(amount),
    }
}

fn transfer(to: &Account, asset: u32, amount: u128) -> Message {
    Message::Bank(BankMsg::Transfer(Transfer {
        recipient: to.id(),
        coin: coin(asset, amount),
    }))
}

fn burn(asset: u32, amount: u128) -> Message {
    Message::Bank(BankMsg::Burn(Burn {
        coin: coin(asset, amount),
    }))
}

fn register(asset: u32, symbol: &str) -> Message {
    Message::Assets(AssetMsg::Register(Register {
        asset: AssetId::new(asset),
        symbol: Symbol::new(symbol).unwrap(),
        name: Name::new("An asset").unwrap(),
        decimals: 8,
    }))
}

fn people() -> (Account, Account) {
    (Account::named("alice"), Account::named("bob"))
}
