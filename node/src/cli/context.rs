//! What a command works with: where home is, which node to ask, whose keys to use.

use crate::cli::Global;
use crate::cli::key::multisig::EXTENSION;
use crate::config::{Home, Loaded, Overrides, load};
use crate::output::{Exit, Failure, Output};
use client::{Client, Timeouts};
use primitives::AccountId;
use primitives::address::{Network, format_account};
use std::path::{Path, PathBuf};
use std::time::Duration;
use testnet::{Facts, Folder, Name};

/// Names the testnet that commands work with.
pub(crate) const TESTNET: &str = "PALISADE_TESTNET";
/// Where a node of one's own answers by default.
const DEFAULT_NODE: &str = "http://127.0.0.1:26600";

/// How long one of several nodes may take to say anything.
const ANSWERS_WITHIN: Duration = Duration::from_secs(1);

/// What a command works with.
#[derive(Debug)]
pub(crate) struct Context {
    global: Global,
    /// How it speaks.
    pub(crate) output: Output,
}

impl Context {
    pub(crate) const fn new(global: Global, output: Output) -> Self {
        Self { global, output }
    }

    /// The node's home.
    pub(crate) fn home(&self) -> Result<Home, Failure> {
        if let Some(path) = &self.global.home {
            return Ok(Home::new(path.clone()));
        }
        let user = std::env::var_os("HOME")
            .filter(|home| !home.is_empty())
            .ok_or_else(|| Failure::usage("HOME is not set: name the node's folder with --home DIR"))?;
        Ok(Home::new(PathBuf::from(user).join(".palisade")))
    }

    /// The settings in force.
    pub(crate) fn settings(&self, set: &[String], required: bool) -> Result<Loaded, Failure> {
        let flags = set
            .iter()
            .map(|text| {
                text.split_once('=')
                    .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
                    .ok_or_else(|| {
                        Failure::usage(format!(
                            "--set {text}: write name=value, like rpc.listen=127.0.0.1:1"
                        ))
                    })
            })
            .collect::<Result<_, _>>()?;
        load(&self.home()?, &Overrides::from_environment(flags), required)
            .map_err(|error| Failure::new(Exit::Config, "CONFIG_INVALID", error.to_string()))
    }

    /// The testnet of that name in this folder, or the one that the environment names.
    pub(crate) fn testnet(&self, name: Option<&Name>) -> Result<Folder, Failure> {
        let name = match (name, std::env::var(TESTNET)) {
            (Some(name), _) => name.clone(),
            (None, Ok(text)) if !text.is_empty() => text
                .parse()
                .map_err(|error| Failure::usage(format!("{TESTNET}: {error}")))?,
            (None, _) => Name::default(),
        };
        Ok(Folder::new(Path::new(""), &name))
    }

    /// The nodes to ask, in order of preference.
    fn urls(&self) -> Vec<String> {
        if let Some(url) = &self.global.node {
            return vec![url.clone()];
        }
        let facts = self
            .testnet(None)
            .ok()
            .and_then(|folder| Facts::load(&folder).ok());
        facts.map_or_else(
            || vec![DEFAULT_NODE.to_owned()],
            |facts| facts.nodes.into_iter().map(|node| node.status.grpc).collect(),
        )
    }

    /// A connection to the node at `url`; encrypted where the address says so.
    pub(crate) async fn connect_to(&self, url: &str) -> Result<Result<Client, client::Error>, Failure> {
        let Some(file) = self
            .global
            .tls_ca
            .as_ref()
            .filter(|_| url.starts_with("https://"))
        else {
            return Ok(Client::connect(url, Timeouts::default()).await);
        };
        let ca = std::fs::read(file)
            .map_err(|error| Failure::usage(format!("--tls-ca {}: {error}", file.display())))?;
        Ok(Client::connect_tls(url, Timeouts::default(), &ca).await)
    }

    /// A connection to the first node that answers.
    pub(crate) async fn connect(&self) -> Result<Client, Failure> {
        let urls = self.urls();
        let mut first = None;
        for url in &urls {
            match self.connect_to(url).await? {
                // A frozen node takes connections and says nothing: with others to ask, it is passed over.
                Ok(client) if urls.len() > 1 => {
                    match tokio::time::timeout(ANSWERS_WITHIN, client.sync_status()).await {
                        Ok(Ok(_)) => return Ok(client),
                        Ok(Err(error)) => first = first.or(Some(error)),
                        Err(_) => {}
                    }
                }
                Ok(client) => return Ok(client),
                Err(error) => first = first.or(Some(error)),
            }
        }
        Err(first.map_or_else(
            || {
                Failure::new(
                    Exit::Unreachable,
                    "NODE_UNREACHABLE",
                    format!("no answer from {}", urls.join(", ")),
                )
            },
            Failure::from,
        ))
    }

    /// Folders with keys of accounts, in order of preference.
    pub(crate) fn key_folders(&self) -> Vec<PathBuf> {
        if let Some(folder) = &self.global.keys {
            return vec![folder.clone()];
        }
        let mut folders = Vec::new();
        if let Ok(home) = self.home() {
            folders.push(home.accounts());
        }
        if let Ok(testnet) = self.testnet(None)
            && testnet.accounts().is_dir()
        {
            folders.push(testnet.accounts());
        }
        folders
    }

    /// Where new keys of accounts go.
    pub(crate) fn own_keys(&self) -> Result<PathBuf, Failure> {
        match &self.global.keys {
            Some(folder) => Ok(folder.clone()),
            None => Ok(self.home()?.accounts()),
        }
    }

    /// The file of an account's key, by name or by path.
    pub(crate) fn key_file(&self, name: &str) -> Result<PathBuf, Failure> {
        let as_path = Path::new(name);
        if name.contains('/')
            || as_path
                .extension()
                .is_some_and(|extension| extension == "pem" || extension == EXTENSION)
        {
            return Ok(as_path.to_owned());
        }
        let folders = self.key_folders();
        let found = folders
            .iter()
            .flat_map(|folder| {
                ["pem", "json", EXTENSION].map(|extension| folder.join(name).with_extension(extension))
            })
            .find(|path| path.is_file());
        found.ok_or_else(|| {
            let looked: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
            Failure::key(format!(
                "there is no key \"{name}\" in {}: `palisade key new {name}` makes one, --keys DIR names another folder",
                looked.join(" or ")
            ))
        })
    }

    /// The account that a text names: an address, an id in hex, or a key of one's own.
    pub(crate) fn account(&self, text: &str, network: Option<Network>) -> Result<AccountId, Failure> {
        match client::address::parse(text) {
            Ok(named) => {
                if let (Some(found), Some(expected)) = (named.network, network)
                    && found != expected
                {
                    let prefix = format_account(expected, &named.id);
                    return Err(Failure::usage(format!(
                        "{text} belongs to another kind of chain than this one, where addresses start with `{}1`",
                        prefix.split('1').next().unwrap_or_default()
                    )));
                }
                Ok(named.id)
            }
            Err(error) => match self.key_file(text) {
                Ok(path) => crate::cli::key::public_account(&path),
                // Something with a separator was meant as an address, a word as a name.
                Err(_) if text.contains('1') && text.len() > 20 => {
                    Err(Failure::usage(format!("{text}: {error}")))
                }
                Err(failure) => Err(failure),
            },
        }
    }
}
