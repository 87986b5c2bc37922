//! `palisade validator move`: keys and signing history to another home, never both in use.

use crate::cli::context::Context;
use crate::cli::start::failure;
use crate::config::Home;
use crate::output::{Exit, Failure, Show, pairs};
use crate::start::{self, StartError};
use clap::Args;
use serde::Serialize;
use signer::guard::GuardError;
use signer::transfer::{Places, Step, TransferError, Which, pack, unpack};
use std::fs;
use std::path::{Path, PathBuf};

/// `palisade validator move`. Nothing of it can be done twice: killed at any point, run the same again.
#[derive(Debug, Args)]
#[group(required = true, multiple = false, id = "where", args = ["to", "pack", "unpack"])]
pub(crate) struct Relocate {
    /// The home that shall sign from now on, on this machine.
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    /// Another machine: lock the keys of this home and write them into this new folder, to be carried there.
    #[arg(long, value_name = "DIR")]
    pack: Option<PathBuf>,
    /// On the other machine: take the keys of this folder into the home.
    #[arg(long, value_name = "DIR")]
    unpack: Option<PathBuf>,
    /// Consensus keys alone, for the home of a signer; the node keeps its account and its name.
    #[arg(long, conflicts_with = "unpack")]
    consensus_only: bool,
}

#[derive(Debug, Serialize)]
struct Moved {
    from: String,
    to: String,
}

impl Show for Moved {
    fn table(&self) -> String {
        pairs(&[("from", self.from.clone()), ("to", self.to.clone())])
    }

    fn id(&self) -> Option<String> {
        Some(self.to.clone())
    }
}

impl Relocate {
    pub(crate) fn run(&self, context: &Context) -> Result<(), Failure> {
        let home = context.home()?;
        let which = if self.consensus_only {
            Which::Consensus
        } else {
            Which::All
        };
        let (from, to) = if let Some(to) = &self.to {
            let bundle = home.path().join("moved");
            first_half(context, &home, which, &bundle)?;
            second_half(context, &bundle, &Home::new(to.clone()))?;
            context.output.note(&format!(
                "only {} signs now; the guard of {} is locked for good. Delete {} when you have a backup of the new home",
                to.display(),
                home.path().display(),
                bundle.display()
            ));
            (home.path().to_owned(), to.clone())
        } else if let Some(bundle) = &self.pack {
            first_half(context, &home, which, bundle)?;
            context.output.note(&format!(
                "this home signs nothing any more. Carry {0} to the other machine, delete it here, and there run `palisade \
                 validator move --unpack {0} --home DIR`, once",
                bundle.display()
            ));
            (home.path().to_owned(), bundle.clone())
        } else {
            let bundle = self.unpack.as_deref().unwrap_or(Path::new(""));
            second_half(context, bundle, &home)?;
            (bundle.to_owned(), home.path().to_owned())
        };
        context.output.show(&Moved {
            from: from.display().to_string(),
            to: to.display().to_string(),
        })
    }
}

fn places(home: &Home) -> Places {
    Places {
        home: home.path().to_owned(),
        keys: home.keys(),
        guard: home.guard(),
    }
}

/// Says each step; a step is said when it is durable.
fn say(context: &Context) -> impl FnMut(Step) -> bool {
    let output = context.output;
    move |step| {
        output.note(&format!("  {step}"));
        true
    }
}

fn first_half(context: &Context, home: &Home, which: Which, bundle: &Path) -> Result<(), Failure> {
    let chain = start::chain_of(home).map_err(|error| failure(&error))?;
    pack(&places(home), chain, which, bundle, &mut say(context))?;
    let settings = (which == Which::All).then(|| home.config());
    for file in settings.into_iter().chain([home.genesis()]) {
        put(&file, bundle)?;
    }
    Ok(())
}

fn second_half(context: &Context, bundle: &Path, home: &Home) -> Result<(), Failure> {
    let packed = Home::new(bundle.to_owned());
    if home.genesis().exists() {
        let chain = |home: &Home| start::chain_of(home).map_err(|error| failure(&error));
        let (ours, theirs) = (chain(home)?, chain(&packed)?);
        if ours != theirs {
            return Err(Failure::new(
                Exit::Config,
                "WRONG_CHAIN",
                format!(
                    "{} is of chain {ours}, the keys are of chain {theirs}: name another home",
                    home.path().display()
                ),
            ));
        }
    }
    unpack(bundle, &places(home), &mut say(context))?;
    for file in [packed.genesis(), packed.config()] {
        if file.exists() {
            put(&file, home.path())?;
        }
    }
    Ok(())
}

/// Copies a public file into a folder, unless one of its name is there.
fn put(file: &Path, folder: &Path) -> Result<(), Failure> {
    let name = file.file_name().unwrap_or_default();
    let to = folder.join(name);
    if to.exists() {
        return Ok(());
    }
    let wrong = |error| {
        Failure::key(format!(
            "cannot copy {} to {}: {error}",
            file.display(),
            to.display()
        ))
    };
    let new = folder.join(format!(".{}.new", name.to_string_lossy()));
    fs::create_dir_all(folder)
        .and_then(|()| fs::copy(file, &new))
        .and_then(|_| fs::rename(&new, &to))
        .map_err(wrong)
}

impl From<TransferError> for Failure {
    fn from(error: TransferError) -> Self {
        let text = error.to_string();
        match error {
            TransferError::Guard(GuardError::Log(wal::LogError::Locked { .. })) => Self::new(
                Exit::SigningRefused,
                "NODE_RUNNING",
                format!("{text}: stop the node or signer of that home first"),
            ),
            TransferError::Guard(error) => failure(&StartError::Guard(error)),
            TransferError::Key(error) => error.into(),
            TransferError::GivenAway { .. }
            | TransferError::Locked { .. }
            | TransferError::Claimed { .. } => Self::new(Exit::SigningRefused, "GIVEN_AWAY", text),
            TransferError::NoBundle { .. } => Self::not_found(text),
            TransferError::History { .. } | TransferError::Differs { .. } => Self::key(text),
            TransferError::Stopped(_) => Self::unexpected(text),
        }
    }
}
