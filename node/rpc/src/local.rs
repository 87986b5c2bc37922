//! The listener for the node's owner alone: a socket in the node's home that nobody else can open.
//!
//! No page of a browser can reach it, and no other user of the machine; who can open it may do everything.

use crate::backend::{AdminBackend, Backend, DevBackend};
use crate::config::Config;
use crate::drain::Drain;
use crate::health;
use crate::metrics::Metrics;
use crate::mount::Mounted;
use crate::server::{self, ServeError};
use std::fs::{File, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::{UnixListener, UnixStream};
use tokio_stream::wrappers::UnixListenerStream;
use tokio_util::sync::CancellationToken;
use tower::Layer;

/// How long a call of the owner may take, in milliseconds.
const OWNERS_PATIENCE_MS: u64 = 600_000;

/// The services for the owner, before they listen.
pub struct Local {
    config: Config,
    backend: Arc<dyn Backend>,
    admin: Arc<dyn AdminBackend>,
    dev: Option<Arc<dyn DevBackend>>,
}

impl Local {
    /// AdminService and KeyService; sizes and durations are those of `config`.
    #[must_use]
    pub fn new(config: Config, backend: Arc<dyn Backend>, admin: Arc<dyn AdminBackend>) -> Self {
        Self {
            config,
            backend,
            admin,
            dev: None,
        }
    }

    /// The same with DevService. Only for development chains.
    #[must_use]
    pub fn with_dev(mut self, dev: Arc<dyn DevBackend>) -> Self {
        self.dev = Some(dev);
        self
    }

    /// Listens at `path`, with mode 0600. A socket that nobody listens at any more is replaced.
    ///
    /// # Errors
    /// [`ServeError::Socket`].
    pub async fn listen(self, path: &Path) -> Result<LocalListening, ServeError> {
        let listener = private_socket(path).await;
        let listener = listener.map_err(|source| ServeError::Socket {
            path: path.to_owned(),
            source,
        })?;
        Ok(LocalListening {
            local: self,
            listener,
            path: path.to_owned(),
        })
    }
}

/// The services for the owner, listening.
pub struct LocalListening {
    local: Local,
    listener: UnixListener,
    path: PathBuf,
}

impl LocalListening {
    /// Serves until `shutdown`; calls under way may go on for the grace.
    ///
    /// # Errors
    /// [`ServeError`] when the server cannot start or ends by itself.
    pub async fn serve(self, shutdown: CancellationToken) -> Result<(), ServeError> {
        let Self {
            local,
            listener,
            path,
        } = self;
        let config = &local.config;
        let mut mounted = Mounted::new(config.max_receive_bytes, config.max_send_bytes);
        mounted.owner(&local.admin);
        if let Some(dev) = &local.dev {
            mounted.dev(&local.backend, dev);
        }
        let broken = |error: tonic_reflection::server::Error| ServeError::Descriptors(error.to_string());
        let (routes, names) = mounted.finish().map_err(broken)?;
        let (health, reporter) = health::service(names).await;
        // What the owner asks for may take its time: a snapshot, an export.
        let patient = Config {
            call_timeout_ms: OWNERS_PATIENCE_MS,
            ..config.clone()
        };
        let drain = Drain::new(&patient);
        let gate = server::gate(&patient, &local.backend, &Metrics::default(), &drain)?;
        let calls = gate.layer(routes.add_service(health).prepare());
        let serving = tonic::transport::Server::builder()
            .max_concurrent_streams(config.max_streams_per_connection)
            .serve_with_incoming_shutdown(
                calls,
                UnixListenerStream::new(listener),
                shutdown.clone().cancelled_owned(),
            );
        let watching = reporter.follow(local.backend.tip(), shutdown.clone());
        let ending = async {
            shutdown.cancelled().await;
            tokio::time::sleep(config.shutdown_grace()).await;
        };
        let served = tokio::select! {
            served = serving => served.map_err(ServeError::from),
            () = async { tokio::join!(watching, ending); } => Ok(()),
        };
        // Whoever comes next takes the name anyway.
        std::fs::remove_file(path).unwrap_or_default();
        served
    }
}

/// A socket of mode 0600. One that nobody listens at any more is replaced, another stays. A socket's path has at most
/// 107 bytes, a folder's may have more: it is named through the open folder.
async fn private_socket(path: &Path) -> io::Result<UnixListener> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let open = File::open(folder.unwrap_or(Path::new(".")))?;
    let short = PathBuf::from(format!("/proc/self/fd/{}", open.as_raw_fd()));
    let name = path.file_name().unwrap_or_default();
    if let Ok(found) = path.symlink_metadata() {
        if !found.file_type().is_socket() {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "there is a file of that name, and it is no socket",
            ));
        }
        if UnixStream::connect(short.join(name)).await.is_ok() {
            return Err(io::Error::new(
                io::ErrorKind::AddrInUse,
                "another node listens there",
            ));
        }
    }
    // Order: nobody can open it under its name before its mode is set.
    let hidden = format!(".{}.{}", name.to_string_lossy(), std::process::id());
    match std::fs::remove_file(short.join(&hidden)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let listener = UnixListener::bind(short.join(&hidden))?;
    std::fs::set_permissions(short.join(&hidden), Permissions::from_mode(0o600))?;
    std::fs::rename(short.join(&hidden), short.join(name))?;
    Ok(listener)
}
