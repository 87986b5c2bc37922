//! Rule 2 and the clockwork: when a leader proposes, and how long others wait.

use super::bench::{
    Bench, FAR, GENESIS_TIME, at, broadcast, built, finalize, nullify, peer, reasons, signed, vote,
};
use crate::effect::{Build, Effect, Event, TimeoutReason};
use crate::input::{Input, TimerKey, Verdict};
use crate::limits::MAX_BACKLOG_BYTES;
use crate::message::{Content, Message, Proposal};
use crate::record::Record;
use light_palisade::Block;
use primitives::{Digest, Epoch, Millis, Timestamp, View};
use std::sync::Arc;

fn builds(effects: &[Effect]) -> Vec<Build> {
    effects
        .iter()
        .filter_map(|e| match e {
            Effect::Build(build) => Some(build.as_ref().clone()),
            _ => None,
        })
        .collect()
}

fn timer(effects: &[Effect], wanted: TimerKey) -> Option<u64> {
    effects.iter().rev().find_map(|e| match e {
        Effect::SetTimer { key, after } if *key == wanted => Some(after.get()),
        _ => None,
    })
}

/// The application answers.
fn answer(bench: &mut Bench, build: &Build) -> (Arc<Block>, Vec<Effect>) {
    let block = built(&bench.set, build, Digest::new([5; 32]), 0);
    let effects = bench.step(Input::Built {
        epoch: build.header.epoch,
        view: build.header.view,
        block: block.clone(),
    });
    (block, effects)
}

#[test]
fn with_nothing_to_include_a_leader_proposes_at_the_parents_time_plus_the_idle_interval() {
    let mut bench = Bench::leading();
    // Started half a second after genesis was stamped, it waits for the other half.
    let tip = super::bench::genesis_tip(&bench.set);
    bench.core = crate::Core::new(super::bench::Mock, super::bench::config(bench.me), tip).unwrap();
    let effects = bench.core.start(at(400));
    bench.now = 400;
    assert_eq!(timer(&effects, TimerKey::Idle), Some(600));
    assert!(builds(&effects).is_empty());
    let effects = bench.fire(600, TimerKey::Idle);
    let build = &builds(&effects)[0];
    assert_eq!(build.header.time, Timestamp::new(GENESIS_TIME + 1_000));
    assert_eq!(build.header.parent, bench.genesis.hash());
    assert!(!build.boundary && !build.empty);
}

#[test]
fn the_moment_there_is_work_a_leader_proposes_and_others_count_from_it() {
    let mut bench = Bench::leading();
    bench.now = 100;
    let effects = bench.step(Input::Work { available: true });
    assert_eq!(builds(&effects).len(), 1);

    let mut bench = Bench::equal();
    bench.now = 100;
    let effects = bench.step(Input::Work { available: true });
    assert_eq!(timer(&effects, TimerKey::Proposal), Some(500), "2Δ");
    assert_eq!(timer(&effects, TimerKey::Certification), Some(750), "3Δ");
    // The old moment has no meaning any more; nor has an early firing.
    assert_eq!(signed(&bench.fire(400, TimerKey::Proposal)), []);
    assert_eq!(
        reasons(&bench.fire(100, TimerKey::Proposal)),
        [TimeoutReason::LeaderTimeout]
    );
}

#[test]
fn without_work_others_wait_for_the_idle_interval_before_they_count() {
    let set = super::bench::committee(0, FAR, &[1, 1, 1, 1]);
    let tip = super::bench::genesis_tip(&set);
    let me = Bench::equal().me;
    let mut core = crate::Core::new(super::bench::Mock, super::bench::config(me), tip).unwrap();
    let effects = core.start(at(0));
    assert_eq!(timer(&effects, TimerKey::Proposal), Some(1_000 + 500));
    assert_eq!(timer(&effects, TimerKey::Certification), Some(1_000 + 750));
}

#[test]
fn a_built_block_is_logged_signed_and_only_then_sent() {
    let mut bench = Bench::leading();
    let effects = bench.step(Input::Work { available: true });
    let build = builds(&effects).remove(0);
    let (block, effects) = answer(&mut bench, &build);
    let statement = signed(&effects)[0];
    let expected = [
        Effect::Record(Record::Block(block.clone())),
        Effect::Record(Record::Voted(statement)),
        Effect::Sign(vec![statement]),
    ];
    assert_eq!(effects, expected);
    let effects = bench.sign(&effects);
    let proposal = Proposal {
        vote: vote(&bench.set, bench.me, statement),
        content: Content::Fresh(block),
    };
    assert_eq!(broadcast(&effects), [&Message::Proposal(Box::new(proposal))]);
}

#[test]
fn a_leader_that_restarts_before_its_proposal_left_sends_the_same_one() {
    let mut bench = Bench::leading();
    let effects = bench.step(Input::Work { available: true });
    let (block, effects) = answer(&mut bench, &builds(&effects)[0]);
    let log = effects
        .iter()
        .filter_map(|e| match e {
            Effect::Record(record) => Some(record.clone()),
            _ => None,
        })
        .collect();
    let (mut bench, effects) = bench.restarted(log);
    assert!(builds(&effects).is_empty(), "it has spoken in this view");
    let effects = bench.sign(&effects);
    let sent = broadcast(&effects);
    let fresh = Content::Fresh(block);
    assert!(matches!(sent[..], [Message::Proposal(proposal)] if proposal.content == fresh));
}

#[test]
fn a_leader_that_cannot_build_gives_up_at_once() {
    let slot = (Epoch::ZERO, View::new(1));
    let mut bench = Bench::leading();
    bench.step(Input::Work { available: true });
    let effects = bench.step(Input::BuildFailed {
        epoch: slot.0,
        view: slot.1,
    });
    assert_eq!(reasons(&effects), [TimeoutReason::MissingProposal]);

    // A block that others would refuse is not sent either.
    let mut bench = Bench::leading();
    let effects = bench.step(Input::Work { available: true });
    let mut build = builds(&effects).remove(0);
    build.header.time = bench.genesis.time;
    let (_, effects) = answer(&mut bench, &build);
    assert_eq!(reasons(&effects), [TimeoutReason::MissingProposal]);
}

#[test]
fn a_block_for_a_view_that_was_given_up_is_dropped() {
    let mut bench = Bench::leading();
    let effects = bench.step(Input::Work { available: true });
    let build = builds(&effects).remove(0);
    bench.fire(500, TimerKey::Proposal);
    let (_, effects) = answer(&mut bench, &build);
    assert_eq!(effects, []);
}

#[test]
fn a_block_for_a_view_that_is_over_is_dropped() {
    let mut bench = Bench::leading();
    let effects = bench.step(Input::Work { available: true });
    let build = builds(&effects).remove(0);
    bench.hear_certificate(bench.certificate(nullify(1)));
    let (_, effects) = answer(&mut bench, &build);
    assert_eq!(effects, []);
}

/// Finds a seat that leads `view`, enters it by a nullification of the view before, and returns the effects.
fn leading_after(view: u64, before: impl FnOnce(&mut Bench)) -> (Bench, Vec<Effect>) {
    let probe = Bench::equal();
    let me = probe.leader(view);
    let mut bench = Bench::at_seat(&probe.set, me);
    bench.step(Input::Work { available: true });
    before(&mut bench);
    let effects = bench.hear_certificate(bench.certificate(nullify(view - 1)));
    (bench, effects)
}

#[test]
fn a_leader_builds_on_the_highest_certified_block_with_a_nullification_of_every_view_between() {
    let view = (4..8)
        .find(|v| Bench::equal().leader(*v) != Bench::equal().leader(1))
        .unwrap();
    let (bench, effects) = leading_after(view, |bench| {
        let draft = bench.draft(&bench.plan(1));
        bench.take(&draft);
        bench.hear_certificate(bench.certificate(draft.proposal.vote.statement));
        for passed in 2..view - 1 {
            bench.hear_certificate(bench.certificate(nullify(passed)));
        }
    });
    let build = &builds(&effects)[0];
    assert_eq!(build.header.height.get(), 2);
    let parent = build.justification.parent.as_ref().unwrap();
    assert_eq!(parent.statement.view(), View::new(1));
    let between: Vec<u64> = build
        .justification
        .nullifications
        .iter()
        .map(|c| c.statement.view().get())
        .collect();
    assert_eq!(between, (2..view).collect::<Vec<_>>());
    assert_eq!(bench.core.position().1.get(), view);
}

#[test]
fn a_leader_that_lacks_a_certificate_asks_those_who_should_have_it_and_goes_on_when_it_comes() {
    let view = (3..7)
        .find(|v| Bench::equal().leader(*v) != Bench::equal().leader(1))
        .unwrap();
    let (mut bench, effects) = leading_after(view, |_| {});
    assert!(builds(&effects).is_empty() && reasons(&effects).is_empty());
    let asked: Vec<_> = effects
        .iter()
        .filter_map(|e| match e {
            Effect::Send {
                to,
                message: Message::CertificatesWanted { from, to: high, .. },
            } => Some((*to, from.get(), high.get())),
            _ => None,
        })
        .collect();
    assert_eq!(asked.len(), 3);
    assert!(
        asked
            .iter()
            .all(|(to, low, high)| *to != peer(bench.me) && (*low, *high) == (1, view - 2))
    );
    // They come, even late: it builds.
    let mut effects = Vec::new();
    for passed in 1..view - 1 {
        effects = bench.hear_certificate(bench.certificate(nullify(passed)));
    }
    assert_eq!(builds(&effects).len(), 1);
    // They do not come: t_l gives up.
    let (mut bench, _) = leading_after(view, |_| {});
    assert_eq!(
        reasons(&bench.fire(60_000, TimerKey::Proposal)),
        [TimeoutReason::LeaderTimeout]
    );
}

#[test]
fn at_the_boundary_a_leader_proposes_the_boundary_block_again() {
    let probe = Bench::with(&[1, 1, 1, 1], 0);
    let (one, two) = (probe.leader(1), probe.leader(2));
    assert_ne!(one, two);
    let mut bench = Bench::at_seat(&probe.set, two);
    let mut plan = bench.plan(1);
    plan.next_root = Some(Digest::new([5; 32]));
    let boundary = bench.draft(&plan);
    bench.take(&boundary);
    let statement = boundary.proposal.vote.statement;
    let effects = bench.hear_certificate(bench.certificate(statement));
    assert!(builds(&effects).is_empty());
    let again = signed(&effects);
    assert_eq!(
        again.len(),
        2,
        "the finalization of view 1, and the proposal of view 2: {again:?}"
    );
    assert_eq!(again[1].block(), Some((View::new(1), boundary.block.hash())));
    let effects = bench.sign(&effects);
    let sent = broadcast(&effects);
    let carries = |m: &&Message| matches!(m, Message::Proposal(p) if matches!(p.content, Content::Again(_)));
    assert!(sent.iter().any(carries));
}

#[test]
fn the_first_block_after_the_epochs_end_must_be_a_boundary() {
    let probe = Bench::with(&[1, 1, 1, 1], 0);
    let mut bench = Bench::at_seat(&probe.set, probe.leader(1));
    let effects = bench.step(Input::Work { available: true });
    let build = builds(&effects).remove(0);
    assert!(build.boundary);
    let (_, effects) = answer(&mut bench, &build);
    assert_eq!(signed(&effects).len(), 1);
}

#[test]
fn delta_grows_while_nothing_is_final_and_falls_back_when_something_is() {
    let mut bench = Bench::equal();
    let mut deltas = Vec::new();
    for view in 1..40 {
        let effects = bench.hear_certificate(bench.certificate(nullify(view)));
        deltas.extend(effects.iter().find_map(|e| match e {
            Effect::Event(Event::EnteredView { delta, .. }) => Some(delta.get()),
            _ => None,
        }));
    }
    assert_eq!(deltas[..5], [250, 375, 563, 845, 1_268]);
    assert_eq!(deltas.last(), Some(&30_000));
    let draft = bench.draft(&bench.plan(40));
    let statement = draft.proposal.vote.statement;
    let effects = bench.hear_certificate(bench.certificate(finalize(statement)));
    assert!(
        effects.iter().any(
            |e| matches!(e, Effect::Event(Event::EnteredView { delta, .. }) if *delta == Millis::new(250))
        )
    );
}

#[test]
fn too_much_that_is_not_final_makes_leaders_and_voters_modest() {
    let mut bench = Bench::equal();
    let big = |bench: &Bench, view| {
        let mut plan = bench.plan(view);
        plan.salt = u8::try_from(view).unwrap();
        bench.draft_with(&plan, |block| {
            block.transactions = vec![vec![7; 60_000]; 34];
        })
    };
    // Blocks that we notarize stay in the log until something is final; each is about 2 MB.
    let mut refused = None;
    for view in 1..40 {
        let draft = big(&bench, view);
        bench.propose(&draft);
        let effects = bench.verified(&draft, Verdict::Valid);
        if reasons(&effects) == [TimeoutReason::Backlog] {
            refused = Some(view);
            break;
        }
        assert_eq!(signed(&effects).len(), 1, "view {view}");
        bench.hear_certificate(bench.certificate(nullify(view)));
    }
    let size = 60_000 * 34;
    assert_eq!(refused, u64::try_from(MAX_BACKLOG_BYTES / size + 1).ok());
}
