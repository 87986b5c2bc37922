//! What a validator has, and an observer has not: a signer, an account for its heartbeats, and keys to come.

use super::keys::NewKeys;
use super::open::Opened;
use super::signing::{self, Signing, Voting};
use super::{Permissions, StartError};
use crate::backend::OwnKeys;
use crate::config::{Home, NodeConfig};
use primitives::Epoch;
use signer::{DoubleVoter, Ed25519Key};
use std::collections::BTreeSet;

/// A validator's half of a node.
pub(super) struct Voter {
    pub(super) signing: Signing,
    /// Pays for heartbeats.
    pub(super) account: Option<Ed25519Key>,
    /// Contradicts itself on request, on a development chain.
    pub(super) double_voter: Option<DoubleVoter>,
    /// Consensus keys that come while the node runs, where they are in its home.
    pub(super) new_keys: Option<NewKeys>,
    /// The keys that are there, for their owner.
    pub(super) own: Option<OwnKeys>,
}

/// Opens the guard and takes up all consensus keys, or takes the signer that has them.
pub(super) fn open(
    voting: Voting,
    config: &NodeConfig,
    home: &Home,
    opened: &Opened,
    permissions: Permissions,
) -> Result<Voter, StartError> {
    let (account, consensus) = match voting {
        Voting::Own(account, consensus) => (account, consensus),
        Voting::Remote(signer, account) => {
            return Ok(Voter {
                signing: Signing {
                    keys: signer.keys(),
                    signer: Box::new(signer),
                    // The guard is there, and knows what was signed.
                    abstain_before: Epoch::ZERO,
                },
                account,
                double_voter: None,
                new_keys: None,
                own: None,
            });
        }
    };
    let double_voter = opened
        .dev_mode
        .then(|| DoubleVoter::new(&consensus, opened.chain_hash, opened.kind))
        .flatten();
    let tip = opened.tip_epoch();
    let (signing, ring) = signing::signer(consensus, home, opened, permissions)?;
    let own = OwnKeys {
        folder: home.keys(),
        protection: signing::protection(config)?,
        network: opened.kind,
        ring: ring.clone(),
        operator: account.account(),
    };
    let mut new_keys = NewKeys {
        folder: home.keys(),
        protection: signing::protection(config)?,
        network: opened.kind,
        ring,
        seen: BTreeSet::new(),
    };
    new_keys.take_up(tip);
    Ok(Voter {
        signing,
        account: Some(account),
        double_voter,
        new_keys: Some(new_keys),
        own: Some(own),
    })
}
