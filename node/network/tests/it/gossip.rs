//! Gossip of transactions.

use crate::support::{Node, key, stop, until, within};
use bytes::Bytes;
use palisade_network::{
    Config, DisconnectReason, Event, GossipConfig, GossipId, PeerKey, SendError, Verdict,
};
use std::time::Duration;
use tokio::time::sleep;

fn quick() -> Config {
    Config {
        gossip: GossipConfig {
            heartbeat_ms: 100,
            max_rejected_per_minute: 3,
            ..GossipConfig::default()
        },
        ..Config::default()
    }
}

async fn start(number: u8, others: &[&Node]) -> Node {
    let config = Config {
        persistent_peers: crate::support::dialing(others).persistent_peers,
        ..quick()
    };
    Node::start(number, config).await
}

async fn heard(node: &mut Node) -> (PeerKey, GossipId, Bytes) {
    node.next("gossip", |event| match event {
        Event::Gossip { from, id, bytes } => Some((from, id, bytes)),
        _ => None,
    })
    .await
}

/// Gossips ever new messages until `other` hears one.
async fn meet(node: &Node, other: &mut Node) -> (PeerKey, GossipId, Bytes) {
    let talking = async {
        for number in 0u32.. {
            node.handle
                .gossip(Bytes::from(number.to_be_bytes().to_vec()))
                .unwrap();
            sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::select! {
        heard = heard(other) => heard,
        () = talking => unreachable!("there are many numbers"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gossip_goes_on_only_once_it_is_accepted() {
    let first = start(1, &[]).await;
    let mut middle = start(2, &[&first]).await;
    let mut last = start(3, &[&middle]).await;
    until("a chain of links", || middle.handle.peers().len() == 2).await;
    // Each pair must have exchanged subscriptions.
    meet(&first, &mut middle).await;
    let (_, id, bytes) = meet(&middle, &mut last).await;
    assert_eq!(bytes.len(), 4);
    last.handle.report(id, key(2), Verdict::Ignore).unwrap();

    first.handle.gossip("bad".into()).unwrap();
    first.handle.gossip("good".into()).unwrap();
    let mut judged = 0;
    while judged < 2 {
        let (from, id, bytes) = heard(&mut middle).await;
        assert_eq!(from, key(1));
        if bytes == "bad" {
            middle.handle.report(id, from, Verdict::Reject).unwrap();
            judged += 1;
        } else if bytes == "good" {
            middle.handle.report(id, from, Verdict::Accept).unwrap();
            judged += 1;
        }
    }
    loop {
        let (from, _, bytes) = heard(&mut last).await;
        assert_ne!(bytes, "bad");
        if bytes == "good" {
            assert_eq!(from, key(2), "told by the neighbour");
            break;
        }
    }
    stop(vec![first, middle, last]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_gossips_much_that_is_bad_is_banned() {
    let spammer = start(1, &[]).await;
    let mut victim = start(2, &[&spammer]).await;
    meet(&spammer, &mut victim).await;
    let reason = within("the ban", async {
        let mut number = 0u32;
        loop {
            // Once it is banned nobody listens to it, which is no error.
            spammer
                .handle
                .gossip(Bytes::from(format!("spam {number}")))
                .unwrap();
            number += 1;
            match victim.events.recv().await.expect("the network runs") {
                Event::Gossip { from, id, .. } => victim.handle.report(id, from, Verdict::Reject).unwrap(),
                Event::Disconnected(_, reason) => return reason,
                _ => {}
            }
        }
    })
    .await;
    assert_eq!(reason, DisconnectReason::BadGossip);
    stop(vec![spammer, victim]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_message_is_refused_and_the_longest_arrives() {
    let first = start(1, &[]).await;
    let mut second = start(2, &[&first]).await;
    meet(&first, &mut second).await;
    let limit = 512 << 10;
    let refused = first.handle.gossip(Bytes::from(vec![0; limit + 1]));
    assert_eq!(
        refused,
        Err(SendError::TooLong {
            length: limit + 1,
            limit
        })
    );
    first.handle.gossip(Bytes::from(vec![0; limit])).unwrap();
    while heard(&mut second).await.2.len() != limit {}
    stop(vec![first, second]).await;
}
