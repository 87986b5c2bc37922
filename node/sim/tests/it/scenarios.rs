//! Named regressions: what stopped or split other chains in production (consensus.md, section 1.4), and what an
//! operator will see sooner or later.

use consensus::Message;
use light_palisade::{Evidence, VoteKind};
use palisade_sim::faults::{Fault, Point};
use palisade_sim::log::Tail;
use palisade_sim::{MockScheme, Plan, World};
use std::collections::BTreeSet;

const FOREVER: u64 = 1_000_000;

/// Four equal seats and a follower, whose number is 4, for as long as the first epoch lasts.
fn four(epoch_ms: u64) -> World<MockScheme> {
    let plan = Plan {
        epoch_ms,
        ..Plan::calm(1, 4)
    };
    World::new(MockScheme, plan).unwrap()
}

fn run(world: &mut World<MockScheme>, until: u64) {
    if let Err(failure) = world.run_until(until) {
        panic!("{}", failure.story);
    }
}

fn kind(message: &Message) -> Option<VoteKind> {
    match message {
        Message::Votes(votes) => votes.first().map(|vote| vote.statement.kind()),
        Message::Certificates(all) => all.first().map(|certificate| certificate.statement.kind()),
        Message::Proposal(_) | Message::CertificatesWanted { .. } => None,
    }
}

fn least(world: &World<MockScheme>, nodes: &[usize]) -> u64 {
    let heights = world.heights();
    nodes.iter().map(|node| heights[*node]).min().unwrap()
}

#[test]
fn four_nodes_finalize_a_hundred_blocks_through_set_changes() {
    let mut world = four(20_000);
    let report = world.run().unwrap_or_else(|failure| panic!("{}", failure.story));
    assert!(report.height >= 100 && report.epoch >= 4, "{report:?}");
    let sets: BTreeSet<_> = (1..report.height)
        .map(|height| world.block(0, height).unwrap().header.validators_root)
        .collect();
    assert!(sets.len() >= 4);
}

/// All online, but every certificate reaches one node alone, so that nobody holds what a proposal needs.
#[test]
fn split_views() {
    for seed in 0..8 {
        let plan = Plan {
            epoch_ms: FOREVER,
            ..Plan::calm(seed, 4)
        };
        let mut world = World::new(MockScheme, plan).unwrap();
        run(&mut world, 2_500);
        world.filter = Some(Box::new(move |time, from, to, message| {
            let lucky = |period: u64| (time / period + seed) % 4 == to as u64;
            match kind(message) {
                Some(VoteKind::Finalize) => true,
                Some(VoteKind::Notarize) => !lucky(700),
                Some(VoteKind::Nullify) => lucky(1_300) || (time / 400 + from as u64).is_multiple_of(3),
                None => false,
            }
        }));
        run(&mut world, 30_000);
        let before = world.heights();
        world.heal();
        run(&mut world, 60_000);
        assert!(
            least(&world, &[0, 1, 2, 3]) > before.iter().max().unwrap() + 5,
            "{before:?} {:?}",
            world.heights()
        );
    }
}

/// Everybody has voted to leave the view, nobody has heard it, everybody restarts: the votes must be in the pools
/// again.
#[test]
fn a_restarted_quorum_adds_its_own_votes_again() {
    let mut world = four(FOREVER);
    run(&mut world, 2_500);
    world.filter = Some(Box::new(|_, _, _, _| true));
    run(&mut world, 6_000);
    let stuck = world.heights();
    for node in 0..4 {
        world.crash(node);
    }
    world.heal();
    run(&mut world, 12_000);
    assert!(
        least(&world, &[0, 1, 2, 3]) > stuck[0],
        "{stuck:?} {:?}",
        world.heights()
    );
}

#[test]
fn two_against_two_halts_and_goes_on_after_healing() {
    let mut world = four(10_000);
    run(&mut world, 4_500);
    world.network.split(&BTreeSet::from([0, 1, 4]), 5);
    run(&mut world, 6_000);
    let halted = world.heights();
    run(&mut world, 40_000);
    let highest = world.heights().into_iter().max().unwrap();
    assert!(
        highest <= halted.iter().max().unwrap() + 1,
        "neither half is a quorum"
    );
    world.heal();
    run(&mut world, 70_000);
    assert!(
        least(&world, &[0, 1, 2, 3]) > highest + 5,
        "{:?}",
        world.heights()
    );
}

#[test]
fn with_one_of_four_dead_the_others_go_on() {
    let mut world = four(FOREVER);
    run(&mut world, 3_000);
    world.crash(2);
    run(&mut world, 60_000);
    let dead = world.heights()[2];
    assert!(least(&world, &[0, 1, 3]) > dead + 30, "{:?}", world.heights());
    world.restart(2);
    run(&mut world, 75_000);
    let heights = world.heights();
    assert!(heights[2] + 2 >= heights[0], "{heights:?}");
}

/// What a steady load sees of a network, at node 0.
#[derive(Debug)]
struct Pulse {
    views: u64,
    blocks: u64,
    /// Median milliseconds from a transaction's arrival to its finality.
    finality: u64,
}

/// Offers a transaction every 20 ms for ten seconds.
fn load(world: &mut World<MockScheme>) -> Pulse {
    let start = world.now();
    let (view, height) = (world.positions()[0].1, world.heights()[0]);
    let (mut seen, mut waits) = (height, Vec::new());
    while world.now() < start + 10_000 {
        world.offer(&world.now().to_be_bytes());
        for _ in 0..5 {
            run(world, world.now() + 4);
            for height in seen + 1..=world.heights()[0] {
                let block = world.block(0, height).unwrap();
                for transaction in &block.transactions {
                    let arrived = u64::from_be_bytes(transaction.as_slice().try_into().unwrap());
                    if arrived >= start {
                        waits.push(world.now() - arrived);
                    }
                }
            }
            seen = world.heights()[0];
        }
    }
    waits.sort_unstable();
    assert!(waits.len() > 200, "{} were finalized", waits.len());
    Pulse {
        views: world.positions()[0].1 - view,
        blocks: seen - height,
        finality: waits[waits.len() / 2],
    }
}

/// One of four dead costs next to nothing once it was noticed, and it has its views again when it is back.
#[test]
fn a_dead_leader_that_was_noticed_is_skipped() {
    for seed in 0..4 {
        let plan = Plan {
            epoch_ms: FOREVER,
            ..Plan::calm(seed, 4)
        };
        let mut world = World::new(MockScheme, plan).unwrap();
        run(&mut world, 2_000);
        let healthy = load(&mut world);
        world.crash(2);
        load(&mut world);
        let dead = load(&mut world);
        let figures = format!("seed {seed}: {healthy:?}, one of four dead: {dead:?}");
        assert!(dead.finality <= 2 * healthy.finality, "{figures}");
        assert!(2 * dead.views >= healthy.views, "{figures}");
        assert!(10 * dead.blocks >= 6 * healthy.blocks, "{figures}");
        world.restart(2);
        let returning = load(&mut world);
        assert!(
            3 * returning.views >= 2 * healthy.views,
            "{figures}, {returning:?}"
        );
        let before = world.heights()[0];
        let back = load(&mut world);
        let led = (before + 1..=before + back.blocks)
            .filter(|height| world.block(0, *height).unwrap().header.proposer.get() == 2)
            .count() as u64;
        assert!(5 * led >= back.blocks, "{figures}, back: {back:?}, leads {led}");
    }
}

#[test]
fn all_four_crash_at_once_at_any_point() {
    let points = [
        Point::Before,
        Point::Torn,
        Point::Unsynced(Tail::Lost),
        Point::Unsynced(Tail::Kept),
        Point::Synced,
        Point::Sent,
    ];
    for records in 1..12 {
        for point in points {
            let mut world = four(6_000);
            run(&mut world, 3_000);
            for node in 0..4 {
                world.doom(node, records, point, 300);
            }
            run(&mut world, 9_000);
            let before = world.heights().into_iter().max().unwrap();
            world.heal();
            run(&mut world, 20_000);
            assert_eq!(world.reached().crashes, 4, "{records} {point:?}");
            assert!(least(&world, &[0, 1, 2, 3]) > before, "{records} {point:?}");
        }
    }
}

/// One node crashes at each record of its log in turn, in each way; it never contradicts itself, and catches up.
#[test]
fn a_crash_at_every_record_of_the_log() {
    let mut world = four(4_000);
    run(&mut world, 9_000);
    let records = world.records(0);
    assert!(records > 40);
    for record in 1..records - 4 {
        let torn = Tail::Torn {
            frames: 0,
            bytes: (record * 7 % 150) as usize,
        };
        for point in [
            Point::Before,
            Point::Torn,
            Point::Unsynced(torn),
            Point::Synced,
            Point::Sent,
        ] {
            let mut world = four(4_000);
            run(&mut world, 1);
            world.doom(0, record, point, 200);
            run(&mut world, 11_000);
            let heights = world.heights();
            assert_eq!(world.reached().crashes, 1, "{record} {point:?}");
            assert!(
                heights[0] + 3 >= heights[1] && heights[1] >= 6,
                "{record} {point:?} {heights:?}"
            );
        }
    }
}

/// No finalization arrives while the epoch should end: the boundary block is proposed again, view after view, and
/// finalized when messages flow.
#[test]
fn a_boundary_block_is_proposed_again_until_it_is_final() {
    let mut world = four(3_000);
    run(&mut world, 1_500);
    world.filter = Some(Box::new(|_, _, _, message| {
        kind(message) == Some(VoteKind::Finalize)
    }));
    run(&mut world, 12_000);
    let views: BTreeSet<_> = world
        .positions()
        .into_iter()
        .filter(|(epoch, _)| *epoch == 0)
        .collect();
    let again = world.reached().again;
    assert!(again >= 12, "heard again {again} times; {views:?}");
    assert!(world.positions().iter().all(|(epoch, _)| *epoch == 0));
    world.heal();
    run(&mut world, 25_000);
    assert!(
        world.positions().iter().all(|(epoch, _)| *epoch >= 2),
        "{:?}",
        world.positions()
    );
    let boundary = (1..world.heights()[0])
        .filter_map(|height| world.block(0, height))
        .find(|block| block.header.is_boundary())
        .unwrap();
    let next = world.block(0, boundary.header.height.get() + 1).unwrap();
    let opened_by = next.justification.parent.as_ref().unwrap().statement;
    assert_eq!(
        opened_by.block().unwrap().1,
        boundary.hash(),
        "the header stays the same"
    );
    assert!(
        opened_by.view() > boundary.header.view,
        "it was finalized in a later view than its own"
    );
}

#[test]
fn equivocation_is_found_and_blamed() {
    for fault in [Fault::Equivocator, Fault::DoubleVoter] {
        let mut plan = Plan::calm(5, 4);
        plan.byzantine.insert(1, vec![fault]);
        let mut world = World::new(MockScheme, plan).unwrap();
        let report = world.run().unwrap_or_else(|failure| panic!("{}", failure.story));
        let guilty: BTreeSet<_> = world.oracle().proven().map(|(node, _, _)| node).collect();
        assert_eq!(guilty, BTreeSet::from([1]), "{fault:?}");
        let on_chain = (1..=report.height)
            .filter_map(|height| world.block(0, height))
            .flat_map(|block| block.evidence.clone())
            .filter(|evidence| matches!(evidence, Evidence::Votes(..)))
            .count();
        assert!(on_chain > 0, "{fault:?}: evidence reaches a block");
    }
}
