//! Where a signer is, and the certificates that both sides show.

use super::RemoteError;
use crate::files;
use std::path::{Path, PathBuf};
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity, ServerTlsConfig};

/// The name in a signer's certificate, whatever its host is called: the authority signs nothing else.
pub const SERVER_NAME: &str = "palisade-signer";

/// Where a signer is: `unix:/run/palisade/signer.sock`, or `10.0.0.7:26610`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A socket on this machine.
    Unix(PathBuf),
    /// A host and a port, with certificates on both sides.
    Tcp(String),
}

impl std::str::FromStr for Address {
    type Err = RemoteError;

    fn from_str(text: &str) -> Result<Self, RemoteError> {
        let wrong = || RemoteError::Address(text.to_owned());
        if let Some(path) = text.strip_prefix("unix:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() {
                return Err(wrong());
            }
            let path = std::path::absolute(path).map_err(|_| wrong())?;
            return Ok(Self::Unix(path));
        }
        let rest = text.strip_prefix("https://").unwrap_or(text);
        let (host, port) = rest.rsplit_once(':').ok_or_else(wrong)?;
        let is_port = port.parse::<u16>().is_ok();
        if host.is_empty() || host.contains('/') || !is_port {
            return Err(wrong());
        }
        Ok(Self::Tcp(rest.to_owned()))
    }
}

impl core::fmt::Display for Address {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Tcp(address) => f.write_str(address),
        }
    }
}

impl Address {
    /// How a node reaches it.
    pub(super) fn endpoint(&self, tls: Option<&TlsFiles>) -> Result<Endpoint, RemoteError> {
        let wrong = |_| RemoteError::Address(self.to_string());
        match (self, tls) {
            (Self::Unix(path), _) => {
                Endpoint::from_shared(format!("unix://{}", path.display())).map_err(wrong)
            }
            (Self::Tcp(_), None) => Err(RemoteError::NeedsTls(self.to_string())),
            (Self::Tcp(address), Some(tls)) => Endpoint::from_shared(format!("https://{address}"))
                .map_err(wrong)?
                .tls_config(tls.client()?)
                .map_err(|error| RemoteError::Tls(error.to_string())),
        }
    }
}

/// The files of one side: who it is, and who may be the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The authority that signed the other side's certificate, PEM.
    pub authority: PathBuf,
    /// Its own certificate, PEM.
    pub certificate: PathBuf,
    /// Its own key, PEM, readable by its owner alone.
    pub key: PathBuf,
}

impl TlsFiles {
    /// The files of a signer in `folder`, as [`issue`](super::issue) writes them.
    #[must_use]
    pub fn signer_in(folder: &Path) -> Self {
        Self::named(folder, "signer")
    }

    /// The files of a node in `folder`, as [`issue`](super::issue) writes them.
    #[must_use]
    pub fn node_in(folder: &Path) -> Self {
        Self::named(folder, "node")
    }

    pub(super) fn named(folder: &Path, name: &str) -> Self {
        Self {
            authority: folder.join("authority.pem"),
            certificate: folder.join(format!("{name}.pem")),
            key: folder.join(format!("{name}.key")),
        }
    }

    fn read(&self) -> Result<(Certificate, Identity), RemoteError> {
        let public = |path: &Path| {
            std::fs::read(path).map_err(|source| RemoteError::File {
                path: path.to_owned(),
                source,
            })
        };
        let key = files::read_private(&self.key)?;
        let identity = Identity::from_pem(public(&self.certificate)?, &*key);
        Ok((Certificate::from_pem(public(&self.authority)?), identity))
    }

    fn client(&self) -> Result<ClientTlsConfig, RemoteError> {
        let (authority, identity) = self.read()?;
        Ok(ClientTlsConfig::new()
            .domain_name(SERVER_NAME)
            .ca_certificate(authority)
            .identity(identity))
    }

    pub(super) fn server(&self) -> Result<ServerTlsConfig, RemoteError> {
        let (authority, identity) = self.read()?;
        Ok(ServerTlsConfig::new()
            .identity(identity)
            .client_ca_root(authority)
            .client_auth_optional(false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_sockets_of_this_machine_or_hosts_with_a_port() {
        let parsed = |text: &str| text.parse::<Address>();
        assert_eq!(
            parsed("unix:/run/s.sock").unwrap(),
            Address::Unix("/run/s.sock".into())
        );
        assert_eq!(
            parsed("unix:///run/s.sock").unwrap(),
            Address::Unix("/run/s.sock".into())
        );
        assert_eq!(
            parsed("https://signer.example:26610").unwrap(),
            Address::Tcp("signer.example:26610".into())
        );
        assert_eq!(parsed("[::1]:5").unwrap(), Address::Tcp("[::1]:5".into()));
        for wrong in [
            "",
            "unix:",
            "host",
            "host:port",
            "host:70000",
            ":5",
            "http://a:1",
            "a/b:1",
        ] {
            assert!(parsed(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn tcp_needs_certificates() {
        let address = Address::Tcp("127.0.0.1:1".into());
        assert!(matches!(address.endpoint(None), Err(RemoteError::NeedsTls(_))));
    }
}
