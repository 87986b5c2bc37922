//! The home of a node that joins: made new, or the one that is there with its data moved away.

use super::sources::Chain;
use crate::cli::context::Context;
use crate::cli::init;
use crate::cli::passwords::PasswordFlags;
use crate::config::Home;
use crate::output::{Exit, Failure};

/// What a new home is made with.
pub(super) struct Settings<'a> {
    pub(super) moniker: &'a str,
    pub(super) peers: &'a [String],
    pub(super) validator: bool,
    pub(super) password: &'a PasswordFlags,
}

/// Makes the home, or checks that the one that is there is of this chain and has no store.
pub(super) fn prepare(
    context: &Context,
    home: &Home,
    chain: &Chain,
    settings: &Settings<'_>,
) -> Result<(), Failure> {
    if home.store().exists() {
        return Err(Failure::new(
            Exit::Usage,
            "DATA_EXISTS",
            format!(
                "{} holds a chain already; nothing was changed. To start again from a snapshot, stop the node and move {} \
                 away: keys and signing guard are elsewhere and stay",
                home.path().display(),
                home.data().display()
            ),
        ));
    }
    if home.genesis().exists() {
        let text = std::fs::read(home.genesis()).map_err(|error| {
            Failure::unexpected(format!("cannot read {}: {error}", home.genesis().display()))
        })?;
        let own = Chain::parse(&text, &home.genesis().display().to_string())?;
        own.check(
            Some(chain.start.chain_hash),
            &home.genesis().display().to_string(),
        )?;
        let note = format!(
            "{} is of this chain: its keys and settings stay",
            home.path().display()
        );
        context.output.note(&note);
        return Ok(());
    }
    init::Plan {
        moniker: settings.moniker,
        password: settings.password,
        observer: !settings.validator,
        peers: settings.peers,
    }
    .make(home, &chain.document)
    .map(drop)
}
