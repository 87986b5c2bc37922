//! Tasks: asked, committed to, answered, certified, paid.

use crate::world::{CLIENT, FEES, SERVICE, World, account, secret};
use crypto::bls::{SIGNATURE_DST, SignatureBytes};
use palisade_dss::statement::{commitment, sign_bytes};
use palisade_dss::{Error, Msg, Respond, Seats, SubmitCertificate, query};
use primitives::{ChainHash, Digest, ServiceId};

pub(crate) fn answer(n: u8) -> Digest {
    Digest::new([n; 32])
}

fn respond(world: &World, operator: u8, task: u64, said: Digest) -> Msg {
    Msg::Respond(Respond {
        task,
        answer: said,
        salt: Digest::new([operator; 32]),
        signature: world.sign(operator, task, &said),
    })
}

fn certificate(world: &World, task: u64, parts: &[&[u8]]) -> SubmitCertificate {
    SubmitCertificate {
        task,
        answer: answer(9),
        parts: parts
            .iter()
            .map(|who| world.part(who, task, &answer(9)))
            .collect(),
    }
}

#[test]
fn answers_of_a_quorum_certify_and_are_paid_by_value_once() {
    let mut world = World::with_service();
    let task = world.post(1_000, 0).unwrap();
    for n in [1, 2] {
        let message = respond(&world, n, task, answer(9));
        world.send(n, message).unwrap();
    }
    assert_eq!(
        query::task(&world.sandbox.view(), task)
            .unwrap()
            .unwrap()
            .certificate,
        None
    );
    let other = respond(&world, 4, task, answer(8));
    world.send(4, other).unwrap();
    let third = respond(&world, 3, task, answer(9));
    world.send(3, third).unwrap();
    let found = query::task(&world.sandbox.view(), task).unwrap().unwrap();
    assert_eq!(found.certificate.unwrap().signers, Seats::from_bits(0b0111));
    world.pass(6_000);
    let paid: Vec<u128> = (1..=4).map(|n| world.held(n, FEES)).collect();
    assert_eq!(paid, [333, 333, 333, 0]);
    assert_eq!(world.held(CLIENT, FEES), 1_000_000 - 999);
    let score = |n| {
        query::score(
            &world.sandbox.view(),
            SERVICE,
            &account(n),
            world.sandbox.block.epoch,
        )
    };
    assert_eq!(score(1).unwrap().correct, 1_000_000);
    assert_eq!(
        (score(4).unwrap().answered, score(4).unwrap().correct),
        (1_000_000, 0)
    );
    world.end_epoch();
    world.pass(200_000);
    assert_eq!(query::task(&world.sandbox.view(), task).unwrap(), None);
    assert_eq!(world.held(1, FEES), 333);
}

#[test]
fn what_nobody_serves_is_refunded() {
    let mut world = World::with_service();
    let task = world.post(1_000, 0).unwrap();
    let one = respond(&world, 1, task, answer(9));
    world.send(1, one).unwrap();
    world.send(2, Msg::Abstain { task }).unwrap();
    let late = respond(&world, 3, task, answer(9));
    world.pass(4_000);
    world.send(3, late).unwrap();
    world.pass(2_000);
    assert_eq!(world.held(CLIENT, FEES), 1_000_000);
    let score = |n| {
        query::score(
            &world.sandbox.view(),
            SERVICE,
            &account(n),
            world.sandbox.block.epoch,
        )
        .unwrap()
    };
    // Abstaining is no fault and no work; the late one is late, and the silent one has missed it.
    assert_eq!(score(2).assigned, 0);
    assert_eq!((score(3).late, score(3).missed), (1_000_000, 0));
    assert_eq!(score(4).missed, 1_000_000);
}

#[test]
fn a_certificate_leaves_out_what_does_not_hold_and_counts_each_seat_once() {
    let mut world = World::with_service();
    let task = world.post(0, 0).unwrap();
    // Two of four are worth less than two thirds; a part that is a lie takes nobody with it.
    let mut message = certificate(&world, task, &[&[1], &[2, 4], &[3]]);
    message.parts[2].signature = world.sign(3, task, &answer(7));
    let mut short = message.clone();
    short.parts[1].signature = short.parts[2].signature;
    let none = world.send(CLIENT, Msg::SubmitCertificate(short));
    assert!(matches!(none, Err(Error::NoQuorum { .. })), "{none:?}");
    let twice = certificate(&world, task, &[&[1, 2], &[2, 3]]);
    assert!(matches!(
        world.send(CLIENT, Msg::SubmitCertificate(twice)),
        Err(Error::BadCertificate(_))
    ));
    let nobody = SubmitCertificate {
        parts: vec![palisade_dss::certificate::Part {
            signers: Seats::NONE,
            signature: world.sign(1, task, &answer(9)),
        }],
        ..message.clone()
    };
    assert!(matches!(
        world.send(CLIENT, Msg::SubmitCertificate(nobody)),
        Err(Error::BadCertificate(_))
    ));
    let stranger = SubmitCertificate {
        parts: vec![palisade_dss::certificate::Part {
            signers: Seats::from_bits(1 << 9),
            signature: world.sign(1, task, &answer(9)),
        }],
        ..message.clone()
    };
    assert_eq!(
        world.send(CLIENT, Msg::SubmitCertificate(stranger)),
        Err(Error::NotAssigned)
    );
    world
        .send(CLIENT, Msg::SubmitCertificate(message.clone()))
        .unwrap();
    let found = query::task(&world.sandbox.view(), task).unwrap().unwrap();
    assert_eq!(found.certificate.unwrap().signers, Seats::from_bits(0b1011));
    assert_eq!(
        world.send(CLIENT, Msg::SubmitCertificate(message)),
        Err(Error::AlreadyCertified)
    );
}

#[test]
fn sixty_percent_is_no_quorum_of_two_thirds_and_a_task_is_judged_by_its_own_snapshot() {
    let mut world = World::with_service();
    let task = world.post(0, 0).unwrap();
    // Stake that comes later counts for nothing in this epoch.
    world.give(1, crate::world::STAKE, 10_000);
    let two = certificate(&world, task, &[&[1, 2]]);
    let refused = world.send(CLIENT, Msg::SubmitCertificate(two));
    assert!(matches!(refused, Err(Error::NoQuorum { have, need }) if (have.get(), need.get()) == (200, 267)));
}

#[test]
fn a_signature_for_one_task_service_or_chain_is_none_for_another() {
    let mut world = World::with_service();
    let first = world.post(0, 0).unwrap();
    let second = world.post(0, 0).unwrap();
    assert_ne!(first, second);
    let mut message = certificate(&world, first, &[&[1, 2, 3]]);
    message.task = second;
    assert!(matches!(
        world.send(CLIENT, Msg::SubmitCertificate(message)),
        Err(Error::NoQuorum { .. })
    ));
    let chain = world.sandbox.block.chain_hash;
    for (chain, service) in [(ChainHash::new([6; 32]), SERVICE), (chain, ServiceId::new(2))] {
        let text = sign_bytes(&chain, service, second, 0, &answer(9));
        let message = Msg::Respond(Respond {
            task: second,
            answer: answer(9),
            salt: Digest::ZERO,
            signature: SignatureBytes(secret(1).sign(text.as_bytes(), SIGNATURE_DST, &[]).compress()),
        });
        assert!(matches!(world.send(1, message), Err(Error::Signature(_))));
    }
}

#[test]
fn hidden_answers_are_shown_as_committed_and_copied_by_nobody() {
    let mut world = World::with_service();
    let task = world.post(0, 2_000).unwrap();
    let hide = |operator: u8, said: &Digest| {
        commitment(&account(operator), task, said, &Digest::new([operator; 32]))
    };
    let early = respond(&world, 1, task, answer(9));
    assert!(matches!(
        world.send(1, early.clone()),
        Err(Error::OutsideWindow { .. })
    ));
    let commit = |commitment| Msg::Commit { task, commitment };
    let hidden = hide(1, &answer(9));
    world.send(1, commit(hidden)).unwrap();
    assert_eq!(world.send(1, commit(hidden)), Err(Error::AlreadyAnswered));
    // A copy of another's commitment opens with nothing that the copier could show.
    world.send(2, commit(hidden)).unwrap();
    world.send(3, commit(hide(3, &answer(1)))).unwrap();
    assert_eq!(world.send(CLIENT, commit(hidden)), Err(Error::NotAssigned));
    world.pass(2_000);
    assert!(matches!(
        world.send(4, commit(hidden)),
        Err(Error::OutsideWindow { .. })
    ));
    world.send(1, early).unwrap();
    let copied = respond(&world, 2, task, answer(9));
    assert_eq!(world.send(2, copied), Err(Error::CommitmentMismatch));
    let changed = respond(&world, 3, task, answer(9));
    assert_eq!(world.send(3, changed), Err(Error::CommitmentMismatch));
    let never = respond(&world, 4, task, answer(9));
    assert_eq!(world.send(4, never), Err(Error::NotCommitted));
    let again = respond(&world, 1, task, answer(8));
    assert_eq!(world.send(1, again), Err(Error::AlreadyAnswered));
    world.pass(6_000);
    let over = respond(&world, 4, task, answer(9));
    assert!(matches!(world.send(4, over), Err(Error::OutsideWindow { .. })));
}

#[test]
fn a_drawn_committee_has_as_many_as_asked_and_follows_the_seed() {
    let mut world = World::with_service();
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..12u8 {
        world.sandbox.block.seed = Digest::new([seed; 32]);
        let message = palisade_dss::PostTask {
            service: SERVICE,
            payload: Digest::ZERO,
            fee: primitives::Coin {
                asset: FEES,
                amount: primitives::Amount::ZERO,
            },
            committee: palisade_dss::Committee::Drawn(2),
            commit: primitives::Millis::ZERO,
            respond: primitives::Millis::new(1),
            challenge: primitives::Millis::ZERO,
        };
        world.send(CLIENT, Msg::PostTask(message)).unwrap();
        let found = query::task(&world.sandbox.view(), u64::from(seed))
            .unwrap()
            .unwrap();
        assert_eq!(found.assigned.len(), 2);
        seen.insert(found.assigned.bits());
    }
    assert!(seen.len() > 2, "{seen:?}");
}
