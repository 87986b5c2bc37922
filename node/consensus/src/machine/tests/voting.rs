//! Rules 3 to 5. Each table is named by what must never happen, or must.

use super::bench::{Bench, Draft, broadcast, finalize, nullify, reasons, signed, vote};
use crate::effect::{Effect, TimeoutReason};
use crate::input::{Input, TimerKey, Verdict};
use crate::message::Message;
use crate::record::Record;
use light_palisade::{Statement, VoteKind};

const NOTHING: [Statement; 0] = [];

/// A first proposal, and another of the same leader in the same view.
fn two_proposals(bench: &Bench) -> (Draft, Draft) {
    let first = bench.draft(&bench.plan(1));
    let mut plan = bench.plan(1);
    plan.salt = 1;
    (first, bench.draft(&plan))
}

#[test]
fn a_valid_proposal_is_notarized_once_and_its_body_logged_first() {
    let mut bench = Bench::equal();
    let (draft, _) = two_proposals(&bench);
    // The proposal arrives: nothing is said before the application has spoken.
    let effects = bench.propose(&draft);
    assert_eq!(signed(&effects), NOTHING);
    assert!(
        effects
            .iter()
            .any(|e| matches!(e, Effect::Verify(v) if v.hash == draft.block.hash()))
    );
    // It is valid: body, then vote, then signature, in this order.
    let effects = bench.verified(&draft, Verdict::Valid);
    let statement = draft.proposal.vote.statement;
    let expected = [
        Effect::Record(Record::Block(draft.block.clone())),
        Effect::Record(Record::Voted(statement)),
        Effect::Sign(vec![statement]),
    ];
    assert_eq!(effects, expected);
    // Nothing leaves before the signer has answered.
    let effects = bench.sign(&effects);
    let own = vote(&bench.set, bench.me, statement);
    assert_eq!(effects, [Effect::Broadcast(Message::Votes(vec![own]))]);
    // The same proposal again changes nothing.
    assert_eq!(bench.take(&draft), []);
}

#[test]
fn s1_a_second_proposal_of_the_view_is_not_notarized() {
    let mut bench = Bench::equal();
    let (first, second) = two_proposals(&bench);
    bench.take(&first);
    let effects = bench.take(&second);
    assert_eq!(signed(&effects), NOTHING);
}

#[test]
fn s1_a_second_proposal_is_not_notarized_after_a_restart_either() {
    let mut bench = Bench::equal();
    let (first, second) = two_proposals(&bench);
    let effects = bench.take(&first);
    let log = logged(&effects);
    let (mut bench, effects) = bench.restarted(log);
    // The recovered vote is asked to be signed again, and nothing else.
    assert_eq!(signed(&effects), [first.proposal.vote.statement]);
    let effects = bench.take(&second);
    assert_eq!(signed(&effects), NOTHING);
}

#[test]
fn a_view_that_was_given_up_is_not_notarized_in() {
    let mut bench = Bench::equal();
    let (draft, _) = two_proposals(&bench);
    let effects = bench.fire(1_500, TimerKey::Proposal);
    assert_eq!(signed(&effects), [nullify(1)]);
    assert_eq!(reasons(&effects), [TimeoutReason::LeaderTimeout]);
    assert_eq!(signed(&bench.take(&draft)), NOTHING);
}

#[test]
fn a_view_that_was_given_up_in_silence_is_not_notarized_in_late_either() {
    let mut bench = Bench::equal();
    let (draft, _) = two_proposals(&bench);
    bench.fire(1_500, TimerKey::Proposal);
    bench.propose(&draft);
    bench.hear_certificate(bench.certificate(draft.proposal.vote.statement));
    let effects = bench.verified(&draft, Verdict::Valid);
    assert_eq!(bench.core.position().1.get(), 2);
    assert_eq!(signed(&effects), NOTHING);
}

#[test]
fn s3_a_view_that_was_given_up_is_not_finalized_in() {
    let mut bench = Bench::equal();
    let (draft, _) = two_proposals(&bench);
    // We notarize, then give up the view.
    bench.take(&draft);
    let effects = bench.fire(1_750, TimerKey::Certification);
    assert_eq!(signed(&effects), [nullify(1)]);
    // Its notarization comes: we move on, and do not finalize.
    let effects = bench.hear_certificate(bench.certificate(draft.proposal.vote.statement));
    assert_eq!(bench.core.position().1.get(), 2);
    assert_eq!(signed(&effects), NOTHING);
}

#[test]
fn s3_a_view_that_was_given_up_is_not_finalized_in_after_a_restart() {
    let mut bench = Bench::equal();
    let (draft, _) = two_proposals(&bench);
    let mut effects = bench.take(&draft);
    effects.extend(bench.fire(1_750, TimerKey::Certification));
    let (mut bench, _) = bench.restarted(logged(&effects));
    bench.verified(&draft, Verdict::Valid);
    let effects = bench.hear_certificate(bench.certificate(draft.proposal.vote.statement));
    assert_eq!(bench.core.position().1.get(), 2);
    assert_eq!(signed(&effects), NOTHING);
}

#[test]
fn s3_a_finalized_view_is_never_given_up() {
    let mut bench = Bench::equal();
    let (draft, _) = two_proposals(&bench);
    let statement = draft.proposal.vote.statement;
    bench.take(&draft);
    let effects = bench.hear_certificate(bench.certificate(statement));
    assert_eq!(signed(&effects), [finalize(statement)]);
    // Standstill would leave passed views without certificates; this one we have finalized.
    for _ in 0..4 {
        let effects = bench.fire(60_000, TimerKey::Standstill);
        assert!(!signed(&effects).contains(&nullify(1)));
    }
}

#[test]
fn s3_a_finalized_view_is_never_given_up_after_a_restart() {
    let bench = Bench::equal();
    let (draft, _) = two_proposals(&bench);
    let statement = draft.proposal.vote.statement;
    // The log has our votes but, by a crash of others' making, not the certificate: we are back in view 1.
    let log = vec![
        Record::Block(draft.block),
        Record::Voted(statement),
        Record::Voted(finalize(statement)),
    ];
    let (mut again, effects) = bench.restarted(log);
    assert_eq!(signed(&effects), [statement, finalize(statement)]);
    for key in [TimerKey::Proposal, TimerKey::Certification, TimerKey::Standstill] {
        assert_eq!(signed(&again.fire(60_000, key)), NOTHING);
    }
}

#[test]
fn s4_whoever_notarized_another_block_does_not_finalize() {
    let mut bench = Bench::equal();
    let (first, second) = two_proposals(&bench);
    bench.take(&first);
    // A quorum stands behind the leader's other block, whose body comes and is valid.
    bench.hear_certificate(bench.certificate(second.proposal.vote.statement));
    bench.step(Input::Fetched(second.block.clone()));
    let effects = bench.verified(&second, Verdict::Valid);
    assert_eq!(bench.core.position().1.get(), 2, "the view is over all the same");
    assert_eq!(signed(&effects), NOTHING);
}

#[test]
fn whoever_has_said_nothing_notarizes_and_finalizes_together() {
    let mut bench = Bench::equal();
    let (draft, _) = two_proposals(&bench);
    let statement = draft.proposal.vote.statement;
    // The notarization comes before the proposal; the body is asked for.
    let effects = bench.hear_certificate(bench.certificate(statement));
    assert!(
        effects
            .iter()
            .any(|e| matches!(e, Effect::Fetch { block, .. } if *block == draft.block.hash()))
    );
    assert_eq!(
        bench.core.position().1.get(),
        1,
        "a notarization without its body ends no view"
    );
    bench.step(Input::Fetched(draft.block.clone()));
    let effects = bench.verified(&draft, Verdict::Valid);
    assert_eq!(signed(&effects), [statement, finalize(statement)]);
    assert_eq!(bench.core.position().1.get(), 2);
    // Both leave in one frame.
    let effects = bench.sign(&effects);
    let frames = broadcast(&effects);
    assert!(
        matches!(frames[..], [Message::Votes(votes)] if votes.len() == 2),
        "{frames:?}"
    );
}

#[test]
fn an_invalid_proposal_is_answered_by_giving_up_at_once() {
    let mut bench = Bench::equal();
    let (draft, _) = two_proposals(&bench);
    bench.propose(&draft);
    let effects = bench.verified(&draft, Verdict::Invalid("bad state root".into()));
    assert_eq!(signed(&effects), [nullify(1)]);
    assert_eq!(reasons(&effects), [TimeoutReason::InvalidProposal]);
}

#[test]
fn the_absence_of_a_verdict_is_not_a_verdict() {
    let mut bench = Bench::equal();
    let (draft, _) = two_proposals(&bench);
    bench.propose(&draft);
    // t_l has passed, but the proposal is here: only t_a gives up.
    assert_eq!(signed(&bench.fire(1_500, TimerKey::Proposal)), NOTHING);
    let effects = bench.fire(250, TimerKey::Certification);
    assert_eq!(reasons(&effects), [TimeoutReason::CertificationTimeout]);
}

#[test]
fn the_leaders_own_nullify_is_followed() {
    let mut bench = Bench::equal();
    let leader = bench.leader(1);
    let effects = bench.hear_vote(leader, nullify(1));
    assert_eq!(signed(&effects), [nullify(1)]);
    assert_eq!(reasons(&effects), [TimeoutReason::LeaderNullify]);
}

#[test]
fn a_leader_that_gave_up_before_we_came_is_followed_too() {
    let mut bench = Bench::equal();
    let leader = bench.leader(2);
    bench.hear_vote(leader, nullify(2));
    let effects = bench.hear_certificate(bench.certificate(nullify(1)));
    assert_eq!(signed(&effects), [nullify(2)]);
}

#[test]
fn a_block_stamped_ahead_of_the_clock_is_voted_for_when_its_time_has_come() {
    let mut bench = Bench::equal();
    let mut plan = bench.plan(1);
    plan.time = super::bench::GENESIS_TIME + 2_300;
    let draft = bench.draft(&plan);
    let effects = bench.take(&draft);
    assert_eq!(signed(&effects), NOTHING, "more than two seconds ahead");
    let effects = bench.fire(300, TimerKey::Clock);
    assert_eq!(signed(&effects), [draft.proposal.vote.statement]);
}

#[test]
fn a_refused_vote_is_never_cast_and_a_refused_proposal_is_given_up() {
    let mut bench = Bench::leading();
    let effects = bench.fire(1_000, TimerKey::Idle);
    let build = effects.iter().find_map(|e| match e {
        Effect::Build(build) => Some(build.clone()),
        _ => None,
    });
    let build = build.unwrap();
    let block = super::bench::built(&bench.set, &build, primitives::Digest::ZERO, 0);
    let effects = bench.step(Input::Built {
        epoch: build.header.epoch,
        view: build.header.view,
        block,
    });
    let statement = signed(&effects)[0];
    assert_eq!(statement.kind(), VoteKind::Notarize);
    let effects = bench.step(Input::SignRefused { statement });
    assert_eq!(signed(&effects), [nullify(1)]);
    assert!(broadcast(&effects).is_empty());
}

#[test]
fn without_a_seat_or_before_the_epoch_that_it_waits_for_a_node_says_nothing() {
    for change in [
        |config: &mut crate::config::Config| config.key = None,
        |config: &mut crate::config::Config| config.abstain_before = primitives::Epoch::new(1),
    ] {
        let mut bench = Bench::equal();
        let mut config = super::bench::config(bench.me);
        change(&mut config);
        let tip = super::bench::genesis_tip(&bench.set);
        bench.core = crate::Core::new(super::bench::Mock, config, tip).unwrap();
        bench.core.start(super::bench::at(0));
        let draft = bench.draft(&bench.plan(1));
        let mut effects = bench.take(&draft);
        effects.extend(bench.fire(60_000, TimerKey::Certification));
        effects.extend(bench.hear_certificate(bench.certificate(draft.proposal.vote.statement)));
        assert_eq!(signed(&effects), NOTHING);
        assert_eq!(bench.core.position().1.get(), 2, "it follows");
    }
}

#[test]
fn nothing_is_said_in_a_view_that_is_decided() {
    let mut bench = Bench::equal();
    let (draft, _) = two_proposals(&bench);
    bench.hear_certificate(bench.certificate(finalize(draft.proposal.vote.statement)));
    assert!(!bench.core.cast(nullify(1)));
    assert!(bench.core.cast(nullify(2)));
}

#[test]
fn a_vote_that_nobody_asked_for_does_not_leave() {
    let mut bench = Bench::equal();
    let unasked = vote(&bench.set, bench.me, nullify(1));
    assert_eq!(bench.step(Input::Signed(vec![unasked])), []);
}

/// What a restart would find.
fn logged(effects: &[Effect]) -> Vec<Record> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Record(record) => Some(record.clone()),
            _ => None,
        })
        .collect()
}
