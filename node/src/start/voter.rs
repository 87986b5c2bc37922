//! What a validator has, and an observer has not: a signer, an account for its heartbeats, and keys to come.

use super::keys::NewKeys;
use super::open::Opened;
use super::signing::{self, Signing};
use super::{Permissions, StartError};
use crate::config::{Home, NodeConfig};
use signer::{ConsensusKey, DoubleVoter, Ed25519Key};
use std::collections::BTreeSet;

/// A validator's half of a node.
pub(super) struct Voter {
    pub(super) signing: Signing,
    pub(super) account: Ed25519Key,
    /// Contradicts itself on request, on a development chain.
    pub(super) double_voter: Option<DoubleVoter>,
    /// Consensus keys that come while the node runs.
    pub(super) new_keys: NewKeys,
}

/// Opens the guard and takes up all consensus keys.
pub(super) fn open(
    (account, consensus): (Ed25519Key, ConsensusKey),
    config: &NodeConfig,
    home: &Home,
    opened: &Opened,
    permissions: Permissions,
) -> Result<Voter, StartError> {
    let double_voter = opened
        .dev_mode
        .then(|| DoubleVoter::new(&consensus, opened.chain_hash, opened.kind))
        .flatten();
    let tip = opened.tip_epoch();
    let signing = signing::signer(consensus, home, opened, permissions)?;
    let mut new_keys = NewKeys {
        folder: home.keys(),
        protection: signing::protection(config)?,
        network: opened.kind,
        ring: signing.ring.clone(),
        seen: BTreeSet::new(),
    };
    new_keys.take_up(tip);
    Ok(Voter {
        signing,
        account,
        double_voter,
        new_keys,
    })
}
