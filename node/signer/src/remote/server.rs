//! The signer's listener: a socket that its owner alone can open, or TCP with certificates on both sides.

use super::RemoteError;
use super::address::{Address, TlsFiles};
use super::service::Service;
use crate::local::SignerError;
use crate::ring::KeyRing;
use proto::signer::v1::remote_signer_service_server::RemoteSignerServiceServer;
use std::fs::Permissions;
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, UnixListener, UnixStream};
use tokio::sync::mpsc;
use tokio_stream::wrappers::{TcpListenerStream, UnixListenerStream};
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;
use tonic::transport::server::Router;

/// The longest call: 1,024 statements and more.
const MAX_CALL: usize = 256 << 10;
/// Calls of one connection at once.
const CALLS: usize = 16;
/// How long a call may take; a disk that takes longer is broken.
const PATIENCE: Duration = Duration::from_secs(10);

/// How a signer is served.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// Where.
    pub listen: Address,
    /// Who it is and who may ask; needed for TCP, unused on a socket.
    pub tls: Option<TlsFiles>,
    /// How long a lease lasts without being used or kept.
    pub lease: Duration,
}

enum Socket {
    Unix(UnixListener, PathBuf),
    Tcp(TcpListener),
}

/// A signer that accepts connections.
pub struct Listening {
    socket: Socket,
    router: Router,
    broken: mpsc::Receiver<SignerError>,
    address: Address,
}

impl core::fmt::Debug for Listening {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Listening({})", self.address)
    }
}

/// Listens; [`Listening::serve`] answers.
///
/// # Errors
/// [`RemoteError`] when the address cannot be listened at, TCP comes without certificates, or they cannot be read.
pub async fn listen(ring: Arc<KeyRing>, config: &ServerConfig) -> Result<Listening, RemoteError> {
    let (failed, broken) = mpsc::channel(1);
    let service = Service::new(ring, config.lease, failed)?;
    let mut server = Server::builder()
        .concurrency_limit_per_connection(CALLS)
        .timeout(PATIENCE)
        .http2_keepalive_interval(Some(Duration::from_secs(10)))
        .http2_keepalive_timeout(Some(Duration::from_secs(5)));
    if let Address::Tcp(address) = &config.listen {
        let tls = config.tls.as_ref();
        let tls = tls
            .ok_or_else(|| RemoteError::NeedsTls(address.clone()))?
            .server()?;
        server = server
            .tls_config(tls)
            .map_err(|error| RemoteError::Tls(error.to_string()))?;
    }
    let service = RemoteSignerServiceServer::new(service).max_decoding_message_size(MAX_CALL);
    let router = server.add_service(service);
    let failed = |source| RemoteError::Listen {
        address: config.listen.to_string(),
        source,
    };
    let (socket, address) = match &config.listen {
        Address::Unix(path) => {
            let listener = private_socket(path).await.map_err(failed)?;
            (Socket::Unix(listener, path.clone()), config.listen.clone())
        }
        Address::Tcp(address) => {
            let listener = TcpListener::bind(address).await.map_err(failed)?;
            let address = listener.local_addr().map_err(failed)?;
            (Socket::Tcp(listener), Address::Tcp(address.to_string()))
        }
    };
    Ok(Listening {
        socket,
        router,
        broken,
        address,
    })
}

impl Listening {
    /// Where it listens: with a port that the system chose, where 0 was asked for.
    #[must_use]
    pub const fn address(&self) -> &Address {
        &self.address
    }

    /// Answers until `stop`, or until the guard fails.
    ///
    /// # Errors
    /// [`RemoteError::Signer`]: the guard failed, and nothing is signed any more.
    pub async fn serve(self, stop: CancellationToken) -> Result<(), RemoteError> {
        let Self {
            socket,
            router,
            mut broken,
            ..
        } = self;
        let ended = stop.child_token();
        let signal = ended.clone().cancelled_owned();
        let serve = async move {
            match socket {
                Socket::Unix(listener, path) => {
                    let connections = UnixListenerStream::new(listener);
                    let served = router.serve_with_incoming_shutdown(connections, signal).await;
                    // Whoever comes next takes the name anyway.
                    std::fs::remove_file(path).unwrap_or_default();
                    served
                }
                Socket::Tcp(listener) => {
                    let connections = TcpListenerStream::new(listener);
                    router.serve_with_incoming_shutdown(connections, signal).await
                }
            }
        };
        tokio::pin!(serve);
        tokio::select! {
            served = &mut serve => served.map_err(|error| RemoteError::Ended(error.to_string())),
            Some(error) = broken.recv() => {
                // The answers under way say so to whoever asked.
                ended.cancel();
                drop(tokio::time::timeout(Duration::from_secs(1), &mut serve).await);
                Err(error.into())
            }
        }
    }
}

/// A socket of mode 0600. One that nobody listens at any more is replaced, another stays.
async fn private_socket(path: &Path) -> io::Result<UnixListener> {
    if let Ok(found) = path.symlink_metadata() {
        if !found.file_type().is_socket() {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "there is a file of that name, and it is no socket",
            ));
        }
        if UnixStream::connect(path).await.is_ok() {
            return Err(io::Error::new(
                io::ErrorKind::AddrInUse,
                "another signer listens there",
            ));
        }
    }
    // Order: nobody can open it under its name before its mode is set.
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let hidden = path.with_file_name(format!(".{name}.{}", std::process::id()));
    match std::fs::remove_file(&hidden) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let listener = UnixListener::bind(&hidden)?;
    std::fs::set_permissions(&hidden, Permissions::from_mode(0o600))?;
    std::fs::rename(&hidden, path)?;
    Ok(listener)
}
