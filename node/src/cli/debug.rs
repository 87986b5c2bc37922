//! `palisade debug`: looking into the data of a node that does not run, and mending it.

mod bundle;
mod go_on;
mod inspect;

use crate::app;
use crate::cli::context::Context;
use crate::output::{Exit, Failure, Show, pairs};
use crate::start::{self, Opened, StartError, exit_of_store};
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressDrawTarget};
use primitives::Height;
use runtime::{Block, View};
use serde::Serialize;
use std::path::PathBuf;
use store::transfer::{self, Transferred};
use store::{Metrics, StoreError};

/// `palisade debug …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// What is in the data folder: heights, sizes, snapshots.
    Inspect,
    /// Execute stored blocks again and compare what comes of them with what is stored.
    Replay(Replay),
    /// Take back the latest blocks.
    Rollback(Rollback),
    /// Check what must always hold, on the latest state.
    Invariants,
    /// Gather settings, state and logs, without secrets, in a new folder.
    Bundle(bundle::Bundle),
    /// Write the genesis document with which a development chain goes on from this state, in another generation.
    Continue(go_on::GoOn),
    /// Write the whole store into one file.
    Export(FileName),
    /// Make the store anew from such a file: what gives room back that it does not use.
    Import(FileName),
}

/// `palisade debug replay`.
#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// The first height to execute [default: the first whose state can be made].
    #[arg(long, value_name = "HEIGHT")]
    from: Option<u64>,
}

/// `palisade debug rollback`.
#[derive(Debug, Args)]
pub(crate) struct Rollback {
    /// How many blocks.
    blocks: u64,
    /// Do it.
    #[arg(long)]
    yes: bool,
}

/// A file.
#[derive(Debug, Args)]
pub(crate) struct FileName {
    /// The file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// What happened, in one line.
#[derive(Debug, Serialize)]
struct Done<T: Serialize> {
    #[serde(flatten)]
    data: T,
    #[serde(skip)]
    text: String,
}

impl<T: Serialize> Show for Done<T> {
    fn table(&self) -> String {
        self.text.clone()
    }
}

/// Runs a verb.
pub(crate) fn run(verb: Verb, context: &Context) -> Result<(), Failure> {
    match verb {
        Verb::Inspect => context.output.show(&inspect::look(context)?),
        Verb::Replay(replay) => replay.run(context),
        Verb::Rollback(rollback) => rollback.run(context),
        Verb::Invariants => invariants(context),
        Verb::Bundle(bundle) => bundle.run(context),
        Verb::Continue(go_on) => go_on.run(context),
        Verb::Export(name) => export(context, &name),
        Verb::Import(name) => import(context, &name),
    }
}

/// The chain of the home, with its lock held.
fn open(context: &Context) -> Result<Opened, Failure> {
    let config = context.settings(&[], false)?.config;
    start::open(&config, &context.home()?).map_err(|error| crate::cli::start::failure(&error))
}

fn of_store(error: StoreError) -> Failure {
    crate::cli::start::failure(&StartError::Store(error))
}

impl Replay {
    fn run(self, context: &Context) -> Result<(), Failure> {
        #[derive(Serialize)]
        struct Replayed {
            from: u64,
            to: u64,
            blocks: u64,
        }
        let opened = open(context)?;
        let store = &opened.store;
        let top = opened.base.header.height.get();
        // The state before the first block, and the one before that, are made by undoing.
        let first = store
            .earliest()
            .get()
            .saturating_add(u64::from(!store.earliest().is_zero()))
            .max(1);
        let from = self.from.unwrap_or(first);
        if !(first..=top).contains(&from) {
            return Err(Failure::not_found(format!(
                "blocks from {first} to {top} can be executed again, not from {from}"
            )));
        }
        let bar = ProgressBar::new(top);
        if !context.output.is_watched() {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        let tell = |height: Height| bar.set_position(height.get());
        let outcome = app::replay(
            opened.chain_hash,
            store,
            &opened.base.state,
            Height::new(from),
            &tell,
        );
        bar.finish_and_clear();
        match outcome.map_err(|error| crate::cli::start::failure(&StartError::Chain(error)))? {
            Some(difference) => {
                let height = difference.height;
                let text = format!(
                    "height {height}: {}. Either the store is damaged from there on, or this program executes \
                     differently: compare with the version of the network, then move {} away and start again, or \
                     `palisade join`; keys and signing guard stay",
                    difference.what,
                    context.home()?.data().display()
                );
                Err(Failure::new(Exit::Corrupt, "REPLAY_DIFFERS", text).with("height", height))
            }
            None => context.output.show(&Done {
                text: format!("blocks {from} to {top}: the same roots, receipts and changes"),
                data: Replayed {
                    from,
                    to: top,
                    blocks: top - from + 1,
                },
            }),
        }
    }
}

impl Rollback {
    fn run(self, context: &Context) -> Result<(), Failure> {
        #[derive(Serialize)]
        struct RolledBack {
            from: u64,
            to: u64,
        }
        let opened = open(context)?;
        let from = opened.base.header.height.get();
        let to = from.checked_sub(self.blocks).ok_or_else(|| {
            Failure::usage(format!(
                "the chain has {from} blocks: {} cannot be taken back",
                self.blocks
            ))
        })?;
        let meaning = "The blocks are final for everybody else: this node fetches the same ones again. The signing guard \
                       stays as it is, and no vote is cast again where one was cast before";
        if !self.yes {
            return Err(Failure::usage(format!(
                "this takes back {} blocks, to height {to}. {meaning}. Say --yes to do it",
                self.blocks
            )));
        }
        // The consensus log and the guard stay: what was voted stays voted.
        opened.store.rollback(Height::new(to)).map_err(of_store)?;
        context.output.note(meaning);
        context.output.show(&Done {
            text: format!("the latest block was {from}, and is {to}"),
            data: RolledBack { from, to },
        })
    }
}

fn invariants(context: &Context) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Held {
        height: u64,
        invariants: Vec<&'static str>,
    }
    let opened = open(context)?;
    let header = &opened.base.header;
    let block = Block {
        height: header.height,
        epoch: header.epoch,
        ..Block::default()
    };
    let view = View::new(&opened.base.state, &block);
    let (mut held, mut broken) = (Vec::new(), Vec::new());
    for invariant in runtime::invariants() {
        match (invariant.check)(&view) {
            Ok(()) => held.push(invariant.name),
            Err(violation) => broken.push(format!("{}: {violation}", invariant.name)),
        }
    }
    if !broken.is_empty() {
        let text = format!("at height {}: {}", header.height, broken.join("; "));
        return Err(Failure::new(Exit::Corrupt, "INVARIANT_BROKEN", text));
    }
    context.output.show(&Done {
        text: format!("at height {} all hold: {}", header.height, held.join(", ")),
        data: Held {
            height: header.height.get(),
            invariants: held,
        },
    })
}

#[derive(Debug, Serialize)]
struct Moved {
    entries: u64,
    bytes: u64,
    disk_bytes: u64,
}

fn moved(done: Transferred, disk: u64) -> Done<Moved> {
    let rows = [
        ("entries", done.entries.to_string()),
        ("bytes in use", done.bytes.to_string()),
        ("bytes on disk", disk.to_string()),
    ];
    Done {
        text: pairs(&rows),
        data: Moved {
            entries: done.entries,
            bytes: done.bytes,
            disk_bytes: disk,
        },
    }
}

fn export(context: &Context, name: &FileName) -> Result<(), Failure> {
    let (home, config) = (context.home()?, context.settings(&[], false)?.config);
    if name.file.exists() {
        return Err(Failure::usage(format!(
            "{} exists already, and is not written over",
            name.file.display()
        )));
    }
    let chain = start::chain_of(&home).map_err(|error| crate::cli::start::failure(&error))?;
    let done = transfer::export(&home.store(), &config.store, &chain, &name.file).map_err(of_store)?;
    let size = std::fs::metadata(&name.file).map_or(0, |meta| meta.len());
    context.output.show(&moved(done, size))?;
    context.output.note(&format!(
        "to make the store anew from it: move {} away, then `palisade debug import {}`",
        home.store().display(),
        name.file.display()
    ));
    Ok(())
}

fn import(context: &Context, name: &FileName) -> Result<(), Failure> {
    let (home, config) = (context.home()?, context.settings(&[], false)?.config);
    let chain = start::chain_of(&home).map_err(|error| crate::cli::start::failure(&error))?;
    std::fs::create_dir_all(home.data())
        .map_err(|error| Failure::key(format!("cannot make {}: {error}", home.data().display())))?;
    let done = transfer::import(&home.store(), &config.store, &chain, &name.file).map_err(|error| {
        let exit = exit_of_store(&error);
        Failure::new(exit, "IMPORT", error.to_string())
    })?;
    // Opening it replays what there is to replay, and checks the state's root.
    let (store, _) =
        store::Store::open(&home.store(), &config.store, &chain, Metrics::default()).map_err(of_store)?;
    let space = store.space().map_err(of_store)?;
    context.output.show(&moved(done, space.on_disk))
}
