//! Laying a testnet out on disk: keys, genesis, and each node's settings.

use crate::checkpoint;
use crate::config_file::{self, Place};
use crate::error::Error;
use crate::facts::{AccountFacts, Facts, NodeFacts};
use crate::files;
use crate::folder::Folder;
use crate::lock::Lock;
use crate::name::{self, Name};
use crate::peer_id;
use crate::ports::{self, Block, Choice, Holder};
use crate::spec::{Flags, Spec};
use crate::status::{Status, grpc_url};
use crate::world::{self, Person, restaking};
use client::amount;
use primitives::address::{AddressKind, Network, format, format_account};
use signer::NodeKeys;
use signer::guard::Guard;
use signer::keystore::{Protection, save_consensus, save_ed25519};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A testnet that is ready to be started.
#[derive(Debug)]
pub struct Prepared {
    /// Where it lies.
    pub folder: Folder,
    /// What it is made from.
    pub spec: Spec,
    /// Whether its chain has run before.
    pub resumed: bool,
    /// When its ports were moved: the port that was taken, what it was for, and by whom.
    pub moved: Option<(u16, String, Holder)>,
    /// Keeps others from starting it.
    pub lock: Lock,
}

/// Lays out the testnet `name` under `base`, or takes up the one that is there.
///
/// # Errors
/// [`Error::Running`], [`Error::Conflict`] when flags contradict what is there, [`Error::PortTaken`],
/// [`Error::Flag`], [`Error::Damaged`], [`Error::Io`].
pub fn prepare(base: &Path, name: &Name, flags: &Flags, reset: bool) -> Result<Prepared, Error> {
    let folder = Folder::new(base, name);
    let fresh = !folder.path().exists();
    let prepared = prepare_in(folder.clone(), base, flags, reset);
    if prepared.is_err() && fresh {
        // A testnet that never came to be leaves nothing; why it did not is what matters.
        fs::remove_dir_all(folder.path()).unwrap_or_default();
    }
    prepared
}

fn prepare_in(folder: Folder, base: &Path, flags: &Flags, reset: bool) -> Result<Prepared, Error> {
    let lock = Lock::take(&folder)?;
    // What a supervisor left that had no time to clean up: whoever waits for this file waits for the next one.
    files::remove(&folder.facts())?;
    files::remove(&folder.socket())?;
    if reset {
        clear(&folder)?;
    }
    let (spec, resumed, moved) = if folder.exists() {
        let mut spec = Spec::load(&folder, base)?;
        spec.check(flags)?;
        let choice = choose(flags, spec.base_port, spec.validators)?;
        if choice.block.base != spec.base_port {
            spec.base_port = choice.block.base;
            spec.save(&folder)?;
        }
        (spec, true, choice.moved)
    } else {
        // What an interrupted attempt has left.
        clear(&folder)?;
        let preferred = ports::preferred_base(folder.name());
        let mut spec = Spec::new(folder.name(), flags, preferred)?;
        let choice = choose(flags, preferred, spec.validators)?;
        spec.base_port = choice.block.base;
        create(&folder, &spec)?;
        // Last: a testnet with a spec is whole.
        spec.save(&folder)?;
        (spec, false, choice.moved)
    };
    write_settings(&folder, &spec)?;
    Ok(Prepared {
        folder,
        spec,
        resumed,
        moved,
        lock,
    })
}

fn choose(flags: &Flags, preferred: u16, nodes: u16) -> Result<Choice, Error> {
    match flags.base_port {
        Some(base) => ports::explicit(base, nodes),
        None => ports::choose(preferred, nodes),
    }
}

/// Deletes everything of a testnet but its lock, which the caller holds.
fn clear(folder: &Folder) -> Result<(), Error> {
    let entries = fs::read_dir(folder.path()).map_err(|error| Error::io(folder.path(), "list", error))?;
    // The spec first: without it nothing of the rest counts.
    files::remove(&folder.spec())?;
    for entry in entries {
        let path = entry
            .map_err(|error| Error::io(folder.path(), "list", error))?
            .path();
        if path == folder.lock() || path == folder.supervisor_log() {
            continue;
        }
        let removed = if path.is_dir() {
            fs::remove_dir_all(&path)
        } else {
            return_missing(fs::remove_file(&path))
        };
        removed.map_err(|error| Error::io(&path, "remove", error))?;
    }
    Ok(())
}

fn return_missing(outcome: std::io::Result<()>) -> std::io::Result<()> {
    match outcome {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Deletes a testnet that nobody runs.
///
/// # Errors
/// [`Error::Unknown`], [`Error::Running`], [`Error::Io`].
pub fn remove(base: &Path, name: &Name) -> Result<(), Error> {
    let folder = Folder::new(base, name);
    if !folder.path().is_dir() {
        return Err(Error::Unknown {
            name: name.to_string(),
            base: base.to_owned(),
        });
    }
    let _lock = Lock::take(&folder)?;
    fs::remove_dir_all(folder.path()).map_err(|error| Error::io(folder.path(), "remove", error))
}

/// The key file of a well-known account.
#[must_use]
pub fn key_file(folder: &Folder, person: &str) -> PathBuf {
    folder.accounts().join(person).with_extension("pem")
}

fn create(folder: &Folder, spec: &Spec) -> Result<(), Error> {
    let genesis = world::genesis(spec)?;
    files::write(&folder.genesis(), &genesis.text)?;
    lay_out_accounts(&folder.accounts(), spec)?;
    for (index, keys) in world::node_keys(spec).iter().enumerate() {
        lay_out_node(&folder.home(&name::node(index)), &genesis, keys, spec)?;
    }
    Ok(())
}

/// Writes the keys of the well-known accounts, and of the nodes' operators with what they work for each service with.
pub(crate) fn lay_out_accounts(folder: &Path, spec: &Spec) -> Result<(), Error> {
    files::make_folder(folder)?;
    for (index, keys) in world::node_keys(spec).iter().enumerate() {
        let path = folder.join(name::node(index)).with_extension("pem");
        save_ed25519(
            &path,
            &keys.account,
            &Protection::DevelopmentPlaintext,
            Network::Development,
        )?;
        let number = u32::try_from(index).unwrap_or(u32::MAX);
        for (service, key) in [
            ("attested", restaking::service_key(spec, number)),
            ("oracle", restaking::oracle::key(spec, number)),
        ] {
            let name = format!("{}-{service}", name::node(index));
            save_consensus(
                &folder.join(name).with_extension("json"),
                &key,
                &Protection::DevelopmentPlaintext,
                Network::Development,
            )?;
        }
    }
    for person in world::people(spec) {
        let path = folder.join(person.name).with_extension("pem");
        save_ed25519(
            &path,
            &person.key,
            &Protection::DevelopmentPlaintext,
            Network::Development,
        )?;
    }
    Ok(())
}

/// Makes a node's home, but for its settings: genesis, keys, guard, and the faucet's key.
pub(crate) fn lay_out_node(
    home: &Path,
    genesis: &world::Genesis,
    keys: &NodeKeys,
    spec: &Spec,
) -> Result<(), Error> {
    files::make_folder(home)?;
    files::write(&home.join("genesis.json"), &genesis.text)?;
    keys.create(
        &home.join("keys"),
        &Protection::DevelopmentPlaintext,
        Network::Development,
    )?;
    // A key that was just made has signed nothing: its history starts here, and nowhere else.
    Guard::provision(
        &home.join("guard"),
        genesis.chain_hash,
        keys.consensus.public_key(),
    )?;
    give_faucet(&home.join("accounts"), spec)
}

/// Lets a node give away what the faucet has.
fn give_faucet(accounts: &Path, spec: &Spec) -> Result<(), Error> {
    files::make_folder(accounts)?;
    if let Some(faucet) = world::people(spec).into_iter().next() {
        let path = accounts.join(faucet.name).with_extension("pem");
        save_ed25519(
            &path,
            &faucet.key,
            &Protection::DevelopmentPlaintext,
            Network::Development,
        )?;
    }
    Ok(())
}

/// Writes each node's settings anew: ports may have moved.
fn write_settings(folder: &Folder, spec: &Spec) -> Result<(), Error> {
    let block = Block {
        base: spec.base_port,
        nodes: spec.validators,
    };
    let peers: Vec<String> = world::node_keys(spec)
        .iter()
        .zip(0u16..)
        .map(|(keys, index)| {
            let peer = peer_id::of(keys.p2p.public_key().as_bytes());
            format!("/ip4/127.0.0.1/tcp/{}/p2p/{peer}", block.node(index).p2p)
        })
        .collect();
    for index in 0..spec.validators {
        let node = name::node(usize::from(index));
        let ports = block.node(index);
        let others = peers
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != usize::from(index))
            .map(|(_, peer)| peer.clone())
            .collect();
        let text = config_file::render(&node, spec, &ports, &Place::local(&ports), others)?;
        files::write(&folder.home(&node).join("config.toml"), &text)?;
    }
    Ok(())
}

/// What others may know of a testnet that is ready.
///
/// # Errors
/// [`Error::Damaged`] when the genesis document cannot be read, [`Error::Genesis`] when it cannot be made again.
pub(crate) fn facts(folder: &Folder, spec: &Spec, status: &Status, took: Duration) -> Result<Facts, Error> {
    let genesis = world::genesis(spec)?;
    // In another generation after a checkpoint was gone back to.
    let chain = checkpoint::document(&folder.genesis())?.chain_hash();
    let absolute = |path: PathBuf| std::path::absolute(&path).unwrap_or(path).display().to_string();
    let nodes = status
        .nodes
        .iter()
        .zip(world::node_keys(spec))
        .map(|(node, keys)| NodeFacts {
            home: absolute(folder.home(&node.name)),
            log: absolute(folder.log(&node.name)),
            peer_id: peer_id::of(keys.p2p.public_key().as_bytes()),
            operator: format(
                AddressKind::Operator,
                Network::Development,
                keys.public().account.as_bytes(),
            ),
            status: node.clone(),
        })
        .collect();
    let accounts = world::people(spec)
        .iter()
        .map(|person| account(folder, person))
        .collect();
    let first = Block {
        base: spec.base_port,
        nodes: spec.validators,
    };
    let env = BTreeMap::from([
        ("PALISADE_NODE".to_owned(), grpc_url(&first.node(0))),
        ("PALISADE_TESTNET".to_owned(), spec.name.to_string()),
        ("PALISADE_KEYS".to_owned(), absolute(folder.accounts())),
    ]);
    Ok(Facts {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        name: spec.name.to_string(),
        chain_id: spec.name.chain_id(),
        chain_hash: chain.to_string(),
        validators: spec.validators,
        block_time_ms: spec.block_time.millis(),
        epoch_ms: spec.epoch.chain_time(spec.block_time).millis(),
        seed: spec.seed,
        folder: absolute(folder.path().to_owned()),
        genesis: absolute(folder.genesis()),
        supervisor_pid: std::process::id(),
        ready_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        nodes,
        accounts,
        vaults: restaking::vault_facts(&genesis),
        services: restaking::service_facts(&genesis),
        env,
    })
}

fn account(folder: &Folder, person: &Person) -> AccountFacts {
    let key = key_file(folder, person.name);
    AccountFacts {
        name: person.name.to_owned(),
        address: format_account(Network::Development, &person.key.account()),
        balance: person.balance.to_string(),
        role: person.role.to_owned(),
        key: std::path::absolute(&key).unwrap_or(key).display().to_string(),
    }
}

/// The well-known accounts as people read them: name, address, balance, role.
#[must_use]
pub fn account_rows(facts: &Facts) -> Vec<[String; 4]> {
    facts
        .accounts
        .iter()
        .map(|account| {
            let balance = account
                .balance
                .parse()
                .map_or_else(|_| account.balance.clone(), amount::format_pal);
            [
                account.name.clone(),
                account.address.clone(),
                balance,
                account.role.clone(),
            ]
        })
        .collect()
}
