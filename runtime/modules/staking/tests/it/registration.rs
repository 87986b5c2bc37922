//! Registering a validator.

use crate::world::{Staking, World, account, consensus_key, p2p_key, params, registration, validator};
use kernel::Module;
use palisade_staking::{Bonded, Moniker, Msg, Registered};
use primitives::{Amount, Gas};

#[test]
fn a_registration_makes_a_validator_with_a_bond_of_its_own() {
    let mut world = World::new(params());
    let before = world.balance(2);
    world.register(2, 1_500).unwrap();
    let record = world.record(2);
    assert_eq!(record.consensus_key, consensus_key(2));
    assert_eq!(record.moniker.to_text(), "validator 2");
    assert_eq!(record.bonded.assets, Amount::new(1_500));
    assert!(!record.is_jailed());
    assert_eq!(world.balance(2), before - 1_500);
    assert_eq!(world.bond_of(2, 2).unwrap().1, 1_500);
}

#[test]
fn a_registration_and_its_bond_are_reported() {
    let mut world = World::new(params());
    world.chain.take_events();
    world.register(2, 1_500).unwrap();
    let events = world.chain.take_events();
    assert!(events.iter().any(kernel::Event::is::<Registered>));
    assert!(events.iter().any(kernel::Event::is::<Bonded>));
}

#[test]
fn a_registered_validator_waits_for_the_next_epoch() {
    let mut world = World::new(params());
    world.register(2, 1_500).unwrap();
    assert_eq!(world.members().len(), 1);
    world.end_epoch();
    assert_eq!(world.members().len(), 2);
}

#[test]
fn a_registration_pays_for_its_pairing() {
    let mut world = World::new(params());
    let msg = Msg::RegisterValidator(registration(2, 1_500));
    let (outcome, used) = world
        .chain
        .run_metered(Gas::MAX, |ctx| <Staking as Module>::execute(ctx, account(2), msg));
    assert!(outcome.is_ok());
    assert!(used > Gas::new(1_200_000), "{used}");
}

#[test]
fn a_key_is_its_operators_forever() {
    let mut world = World::new(params());
    world.register(2, 1_500).unwrap();
    world.unbond(2, 2, 1_500).unwrap();
    for _ in 0..4 {
        world.block(10_000);
        world.end_epoch();
    }
    assert!(world.unbondings().is_empty());
    let mut again = registration(2, 1_500);
    again.p2p_key = p2p_key(3);
    assert!(world.execute(3, Msg::RegisterValidator(again)).is_err());
    let mut again = registration(3, 1_500);
    again.p2p_key = p2p_key(2);
    assert!(world.execute(3, Msg::RegisterValidator(again)).is_err());
}

#[test]
fn a_moniker_is_short_text_without_control_characters() {
    assert!(Moniker::new("Ada's вал 1").is_ok());
    assert!(Moniker::new(&"x".repeat(64)).is_ok());
    for bad in ["", "a\nb", "\u{7f}", &"x".repeat(65), &"é".repeat(33)] {
        assert!(Moniker::new(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn stored_bytes_that_are_no_moniker_do_not_decode() {
    use primitives::codec::{decode, encode};
    let moniker = Moniker::new("node").unwrap();
    assert_eq!(decode::<Moniker>(&encode(&moniker)), Ok(moniker));
    for bad in [b"".as_slice(), b"a\0", b"\xff\xfe", &[b'x'; 65]] {
        assert!(decode::<Moniker>(&encode(&bad.to_vec())).is_err(), "{bad:?}");
    }
}

#[test]
fn genesis_may_bond_others_behind_a_validator() {
    let genesis = crate::world::genesis(params(), vec![validator(1, &[(1, 600), (2, 400), (1, 5)])]);
    let world = World::start(genesis).unwrap();
    assert_eq!(world.record(1).bonded.assets, Amount::new(1_005));
    assert_eq!(world.bond_of(1, 1).unwrap().1, 605);
    assert_eq!(world.bond_of(2, 1).unwrap().1, 400);
}
