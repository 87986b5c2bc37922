//! Signing in a process of its own: `palisade signer run` serves it, a node's [`RemoteSigner`] asks it.
//!
//! The guard is where the keys are. A node holds a lease while it signs; the number of the lease is in the guard and only
//! rises, so what a node asks for with an older one is refused whatever the clocks say.

mod address;
mod certificates;
mod client;
mod convert;
mod lease;
mod server;
mod service;

pub use address::{Address, SERVER_NAME, TlsFiles};
pub use certificates::issue;
pub use client::{Connection, RemoteConfig, RemoteSigner, Standing};
pub use server::{Listening, ServerConfig, listen};

use crate::error::KeyError;
use crate::local::SignerError;
use primitives::ChainHash;
use std::io;
use std::path::PathBuf;

/// The domain of a refusal's reason.
const DOMAIN: &str = "palisade";
/// Somebody else holds the lease.
const LEASE_HELD: &str = "LEASE_HELD";
/// The lease that was named has ended, and another was given since.
const LEASE_LOST: &str = "LEASE_LOST";

/// What can be wrong between a node and its signer.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// Not an address.
    #[error("`{0}` is not where a signer can be: write unix:/path/to.sock or HOST:PORT")]
    Address(String),
    /// Plaintext is refused.
    #[error(
        "{0}: over TCP both sides show certificates: `palisade signer certificates` makes them, name their folder"
    )]
    NeedsTls(String),
    /// The certificates cannot be used.
    #[error("certificates: {0}")]
    Tls(String),
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A key file.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The address cannot be listened at.
    #[error("cannot listen at {address}: {source}: choose another with --listen")]
    Listen {
        /// The address.
        address: String,
        /// What the system says.
        source: io::Error,
    },
    /// The signer does not answer.
    #[error("the signer at {address} does not answer ({reason}): is `palisade signer run` running there?")]
    Unreachable {
        /// Where.
        address: String,
        /// What went wrong.
        reason: String,
    },
    /// The signer refuses.
    #[error("the signer at {address} refuses: {reason}")]
    Refused {
        /// Where.
        address: String,
        /// What it says.
        reason: String,
    },
    /// The signer is of another chain.
    #[error("the signer is of chain {found}, this node of {expected}: name the signer of this chain")]
    AnotherChain {
        /// The signer's.
        found: ChainHash,
        /// The node's.
        expected: ChainHash,
    },
    /// It has no key to sign with.
    #[error("the signer holds no consensus key: put one into its folder `keys`")]
    NoKey,
    /// A thread could not be started.
    #[error("the system gives no more threads: {0}")]
    Thread(io::Error),
    /// The guard, after which nothing is signed any more.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The server's task ended.
    #[error("the server ended: {0}")]
    Ended(String),
}
