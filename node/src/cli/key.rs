//! `palisade key`: keys in files. No node and no genesis is needed; nothing is ever overwritten.

pub(crate) mod multisig;
mod parse;

use crate::cli::context::Context;
use crate::cli::passwords::PasswordFlags;
use crate::output::{Failure, Show, columns, pairs};
use clap::{Subcommand, ValueEnum};
use crypto::bls::KeyBytes;
use crypto::domain::Domain;
use crypto::hash::tagged;
use multisig::Multisig;
use primitives::address::{Network, format_account, format_consensus_key};
use primitives::{AccountId, Digest};
use serde::{Deserialize, Serialize};
use signer::keystore::{load_consensus, load_ed25519, save_consensus, save_ed25519};
use signer::{ConsensusKey, Ed25519Key, KeyError, Password, Protection};
use std::path::{Path, PathBuf};

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    /// Signs transactions (ed25519).
    Account,
    /// Signs votes (BLS12-381).
    Consensus,
    /// Names a node among its peers (ed25519).
    P2p,
    /// Several keys that sign transactions together.
    #[value(skip)]
    Multisig,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Make a key.
    New {
        /// Its name.
        name: String,
        /// What it is for.
        #[arg(long, value_enum, default_value = "account")]
        role: Role,
        /// For development chains: addresses start with paldev, and the key may stay unencrypted.
        #[arg(long)]
        dev: bool,
        #[command(flatten)]
        password: PasswordFlags,
    },
    /// Make an account of several keys, of which some must sign together. Needs public keys alone.
    Multisig(multisig::Make),
    /// Show the keys that are there.
    List,
    /// Show one key's public half.
    Show {
        /// Its name, or its file.
        name: String,
        #[command(flatten)]
        password: PasswordFlags,
    },
    /// Show every form of an address, an id or a public key.
    Parse {
        /// An address, 64 hexadecimal digits of an id, or 192 of a consensus key.
        text: String,
    },
    /// Take a key from another file.
    Import {
        /// The name it gets.
        name: String,
        /// The file: a keystore, or 64 hexadecimal digits of a secret.
        #[arg(long, value_name = "FILE")]
        from: PathBuf,
        /// The file that holds the password of that file.
        #[arg(long, value_name = "FILE")]
        from_password_file: Option<PathBuf>,
        /// What it is for.
        #[arg(long, value_enum, default_value = "account")]
        role: Role,
        /// For development chains.
        #[arg(long)]
        dev: bool,
        #[command(flatten)]
        password: PasswordFlags,
    },
    /// Write a key to a new keystore elsewhere, under a password of its own.
    Export {
        /// Its name, or its file.
        name: String,
        /// The new file.
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
        /// The file that holds the password of the new file.
        #[arg(long, value_name = "FILE")]
        to_password_file: PathBuf,
        #[command(flatten)]
        password: PasswordFlags,
    },
}

/// The public half of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Public {
    pub(crate) name: String,
    role: Role,
    /// Hex.
    pub(crate) public_key: String,
    /// The account's address, or the consensus key's; none for a node's.
    address: Option<String>,
    file: String,
}

impl Show for Public {
    fn table(&self) -> String {
        let mut rows = vec![
            ("name", self.name.clone()),
            ("role", role_text(self.role).to_owned()),
        ];
        if let Some(address) = &self.address {
            rows.push(("address", address.clone()));
        }
        rows.push(("public key", self.public_key.clone()));
        rows.push(("file", self.file.clone()));
        pairs(&rows)
    }

    fn id(&self) -> Option<String> {
        Some(self.address.clone().unwrap_or_else(|| self.public_key.clone()))
    }
}

const fn role_text(role: Role) -> &'static str {
    match role {
        Role::Account => "account",
        Role::Consensus => "consensus",
        Role::P2p => "p2p",
        Role::Multisig => "multisig",
    }
}

/// A secret key of either kind.
enum Secret {
    Ed25519(Ed25519Key),
    Consensus(ConsensusKey),
}

pub(crate) const fn network(dev: bool) -> Network {
    if dev { Network::Development } else { Network::Live }
}

impl Secret {
    fn generate(role: Role) -> Result<Self, KeyError> {
        Ok(match role {
            Role::Consensus => Self::Consensus(ConsensusKey::generate()?),
            Role::Account | Role::P2p | Role::Multisig => Self::Ed25519(Ed25519Key::generate()?),
        })
    }

    /// Opens a file by its kind. Whether plain keys are fine is decided where they are used.
    fn load(path: &Path, protection: &Protection) -> Result<Self, KeyError> {
        if path.extension().is_some_and(|extension| extension == "json") {
            load_consensus(path, protection, Network::Development).map(Self::Consensus)
        } else {
            load_ed25519(path, protection, Network::Development).map(Self::Ed25519)
        }
    }

    fn save(&self, path: &Path, protection: &Protection, network: Network) -> Result<(), KeyError> {
        match self {
            Self::Ed25519(key) => save_ed25519(path, key, protection, network),
            Self::Consensus(key) => save_consensus(path, key, protection, network),
        }
    }

    fn public(&self, name: &str, role: Role, network: Network, file: &Path) -> Public {
        let (public_key, address) = match self {
            Self::Ed25519(key) => {
                let address = (role == Role::Account).then(|| format_account(network, &key.account()));
                (hex::encode(key.public_key().as_bytes()), address)
            }
            Self::Consensus(key) => {
                let bytes = key.public_key();
                let address = format_consensus_key(network, &consensus_hash(&bytes));
                (hex::encode(bytes.0), Some(address))
            }
        };
        Public {
            name: name.to_owned(),
            role,
            public_key,
            address,
            file: file.display().to_string(),
        }
    }
}

/// What stands for a consensus key in addresses.
fn consensus_hash(key: &KeyBytes) -> Digest {
    tagged(Domain::ConsensusKey, &[&key.0])
}

pub(crate) fn run(verb: Verb, context: &Context) -> Result<(), Failure> {
    match verb {
        Verb::New {
            name,
            role,
            dev,
            password,
        } => {
            check_name(&name)?;
            let protection = password.protection()?;
            create(context, &name, role, network(dev), &protection, || {
                Ok(Secret::generate(role)?)
            })
        }
        Verb::Multisig(make) => make.run(context),
        Verb::List => list(context),
        Verb::Show { name, password } => show(context, &name, &password),
        Verb::Parse { text } => parse::run(&text, context.output),
        Verb::Import {
            name,
            from,
            from_password_file,
            role,
            dev,
            password,
        } => {
            check_name(&name)?;
            let theirs = match from_password_file {
                Some(path) => Protection::Password(Password::from_file(&path)?),
                None => Protection::DevelopmentPlaintext,
            };
            let protection = password.protection()?;
            create(context, &name, role, network(dev), &protection, || {
                read_foreign(&from, role, &theirs)
            })
        }
        Verb::Export {
            name,
            to,
            to_password_file,
            password,
        } => {
            let secret = Secret::load(&context.key_file(&name)?, &password.protection()?)?;
            let protection = Protection::Password(Password::from_file(&to_password_file)?);
            secret.save(&to, &protection, Network::Live)?;
            context.output.note(&format!("wrote {}", to.display()));
            Ok(())
        }
    }
}

fn check_name(name: &str) -> Result<(), Failure> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if (1..=64).contains(&name.len()) && name.bytes().all(allowed) {
        Ok(())
    } else {
        Err(Failure::usage(format!(
            "`{name}` is not a key's name: 1 to 64 letters, digits, `-` and `_`"
        )))
    }
}

fn create(
    context: &Context,
    name: &str,
    role: Role,
    network: Network,
    protection: &Protection,
    secret: impl FnOnce() -> Result<Secret, Failure>,
) -> Result<(), Failure> {
    let folder = context.own_keys()?;
    let extension = if role == Role::Consensus { "json" } else { "pem" };
    let path = folder.join(name).with_extension(extension);
    if path.exists() {
        return Err(KeyError::Exists { path }.into());
    }
    std::fs::create_dir_all(&folder)
        .map_err(|error| Failure::key(format!("cannot create {}: {error}", folder.display())))?;
    let secret = secret()?;
    secret.save(&path, protection, network)?;
    let public = secret.public(name, role, network, &path);
    // Public, so that listing and receiving need no password.
    let text = serde_json::to_string_pretty(&public).unwrap_or_default();
    std::fs::write(path.with_extension("pub"), text)
        .map_err(|error| Failure::key(format!("cannot write beside {}: {error}", path.display())))?;
    context.output.show(&public)
}

/// Another program's file: a keystore, or a bare secret in hex.
fn read_foreign(path: &Path, role: Role, protection: &Protection) -> Result<Secret, Failure> {
    let is_hex = |text: &str| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::key(format!("{}: cannot read it: {error}", path.display())))?;
    if !is_hex(text.trim()) {
        return Ok(match role {
            Role::Consensus => Secret::Consensus(load_consensus(path, protection, Network::Development)?),
            Role::Account | Role::P2p | Role::Multisig => {
                Secret::Ed25519(load_ed25519(path, protection, Network::Development)?)
            }
        });
    }
    let mut bytes = [0; 32];
    hex::decode_to_slice(text.trim(), &mut bytes)
        .map_err(|error| Failure::key(format!("{}: {error}", path.display())))?;
    match role {
        Role::Consensus => ConsensusKey::from_secret(&bytes)
            .map(Secret::Consensus)
            .map_err(|error| Failure::key(format!("{}: {error}", path.display()))),
        Role::Account | Role::P2p | Role::Multisig => Ok(Secret::Ed25519(Ed25519Key::from_secret(&bytes))),
    }
}

pub(crate) fn public_beside(path: &Path) -> Option<Public> {
    let text = std::fs::read_to_string(path.with_extension("pub")).ok()?;
    serde_json::from_str(&text).ok()
}

/// What is known of a key file without a password.
fn known(path: &Path) -> Result<Public, Failure> {
    if let Some(public) = public_beside(path) {
        return Ok(public);
    }
    if multisig::is_multisig(path) {
        return Multisig::load(path).map(|made| made.public(path));
    }
    let secret = Secret::load(path, &Protection::DevelopmentPlaintext)?;
    Ok(describe(&secret, path, Network::Development))
}

fn describe(secret: &Secret, path: &Path, network: Network) -> Public {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let role = match secret {
        Secret::Consensus(_) => Role::Consensus,
        Secret::Ed25519(_) if name == "p2p" => Role::P2p,
        Secret::Ed25519(_) => Role::Account,
    };
    secret.public(&name, role, network, path)
}

/// The account of a key file, without a password.
pub(crate) fn public_account(path: &Path) -> Result<AccountId, Failure> {
    if multisig::is_multisig(path) {
        return Ok(multisig::Multisig::load(path)?.keys()?.id());
    }
    let public = known(path)?;
    let address = public
        .address
        .filter(|_| public.role == Role::Account)
        .ok_or_else(|| Failure::key(format!("{}: is not an account's key", path.display())))?;
    client::address::parse(&address)
        .map(|named| named.id)
        .map_err(|error| Failure::key(format!("{}: {error}", path.display())))
}

/// The public key of an account's key file, without a password.
pub(crate) fn public_key(path: &Path) -> Result<[u8; 32], Failure> {
    let public = known(path)?;
    let mut bytes = [0; 32];
    hex::decode_to_slice(&public.public_key, &mut bytes)
        .map_err(|_| Failure::key(format!("{}: is not an account's key", path.display())))?;
    Ok(bytes)
}

/// Opens an account's key to sign with on this kind of chain.
pub(crate) fn open_account(
    context: &Context,
    name: &str,
    protection: &Protection,
    network: Network,
) -> Result<Ed25519Key, Failure> {
    let path = context.key_file(name)?;
    if multisig::is_multisig(&path) {
        return Err(Failure::usage(format!(
            "{name} is an account of several keys: `palisade tx build {name} --send TO:AMOUNT --out tx.json`, then \
             `palisade tx sign tx.json --key MEMBER` by each"
        )));
    }
    Ok(load_ed25519(&path, protection, network)?)
}

fn show(context: &Context, name: &str, password: &PasswordFlags) -> Result<(), Failure> {
    let path = context.key_file(name)?;
    if multisig::is_multisig(&path) {
        return context.output.show(&multisig::Multisig::load(&path)?);
    }
    let public = match public_beside(&path) {
        Some(public) => public,
        None => {
            let protection = password.protection()?;
            let network = match protection {
                Protection::Password(_) => Network::Live,
                Protection::DevelopmentPlaintext => Network::Development,
            };
            describe(&Secret::load(&path, &protection)?, &path, network)
        }
    };
    context.output.show(&public)
}

fn list(context: &Context) -> Result<(), Failure> {
    let mut found = Vec::new();
    for folder in context.key_folders() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.retain(|path| {
            path.extension()
                .is_some_and(|extension| extension == "pem" || extension == "json" || extension == "multisig")
        });
        paths.sort();
        for path in paths {
            match known(&path) {
                Ok(public) => found.push(public),
                Err(failure) => context.output.note(&format!("left out: {}", failure.message)),
            }
        }
    }
    let table = || {
        let rows: Vec<Vec<String>> = found
            .iter()
            .map(|key| {
                let address = key.address.clone().unwrap_or_else(|| key.public_key.clone());
                vec![
                    key.name.clone(),
                    role_text(key.role).to_owned(),
                    address,
                    key.file.clone(),
                ]
            })
            .collect();
        columns(&["NAME", "ROLE", "ADDRESS", "FILE"], &rows)
    };
    context.output.list(&found, table, |key| key.name.clone())
}
