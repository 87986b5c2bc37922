//! `palisade backup`: keys, settings and signing history of a home in one encrypted file, and back.

mod record;

pub(crate) use record::Record;

use crate::cli::context::Context;
use crate::cli::start::failure;
use crate::cli::validator::export_history;
use crate::output::{Exit, Failure, Show, columns, pairs};
use crate::start::{self, StartError};
use clap::{Args, Subcommand};
use primitives::Epoch;
use serde::Serialize;
use signer::Password;
use signer::backup::{Backup, BackupError, Opener, Recipient, Restored, Resume, Seal, restore};
use signer::guard::Interchange;
use std::path::PathBuf;

/// `palisade backup …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Write settings, genesis, keys and what they signed into one new encrypted file, whether the node runs or not.
    Create(Create),
    /// See that a backup opens, and what is in it.
    Verify {
        /// The backup.
        file: PathBuf,
        #[command(flatten)]
        open: OpenFlags,
    },
    /// Put a backup into a home: nothing is overwritten, and no key votes before it is said that no other node does.
    Restore(Restore),
}

/// `palisade backup create`.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The new file.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// Who can open it: the public half of an age key, age1…, as `age-keygen` shows it. May be given several times.
    #[arg(
        long,
        value_name = "RECIPIENT",
        conflicts_with = "passphrase_file",
        required_unless_present = "passphrase_file"
    )]
    age_recipient: Vec<String>,
    /// Encrypt with the passphrase in this file, readable by its owner alone.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

/// What opens a backup.
#[derive(Debug, Args)]
#[group(id = "opener", required = true, multiple = false, args = ["age_identity", "passphrase_file"])]
pub(crate) struct OpenFlags {
    /// The file with the secret half of an age key, as `age-keygen` made it, readable by its owner alone.
    #[arg(long, value_name = "FILE")]
    age_identity: Option<PathBuf>,
    /// The file with the passphrase, readable by its owner alone.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

/// `palisade backup restore`.
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The backup.
    file: PathBuf,
    #[command(flatten)]
    open: OpenFlags,
    /// Make the signing guard at once, for keys that sign from this epoch on: a later one than the chain is in. For the
    /// home of a signer; a node's is made when it starts.
    #[arg(long, value_name = "EPOCH", requires = "i_have_stopped_the_other_node")]
    votes_from_epoch: Option<u64>,
    /// No other node or signer runs with these keys. If one does, both are slashed.
    #[arg(long, requires = "votes_from_epoch")]
    i_have_stopped_the_other_node: bool,
    /// Put back missing key files alone, beside a guard that is intact.
    #[arg(long, conflicts_with = "votes_from_epoch")]
    keys_only: bool,
}

impl OpenFlags {
    fn opener(&self) -> Result<Opener, Failure> {
        match (&self.age_identity, &self.passphrase_file) {
            (Some(path), _) => Ok(Opener::identities(path)?),
            (None, Some(path)) => Ok(Opener::Passphrase(Password::from_file(path)?)),
            (None, None) => Err(Failure::usage(
                "name what opens it: --age-identity or --passphrase-file",
            )),
        }
    }
}

/// Runs a verb.
pub(crate) async fn run(verb: Verb, context: &Context) -> Result<(), Failure> {
    match verb {
        Verb::Create(create) => create.run(context).await,
        Verb::Verify { file, open } => {
            let backup = Backup::read(&file, &open.opener()?)?;
            context.output.show(&Content::of(&file, &backup))
        }
        Verb::Restore(restore) => restore.run(context),
    }
}

/// What is in a backup.
#[derive(Debug, Serialize)]
struct Content {
    file: String,
    chain_hash: String,
    made_ms: u64,
    /// The highest epoch and view in which a key had signed.
    signed_epoch: u64,
    signed_view: u64,
    /// Consensus keys whose history is in it.
    keys: Vec<String>,
    files: Vec<String>,
}

impl Content {
    fn of(file: &std::path::Path, backup: &Backup) -> Self {
        let signed = backup.highest();
        Self {
            file: file.display().to_string(),
            chain_hash: backup.chain_hash.to_string(),
            made_ms: backup.made_ms,
            signed_epoch: signed.epoch.get(),
            signed_view: signed.view.get(),
            keys: backup.keys().map(|key| hex::encode(key.0)).collect(),
            files: backup.files.iter().map(|one| one.name.clone()).collect(),
        }
    }
}

impl Show for Content {
    fn table(&self) -> String {
        let age = start::now().get().saturating_sub(self.made_ms) / 1_000;
        let signed = match self.keys.len() {
            0 => "no history: of an observer, or another process signs".to_owned(),
            _ => format!("up to epoch {}, view {}", self.signed_epoch, self.signed_view),
        };
        let rows = [
            ("backup", self.file.clone()),
            ("chain", self.chain_hash.clone()),
            ("made", format!("{age} s ago")),
            ("signed", signed),
        ];
        let files: Vec<Vec<String>> = self.files.iter().map(|name| vec![name.clone()]).collect();
        format!("{}\n{}", pairs(&rows), columns(&["FILE"], &files))
    }

    fn id(&self) -> Option<String> {
        Some(self.file.clone())
    }
}

impl Create {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let seal = self.seal()?;
        let home = context.home()?;
        let chain = start::chain_of(&home).map_err(|error| failure(&error))?;
        let settings = context.settings(&[], false)?.config;
        let votes_here = !settings.node.observer && settings.signer.remote.is_empty();
        let history = if votes_here {
            let json = export_history(context).await?;
            let parsed = Interchange::parse(json.as_bytes());
            Some(parsed.map_err(|error| Failure::unexpected(error.to_string()))?)
        } else {
            None
        };
        let backup = Backup::of(home.path(), chain, start::now().get(), history)?;
        backup.write(&self.to, &seal)?;
        Record::of(&self.to, &backup).write(&home)?;
        let content = Content::of(&self.to, &backup);
        context.output.show(&content)?;
        context.output.note(
            "keep it on another machine, and apart from what opens it; the password of the keys, where they have one, is not \
             in it. Make another one after every new key",
        );
        Ok(())
    }

    fn seal(&self) -> Result<Seal, Failure> {
        if let Some(path) = &self.passphrase_file {
            return Ok(Seal::Passphrase(Password::from_file(path)?));
        }
        let recipients: Result<Vec<Recipient>, BackupError> =
            self.age_recipient.iter().map(|text| text.parse()).collect();
        Ok(Seal::Recipients(recipients?))
    }
}

/// What a restoration did.
#[derive(Debug, Serialize)]
struct Put {
    home: String,
    written: Vec<String>,
    there: Vec<String>,
}

impl Show for Put {
    fn table(&self) -> String {
        let list = |names: &[String]| match names {
            [] => "nothing".to_owned(),
            names => names.join(", "),
        };
        pairs(&[
            ("home", self.home.clone()),
            ("written", list(&self.written)),
            ("there already", list(&self.there)),
        ])
    }

    fn id(&self) -> Option<String> {
        Some(self.home.clone())
    }
}

impl Restore {
    fn run(&self, context: &Context) -> Result<(), Failure> {
        let home = context.home()?;
        let backup = Backup::read(&self.file, &self.open.opener()?)?;
        let own = home.genesis().exists();
        let chain = own.then(|| start::chain_of(&home).map_err(|error| failure(&error)));
        let resume = match self.votes_from_epoch {
            Some(epoch) => Resume::FromEpoch(Epoch::new(epoch)),
            None if self.keys_only => Resume::KeysOnly,
            None => Resume::OnRequest,
        };
        let Restored { written, there } = restore(&backup, home.path(), chain.transpose()?, resume)?;
        context.output.show(&Put {
            home: home.path().display().to_string(),
            written,
            there,
        })?;
        let guarded = home.guard().join("signing-guard.log").exists();
        if backup.history.is_some() && resume == Resume::OnRequest && !guarded {
            context.output.note(&format!(
                "the keys may have signed more since the backup was made. When no other node runs with them: `palisade start \
                 --home {} --init-signing-history --i-have-stopped-the-other-node`; it votes from the next epoch on",
                home.path().display()
            ));
        }
        Ok(())
    }
}

impl From<BackupError> for Failure {
    fn from(error: BackupError) -> Self {
        let text = error.to_string();
        match error {
            BackupError::Key(error) => error.into(),
            BackupError::Guard(error) => failure(&StartError::Guard(error)),
            BackupError::Recipient { .. } => Self::usage(text),
            BackupError::NoKeys { .. } => Self::not_found(text),
            BackupError::AnotherChain { .. } => Self::new(Exit::Config, "WRONG_CHAIN", text),
            BackupError::Newer { .. }
            | BackupError::Older { .. }
            | BackupError::GivenAway
            | BackupError::Signed { .. } => Self::new(Exit::SigningRefused, "SIGNING_HISTORY", text),
            BackupError::Identity { .. }
            | BackupError::Sealed(_)
            | BackupError::OtherOpener(_)
            | BackupError::Malformed(_)
            | BackupError::TooLong
            | BackupError::NotText { .. }
            | BackupError::Differs { .. } => Self::key(text),
        }
    }
}
