//! gRPC-web over HTTP/1.1, CORS and pages: what a browser does, byte by byte.

use crate::support::{Node, Running, config};
use palisade_rpc::{Config, Server};
use prost::Message;
use proto::node::v1::GetNodeInfoResponse;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

const GET_NODE_INFO: &str = "/palisade.node.v1.NodeService/GetNodeInfo";
const GET_DEVNET: &str = "/palisade.dev.v1alpha1.DevService/GetDevnet";

/// What a server answered: status line and headers in lower case, and the body without its chunks.
struct Answer {
    head: String,
    body: Vec<u8>,
}

/// Removes the framing of a chunked body.
fn dechunk(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|pair| pair == b"\r\n") {
        let size = std::str::from_utf8(&rest[..end]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            break;
        }
        body.extend(&rest[end + 2..end + 2 + size]);
        rest = &rest[end + 2 + size + 2..];
    }
    body
}

async fn send(address: SocketAddr, method: &str, path: &str, headers: &[&str], body: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    for header in headers {
        head += &format!("{header}\r\n");
    }
    head += &format!("Content-Length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    let mut all = Vec::new();
    stream.read_to_end(&mut all).await.unwrap();
    let end = all.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(all[..end].to_vec()).unwrap().to_lowercase();
    let body = if head.contains("transfer-encoding: chunked") {
        dechunk(&all[end + 4..])
    } else {
        all[end + 4..].to_vec()
    };
    Answer { head, body }
}

/// A call as gRPC-web frames it: no flags, length, message.
async fn call(address: SocketAddr, path: &str, headers: &[&str]) -> Answer {
    let headers = [
        &["Content-Type: application/grpc-web+proto", "X-Grpc-Web: 1"],
        headers,
    ]
    .concat();
    send(address, "POST", path, &headers, &[0, 0, 0, 0, 0]).await
}

fn length(frame: &[u8]) -> usize {
    usize::try_from(u32::from_be_bytes(frame[1..5].try_into().unwrap())).unwrap()
}

#[tokio::test]
async fn a_browser_calls_over_http_1_and_sees_our_headers() {
    let running = Running::new().await;
    let answer = call(
        running.address,
        GET_NODE_INFO,
        &["Origin: https://explorer.example"],
    )
    .await;
    assert!(answer.head.starts_with("http/1.1 200"), "{}", answer.head);
    assert!(
        answer.head.contains("content-type: application/grpc-web+proto"),
        "{}",
        answer.head
    );
    assert!(
        answer
            .head
            .contains("access-control-allow-origin: https://explorer.example"),
        "{}",
        answer.head
    );
    assert!(answer.head.contains("x-palisade-height: 5"), "{}", answer.head);
    let exposed = answer
        .head
        .lines()
        .find(|line| line.starts_with("access-control-expose-headers"))
        .unwrap();
    for name in [
        "grpc-status",
        "grpc-message",
        "grpc-status-details-bin",
        "x-palisade-chain-id",
    ] {
        assert!(exposed.contains(name), "{name} in {exposed}");
    }
    let message = &answer.body[5..5 + length(&answer.body)];
    assert_eq!(
        GetNodeInfoResponse::decode(message).unwrap().chain_id,
        "palisade-test-1"
    );
    let trailers = &answer.body[5 + length(&answer.body)..];
    assert_eq!(trailers[0], 0x80);
    assert!(String::from_utf8_lossy(&trailers[5..]).contains("grpc-status:0"));
}

#[tokio::test]
async fn a_refusal_reaches_the_browser_with_its_details() {
    let running = Running::new().await;
    let answer = call(
        running.address,
        "/palisade.ledger.v1.LedgerService/QueryState",
        &[],
    )
    .await;
    assert!(answer.head.starts_with("http/1.1 200"), "{}", answer.head);
    assert!(answer.head.contains("grpc-status: 3"), "{}", answer.head);
    assert!(
        answer.head.contains("grpc-status-details-bin: "),
        "{}",
        answer.head
    );
}

fn preflight() -> [&'static str; 2] {
    [
        "Access-Control-Request-Method: POST",
        "Access-Control-Request-Headers: content-type,x-grpc-web",
    ]
}

#[tokio::test]
async fn pages_may_call_the_public_services_but_not_those_of_a_development_chain() {
    let running = Running::new().await;
    let origin = "Origin: https://evil.example";
    let headers = [&[origin][..], &preflight()].concat();
    let public = send(running.address, "OPTIONS", GET_NODE_INFO, &headers, b"").await;
    assert!(
        public
            .head
            .contains("access-control-allow-origin: https://evil.example"),
        "{}",
        public.head
    );
    let dev = send(running.address, "OPTIONS", GET_DEVNET, &headers, b"").await;
    assert!(!dev.head.contains("access-control-allow-origin"), "{}", dev.head);

    // A page that calls without asking first is refused by the service itself: PERMISSION_DENIED.
    let answer = call(running.address, GET_DEVNET, &[origin]).await;
    assert!(answer.head.contains("grpc-status: 7"), "{}", answer.head);
    let own = format!("Origin: http://{}", running.address);
    let answer = call(running.address, GET_DEVNET, &[&own]).await;
    assert!(
        answer.head.starts_with("http/1.1 200") && !answer.head.contains("grpc-status: 7"),
        "{}",
        answer.head
    );
}

#[tokio::test]
async fn only_listed_origins_may_call_where_origins_are_listed() {
    let cors_origins = vec!["https://explorer.example".into()];
    let running = Running::with(Config {
        cors_origins,
        ..config()
    })
    .await;
    for (origin, allowed) in [
        ("https://explorer.example", true),
        ("https://other.example", false),
    ] {
        let header = format!("Origin: {origin}");
        let headers = [&[header.as_str()][..], &preflight()].concat();
        let answer = send(running.address, "OPTIONS", GET_NODE_INFO, &headers, b"").await;
        assert_eq!(
            answer.head.contains("access-control-allow-origin"),
            allowed,
            "{}",
            answer.head
        );
    }
}

#[tokio::test]
async fn what_is_no_call_gets_a_page_or_a_hint() {
    let running = Running::new().await;
    let answer = send(running.address, "GET", "/", &[], b"").await;
    assert!(
        answer.head.starts_with("http/1.1 404") && answer.head.contains("x-hint"),
        "{}",
        answer.head
    );

    let pages = axum::Router::new().route("/", axum::routing::get(|| async { "explorer" }));
    let server = Server::new(config(), Arc::new(Node::new()))
        .unwrap()
        .with_pages(pages.into());
    let listening = server.listen().await.unwrap();
    let address = listening.address();
    let shutdown = CancellationToken::new();
    let serving = tokio::spawn(listening.serve(shutdown.clone()));
    let answer = send(address, "GET", "/", &[], b"").await;
    assert!(answer.head.starts_with("http/1.1 200"), "{}", answer.head);
    assert_eq!(answer.body, b"explorer");
    let answer = call(address, GET_NODE_INFO, &[]).await;
    assert!(
        answer.head.contains("application/grpc-web+proto"),
        "{}",
        answer.head
    );
    shutdown.cancel();
    serving.await.unwrap().unwrap();
}
