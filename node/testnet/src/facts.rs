//! `testnet.json`: what people and programs may know of a running testnet.

use crate::error::Error;
use crate::folder::Folder;
use crate::status::NodeStatus;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;

/// Everything about a running testnet that does not change by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// The program's version.
    pub version: String,
    /// The testnet's name.
    pub name: String,
    /// The chain's name.
    pub chain_id: String,
    /// What signatures bind, in hex.
    pub chain_hash: String,
    /// How many validators it has.
    pub validators: u16,
    /// Time between idle blocks, in milliseconds.
    pub block_time_ms: u64,
    /// Length of an epoch in chain time, in milliseconds.
    pub epoch_ms: u64,
    /// What every key comes from.
    pub seed: u64,
    /// Where everything lies.
    pub folder: String,
    /// The genesis document.
    pub genesis: String,
    /// The supervisor's process.
    pub supervisor_pid: u32,
    /// How long it took until every node held a final block, in milliseconds.
    pub ready_ms: u64,
    /// The nodes, as they were when the testnet became ready.
    pub nodes: Vec<NodeFacts>,
    /// The well-known accounts.
    pub accounts: Vec<AccountFacts>,
    /// The vaults that there were at genesis.
    #[serde(default)]
    pub vaults: Vec<VaultFacts>,
    /// The services that there were at genesis.
    #[serde(default)]
    pub services: Vec<ServiceFacts>,
    /// What `palisade testnet env` exports.
    pub env: BTreeMap<String, String>,
}

/// A node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeFacts {
    /// How it was.
    #[serde(flatten)]
    pub status: NodeStatus,
    /// Its home.
    pub home: String,
    /// What it says.
    pub log: String,
    /// Its libp2p identity.
    pub peer_id: String,
    /// Its operator's address.
    pub operator: String,
}

/// A well-known account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountFacts {
    /// Its name.
    pub name: String,
    /// Its address.
    pub address: String,
    /// What it had at genesis, in npal.
    pub balance: String,
    /// What it is for.
    pub role: String,
    /// Its key file.
    pub key: String,
}

/// A vault, as it was at genesis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VaultFacts {
    /// Its name here: v0 and up.
    pub name: String,
    /// Its address.
    pub address: String,
    /// Whose it is.
    pub operator: String,
    /// The symbol of what it holds.
    pub asset: String,
    /// What was in it, in whole units.
    pub staked: String,
    /// The services that it serves, by number; 0 is the chain itself.
    pub serves: Vec<u32>,
}

/// A service, as it was at genesis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceFacts {
    /// Its number.
    pub service: u32,
    /// What it is called.
    pub name: String,
    /// How many operators serve it.
    pub operators: usize,
    /// What it could take, by asset in whole units.
    pub slashable: Vec<String>,
}

impl Facts {
    /// Reads `testnet.json`.
    ///
    /// # Errors
    /// [`Error::NotRunning`] when there is none: it is written when the testnet is ready, and removed when it stops.
    pub fn load(folder: &Folder) -> Result<Self, Error> {
        let path = folder.facts();
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(Error::NotRunning(folder.name().to_string()));
            }
            Err(error) => return Err(Error::io(&path, "read", error)),
        };
        serde_json::from_str(&text).map_err(|error| Error::Damaged {
            path,
            reason: error.to_string(),
        })
    }

    pub(crate) fn save(&self, folder: &Folder) -> Result<(), Error> {
        crate::files::write_json(&folder.facts(), self)
    }
}
