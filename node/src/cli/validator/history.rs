//! `palisade validator history`: what the keys have signed, out of the guard and into it.

use crate::cli::admin;
use crate::cli::context::Context;
use crate::output::{Failure, Show, pairs};
use crate::start;
use clap::Subcommand;
use proto::admin::v1 as wire;
use serde::Serialize;
use signer::guard::{Guard, GuardConfig, Interchange};
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wal::Disk;

#[derive(Debug, Subcommand)]
pub(crate) enum History {
    /// Write what the keys have signed as JSON, after EIP-3076. A copy is worth something only while they sign nothing more.
    Export {
        /// The new file [default: standard output].
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
    /// Take in what was signed elsewhere: the higher watermark holds, and the rows of both. Old data changes nothing.
    Import {
        /// The file.
        file: PathBuf,
    },
}

#[derive(Serialize)]
struct Imported {
    keys: u64,
    slots: u64,
    conflicts: u64,
}

impl Show for Imported {
    fn table(&self) -> String {
        pairs(&[
            ("keys", self.keys.to_string()),
            ("slots", self.slots.to_string()),
            ("conflicts", self.conflicts.to_string()),
        ])
    }
}

impl History {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Export { to } => {
                let json = export(context).await?;
                match to {
                    Some(file) => write(&file, &json),
                    None => context.output.line(&json),
                }
            }
            Self::Import { file } => {
                let text = std::fs::read(&file)
                    .map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?;
                let document = Interchange::parse(&text)
                    .map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?;
                let imported = import(context, &document).await?;
                if imported.conflicts > 0 {
                    context.output.note(
                        "the key has signed twice in some slot already: both histories together can be slashed",
                    );
                }
                context.output.show(&imported)
            }
        }
    }
}

/// Of the running node, or out of the guard of one that does not run.
pub(crate) async fn export(context: &Context) -> Result<String, Failure> {
    if let Ok(client) = admin::owner(context).await {
        let mut keys = client.keys();
        let request = keys.export_signing_history(wire::ExportSigningHistoryRequest {});
        let answer = client.unary(request).await?;
        return String::from_utf8(answer.json.to_vec())
            .map_err(|_| Failure::unexpected("the node's history is no text"));
    }
    Ok(guard(context)?.export().to_json())
}

async fn import(context: &Context, document: &Interchange) -> Result<Imported, Failure> {
    if let Ok(client) = admin::owner(context).await {
        let mut keys = client.keys();
        let json = document.to_json().into_bytes().into();
        let request = keys.import_signing_history(wire::ImportSigningHistoryRequest { json });
        let done = client.unary(request).await?;
        return Ok(Imported {
            keys: done.keys,
            slots: done.slots,
            conflicts: done.conflicts,
        });
    }
    let done = guard(context)?
        .import(document)
        .map_err(|error| Failure::key(error.to_string()))?;
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    Ok(Imported {
        keys: count(done.keys),
        slots: count(done.rows),
        conflicts: count(done.conflicts),
    })
}

/// The guard of the home, whose node does not run.
fn guard(context: &Context) -> Result<Guard, Failure> {
    let home = context.home()?;
    let chain = start::chain_of(&home).map_err(|error| crate::cli::start::failure(&error))?;
    let disk = Disk::new(home.guard())
        .map_err(|error| Failure::key(format!("{}: {error}", home.guard().display())))?;
    Guard::open(Arc::new(disk), chain, GuardConfig::default())
        .map_err(|error| Failure::key(error.to_string()))
}

/// A new file that its owner alone can read. Nothing is overwritten.
fn write(file: &Path, json: &str) -> Result<(), Failure> {
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
        .and_then(|mut open| open.write_all(json.as_bytes()).and_then(|()| open.sync_all()));
    written.map_err(|error| Failure::usage(format!("{}: {error}", file.display())))
}
