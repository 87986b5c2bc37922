//! Who is convicted, of what, and for how long it can be shown.

use crate::tasks::answer;
use crate::world::{SERVICE, Wire, World, account};
use crypto::hash::sha256;
use palisade_dss::{Conviction, Error, Evidence, Msg, Proof, Said, convict, query};
use primitives::{Bps, Digest, Epoch};

fn accuse(world: &mut World, evidence: &Evidence) -> Result<(u8, Conviction), Error> {
    let outcome = world.sandbox.run(|ctx| convict::<Wire>(ctx, evidence));
    world.check();
    outcome
}

fn contradiction(world: &World, operator: u8, task: u64) -> Evidence {
    let of = |n| (answer(n), world.sign(operator, task, &answer(n)));
    Evidence {
        service: SERVICE,
        operator: account(operator),
        task,
        slot: 0,
        proof: Proof::Equivocation {
            first: of(1),
            second: of(2),
        },
    }
}

fn answers(world: &World, operator: u8, task: u64, extra: &[u8]) -> Evidence {
    let said = b"a lie".to_vec();
    let signature = world.sign(operator, task, &Digest::new(sha256(&[&said])));
    Evidence {
        proof: Proof::Answers {
            said: vec![Said {
                answer: said,
                signature,
            }],
            extra: extra.to_vec(),
        },
        ..contradiction(world, operator, task)
    }
}

#[test]
fn one_contradiction_costs_the_least_and_a_third_of_the_value_the_most() {
    let mut world = World::with_service();
    let task = world.post(0, 0).unwrap();
    let fraction = |world: &mut World, n| {
        let evidence = contradiction(world, n, task);
        accuse(world, &evidence).unwrap().1.fraction.get()
    };
    assert_eq!(fraction(&mut world, 1), 100);
    // Two of four are half of the value: more than a third.
    assert_eq!(fraction(&mut world, 2), 5_000);
}

#[test]
fn an_offence_is_convicted_once_per_epoch_whatever_the_task() {
    let mut world = World::with_service();
    let (first, second) = (world.post(0, 0).unwrap(), world.post(0, 0).unwrap());
    let evidence = contradiction(&world, 1, first);
    accuse(&mut world, &evidence).unwrap();
    let twice = Error::AlreadyConvicted { epoch: Epoch::ZERO };
    assert_eq!(accuse(&mut world, &evidence), Err(twice.clone()));
    let evidence = contradiction(&world, 1, second);
    assert_eq!(accuse(&mut world, &evidence), Err(twice));
    let found = query::convictions(&world.sandbox.view(), SERVICE, Epoch::ZERO).unwrap();
    assert_eq!(found.len(), 1);
}

#[test]
fn nobody_is_convicted_of_what_he_did_not_sign() {
    let mut world = World::with_service();
    let task = world.post(0, 0).unwrap();
    let mut framed = contradiction(&world, 1, task);
    framed.operator = account(2);
    assert!(matches!(accuse(&mut world, &framed), Err(Error::Signature(_))));
    framed.operator = account(77);
    assert_eq!(accuse(&mut world, &framed), Err(Error::NotSeated));
    let mut same = contradiction(&world, 1, task);
    if let Proof::Equivocation { first, second } = &mut same.proof {
        *second = *first;
    }
    assert!(matches!(accuse(&mut world, &same), Err(Error::BadEvidence(_))));
    let mut elsewhere = contradiction(&world, 1, task);
    elsewhere.slot = 1;
    assert_eq!(accuse(&mut world, &elsewhere), Err(Error::UnknownSlot));
    elsewhere.slot = 0;
    elsewhere.task = task + 1;
    assert_eq!(accuse(&mut world, &elsewhere), Err(Error::UnknownSlot));
    // A program that cries wolf over what was never signed reaches nobody.
    let mut stranger = answers(&world, 1, task, &[2]);
    stranger.operator = account(2);
    assert!(matches!(accuse(&mut world, &stranger), Err(Error::Signature(_))));
}

#[test]
fn a_service_judges_signed_answers_within_its_own_classes() {
    let mut world = World::with_service();
    let task = world.post(0, 0).unwrap();
    let nothing = answers(&world, 1, task, b"what?");
    assert!(matches!(
        accuse(&mut world, &nothing),
        Err(Error::ShowsNothing(_))
    ));
    for foreign in [1, 9] {
        // The subjective class, and one that there is not.
        let evidence = answers(&world, 1, task, &[foreign]);
        assert_eq!(accuse(&mut world, &evidence), Err(Error::UnknownClass(foreign)));
    }
    let guilty = answers(&world, 1, task, &[2]);
    let (class, conviction) = accuse(&mut world, &guilty).unwrap();
    assert_eq!((class, conviction.fraction), (2, Bps::new(1_000).unwrap()));
}

#[test]
fn leaving_and_a_new_key_are_no_escape_within_the_window_and_what_is_too_old_is_refused() {
    let mut world = World::with_service();
    let task = world.post(0, 0).unwrap();
    let evidence = contradiction(&world, 1, task);
    world.pass(1);
    world.set_key(1, &crate::world::join(1, 1, 31)).unwrap();
    world.send(1, Msg::Leave { service: SERVICE }).unwrap();
    world.end_epoch();
    world.pass(60_000);
    assert!(
        world
            .sandbox
            .clone()
            .run(|ctx| convict::<Wire>(ctx, &evidence))
            .is_ok()
    );
    world.pass(1);
    assert_eq!(
        accuse(&mut world, &evidence),
        Err(Error::EvidenceExpired(Epoch::ZERO))
    );
}

#[test]
fn the_convicted_earn_nothing_for_the_epoch() {
    let mut world = World::with_service();
    let task = world.post(400, 0).unwrap();
    let message = palisade_dss::SubmitCertificate {
        task,
        answer: answer(9),
        parts: vec![world.part(&[1, 2, 3, 4], task, &answer(9))],
    };
    world.send(1, Msg::SubmitCertificate(message)).unwrap();
    let evidence = contradiction(&world, 1, task);
    accuse(&mut world, &evidence).unwrap();
    world.pass(6_000);
    let paid: Vec<u128> = (1..=4).map(|n| world.held(n, crate::world::FEES)).collect();
    assert_eq!(paid, [0, 133, 133, 133]);
}

#[test]
fn a_lowered_cap_helps_at_once_and_a_raised_one_hurts_nobody_before() {
    let mut world = World::with_service();
    let task = world.post(0, 0).unwrap();
    let change = |most| {
        Msg::ChangeClass(palisade_dss::ChangeClass {
            service: SERVICE,
            class: 2,
            most: Bps::new(most).unwrap(),
        })
    };
    world.send(crate::world::OWNER, change(9_999)).unwrap();
    let evidence = answers(&world, 1, task, &[2]);
    let taken = world
        .sandbox
        .clone()
        .run(|ctx| convict::<Wire>(ctx, &evidence))
        .unwrap()
        .1;
    assert_eq!(taken.fraction.get(), 1_000);
    world.send(crate::world::OWNER, change(70)).unwrap();
    let (_, taken) = accuse(&mut world, &evidence).unwrap();
    assert_eq!(taken.fraction.get(), 70);
}

#[test]
fn a_task_is_known_as_long_as_faults_of_its_epoch_may_be_shown() {
    // A short task early in an epoch that ends late: what is kept of it outlives the epoch's window, not its own.
    let mut world = World::with_service();
    let task = world.post(0, 0).unwrap();
    for _ in 0..12 {
        world.pass(10_000);
    }
    world.end_epoch();
    for _ in 0..6 {
        world.pass(10_000);
    }
    let evidence = contradiction(&world, 1, task);
    accuse(&mut world, &evidence).unwrap();
    for _ in 0..3 {
        world.pass(10_000);
    }
    assert_eq!(
        query::task(&world.sandbox.view(), task).unwrap(),
        None,
        "and no longer"
    );
}
