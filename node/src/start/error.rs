//! Why a node did not start, or halted.

use crate::app::ChainError;
use crate::output::Exit;
use engine::EngineError;
use genesis::GenesisError;
use network::{BadSecret, NetworkError};
use primitives::Height;
use rpc::ServeError;
use signer::backup::BackupError;
use signer::guard::GuardError;
use signer::remote::RemoteError;
use signer::{KeyError, SignerError};
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use store::StoreError;
use store::snapshot::SnapshotError;
use wal::LogError;

/// Why a node did not start, or halted. Each has an exit code (interfaces.md, section 3.2).
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A folder cannot be made.
    #[error("cannot make the folder {}: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The genesis document.
    #[error("genesis.json: {0}")]
    Genesis(#[from] GenesisError),
    /// The store.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// A snapshot.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// A key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The guard.
    #[error("{0}")]
    Guard(#[from] GuardError),
    /// The history of a restored backup.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// The signer.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The remote signer.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// The p2p key.
    #[error("p2p key: {0}")]
    Identity(#[from] BadSecret),
    /// The network.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The mempool's settings.
    #[error("{0}")]
    Mempool(#[from] mempool::ConfigError),
    /// A thread could not be started.
    #[error("the system gives no more threads: {0}")]
    Thread(#[from] io::Error),
    /// The gRPC services.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// The metrics listener.
    #[error("cannot listen on {address} for metrics ({source}): set another port in metrics.listen")]
    Metrics {
        /// Where.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// Consensus halted.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The chain halted while it was catching up.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// Somebody else votes with this node's key.
    #[error(
        "another node votes with the key {key}: it is in the certificate of block {height}, which this node did not sign. This node \
         stopped before it voted: leave it stopped until the other one is, or both are slashed"
    )]
    Doppelganger {
        /// The key.
        key: String,
        /// The block.
        height: Height,
    },
    /// The last writes were not waited for.
    #[error("interrupted while writing")]
    Interrupted,
}

impl StartError {
    /// Whether the home's files belong to another chain than its genesis.
    pub(crate) const fn is_of_another_chain(&self) -> bool {
        matches!(
            self,
            Self::Guard(GuardError::Log(LogError::WrongBinding { .. }))
                | Self::Store(StoreError::WrongChain { .. })
                | Self::Engine(EngineError::Log(LogError::WrongBinding { .. }))
        )
    }

    /// What the system refused, when a file or folder of the home could not be read or written.
    pub(crate) fn refused(&self) -> Option<io::ErrorKind> {
        let of_guard = |error: &GuardError| match error {
            GuardError::Log(error) => error.refused(),
            GuardError::Folder { source, .. } => Some(source.kind()),
            _ => None,
        };
        let of_chain = |error: &ChainError| match error {
            ChainError::Store(error) => refused_by_store(error),
            _ => None,
        };
        match self {
            Self::Folder { source, .. } => Some(source.kind()),
            Self::Store(error) | Self::Snapshot(SnapshotError::Store(error)) => refused_by_store(error),
            Self::Guard(error)
            | Self::Signer(SignerError::Guard(error))
            | Self::Engine(EngineError::Signer(SignerError::Guard(error))) => of_guard(error),
            Self::Engine(EngineError::Log(error)) => error.refused(),
            Self::Engine(EngineError::Application(error)) => error.downcast_ref().and_then(of_chain),
            Self::Chain(error) => of_chain(error),
            _ => None,
        }
    }

    /// Whether it is the disk that has no room.
    pub(crate) fn is_full_disk(&self) -> bool {
        self.refused().is_some_and(is_full)
    }

    /// Whether it is the disk or its owner that lets nothing be written.
    pub(crate) fn is_forbidden(&self) -> bool {
        self.refused().is_some_and(is_forbidden)
    }

    /// The exit code that systemd and scripts decide by.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            _ if self.is_of_another_chain() => Exit::Config,
            _ if self.refused().is_some_and(is_full) => Exit::DiskFull,
            _ if self.refused().is_some_and(is_forbidden) => Exit::Key,
            Self::Doppelganger { .. } | Self::Guard(GuardError::Missing { .. }) => Exit::DoubleSignRisk,
            Self::Guard(
                GuardError::Unregistered { .. }
                | GuardError::AlreadyInitialised { .. }
                | GuardError::Retired { .. },
            )
            | Self::Signer(SignerError::Guard(
                GuardError::Unregistered { .. } | GuardError::Retired { .. },
            ))
            | Self::Engine(EngineError::Signer(_)) => Exit::SigningRefused,
            Self::Guard(error) if error.is_corruption() => Exit::Corrupt,
            Self::Remote(RemoteError::Unreachable { .. }) => Exit::Unreachable,
            Self::Remote(RemoteError::Key(_)) => Exit::Key,
            Self::Remote(RemoteError::Signer(error)) => of_signer(error),
            Self::Remote(RemoteError::Ended(_) | RemoteError::Thread(_)) => Exit::Unexpected,
            Self::Remote(_) => Exit::Config,
            Self::Guard(_) | Self::Backup(_) | Self::Key(_) | Self::Signer(_) | Self::Identity(_) => {
                Exit::Key
            }
            Self::Store(error) | Self::Snapshot(SnapshotError::Store(error)) => of_store(error),
            Self::Snapshot(SnapshotError::Unsuitable { .. }) => Exit::NotFound,
            Self::Snapshot(_) => Exit::Unexpected,
            Self::Engine(EngineError::Log(error)) => of_log(error),
            Self::Engine(EngineError::Application(error)) => match error.downcast_ref::<ChainError>() {
                Some(ChainError::Store(error)) => of_store(error),
                Some(_) | None => Exit::Unexpected,
            },
            Self::Chain(ChainError::Store(error)) => of_store(error),
            Self::Chain(_) | Self::Engine(_) | Self::Thread(_) | Self::Interrupted | Self::Folder { .. } => {
                Exit::Unexpected
            }
            Self::Read { .. }
            | Self::Genesis(_)
            | Self::Network(_)
            | Self::Mempool(_)
            | Self::Serve(_)
            | Self::Metrics { .. } => Exit::Config,
        }
    }
}

const fn is_full(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

const fn is_forbidden(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
    )
}

const fn refused_by_store(error: &StoreError) -> Option<io::ErrorKind> {
    match error {
        StoreError::DiskFull(_) => Some(io::ErrorKind::StorageFull),
        StoreError::Permission(_) => Some(io::ErrorKind::PermissionDenied),
        _ => None,
    }
}

/// The exit code of a store's error.
pub(crate) fn of_store(error: &StoreError) -> Exit {
    match error {
        StoreError::Corrupt { .. } | StoreError::RootMismatch { .. } => Exit::Corrupt,
        StoreError::WrongChain { .. } | StoreError::WrongFormat { .. } | StoreError::Genesis(_) => {
            Exit::Config
        }
        StoreError::Permission(_) => Exit::Key,
        StoreError::DiskFull(_) => Exit::DiskFull,
        StoreError::Locked { .. }
        | StoreError::Io { .. }
        | StoreError::Stopped(_)
        | StoreError::Unavailable { .. }
        | StoreError::Refused { .. }
        | StoreError::State(_) => Exit::Unexpected,
    }
}

/// The exit code of what ends a signer.
pub(crate) const fn of_signer(error: &SignerError) -> Exit {
    match error {
        SignerError::Guard(error) if error.is_corruption() => Exit::Corrupt,
        SignerError::Guard(_) | SignerError::Abandoned => Exit::SigningRefused,
    }
}

fn of_log(error: &LogError) -> Exit {
    if error.is_corruption() {
        Exit::Corrupt
    } else {
        Exit::Unexpected
    }
}
