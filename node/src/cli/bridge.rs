//! `palisade bridge`: what comes from other chains, and what proves it.

mod bitcoin;
mod ethereum;

use super::context::Context;
use crate::output::{Exit, Failure};
use clap::Subcommand;
use primitives::{Millis, Timestamp};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Ethereum's light client and proofs.
    #[command(subcommand)]
    Ethereum(EthereumVerb),
    /// Bitcoin's headers and proofs.
    #[command(subcommand)]
    Bitcoin(BitcoinVerb),
}

/// What to do with Ethereum's.
#[derive(Debug, Subcommand)]
pub(crate) enum EthereumVerb {
    /// Check files of a beacon API as the chain would, without any node: exit 5 names the rule that failed.
    Verify(ethereum::Verify),
}

/// What to do with Bitcoin's.
#[derive(Debug, Subcommand)]
pub(crate) enum BitcoinVerb {
    /// Check headers and proofs of transactions as the chain would, without any node: exit 5 names the rule that failed.
    Verify(bitcoin::Verify),
}

/// Runs a verb.
pub(crate) fn run(verb: Verb, context: &Context) -> Result<(), Failure> {
    match verb {
        Verb::Ethereum(EthereumVerb::Verify(verify)) => verify.run(context),
        Verb::Bitcoin(BitcoinVerb::Verify(verify)) => verify.run(context),
    }
}

/// The bytes of a file, of which more than `limit` are not read.
fn read(path: &Path, limit: usize) -> Result<Vec<u8>, Failure> {
    use std::io::Read;
    let failed = |error: std::io::Error| {
        let text = format!("cannot read {}: {error}", path.display());
        if error.kind() == std::io::ErrorKind::NotFound {
            Failure::not_found(text)
        } else {
            Failure::unexpected(text)
        }
    };
    let file = std::fs::File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(limit as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() > limit {
        let text = format!("{} is longer than {limit} bytes", path.display());
        return Err(Failure::new(Exit::Rejected, "FILE_TOO_LONG", text));
    }
    Ok(bytes)
}

/// A file is not what it should be, or breaks a rule.
fn refused(path: &Path, why: &impl std::fmt::Display) -> Failure {
    let text = format!("{}: {why}", path.display());
    Failure::new(Exit::Rejected, "PROOF_REFUSED", text).with("file", path.display())
}

/// What the clock of this machine says.
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let millis = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
    Timestamp::new(millis)
}

/// How far this machine's clock may be behind.
const TOLERANCE: Millis = Millis::new(12_000);
