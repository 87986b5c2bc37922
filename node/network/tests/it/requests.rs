//! Questions and answers.

use crate::support::{Node, key, stop, until, within};
use bytes::Bytes;
use palisade_network::{Config, Event, RequestConfig, RequestError, Responder};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(30);

async fn pair(config: Config) -> (Node, Node) {
    let server = Node::start(1, config).await;
    let client = Node::dialing(2, &[&server]).await;
    until("a link", || {
        client.handle.peers().len() == 1 && server.handle.peers().len() == 1
    })
    .await;
    (server, client)
}

async fn request(node: &mut Node) -> (Bytes, Responder) {
    node.next("a request", |event| match event {
        Event::Request { from, bytes, reply } => {
            assert_eq!(from, key(2));
            Some((bytes, reply))
        }
        _ => None,
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_is_answered_also_at_length() {
    let (mut server, client) = pair(Config::default()).await;
    for length in [0, 5, 8 << 20] {
        let asked = client.handle.request(key(1), "how long?".into(), LONG);
        let answered = async {
            let (question, reply) = request(&mut server).await;
            assert_eq!(question, "how long?");
            reply.respond(Bytes::from(vec![7; length])).unwrap();
        };
        let (answer, ()) = tokio::join!(asked, answered);
        assert_eq!(answer.unwrap(), vec![7; length]);
    }
    stop(vec![server, client]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_long_is_refused_on_either_side() {
    let (mut server, client) = pair(Config::default()).await;
    let question = Bytes::from(vec![0; (64 << 10) + 1]);
    assert!(matches!(
        client.handle.request(key(1), question, LONG).await,
        Err(RequestError::TooLong { limit: 65_536, .. })
    ));
    let asked = client.handle.request(key(1), "all of it".into(), LONG);
    let answered = async {
        let (_, reply) = request(&mut server).await;
        let error = reply.respond(Bytes::from(vec![7; (8 << 20) + 1])).unwrap_err();
        assert!(error.to_string().contains("8388609"), "{error}");
    };
    assert_eq!(tokio::join!(asked, answered).0, Err(RequestError::Unanswered));
    stop(vec![server, client]).await;

    // A server that allows itself more than the client takes.
    let mut server = Node::start(1, Config::default()).await;
    let config = Config {
        persistent_peers: server.handle.dial_addresses(),
        requests: RequestConfig {
            max_response_bytes: 1_024,
            ..RequestConfig::default()
        },
        ..Config::default()
    };
    let client = Node::start(2, config).await;
    until("a link", || client.handle.peers().len() == 1).await;
    let asked = client.handle.request(key(1), "all of it".into(), LONG);
    let answered = async {
        request(&mut server)
            .await
            .1
            .respond(Bytes::from(vec![7; 2_000]))
            .unwrap()
    };
    let refused = RequestError::AnswerTooLong {
        length: 2_000,
        limit: 1_024,
    };
    assert_eq!(tokio::join!(asked, answered).0, Err(refused));
    stop(vec![server, client]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_with_too_many_questions_is_told_to_wait() {
    let config = Config {
        requests: RequestConfig {
            inbound_per_peer: 2,
            ..RequestConfig::default()
        },
        ..Config::default()
    };
    let (mut server, client) = pair(config).await;
    let ask = |text: &'static str| {
        let handle = client.handle.clone();
        tokio::spawn(async move { handle.request(key(1), text.into(), LONG).await })
    };
    let (first, second) = (ask("first"), ask("second"));
    let (a, b) = (request(&mut server).await, request(&mut server).await);
    assert_eq!(
        client.handle.request(key(1), "third".into(), LONG).await,
        Err(RequestError::Busy)
    );
    for (question, reply) in [a, b] {
        reply.respond(question).unwrap();
    }
    assert_eq!(first.await.unwrap().unwrap(), "first");
    assert_eq!(second.await.unwrap().unwrap(), "second");
    // The places come back.
    let fourth = ask("fourth");
    let (question, reply) = within("the fourth", request(&mut server)).await;
    reply.respond(question).unwrap();
    assert_eq!(fourth.await.unwrap().unwrap(), "fourth");
    stop(vec![server, client]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silence_ends_with_the_askers_patience() {
    let (mut server, client) = pair(Config::default()).await;
    let patience = Duration::from_secs(2);
    let asked = client.handle.request(key(1), "anyone?".into(), patience);
    let (answer, _kept) = tokio::join!(asked, request(&mut server));
    assert_eq!(answer, Err(RequestError::Timeout(patience)));

    let asked = client.handle.request(key(1), "anyone?".into(), LONG);
    let dropped = async { drop(request(&mut server).await) };
    assert_eq!(tokio::join!(asked, dropped).0, Err(RequestError::Unanswered));
    stop(vec![server, client]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_gone_is_not_waited_for() {
    let (mut server, client) = pair(Config::default()).await;
    let stranger = client.handle.request(key(9), "anyone?".into(), LONG).await;
    assert_eq!(stranger, Err(RequestError::NotConnected(key(9))));
    let asked = client.handle.request(key(1), "anyone?".into(), LONG);
    let leaving = async {
        let question = request(&mut server).await;
        server.handle.shutdown().await;
        drop(question);
    };
    let (answer, ()) = tokio::join!(asked, leaving);
    assert!(
        matches!(answer, Err(RequestError::Failed(_) | RequestError::Unanswered)),
        "{answer:?}"
    );
    stop(vec![client]).await;
}
