//! `palisade start`: one node, until it is told to stop.

mod lifeline;

use crate::cli::context::Context;
use crate::logging;
use crate::output::{Exit, Failure};
use crate::start::{self, Permissions, StartError};
use clap::Args;
use network::NetworkError;
use rpc::{BindError, ServeError};
use testnet::ports::Holder;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The exit code of a process that ends at once on a second signal: 128 and the signal's number, as shells have it.
const INTERRUPTED: i32 = 130;

/// `palisade start`.
#[derive(Debug, Args)]
pub(crate) struct Start {
    /// Set a field of the settings: rpc.listen=127.0.0.1:1. May be given several times.
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// Serve gRPC unencrypted although other machines can reach the address: as rpc.allow_plaintext_public = true.
    #[arg(long)]
    allow_plaintext_public: bool,
    /// The signing history is missing: start a new one, and vote from the next epoch on. Only together with
    /// --i-have-stopped-the-other-node.
    #[arg(long, requires = "i_have_stopped_the_other_node")]
    init_signing_history: bool,
    /// No other node runs with these keys. If one does, both are slashed.
    #[arg(long, requires = "init_signing_history")]
    i_have_stopped_the_other_node: bool,
    /// Before the node votes, listen for so many seconds whether another one votes with its keys; 0 does not [default:
    /// signer.doppelganger_wait_s where the signing history starts anew, on a live chain].
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(..=86_400))]
    doppelganger_wait: Option<u64>,
    /// End with the parent process and with standard input: how a testnet's supervisor starts its nodes.
    #[arg(long, hide = true)]
    supervised: bool,
}

impl Start {
    pub(crate) fn run(self, context: &Context) -> Result<(), Failure> {
        if self.supervised {
            lifeline::attach()?;
        }
        let mut set = self.set;
        if self.allow_plaintext_public {
            set.push("rpc.allow_plaintext_public=true".to_owned());
        }
        let loaded = context.settings(&set, true)?;
        let home = context.home()?;
        let permissions = Permissions {
            init_signing_history: self.init_signing_history,
            doppelganger_wait: self.doppelganger_wait,
        };
        crate::cli::block_on(async {
            let tracing = logging::begin_traced(&loaded.config)?;
            let stop = CancellationToken::new();
            watch_signals(&stop)?;
            let ran = start::run(loaded.config, &home, permissions, stop).await;
            tracing.end().await;
            ran.map_err(|error| failure(&error))
        })
    }
}

/// Why a node did not start, as it is told.
pub(crate) fn failure(error: &StartError) -> Failure {
    if let Some(taken) = taken_port(error) {
        return taken;
    }
    let exit = error.exit();
    let reason = match exit {
        Exit::Config if error.is_of_another_chain() => "WRONG_CHAIN",
        Exit::Config => "CONFIG_INVALID",
        Exit::Key if error.is_forbidden() => "NO_PERMISSION",
        Exit::Key => "KEY",
        Exit::DiskFull => "DISK_FULL",
        Exit::DoubleSignRisk => "DOUBLE_SIGN_RISK",
        Exit::Corrupt => "STORAGE_CORRUPT",
        _ => "NODE_HALTED",
    };
    let mut text = error.to_string();
    if error.is_of_another_chain() {
        text.push_str(
            ": put back the genesis.json that this home was made with, or name another folder with --home",
        );
    }
    // The store says what to do by itself; the logs do not know what they are for.
    if error.is_full_disk() && !text.contains("make room") {
        text.push_str(": make room on that disk and start again; nothing that was acknowledged is lost");
    }
    if error.is_forbidden() && !text.contains("owner") {
        text.push_str(": run as the owner of the home, and mount its disk for writing");
    }
    if exit == Exit::DoubleSignRisk && !matches!(error, StartError::Doppelganger { .. }) {
        text.push_str(
            ": with `--init-signing-history --i-have-stopped-the-other-node` this node starts one, and votes from the \
             next epoch on",
        );
    }
    Failure::new(exit, reason, text)
}

/// A port that somebody else listens at: which, who, and the flag that names another.
fn taken_port(error: &StartError) -> Option<Failure> {
    let (setting, port, example) = match error {
        StartError::Serve(ServeError::Bind(BindError::Taken { address, .. })) => {
            ("rpc.listen", address.port(), "127.0.0.1:PORT")
        }
        StartError::Metrics { address, source } if source.kind() == std::io::ErrorKind::AddrInUse => {
            ("metrics.listen", address.port(), "127.0.0.1:PORT")
        }
        StartError::Network(NetworkError::PortTaken { port, .. }) => {
            ("network.listen", *port, "'[\"/ip4/0.0.0.0/tcp/PORT\"]'")
        }
        _ => return None,
    };
    let holder = testnet::ports::holder(port);
    let text = format!(
        "port {port} of {setting} is taken by {holder}: stop it, or choose another with --set {setting}={example}"
    );
    let failure = Failure::new(Exit::Config, "PORT_TAKEN", text);
    let failure = failure
        .with("port", port)
        .with("setting", setting)
        .with("holder", &holder);
    Some(match holder {
        Holder::Process { pid, .. } => failure.with("pid", pid),
        Holder::Hidden => failure,
    })
}

/// The first SIGINT or SIGTERM stops the node in order, the second at once.
pub(crate) fn watch_signals(stop: &CancellationToken) -> Result<(), Failure> {
    let listen = |kind| {
        signal(kind).map_err(|error| Failure::unexpected(format!("cannot listen for signals: {error}")))
    };
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    let stop = stop.clone();
    tokio::spawn(async move {
        let mut told = false;
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if told {
                tracing::warn!("a second signal: ending at once");
                std::process::exit(INTERRUPTED);
            }
            told = true;
            tracing::info!("stopping; a second signal ends the node at once");
            stop.cancel();
        }
    });
    Ok(())
}
