//! Feeds: who starts them, who funds them, when they end.

use crate::world::{CLIENT, FEES, OTHER, OWNER, SERVICE, World, rules, terms};
use dss::Kind;
use kernel::{Fault as _, Module as _};
use palisade_oracle::{
    Bounds, CreateFeed, Error, Genesis, Msg, Oracle, Params, RoundSkipped, Rules, as_genesis, query,
};
use primitives::{Amount, Bps, Millis};

#[test]
fn a_feed_opens_its_rounds_by_itself() {
    let mut world = World::new();
    world.create(rules()).unwrap();
    assert_eq!(query::open_round(&world.sandbox.view(), 0).unwrap(), None);
    world.pass(1_000);
    assert_eq!(world.open(), 0);
    world.pass(6_000);
    assert_eq!(query::open_round(&world.sandbox.view(), 0).unwrap(), None);
    world.pass(3_999);
    assert_eq!(query::open_round(&world.sandbox.view(), 0).unwrap(), None);
    world.pass(1);
    assert_eq!(world.open(), 1);
}

#[test]
fn what_a_feed_may_not_be_is_refused() {
    let good = rules();
    let mut world = World::new();
    let bad = [
        Rules {
            every: Millis::new(5_999),
            ..good
        },
        Rules {
            commit: Millis::ZERO,
            ..good
        },
        Rules {
            bounds: Bounds { least: 0, most: 5 },
            ..good
        },
        Rules {
            bounds: Bounds { least: 6, most: 5 },
            ..good
        },
        Rules { decimals: 19, ..good },
        Rules {
            pair: palisade_oracle::Pair {
                base: good.pair.quote,
                ..good.pair
            },
            ..good
        },
        Rules {
            commit: Millis::new(500),
            reveal: Millis::new(500),
            every: Millis::new(1_000),
            ..good
        },
        Rules {
            commit: Millis::new(20_000),
            every: Millis::new(60_000),
            ..good
        },
    ];
    for rules in bad {
        assert!(matches!(world.create(rules), Err(Error::BadFeed(_))), "{rules:?}");
    }
    let message = CreateFeed {
        service: SERVICE,
        rules: good,
    };
    let refused = world.send(CLIENT, Msg::CreateFeed(Box::new(message)));
    assert_eq!(refused.unwrap_err().reason(), "NOT_OWNER");
    let mut other = World::with(&[100; 4], Kind::Attested);
    assert_eq!(other.create(good), Err(Error::OtherKind(Kind::Attested)));
}

#[test]
fn a_service_without_a_class_for_each_fault_has_no_feeds() {
    let mut world = World::new();
    let mut lax = terms(Kind::Oracle);
    lax.classes.pop();
    world.frame(OWNER, dss::Msg::Register(Box::new(lax))).unwrap();
    let message = CreateFeed {
        service: primitives::ServiceId::new(2),
        rules: rules(),
    };
    let refused = world.send(OWNER, Msg::CreateFeed(Box::new(message)));
    assert!(matches!(refused, Err(Error::BadFeed(_))));
}

#[test]
fn a_service_has_a_bounded_number_of_feeds() {
    let mut world = World::new();
    for _ in 0..64 {
        world.create(rules()).unwrap();
    }
    assert_eq!(world.create(rules()), Err(Error::TooManyFeeds { limit: 64 }));
    world.send(OWNER, Msg::EndFeed { feed: 5 }).unwrap();
    world.create(rules()).unwrap();
    // 16 open per block, in the order in which they are due.
    world.pass(1_000);
    let open = |world: &World| {
        let feeds = query::feeds(&world.sandbox.view(), None, 100).unwrap();
        feeds.iter().filter(|(_, feed)| feed.open).count()
    };
    assert_eq!(open(&world), 16);
    world.pass(10);
    assert_eq!(open(&world), 32);
}

#[test]
fn deposits_are_used_in_order_and_what_is_left_is_taken_back() {
    let mut world = World::new();
    world.create(rules()).unwrap();
    assert_eq!(
        world.fund(CLIENT, 999),
        Err(Error::TooLittle {
            least: Amount::new(1_000)
        })
    );
    world.fund(CLIENT, 1_500).unwrap();
    world.fund(OTHER, 2_000).unwrap();
    world.pass(1_000);
    assert_eq!(world.play(&[Some(500); 4]).paid, Amount::new(1_000));
    assert_eq!((1..=4).map(|n| world.held(n, FEES)).collect::<Vec<_>>(), [250; 4]);
    world.pass(4_000);
    // 500 of one and 500 of the other; nobody states anything, so both get theirs back.
    let round = query::open_round(&world.sandbox.view(), 0).unwrap().unwrap().1;
    assert_eq!(round.payers.len(), 2);
    let before = (world.held(CLIENT, FEES), world.held(OTHER, FEES));
    assert_eq!(world.play(&[None; 4]).paid, Amount::ZERO);
    assert_eq!(world.held(CLIENT, FEES), before.0 + 500);
    assert_eq!(world.held(OTHER, FEES), before.1 + 500);
    let deposit = |who, deposit| (who, Msg::Withdraw { feed: 0, deposit });
    let (who, message) = deposit(CLIENT, 1);
    assert!(matches!(world.send(who, message), Err(Error::NotDepositor(_))));
    let (who, message) = deposit(CLIENT, 0);
    assert_eq!(world.send(who, message), Err(Error::UnknownDeposit(0)));
    let (who, message) = deposit(OTHER, 1);
    world.send(who, message).unwrap();
    assert_eq!(world.held(OTHER, FEES), 1_000_000);
    // What is left of the other deposit is less than a round: nothing was.
    assert!(
        query::deposits(&world.sandbox.view(), 0, None, 10)
            .unwrap()
            .is_empty()
    );
}

#[test]
fn a_round_that_nobody_funded_pays_nothing_and_has_a_price() {
    let mut world = World::new();
    world.create(rules()).unwrap();
    world.pass(1_000);
    let outcome = world.play(&[Some(500); 4]);
    assert_eq!((outcome.price, outcome.paid), (Some(500), Amount::ZERO));
    let mut free = World::new();
    let mut nothing = rules();
    nothing.fee.amount = Amount::ZERO;
    free.create(nothing).unwrap();
    assert_eq!(free.fund(CLIENT, 1_000), Err(Error::NothingToFund(0)));
}

#[test]
fn a_feed_that_ends_finishes_its_round_and_opens_no_other() {
    let mut world = World::new();
    world.create(rules()).unwrap();
    world.fund(CLIENT, 3_000).unwrap();
    world.pass(1_000);
    let refused = world.send(CLIENT, Msg::EndFeed { feed: 0 });
    assert_eq!(refused.unwrap_err().reason(), "NOT_OWNER");
    world.send(OWNER, Msg::EndFeed { feed: 0 }).unwrap();
    assert_eq!(world.send(OWNER, Msg::EndFeed { feed: 0 }), Err(Error::Ended(0)));
    assert_eq!(world.fund(CLIENT, 1_000), Err(Error::Ended(0)));
    assert_eq!(world.play(&[Some(7_000); 4]).price, Some(7_000));
    world.pass(60_000);
    assert_eq!(query::open_round(&world.sandbox.view(), 0).unwrap(), None);
    world.send(CLIENT, Msg::Withdraw { feed: 0, deposit: 0 }).unwrap();
    assert_eq!(world.held(CLIENT, FEES), 1_000_000 - 1_000);
    assert_eq!(
        world.send(OWNER, Msg::EndFeed { feed: 9 }),
        Err(Error::UnknownFeed(9))
    );
}

#[test]
fn a_service_that_winds_down_has_no_more_rounds() {
    let mut world = World::new();
    world.create(rules()).unwrap();
    world.pass(1_000);
    world.frame(OWNER, dss::Msg::Unwind { service: SERVICE }).unwrap();
    assert_eq!(world.play(&[Some(7_000); 4]).price, Some(7_000));
    world.pass(10_000);
    assert!(query::feed(&world.sandbox.view(), 0).unwrap().unwrap().ended);
}

#[test]
fn a_round_that_cannot_open_is_skipped_with_the_reason_and_tried_again() {
    let mut world = World::new();
    world.create(rules()).unwrap();
    for n in 1..=3 {
        world.frame(n, dss::Msg::Leave { service: SERVICE }).unwrap();
    }
    world.pass(1_000);
    assert_eq!(query::open_round(&world.sandbox.view(), 0).unwrap(), None);
    let events = world.sandbox.take_events();
    assert!(events.iter().any(kernel::Event::is::<RoundSkipped>));
    let feed = query::feed(&world.sandbox.view(), 0).unwrap().unwrap();
    assert_eq!(
        (feed.rounds, feed.due),
        (0, world.sandbox.block.chain_clock.after(feed.rules.every))
    );
}

#[test]
fn bounds_bind_rounds_that_open_later() {
    let mut world = World::new();
    world.create(rules()).unwrap();
    world.pass(1_000);
    let bounds = Bounds { least: 1, most: 9 };
    let set = Msg::SetBounds { feed: 0, bounds };
    assert_eq!(world.send(CLIENT, set.clone()).unwrap_err().reason(), "NOT_OWNER");
    world.send(OWNER, set).unwrap();
    assert_eq!(world.play(&[Some(500); 4]).price, Some(500));
    world.pass(4_000);
    let round = query::open_round(&world.sandbox.view(), 0).unwrap().unwrap().1;
    assert_eq!(round.bounds, bounds);
}

#[test]
fn a_chain_goes_on_from_what_it_exports() {
    let mut world = World::new();
    world.create(rules()).unwrap();
    world.fund(CLIENT, 5_000).unwrap();
    world.pass(1_000);
    world.play(&[Some(500), Some(501), None, Some(502)]);
    world.pass(4_000);
    world.commit(2, 77).unwrap();
    let exported = as_genesis(&world.sandbox.view()).unwrap();
    let before = world.sandbox.state().unwrap().root();
    world
        .sandbox
        .run(|ctx| Oracle::<crate::world::Wire>::init_genesis(ctx, exported.clone()))
        .unwrap();
    assert_eq!(world.sandbox.state().unwrap().root(), before);
    let bytes = primitives::codec::encode(&exported);
    assert_eq!(primitives::codec::decode::<Genesis>(&bytes).unwrap(), exported);
    let bad = Genesis {
        params: Params {
            low_window: Millis::ZERO,
            ..Params::localnet()
        },
        resumed: None,
    };
    let refused = world
        .sandbox
        .run(|ctx| Oracle::<crate::world::Wire>::init_genesis(ctx, bad));
    assert_eq!(refused.unwrap_err().reason(), "BAD_PARAMS");
    assert_eq!(Bps::ONE.get(), 10_000);
}
