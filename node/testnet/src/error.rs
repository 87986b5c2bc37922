//! What can go wrong with a testnet. Every text says what to do.

use crate::ports::Holder;
use std::io;
use std::path::{Path, PathBuf};

/// Why a testnet cannot be made, run or asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was tried, as a verb.
        action: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// There is no testnet of that name here.
    #[error("there is no testnet \"{name}\" in {}: start one with `palisade testnet up --name {name}`", base.display())]
    Unknown {
        /// The name.
        name: String,
        /// Where it was looked for.
        base: PathBuf,
    },
    /// There is no checkpoint of that name.
    #[error("there is no checkpoint \"{name}\"{}: `palisade testnet checkpoint save {name}` makes one", among(.have))]
    NoCheckpoint {
        /// The name.
        name: String,
        /// Those that there are.
        have: Vec<String>,
    },
    /// It is not running.
    #[error("testnet \"{0}\" is not running: start it with `palisade testnet up --name {0}`")]
    NotRunning(String),
    /// It is running already.
    #[error(
        "testnet \"{name}\" is running already (supervisor {pid}): see `palisade testnet status --name {name}`, or stop it with `palisade testnet down --name {name}`"
    )]
    Running {
        /// The name.
        name: String,
        /// The supervisor's process.
        pid: String,
    },
    /// A flag contradicts what the testnet was made with.
    #[error(
        "testnet \"{name}\" was made with {flag} {have}, not {asked}: leave the flag out to go on with it, or add --reset to delete its chain and start anew"
    )]
    Conflict {
        /// The name.
        name: String,
        /// The flag.
        flag: &'static str,
        /// What the testnet was made with.
        have: String,
        /// What was asked for now.
        asked: String,
    },
    /// A value makes no sense.
    #[error("{flag} {value}: {hint}")]
    Flag {
        /// The flag.
        flag: &'static str,
        /// What was given.
        value: String,
        /// What it has to be.
        hint: String,
    },
    /// A port that was asked for is taken.
    #[error("port {port} ({what}) is taken by {holder}: stop that, or choose other ports with --base-port")]
    PortTaken {
        /// The port.
        port: u16,
        /// What it was for.
        what: String,
        /// Who has it.
        holder: Holder,
    },
    /// Nothing is free.
    #[error("found no {count} free ports from {first} upwards: choose other ports with --base-port")]
    NoPorts {
        /// How many are needed.
        count: u16,
        /// Where the search began.
        first: u16,
    },
    /// There is no node of that name.
    #[error("testnet \"{testnet}\" has no node \"{node}\": its nodes are {}", .have.join(", "))]
    NoNode {
        /// The testnet.
        testnet: String,
        /// What was asked for.
        node: String,
        /// Which there are.
        have: Vec<String>,
    },
    /// A node ended by itself.
    #[error("{node} ended by itself ({how}); the end of {}:\n{tail}", log.display())]
    NodeEnded {
        /// Which.
        node: String,
        /// Exit code or signal.
        how: String,
        /// Its log.
        log: PathBuf,
        /// The last lines of it.
        tail: String,
    },
    /// Nothing became final in time.
    #[error("not ready after {seconds} s: {state}; see `palisade testnet logs --name {name}`")]
    NotReady {
        /// The testnet.
        name: String,
        /// How long it was waited for.
        seconds: u64,
        /// How far it came.
        state: String,
    },
    /// The supervisor answered with an error.
    #[error("{0}")]
    Supervisor(String),
    /// A file of the testnet is damaged.
    #[error("{}: {reason}; delete the testnet with `palisade testnet rm --yes` or add --reset", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A key could not be written or read.
    #[error(transparent)]
    Key(#[from] signer::KeyError),
    /// A signing history could not be begun.
    #[error(transparent)]
    Guard(#[from] signer::guard::GuardError),
    /// A node could not be asked.
    #[error(transparent)]
    Client(#[from] client::Error),
    /// The genesis cannot be made.
    #[error("the genesis cannot be made: {0}")]
    Genesis(String),
}

/// Which there are, in words.
fn among(have: &[String]) -> String {
    if have.is_empty() {
        String::new()
    } else {
        format!(" among {}", have.join(", "))
    }
}

impl Error {
    /// The system's refusal to do `action` with `path`.
    #[must_use]
    pub fn io(path: &Path, action: &'static str, source: io::Error) -> Self {
        Self::Io {
            path: path.to_owned(),
            action,
            source,
        }
    }
}
