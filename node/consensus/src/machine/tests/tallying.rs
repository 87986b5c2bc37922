//! Votes of others: verified together, and held against each other.

use super::bench::{
    Bench, Draft, GARBAGE, bans, broadcast, certificate, evidence, finalize, finalized, nullify, peer, seat,
    vote,
};
use crate::effect::{Divergence, Effect, Event, Misdeed};
use crate::limits::{ANSWERS_PER_SECOND, MAX_CERTIFICATES, MAX_VOTES, VIEWS_AHEAD};
use crate::message::Message;
use light_palisade::{Bitmap, Evidence, Offence, Statement, Vote};
use primitives::{Epoch, View};

fn pair(bench: &Bench) -> (Draft, Draft) {
    let first = bench.draft(&bench.plan(1));
    let mut plan = bench.plan(1);
    plan.salt = 1;
    (first, bench.draft(&plan))
}

#[test]
fn a_quorum_of_votes_becomes_a_certificate_that_is_told_to_everybody_once() {
    let mut bench = Bench::equal();
    let others = bench.others();
    assert!(broadcast(&bench.hear_vote(others[0], nullify(1))).is_empty());
    bench.hear_vote(others[1], nullify(1));
    let effects = bench.hear_vote(others[2], nullify(1));
    let expected = certificate(&bench.set, nullify(1), &others);
    assert!(broadcast(&effects).contains(&&Message::Certificates(vec![expected.clone()])));
    assert_eq!(bench.core.position().1.get(), 2);
    // The same from a peer is no news.
    assert_eq!(bench.hear_certificate(expected), []);
}

#[test]
fn bad_signatures_are_found_thrown_out_and_their_keys_banned() {
    let mut bench = Bench::with(&[1; 10], super::bench::FAR);
    let others = bench.others();
    let mut all = Vec::new();
    for (position, other) in others.iter().enumerate() {
        let mut good = vote(&bench.set, *other, nullify(1));
        match position {
            2 => good.signature.0[9] ^= 4,
            5 => good.signature = GARBAGE,
            _ => {}
        }
        all.extend(bench.hear(*other, Message::Votes(vec![good])));
    }
    // Seven of ten are needed; the first seven include two bad ones, which are found; the last two complete it.
    let bisected: usize = all
        .iter()
        .map(|e| match e {
            Effect::Event(Event::Bisected { bad, .. }) => *bad,
            _ => 0,
        })
        .sum();
    assert_eq!(bisected, 2);
    let banned = [
        (peer(others[2]), Misdeed::BadVote),
        (peer(others[5]), Misdeed::BadVote),
    ];
    let mut found = bans(&all);
    found.sort_unstable();
    assert_eq!(found, banned);
    let good: Vec<u16> = others
        .iter()
        .copied()
        .filter(|o| *o != others[2] && *o != others[5])
        .collect();
    let expected = certificate(&bench.set, nullify(1), &good);
    assert!(broadcast(&all).contains(&&Message::Certificates(vec![expected])));
    // Nothing more is heard from them.
    let more = bench.hear_vote(others[2], nullify(2));
    assert_eq!(more, []);
}

#[test]
fn two_bad_signatures_that_cancel_out_make_no_evidence() {
    let mut bench = Bench::equal();
    let others = bench.others();
    // Two validators shift their signatures against each other: the sum holds, neither alone does.
    let mut votes: Vec<Vote> = others.iter().map(|o| vote(&bench.set, *o, nullify(1))).collect();
    votes[0].signature.0[47] = votes[0].signature.0[47].wrapping_add(1);
    let carried = votes[0].signature.0[47] == 0;
    votes[1].signature.0[47] = votes[1].signature.0[47].wrapping_sub(1);
    let borrowed = votes[1].signature.0[47] == 0xff;
    assert!(
        !carried && !borrowed,
        "the lanes' last bytes allow it without carry"
    );
    for (other, vote) in others.iter().zip(&votes) {
        bench.hear(*other, Message::Votes(vec![*vote]));
    }
    assert_eq!(bench.core.position().1.get(), 2);
    // One of them contradicts itself: its earlier vote does not hold by itself, so it is banned and not accused.
    let (draft, _) = pair(&bench);
    let effects = bench.hear_vote(others[0], finalize(draft.proposal.vote.statement));
    assert!(evidence(&effects).is_empty());
    assert_eq!(bans(&effects), [(peer(others[0]), Misdeed::BadVote)]);
}

#[test]
fn each_offence_is_recognised_once_and_only_when_both_signatures_hold() {
    let bench = Bench::equal();
    let (first, second) = pair(&bench);
    let (d, e) = (first.proposal.vote.statement, second.proposal.vote.statement);
    let tables = [
        (Offence::DoubleNotarize, d, e),
        (Offence::DoubleFinalize, finalize(d), finalize(e)),
        (Offence::NullifyFinalize, nullify(1), finalize(d)),
        (Offence::NullifyFinalize, finalize(d), nullify(1)),
        (Offence::NotarizeFinalize, d, finalize(e)),
        (Offence::NotarizeFinalize, finalize(e), d),
    ];
    for (offence, a, b) in tables {
        let mut bench = Bench::equal();
        let culprit = bench.others()[0];
        assert!(evidence(&bench.hear_vote(culprit, a)).is_empty());
        let effects = bench.hear_vote(culprit, b);
        let found = evidence(&effects);
        let expected = Evidence::Votes(vote(&bench.set, culprit, a), vote(&bench.set, culprit, b));
        assert_eq!(found, [&expected], "{offence:?}");
        assert_eq!(Offence::between(&a, &b), Some(offence));
        // It is given out once.
        assert!(evidence(&bench.hear_vote(culprit, b)).is_empty());

        // With a forged second vote there is a ban and nothing else.
        let mut bench = Bench::equal();
        bench.hear_vote(culprit, a);
        let mut forged = vote(&bench.set, culprit, b);
        forged.signature.0[3] ^= 1;
        let effects = bench.hear(culprit, Message::Votes(vec![forged]));
        assert!(evidence(&effects).is_empty());
        assert_eq!(bans(&effects), [(peer(culprit), Misdeed::BadVote)]);
    }
}

#[test]
fn what_honest_validators_do_is_no_offence() {
    let mut bench = Bench::equal();
    let (draft, _) = pair(&bench);
    let statement = draft.proposal.vote.statement;
    let [a, b, _] = bench.others()[..] else {
        panic!("three others")
    };
    let mut all = Vec::new();
    for (voter, said) in [
        (a, statement),
        (a, finalize(statement)),
        (b, statement),
        (b, nullify(1)),
    ] {
        all.extend(bench.hear_vote(voter, said));
    }
    assert!(evidence(&all).is_empty() && bans(&all).is_empty());
}

#[test]
fn misbehaviour_shows_after_the_view_is_decided_and_within_the_window() {
    let mut bench = Bench::equal();
    let (first, second) = pair(&bench);
    let statement = first.proposal.vote.statement;
    bench.take(&first);
    bench.hear_votes(statement);
    let effects = bench.hear_certificate(bench.certificate(finalize(statement)));
    assert_eq!(finalized(&effects), [first.block.hash()]);
    let culprit = bench.others()[0];
    let effects = bench.hear_vote(culprit, second.proposal.vote.statement);
    assert_eq!(evidence(&effects).len(), 1);
}

#[test]
fn two_certificates_of_one_view_prove_the_guilt_of_those_who_signed_both_and_stop_the_node() {
    let bench = Bench::equal();
    let (first, second) = pair(&bench);
    let (d, e) = (first.proposal.vote.statement, second.proposal.vote.statement);
    // The last two come when the view is decided already.
    for (a, b) in [
        (d, finalize(e)),
        (d, e),
        (finalize(d), nullify(1)),
        (finalize(d), finalize(e)),
    ] {
        let mut bench = Bench::equal();
        let (held, other) = (bench.certificate(a), bench.certificate(b));
        bench.hear_certificate(held.clone());
        let effects = bench.hear_certificate(other.clone());
        assert_eq!(evidence(&effects), [&Evidence::Certificates(held, other)]);
        let expected = Divergence::Certificates { first: a, second: b };
        assert!(effects.contains(&Effect::Diverged(Box::new(expected))));
    }
}

#[test]
fn a_validator_that_lags_is_told_the_last_finalization() {
    let mut bench = Bench::equal();
    let (draft, _) = pair(&bench);
    let slow = bench.others()[2];
    for view in 1..8 {
        bench.hear_certificate(bench.certificate(nullify(view)));
    }
    let (parent_view, block) = draft.proposal.vote.statement.block().unwrap();
    let late = Statement::Finalize {
        epoch: Epoch::ZERO,
        view: View::new(8),
        parent_view,
        block,
    };
    let finalization = bench.certificate(late);
    bench.hear_certificate(finalization.clone());
    let told = Effect::Send {
        to: peer(slow),
        message: Message::Certificates(vec![finalization]),
    };
    // A vote that is a little late is no sign of lagging.
    assert!(!bench.hear_vote(slow, nullify(5)).contains(&told));
    assert!(bench.hear_vote(slow, nullify(3)).contains(&told));
}

#[test]
fn certificates_that_do_not_hold_end_our_listening() {
    let bench = Bench::equal();
    let others = bench.others();
    let good = certificate(&bench.set, nullify(1), &others);
    let mut tampered = good.clone();
    tampered.signature.0[1] ^= 1;
    let light = certificate(&bench.set, nullify(1), &others[..2]);
    let mut longer = good.clone();
    longer.signers = Bitmap::from_bytes(vec![0b0111, 0]);
    let mut padded = good.clone();
    padded.signers = Bitmap::from_bytes(vec![0b1_0111]);
    let mut claims_more = good.clone();
    claims_more.signers = Bitmap::new(4, (0..4).map(seat));
    let mut garbage = good.clone();
    garbage.signature = GARBAGE;
    for bad in [tampered, light, longer, padded, claims_more, garbage] {
        let mut bench = Bench::equal();
        let effects = bench.hear_certificate(bad);
        assert_eq!(bans(&effects), [(peer(others[0]), Misdeed::BadCertificate)]);
        assert_eq!(bench.core.position().1.get(), 1);
        assert_eq!(
            bench.hear_certificate(good.clone()),
            [],
            "from a banned peer not even good ones"
        );
    }
}

#[test]
fn a_vote_that_is_not_the_senders_own_ends_our_listening() {
    let mut bench = Bench::equal();
    let [a, b, _] = bench.others()[..] else {
        panic!("three others")
    };
    let foreign = vote(&bench.set, a, nullify(1));
    let effects = bench.hear(b, Message::Votes(vec![foreign]));
    assert_eq!(bans(&effects), [(peer(b), Misdeed::ForeignVote)]);
}

#[test]
fn a_stranger_has_no_vote() {
    let mut bench = Bench::equal();
    let stranger = crate::Peer([99; 32]);
    let votes = vec![vote(&bench.set, 0, nullify(1))];
    let input = crate::Input::Message {
        from: stranger,
        message: Message::Votes(votes),
    };
    assert_eq!(bench.step(input), []);
    assert_eq!(bench.core.load(), (1, 0), "the current view alone");
}

#[test]
fn votes_far_ahead_are_not_kept_and_a_full_message_is_the_limit() {
    let mut bench = Bench::equal();
    let [a, b, _] = bench.others()[..] else {
        panic!("three others")
    };
    let (held, _) = bench.core.load();
    let far: Vec<Vote> = (0..100)
        .map(|v| vote(&bench.set, a, nullify(2 + VIEWS_AHEAD + v)))
        .collect();
    bench.hear(a, Message::Votes(far));
    assert_eq!(bench.core.load().0, held);
    let near: Vec<Vote> = (0..=100).map(|v| vote(&bench.set, a, nullify(2 + v))).collect();
    bench.hear(a, Message::Votes(near));
    assert_eq!(bench.core.load().0, held + usize::try_from(VIEWS_AHEAD).unwrap());

    let many = vec![vote(&bench.set, a, nullify(1)); MAX_VOTES + 1];
    let effects = bench.hear(a, Message::Votes(many));
    assert_eq!(bans(&effects), [(peer(a), Misdeed::TooMany)]);
    let many = vec![certificate(&bench.set, nullify(1), &[a, b]); MAX_CERTIFICATES + 1];
    let effects = bench.hear(b, Message::Certificates(many));
    assert_eq!(bans(&effects), [(peer(b), Misdeed::TooMany)]);
}

#[test]
fn a_far_nullification_or_finalization_jumps_and_a_notarization_needs_its_body() {
    let mut bench = Bench::equal();
    bench.hear_certificate(bench.certificate(nullify(500)));
    assert_eq!(bench.core.position().1.get(), 501);
    let statement = Statement::Finalize {
        epoch: Epoch::ZERO,
        view: View::new(700),
        parent_view: View::new(699),
        block: primitives::BlockHash::new([3; 32]),
    };
    let effects = bench.hear_certificate(bench.certificate(statement));
    assert_eq!(bench.core.position().1.get(), 701);
    assert!(
        finalized(&effects).is_empty(),
        "nothing is final here without its body"
    );
    let statement = Statement::Notarize {
        epoch: Epoch::ZERO,
        view: View::new(800),
        parent_view: View::new(799),
        block: primitives::BlockHash::new([4; 32]),
    };
    bench.hear_certificate(bench.certificate(statement));
    assert_eq!(bench.core.position().1.get(), 701);
}

#[test]
fn requests_for_certificates_are_answered_latest_first_within_limits_and_a_budget() {
    let mut bench = Bench::equal();
    for view in 1..=100 {
        bench.hear_certificate(bench.certificate(nullify(view)));
    }
    let asker = bench.others()[1];
    let wanted = Message::CertificatesWanted {
        epoch: Epoch::ZERO,
        from: View::new(1),
        to: View::MAX,
    };
    let mut answers = 0;
    for _ in 0..50 {
        for effect in bench.hear(asker, wanted.clone()) {
            let Effect::Send {
                to,
                message: Message::Certificates(list),
            } = effect
            else {
                panic!("only answers: {effect:?}");
            };
            assert_eq!(to, peer(asker));
            assert_eq!(list.len(), MAX_CERTIFICATES);
            assert_eq!(list[0].statement, nullify(100));
            answers += 1;
        }
    }
    assert_eq!(answers, ANSWERS_PER_SECOND);
    bench.now += 1_000;
    assert_eq!(bench.hear(asker, wanted).len(), 1);
}

#[test]
fn votes_ahead_of_whoever_is_banned_are_forgotten() {
    let mut bench = Bench::with(&[1; 7], super::bench::FAR);
    let others = bench.others();
    let forger = others[0];
    // Bad votes for many views, and nobody has looked at them.
    let votes: Vec<Vote> = (1..=20)
        .map(|view| {
            let mut bad = vote(&bench.set, forger, nullify(view));
            bad.signature.0[8] ^= 1;
            bad
        })
        .collect();
    bench.hear(forger, Message::Votes(votes));
    let mut searches = 0;
    for view in 1..=20 {
        let effects = bench.hear_votes_of(&others[1..], nullify(view));
        searches += effects
            .iter()
            .filter(|e| matches!(e, Effect::Event(Event::Bisected { .. })))
            .count();
        assert_eq!(bench.core.position().1.get(), view + 1);
    }
    assert_eq!(searches, 1);
}
