//! `palisade operator run`: the operator's half of the services.

use crate::cli::context::Context;
use crate::cli::key::open_account;
use crate::cli::passwords::PasswordFlags;
use crate::cli::start::watch_signals;
use crate::logging;
use crate::output::{Exit, Failure};
use ::operator::{Config, Identity, OperatorError, Source};
use clap::{Args, ValueEnum};
use primitives::ServiceId;
use signer::keystore::load_consensus;
use signer::{Password, Protection, ServiceGuardError};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use tokio_util::sync::CancellationToken;

/// What an operator may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Service {
    /// State prices in the rounds of feeds.
    Oracle,
    /// Answer tasks of services whose work is off the chain.
    Attested,
}

/// `palisade operator run`.
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The operator's account, which sends and pays: a key's name or file.
    #[arg(long, value_name = "KEY")]
    from: String,
    /// The file that holds that key's password, readable by its owner alone.
    #[arg(long, value_name = "FILE")]
    from_password_file: Option<PathBuf>,
    /// The operator's key for its services, as it joined with: a key's name or file (palisade key new NAME --role consensus).
    #[arg(long, value_name = "KEY")]
    key: String,
    /// What to do.
    #[arg(long, value_enum, value_delimiter = ',', required = true, value_name = "LIST")]
    services: Vec<Service>,
    /// Where a feed's price comes from: 3=file:PATH, 3=cmd:COMMAND, or 3=https://ADDRESS#/json/pointer. May be given several
    /// times.
    #[arg(long, value_name = "FEED=SOURCE")]
    source: Vec<Of<u64, Source>>,
    /// The command that answers a service's tasks: it gets PALISADE_SERVICE, PALISADE_TASK and PALISADE_PAYLOAD, and what it
    /// writes to standard output is the answer. May be given several times.
    #[arg(long, value_name = "SERVICE=COMMAND")]
    answer: Vec<Of<u32, String>>,
    /// The folder of its guard [default: operator in the home]. One key, one guard: never two of them.
    #[arg(long, value_name = "DIR")]
    guard: Option<PathBuf>,
    /// Serve metrics at http://ADDRESS/metrics.
    #[arg(long, value_name = "ADDRESS")]
    metrics: Option<SocketAddr>,
    #[command(flatten)]
    password: PasswordFlags,
}

/// `NUMBER=SOMETHING`.
#[derive(Clone, Debug)]
struct Of<N, T>(N, T);

impl<N: FromStr, T: FromStr> FromStr for Of<N, T>
where
    T::Err: std::fmt::Display,
{
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (number, rest) = text
            .split_once('=')
            .ok_or("write NUMBER=SOMETHING, such as 3=file:price.txt")?;
        let number = number
            .trim()
            .parse()
            .map_err(|_| format!("`{number}` is not a number"))?;
        let rest = rest.parse().map_err(|error: T::Err| error.to_string())?;
        Ok(Self(number, rest))
    }
}

impl Run {
    /// What is asked for, without what is missing or left over.
    fn config(&self) -> Result<Config, Failure> {
        let mut config = Config {
            metrics: self.metrics,
            ..Config::default()
        };
        let (oracle, attested) = (Service::Oracle, Service::Attested);
        for (service, flags, flag) in [
            (oracle, self.source.len(), "--source FEED=SOURCE"),
            (attested, self.answer.len(), "--answer SERVICE=COMMAND"),
        ] {
            let (wanted, name) = (self.services.contains(&service), service.to_possible_value());
            let name = name.map_or_else(String::new, |value| value.get_name().to_owned());
            if wanted && flags == 0 {
                return Err(Failure::usage(format!(
                    "--services {name} needs at least one {flag}"
                )));
            }
            if !wanted && flags > 0 {
                return Err(Failure::usage(format!("{flag} is for --services {name}")));
            }
        }
        config.sources = once(&self.source, "--source", |feed| *feed)?;
        config.answers = once(&self.answer, "--answer", |service| ServiceId::new(*service))?;
        Ok(config)
    }

    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let config = self.config()?;
        logging::begin(&context.settings(&[], false)?.config)?;
        let client = context.connect().await?;
        let chain = client.chain().await?;
        let password = match &self.from_password_file {
            Some(file) => Protection::Password(Password::from_file(file)?),
            None => Protection::DevelopmentPlaintext,
        };
        let account = open_account(context, &self.from, &password, chain.network)?;
        let path = context.key_file(&self.key)?;
        let service = load_consensus(&path, &self.password.protection()?, chain.network)?;
        let guard = match self.guard {
            Some(folder) => folder,
            None => context.home()?.path().join("operator"),
        };
        let stop = CancellationToken::new();
        watch_signals(&stop)?;
        context
            .output
            .note(&format!("serving on {}; Ctrl-C stops it", chain.id));
        let identity = Identity { account, service };
        ::operator::run(client, identity, &guard, config, stop)
            .await
            .map_err(failure)
    }
}

/// The flags by number, each given once.
fn once<N, T: Clone, K: Ord>(
    given: &[Of<N, T>],
    flag: &str,
    key: impl Fn(&N) -> K,
) -> Result<BTreeMap<K, T>, Failure> {
    let mut found = BTreeMap::new();
    for Of(number, value) in given {
        if found.insert(key(number), value.clone()).is_some() {
            return Err(Failure::usage(format!("{flag} names the same number twice")));
        }
    }
    Ok(found)
}

fn failure(error: OperatorError) -> Failure {
    match error {
        OperatorError::Node(error) => Failure::from(error),
        OperatorError::Guard(ServiceGuardError::Log(error)) if error.is_corruption() => {
            Failure::new(Exit::Corrupt, "STORAGE_CORRUPT", error.to_string())
        }
        OperatorError::Guard(error) => Failure::new(Exit::Config, "GUARD", error.to_string()),
        error @ OperatorError::Metrics { .. } => Failure::new(Exit::Config, "PORT_TAKEN", error.to_string()),
        OperatorError::Account(error) => Failure::key(error.to_string()),
        error @ OperatorError::GoingDown => Failure::unexpected(error.to_string()),
    }
}
