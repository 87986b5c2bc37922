//! The command line: `palisade <noun> <verb>`.

mod admin;
mod asset;
mod backup;
mod bridge;
mod config;
mod context;
mod debug;
mod doctor;
mod gov;
mod help;
mod init;
mod join;
mod key;
mod operator;
mod passwords;
mod query;
mod restaking;
mod reward;
mod service;
mod signer;
mod slash;
mod snapshot;
mod start;
mod testnet;
mod tx;
mod validator;
mod vault;

use crate::output::{Exit, Failure, Format, Output};
use clap::error::{ContextKind, ErrorKind};
use clap::{Args, CommandFactory, Parser, Subcommand};
use context::Context;
use std::path::PathBuf;
use std::process::ExitCode;

/// A proof-of-stake chain secured by pooled, multi-asset restaked collateral.
#[derive(Debug, Parser)]
#[command(
    name = "palisade",
    version,
    propagate_version = true,
    disable_help_subcommand = true
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Flags that every command has.
#[derive(Debug, Clone, Args)]
pub(crate) struct Global {
    /// The node's home folder [default: ~/.palisade].
    #[arg(
        long,
        global = true,
        env = "PALISADE_HOME",
        value_name = "DIR",
        help_heading = "Everywhere"
    )]
    home: Option<PathBuf>,
    /// The node to ask [default: the testnet in this folder, else http://127.0.0.1:26600].
    #[arg(
        long,
        global = true,
        env = "PALISADE_NODE",
        value_name = "URL",
        help_heading = "Everywhere"
    )]
    node: Option<String>,
    /// For a node at https://: a PEM file with the authority that its certificate comes from.
    #[arg(
        long,
        global = true,
        env = "PALISADE_TLS_CA",
        value_name = "FILE",
        help_heading = "Everywhere"
    )]
    tls_ca: Option<PathBuf>,
    /// Where keys of accounts lie [default: accounts in the home, then those of the testnet in this folder].
    #[arg(
        long,
        global = true,
        env = "PALISADE_KEYS",
        value_name = "DIR",
        help_heading = "Everywhere"
    )]
    keys: Option<PathBuf>,
    /// How data is written to standard output; errors too are JSON with json and jsonl.
    #[arg(
        short,
        long,
        global = true,
        value_enum,
        default_value_t,
        help_heading = "Everywhere"
    )]
    output: Format,
    /// Only ids on standard output, only errors on standard error.
    #[arg(short, long, global = true, help_heading = "Everywhere")]
    quiet: bool,
}

#[derive(Debug, Subcommand)]
#[allow(clippy::large_enum_variant, reason = "one value, parsed once")]
enum Command {
    /// Make a node's home: settings, keys, genesis.
    Init(init::Init),
    /// Make a node of a chain that runs: genesis, peers and a snapshot from its nodes, all of it checked.
    Join(join::Join),
    /// Run a node.
    Start(start::Start),
    /// Look for what is wrong with a node and its machine, and say what to do about it.
    Doctor(doctor::Doctor),
    /// Run, watch, break and measure a network of real processes on this machine.
    #[command(subcommand)]
    Testnet(testnet::Verb),
    /// Take, look at, check and use snapshots of the state.
    #[command(subcommand)]
    Snapshot(snapshot::Verb),
    /// Make and look at keys.
    #[command(subcommand)]
    Key(key::Verb),
    /// Build, sign, send and follow transactions.
    #[command(subcommand)]
    Tx(tx::Verb),
    /// Register, watch and mend a validator, and give it other keys.
    #[command(subcommand)]
    Validator(validator::Verb),
    /// Restake: make vaults, put in, take out, look at them.
    #[command(subcommand)]
    Vault(vault::Verb),
    /// Work for services with what vaults hold: register, pledge, look.
    #[command(subcommand)]
    Operator(operator::Verb),
    /// Rent security: register a service, serve it, give it work, look at it.
    #[command(subcommand)]
    Service(service::Verb),
    /// See what services pay, claim what shares of vaults have earned, fund services' pools.
    #[command(subcommand)]
    Reward(reward::Verb),
    /// Enter assets, and say under which terms they are restaked: the registrar's.
    #[command(subcommand)]
    Asset(asset::Verb),
    /// Decide: propose changes, vote on them, see what stands where and what is halted.
    #[command(subcommand)]
    Gov(gov::Verb),
    /// See what was taken and what is asked for; show faults, ask for slashes, veto them.
    #[command(subcommand)]
    Slash(slash::Verb),
    /// Check what comes from other chains: headers, finality, proofs.
    #[command(subcommand)]
    Bridge(bridge::Verb),
    /// Keep a validator's keys in a process of their own.
    #[command(subcommand)]
    Signer(signer::Verb),
    /// Tell a running node of one's own what to do, over the socket in its home.
    #[command(subcommand)]
    Admin(admin::Verb),
    /// Keep keys, settings and signing history in one encrypted file, and put them back.
    #[command(subcommand)]
    Backup(backup::Verb),
    /// Ask a node, with proofs on request.
    #[command(subcommand)]
    Query(query::Verb),
    /// Look into the data of a node that does not run, and mend it.
    #[command(subcommand)]
    Debug(debug::Verb),
    /// Look at the settings in force.
    #[command(subcommand)]
    Config(config::Verb),
    /// Write what a shell needs to complete commands to standard output.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
    /// Write manual pages, one for each command, into a folder.
    Man {
        /// The folder; it is made where it is not there.
        folder: PathBuf,
    },
    /// Say which program this is.
    Version,
}

/// Runs the program.
pub(crate) fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refuse_arguments(&error),
    };
    let output = Output {
        format: cli.global.output,
        quiet: cli.global.quiet,
    };
    match dispatch(cli, output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if failure.exit.is_some() {
                output.failure(&failure);
            }
            ExitCode::from(failure.code())
        }
    }
}

fn dispatch(cli: Cli, output: Output) -> Result<(), Failure> {
    let context = Context::new(cli.global, output);
    match cli.command {
        Command::Init(init) => init.run(&context),
        Command::Join(join) => block_on(join.run(&context)),
        Command::Doctor(doctor) => block_on(doctor.run(&context)),
        Command::Start(start) => start.run(&context),
        Command::Snapshot(verb) => snapshot::run(verb, &context),
        Command::Testnet(verb) => block_on(testnet::run(verb, &context)),
        Command::Key(verb) => key::run(verb, &context),
        Command::Tx(verb) => block_on(tx::run(verb, &context)),
        Command::Validator(verb) => block_on(validator::run(verb, &context)),
        Command::Vault(verb) => block_on(vault::run(verb, &context)),
        Command::Operator(verb) => block_on(operator::run(verb, &context)),
        Command::Service(verb) => block_on(service::run(verb, &context)),
        Command::Reward(verb) => block_on(reward::run(verb, &context)),
        Command::Asset(verb) => block_on(asset::run(verb, &context)),
        Command::Gov(verb) => block_on(gov::run(verb, &context)),
        Command::Slash(verb) => block_on(slash::run(verb, &context)),
        Command::Bridge(verb) => bridge::run(verb, &context),
        Command::Signer(verb) => block_on(signer::run(verb, &context)),
        Command::Admin(verb) => block_on(admin::run(verb, &context)),
        Command::Backup(verb) => block_on(backup::run(verb, &context)),
        Command::Query(verb) => block_on(query::run(verb, &context)),
        Command::Debug(verb) => debug::run(verb, &context),
        Command::Config(verb) => config::run(&verb, &context),
        Command::Completions { shell } => help::completions(shell, Cli::command()),
        Command::Man { folder } => help::pages(&folder, Cli::command(), output),
        Command::Version => version(output),
    }
}

/// Runs a command's future on this thread, with others for what it spawns. A testnet's nodes are started from here,
/// the thread that lives longest: their parent-death signal is bound to it.
fn block_on(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::unexpected(format!("cannot start the runtime: {error}")))?
        .block_on(work)
}

/// What is wrong with the command line: clap's own text, or JSON when that was asked for. Help and version go to
/// standard output and are no errors.
fn refuse_arguments(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        // Nobody is left to tell when standard output is closed.
        error.print().unwrap_or_default();
        return ExitCode::SUCCESS;
    }
    let wants_json = std::env::args().collect::<Vec<_>>().windows(2).any(|pair| {
        matches!(pair, [flag, value] if (flag == "-o" || flag == "--output") && value.starts_with("json"))
    }) || std::env::args().any(|arg| arg.starts_with("-ojson") || arg.starts_with("--output=json"));
    if wants_json {
        let text = error.render().to_string();
        let first = text
            .split("\n\n")
            .next()
            .unwrap_or(&text)
            .trim_start_matches("error: ");
        let mut failure = Failure::usage(first.trim());
        if let Some(argument) = error.get(ContextKind::InvalidArg) {
            failure = failure.with("argument", argument);
        }
        let output = Output {
            format: Format::Json,
            quiet: true,
        };
        output.failure(&failure);
    } else {
        error.print().unwrap_or_default();
    }
    let code = match error.kind() {
        ErrorKind::Io | ErrorKind::Format => Exit::Unexpected,
        _ => Exit::Usage,
    };
    ExitCode::from(code.code())
}

fn version(output: Output) -> Result<(), Failure> {
    #[derive(serde::Serialize)]
    struct Version {
        version: &'static str,
        commit: &'static str,
    }
    impl crate::output::Show for Version {
        fn table(&self) -> String {
            format!("palisade {} ({})", self.version, self.commit)
        }
        fn id(&self) -> Option<String> {
            Some(self.version.to_owned())
        }
    }
    output.show(&Version {
        version: env!("CARGO_PKG_VERSION"),
        commit: commit(),
    })
}

/// The commit it was built from, when the build was told.
pub(crate) fn commit() -> &'static str {
    option_env!("PALISADE_COMMIT").unwrap_or("unknown commit")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_holds_together() {
        Cli::command().debug_assert();
    }
}
