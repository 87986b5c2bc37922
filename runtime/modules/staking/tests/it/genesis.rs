//! What the module starts with, and goes on from.

use crate::world::{
    FUNDS, Staking, World, account, consensus_key, funds, genesis, p2p_key, pal, params, validator,
};
use kernel::Module;
use kernel::testing::Sandbox;
use palisade_staking as staking;
use primitives::codec::{decode, encode};
use primitives::{Amount, Epoch, Millis};
use staking::{Error, Genesis, Params, ParamsError};

/// A world in which everything has happened: bonds, exits, rewards, slashes, epochs.
fn lived_in() -> World {
    let mut world = World::start(genesis(
        Params {
            issuance: primitives::Bps::new(1_000).unwrap(),
            ..params()
        },
        vec![
            validator(1, &[(1, 10_000), (3, 777)]),
            validator(2, &[(2, 5_000)]),
        ],
    ))
    .unwrap();
    world.unbond(2, 2, 5_000).unwrap();
    world.slash(2, 10_000);
    world.block(10_000);
    world.end_epoch();
    world.bond(4, 1, 12_345).unwrap();
    world.earn(1, 1_001);
    world.slash(1, 1_234);
    world.unbond(3, 1, 100).unwrap();
    world.unbond(4, 1, 45).unwrap();
    world.bond(5, 2, 2_000).unwrap();
    world.unbond(5, 2, 1_000).unwrap();
    world.claim(3, 1).unwrap();
    world.block(10_000);
    world.end_epoch();
    world.tip(1, 17);
    world.block(1);
    world
}

/// A chain that goes on where `world` is, from its tables and the bank's balances.
fn go_on(world: &World, genesis: Genesis) -> Result<World, Error> {
    let mut chain = Sandbox::new();
    chain.block = world.chain.block.clone();
    let balances = bank::as_genesis(&world.chain.view()).unwrap();
    chain
        .run(|ctx| bank::Bank::<()>::init_genesis(ctx, balances))
        .unwrap();
    chain.run(|ctx| Staking::init_genesis(ctx, genesis))?;
    Ok(World { chain })
}

#[test]
fn a_chain_goes_on_from_its_tables_with_the_same_root() {
    let world = lived_in();
    let genesis = staking::as_genesis(&world.chain.view()).unwrap();
    let mut other = go_on(&world, genesis).unwrap();
    let root = |world: &World| world.chain.state().unwrap().root();
    assert_eq!(root(&world), root(&other));
    let mut world = world;
    for one in [&mut world, &mut other] {
        one.block(30_000);
        one.end_epoch();
        one.claim(4, 1).unwrap();
    }
    assert_eq!(root(&world), root(&other), "and stays the same");
}

#[test]
fn tables_have_one_encoding() {
    let tables = staking::as_genesis(&lived_in().chain.view())
        .unwrap()
        .resumed
        .unwrap();
    let bytes = encode(&tables);
    assert_eq!(decode::<staking::Tables>(&bytes), Ok(tables));
}

#[test]
fn an_export_starts_another_chain_with_the_same_bonds() {
    let world = lived_in();
    let (exported, freed) = staking::export(&world.chain.view()).unwrap();
    let mut balances = funds(0);
    let held = |n: u8| {
        let free = freed
            .iter()
            .chain(exported.validators.iter().flat_map(|v| &v.bonds))
            .filter(|bond| bond.account == account(n));
        world.balance(n) + free.fold(0, |sum, bond| sum + bond.amount.get())
    };
    for n in 1..=60 {
        balances.balances.push(bank::Balance {
            account: account(n),
            asset: primitives::AssetId::PAL,
            amount: Amount::new(held(n)),
        });
    }
    let supply = balances.balances.iter().fold(0, |sum, b| sum + b.amount.get());
    balances.supply = vec![pal(supply)];
    assert!(
        supply <= world.supply() && world.supply() - supply < 10,
        "only dust is left out"
    );

    let mut chain = Sandbox::new();
    chain
        .run(|ctx| bank::Bank::<()>::init_genesis(ctx, balances))
        .unwrap();
    chain
        .run(|ctx| Staking::init_genesis(ctx, exported.clone()))
        .unwrap();
    let other = World { chain };
    other.check();
    assert_eq!(
        staking::export(&other.chain.view()).unwrap(),
        (exported, Vec::new())
    );
    for (who, of) in [(1, 1), (3, 1), (4, 1), (5, 2)] {
        let worth = |world: &World| world.bond_of(who, of).map(|(_, worth)| worth);
        assert_eq!(worth(&other), worth(&world), "{who} behind {of}");
    }
}

#[test]
fn the_first_set_starts_now_and_ends_an_epoch_later() {
    let world = World::new(params());
    assert_eq!(world.set().epoch, Epoch::ZERO);
    assert_eq!(world.set().ends_at.get(), 10_000);
    assert_eq!(world.balance(1), FUNDS - 10_000);
}

#[test]
fn a_validator_jailed_at_the_start_is_not_in_the_first_set() {
    let mut jailed = validator(2, &[(2, 50_000)]);
    jailed.jailed = true;
    let world = World::start(genesis(params(), vec![validator(1, &[(1, 1_000)]), jailed])).unwrap();
    assert_eq!(world.members(), [(account(1), 1_000_000_000)]);
    assert!(world.record(2).is_jailed());
}

fn refused(genesis: Genesis) -> Error {
    match World::start(genesis) {
        Ok(_) => panic!("a genesis that should be refused starts"),
        Err(error) => error,
    }
}

#[test]
fn a_genesis_without_a_validator_of_weight_is_refused() {
    assert!(matches!(
        refused(genesis(params(), Vec::new())),
        Error::Genesis(_)
    ));
    let small = genesis(params(), vec![validator(1, &[(1, 999)])]);
    assert!(matches!(refused(small), Error::Genesis(_)));
}

#[test]
fn a_genesis_with_parameters_that_break_a_rule_says_which() {
    let hasty = Params {
        unbonding_delay: Millis::new(29_999),
        ..params()
    };
    let error = refused(genesis(hasty, vec![validator(1, &[(1, 1_000)])]));
    assert!(
        matches!(error, Error::Params(ParamsError::UnbondingTooShort)),
        "{error}"
    );
}

#[test]
fn a_genesis_with_a_bad_validator_is_refused() {
    let one = || validator(1, &[(1, 1_000)]);
    let mut same_key = validator(2, &[]);
    same_key.consensus_key = consensus_key(1);
    let mut same_node = validator(2, &[]);
    same_node.p2p_key = p2p_key(1);
    let mut no_key = validator(2, &[]);
    no_key.consensus_key.0 = [1; 96];
    let mut no_node = validator(2, &[]);
    no_node.p2p_key = [0; 32];
    let of = |other| refused(genesis(params(), vec![one(), other]));
    assert!(matches!(of(one()), Error::AlreadyRegistered(_)));
    assert!(matches!(of(same_key), Error::KeyTaken("consensus")));
    assert!(matches!(of(same_node), Error::KeyTaken("p2p")));
    assert!(matches!(of(no_key), Error::Genesis(_)));
    assert!(matches!(of(no_node), Error::PeerKey(_)));
    assert!(matches!(of(validator(2, &[(2, 0)])), Error::ZeroAmount));
    let unpaid = of(validator(2, &[(2, FUNDS + 1)]));
    assert!(matches!(
        unpaid,
        Error::Bank(bank::Error::InsufficientFunds { .. })
    ));
}

#[test]
fn tables_go_without_validators_beside_them() {
    let world = lived_in();
    let mut genesis = staking::as_genesis(&world.chain.view()).unwrap();
    genesis.validators.push(validator(9, &[]));
    assert!(matches!(go_on(&world, genesis), Err(Error::Genesis(_))));
}

#[test]
fn tables_without_the_set_in_force_are_refused() {
    let mut world = lived_in();
    let genesis = staking::as_genesis(&world.chain.view()).unwrap();
    world.chain.block.epoch = Epoch::new(99);
    assert!(matches!(go_on(&world, genesis), Err(Error::Genesis(_))));
}

#[test]
fn tables_that_do_not_fit_the_balances_are_refused() {
    let mut richer = lived_in();
    let genesis = staking::as_genesis(&richer.chain.view()).unwrap();
    richer
        .chain
        .run(|ctx| bank::transfer(ctx, &account(7), &staking::bonding_account(), pal(1)))
        .unwrap();
    assert!(matches!(go_on(&richer, genesis), Err(Error::Genesis(_))));
}
