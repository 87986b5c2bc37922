//! What a proposal must prove, field by field.

use super::bench::{
    Bench, Draft, FAR, Plan, at, bans, broadcast, certificate, finalize, mock_sign, nullify, peer, reasons,
    signed, vote,
};
use crate::effect::{Effect, Misdeed, TimeoutReason};
use crate::input::{Input, TimerKey, Verdict};
use crate::limits::PROPOSALS_AHEAD;
use crate::message::{Content, Message, Proposal};
use light_palisade::{Block, Header, Statement};
use primitives::{BlockHash, ChainClock, ChainHash, Digest, Epoch, Height, Timestamp, View};

type Change = fn(&mut Header);

/// Any single wrong field makes a proposal invalid: the view is given up without asking the application.
#[test]
fn every_field_of_the_header_is_checked() {
    let changes: [(&str, Change); 12] = [
        ("version", |h| h.version = 2),
        ("chain", |h| h.chain_hash = ChainHash::ZERO),
        ("height", |h| h.height = Height::new(2)),
        ("epoch", |h| h.epoch = Epoch::new(1)),
        ("view", |h| h.view = View::new(2)),
        ("parent", |h| h.parent = BlockHash::ZERO),
        ("proposer", |h| h.proposer = super::bench::seat(9)),
        ("time not above the parent's", |h| {
            h.time = Timestamp::new(super::bench::GENESIS_TIME)
        }),
        ("chain clock", |h| h.chain_clock = ChainClock::new(77)),
        ("justification root", |h| {
            h.justification_root = Digest::new([1; 32])
        }),
        ("validators root", |h| h.validators_root = Digest::new([1; 32])),
        ("seed", |h| h.seed = Digest::new([1; 32])),
    ];
    for (name, change) in changes {
        let mut bench = Bench::equal();
        let draft = bench.draft_with(&bench.plan(1), |block| change(&mut block.header));
        let effects = bench.propose(&draft);
        assert_eq!(reasons(&effects), [TimeoutReason::InvalidProposal], "{name}");
        assert!(!effects.iter().any(|e| matches!(e, Effect::Verify(_))), "{name}");
    }
}

/// A bench of a chain whose clock may be put forward, or may not.
fn jumping(may_jump: bool) -> Bench {
    let mut bench = Bench::equal();
    let mut config = super::bench::config(bench.me);
    config.clock_may_jump = may_jump;
    let tip = super::bench::genesis_tip(&bench.set);
    bench.core = crate::Core::new(super::bench::Mock, config, tip).unwrap();
    bench.core.start(at(0));
    bench
}

#[test]
fn the_clock_jumps_forward_on_a_development_chain_alone_and_within_a_bound() {
    let most = crate::limits::MAX_WARP.get();
    for (may_jump, by, fits) in [
        (false, 1, false),
        (true, 1, true),
        (true, most, true),
        (true, most + 1, false),
    ] {
        let mut bench = jumping(may_jump);
        let draft = bench.draft_with(&bench.plan(1), |block| {
            let clock = block.header.chain_clock;
            block.header.chain_clock = clock.after(primitives::Millis::new(by));
        });
        let effects = bench.propose(&draft);
        let asked = effects.iter().any(|e| matches!(e, Effect::Verify(_)));
        assert_eq!(asked, fits, "{may_jump} {by}");
        assert_eq!(reasons(&effects).is_empty(), fits, "{may_jump} {by}");
    }
    let mut bench = jumping(true);
    let back = bench.draft_with(&bench.plan(1), |block| {
        block.header.chain_clock = ChainClock::ZERO;
    });
    assert_eq!(reasons(&bench.propose(&back)), [TimeoutReason::InvalidProposal]);
}

#[test]
fn whether_the_state_ends_the_epoch_early_is_the_applications_to_judge() {
    let mut bench = Bench::equal();
    let early = bench.draft_with(&bench.plan(1), |block| {
        block.header.next_validators_root = Digest::new([1; 32]);
    });
    let effects = bench.propose(&early);
    assert!(reasons(&effects).is_empty());
    assert!(effects.iter().any(|e| matches!(e, Effect::Verify(_))));
}

#[test]
fn a_block_is_later_than_its_parent() {
    let mut bench = Bench::equal();
    let mut plan = bench.plan(1);
    plan.time = super::bench::GENESIS_TIME;
    let draft = bench.draft(&plan);
    assert_eq!(reasons(&bench.propose(&draft)), [TimeoutReason::InvalidProposal]);
}

#[test]
fn the_parents_certificate_names_the_parent() {
    type Claim = fn(&Draft) -> Statement;
    let wrong: [Claim; 3] = [
        // Another block, another view, and no block at all.
        |_| Statement::Notarize {
            epoch: Epoch::ZERO,
            view: View::new(1),
            parent_view: View::ZERO,
            block: BlockHash::new([8; 32]),
        },
        |parent| Statement::Notarize {
            epoch: Epoch::ZERO,
            view: View::new(2),
            parent_view: View::ZERO,
            block: parent.block.hash(),
        },
        |_| nullify(1),
    ];
    for statement in wrong {
        let mut bench = Bench::equal();
        bench.hear_certificate(bench.certificate(nullify(1)));
        let parent = bench.draft(&bench.plan(1));
        let mut plan = bench.plan_on(&parent, 2);
        plan.justification.parent = Some(bench.certificate(statement(&parent)));
        let child = bench.draft(&plan);
        assert_eq!(reasons(&bench.propose(&child)), [TimeoutReason::InvalidProposal]);
    }
}

/// A leader of two views could else choose between two seeds.
#[test]
fn a_block_is_proposed_in_the_view_that_its_header_names() {
    let mut bench = Bench::equal();
    let leader = bench.leader(1);
    let draft = bench.draft_with(&bench.plan(1), |block| {
        let view = View::new(2);
        let key = super::bench::keys()[usize::from(leader)];
        let message = light_palisade::vote::seed_sign_bytes(&super::bench::CHAIN, Epoch::ZERO, view);
        block.header.view = view;
        block.seed_signature = mock_sign(&key, &message);
        block.header.seed = crypto::hash::seed(&Digest::ZERO, &block.seed_signature.0);
    });
    assert_eq!(reasons(&bench.propose(&draft)), [TimeoutReason::InvalidProposal]);
}

#[test]
fn proposals_far_ahead_are_not_kept() {
    for (ahead, kept) in [(PROPOSALS_AHEAD, 1), (PROPOSALS_AHEAD + 1, 0)] {
        let mut bench = Bench::equal();
        // Its parent is notarized, but without the body that brings us nowhere.
        let parent = bench.draft(&bench.plan(ahead));
        let child = bench.draft(&bench.plan_on(&parent, 1 + ahead));
        bench.propose(&child);
        assert_eq!((bench.core.position().1.get(), bench.core.load().1), (1, kept));
    }
}

#[test]
fn proposals_of_views_that_were_left_are_forgotten() {
    let mut bench = Bench::equal();
    let draft = bench.draft(&bench.plan(1));
    bench.propose(&draft);
    bench.hear_certificate(bench.certificate(nullify(1)));
    assert_eq!(bench.core.load().1, 0);
    // One that we notarized may still be notarized by others.
    let mut bench = Bench::equal();
    bench.take(&draft);
    bench.hear_certificate(bench.certificate(nullify(1)));
    assert_eq!(bench.core.load().1, 1);
}

#[test]
fn nothing_is_built_on_what_lies_below_the_tip() {
    let mut bench = Bench::equal();
    let first = bench.draft(&bench.plan(1));
    bench.take(&first);
    bench.hear_certificate(bench.certificate(finalize(first.proposal.vote.statement)));
    // A proposal on genesis proves that the finalized view was nullified: it proves the guilt of those who did both.
    let rival = bench.draft(&bench.plan(2));
    let effects = bench.propose(&rival);
    assert!(effects.iter().any(|e| matches!(e, Effect::Evidence(_))));
    assert!(effects.iter().any(|e| matches!(e, Effect::Diverged(_))));
    // After block sync the finalized view's own certificates are not held: the proposal is refused.
    let mut bench = Bench::equal();
    let tip = crate::Tip {
        header: first.block.header.clone(),
        certificate: Some(bench.certificate(finalize(first.proposal.vote.statement))),
        ..super::bench::genesis_tip(&bench.set)
    };
    bench.step(Input::Synced(Box::new(tip)));
    assert_eq!(reasons(&bench.propose(&rival)), [TimeoutReason::InvalidProposal]);
}

#[test]
fn the_seed_signature_must_be_the_proposers() {
    let mut bench = Bench::equal();
    let leader = bench.leader(1);
    let draft = bench.draft_with(&bench.plan(1), |block| {
        // A well-formed signature over something else, with the seed that follows from it.
        let key = super::bench::keys()[usize::from(leader)];
        block.seed_signature = mock_sign(&key, b"something else");
        block.header.seed = crypto::hash::seed(&Digest::ZERO, &block.seed_signature.0);
    });
    assert_eq!(reasons(&bench.propose(&draft)), [TimeoutReason::InvalidProposal]);
}

#[test]
fn evidence_that_the_header_does_not_commit_to_is_refused() {
    let mut bench = Bench::equal();
    let set = bench.set.clone();
    let draft = bench.draft_with(&bench.plan(1), |block| {
        let votes = [vote(&set, 0, nullify(1)), vote(&set, 0, nullify(2))];
        block.evidence = vec![light_palisade::Evidence::Votes(votes[0], votes[1])];
    });
    assert_eq!(reasons(&bench.propose(&draft)), [TimeoutReason::InvalidProposal]);
}

/// Steps: genesis, view 1 nullified, view 2's leader builds on genesis.
#[test]
fn a_justification_has_the_parents_certificate_and_every_view_between() {
    type Change = fn(&Bench, &mut Plan);
    let wrong: [(&str, Change); 6] = [
        ("a view between is missing", |_, plan| {
            plan.justification.nullifications.clear()
        }),
        ("a nullification of another view", |bench, plan| {
            plan.justification.nullifications = vec![bench.certificate(nullify(2))];
        }),
        ("one too many", |bench, plan| {
            let extra = bench.certificate(nullify(2));
            plan.justification.nullifications.push(extra);
        }),
        ("a certificate for genesis", |bench, plan| {
            let parent = bench.genesis.hash();
            let statement = Statement::Notarize {
                epoch: Epoch::ZERO,
                view: View::ZERO,
                parent_view: View::ZERO,
                block: parent,
            };
            plan.justification.parent = Some(bench.certificate(statement));
        }),
        ("a notarization in a nullification's place", |bench, plan| {
            let statement = Statement::Notarize {
                epoch: Epoch::ZERO,
                view: View::new(1),
                parent_view: View::ZERO,
                block: BlockHash::ZERO,
            };
            plan.justification.nullifications = vec![bench.certificate(statement)];
        }),
        ("a parent that is not before it", |_, plan| plan.parent_view = 2),
    ];
    for (name, change) in wrong {
        let mut bench = Bench::equal();
        bench.hear_certificate(bench.certificate(nullify(1)));
        let mut plan = bench.plan(2);
        change(&bench, &mut plan);
        let draft = bench.draft(&plan);
        let effects = bench.propose(&draft);
        assert_eq!(reasons(&effects), [TimeoutReason::InvalidProposal], "{name}");
    }
}

#[test]
fn a_forged_certificate_in_a_justification_ends_our_listening() {
    let mut bench = Bench::equal();
    bench.hear_certificate(bench.certificate(nullify(1)));
    let mut plan = bench.plan(2);
    let mut forged = plan.justification.nullifications[0].clone();
    forged.signature.0[20] ^= 1;
    plan.justification.nullifications = vec![forged];
    let draft = bench.draft(&plan);
    let effects = bench.propose(&draft);
    let leader = draft.proposal.vote.signer.get();
    assert_eq!(bans(&effects), [(peer(leader), Misdeed::BadProposal)]);
    assert_eq!(reasons(&effects), [TimeoutReason::InvalidProposal]);
}

#[test]
fn a_certificate_below_a_quorum_justifies_nothing() {
    let mut bench = Bench::equal();
    bench.hear_certificate(bench.certificate(nullify(1)));
    let mut plan = bench.plan(2);
    plan.justification.nullifications = vec![certificate(&bench.set, nullify(1), &bench.others()[..2])];
    let draft = bench.draft(&plan);
    assert_eq!(reasons(&bench.propose(&draft)), [TimeoutReason::InvalidProposal]);
}

#[test]
fn a_proposal_brings_us_to_its_view_by_its_own_certificates() {
    let mut bench = Bench::equal();
    // Views 1 and 2 were nullified without us; the leader of view 3 proves it.
    let draft = bench.draft(&bench.plan(3));
    bench.propose(&draft);
    assert_eq!(bench.core.position().1.get(), 3);
    let effects = bench.verified(&draft, Verdict::Valid);
    assert_eq!(signed(&effects), [draft.proposal.vote.statement]);
}

#[test]
fn only_the_leader_proposes() {
    let mut bench = Bench::equal();
    let leader = bench.leader(1);
    let stranger = *bench.others().iter().find(|i| **i != leader).unwrap();
    let draft = bench.draft(&bench.plan(1));
    // Another validator passes the leader's proposal on as its own: the vote is not its own.
    let message = Message::Proposal(Box::new(draft.proposal));
    let effects = bench.hear(stranger, message);
    assert_eq!(bans(&effects), [(peer(stranger), Misdeed::ForeignVote)]);
    // Another validator proposes by itself: it is a vote and nothing else.
    let mut bench = Bench::equal();
    let mut own = bench.draft(&bench.plan(1)).proposal;
    own.vote = vote(&bench.set, stranger, own.vote.statement);
    let effects = bench.hear(stranger, Message::Proposal(Box::new(own)));
    assert_eq!(effects, []);
}

#[test]
fn a_proposal_names_its_own_block() {
    let mut bench = Bench::equal();
    let mut draft = bench.draft(&bench.plan(1));
    let statement = Statement::Notarize {
        epoch: Epoch::ZERO,
        view: View::new(1),
        parent_view: View::ZERO,
        block: BlockHash::new([9; 32]),
    };
    draft.proposal.vote = vote(&bench.set, draft.proposal.vote.signer.get(), statement);
    assert_eq!(reasons(&bench.propose(&draft)), [TimeoutReason::InvalidProposal]);
}

#[test]
fn a_child_waits_for_its_parents_verdict_and_dies_with_it() {
    let mut bench = Bench::equal();
    let parent = bench.draft(&bench.plan(1));
    bench.propose(&parent);
    let child = bench.draft(&bench.plan_on(&parent, 2));
    // The child proves that its parent is notarized, but the parent is not judged: only the parent is asked about.
    let effects = bench.propose(&child);
    assert!(!effects.iter().any(|e| matches!(e, Effect::Verify(_))));
    assert_eq!(bench.core.position().1.get(), 1);
    let effects = bench.verified(&parent, Verdict::Valid);
    assert!(
        effects
            .iter()
            .any(|e| matches!(e, Effect::Verify(v) if v.hash == child.block.hash()))
    );
    // A quorum notarized the parent: we finalize it and are in the child's view.
    let statement = parent.proposal.vote.statement;
    assert_eq!(signed(&effects), [statement, finalize(statement)]);
    let effects = bench.verified(&child, Verdict::Valid);
    assert_eq!(signed(&effects), [child.proposal.vote.statement]);
}

#[test]
fn a_missing_parent_is_fetched_from_its_signers() {
    let mut bench = Bench::equal();
    let parent = bench.draft(&bench.plan(1));
    let child = bench.draft(&bench.plan_on(&parent, 2));
    let effects = bench.propose(&child);
    let asked = effects.iter().find_map(|e| match e {
        Effect::Fetch { block, from } => Some((*block, from.clone())),
        _ => None,
    });
    let (block, mut from) = asked.unwrap();
    from.sort_unstable();
    let signers: Vec<_> = bench.others().into_iter().map(peer).collect();
    assert_eq!((block, from), (parent.block.hash(), signers));
    // Asked once; asked again at the retry.
    let again = |effects: &[Effect]| {
        effects
            .iter()
            .filter(|e| matches!(e, Effect::Fetch { .. }))
            .count()
    };
    assert_eq!(again(&bench.step(Input::Work { available: false })), 0);
    assert_eq!(again(&bench.fire(60_000, TimerKey::Retry)), 1);
}

#[test]
fn a_body_that_is_not_the_headers_is_dropped_and_asked_for_again() {
    let mut bench = Bench::equal();
    let draft = bench.draft(&bench.plan(1));
    bench.hear_certificate(bench.certificate(draft.proposal.vote.statement));
    // Another body under the same header: its justification is not the one that the header commits to.
    let mut wrong = Block::clone(&draft.block);
    wrong.justification.nullifications = vec![bench.certificate(nullify(1))];
    let effects = bench.step(Input::Fetched(wrong.into()));
    assert!(effects.iter().any(|e| matches!(e, Effect::Fetch { .. })));
    // A body whose transactions are wrong is found out by the application only.
    bench.step(Input::Fetched(draft.block.clone()));
    let effects = bench.verified(&draft, Verdict::Corrupt("transactions root".into()));
    assert!(effects.iter().any(|e| matches!(e, Effect::Fetch { .. })));
    bench.step(Input::Fetched(draft.block.clone()));
    let effects = bench.verified(&draft, Verdict::Valid);
    assert_eq!(signed(&effects).len(), 2);
}

#[test]
fn a_proposal_whose_body_is_not_its_headers_is_given_up() {
    let mut bench = Bench::equal();
    let draft = bench.draft(&bench.plan(1));
    bench.propose(&draft);
    let effects = bench.verified(&draft, Verdict::Corrupt("transactions root".into()));
    assert_eq!(reasons(&effects), [TimeoutReason::InvalidProposal]);
    // Others may have had the right one: its notarization brings it back.
    let effects = bench.hear_certificate(bench.certificate(draft.proposal.vote.statement));
    assert!(effects.iter().any(|e| matches!(e, Effect::Fetch { .. })));
}

#[test]
fn a_body_that_nobody_asked_for_is_ignored() {
    let mut bench = Bench::equal();
    let draft = bench.draft(&bench.plan(1));
    bench.step(Input::Fetched(draft.block));
    assert_eq!(bench.core.load().1, 0);
}

#[test]
fn a_block_that_a_quorum_accepted_and_we_refuse_stops_the_node() {
    let mut bench = Bench::equal();
    let draft = bench.draft(&bench.plan(1));
    bench.propose(&draft);
    bench.hear_certificate(bench.certificate(draft.proposal.vote.statement));
    let effects = bench.verified(&draft, Verdict::Invalid("state root".into()));
    assert!(effects.iter().any(|e| matches!(e, Effect::Diverged(_))));
    assert_eq!(bench.core.step(at(60_000), Input::Timer(TimerKey::Retry)), []);
}

/// The epoch's end has come with genesis: the next block must be the boundary, and then nothing but itself follows.
#[test]
fn at_the_boundary_only_the_boundary_block_is_proposed_again() {
    let mut bench = Bench::with(&[1, 1, 1, 1], 0);
    // A block that does not end the epoch is invalid now.
    let draft = bench.draft(&bench.plan(1));
    assert_eq!(reasons(&bench.propose(&draft)), [TimeoutReason::InvalidProposal]);

    let mut bench = Bench::with(&[1, 1, 1, 1], 0);
    let mut plan = bench.plan(1);
    plan.next_root = Some(Digest::new([5; 32]));
    let boundary = bench.draft(&plan);
    bench.take(&boundary);
    // It is notarized and not finalized; its child is refused.
    let mut plan = bench.plan_on(&boundary, 2);
    plan.next_root = Some(Digest::new([6; 32]));
    let child = bench.draft(&plan);
    let effects = bench.take(&child);
    assert_eq!(bench.core.position().1.get(), 2);
    assert_eq!(reasons(&effects), [TimeoutReason::InvalidProposal]);
}

fn again(bench: &Bench, draft: &Draft, view: u64) -> Proposal {
    let statement = draft.proposal.vote.statement;
    let repeated = Statement::Notarize {
        epoch: Epoch::ZERO,
        view: View::new(view),
        parent_view: View::new(view - 1),
        block: draft.block.hash(),
    };
    Proposal {
        vote: vote(&bench.set, bench.leader(view), repeated),
        content: Content::Again(light_palisade::Justification {
            parent: Some(bench.certificate(statement)),
            nullifications: Vec::new(),
        }),
    }
}

#[test]
fn a_proposed_again_boundary_block_is_notarized_and_finalized_in_its_new_view() {
    let mut bench = Bench::with(&[1, 1, 1, 1], 0);
    let mut plan = bench.plan(1);
    plan.next_root = Some(Digest::new([5; 32]));
    let boundary = bench.draft(&plan);
    bench.take(&boundary);
    let repeat = again(&bench, &boundary, 2);
    let effects = bench.hear(bench.leader(2), Message::Proposal(Box::new(repeat.clone())));
    assert!(signed(&effects).contains(&repeat.vote.statement));
    // Its finalization in the new view ends the epoch.
    let effects = bench.hear_certificate(bench.certificate(finalize(repeat.vote.statement)));
    assert_eq!(super::bench::finalized(&effects), [boundary.block.hash()]);
    assert_eq!(signed(&bench.fire(60_000, TimerKey::Certification)), []);
}

#[test]
fn an_ordinary_block_is_never_proposed_again() {
    let mut bench = Bench::with(&[1, 1, 1, 1], FAR);
    let draft = bench.draft(&bench.plan(1));
    bench.take(&draft);
    let repeat = again(&bench, &draft, 2);
    let effects = bench.hear(bench.leader(2), Message::Proposal(Box::new(repeat)));
    assert_eq!(reasons(&effects), [TimeoutReason::InvalidProposal]);
    assert!(!broadcast(&effects).is_empty());
}
