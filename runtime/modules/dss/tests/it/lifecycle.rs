//! Services and members come and go.

use crate::world::{CLIENT, FEES, OWNER, SERVICE, STAKE, TRAP, UNWELCOME, Wire, World, account, join, terms};
use kernel::{Fault, Module};
use palisade_dss::{ChangeClass, Dss, Error, HookFailed, Msg, Phase, Terms, as_genesis, query, service};
use primitives::{AccountId, Amount, AssetId, Bps, ChainClock, ServiceId};

#[test]
fn a_service_lives_from_draft_to_closed_and_its_bond_comes_back() {
    let mut world = World::new();
    let before = world.held(OWNER, AssetId::PAL);
    world.send(OWNER, Msg::Register(Box::new(terms()))).unwrap();
    assert_eq!(world.held(OWNER, AssetId::PAL), before - 100_000_000_000);
    let activate = Msg::Activate { service: SERVICE };
    let few = Error::TooFewOperators { found: 0, needed: 2 };
    assert_eq!(world.send(OWNER, activate.clone()), Err(few));
    world.send(1, Msg::Join(join(1, 1, 1))).unwrap();
    world.send(2, Msg::Join(join(1, 2, 2))).unwrap();
    assert_eq!(world.send(1, activate.clone()), Err(Error::NotOwner(SERVICE)));
    assert_eq!(world.post(0, 0), Err(Error::WrongPhase(Phase::Draft)));
    world.send(OWNER, activate.clone()).unwrap();
    assert_eq!(world.send(OWNER, activate), Err(Error::WrongPhase(Phase::Active)));
    world.post(5, 0).unwrap();
    world.send(OWNER, Msg::Unwind { service: SERVICE }).unwrap();
    assert!(world.post(0, 0).is_err());
    assert!(matches!(
        world.send(3, Msg::Join(join(1, 3, 3))),
        Err(Error::WrongPhase(_))
    ));
    let close = Msg::Close { service: SERVICE };
    assert!(matches!(
        world.send(CLIENT, close.clone()),
        Err(Error::StillOpen { tasks: 1, .. })
    ));
    world.pass(120_000);
    assert_eq!(world.held(CLIENT, FEES), 1_000_000);
    world.send(CLIENT, close.clone()).unwrap();
    assert_eq!(world.held(OWNER, AssetId::PAL), before);
    assert_eq!(world.send(CLIENT, close), Err(Error::WrongPhase(Phase::Closed)));
}

#[test]
fn terms_that_break_a_rule_are_refused() {
    let bad: Vec<fn(&mut Terms)> = vec![
        |terms| terms.accepted.clear(),
        |terms| terms.accepted.push(terms.accepted[0]),
        |terms| terms.accepted[0].haircut = Bps::ONE,
        |terms| terms.min_operators = 0,
        |terms| terms.max_operators = 129,
        |terms| terms.min_operators = 9,
        |terms| terms.quorum = Bps::ZERO,
        |terms| terms.classes[0].most = Bps::ZERO,
        |terms| terms.equivocation = Some(1),
        |terms| terms.equivocation = Some(7),
        |terms| terms.slasher = None,
        |terms| terms.vetoers = vec![account(2), account(1)],
        |terms| terms.classes[0].cooldown = primitives::Millis::new(30_001),
        |terms| terms.destination = palisade_dss::Destination::Recipient(AccountId::ZERO),
        |terms| terms.destination = palisade_dss::Destination::Recipient(palisade_dss::fee_account()),
    ];
    for (number, change) in bad.into_iter().enumerate() {
        let mut world = World::new();
        let mut terms = terms();
        change(&mut terms);
        let outcome = world.send(OWNER, Msg::Register(Box::new(terms)));
        assert!(
            matches!(outcome, Err(Error::BadTerms(_))),
            "{number}: {outcome:?}"
        );
    }
}

#[test]
fn a_key_is_one_operators_forever_and_must_be_held() {
    let mut world = World::with_service();
    world.give(5, STAKE, 100);
    let taken = world.send(5, Msg::Join(join(1, 5, 1)));
    assert_eq!(taken.unwrap_err().reason(), "KEY_TAKEN");
    // Another's proof, seen on its way, is worth nothing.
    let stolen = join(1, 6, 9);
    let refused = world.send(5, Msg::Join(stolen)).unwrap_err();
    assert_eq!(refused.reason(), "BAD_POSSESSION_PROOF");
    world.send(5, Msg::Join(join(1, 5, 5))).unwrap();
    let again = world.set_key(5, &join(1, 5, 6)).unwrap_err();
    assert_eq!(again.reason(), "KEY_SET_ALREADY");
    world.pass(1);
    world.set_key(5, &join(1, 5, 6)).unwrap();
    let taken = world.set_key(5, &join(1, 5, 5)).unwrap_err();
    assert_eq!(taken.reason(), "KEY_TAKEN");
    // Neither for this service nor for another one.
    world.send(OWNER, Msg::Register(Box::new(terms()))).unwrap();
    let elsewhere = world.send(4, Msg::Join(join(2, 4, 6))).unwrap_err();
    assert_eq!(elsewhere.reason(), "KEY_TAKEN");
}

#[test]
fn a_new_key_counts_from_the_next_snapshot_on() {
    let mut world = World::with_service();
    world.post(0, 0).unwrap();
    world.pass(1);
    world.set_key(1, &join(1, 1, 31)).unwrap();
    let key_of = |world: &World| {
        let epoch = world.sandbox.block.epoch;
        let found = query::snapshot(&world.sandbox.view(), SERVICE, epoch).unwrap();
        found.unwrap().seats[0].key
    };
    assert_eq!(key_of(&world), crate::world::key_of(1));
    world.end_epoch();
    world.post(0, 0).unwrap();
    assert_eq!(key_of(&world), crate::world::key_of(31));
}

fn members(world: &World) -> usize {
    let found = delegation::members(&world.sandbox.view(), SERVICE, None, 9);
    found.unwrap().len()
}

fn liable(world: &World, operator: u8) -> bool {
    let found = delegation::membership(&world.sandbox.view(), &account(operator), SERVICE);
    found.unwrap().is_some_and(|membership| membership.counts())
}

#[test]
fn a_leaving_operator_is_liable_until_its_time_is_over_and_joins_again_only_then() {
    let mut world = World::with_service();
    world.send(1, Msg::Leave { service: SERVICE }).unwrap();
    let gone = world.send(1, Msg::Leave { service: SERVICE }).unwrap_err();
    assert_eq!(gone.reason(), "NOT_SERVING");
    assert_eq!(members(&world), 3);
    world.pass(119_999);
    assert!(liable(&world, 1));
    let early = world.send(1, Msg::Join(join(1, 1, 11))).unwrap_err();
    assert_eq!(early.reason(), "STILL_LIABLE");
    world.pass(1);
    assert!(!liable(&world, 1));
    world.send(1, Msg::Join(join(1, 1, 11))).unwrap();
}

#[test]
fn a_failing_hook_blocks_a_joining_and_never_an_exit() {
    let mut world = World::with_service();
    world.give(5, STAKE, 100);
    world.give(5, UNWELCOME, 1);
    let refused = world.send(5, Msg::Join(join(1, 5, 5))).unwrap_err();
    assert_eq!(refused.reason(), "REFUSED_BY_SERVICE");
    // One that runs forever, and one that refuses: both operators leave all the same.
    world.give(1, TRAP, 1);
    world.give(2, UNWELCOME, 1);
    world.sandbox.take_events();
    for n in [1, 2] {
        world.send(n, Msg::Leave { service: SERVICE }).unwrap();
    }
    let events = world.sandbox.take_events();
    assert_eq!(events.iter().filter(|event| event.is::<HookFailed>()).count(), 2);
}

#[test]
fn who_pays_too_little_gas_cannot_make_a_hook_fail_quietly() {
    let mut world = World::with_service();
    let (outcome, _) = world.sandbox.run_metered(primitives::Gas::new(1_000_000), |ctx| {
        Dss::<Wire>::execute(ctx, account(1), Msg::Leave { service: SERVICE })
    });
    assert_eq!(outcome.unwrap_err().reason(), "OUT_OF_GAS");
    assert_eq!(members(&world), 4);
}

#[test]
fn nobody_sits_on_a_seat_without_stake() {
    let mut world = World::with_service();
    let eject = |operator| Msg::Eject {
        service: SERVICE,
        operator: account(operator),
    };
    assert_eq!(world.send(CLIENT, eject(1)), Err(Error::NotOwner(SERVICE)));
    let gone = primitives::Coin {
        asset: STAKE,
        amount: Amount::new(95),
    };
    world
        .sandbox
        .run(|ctx| bank::burn(ctx, &account(1), gone))
        .unwrap();
    world.send(CLIENT, eject(1)).unwrap();
    world.send(OWNER, eject(2)).unwrap();
    assert!(liable(&world, 2));
}

#[test]
fn a_cap_falls_at_once_and_rises_after_the_delay_for_later_snapshots_alone() {
    let mut world = World::with_service();
    let change = |most| {
        Msg::ChangeClass(ChangeClass {
            service: SERVICE,
            class: 0,
            most: Bps::new(most).unwrap(),
        })
    };
    let cap = |world: &World| service(&world.sandbox.view(), SERVICE).unwrap().terms.classes[0];
    world.send(OWNER, change(4_000)).unwrap();
    assert_eq!(cap(&world).most.get(), 4_000);
    world.send(OWNER, change(9_000)).unwrap();
    assert_eq!(cap(&world).most.get(), 4_000);
    world.pass(60_000);
    // The same rise again keeps its date; another waits anew.
    world.send(OWNER, change(9_000)).unwrap();
    assert_eq!(cap(&world).rise.unwrap().from, ChainClock::new(120_000));
    assert_eq!(cap(&world).at(ChainClock::new(119_999)).most.get(), 4_000);
    assert_eq!(cap(&world).at(ChainClock::new(120_000)).most.get(), 9_000);
    world.send(OWNER, change(9_500)).unwrap();
    assert_eq!(cap(&world).rise.unwrap().from, ChainClock::new(180_000));
    assert_eq!(world.send(1, change(1)), Err(Error::NotOwner(SERVICE)));
}

#[test]
fn a_service_admits_no_more_than_it_says_and_an_operator_serves_no_more_than_it_may() {
    let mut world = World::new();
    world.give(OWNER, AssetId::PAL, 100_000_000_000 * 40);
    let narrow = Terms {
        max_operators: 2,
        ..terms()
    };
    for _ in 0..33 {
        world
            .send(OWNER, Msg::Register(Box::new(narrow.clone())))
            .unwrap();
    }
    for n in 1..=2 {
        world.send(n, Msg::Join(join(1, n, n))).unwrap();
    }
    assert_eq!(
        world.send(3, Msg::Join(join(1, 3, 3))),
        Err(Error::ServiceFull(SERVICE))
    );
    for service in 2..=32u8 {
        world
            .send(1, Msg::Join(join(u32::from(service), 1, 40 + service)))
            .unwrap();
    }
    let many = world.send(1, Msg::Join(join(33, 1, 99)));
    assert_eq!(many.unwrap_err().reason(), "TOO_MANY_SERVICES");
    assert_eq!(
        world.send(1, Msg::Join(join(40, 1, 98))),
        Err(Error::UnknownService(ServiceId::new(40)))
    );
}

#[test]
fn a_chain_that_goes_on_starts_where_it_was() {
    let mut world = World::with_service();
    world.post(7, 1_000).unwrap();
    world.send(4, Msg::Leave { service: SERVICE }).unwrap();
    let genesis = as_genesis(&world.sandbox.view()).unwrap();
    let mut again = kernel::testing::Sandbox::new();
    let bank = bank::as_genesis(&world.sandbox.view()).unwrap();
    again
        .run(|ctx| bank::Bank::<()>::init_genesis(ctx, bank))
        .unwrap();
    let vaults = vaults::as_genesis(&world.sandbox.view()).unwrap();
    again
        .run(|ctx| vaults::Vaults::<()>::init_genesis(ctx, vaults))
        .unwrap();
    let pledges = delegation::as_genesis(&world.sandbox.view()).unwrap();
    again
        .run(|ctx| delegation::Delegation::<()>::init_genesis(ctx, pledges))
        .unwrap();
    again.run(|ctx| Dss::<Wire>::init_genesis(ctx, genesis)).unwrap();
    assert_eq!(
        again.state().unwrap().root(),
        world.sandbox.state().unwrap().root()
    );
}
