//! Keys, and the guard without which none of them signs a vote.

use super::{Opened, Role, StartError};
use crate::backend::Faucet;
use crate::config::{Home, NodeConfig};
use parking_lot::Mutex;
use primitives::address::Network;
use primitives::{AccountId, Epoch};
use rpc::backend::DevAccount;
use signer::guard::{Guard, GuardConfig, GuardError, Slot};
use signer::remote::RemoteSigner;
use signer::{
    ConsensusKey, Ed25519Key, KeyRing, Keys as KeysHeld, LocalSigner, NodeKeys, Password, Protection, Signer,
    backup, keystore,
};
use std::path::Path;
use std::sync::Arc;

/// What signs, and from which epoch on.
pub(super) struct Signing {
    pub(super) signer: Box<dyn Signer>,
    /// The keys that it holds, wherever that is.
    pub(super) keys: Arc<dyn KeysHeld>,
    pub(super) abstain_before: Epoch,
}

/// How the node's keys are protected.
pub(crate) fn protection(config: &NodeConfig) -> Result<Protection, StartError> {
    let file = &config.keys.password_file;
    Ok(if file.is_empty() {
        Protection::DevelopmentPlaintext
    } else {
        Protection::Password(Password::from_file(Path::new(file))?)
    })
}

/// The keys that a running node uses.
pub(super) struct Keys {
    /// Names the node on the network.
    pub(super) p2p: Ed25519Key,
    /// What it votes with; an observer has nothing.
    pub(super) voting: Option<Voting>,
}

/// What a node votes with.
#[allow(clippy::large_enum_variant, reason = "one value, made once")]
pub(super) enum Voting {
    /// Keys of its own: one that pays for heartbeats, one that votes.
    Own(Ed25519Key, ConsensusKey),
    /// Another process' key; and the key that pays for heartbeats, where it is in this home.
    Remote(RemoteSigner, Option<Ed25519Key>),
}

/// The node's keys, for its role. An observer needs its p2p key alone.
pub(super) fn load(config: &NodeConfig, home: &Home, kind: Network, role: Role) -> Result<Keys, StartError> {
    let protection = protection(config)?;
    let p2p = || NodeKeys::load_p2p(&home.keys(), &protection, kind);
    match role {
        Role::Own if !config.node.observer => {}
        Role::Remote(signer) => {
            let account = home.keys().join("account.pem");
            let account = account
                .exists()
                .then(|| keystore::load_ed25519(&account, &protection, kind))
                .transpose()?;
            return Ok(Keys {
                p2p: p2p()?,
                voting: Some(Voting::Remote(signer, account)),
            });
        }
        Role::Own | Role::Standby | Role::Listen(_) => {
            return Ok(Keys {
                p2p: p2p()?,
                voting: None,
            });
        }
    }
    let NodeKeys {
        account,
        consensus,
        p2p,
    } = NodeKeys::load(&home.keys(), &protection, kind)?;
    Ok(Keys {
        p2p,
        voting: Some(Voting::Own(account, consensus)),
    })
}

/// The signer over the guard of this home. Without a guard no vote is cast: somebody else may vote with this key.
pub(super) fn signer(
    consensus: ConsensusKey,
    home: &Home,
    opened: &Opened,
    permissions: super::Permissions,
) -> Result<(Signing, Arc<KeyRing>), StartError> {
    let key = consensus.public_key();
    let (chain, tip) = (opened.chain_hash, opened.tip_epoch());
    let disk = || opened.medium(&home.guard());
    let (guard, abstain_before) = match Guard::open(disk()?, chain, GuardConfig::default()) {
        Ok(guard) => (guard, Epoch::ZERO),
        Err(GuardError::Missing { .. }) if permissions.init_signing_history => {
            let mut guard = Guard::initialise(disk()?, chain, GuardConfig::default())?;
            // What was signed before is not known: nothing of this epoch is signed again.
            guard.register(key, Slot::end_of(tip))?;
            // A backup's keys may have signed more since it was made.
            if let Some(history) = backup::waiting(&home.guard())? {
                backup::take_up(&mut guard, &history, Slot::end_of(tip))?;
            }
            tracing::warn!(epoch = %tip, "the signing history starts anew: no vote before the next epoch");
            (guard, tip.next().unwrap_or(Epoch::MAX))
        }
        Err(error) => return Err(error.into()),
    };
    let signer = LocalSigner::new(consensus, Arc::new(std::sync::Mutex::new(guard)))?;
    let ring = signer.ring();
    let signing = Signing {
        signer: Box::new(signer),
        keys: ring.clone(),
        abstain_before,
    };
    Ok((signing, ring))
}

/// The faucet, when one of the home's accounts is it.
pub(super) fn faucet(
    home: &Home,
    faucet: Option<AccountId>,
    accounts: Vec<DevAccount>,
) -> Result<Option<Faucet>, StartError> {
    let Some(faucet) = faucet else { return Ok(None) };
    let Ok(entries) = std::fs::read_dir(home.accounts()) else {
        return Ok(None);
    };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.extension().is_none_or(|extension| extension != "pem") {
            continue;
        }
        let key = keystore::load_ed25519(&path, &Protection::DevelopmentPlaintext, Network::Development)?;
        if key.account() == faucet {
            let faults = Mutex::new(Vec::new());
            return Ok(Some(Faucet {
                key,
                accounts,
                faults,
                turn: tokio::sync::Mutex::new(()),
            }));
        }
    }
    Ok(None)
}
