//! `palisade signer`: a validator's keys in a process of their own.

use crate::cli::context::Context;
use crate::cli::passwords::PasswordFlags;
use crate::cli::start::{failure, watch_signals};
use crate::config::Home;
use crate::logging;
use crate::output::{Exit, Failure, Show, pairs};
use crate::start;
use clap::{Args, Subcommand};
use serde::Serialize;
use signer::guard::{GuardError, Slot};
use signer::remote::{Address, Connection, RemoteError, ServerConfig, TlsFiles, issue};
use signer::{ConsensusKey, NodeKeys};
use std::path::PathBuf;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Sign for a node, with the keys and the signing guard of this home.
    Run(Run),
    /// Ask a running signer what it holds.
    Status {
        /// Where it is [default: signer.remote of the settings, else the socket in the home].
        #[arg(long, value_name = "ADDRESS")]
        remote: Option<Address>,
        /// The folder with authority.pem, node.pem and node.key, for a signer over TCP [default: signer.tls].
        #[arg(long, value_name = "DIR")]
        tls: Option<PathBuf>,
    },
    /// Make certificates for a signer over TCP and the nodes that it serves. Nothing is overwritten.
    Certificates {
        /// The new folder.
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
        /// The name of a node's files; may be given several times.
        #[arg(long, default_value = "node", value_name = "NAME")]
        node: Vec<String>,
    },
    /// Make another consensus key beside those in the home; a running signer takes it up.
    NewKey {
        #[command(flatten)]
        password: PasswordFlags,
    },
}

/// `palisade signer run`.
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// Where to listen: unix:/path/to.sock, or HOST:PORT with certificates [default: signer.sock in the home].
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<Address>,
    /// The folder with authority.pem, signer.pem and signer.key [default: tls in the home].
    #[arg(long, value_name = "DIR")]
    tls: Option<PathBuf>,
    /// How many seconds a node keeps the lease without using it: so long another waits when it has died.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600), value_name = "SECONDS")]
    lease: u64,
    #[command(flatten)]
    password: PasswordFlags,
}

/// The socket in a home.
fn socket(home: &Home) -> Address {
    let path = home.path().join("signer.sock");
    Address::Unix(std::path::absolute(&path).unwrap_or(path))
}

pub(crate) async fn run(verb: Verb, context: &Context) -> Result<(), Failure> {
    match verb {
        Verb::Run(run) => run.run(context).await,
        Verb::Status { remote, tls } => status(context, remote, tls).await,
        Verb::Certificates { to, node } => {
            issue(&to, &node)?;
            context.output.note(&format!(
                "the signer keeps authority.pem, signer.pem and signer.key of {}; each node gets authority.pem, and its own \
                 two files as node.pem and node.key",
                to.display()
            ));
            context.output.line(&to.display().to_string())
        }
        Verb::NewKey { password } => {
            let home = context.home()?;
            let network = start::chain_and_kind(&home).map_err(|error| failure(&error))?.1;
            let key = ConsensusKey::generate()?;
            let file = NodeKeys::add_consensus(&home.keys(), &key, &password.protection()?, network)?;
            context.output.note(&format!(
                "the new key is in {}: back it up; `palisade validator rotate-key` on the node registers it",
                file.display()
            ));
            context.output.line(&hex::encode(key.public_key().0))
        }
    }
}

impl Run {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let home = context.home()?;
        let config = context.settings(&[], false)?.config;
        logging::begin(&config)?;
        let listen = self.listen.unwrap_or_else(|| socket(&home));
        let tls = matches!(listen, Address::Tcp(_)).then(|| {
            let folder = self.tls.unwrap_or_else(|| home.path().join("tls"));
            TlsFiles::signer_in(&folder)
        });
        let server = ServerConfig {
            listen,
            tls,
            lease: Duration::from_secs(self.lease),
        };
        let protection = self.password.given()?;
        let stop = CancellationToken::new();
        watch_signals(&stop)?;
        let told = |address: &Address| {
            context
                .output
                .note(&format!("signing at {address}; Ctrl-C stops it"))
        };
        let served = start::serve_signer(&config, &home, server, protection, told, stop).await;
        served.map_err(|error| match &error {
            start::StartError::Guard(GuardError::Missing { .. }) => {
                Failure::new(Exit::DoubleSignRisk, "DOUBLE_SIGN_RISK", error.to_string())
            }
            _ => failure(&error),
        })
    }
}

/// What a signer holds.
#[derive(Debug, Serialize)]
struct Status {
    address: String,
    chain_hash: String,
    keys: Vec<KeyStatus>,
}

/// What its guard knows of one key.
#[derive(Debug, Serialize)]
struct KeyStatus {
    public_key: String,
    /// Nothing new is signed up to here.
    watermark: Slot,
    /// The highest slot in which it signed.
    highest: Slot,
    /// It was moved away and signs nothing any more.
    locked: bool,
}

impl Show for Status {
    fn table(&self) -> String {
        let mut rows = vec![
            ("signer", self.address.clone()),
            ("chain", self.chain_hash.clone()),
        ];
        for key in &self.keys {
            rows.push(("key", key.public_key.clone()));
            let state = if key.locked {
                "locked for good: it was moved away".to_owned()
            } else {
                format!("signed up to {}", key.highest)
            };
            rows.push(("", state));
        }
        pairs(&rows)
    }

    fn id(&self) -> Option<String> {
        self.keys.last().map(|key| key.public_key.clone())
    }
}

async fn status(context: &Context, remote: Option<Address>, tls: Option<PathBuf>) -> Result<(), Failure> {
    let set = context.settings(&[], false)?.config.signer;
    let invalid = |reason| Failure::new(Exit::Config, "CONFIG_INVALID", reason);
    let (address, files) = match (remote, set.address().map_err(invalid)?) {
        (Some(address), _) => (address, None),
        (None, Some((address, files))) => (address, files),
        (None, None) => (socket(&context.home()?), None),
    };
    let files = tls.map(|folder| TlsFiles::node_in(&folder)).or(files);
    let connection = Connection::new(&address, files.as_ref(), Duration::from_millis(set.patience_ms))?;
    let held = connection.keys().await?;
    let mut keys = Vec::new();
    for key in &held.keys {
        let (watermark, highest) = connection.watermark(key).await?;
        keys.push(KeyStatus {
            public_key: hex::encode(key.0),
            watermark,
            highest,
            locked: watermark == Slot::LAST,
        });
    }
    context.output.show(&Status {
        address: address.to_string(),
        chain_hash: held.chain.to_string(),
        keys,
    })
}

impl From<RemoteError> for Failure {
    fn from(error: RemoteError) -> Self {
        failure(&start::StartError::from(error))
    }
}
