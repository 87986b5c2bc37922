//! Direct streams between validators.

use crate::support::{Node, dialing, frames, key, mesh, mesh_with, stop, until, within};
use bytes::Bytes;
use palisade_network::{Class, Config, DisconnectReason, PeerKey, QueueConfig, SendError};
use std::time::Duration;
use tokio::time::sleep;

fn numbered(range: std::ops::Range<u32>) -> Vec<Bytes> {
    range
        .map(|number| Bytes::from(number.to_be_bytes().to_vec()))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_validators_hear_each_broadcast_in_order() {
    let mut nodes = mesh(4).await;
    for class in Class::ALL {
        for frame in numbered(0..100) {
            for node in &nodes {
                assert_eq!(node.handle.broadcast(class, frame.clone()), Ok(3));
            }
        }
        for node in &mut nodes {
            let taken = frames(node, class, 300).await;
            assert_eq!(taken.len(), 3);
            assert!(
                taken.values().all(|frames| *frames == numbered(0..100)),
                "each sender's frames in order"
            );
        }
    }
    let info = &nodes[0].handle.peers()[0];
    assert!(
        info.validator && info.bytes_in >= 800 && info.bytes_out >= 800,
        "{info:?}"
    );
    stop(nodes).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_validator_that_restarts_on_its_port_is_linked_again() {
    let mut nodes = mesh(4).await;
    let last = nodes.pop().unwrap();
    let listen = last.handle.local_addresses();
    within("the end", last.handle.shutdown()).await;
    let (peer, gone) = nodes[0].disconnected().await;
    assert_eq!(peer, key(4));
    assert!(
        matches!(
            gone,
            DisconnectReason::ClosedByPeer | DisconnectReason::LinkLost(_)
        ),
        "{gone:?}"
    );
    assert!(
        nodes[0]
            .handle
            .send(key(4), Class::Consensus, "lost".into())
            .is_err()
    );

    // It knows nobody: the others, whom it dialed before, find it by the addresses they learned.
    let config = Config {
        listen,
        ..Config::default()
    };
    let mut again = Node::start(4, config).await;
    let keys: Vec<PeerKey> = (1..=4).map(key).collect();
    again.handle.set_validators(keys);
    for node in &mut nodes {
        again.linked(node).await;
        node.reaches(&mut again, Class::Consensus, "welcome back").await;
        again.reaches(node, Class::Consensus, "thanks").await;
    }
    nodes.push(again);
    stop(nodes).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_oversized_frame_ends_the_links_of_the_offender_only() {
    let limits = |number| Config {
        max_frame_bytes: if number == 1 { 4_096 } else { 1 << 20 },
        ..Config::default()
    };
    let mut nodes = mesh_with(3, limits).await;
    nodes[1]
        .handle
        .send(key(1), Class::Consensus, Bytes::from(vec![0; 10_000]))
        .unwrap();
    let too_long = DisconnectReason::OversizedFrame {
        length: 10_000,
        limit: 4_096,
    };
    assert_eq!(nodes[0].disconnected().await, (key(2), too_long));
    assert_eq!(nodes[0].metrics.disconnects("oversized_frame"), 1);
    assert_eq!(nodes[0].metrics.dropped_frames(Class::Consensus, "oversized"), 1);
    let (first, rest) = nodes.split_at_mut(1);
    rest[1]
        .reaches(&mut first[0], Class::Consensus, "still here")
        .await;
    // One bad frame is no ban: it may come back and behave.
    rest[0].reaches(&mut first[0], Class::Consensus, "sorry").await;
    stop(nodes).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader_loses_the_oldest_frames_and_delays_nobody() {
    const FRAMES: u32 = 400;
    const SIZE: usize = 64 << 10;
    let small = |_| Config {
        queues: QueueConfig {
            consensus_frames: 8,
            inbound_items: 4,
            ..QueueConfig::default()
        },
        ..Config::default()
    };
    let mut nodes = mesh_with(3, small).await;
    let frame = |number: u32| {
        let mut frame = number.to_be_bytes().to_vec();
        frame.resize(SIZE, 0);
        Bytes::from(frame)
    };
    let number = |frame: &Bytes| u32::from_be_bytes(frame[..4].try_into().unwrap());
    // Node 2 takes nothing out. Node 3 takes each frame before the next is sent.
    for sent in 0..FRAMES {
        nodes[0].handle.broadcast(Class::Consensus, frame(sent)).unwrap();
        let (_, taken) = nodes[2].frame(Class::Consensus).await;
        assert_eq!(number(&taken), sent, "the fast reader misses nothing");
    }
    let dropped = nodes[0].metrics.dropped_frames(Class::Consensus, "queue_full");
    assert!(dropped > 0);
    let mut taken = Vec::new();
    while taken.last() != Some(&(FRAMES - 1)) {
        taken.push(number(&nodes[1].frame(Class::Consensus).await.1));
    }
    assert!(taken.is_sorted(), "order is kept");
    assert_eq!(
        taken.len() as u64,
        u64::from(FRAMES) - dropped,
        "what was not dropped arrives, the newest included"
    );
    stop(nodes).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_transaction_queue_refuses_the_newest() {
    let small = |_| Config {
        queues: QueueConfig {
            transactions_frames: 4,
            inbound_items: 1,
            ..QueueConfig::default()
        },
        ..Config::default()
    };
    let mut nodes = mesh_with(2, small).await;
    const SIZE: usize = 256 << 10;
    let frame = |number: u32| {
        let mut frame = number.to_be_bytes().to_vec();
        frame.resize(SIZE, 0);
        Bytes::from(frame)
    };
    // Node 2 takes nothing out, so that sooner or later everything between the two is full.
    let mut sent = 0u32;
    let mut full_before = false;
    within("the queue to fill", async {
        loop {
            match nodes[0].handle.send(key(2), Class::Transactions, frame(sent)) {
                Ok(()) => {
                    sent += 1;
                    full_before = false;
                }
                // Full for a moment is not yet full for good.
                Err(SendError::Full) if full_before => return,
                Err(SendError::Full) => {
                    full_before = true;
                    sleep(Duration::from_millis(100)).await;
                }
                Err(other) => panic!("{other}"),
            }
        }
    })
    .await;
    // A vote gets through all the same: it is the only thing received that is no multiple of a frame.
    nodes[0]
        .handle
        .send(key(2), Class::Consensus, "vote".into())
        .unwrap();
    until("the vote", || {
        nodes[1].handle.peers()[0].bytes_in % SIZE as u64 == 4
    })
    .await;
    for expected in 0..sent {
        let (_, taken) = nodes[1].frame(Class::Transactions).await;
        assert_eq!(taken, frame(expected), "nothing that was taken is lost");
    }
    stop(nodes).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_validators_get_direct_streams() {
    let validator = Node::start(1, Config::default()).await;
    let other = Node::dialing(2, &[&validator]).await;
    let observer = Node::dialing(3, &[&validator, &other]).await;
    for node in [&validator, &other, &observer] {
        node.handle.set_validators(vec![key(1), key(2)]);
    }
    validator.linked(&other).await;
    until("the observer to connect", || validator.handle.peers().len() == 2).await;
    until("the observer to connect", || observer.handle.peers().len() == 2).await;
    assert_eq!(validator.handle.broadcast(Class::Consensus, "vote".into()), Ok(1));
    assert_eq!(observer.handle.broadcast(Class::Consensus, "vote".into()), Ok(0));
    let refused = observer.handle.send(key(1), Class::Consensus, "vote".into());
    assert_eq!(refused, Err(SendError::NoStream(key(1))));
    // The observer becomes a validator in place of the other.
    for node in [&validator, &other, &observer] {
        node.handle.set_validators(vec![key(1), key(3)]);
    }
    let mut observer = observer;
    validator
        .reaches(&mut observer, Class::Consensus, "welcome")
        .await;
    until("the other to be left out", || {
        !validator.handle.linked().contains(&key(2))
    })
    .await;
    stop(vec![validator, other, observer]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn validators_find_each_other_through_a_third() {
    let first = Node::start(1, Config::default()).await;
    let second = Node::start(2, dialing(&[&first])).await;
    let third = Node::start(3, dialing(&[&first])).await;
    for node in [&first, &second, &third] {
        node.handle.set_validators((1..=3).map(key).collect());
    }
    second.linked(&third).await;
    third.linked(&second).await;
    stop(vec![first, second, third]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frame_over_the_limit_is_refused_at_the_sender() {
    let node = Node::start(1, Config::default()).await;
    let long = Bytes::from(vec![0; (4 << 20) + 1]);
    let refused = node.handle.broadcast(Class::Consensus, long.clone());
    assert_eq!(
        refused,
        Err(SendError::TooLong {
            length: (4 << 20) + 1,
            limit: 4 << 20
        })
    );
    node.handle.shutdown().await;
    assert_eq!(
        node.handle.broadcast(Class::Consensus, "late".into()),
        Err(SendError::Closed)
    );
    assert_eq!(node.handle.gossip("late".into()), Err(SendError::Closed));
}
