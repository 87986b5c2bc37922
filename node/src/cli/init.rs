//! `palisade init`: a node's home.

use crate::cli::context::Context;
use crate::cli::passwords::PasswordFlags;
use crate::config::{DEFAULT_FILE, Home};
use crate::output::{Exit, Failure, Show, pairs};
use clap::{Args, ValueEnum};
use genesis::{Address, Document, Hex, Kind, Preset, Text, Validator};
use primitives::address::{AddressKind, Network, format, format_account};
use primitives::{Amount, AssetId, Coin, Timestamp};
use serde::Serialize;
use signer::guard::Guard;
use signer::{NodeKeys, Protection};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// What the only validator of a development chain bonds, in npal.
const BOND: Amount = Amount::new(1_000_000_000_000_000);
/// What its account holds, in npal.
const BALANCE: Amount = Amount::new(1_000_000_000_000_000_000);

/// Which chain the node is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum NetworkName {
    /// A development chain of one's own, of which this node is the only validator.
    Dev,
    /// The chain of a genesis document.
    File,
}

/// `palisade init`.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Which chain the node is for; with --genesis it is the document's.
    #[arg(
        long,
        value_enum,
        default_value_if("genesis", clap::builder::ArgPredicate::IsPresent, "file"),
        default_value = "dev"
    )]
    network: NetworkName,
    /// The genesis document of the chain.
    #[arg(long, value_name = "FILE")]
    genesis: Option<PathBuf>,
    /// The name that others see.
    #[arg(long, default_value = "palisade")]
    moniker: String,
    /// Only follow the chain: no consensus key, no vote.
    #[arg(long)]
    observer: bool,
    #[command(flatten)]
    password: PasswordFlags,
}

/// What was made.
#[derive(Debug, Serialize)]
struct Made {
    home: String,
    chain_id: String,
    chain_hash: String,
    #[serde(flatten)]
    validator: Option<MadeValidator>,
    p2p_key: String,
    peer_id: String,
}

/// What a validator has besides.
#[derive(Debug, Serialize)]
struct MadeValidator {
    account: String,
    operator: String,
    consensus_key: String,
    proof_of_possession: String,
}

impl Show for Made {
    fn table(&self) -> String {
        let mut rows = vec![
            ("home", self.home.clone()),
            ("chain", format!("{} ({})", self.chain_id, self.chain_hash)),
        ];
        if let Some(validator) = &self.validator {
            rows.push(("account", validator.account.clone()));
            rows.push(("operator", validator.operator.clone()));
            rows.push(("consensus key", validator.consensus_key.clone()));
        }
        rows.push(("peer id", self.peer_id.clone()));
        pairs(&rows)
    }

    fn id(&self) -> Option<String> {
        let operator = self
            .validator
            .as_ref()
            .map(|validator| validator.operator.clone());
        operator.or_else(|| Some(self.peer_id.clone()))
    }
}

impl Init {
    pub(crate) fn run(self, context: &Context) -> Result<(), Failure> {
        let home = context.home()?;
        if home.config().exists() || home.genesis().exists() || home.keys().exists() {
            return Err(Failure::key(format!(
                "{} holds a node already; nothing was changed: choose another folder with --home DIR",
                home.path().display()
            )));
        }
        let keys = NodeKeys::generate()?;
        let document = match (&self.genesis, self.network) {
            (Some(path), _) => read(path)?,
            (None, NetworkName::Dev) if self.observer => {
                return Err(Failure::usage(
                    "an observer follows a chain that there is: name it with --genesis FILE",
                ));
            }
            (None, NetworkName::Dev) => development(&keys, &self.moniker)?,
            (None, NetworkName::File) => return Err(Failure::usage("name the document with --genesis FILE")),
        };
        let plan = Plan {
            moniker: &self.moniker,
            password: &self.password,
            observer: self.observer,
            peers: &[],
        };
        context.output.show(&plan.make_with(&home, &document, &keys)?)?;
        let flag = format!(" --home {}", home.path().display());
        context
            .output
            .note(&format!("start it with `palisade start{flag}`"));
        Ok(())
    }
}

/// How a home is made.
pub(crate) struct Plan<'a> {
    pub(crate) moniker: &'a str,
    pub(crate) password: &'a PasswordFlags,
    /// Only a p2p key, and no vote.
    pub(crate) observer: bool,
    /// Peers to stay connected to.
    pub(crate) peers: &'a [String],
}

impl Plan<'_> {
    /// Makes a home with new keys.
    pub(crate) fn make(&self, home: &Home, document: &Document) -> Result<(), Failure> {
        self.make_with(home, document, &NodeKeys::generate()?).map(drop)
    }

    fn make_with(&self, home: &Home, document: &Document, keys: &NodeKeys) -> Result<Made, Failure> {
        let chain_hash = document
            .start()
            .map_err(|error| invalid(&error.to_string()))?
            .chain_hash;
        let network = document.network.network();
        let protection = self.password.protection()?;
        if let (Network::Live, Protection::DevelopmentPlaintext) = (network, &protection) {
            return Err(Failure::key(
                "keys of a live chain are encrypted: name a password with --password-file FILE",
            ));
        }
        self.write(home, keys, &protection, network, document)?;
        let public = keys.public();
        let mut made = Made {
            home: home.path().display().to_string(),
            chain_id: document.chain.to_string(),
            chain_hash: chain_hash.to_string(),
            validator: None,
            p2p_key: hex::encode(public.p2p),
            peer_id: testnet::peer_id::of(&public.p2p),
        };
        if !self.observer {
            Guard::provision(&home.guard(), chain_hash, keys.consensus.public_key())
                .map_err(|error| Failure::key(error.to_string()))?;
            made.validator = Some(MadeValidator {
                account: format_account(network, &public.account),
                operator: format(AddressKind::Operator, network, public.account.as_bytes()),
                consensus_key: hex::encode(public.consensus.0),
                proof_of_possession: hex::encode(public.possession.0),
            });
        }
        Ok(made)
    }

    fn write(
        &self,
        home: &Home,
        keys: &NodeKeys,
        protection: &Protection,
        network: Network,
        document: &Document,
    ) -> Result<(), Failure> {
        make_folder(home.path())?;
        if self.observer {
            NodeKeys::create_p2p(&keys.p2p, &home.keys(), protection, network)?;
        } else {
            keys.create(&home.keys(), protection, network)?;
        }
        let text = document.to_json().map_err(|error| invalid(&error.to_string()))?;
        write(&home.genesis(), &text)?;
        write(&home.config(), &self.settings())
    }

    /// The default settings, with what this plan sets.
    fn settings(&self) -> String {
        let string = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let mut lines = vec![(
            "# moniker = \"palisade\"",
            format!("moniker = {}", string(self.moniker)),
        )];
        if let Some(file) = self.password.file() {
            let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
            let line = format!("password_file = {}", string(&file.display().to_string()));
            lines.push(("# password_file = \"\"", line));
        }
        if self.observer {
            lines.push(("# observer = false", "observer = true".to_owned()));
        }
        if !self.peers.is_empty() {
            let peers: Vec<String> = self.peers.iter().map(|peer| string(peer)).collect();
            let line = format!("persistent_peers = [{}]", peers.join(", "));
            lines.push(("# persistent_peers = []", line));
        }
        lines
            .into_iter()
            .fold(DEFAULT_FILE.to_owned(), |file, (default, line)| {
                file.replacen(default, &line, 1)
            })
    }
}

fn invalid(reason: &str) -> Failure {
    Failure::new(
        Exit::Config,
        "GENESIS_INVALID",
        format!("the genesis document: {reason}"),
    )
}

fn read(path: &Path) -> Result<Document, Failure> {
    let bytes =
        fs::read(path).map_err(|error| invalid(&format!("cannot read {}: {error}", path.display())))?;
    Document::from_json(&bytes).map_err(|error| invalid(&format!("{}: {error}", path.display())))
}

/// A chain of which this node is the only validator and everything belongs to its account.
fn development(keys: &NodeKeys, moniker: &str) -> Result<Document, Failure> {
    let public = keys.public();
    let kind = Kind::Development;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let time = Timestamp::new(u64::try_from(now.as_millis()).unwrap_or_default());
    let mut document = Document::new("palisade-dev-1", kind, Preset::Localnet, time, public.account);
    document.dev_mode = true;
    let coin = Coin {
        asset: AssetId::PAL,
        amount: BALANCE,
    };
    document
        .fund(public.account, coin)
        .map_err(|error| invalid(&error.to_string()))?;
    document.add_validator(Validator {
        operator: Address::new(kind, public.account),
        moniker: Text::from(moniker),
        consensus_key: Hex(public.consensus.0),
        proof_of_possession: Hex(public.possession.0),
        p2p_key: Hex(public.p2p),
        bond: BOND,
    });
    Ok(document)
}

fn make_folder(path: &Path) -> Result<(), Failure> {
    fs::create_dir_all(path)
        .map_err(|error| Failure::key(format!("cannot create {}: {error}", path.display())))
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text)
        .map_err(|error| Failure::unexpected(format!("cannot write {}: {error}", path.display())))
}
