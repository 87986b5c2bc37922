//! `palisade debug continue`: another generation of a development chain, from the state of a home.

use super::open;
use crate::cli::context::Context;
use crate::output::{Failure, Show, pairs};
use crate::start;
use clap::Args;
use genesis::{Continuation, Document};
use serde::Serialize;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;

/// `palisade debug continue`.
#[derive(Debug, Args)]
pub(crate) struct GoOn {
    /// The new file for the genesis document.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// A generation that the chain has had: the new one is higher.
    #[arg(long, default_value_t = 0, value_name = "N")]
    after_generation: u64,
}

#[derive(Serialize)]
struct Made {
    height: u64,
    epoch: u64,
    generation: u64,
    chain_hash: String,
    entries: usize,
}

impl Show for Made {
    fn table(&self) -> String {
        pairs(&[
            ("height", self.height.to_string()),
            ("epoch", self.epoch.to_string()),
            ("generation", self.generation.to_string()),
            ("chain hash", self.chain_hash.clone()),
            ("entries", self.entries.to_string()),
        ])
    }

    fn id(&self) -> Option<String> {
        Some(self.chain_hash.clone())
    }
}

impl GoOn {
    pub(super) fn run(&self, context: &Context) -> Result<(), Failure> {
        let invalid = |error: genesis::GenesisError| Failure::usage(error.to_string());
        let home = context.home()?;
        let document = start::genesis(&home)
            .map_err(|error| crate::cli::start::failure(&error))?
            .1;
        let opened = open(context)?;
        let base = &opened.base;
        let epoch = opened.tip_epoch();
        let from = Continuation::of(&base.header, epoch, &base.state);
        let next = document.continued(self.after_generation, from).map_err(invalid)?;
        // What cannot be started is not written.
        let started = next.start().map_err(invalid)?;
        let text = next.to_json().map_err(invalid)?;
        if text.len() > Document::MAX_BYTES {
            return Err(Failure::usage(format!(
                "the state has {} entries, which take {} bytes in a genesis document, where {} fit",
                base.state.len(),
                text.len(),
                Document::MAX_BYTES
            )));
        }
        let written = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&self.to)
            .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()));
        written.map_err(|error| Failure::usage(format!("{}: {error}", self.to.display())))?;
        context.output.show(&Made {
            height: base.header.height.get(),
            epoch: epoch.get(),
            generation: next.generation,
            chain_hash: started.chain_hash.to_string(),
            entries: base.state.len(),
        })
    }
}
