//! Catching up from peers that are honest, slow, gone, or lying.

use crate::error::SyncError;
use crate::peers::Lie;
use crate::syncer::{CaughtUp, Local, Running, Syncer};
use crate::twin::{CHAIN, Chain, Habit, Named, Net, key};
use crate::{Config, Metrics, Verified};
use light_palisade::VoteKind;
use network::PeerKey;
use primitives::{Epoch, Height, Timestamp};
use std::sync::Arc;

/// Goes on to the very end, so that tests can say where that is.
fn config() -> Config {
    Config {
        blocks_per_request: 4,
        retries: 5,
        close_enough_blocks: 0,
        ..Config::default()
    }
}

fn start(net: &Arc<Net>, local: Local, config: Config, metrics: &Metrics) -> Running {
    let syncer = Syncer::new(CHAIN, Arc::clone(net), Arc::new(Named), config, metrics.clone()).unwrap();
    syncer.run(local, vec![key(1)], Timestamp::new(2_000))
}

/// Everything that is given out, and how it ended.
async fn catch_up(
    net: &Arc<Net>,
    local: Local,
    config: Config,
) -> (Vec<Verified>, Result<CaughtUp, SyncError>) {
    let mut running = start(net, local, config, &Metrics::default());
    let mut blocks = Vec::new();
    while let Some(block) = running.blocks.recv().await {
        blocks.push(block);
    }
    (blocks, running.outcome().await)
}

/// Exactly the chain's blocks above `from`, in order, each with a certificate over it. Signatures cost a millisecond:
/// those at the ends of epochs and one in sixteen of the others are checked.
fn check(chain: &Chain, from: u64, blocks: &[Verified]) {
    let expected = &chain.blocks[usize::try_from(from).unwrap()..];
    assert_eq!(blocks.len(), expected.len());
    for (given, block) in blocks.iter().zip(expected) {
        assert_eq!(&given.block, block);
        assert_eq!(given.hash, block.hash());
        let certificate = given.certificate.as_ref().unwrap();
        assert_eq!(
            certificate.statement.block().map(|(_, hash)| hash),
            Some(given.hash)
        );
        let epoch = block.header.epoch.get();
        if block.header.is_boundary() || block.header.height.get().is_multiple_of(16) {
            crate::twin::committee(epoch).verify(&CHAIN, certificate).unwrap();
        }
        if block.header.is_boundary() {
            assert_eq!(certificate.statement.kind(), VoteKind::Finalize);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_empty_node_gets_everything_from_genesis_over_many_epochs() {
    let chain = Chain::new(95, 7, 0);
    let net = Net::of(&chain, &[Habit::Honest; 3]);
    let (blocks, outcome) = catch_up(&net, chain.local(0), config()).await;
    check(&chain, 0, &blocks);
    let caught_up = outcome.unwrap();
    assert_eq!(
        (caught_up.blocks, caught_up.local.header.height),
        (95, Height::new(95))
    );
    assert_eq!(caught_up.local.committee.epoch(), Epoch::new(13));
    assert!(net.lies().is_empty());
}

#[tokio::test(start_paused = true)]
async fn more_headers_than_one_answer_holds_are_linked_page_by_page() {
    let chain = Chain::new(1_300, 10_000, 0);
    let net = Net::of(&chain, &[Habit::Honest; 2]);
    let (blocks, outcome) = catch_up(&net, chain.local(3), config()).await;
    check(&chain, 3, &blocks);
    assert_eq!(outcome.unwrap().blocks, 1_297);
}

#[tokio::test(start_paused = true)]
async fn the_end_of_an_epoch_is_no_obstacle_wherever_it_lies() {
    let chain = Chain::new(60, 10, 0);
    for (from, to) in [(0, 10), (10, 20), (9, 30), (10, 31), (5, 60), (19, 29)] {
        let net = Net::of(&chain.up_to(to), &[Habit::Honest; 2]);
        let (blocks, outcome) = catch_up(&net, chain.local(from), config()).await;
        check(&chain.up_to(to), from, &blocks);
        assert_eq!(
            outcome.unwrap().local.header.height,
            Height::new(to),
            "{from} to {to}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn every_lie_is_named_and_the_blocks_come_from_the_others() {
    let chain = Chain::new(40, 12, 0);
    let lies = [
        (Habit::Garbage, Lie::Malformed),
        (Habit::WrongKind, Lie::Malformed),
        (Habit::OtherChain, Lie::OtherChain),
        (Habit::NoCertificate, Lie::Certificate),
        (Habit::ForgedCertificate, Lie::Certificate),
        (Habit::ForgedHandOver, Lie::HandOver),
        (Habit::BrokenHeaders, Lie::Headers),
        (Habit::FewHeaders, Lie::Headers),
        (Habit::OtherBlock, Lie::OtherBlock),
        (Habit::WrongBody, Lie::Body),
        (Habit::NoTransaction, Lie::Body),
        (Habit::WrongSeed, Lie::Body),
    ];
    for (habit, lie) in lies {
        let net = Net::of(&chain, &[habit, Habit::Honest, habit]);
        let (blocks, outcome) = catch_up(&net, chain.local(2), config()).await;
        check(&chain, 2, &blocks);
        assert_eq!(outcome.unwrap().blocks, 38, "{habit:?}");
        let named = net.lies();
        assert!(
            !named.is_empty() && named.iter().all(|(_, named)| *named == lie),
            "{habit:?}: {named:?}"
        );
        assert!(
            named.iter().all(|(peer, _)| *peer != 2),
            "{habit:?}: an honest peer was blamed"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_claimed_height_carries_no_authority() {
    let chain = Chain::new(30, 100, 0);
    for from in [28, 10] {
        let net = Net::of(&chain, &[Habit::LyingHeight, Habit::Honest]);
        let (blocks, outcome) = catch_up(&net, chain.local(from), config()).await;
        assert_eq!(net.lies(), [(1, Lie::Certificate)]);
        let reached = outcome.unwrap().local.header.height.get();
        check(&chain.up_to(reached), from, &blocks);
    }
    let net = Net::of(&chain, &[Habit::LyingHeight; 3]);
    let (blocks, outcome) = catch_up(&net, chain.local(10), config()).await;
    assert!(blocks.is_empty() && matches!(outcome, Err(SyncError::NoPeers { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_finalization_of_a_later_epoch_needs_the_hand_over_to_it() {
    let chain = Chain::new(30, 10, 0);
    let net = Net::of(&chain, &[Habit::NoHandOver, Habit::Honest]);
    let (blocks, outcome) = catch_up(&net, chain.local(0), config()).await;
    check(&chain, 0, &blocks);
    assert_eq!(outcome.unwrap().blocks, 30);
    assert!(
        net.lies().is_empty(),
        "who has nothing to show is passed over, not blamed"
    );
}

#[tokio::test(start_paused = true)]
async fn withheld_bodies_come_from_whoever_has_them() {
    let chain = Chain::new(50, 100, 0);
    for habit in [Habit::NoBodies, Habit::Silent, Habit::Lacks(17)] {
        let net = Net::of(&chain, &[habit, habit, Habit::Honest]);
        let (blocks, outcome) = catch_up(&net, chain.local(0), config()).await;
        check(&chain, 0, &blocks);
        assert_eq!(outcome.unwrap().blocks, 50, "{habit:?}");
        assert!(net.lies().is_empty(), "{habit:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_nobody_has_ends_it_after_everything_before_it() {
    let chain = Chain::new(50, 100, 0);
    let net = Net::of(&chain, &[Habit::Lacks(17); 3]);
    let (blocks, outcome) = catch_up(&net, chain.local(0), config()).await;
    // The one before waits for its certificate, which the missing one carries.
    assert_eq!(blocks.len(), 15);
    assert!(
        matches!(outcome, Err(SyncError::NoPeers { what: "bodies", .. })),
        "{outcome:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn who_pruned_the_missing_blocks_is_passed_over_without_blame() {
    let chain = Chain::new(60, 10, 0);
    let net = Net::of(&chain.pruned_below(35), &[Habit::Honest; 3]);
    net.join(4, &chain, Habit::Honest);
    let (blocks, outcome) = catch_up(&net, chain.local(4), config()).await;
    check(&chain, 4, &blocks);
    assert_eq!(outcome.unwrap().blocks, 56);
    assert!(net.lies().is_empty());
}

#[tokio::test(start_paused = true)]
async fn when_all_have_pruned_it_is_said_what_they_keep_and_what_to_do() {
    let chain = Chain::new(60, 100, 0);
    let net = Net::of(&chain.pruned_below(40), &[Habit::Honest; 2]);
    net.join(3, &chain.pruned_below(35), Habit::Honest);
    let (blocks, outcome) = catch_up(&net, chain.local(4), config()).await;
    assert!(blocks.is_empty() && net.lies().is_empty());
    let error = outcome.unwrap_err();
    let expected = SyncError::Pruned {
        height: Height::new(4),
        earliest: Height::new(35),
    };
    assert_eq!(error, expected);
    assert!(error.to_string().contains("palisade join"), "{error}");
    // One that is within the window of all catches up.
    let (blocks, outcome) = catch_up(&net, chain.local(39), config()).await;
    check(&chain, 39, &blocks);
    assert_eq!(outcome.unwrap().blocks, 21);
}

#[tokio::test(start_paused = true)]
async fn peers_that_vanish_midway_are_replaced_by_those_that_come() {
    let chain = Chain::new(80, 9, 0);
    for after in [1, 2, 3, 5, 8, 13] {
        let net = Net::of(&chain, &[Habit::Vanishes(after), Habit::Vanishes(after + 1)]);
        let late = Arc::clone(&net);
        let same = chain.clone();
        tokio::spawn(async move {
            tokio::time::sleep(std::time::Duration::from_secs(2)).await;
            late.join(3, &same, Habit::Honest);
        });
        let (blocks, outcome) = catch_up(&net, chain.local(4), config()).await;
        check(&chain, 4, &blocks);
        assert_eq!(outcome.unwrap().blocks, 76, "after {after}");
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_to_ask_is_said_and_not_waited_for_for_ever() {
    let chain = Chain::new(5, 100, 0);
    let net = Net::of(&chain, &[]);
    let (blocks, outcome) = catch_up(&net, chain.local(0), config()).await;
    assert!(blocks.is_empty());
    assert!(
        matches!(outcome, Err(SyncError::NoPeers { attempts: 6, .. })),
        "{outcome:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_finalized_chain_without_our_own_block_is_a_fork_and_never_taken() {
    let (ours, theirs) = (Chain::new(20, 100, 1), Chain::new(40, 100, 2));
    let net = Net::of(&theirs, &[Habit::Honest; 3]);
    let (blocks, outcome) = catch_up(&net, ours.local(20), config()).await;
    assert!(blocks.is_empty());
    let fork = SyncError::Forked {
        height: Height::new(20),
        ours: ours.header(20).hash(),
        theirs: theirs.header(20).hash(),
    };
    assert_eq!(outcome.unwrap_err(), fork);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_close_enough_asks_for_nothing() {
    let chain = Chain::new(30, 100, 0);
    for from in [26, 29, 30] {
        let net = Net::of(&chain, &[Habit::Honest; 2]);
        let (blocks, outcome) = catch_up(&net, chain.local(from), Config::default()).await;
        assert!(blocks.is_empty());
        assert_eq!(outcome.unwrap().blocks, 0);
        assert!(net.served.lock().unwrap().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_chain_that_goes_on_meanwhile_is_followed() {
    let mut chain = Chain::new(30, 8, 0);
    let net = Net::of(&chain, &[Habit::Honest]);
    let mut running = start(&net, chain.local(0), config(), &Metrics::default());
    let mut blocks = Vec::new();
    while let Some(block) = running.blocks.recv().await {
        if blocks.len() == 20 {
            for _ in 0..25 {
                chain.grow(0);
            }
            net.join(1, &chain, Habit::Honest);
        }
        blocks.push(block);
    }
    check(&chain, 0, &blocks);
    assert_eq!(running.progress.borrow().height, Height::new(55));
    assert_eq!(running.outcome().await.unwrap().blocks, 55);
}

#[tokio::test(start_paused = true)]
async fn bodies_are_fetched_from_several_peers() {
    let chain = Chain::new(200, 1_000, 0);
    let net = Net::of(&chain, &[Habit::Honest; 4]);
    let (blocks, _) = catch_up(&net, chain.local(0), config()).await;
    check(&chain, 0, &blocks);
    let served = net.served.lock().unwrap().clone();
    let shares: Vec<(PeerKey, usize)> = served.into_iter().collect();
    assert_eq!(shares.len(), 4);
    assert!(shares.iter().all(|(_, share)| *share >= 20), "{shares:?}");
}

#[tokio::test(start_paused = true)]
async fn memory_stays_bounded_while_nobody_takes_the_blocks() {
    let chain = Chain::new(300, 1_000, 0);
    let net = Net::of(&chain, &[Habit::Honest; 4]);
    let small = Config {
        ahead: 2,
        buffer_bytes: 20_000,
        ..config()
    };
    let mut running = start(&net, chain.local(0), small, &Metrics::default());
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    let fetched: usize = net.served.lock().unwrap().values().sum();
    // What fits the buffer, what was under way when it was full, and what waits to be taken.
    assert!(fetched < 70, "{fetched} blocks fetched ahead");
    let mut blocks = Vec::new();
    while let Some(block) = running.blocks.recv().await {
        blocks.push(block);
    }
    check(&chain, 0, &blocks);
}

#[tokio::test(start_paused = true)]
async fn it_ends_when_nobody_wants_the_blocks() {
    let chain = Chain::new(100, 1_000, 0);
    let net = Net::of(&chain, &[Habit::Honest; 2]);
    let metrics = Metrics::default();
    let mut running = start(&net, chain.local(0), config(), &metrics);
    assert!(running.blocks.recv().await.is_some());
    assert_eq!(metrics.syncing.get(), 1);
    assert_eq!(running.outcome().await.unwrap_err(), SyncError::Stopped);
    assert_eq!(metrics.syncing.get(), 0);
}

#[tokio::test(start_paused = true)]
async fn old_data_need_a_checkpoint_from_outside() {
    let chain = Chain::new(30, 100, 0);
    let net = Net::of(&chain, &[Habit::Honest]);
    let strict = Config {
        trusting_period_ms: 500,
        ..config()
    };
    let (blocks, outcome) = catch_up(&net, chain.local(0), strict).await;
    assert!(blocks.is_empty() && matches!(outcome, Err(SyncError::TooOld { .. })));
    let lifted = Config {
        trusting_period_ms: 0,
        ..config()
    };
    let (_, outcome) = catch_up(&net, chain.local(0), lifted).await;
    assert_eq!(outcome.unwrap().blocks, 30);
}

#[tokio::test(start_paused = true)]
async fn lies_and_progress_are_counted() {
    let chain = Chain::new(30, 100, 0);
    let net = Net::of(&chain, &[Habit::WrongBody, Habit::Honest]);
    let metrics = Metrics::default();
    let mut running = start(&net, chain.local(0), config(), &metrics);
    while running.blocks.recv().await.is_some() {}
    running.outcome().await.unwrap();
    assert_eq!(metrics.lies(Lie::Body), 1);
    assert_eq!(
        (metrics.blocks.get(), metrics.latest_block_height.get()),
        (30, 30)
    );
    assert_eq!(metrics.target_height.get(), 30);
}
