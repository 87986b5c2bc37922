//! Encrypted connections.

use crate::support::{Running, config};
use client::{Client, Error, Timeouts};
use palisade_rpc::{Config, ServeError, Server, TlsError};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

fn certificate() -> CertifiedKey {
    generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap()
}

/// Settings with a certificate of its own, and that certificate.
fn encrypted(folder: &Path) -> (Config, String) {
    let CertifiedKey { cert, key_pair } = certificate();
    let (shown, secret) = (folder.join("cert.pem"), folder.join("key.pem"));
    std::fs::write(&shown, cert.pem()).unwrap();
    std::fs::write(&secret, key_pair.serialize_pem()).unwrap();
    let settings = Config {
        tls_cert: shown.display().to_string(),
        tls_key: secret.display().to_string(),
        ..config()
    };
    (settings, cert.pem())
}

fn url(scheme: &str, address: SocketAddr) -> String {
    format!("{scheme}://{address}")
}

#[tokio::test]
async fn whoever_trusts_the_certificate_is_served_and_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let (settings, ca) = encrypted(folder.path());
    let running = Running::with(settings).await;
    let to = |scheme| url(scheme, running.address);
    let client = Client::connect_tls(&to("https"), Timeouts::default(), ca.as_bytes())
        .await
        .unwrap();
    assert_eq!(client.sync_status().await.unwrap().height, 5);

    let other = certificate().cert.pem();
    let stranger = Client::connect_tls(&to("https"), Timeouts::default(), other.as_bytes()).await;
    assert!(matches!(stranger, Err(Error::Unreachable { .. })), "{stranger:?}");
    let unasked = Client::connect(&to("https"), Timeouts::default())
        .await
        .unwrap_err();
    assert!(unasked.to_string().contains("--tls-ca"), "{unasked}");
    let mismatch = Client::connect_tls(&to("http"), Timeouts::default(), ca.as_bytes()).await;
    assert!(mismatch.unwrap_err().to_string().contains("https://"));
    let plain = match Client::connect(&to("http"), Timeouts::default()).await {
        Ok(client) => client.sync_status().await.map(drop),
        Err(error) => Err(error),
    };
    assert!(matches!(plain, Err(Error::Unreachable { .. })), "{plain:?}");
    // None of them took anything from those who are served.
    assert_eq!(client.sync_status().await.unwrap().height, 5);
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_is_named_before_anybody_connects() {
    let folder = tempfile::tempdir().unwrap();
    let (settings, _) = encrypted(folder.path());
    let refused = async |change: fn(&mut Config, &Path)| {
        let mut settings = settings.clone();
        change(&mut settings, folder.path());
        let node = Arc::new(crate::support::Node::new());
        let error = match Server::new(settings, node) {
            Ok(server) => server.listen().await.map(drop).unwrap_err(),
            Err(error) => error,
        };
        let text = error.to_string();
        (error, text)
    };
    let (error, text) = refused(|s, _| s.tls_key.clear()).await;
    assert!(
        matches!(error, ServeError::Config(_)) && text.contains("rpc.tls_key"),
        "{text}"
    );
    let (error, text) = refused(|s, _| s.tls_cert.clear()).await;
    assert!(
        matches!(error, ServeError::Config(_)) && text.contains("rpc.tls_cert"),
        "{text}"
    );
    let (error, text) = refused(|s, folder| s.tls_cert = folder.join("none").display().to_string()).await;
    assert!(matches!(error, ServeError::Tls(TlsError::Read { .. })), "{text}");
    let (error, text) = refused(|s, _| std::mem::swap(&mut s.tls_cert, &mut s.tls_key)).await;
    assert!(
        matches!(error, ServeError::Tls(TlsError::NotPem { .. })) && text.contains("certificate in PEM"),
        "{text}"
    );
    let (error, text) = refused(|s, folder| {
        let other = folder.join("other.pem");
        std::fs::write(&other, certificate().key_pair.serialize_pem()).unwrap();
        s.tls_key = other.display().to_string();
    })
    .await;
    assert!(matches!(error, ServeError::Tls(TlsError::Unusable(_))), "{text}");
}

#[tokio::test]
async fn an_encrypted_server_may_listen_for_other_machines() {
    let folder = tempfile::tempdir().unwrap();
    let (mut settings, _) = encrypted(folder.path());
    settings.listen = "0.0.0.0:0".parse().unwrap();
    assert_eq!(settings.validate(), Ok(()));
    settings.tls_cert.clear();
    settings.tls_key.clear();
    assert!(
        settings
            .validate()
            .unwrap_err()
            .to_string()
            .contains("rpc.tls_cert")
    );
}
