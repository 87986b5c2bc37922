//! Accounts of several keys: k of n must sign. What is kept of one is public: who its members are.

use crate::cli::context::Context;
use crate::cli::key::{self, check_name};
use crate::output::{Failure, Show, pairs};
use clap::Args;
use crypto::account::AccountKeys;
use primitives::address::format_account;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What the files of such accounts end with.
pub(crate) const EXTENSION: &str = "multisig";
/// The most bytes of such a file: sixteen members take some 3,000.
const MAX_FILE: u64 = 64 << 10;

/// `palisade key multisig`.
#[derive(Debug, Args)]
pub(crate) struct Make {
    /// The account's name.
    name: String,
    /// How many of its members must sign.
    #[arg(long, value_name = "K")]
    threshold: u8,
    /// A member: a key's name or file, or a public key in hex. Given once for each, up to 16; the order does not
    /// matter.
    #[arg(long, value_name = "KEY", required = true)]
    member: Vec<String>,
    /// For development chains: the address starts with paldev.
    #[arg(long)]
    dev: bool,
}

/// One of the keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Member {
    /// What people call it.
    pub(crate) name: String,
    /// Hex.
    pub(crate) public_key: String,
}

/// An account of several keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Multisig {
    pub(crate) name: String,
    pub(crate) address: String,
    pub(crate) threshold: u8,
    /// Ascending by public key.
    pub(crate) members: Vec<Member>,
}

impl Show for Multisig {
    fn table(&self) -> String {
        let count = self.members.len();
        let mut rows = vec![
            ("name", self.name.clone()),
            ("address", self.address.clone()),
            ("must sign", format!("{} of {count}", self.threshold)),
        ];
        for member in &self.members {
            rows.push(("member", format!("{} {}", member.public_key, member.name)));
        }
        pairs(&rows)
    }

    fn id(&self) -> Option<String> {
        Some(self.address.clone())
    }
}

impl Make {
    pub(crate) fn run(self, context: &Context) -> Result<(), Failure> {
        check_name(&self.name)?;
        let path = context.own_keys()?.join(&self.name).with_extension(EXTENSION);
        if path.exists() {
            return Err(signer::KeyError::Exists { path }.into());
        }
        let mut members = self
            .member
            .iter()
            .map(|text| member(context, text))
            .collect::<Result<Vec<_>, _>>()?;
        members.sort_by(|a, b| a.public_key.cmp(&b.public_key));
        let mut made = Multisig {
            name: self.name,
            address: String::new(),
            threshold: self.threshold,
            members,
        };
        made.address = format_account(key::network(self.dev), &made.keys()?.id());
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)
                .map_err(|error| Failure::key(format!("cannot create {}: {error}", folder.display())))?;
        }
        let text = serde_json::to_string_pretty(&made).unwrap_or_default();
        std::fs::write(&path, text + "\n")
            .map_err(|error| Failure::key(format!("cannot write {}: {error}", path.display())))?;
        context.output.show(&made)
    }
}

/// A key's public half by its name, or as it is.
fn member(context: &Context, text: &str) -> Result<Member, Failure> {
    if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let public_key = text.to_ascii_lowercase();
        let name = names(context)
            .into_iter()
            .find(|member| member.public_key == public_key)
            .map_or_else(|| public_key.chars().take(8).collect(), |member| member.name);
        return Ok(Member { name, public_key });
    }
    let path = context.key_file(text)?;
    if is_multisig(&path) {
        return Err(Failure::usage(format!(
            "{text} is an account of several keys itself: name its members instead"
        )));
    }
    let name = path
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    Ok(Member {
        name,
        public_key: hex::encode(key::public_key(&path)?),
    })
}

/// Whether a file is of an account of several keys.
pub(crate) fn is_multisig(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == EXTENSION)
}

impl Multisig {
    /// As one of the keys in a list.
    pub(super) fn public(&self, file: &Path) -> key::Public {
        key::Public {
            name: self.name.clone(),
            role: key::Role::Multisig,
            public_key: String::new(),
            address: Some(self.address.clone()),
            file: file.display().to_string(),
        }
    }

    /// Reads a file.
    pub(crate) fn load(path: &Path) -> Result<Self, Failure> {
        use std::io::Read;
        let wrong = |error: String| Failure::key(format!("{}: {error}", path.display()));
        let mut text = String::new();
        std::fs::File::open(path)
            .and_then(|file| file.take(MAX_FILE).read_to_string(&mut text))
            .map_err(|error| wrong(format!("cannot read it: {error}")))?;
        serde_json::from_str(&text)
            .map_err(|error| wrong(format!("is not an account of several keys: {error}")))
    }

    /// The account's keys: its address is computed from them, never believed.
    pub(crate) fn keys(&self) -> Result<AccountKeys, Failure> {
        let mut keys = Vec::with_capacity(self.members.len());
        for member in &self.members {
            let mut bytes = [0; 32];
            hex::decode_to_slice(&member.public_key, &mut bytes)
                .map_err(|error| Failure::key(format!("{}: {}: {error}", self.name, member.public_key)))?;
            keys.push(bytes);
        }
        keys.sort_unstable();
        AccountKeys::new(self.threshold, &keys)
            .map_err(|error| Failure::usage(format!("{}: {error}", self.name)))
    }
}

/// Every public key whose name is known here: keys of one's own, and members of accounts of several.
pub(crate) fn names(context: &Context) -> Vec<Member> {
    let mut known = Vec::new();
    for folder in context.key_folders() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for path in entries.flatten().map(|entry| entry.path()) {
            if is_multisig(&path) {
                known.extend(Multisig::load(&path).map(|made| made.members).unwrap_or_default());
            } else if let Some(public) = key::public_beside(&path) {
                known.push(Member {
                    name: public.name,
                    public_key: public.public_key,
                });
            }
        }
    }
    known
}
