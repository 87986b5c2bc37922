//! `palisade start`: one node, until it is told to stop.

mod lifeline;

use crate::cli::context::Context;
use crate::config::{LogFormat, NodeConfig};
use crate::output::{Exit, Failure};
use crate::start::{self, Permissions, StartError};
use clap::Args;
use std::io::IsTerminal;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

/// The exit code of a process that ends at once on a second signal: 128 and the signal's number, as shells have it.
const INTERRUPTED: i32 = 130;

/// `palisade start`.
#[derive(Debug, Args)]
pub(crate) struct Start {
    /// Set a field of the settings: rpc.listen=127.0.0.1:1. May be given several times.
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// The signing history is missing: start a new one, and vote from the next epoch on. Only together with
    /// --i-have-stopped-the-other-node.
    #[arg(long, requires = "i_have_stopped_the_other_node")]
    init_signing_history: bool,
    /// No other node runs with these keys. If one does, both are slashed.
    #[arg(long, requires = "init_signing_history")]
    i_have_stopped_the_other_node: bool,
    /// End with the parent process and with standard input: how a testnet's supervisor starts its nodes.
    #[arg(long, hide = true)]
    supervised: bool,
}

impl Start {
    pub(crate) fn run(self, context: &Context) -> Result<(), Failure> {
        if self.supervised {
            lifeline::attach()?;
        }
        let loaded = context.settings(&self.set, true)?;
        log(&loaded.config)?;
        let home = context.home()?;
        let permissions = Permissions {
            init_signing_history: self.init_signing_history,
        };
        crate::cli::block_on(async {
            let stop = CancellationToken::new();
            watch_signals(&stop)?;
            start::run(loaded.config, &home, permissions, stop)
                .await
                .map_err(|error| failure(&error))
        })
    }
}

fn failure(error: &StartError) -> Failure {
    let exit = error.exit();
    let reason = match exit {
        Exit::Config => "CONFIG_INVALID",
        Exit::Key => "KEY",
        Exit::DoubleSignRisk => "DOUBLE_SIGN_RISK",
        Exit::Corrupt => "STORAGE_CORRUPT",
        _ => "NODE_HALTED",
    };
    let mut text = explain(error);
    if exit == Exit::DoubleSignRisk {
        text.push_str(
            ": with `--init-signing-history --i-have-stopped-the-other-node` this node starts one, and votes from the \
             next epoch on",
        );
    }
    Failure::new(exit, reason, text)
}

/// The error, and for a port that is taken who has it.
fn explain(error: &StartError) -> String {
    let text = error.to_string();
    let mut source: Option<&dyn std::error::Error> = Some(error);
    while let Some(current) = source {
        if let Some(io) = current.downcast_ref::<std::io::Error>()
            && io.kind() == std::io::ErrorKind::AddrInUse
        {
            return named_port(&text).map_or_else(
                || text.clone(),
                |port| format!("{text}; port {port} is held by {}", testnet::ports::holder(port)),
            );
        }
        source = current.source();
    }
    text
}

/// The first port that a text names, as `host:port` or `/tcp/port`.
fn named_port(text: &str) -> Option<u16> {
    text.split(|c: char| !c.is_ascii_digit() && c != ':' && c != '/' && c != '.')
        .filter_map(|word| word.trim_matches([':', '/', '.']).rsplit([':', '/']).next())
        .find_map(|digits| digits.parse::<u16>().ok().filter(|port| *port > 0))
}

/// The first SIGINT or SIGTERM stops the node in order, the second at once.
fn watch_signals(stop: &CancellationToken) -> Result<(), Failure> {
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

fn log(config: &NodeConfig) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(&config.node.log)
        .map_err(|error| Failure::new(Exit::Config, "CONFIG_INVALID", format!("node.log: {error}")))?;
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(!plain && std::io::stderr().is_terminal());
    let installed = match config.node.log_format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    installed.map_err(|error| Failure::unexpected(format!("cannot start logging: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_found_in_what_the_system_says() {
        assert_eq!(
            named_port("cannot listen on 127.0.0.1:26601 for metrics"),
            Some(26_601)
        );
        assert_eq!(
            named_port("cannot listen on /ip4/127.0.0.1/tcp/26602: in use"),
            Some(26_602)
        );
        assert_eq!(named_port("no port here"), None);
    }
}
