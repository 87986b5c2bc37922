//! `palisade snapshot`: take, look at, check and use snapshots of the state.

use crate::cli::context::Context;
use crate::cli::join::Chain;
use crate::config::{Home, NodeConfig};
use crate::output::{Exit, Failure, Output, Show, columns, pairs};
use crate::start::{self, exit_of_store};
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use primitives::address::Network;
use serde::Serialize;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use store::snapshot::{self, Checkpoint, Folder, Listed, Restore, SnapshotError, Trust};
use store::{Genesis, Roots};

/// How long a running node may take to make a snapshot.
const PATIENCE: Duration = Duration::from_secs(600);

/// `palisade snapshot …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// The snapshots in the node's home.
    List,
    /// Take one now, whether the node runs or not.
    Create,
    /// Check one from genesis on: hand-overs, certificates, chunks, and the state's root.
    Verify(Which),
    /// Make the store of a node that has none from it.
    Restore(Which),
}

/// Which snapshot.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// Its height, or its folder; without, the newest in the home.
    #[arg(value_name = "HEIGHT|FOLDER")]
    which: Option<String>,
    /// The genesis document [default: that of the home].
    #[arg(long, value_name = "FILE")]
    genesis: Option<PathBuf>,
}

/// A snapshot, as it is shown.
#[derive(Debug, Serialize)]
struct Row {
    height: u64,
    block_hash: String,
    state_root: String,
    entries: u64,
    chunks: usize,
    bytes: u64,
    created_ms: u64,
    path: String,
}

impl From<&Listed> for Row {
    fn from(listed: &Listed) -> Self {
        let manifest = &listed.signed.manifest;
        Self {
            height: manifest.height().get(),
            block_hash: manifest.anchor.header.hash().to_string(),
            state_root: manifest.state_root().to_string(),
            entries: manifest.entries,
            chunks: manifest.chunks.len(),
            bytes: manifest.bytes(),
            created_ms: manifest.created.get(),
            path: listed.path.display().to_string(),
        }
    }
}

impl Show for Row {
    fn table(&self) -> String {
        pairs(&[
            ("height", self.height.to_string()),
            ("block", self.block_hash.clone()),
            ("state root", self.state_root.clone()),
            ("entries", self.entries.to_string()),
            ("chunks", format!("{} ({} bytes)", self.chunks, self.bytes)),
            ("folder", self.path.clone()),
        ])
    }

    fn id(&self) -> Option<String> {
        Some(self.height.to_string())
    }
}

/// Runs a verb.
pub(crate) fn run(verb: Verb, context: &Context) -> Result<(), Failure> {
    match verb {
        Verb::List => list(context),
        Verb::Create => create(context),
        Verb::Verify(which) => {
            let (chain, listed) = which.open(context)?;
            let config = context.settings(&[], false)?.config;
            with(&config, &chain, &listed, None, context.output, |from| {
                snapshot::verify(from)
            })
            .map_err(|error| failure(&error))?;
            context.output.show(&Row::from(&listed))?;
            context
                .output
                .note("every certificate, hand-over and chunk holds, and the state has the root");
            Ok(())
        }
        Verb::Restore(which) => {
            let (chain, listed) = which.open(context)?;
            let config = context.settings(&[], false)?.config;
            let home = context.home()?;
            restore_into(&home, &config, &chain, &listed, None, context.output)
                .map_err(|error| failure(&error))?;
            context.output.show(&Row::from(&listed))
        }
    }
}

impl Which {
    fn open(&self, context: &Context) -> Result<(Chain, Listed), Failure> {
        let home = context.home()?;
        let path = self.genesis.clone().unwrap_or_else(|| home.genesis());
        let text = std::fs::read(&path).map_err(|error| {
            let text = format!("cannot read the genesis document {}: {error}", path.display());
            Failure::new(Exit::Config, "GENESIS_INVALID", text)
        })?;
        let chain = Chain::parse(&text, &path.display().to_string())?;
        let folder = Folder::new(home.snapshots());
        let listed = match self.which.as_deref() {
            None => folder
                .list()
                .map_err(|error| failure(&error))?
                .into_iter()
                .next()
                .ok_or_else(|| Failure::not_found(format!("{} has no snapshot", home.path().display())))?,
            Some(text) => match text.parse::<u64>() {
                Ok(height) => folder.open(primitives::Height::new(height)),
                Err(_) => Listed::open(std::path::Path::new(text)),
            }
            .map_err(|error| failure(&error))?,
        };
        Ok((chain, listed))
    }
}

fn list(context: &Context) -> Result<(), Failure> {
    let folder = Folder::new(context.home()?.snapshots());
    let listed = folder.list().map_err(|error| failure(&error))?;
    let rows: Vec<Row> = listed.iter().map(Row::from).collect();
    let table = || {
        let cells: Vec<Vec<String>> = rows
            .iter()
            .map(|row| {
                let numbers = [row.height, row.entries, row.chunks as u64, row.bytes];
                let mut cells: Vec<String> = numbers.iter().map(u64::to_string).collect();
                cells.push(row.state_root.clone());
                cells
            })
            .collect();
        columns(&["HEIGHT", "ENTRIES", "CHUNKS", "BYTES", "STATE ROOT"], &cells)
    };
    context.output.list(&rows, table, |row| row.height.to_string())
}

/// Asks the running node, or takes one from the store of a stopped one.
fn create(context: &Context) -> Result<(), Failure> {
    let home = context.home()?;
    let config = context.settings(&[], true)?.config;
    let folder = Folder::new(home.snapshots());
    let before = folder.list().map_err(|error| failure(&error))?;
    let taken = match start::take_offline(&config, &home) {
        Ok(listed) => listed,
        Err(start::StartError::Store(store::StoreError::Locked { pid: Some(pid), .. })) => {
            context
                .output
                .note(&format!("the node runs as process {pid}: asking it"));
            ask(pid, &folder, before.first())?
        }
        Err(error) => return Err(super::start::failure(&error)),
    };
    context.output.show(&Row::from(&taken))
}

fn ask(pid: u32, folder: &Folder, before: Option<&Listed>) -> Result<Listed, Failure> {
    let process = nix::unistd::Pid::from_raw(i32::try_from(pid).unwrap_or_default());
    nix::sys::signal::kill(process, nix::sys::signal::Signal::SIGUSR1)
        .map_err(|error| Failure::key(format!("cannot ask process {pid} for a snapshot: {error}")))?;
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        let newest = folder.list().map_err(|error| failure(&error))?.into_iter().next();
        if let Some(newest) = newest
            && before.is_none_or(|before| before.signed.manifest.height() < newest.signed.manifest.height())
        {
            return Ok(newest);
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Err(Failure::new(
        Exit::TimedOut,
        "SNAPSHOT_TIMED_OUT",
        "the node took no snapshot in ten minutes: does the chain go on? Its log says more",
    ))
}

/// Checks a snapshot and makes the home's store from it.
pub(crate) fn restore_into(
    home: &Home,
    config: &NodeConfig,
    chain: &Chain,
    listed: &Listed,
    checkpoint: Option<Checkpoint>,
    output: Output,
) -> Result<(), SnapshotError> {
    let data = home.data();
    std::fs::create_dir_all(&data).map_err(|error| SnapshotError::Io {
        path: data.clone(),
        message: error.to_string(),
    })?;
    with(config, chain, listed, checkpoint, output, |from| {
        snapshot::restore(&home.store(), &config.store, from)
    })
}

/// Does something with a snapshot that is to be believed from this chain's genesis on.
fn with(
    config: &NodeConfig,
    chain: &Chain,
    listed: &Listed,
    checkpoint: Option<Checkpoint>,
    output: Output,
    act: impl FnOnce(Restore<'_>) -> Result<(), SnapshotError>,
) -> Result<(), SnapshotError> {
    let start = &chain.start;
    let development = chain.document.network.network() == Network::Development;
    let genesis = Genesis {
        header: start.header.clone(),
        roots: Roots {
            state: start.state.root(),
            ..Roots::default()
        },
        changes: std::sync::Arc::new(start.changes.clone()),
        validators: start.validators.clone(),
    };
    let bar = ProgressBar::new(listed.signed.manifest.chunks.len() as u64);
    if !output.is_watched() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    if let Ok(style) = ProgressStyle::with_template("verifying {wide_bar} {pos}/{len} chunks, {eta}") {
        bar.set_style(style);
    }
    let outcome = act(Restore {
        manifest: &listed.signed.manifest,
        trust: Trust {
            chain: start.chain_hash,
            validators: start.validators.clone(),
            since: start.header.time,
            now: start::now(),
            trusting_period: if development {
                0
            } else {
                config.sync.trusting_period_ms
            },
            checkpoint,
        },
        genesis: &genesis,
        chunk: &mut |index| listed.chunk(index),
        progress: &|done| bar.set_position(done as u64),
    });
    bar.finish_and_clear();
    outcome
}

/// Why a command about snapshots failed.
pub(crate) fn failure(error: &SnapshotError) -> Failure {
    let (exit, reason) = match error {
        SnapshotError::Chunk { .. } | SnapshotError::Manifest(_) => (Exit::Corrupt, "SNAPSHOT_DAMAGED"),
        SnapshotError::Unproven(_) => (Exit::Corrupt, "SNAPSHOT_UNPROVEN"),
        SnapshotError::OtherChain { .. } => (Exit::Config, "CHAIN_MISMATCH"),
        SnapshotError::TooOld { .. } | SnapshotError::Checkpoint { .. } => (Exit::Config, "CHECKPOINT"),
        SnapshotError::DiskFull(_) => (Exit::Unexpected, "DISK_FULL"),
        SnapshotError::Unsuitable { .. } => (Exit::NotFound, "NO_SNAPSHOT"),
        SnapshotError::Store(error) => (exit_of_store(error), "STORE"),
        SnapshotError::Io { .. } | SnapshotError::Stopped => (Exit::Unexpected, "IO"),
    };
    Failure::new(exit, reason, error.to_string())
}
