//! Sources, with a local server for the web.

use super::*;
use std::net::SocketAddr;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

/// Answers every request with this, once per connection.
async fn serve(answer: Vec<u8>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut request = [0; 1_024];
                if stream.read(&mut request).await.is_ok() && stream.write_all(&answer).await.is_ok() {
                    stream.shutdown().await.ok();
                }
            });
        }
    });
    address
}

fn ok(body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn source(text: &str) -> Source {
    text.parse().unwrap()
}

#[test]
fn sources_are_written_as_the_flag_has_them() {
    assert_eq!(
        source("cmd:echo 1 # one"),
        Source::Command("echo 1 # one".to_owned())
    );
    assert_eq!(
        source("https://a.example/x?y=1#/data/price"),
        Source::Http {
            url: "https://a.example/x?y=1".to_owned(),
            pointer: Some("/data/price".to_owned()),
        }
    );
    for bad in ["", "ftp://x", "file:", "cmd:", "http://x#data", "file:/x#y"] {
        assert!(bad.parse::<Source>().is_err(), "{bad}");
    }
}

#[tokio::test]
async fn a_file_holds_a_number_or_json_with_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("price");
    let plain = source(&format!("file:{}", path.display()));
    assert!(matches!(plain.read(2).await, Err(SourceError::File { .. })));
    std::fs::write(&path, "12.5\n").unwrap();
    assert_eq!(plain.read(2).await.unwrap(), 1_250);
    std::fs::write(&path, r#"{"data": [{"price": "7.25"}, 8.5]}"#).unwrap();
    assert!(matches!(plain.read(2).await, Err(SourceError::Decimal(_))));
    for (pointer, value) in [("/data/0/price", 725), ("/data/1", 850)] {
        let inside = source(&format!("file:{}#{pointer}", path.display()));
        assert_eq!(inside.read(2).await.unwrap(), value);
    }
    let nowhere = source(&format!("file:{}#/data", path.display()));
    assert!(matches!(nowhere.read(2).await, Err(SourceError::NothingThere(_))));
    std::fs::write(&path, vec![b'1'; MAX_BYTES + 1]).unwrap();
    assert!(matches!(plain.read(2).await, Err(SourceError::TooLong)));
    std::fs::write(&path, [0xff, 0xfe]).unwrap();
    assert!(matches!(plain.read(2).await, Err(SourceError::NotText)));
}

#[tokio::test]
async fn a_command_writes_a_number() {
    assert_eq!(source("cmd:echo 3.14159").read(4).await.unwrap(), 31_415);
    let failing = source("cmd:exit 1").read(4).await;
    assert!(matches!(failing, Err(SourceError::Command(_))));
}

#[tokio::test]
async fn an_endpoint_answers_in_json_of_bounded_size() {
    let address = serve(ok(r#"{"price": 64250.75}"#)).await;
    let found = source(&format!("http://{address}/v1#/price")).read(2).await;
    assert_eq!(found.unwrap(), 6_425_075);
    let found = source(&format!("http://{address}/v1#/nothing")).read(2).await;
    assert!(matches!(found, Err(SourceError::NothingThere(_))));
    let broken = serve(ok("{")).await;
    let found = source(&format!("http://{broken}#/price")).read(2).await;
    assert!(matches!(found, Err(SourceError::NotJson(_))));
    let large = serve(ok(&" ".repeat(MAX_BYTES + 1))).await;
    let found = source(&format!("http://{large}#/price")).read(2).await;
    assert!(matches!(found, Err(SourceError::Http { .. })));
    let refusing = serve(b"HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n".to_vec()).await;
    let found = source(&format!("http://{refusing}#/price")).read(2).await;
    assert!(matches!(found, Err(SourceError::Http { .. })));
    // Nobody listens there any more.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = listener.local_addr().unwrap();
    drop(listener);
    let found = source(&format!("http://{nobody}#/price")).read(2).await;
    assert!(matches!(found, Err(SourceError::Http { .. })));
}
