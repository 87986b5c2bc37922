//! The certificate that the node shows, and its key.

use crate::config::Config;
use std::path::PathBuf;
use std::time::Duration;
use tonic::transport::{Identity, ServerTlsConfig};

/// How long a client may take to agree on keys.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// The certificate or its key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("rpc.{field}: cannot read {}: {source}", path.display())]
    Read {
        /// Which setting names it.
        field: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is not what it should be.
    #[error("rpc.{field}: {} has no {what} in PEM form", path.display())]
    NotPem {
        /// Which setting names it.
        field: &'static str,
        /// The file.
        path: PathBuf,
        /// What was looked for.
        what: &'static str,
    },
    /// The two do not work, alone or together.
    #[error("rpc.tls_cert and rpc.tls_key do not work: {0}")]
    Unusable(String),
}

fn read(field: &'static str, path: &str, what: &'static str) -> Result<Vec<u8>, TlsError> {
    let path = PathBuf::from(path);
    let text = std::fs::read(&path).map_err(|source| TlsError::Read {
        field,
        path: path.clone(),
        source,
    })?;
    let begin = format!(
        "-----BEGIN {}",
        if what == "certificate" { "CERTIFICATE" } else { "" }
    );
    let lossy = String::from_utf8_lossy(&text);
    let there = lossy.lines().any(|line| {
        line.starts_with(&begin) && (what == "certificate" || line.ends_with("PRIVATE KEY-----"))
    });
    if there {
        Ok(text)
    } else {
        Err(TlsError::NotPem { field, path, what })
    }
}

/// What encrypts connections; `None` when nothing does.
///
/// # Errors
/// [`TlsError::Read`], [`TlsError::NotPem`].
pub(crate) fn load(config: &Config) -> Result<Option<ServerTlsConfig>, TlsError> {
    if !config.has_tls() {
        return Ok(None);
    }
    let certificate = read("tls_cert", &config.tls_cert, "certificate")?;
    let key = read("tls_key", &config.tls_key, "private key")?;
    Ok(Some(
        ServerTlsConfig::new()
            .identity(Identity::from_pem(certificate, key))
            .timeout(HANDSHAKE),
    ))
}
