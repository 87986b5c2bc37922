//! The chain as it lies on disk: genesis, store, the latest states.

use super::StartError;
use crate::app::{Base, EvidencePool, Mischief, Snapshot, Snapshots};
use crate::config::{Home, NodeConfig};
use genesis::{Document, Kind, Start};
use primitives::address::Network;
use primitives::{AccountId, ChainHash, Epoch, Height};
use prometheus_client::registry::Registry;
use rpc::backend::{ChainInfo, DevAccount};
use runtime::State;
use std::path::Path;
use std::sync::Arc;
use store::{Genesis, Head, Recovered, Roots, Store, StoreError, engine};
use wal::{Disk, Hampered, Medium};

/// The chain of a home.
pub(crate) struct Opened {
    pub(crate) chain_hash: ChainHash,
    pub(super) kind: Network,
    pub(super) dev_mode: bool,
    pub(super) faucet: Option<AccountId>,
    pub(super) accounts: Vec<DevAccount>,
    pub(super) info: ChainInfo,
    pub(crate) store: Store,
    pub(crate) base: Base,
    pub(super) snapshots: Arc<Snapshots>,
    /// What is wrong with the node on request, on a development chain.
    pub(super) mischief: Arc<Mischief>,
    /// How many blocks were replayed from the log.
    pub(crate) replayed: u64,
}

impl Opened {
    /// A folder for a log; on a development chain its disk can be made slow or full.
    pub(super) fn medium(&self, folder: &Path) -> Result<Arc<dyn Medium>, StartError> {
        let disk = Disk::new(folder).map_err(|source| StartError::Folder {
            path: folder.to_owned(),
            source,
        })?;
        let disk: Arc<dyn Medium> = Arc::new(disk);
        if !self.dev_mode {
            return Ok(disk);
        }
        let mischief = self.mischief.clone();
        Ok(Arc::new(Hampered::new(disk, Arc::new(move || mischief.hinder()))))
    }

    /// The epoch of the next block.
    pub(crate) fn tip_epoch(&self) -> Epoch {
        let header = &self.base.header;
        let ended = header.is_boundary() && !header.height.is_zero();
        if ended {
            header.epoch.next().unwrap_or(Epoch::MAX)
        } else {
            header.epoch
        }
    }
}

/// Reads the genesis, opens the store, and brings the state to where the store ends.
pub(super) fn open(config: &NodeConfig, home: &Home, registry: &mut Registry) -> Result<Opened, StartError> {
    let (text, document) = genesis(home)?;
    let start = document.start()?;
    for warning in &start.warnings {
        tracing::warn!(%warning, "genesis");
    }
    let metrics = store::Metrics::default();
    metrics.register(registry);
    let mischief = Arc::new(Mischief::default());
    let path = home.store();
    let (store, recovered) = if document.dev_mode {
        let disk = engine::Disk::open(&path, config.store.cache_bytes).map_err(StoreError::from)?;
        let told = mischief.clone();
        let hampered = engine::Hampered::new(Arc::new(disk), path, Arc::new(move || told.hinder()));
        Store::open_with(Arc::new(hampered), &config.store, &start.chain_hash, metrics)?
    } else {
        Store::open(&path, &config.store, &start.chain_hash, metrics)?
    };
    let replayed = recovered.replayed;
    let (head, state) = ready(&store, recovered, &start)?;
    let before = one_back(&store, &head, &state)?;
    let tip = Snapshot {
        hash: head.hash,
        header: head.header.clone(),
        roots: head.roots,
        state: state.clone(),
    };
    let older = older(&store, &head, &before)?;
    let base = Base {
        hash: head.hash,
        header: head.header.clone(),
        roots: head.roots,
        state,
        before,
    };
    let kind = if document.network == Kind::Live {
        Network::Live
    } else {
        Network::Development
    };
    tracing::info!(chain = %document.chain, hash = %start.chain_hash, height = %head.header.height, "the chain");
    Ok(Opened {
        chain_hash: start.chain_hash,
        kind,
        dev_mode: document.dev_mode,
        faucet: document.faucet.as_ref().map(|faucet| faucet.account),
        accounts: known(&document),
        info: ChainInfo {
            id: document.chain.to_string(),
            hash: start.chain_hash,
            generation: document.generation,
            network: kind,
            genesis_document: text.into(),
            genesis_canonical: document.canonical().into(),
        },
        store,
        base,
        snapshots: Arc::new(Snapshots::new(older, tip)),
        mischief,
        replayed,
    })
}

/// The evidence that waits for a block.
pub(super) fn evidence(home: &Home) -> Result<EvidencePool, StartError> {
    let path = home.data().join("evidence");
    EvidencePool::open(path.clone()).map_err(|source| StartError::Read { path, source })
}

/// The genesis document of a home.
pub(crate) fn genesis(home: &Home) -> Result<(Vec<u8>, Document), StartError> {
    let path = home.genesis();
    let text = std::fs::read(&path).map_err(|source| StartError::Read { path, source })?;
    let document = Document::from_json(&text)?;
    Ok((text, document))
}

/// The hash of a home's chain.
pub(crate) fn chain_of(home: &Home) -> Result<ChainHash, StartError> {
    Ok(genesis(home)?.1.start()?.chain_hash)
}

/// The hash of a home's chain, and whether anything is at stake on it.
pub(crate) fn chain_and_kind(home: &Home) -> Result<(ChainHash, Network), StartError> {
    let document = genesis(home)?.1;
    Ok((document.start()?.chain_hash, document.network.network()))
}

/// The store's last block and the state after it; writes the beginning of the chain into a new store.
fn ready(store: &Store, recovered: Recovered, start: &Start) -> Result<(Arc<Head>, State), StartError> {
    if let Some(head) = recovered.tip {
        if recovered.replayed > 0 {
            tracing::info!(blocks = recovered.replayed, "replayed from the log");
        }
        return Ok((head, recovered.state));
    }
    store.initialize(&Genesis {
        header: start.header.clone(),
        roots: Roots {
            state: start.state.root(),
            ..Roots::default()
        },
        changes: Arc::new(start.changes.clone()),
        validators: start.validators.clone(),
    })?;
    let head = store
        .tip()
        .ok_or_else(|| StartError::Store(StoreError::Genesis("it was not written")))?;
    Ok((head, start.state.clone()))
}

/// The state one block earlier; genesis stays what it is.
fn one_back(store: &Store, head: &Head, state: &State) -> Result<State, StartError> {
    let height = head.header.height;
    match height.get().checked_sub(1).filter(|_| !head.header.is_genesis()) {
        Some(before) => Ok(store.state_at(Height::new(before), height, state)?),
        None => Ok(state.clone()),
    }
}

fn older(store: &Store, head: &Head, before: &State) -> Result<Option<Snapshot>, StartError> {
    let below = head.header.height.get().checked_sub(1);
    let Some(below) = below.filter(|_| !head.header.is_genesis()) else {
        return Ok(None);
    };
    let head = store.head(Height::new(below))?;
    Ok(head.map(|head| Snapshot {
        hash: head.hash,
        header: head.header.clone(),
        roots: head.roots,
        state: before.clone(),
    }))
}

/// The accounts that a development chain's genesis names.
fn known(document: &Document) -> Vec<DevAccount> {
    let faucet = document.faucet.iter().map(|address| DevAccount {
        name: "faucet".to_owned(),
        id: address.account,
    });
    faucet.collect()
}
