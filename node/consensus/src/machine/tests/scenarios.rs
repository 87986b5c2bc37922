//! Several cores together: what others' production taught (consensus.md, 1.4), by name.

use super::net::Net;
use crate::message::Message;
use light_palisade::VoteKind;

fn kind_of(message: &Message) -> Option<VoteKind> {
    match message {
        Message::Votes(votes) => votes.first().map(|vote| vote.statement.kind()),
        Message::Certificates(certificates) => certificates.first().map(|c| c.statement.kind()),
        Message::Proposal(_) | Message::CertificatesWanted { .. } => None,
    }
}

#[test]
fn four_validators_finalize_a_block_per_idle_interval_through_epochs() {
    let mut net = Net::new(&[1, 1, 1, 1], 5_000);
    net.run(30_000);
    net.assert_agreement();
    let heights = net.heights();
    assert!(
        heights.iter().all(|height| (28..=32).contains(height)),
        "{heights:?}"
    );
    assert!(net.nodes.iter().all(|node| node.core.position().0.get() >= 4));
}

#[test]
fn with_one_of_four_dead_the_others_go_on() {
    let mut net = Net::new(&[1, 1, 1, 1], 5_000);
    net.run(3_000);
    net.crash(2);
    net.run(40_000);
    net.assert_agreement();
    let heights = net.heights();
    assert!(heights[0] > 20, "{heights:?}");
    assert_eq!(heights[0], heights[3]);
}

#[test]
fn a_lone_validator_goes_on_alone() {
    let mut net = Net::new(&[5], 3_000);
    net.run(10_000);
    assert!(net.heights()[0] >= 9, "{:?}", net.heights());
}

/// A restarted quorum must put its own durable votes back into the pool: here everybody has voted to leave the view,
/// nobody has heard it, and everybody restarts.
#[test]
fn a_quorum_that_restarts_with_votes_nobody_heard_goes_on() {
    let mut net = Net::new(&[1, 1, 1, 1], 1_000_000);
    net.run(2_500);
    net.drops = Box::new(|_, _, _, _| true);
    net.run(6_000);
    let stuck = net.heights();
    for index in 0..4 {
        net.crash(index);
    }
    net.drops = Box::new(|_, _, _, _| false);
    for index in 0..4 {
        net.restart(index);
    }
    net.run(12_000);
    net.assert_agreement();
    let heights = net.heights();
    assert!(
        heights.iter().zip(&stuck).all(|(now, then)| now > then),
        "{stuck:?} {heights:?}"
    );
}

/// Certificates spread so that nobody holds what a leader needs: each view's certificates reach one node alone. With
/// justified blocks and requests to likely holders the chain goes on once messages flow again.
#[test]
fn split_views() {
    let mut net = Net::new(&[1, 1, 1, 1], 1_000_000);
    net.run(2_500);
    // Finalizations never arrive; notarizations reach one node per view, nullify votes all.
    net.drops = Box::new(|time, _, to, message| match kind_of(message) {
        Some(VoteKind::Finalize) => true,
        Some(VoteKind::Notarize) => u64::from(to) != (time / 700) % 4,
        Some(VoteKind::Nullify) => u64::from(to) == (time / 1_300) % 4,
        None => false,
    });
    net.run(30_000);
    let before = net.heights();
    net.drops = Box::new(|_, _, _, _| false);
    net.run(60_000);
    net.assert_agreement();
    let heights = net.heights();
    assert!(
        heights.iter().zip(&before).all(|(now, then)| *now > then + 5),
        "{before:?} {heights:?}"
    );
}

#[test]
fn half_and_half_halts_and_heals() {
    let mut net = Net::new(&[1, 1, 1, 1], 10_000);
    net.run(4_500);
    net.drops = Box::new(|_, from, to, _| from / 2 != to / 2);
    net.run(20_000);
    let halted = net.heights();
    net.run(40_000);
    assert_eq!(net.heights(), halted, "neither half is a quorum");
    net.drops = Box::new(|_, _, _, _| false);
    net.run(70_000);
    net.assert_agreement();
    let heights = net.heights();
    assert!(
        heights.iter().all(|height| *height > halted[0] + 5),
        "{halted:?} {heights:?}"
    );
}

#[test]
fn weight_decides_and_not_heads() {
    let mut net = Net::new(&[40, 30, 26, 4], 1_000_000);
    net.crash(2);
    net.crash(3);
    net.run(20_000);
    assert!(
        net.heights()[0] > 6,
        "70 of 100 in two heads: {:?}",
        net.heights()
    );
    net.crash(0);
    net.restart(2);
    net.restart(3);
    let halted = net.heights()[1];
    net.run(40_000);
    assert_eq!(
        net.heights()[1],
        halted,
        "60 of 100 is no quorum, though three of four heads"
    );
}

#[test]
fn a_leader_that_was_silent_for_long_is_skipped_at_once() {
    let mut net = Net::new(&[1, 1, 1, 1], 1_000_000);
    net.crash(1);
    net.run(60_000);
    use crate::effect::{Event, TimeoutReason};
    let skipped = net.nodes[0].events.iter().any(|event| {
        matches!(
            event,
            Event::TimedOut {
                reason: TimeoutReason::Inactivity,
                ..
            }
        )
    });
    assert!(skipped);
    let before = net.heights()[0];
    net.run(90_000);
    assert!(
        net.heights()[0] >= before + 27,
        "a dead leader costs next to nothing: {before} {:?}",
        net.heights()
    );
}

/// Views given up because their leader was silent, as node 0 saw it.
fn skips(net: &Net) -> usize {
    use crate::effect::{Event, TimeoutReason};
    let skipped = net.nodes[0].events.iter().filter(|event| {
        matches!(
            event,
            Event::TimedOut {
                reason: TimeoutReason::Inactivity,
                ..
            }
        )
    });
    skipped.count()
}

#[test]
fn a_silent_leader_stays_known_from_epoch_to_epoch() {
    let mut net = Net::new(&[1, 1, 1, 1], 2_000);
    net.crash(1);
    net.run(20_000);
    assert!(net.nodes[0].core.position().0.get() >= 4);
    let skipped = skips(&net);
    net.run(40_000);
    // An epoch is shorter than the silence that is waited for: whoever started over would never skip.
    assert!(skips(&net) >= skipped + 4, "{skipped} {}", skips(&net));
}

#[test]
fn a_leader_that_comes_back_is_noticed_at_once() {
    let mut net = Net::new(&[1, 1, 1, 1], 1_000_000);
    net.crash(1);
    net.run(14_000);
    let before = skips(&net);
    assert!(before >= 1);
    net.restart(1);
    net.run(17_000);
    let (skipped, height) = (skips(&net), net.heights()[0]);
    net.run(47_000);
    assert_eq!(skips(&net), skipped, "it leads its views again");
    assert!(net.heights()[0] >= height + 29, "{height} {:?}", net.heights());
    let led = net.nodes[0].chain.iter().skip(height);
    let led = led.filter(|block| block.header.proposer.get() == 1).count();
    assert!((7..=8).contains(&led), "{led}");
}

/// A node that hears nobody for long cannot tell who is silent: it is its own link.
#[test]
fn whoever_was_cut_off_skips_nobody_when_it_is_back() {
    let mut net = Net::new(&[1, 1, 1, 1], 1_000_000);
    net.run(5_000);
    net.drops = Box::new(|_, from, to, _| from == 0 || to == 0);
    net.run(25_000);
    net.drops = Box::new(|_, _, _, _| false);
    net.run(60_000);
    assert_eq!(skips(&net), 0);
    net.assert_agreement();
}

#[test]
fn a_validator_that_slept_catches_up_and_votes_again() {
    let mut net = Net::new(&[1, 1, 1, 1], 1_000_000);
    net.run(3_000);
    net.crash(3);
    net.run(12_000);
    net.restart(3);
    net.run(30_000);
    net.assert_agreement();
    let heights = net.heights();
    assert!(heights[0] - heights[3] <= 1, "{heights:?}");
}

/// Blocks are notarized and none is finalized, for long; then a validator without a past is needed for a quorum. It
/// must fetch and judge the whole chain, which no block sync can bring it, because nothing of it is final.
#[test]
fn a_validator_without_a_past_joins_a_long_chain_of_which_nothing_is_final() {
    let mut net = Net::new(&[10, 10, 10, 4], 1_000_000);
    net.crash(3);
    net.drops = Box::new(|_, _, _, message| match message {
        Message::Votes(votes) => votes.iter().any(|v| v.statement.kind() == VoteKind::Finalize),
        _ => false,
    });
    net.run(900_000);
    assert_eq!(net.heights(), [0; 4]);
    assert!(net.nodes[0].core.load().1 > 60, "{:?}", net.nodes[0].core.load());
    net.crash(2);
    net.restart(3);
    net.run(905_000);
    net.drops = Box::new(|_, _, _, _| false);
    net.run(1_200_000);
    net.assert_agreement();
    let heights = net.heights();
    assert!(heights[0] > 80 && heights[3] > 80, "{heights:?}");
}
