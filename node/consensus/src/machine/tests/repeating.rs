//! Rules 8 and 9: what is said again, and how much.

use super::bench::{Bench, broadcast, certificate, finalize, nullify, signed};
use crate::effect::Effect;
use crate::input::TimerKey;
use crate::limits::{MAX_CERTIFICATES, MAX_TICK_BYTES};
use crate::message::Message;
use light_palisade::{Certificate, Vote};
use primitives::codec::encode;

fn split(effects: &[Effect]) -> (Vec<Certificate>, Vec<Vote>) {
    let mut certificates = Vec::new();
    let mut votes = Vec::new();
    for message in broadcast(effects) {
        match message {
            Message::Certificates(list) => certificates.extend(list.clone()),
            Message::Votes(list) => votes.extend(list.clone()),
            Message::Proposal(_) | Message::CertificatesWanted { .. } => panic!("{message:?}"),
        }
    }
    (certificates, votes)
}

#[test]
fn a_stuck_view_repeats_its_own_votes_and_what_led_into_it() {
    let mut bench = Bench::equal();
    let entry = bench.certificate(nullify(1));
    bench.hear_certificate(entry.clone());
    let effects = bench.fire(2_000, TimerKey::Certification);
    let effects = bench.sign(&effects);
    let (_, own) = split(&effects);
    for _ in 0..3 {
        let effects = bench.fire(60_000, TimerKey::Retry);
        assert_eq!(split(&effects), (vec![entry.clone()], own.clone()));
        assert!(effects.iter().any(|e| matches!(
            e,
            Effect::SetTimer {
                key: TimerKey::Retry,
                ..
            }
        )));
    }
}

#[test]
fn the_best_entry_is_a_finalization_then_a_nullification_then_a_notarization() {
    let mut bench = Bench::equal();
    let draft = bench.draft(&bench.plan(1));
    let statement = draft.proposal.vote.statement;
    bench.take(&draft);
    let notarization = bench.certificate(statement);
    bench.hear_certificate(notarization.clone());
    assert_eq!(split(&bench.fire(60_000, TimerKey::Retry)).0, [notarization]);
    let nullification = bench.certificate(nullify(1));
    bench.hear_certificate(nullification.clone());
    assert_eq!(split(&bench.fire(60_000, TimerKey::Retry)).0, [nullification]);

    let mut bench = Bench::equal();
    let draft = bench.draft(&bench.plan(1));
    bench.take(&draft);
    let finalization = bench.certificate(finalize(draft.proposal.vote.statement));
    bench.hear_certificate(finalization.clone());
    assert_eq!(split(&bench.fire(60_000, TimerKey::Retry)).0, [finalization]);
}

#[test]
fn standstill_repeats_everything_undecided_in_bounded_shares() {
    let mut bench = Bench::with(&[1; 31], super::bench::FAR);
    let views = 200;
    let all = bench.others();
    for view in 1..=views {
        let effects = bench.fire(100_000, TimerKey::Certification);
        bench.sign(&effects);
        bench.hear_certificate(certificate(&bench.set, nullify(view), &all));
    }
    let mut seen = std::collections::BTreeSet::new();
    let mut voted = std::collections::BTreeSet::new();
    for tick in 0..4 {
        let effects = bench.fire(10_000, TimerKey::Standstill);
        let (certificates, votes) = split(&effects);
        assert!(certificates.len() <= MAX_CERTIFICATES, "tick {tick}");
        assert!(encode(&certificates).len() + encode(&votes).len() <= MAX_TICK_BYTES);
        seen.extend(certificates.iter().map(|c| c.statement.view().get()));
        voted.extend(votes.iter().map(|v| v.statement.view().get()));
    }
    assert_eq!(seen, (1..=views).collect(), "four shares of 64 cover 200 views");
    assert_eq!(voted, (1..=views).collect());
}

#[test]
fn there_is_no_standstill_while_blocks_are_final() {
    let mut bench = Bench::equal();
    bench.now = 9_000;
    let draft = bench.draft(&bench.plan(1));
    bench.take(&draft);
    bench.hear_certificate(bench.certificate(finalize(draft.proposal.vote.statement)));
    let effects = bench.fire(1_000, TimerKey::Standstill);
    assert!(broadcast(&effects).is_empty());
}

#[test]
fn a_passed_view_that_nobody_may_be_able_to_prove_is_left_late() {
    let mut bench = Bench::equal();
    // A nullification of view 3 brings us to view 4; of views 1 and 2 we hold nothing.
    bench.hear_certificate(bench.certificate(nullify(3)));
    let effects = bench.fire(10_000, TimerKey::Standstill);
    assert_eq!(signed(&effects), [nullify(2), nullify(1)]);
}
