//! The registry's behaviour, over the kernel's in-memory store.
#![cfg(test)]
#![allow(clippy::arithmetic_side_effects, reason = "tests compute with small numbers")]

use palisade_assets as assets;

mod prices;

use kernel::testing::Sandbox;
use kernel::{Fault, Module};
use palisade_assets::{Asset, Error, Genesis, GenesisAsset, Msg, Name, Origin, Register, Symbol};
use primitives::{AccountId, AssetId};

type Assets = assets::Assets<()>;

const REGISTRAR: AccountId = AccountId::new([1; 32]);
const STRANGER: AccountId = AccountId::new([2; 32]);

fn pal() -> GenesisAsset {
    GenesisAsset {
        id: AssetId::PAL,
        asset: Asset {
            symbol: Symbol::new("PAL").unwrap(),
            name: Name::new("Palisade").unwrap(),
            decimals: 9,
            origin: Origin::Native,
        },
    }
}

fn genesis() -> Genesis {
    Genesis {
        registrar: REGISTRAR,
        assets: vec![pal()],
        terms: Vec::new(),
        params: assets::Params::localnet(),
        sources: Vec::new(),
    }
}

fn register(asset: u32, symbol: &str) -> Msg {
    Msg::Register(Register {
        asset: AssetId::new(asset),
        symbol: Symbol::new(symbol).unwrap(),
        name: Name::new("Some asset").unwrap(),
        decimals: 8,
    })
}

fn chain() -> Sandbox {
    let mut chain = Sandbox::new();
    chain.run(|ctx| Assets::init_genesis(ctx, genesis())).unwrap();
    chain
}

fn execute(chain: &mut Sandbox, sender: AccountId, msg: Msg) -> Result<(), Error> {
    let outcome = chain.run(|ctx| Assets::execute(ctx, sender, msg));
    assert_eq!(chain.check(Assets::invariants()), Ok(()));
    outcome
}

#[test]
fn the_registrar_enters_an_asset() {
    let mut chain = chain();
    execute(&mut chain, REGISTRAR, register(7, "WBTC")).unwrap();
    let asset = assets::asset(&chain.view(), AssetId::new(7)).unwrap().unwrap();
    assert_eq!(
        (asset.symbol.as_str(), asset.decimals, asset.origin),
        ("WBTC", 8, Origin::Registrar)
    );
    assert!(
        chain
            .take_events()
            .iter()
            .any(kernel::Event::is::<assets::Registered<'_>>)
    );
    let page = assets::query::assets(&chain.view(), Some(AssetId::PAL), 10).unwrap();
    assert_eq!(page.len(), 1);
}

#[test]
fn what_is_refused_leaves_no_trace() {
    let mut chain = chain();
    let before = assets::as_genesis(&chain.view()).unwrap();
    let taken = AssetId::PAL;
    let cases = [
        (
            STRANGER,
            register(7, "WBTC"),
            Error::NotRegistrar { registrar: REGISTRAR },
        ),
        (
            REGISTRAR,
            register(0, "WBTC"),
            Error::NumberTaken { asset: taken },
        ),
        (REGISTRAR, register(7, "pal"), Error::SymbolTaken { asset: taken }),
    ];
    for (sender, msg, expected) in cases {
        assert_eq!(execute(&mut chain, sender, msg), Err(expected));
    }
    let Msg::Register(mut message) = register(7, "WBTC") else {
        panic!("a registration")
    };
    message.decimals = 31;
    let expected = Error::TooManyDecimals { decimals: 31 };
    assert_eq!(Msg::Register(message.clone()).validate(), Err(expected.clone()));
    assert_eq!(
        execute(&mut chain, REGISTRAR, Msg::Register(message)),
        Err(expected)
    );
    assert_eq!(assets::as_genesis(&chain.view()).unwrap(), before);
    assert!(chain.take_events().is_empty());
}

#[test]
fn a_genesis_without_the_right_pal_is_refused() {
    let mut wrong_decimals = genesis();
    wrong_decimals.assets[0].asset.decimals = 8;
    let mut wrong_origin = genesis();
    wrong_origin.assets[0].asset.origin = Origin::Genesis;
    let mut none = genesis();
    none.assets.clear();
    let mut second = genesis();
    second.assets.push(GenesisAsset {
        id: AssetId::new(1),
        ..pal()
    });
    for bad in [wrong_decimals, wrong_origin, none, second] {
        let outcome = Sandbox::new().run(|ctx| Assets::init_genesis(ctx, bad));
        assert_eq!(outcome, Err(Error::NotPal));
    }
}

#[test]
fn what_is_exported_starts_the_same_registry() {
    let mut chain = chain();
    for (number, symbol) in (1..600).map(|n| (n, format!("A{n}"))) {
        execute_quietly(&mut chain, register(number, &symbol));
    }
    let exported = assets::as_genesis(&chain.view()).unwrap();
    assert_eq!(exported.assets.len(), 600);
    let mut again = Sandbox::new();
    again
        .run(|ctx| Assets::init_genesis(ctx, exported.clone()))
        .unwrap();
    assert_eq!(assets::as_genesis(&again.view()).unwrap(), exported);
    assert_eq!(again.check(Assets::invariants()), Ok(()));
}

fn execute_quietly(chain: &mut Sandbox, msg: Msg) {
    chain.run(|ctx| Assets::execute(ctx, REGISTRAR, msg)).unwrap();
}

#[test]
fn every_error_has_its_own_number() {
    let errors = [
        Error::NotRegistrar { registrar: REGISTRAR },
        Error::NumberTaken { asset: AssetId::PAL },
        Error::SymbolTaken { asset: AssetId::PAL },
        Error::BadSymbol,
        Error::BadName,
        Error::TooManyDecimals { decimals: 31 },
        Error::NotPal,
    ];
    for (number, error) in (1u16..).zip(&errors) {
        assert_eq!(error.code(), Some(assets::ID.code(number)), "{error}");
    }
    assert_eq!(Error::State(assets::ID.broken("a test")).code(), None);
}
