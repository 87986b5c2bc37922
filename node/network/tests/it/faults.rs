//! Links made worse on purpose.

use crate::support::{DEADLINE, Node, frames, key, mesh, stop, until, within};
use bytes::Bytes;
use palisade_network::{Class, Config, Event, Events, LinkShape, RequestError, Scope, ShapeError};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tokio::time::sleep;

const BLOCKED_OUT: LinkShape = LinkShape {
    latency_ms: 0,
    jitter_ms: 0,
    loss_percent: 0,
    blocked_out: true,
    blocked_in: false,
};

/// Sends until `node` has dropped something for its shape.
async fn dropped(node: &Node, sender: &Node, to: u8, class: Class) {
    within("a frame to be lost", async {
        while node.metrics.dropped_frames(class, "shaped") == 0 {
            sender.handle.send(key(to), class, "lost".into()).unwrap();
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_blocked_one_way_works_the_other_way_and_heals() {
    let mut nodes = mesh(3).await;
    nodes[0].handle.shape(Scope::Peer(key(2)), BLOCKED_OUT).unwrap();
    for class in Class::ALL {
        dropped(&nodes[0], &nodes[0], 2, class).await;
    }
    let (first, rest) = nodes.split_at_mut(1);
    rest[0]
        .reaches(&mut first[0], Class::Consensus, "the other way")
        .await;
    first[0]
        .reaches(&mut rest[1], Class::Consensus, "another peer")
        .await;
    let patience = Duration::from_millis(200);
    let asked = first[0].handle.request(key(2), "lost?".into(), patience).await;
    assert_eq!(asked, Err(RequestError::Timeout(patience)));
    while let Some(event) = rest[0].events.try_recv() {
        assert!(
            !matches!(event, Event::Frame { from, .. } if from == key(1)),
            "{event:?}"
        );
    }
    first[0].handle.clear_shapes();
    first[0].reaches(&mut rest[0], Class::Consensus, "healed").await;
    assert!(
        nodes[0].metrics.disconnects("unresponsive") == 0,
        "the link itself stayed"
    );
    stop(nodes).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_blocked_inwards_hears_nothing() {
    let mut nodes = mesh(2).await;
    let blocked_in = LinkShape {
        blocked_in: true,
        ..LinkShape::default()
    };
    nodes[0].handle.shape(Scope::All, blocked_in).unwrap();
    dropped(&nodes[0], &nodes[1], 1, Class::Consensus).await;
    let (first, rest) = nodes.split_at_mut(1);
    first[0]
        .reaches(&mut rest[0], Class::Consensus, "outwards it works")
        .await;
    let patience = Duration::from_millis(200);
    let asked = rest[0].handle.request(key(1), "lost?".into(), patience).await;
    assert_eq!(asked, Err(RequestError::Timeout(patience)));
    first[0].handle.clear_shapes();
    rest[0].reaches(&mut first[0], Class::Consensus, "healed").await;
    stop(nodes).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn latency_delays_everything_and_keeps_order() {
    let mut nodes = mesh(2).await;
    let (first, rest) = nodes.split_at_mut(1);
    first[0].reaches(&mut rest[0], Class::Consensus, "warm").await;
    while rest[0].events.try_recv().is_some() {}
    let shape = LinkShape {
        latency_ms: 200,
        jitter_ms: 100,
        ..LinkShape::default()
    };
    first[0].handle.shape(Scope::All, shape).unwrap();
    let started = Instant::now();
    let sent: Vec<Bytes> = (0..20u8).map(|number| vec![number].into()).collect();
    for frame in &sent {
        first[0]
            .handle
            .send(key(2), Class::Consensus, frame.clone())
            .unwrap();
    }
    let taken = frames(&mut rest[0], Class::Consensus, 20).await;
    assert_eq!(taken[&key(1)], sent);
    assert!(
        started.elapsed() >= Duration::from_millis(100),
        "{:?}",
        started.elapsed()
    );
    stop(nodes).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn loss_loses_some_and_not_all() {
    let mut nodes = mesh(2).await;
    let shape = LinkShape {
        loss_percent: 50,
        ..LinkShape::default()
    };
    nodes[0].handle.shape(Scope::All, shape).unwrap();
    for _ in 0..200 {
        nodes[0]
            .handle
            .send(key(2), Class::Consensus, "maybe".into())
            .unwrap();
    }
    until("some losses", || {
        nodes[0].metrics.dropped_frames(Class::Consensus, "shaped") > 50
    })
    .await;
    let arrived = nodes[1].frame(Class::Consensus).await;
    assert_eq!(arrived.1, "maybe");
    let impossible = LinkShape {
        loss_percent: 101,
        ..LinkShape::default()
    };
    assert_eq!(
        nodes[0].handle.shape(Scope::All, impossible),
        Err(ShapeError::Loss(101))
    );
    stop(nodes).await;
}

/// Answers each question with itself, and counts it.
async fn answer_all(mut events: Events, heard: Arc<AtomicU32>) {
    while let Some(event) = events.recv().await {
        if let Event::Request { reply, bytes, .. } = event {
            heard.fetch_add(1, Ordering::SeqCst);
            reply.respond(bytes).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn questions_and_answers_are_lost_on_blocked_links() {
    let server = Node::start(1, Config::default()).await;
    let client = Node::dialing(2, &[&server]).await;
    until("a link", || {
        server.handle.peers().len() == 1 && client.handle.peers().len() == 1
    })
    .await;
    let Node {
        handle: server,
        events,
        ..
    } = server;
    let heard = Arc::new(AtomicU32::new(0));
    tokio::spawn(answer_all(events, heard.clone()));
    let blocked_in = LinkShape {
        blocked_in: true,
        ..LinkShape::default()
    };
    let patience = Duration::from_millis(300);
    // Who is shaped, how, and whether the question still gets there.
    let cases = [
        (&client.handle, BLOCKED_OUT, 0),
        (&server, blocked_in, 0),
        (&server, BLOCKED_OUT, 1),
        (&client.handle, blocked_in, 1),
    ];
    for (number, (shaped, shape, questions)) in cases.into_iter().enumerate() {
        shaped.shape(Scope::All, shape).unwrap();
        let before = heard.load(Ordering::SeqCst);
        if questions == 0 {
            let asked = client.handle.request(key(1), "lost?".into(), patience).await;
            assert_eq!(asked, Err(RequestError::Timeout(patience)), "case {number}");
        } else {
            let answered = async {
                until("the question", || heard.load(Ordering::SeqCst) == before + 1).await;
                sleep(patience).await;
            };
            tokio::select! {
                answer = client.handle.request(key(1), "lost?".into(), DEADLINE) => panic!("{answer:?}"),
                () = answered => {}
            }
        }
        shaped.clear_shapes();
        let asked = client.handle.request(key(1), "healed".into(), DEADLINE).await;
        assert_eq!(asked.unwrap(), "healed", "case {number}");
        assert_eq!(
            heard.load(Ordering::SeqCst),
            before + questions + 1,
            "case {number}"
        );
    }
    within("a clean end", server.shutdown()).await;
    stop(vec![client]).await;
}
