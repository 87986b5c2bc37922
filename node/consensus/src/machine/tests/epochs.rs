//! Hand-overs, block sync and what stays bounded meanwhile.

use super::bench::{
    Bench, Draft, bans, committee, evidence, finalize, finalized, genesis_tip, nullify, peer, signed, vote,
};
use crate::config::Tip;
use crate::effect::{Divergence, Effect};
use crate::input::{Input, TimerKey, Verdict};
use crate::message::{Message, Peer};
use crate::record::{Floor, Record};
use crate::schedule::Draw;
use light_palisade::{Committee, Statement};
use primitives::{Epoch, Height, View};
use std::sync::Arc;

/// The end of an epoch: a committed boundary block, and the set that follows.
fn ended() -> (Bench, Draft, Arc<Committee>) {
    let next = committee(1, super::bench::FAR, &[3, 1, 1, 1, 1]);
    let mut bench = Bench::with(&[1, 1, 1, 1], 0);
    let mut plan = bench.plan(1);
    plan.next_root = Some(next.root());
    let boundary = bench.draft(&plan);
    bench.take(&boundary);
    let certificate = bench.certificate(finalize(boundary.proposal.vote.statement));
    let effects = bench.hear_certificate(certificate);
    assert_eq!(finalized(&effects), [boundary.block.hash()]);
    (bench, boundary, next)
}

fn start(bench: &mut Bench, next: &Arc<Committee>) -> Vec<Effect> {
    bench.set = Arc::clone(next);
    bench.step(Input::EpochStarted {
        committee: Arc::clone(next),
        draw: Draw::default(),
    })
}

fn late_nullify(epoch: u64, view: u64) -> Statement {
    Statement::Nullify {
        epoch: Epoch::new(epoch),
        view: View::new(view),
    }
}

#[test]
fn between_epochs_nothing_is_said() {
    let (mut bench, _, _) = ended();
    for key in [
        TimerKey::Proposal,
        TimerKey::Certification,
        TimerKey::Retry,
        TimerKey::Standstill,
    ] {
        let effects = bench.fire(60_000, key);
        assert!(
            effects.iter().all(|e| matches!(e, Effect::SetTimer { .. })),
            "{effects:?}"
        );
    }
}

#[test]
fn the_next_epoch_starts_at_view_one_with_its_own_set() {
    let (mut bench, boundary, next) = ended();
    let effects = start(&mut bench, &next);
    assert!(effects.contains(&Effect::Record(Record::Epoch(Epoch::new(1)))));
    assert_eq!(bench.core.position(), (Epoch::new(1), View::new(1)));
    assert_eq!(bench.core.tip().0.hash(), boundary.block.hash());
    // Its quorum is that of the new weights: 5 of 7.
    let others: Vec<u16> = bench.others();
    for other in &others[..1] {
        bench.hear_vote(*other, late_nullify(1, 1));
    }
    assert_eq!(bench.core.position().1.get(), 1);
}

#[test]
fn a_set_that_the_boundary_does_not_commit_to_stops_the_node() {
    let (mut bench, _, next) = ended();
    let other = committee(1, super::bench::FAR, &[1, 1, 1, 1]);
    let effects = start(&mut bench, &other);
    let expected = Divergence::Set {
        committed: next.root(),
        found: other.root(),
    };
    assert!(effects.contains(&Effect::Diverged(Box::new(expected))));
}

#[test]
fn the_first_block_of_an_epoch_carries_the_finalization_of_the_last() {
    let (mut bench, boundary, next) = ended();
    let finalization = bench.certificate(finalize(boundary.proposal.vote.statement));
    let notarization = bench.certificate(boundary.proposal.vote.statement);
    let mut other = finalization.clone();
    start(&mut bench, &next);
    let mut plan = bench.plan(1);
    plan.parent = boundary.block.header.clone();
    plan.time = boundary.block.header.time.get() + 1;
    // Without it, with one that does not hold, and with it.
    let missing = bench.draft(&plan);
    other.signature.0[1] ^= 1;
    plan.justification.parent = Some(other);
    let forged = bench.draft(&plan);
    plan.justification.parent = Some(notarization);
    let notarized = bench.draft(&plan);
    plan.justification.parent = Some(finalization);
    let good = bench.draft(&plan);
    for (draft, accepted) in [
        (missing, false),
        (forged, false),
        (notarized, false),
        (good, true),
    ] {
        let (mut bench, _, next) = ended();
        start(&mut bench, &next);
        bench.propose(&draft);
        let effects = bench.verified(&draft, Verdict::Valid);
        assert_eq!(signed(&effects) == [draft.proposal.vote.statement], accepted);
    }
}

#[test]
fn messages_of_the_next_epoch_wait_for_it_and_their_sender_is_asked_how_this_one_ended() {
    let mut bench = Bench::with(&[1, 1, 1, 1], 0);
    let voters = bench.others();
    // One of them is heavy, so that they are a quorum of the next epoch together.
    let mut weights = [1; 5];
    weights[usize::from(voters[0])] = 3;
    let next = committee(1, super::bench::FAR, &weights);
    let mut asked = 0;
    for voter in &voters {
        let early = vote(&next, *voter, late_nullify(1, 1));
        let effects = bench.hear(*voter, Message::Votes(vec![early]));
        asked += effects
            .iter()
            .filter(|e| {
                matches!(
                    e,
                    Effect::Send {
                        message: Message::CertificatesWanted { .. },
                        ..
                    }
                )
            })
            .count();
    }
    assert_eq!(asked, 3);
    // The epoch ends and the next begins: the votes count at once.
    let mut plan = bench.plan(1);
    plan.next_root = Some(next.root());
    let boundary = bench.draft(&plan);
    bench.take(&boundary);
    bench.hear_certificate(bench.certificate(finalize(boundary.proposal.vote.statement)));
    start(&mut bench, &next);
    let weight: u64 = voters.iter().map(|v| next.weight(super::bench::seat(*v))).sum();
    assert!(weight >= next.quorum());
    assert_eq!(bench.core.position().1.get(), 2);
}

#[test]
fn early_messages_are_bounded_per_sender_and_in_all() {
    let next = committee(1, super::bench::FAR, &[1; 31]);
    let mut bench = Bench::with(&[1, 1, 1, 1], 0);
    for stranger in 0..200u8 {
        for view in 0..100 {
            let early = vote(&next, 5, late_nullify(1, 1 + view));
            bench.step(Input::Message {
                from: Peer([stranger; 32]),
                message: Message::Votes(vec![early]),
            });
        }
    }
    let kept = bench.core.early.len();
    assert!(kept <= 24 * (64 + 4), "{kept}");
}

#[test]
fn a_message_of_the_epoch_before_is_answered_with_its_end_and_may_still_accuse() {
    let (mut bench, boundary, next) = ended();
    let old = Arc::clone(&bench.set);
    let certificate = bench.certificate(finalize(boundary.proposal.vote.statement));
    start(&mut bench, &next);
    let culprit = (0..4).find(|i| *i != bench.me).unwrap();
    let first = vote(&old, culprit, boundary.proposal.vote.statement);
    let effects = bench.hear(culprit, Message::Votes(vec![first]));
    let answer = Effect::Send {
        to: peer(culprit),
        message: Message::Certificates(vec![certificate]),
    };
    assert!(effects.contains(&answer), "{effects:?}");
    let Statement::Notarize {
        epoch,
        view,
        parent_view,
        ..
    } = first.statement
    else {
        panic!("a notarization");
    };
    let contrary = Statement::Notarize {
        epoch,
        view,
        parent_view,
        block: Default::default(),
    };
    let effects = bench.hear(culprit, Message::Votes(vec![vote(&old, culprit, contrary)]));
    assert_eq!(evidence(&effects).len(), 1);
}

#[test]
fn a_message_of_a_far_epoch_is_a_hint_that_we_are_behind_once_a_second() {
    let mut bench = Bench::equal();
    let far = committee(7, super::bench::FAR, &[1, 1, 1, 1]);
    let mut hints = 0;
    for _ in 0..20 {
        let message = Message::Votes(vec![vote(&far, 1, late_nullify(7, 1))]);
        let effects = bench.hear(1, message);
        hints += effects
            .iter()
            .filter(|e| matches!(e, Effect::Behind { .. }))
            .count();
        assert!(bans(&effects).is_empty());
    }
    assert_eq!(hints, 1);
}

#[test]
fn a_distant_final_block_is_left_to_block_sync_which_moves_us_on() {
    let mut bench = Bench::equal();
    // A finalization far ahead: its body is fetched, and shows how far it is.
    let mut plan = bench.plan(60);
    plan.justification.nullifications.clear();
    plan.parent_view = 59;
    let mut parent = bench.genesis.clone();
    parent.height = Height::new(59);
    parent.view = View::new(59);
    plan.parent = parent;
    let holder = bench.certificate(nullify(59));
    plan.justification.parent = Some(holder);
    let far = bench.draft(&plan);
    let finalization = bench.certificate(finalize(far.proposal.vote.statement));
    let effects = bench.hear_certificate(finalization.clone());
    assert!(effects.iter().any(|e| matches!(e, Effect::Fetch { .. })));
    let effects = bench.step(Input::Fetched(far.block.clone()));
    let behind = effects.iter().find_map(|e| match e {
        Effect::Behind { height, .. } => *height,
        _ => None,
    });
    assert_eq!(behind, Some(Height::new(60)));
    // Block sync has led there: nothing is given out twice, decided views are over, and it votes in the next.
    let tip = Tip {
        header: far.block.header.clone(),
        certificate: Some(finalization),
        ..genesis_tip(&bench.set)
    };
    let effects = bench.step(Input::Synced(Box::new(tip)));
    assert_eq!(finalized(&effects), []);
    assert_eq!(bench.core.position().1.get(), 61);
    let mut plan = bench.plan_on(&far, 61);
    plan.time = bench.genesis.time.get() + 1_500;
    let child = bench.draft(&plan);
    let effects = bench.take(&child);
    assert_eq!(signed(&effects), [child.proposal.vote.statement]);
}

#[test]
fn block_sync_into_another_epoch_starts_it_and_keeps_recovered_votes() {
    let (bench, boundary, next) = ended();
    let certificate = bench.certificate(finalize(boundary.proposal.vote.statement));
    let old = Arc::clone(&bench.set);
    // We are still in epoch 0, but our log says that we have voted in epoch 1 already.
    let log = vec![Record::Voted(late_nullify(1, 1))];
    let (mut bench, _) = bench.restarted(log);
    let tip = Tip {
        header: boundary.block.header.clone(),
        certificate: Some(certificate.clone()),
        committee: Arc::clone(&next),
        previous: Some(old),
        draw: Draw::default(),
    };
    bench.step(Input::Synced(Box::new(tip)));
    bench.set = Arc::clone(&next);
    assert_eq!(bench.core.position(), (Epoch::new(1), View::new(1)));
    let mut plan = bench.plan(1);
    plan.parent = boundary.block.header.clone();
    plan.time = plan.parent.time.get() + 1;
    plan.justification.parent = Some(certificate);
    let draft = bench.draft(&plan);
    let effects = bench.take(&draft);
    assert_eq!(signed(&effects), [], "the view was given up before the crash");
}

#[test]
fn ancestors_come_out_first_once_and_the_floor_follows() {
    let mut bench = Bench::equal();
    let first = bench.draft(&bench.plan(1));
    bench.take(&first);
    let second = bench.draft(&bench.plan_on(&first, 2));
    bench.take(&second);
    // The second is final before the first was: both come, in order.
    let effects = bench.hear_certificate(bench.certificate(finalize(second.proposal.vote.statement)));
    assert_eq!(finalized(&effects), [first.block.hash(), second.block.hash()]);
    let floor = Floor {
        epoch: Epoch::ZERO,
        view: View::new(2),
        height: Height::new(2),
    };
    assert!(effects.contains(&Effect::Prune(floor)));
    // The first's own finalization comes late.
    let effects = bench.hear_certificate(bench.certificate(finalize(first.proposal.vote.statement)));
    assert_eq!(effects, []);
    assert_eq!(bench.core.load().1, 0);
}

#[test]
fn a_final_block_that_is_no_descendant_of_the_tip_stops_the_node() {
    let mut bench = Bench::equal();
    let first = bench.draft(&bench.plan(1));
    bench.take(&first);
    bench.hear_certificate(bench.certificate(finalize(first.proposal.vote.statement)));
    // Only faults beyond a third can make this: a quorum finalizes another block upon genesis.
    let rival = bench.draft(&bench.plan(2));
    bench.hear_certificate(bench.certificate(finalize(rival.proposal.vote.statement)));
    let effects = bench.step(Input::Fetched(rival.block.clone()));
    let expected = Divergence::Fork {
        block: rival.block.hash(),
        height: Height::new(1),
        tip: first.block.hash(),
    };
    assert!(effects.contains(&Effect::Diverged(Box::new(expected))));
}

#[test]
fn a_restart_gives_out_what_was_final_but_not_stored() {
    let mut bench = Bench::equal();
    let draft = bench.draft(&bench.plan(1));
    let mut effects = bench.take(&draft);
    let certificate = bench.certificate(finalize(draft.proposal.vote.statement));
    effects.extend(bench.hear_certificate(certificate));
    let log: Vec<Record> = effects
        .into_iter()
        .filter_map(|e| match e {
            Effect::Record(record) => Some(record),
            _ => None,
        })
        .collect();
    let (mut bench, effects) = bench.restarted(log);
    assert_eq!(bench.core.position().1.get(), 2);
    assert!(
        effects
            .iter()
            .any(|e| matches!(e, Effect::Verify(v) if v.hash == draft.block.hash()))
    );
    let effects = bench.verified(&draft, Verdict::Valid);
    assert_eq!(finalized(&effects), [draft.block.hash()]);
}

#[test]
fn a_tip_whose_parts_do_not_belong_together_is_refused() {
    let set = committee(1, 10, &[1, 1, 1, 1]);
    let refused = crate::Core::new(super::bench::Mock, super::bench::config(0), genesis_tip(&set));
    let text = refused.err().map(|e| e.to_string());
    let expected = "the finalized tip at height 0 contradicts itself: the committee is not that of the next \
                    block's epoch";
    assert_eq!(text.as_deref(), Some(expected));
    let mut config = super::bench::config(0);
    config.timing.delta = primitives::Millis::ZERO;
    let set = committee(0, 10, &[1, 1, 1, 1]);
    let refused = crate::Core::new(super::bench::Mock, config, genesis_tip(&set));
    let text = refused.err().map(|e| e.to_string());
    assert_eq!(text.as_deref(), Some("delta must be at least 1 ms, not 0"));
}

#[test]
fn a_node_that_is_far_behind_collects_neither_bodies_nor_views() {
    let mut bench = Bench::equal();
    let mut parent = bench.genesis.clone();
    let mut last = None;
    bench.hear_certificate(bench.certificate(nullify(29)));
    for view in 30..1_030u64 {
        parent.height = Height::new(view - 1);
        parent.view = View::new(view - 1);
        let mut plan = bench.plan(2);
        plan.view = view;
        plan.parent_view = view - 1;
        plan.parent = parent.clone();
        plan.justification.nullifications.clear();
        let notarized = Statement::Notarize {
            epoch: Epoch::ZERO,
            view: View::new(view - 1),
            parent_view: View::new(view - 2),
            block: parent.hash(),
        };
        plan.justification.parent = Some(bench.certificate(notarized));
        let draft = bench.draft(&plan);
        bench.propose(&draft);
        bench.hear_certificate(bench.certificate(finalize(draft.proposal.vote.statement)));
        parent = draft.block.header.clone();
        last = Some(draft);
    }
    let (views, bodies) = bench.core.load();
    assert!(views <= 260 && bodies <= 49, "{views} views, {bodies} bodies");
    let effects = bench.step(Input::Work { available: true });
    assert!(!effects.iter().any(|e| matches!(e, Effect::Fetch { .. })));
    assert!(last.is_some_and(|draft| bench.core.block(&draft.block.hash()).is_some()));
}

#[test]
fn block_sync_does_not_lead_back() {
    let mut bench = Bench::equal();
    let draft = bench.draft(&bench.plan(1));
    bench.take(&draft);
    bench.hear_certificate(bench.certificate(finalize(draft.proposal.vote.statement)));
    let tip = genesis_tip(&bench.set);
    assert_eq!(bench.step(Input::Synced(Box::new(tip))), []);
    assert_eq!(bench.core.tip().0.hash(), draft.block.hash());
}

#[test]
fn whoever_hears_of_the_next_epoch_for_long_asks_for_block_sync() {
    let next = committee(1, super::bench::FAR, &[1, 1, 1, 1]);
    let mut bench = Bench::equal();
    let early = vote(&next, 1, late_nullify(1, 1));
    bench.hear(1, Message::Votes(vec![early]));
    let effects = bench.fire(10_000, TimerKey::Standstill);
    let hint = Effect::Behind {
        epoch: Epoch::new(1),
        height: None,
        from: vec![peer(1)],
    };
    assert!(effects.contains(&hint), "{effects:?}");
}
