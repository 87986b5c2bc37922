//! `palisade validator init`: all keys that a validator needs, in a home that follows a chain.

use super::keys;
use crate::cli::context::Context;
use crate::cli::passwords::PasswordFlags;
use crate::cli::start::failure;
use crate::config::Home;
use crate::output::{Exit, Failure, Show, pairs};
use crate::start;
use clap::Args;
use primitives::ChainHash;
use primitives::address::{AddressKind, Network, format, format_account};
use serde::Serialize;
use signer::guard::{Guard, GuardConfig, GuardError, Slot};
use signer::{ConsensusKey, NodeKeys, Protection, PublicKeys};
use std::io::{BufRead, IsTerminal};
use std::path::Path;
use std::sync::Arc;
use wal::Disk;

/// `palisade validator init`. Keys that are there stay as they are; killed at any point, run it again.
#[derive(Debug, Args)]
pub(crate) struct Init {
    #[command(flatten)]
    password: PasswordFlags,
    /// Do not ask whether the keys are backed up.
    #[arg(short, long)]
    yes: bool,
}

#[derive(Serialize)]
struct Made {
    home: String,
    account: String,
    operator: String,
    consensus_key: String,
    proof_of_possession: String,
    p2p_key: String,
    back_up: Vec<String>,
}

impl Show for Made {
    fn table(&self) -> String {
        pairs(&[
            ("home", self.home.clone()),
            ("account", self.account.clone()),
            ("operator", self.operator.clone()),
            ("consensus key", self.consensus_key.clone()),
            ("proof", self.proof_of_possession.clone()),
            ("p2p key", self.p2p_key.clone()),
        ])
    }

    fn id(&self) -> Option<String> {
        Some(self.operator.clone())
    }
}

impl Init {
    pub(crate) fn run(self, context: &Context) -> Result<(), Failure> {
        let home = context.home()?;
        let (chain, network) = start::chain_and_kind(&home).map_err(|error| failure(&error))?;
        if keys::remote(context)?.is_some() {
            return Err(Failure::new(
                Exit::Config,
                "CONFIG_INVALID",
                "another process signs for this node (signer.remote): its keys are made there, with `palisade signer new-key`",
            ));
        }
        let settings = context.settings(&[], true)?.config;
        let protection = match self.password.given()? {
            Some(protection) => protection,
            None => start::protection(&settings).map_err(|error| failure(&error))?,
        };
        if let (Network::Live, Protection::DevelopmentPlaintext) = (network, &protection) {
            return Err(Failure::key(
                "keys of a live chain are encrypted: name a password with --password-file FILE",
            ));
        }
        let new = NodeKeys::complete(&home.keys(), &protection, network)?;
        if let Some(consensus) = &new {
            // Order: the guard is there before the key is, so that no start finds a key without its guard.
            guard(&home, chain, consensus)?;
            NodeKeys::save_first(&home.keys(), consensus, &protection, network)?;
        }
        vote_from_now_on(&home.config())?;
        let public = NodeKeys::load(&home.keys(), &protection, network)?.public();
        if new.is_none() {
            context
                .output
                .note("this home had all its keys already; nothing was made");
        }
        context.output.show(&made(&home, network, &public))?;
        self.ask_for_backup(context, &home)?;
        context.output.note(&format!(
            "next, with the node running: palisade validator register --home {} --moniker NAME --bond AMOUNT",
            home.path().display()
        ));
        Ok(())
    }

    /// Lost keys cannot be made again: who sits at a terminal says that they are kept elsewhere too.
    fn ask_for_backup(&self, context: &Context, home: &Home) -> Result<(), Failure> {
        context.output.note(&format!(
            "back up {}/ and the password now, where this machine's end does not reach them. Never start a second node with a \
             copy: `palisade validator move` carries keys over",
            home.keys().display()
        ));
        if self.yes || !std::io::stdin().is_terminal() {
            return Ok(());
        }
        context.output.note("Are the keys backed up? [y/N]");
        let mut line = String::new();
        std::io::stdin()
            .lock()
            .read_line(&mut line)
            .map_err(|error| Failure::unexpected(format!("cannot read the answer: {error}")))?;
        if !matches!(line.trim(), "y" | "Y" | "yes") {
            context.output.note(
                "they are in the home and nothing else is missing: back them up before you bond anything",
            );
        }
        Ok(())
    }
}

fn made(home: &Home, network: Network, public: &PublicKeys) -> Made {
    let names = ["account.pem", "consensus.json", "p2p.pem"];
    Made {
        home: home.path().display().to_string(),
        account: format_account(network, &public.account),
        operator: format(AddressKind::Operator, network, public.account.as_bytes()),
        consensus_key: hex::encode(public.consensus.0),
        proof_of_possession: hex::encode(public.possession.0),
        p2p_key: hex::encode(public.p2p),
        back_up: names
            .iter()
            .map(|name| home.keys().join(name).display().to_string())
            .collect(),
    }
}

/// A guard that knows the key, which was just made and has signed nothing.
fn guard(home: &Home, chain: ChainHash, key: &ConsensusKey) -> Result<(), Failure> {
    let wrong = |error: GuardError| Failure::key(error.to_string());
    match Guard::provision(&home.guard(), chain, key.public_key()) {
        Ok(()) => Ok(()),
        // Of another key, or of a run that was killed: this one is added.
        Err(GuardError::AlreadyInitialised { .. }) => {
            let disk = Disk::new(home.guard())
                .map_err(|error| Failure::key(format!("{}: {error}", home.guard().display())))?;
            let mut guard = Guard::open(Arc::new(disk), chain, GuardConfig::default()).map_err(wrong)?;
            guard.register(key.public_key(), Slot::FIRST).map_err(wrong)
        }
        Err(error) => Err(wrong(error)),
    }
}

/// A home that was made to follow alone votes from its next start on.
fn vote_from_now_on(config: &Path) -> Result<(), Failure> {
    let wrong = |error: std::io::Error| Failure::unexpected(format!("{}: {error}", config.display()));
    let text = std::fs::read_to_string(config).map_err(wrong)?;
    let changed = text.lines().map(|line| match line.trim() {
        "observer = true" => "observer = false",
        _ => line,
    });
    let changed = changed.collect::<Vec<_>>().join("\n") + "\n";
    if changed.trim_end() == text.trim_end() {
        return Ok(());
    }
    let new = config.with_extension("toml.new");
    std::fs::write(&new, changed).map_err(wrong)?;
    std::fs::rename(&new, config).map_err(wrong)
}
