//! Who gets in, and how peers find each other.

use crate::support::{CHAIN, Node, dialing, key, mesh, stop, until, within};
use palisade_network::{AddPeerError, Class, Config, DisconnectReason, LimitsConfig, NetworkError};
use primitives::ChainHash;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

fn socket(node: &Node) -> String {
    let address = node.handle.local_addresses()[0].clone();
    let port = address.rsplit('/').next().unwrap();
    format!("127.0.0.1:{port}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_taken_port_is_named() {
    let first = Node::start(1, Config::default()).await;
    let config = Config {
        listen: first.handle.local_addresses(),
        ..Config::default()
    };
    let Err(error) = Node::try_start(2, CHAIN, config).await else {
        panic!("two nodes on one port");
    };
    let port: u16 = socket(&first).rsplit(':').next().unwrap().parse().unwrap();
    assert!(
        matches!(&error, NetworkError::PortTaken { port: named, .. } if *named == port),
        "{error}"
    );
    assert!(error.to_string().contains(&port.to_string()), "{error}");
    stop(vec![first]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_setting_is_refused_at_the_start() {
    let config = Config {
        persistent_peers: vec!["/ip4/127.0.0.1/tcp/1".into()],
        ..Config::default()
    };
    let Err(error) = Node::try_start(1, CHAIN, config).await else {
        panic!("it started");
    };
    assert!(error.to_string().contains("/p2p/<peer id>"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_on_the_port_harms_nobody() {
    let mut nodes = mesh(2).await;
    let target = socket(&nodes[0]);
    let garbage: [&[u8]; 4] = [
        b"GET / HTTP/1.1\r\n\r\n",
        &[0xff; 4_096],
        b"\x13/multistream/1.0.0\n\x07/noise\n\xff\xff\xff\xff",
        b"",
    ];
    for bytes in garbage.iter().cycle().take(24) {
        let mut stream = TcpStream::connect(&target).await.unwrap();
        // The node may hang up while we write.
        drop(stream.write_all(bytes).await);
        drop(stream.shutdown().await);
        let mut answer = Vec::new();
        drop(within("the node to hang up", stream.read_to_end(&mut answer)).await);
    }
    let (first, rest) = nodes.split_at_mut(1);
    first[0].reaches(&mut rest[0], Class::Consensus, "unharmed").await;
    rest[0].reaches(&mut first[0], Class::Consensus, "unharmed").await;
    assert_eq!(first[0].handle.peers().len(), 1);
    stop(nodes).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_strangers_do_not_keep_a_validator_out() {
    let config = Config {
        limits: LimitsConfig {
            max_connections: 1,
            ..LimitsConfig::default()
        },
        ..Config::default()
    };
    let first = Node::start(1, config).await;
    first.handle.set_validators(vec![key(1), key(2)]);
    let mut silent = Vec::new();
    for _ in 0..16 {
        silent.push(TcpStream::connect(socket(&first)).await.unwrap());
    }
    let stranger = Node::dialing(9, &[&first]).await;
    until("the stranger to connect", || first.handle.peers().len() == 1).await;
    let second = Node::dialing(2, &[&first]).await;
    second.handle.set_validators(vec![key(1), key(2)]);
    first.linked(&second).await;
    let late = Node::dialing(8, &[&first]).await;
    until("two peers", || first.handle.peers().len() == 2).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(late.handle.peers().is_empty(), "the total is reached");
    stop(vec![first, stranger, second, late]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_of_another_chain_is_never_a_peer() {
    let mut ours = Node::start(1, Config::default()).await;
    let other = ChainHash::new([0xc5; 32]);
    let mut theirs = Node::try_start(2, other, dialing(&[&ours])).await.unwrap();
    for node in [&ours, &theirs] {
        node.handle.set_validators(vec![key(1), key(2)]);
    }
    until("the refusal", || {
        ours.metrics.disconnects("wrong_chain") + theirs.metrics.disconnects("wrong_chain") > 0
    })
    .await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    for node in [&mut ours, &mut theirs] {
        assert!(node.handle.peers().is_empty());
        assert!(node.events.try_recv().is_none(), "nothing is told of it");
    }
    stop(vec![ours, theirs]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_dial_each_other_at_once_end_connected() {
    for round in 0..5u8 {
        // Ports are found by starting once without peers.
        let (first, second) = (
            Node::start(1, Config::default()).await,
            Node::start(2, Config::default()).await,
        );
        let config = |own: &Node, other: &Node| Config {
            listen: own.handle.local_addresses(),
            ..dialing(&[other])
        };
        let configs = (config(&first, &second), config(&second, &first));
        stop(vec![first, second]).await;
        let (first, second) = tokio::join!(Node::start(1, configs.0), Node::start(2, configs.1));
        for node in [&first, &second] {
            node.handle.set_validators(vec![key(1), key(2)]);
        }
        let (mut first, mut second) = (first, second);
        first.linked(&second).await;
        second.linked(&first).await;
        for _ in 0..3 {
            first.reaches(&mut second, Class::Consensus, "there").await;
            second.reaches(&mut first, Class::Consensus, "back").await;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(first.handle.peers().len(), 1, "round {round}");
        stop(vec![first, second]).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_banned_peer_stays_out_until_its_ban_ends() {
    let mut first = Node::start(1, Config::default()).await;
    let mut second = Node::dialing(2, &[&first]).await;
    assert_eq!(
        (first.connected().await, second.connected().await),
        (key(2), key(1))
    );
    first
        .handle
        .ban(key(2), Duration::from_millis(1_500))
        .await
        .unwrap();
    assert_eq!(first.disconnected().await, (key(2), DisconnectReason::Banned));
    assert_eq!(second.disconnected().await.0, key(1));
    assert_eq!(first.connected().await, key(2));
    stop(vec![first, second]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_is_added_while_the_node_runs_is_kept_like_one_of_the_settings() {
    let mut first = Node::start(1, Config::default()).await;
    let mut second = Node::start(2, Config::default()).await;
    let address = second.handle.dial_addresses()[0].clone();
    // Also one that was sent away.
    first.handle.ban(key(2), Duration::from_secs(600)).await.unwrap();
    assert_eq!(first.handle.add_peer(&address).await, Ok(key(2)));
    assert_eq!(
        (first.connected().await, second.connected().await),
        (key(2), key(1))
    );
    second.handle.disconnect(key(1), "just because").await.unwrap();
    second.disconnected().await;
    assert_eq!(second.connected().await, key(1));
    let own = first.handle.dial_addresses()[0].clone();
    assert_eq!(first.handle.add_peer(&own).await, Err(AddPeerError::Itself));
    let wrong = first.handle.add_peer("/ip4/127.0.0.1/tcp/1").await;
    assert!(matches!(&wrong, Err(AddPeerError::Address(hint)) if hint.contains("/p2p/<peer id>")));
    // Other addresses of one peer, until there are too many.
    let id = address.rsplit('/').next().unwrap();
    let mut taken = 1;
    while first
        .handle
        .add_peer(&format!("/ip4/127.0.0.1/tcp/{taken}/p2p/{id}"))
        .await
        .is_ok()
    {
        taken += 1;
    }
    assert_eq!(taken, 8);
    stop(vec![first, second]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_persistent_peer_that_is_disconnected_comes_back() {
    let mut first = Node::start(1, Config::default()).await;
    let second = Node::dialing(2, &[&first]).await;
    assert_eq!(first.connected().await, key(2));
    first.handle.disconnect(key(2), "just because").await.unwrap();
    let (peer, reason) = first.disconnected().await;
    assert_eq!(
        (peer, reason.to_string().as_str()),
        (key(2), "disconnected by this node: just because")
    );
    assert_eq!(first.connected().await, key(2));
    stop(vec![first, second]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_in_an_address_is_looked_up() {
    let first = Node::start(1, Config::default()).await;
    let address = first.handle.dial_addresses()[0].replace("/ip4/127.0.0.1/", "/dns4/localhost/");
    let config = Config {
        persistent_peers: vec![address],
        ..Config::default()
    };
    let second = Node::start(2, config).await;
    until("a link", || second.handle.peers().len() == 1).await;
    until("a ping", || second.handle.peers()[0].rtt_us.is_some()).await;
    stop(vec![first, second]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropping_every_handle_ends_the_network() {
    let Node {
        handle, mut events, ..
    } = Node::start(1, Config::default()).await;
    let address = handle.local_addresses()[0].clone();
    drop(handle);
    assert!(within("the end", events.recv()).await.is_none());
    let config = Config {
        listen: vec![address],
        ..Config::default()
    };
    let again = Node::start(1, config).await;
    stop(vec![again]).await;
}
