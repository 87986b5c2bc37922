//! This node, its peers and its validator.

use super::Backend;
use crypto::bls::KeyBytes;
use light_palisade::{Block, Certificate, ValidatorIndex, ValidatorSet};
use network::Direction as NetworkDirection;
use parking_lot::Mutex;
use primitives::{AccountId, Epoch, Height, Timestamp};
use rpc::backend::{Direction, LocalValidator, NodeInfo, Peer, SigningInfo};
use signer::Keys;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What never changes about this node.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) moniker: String,
    pub(crate) peer_id: String,
    pub(crate) started: Timestamp,
    /// The consensus keys, for a validator.
    pub(crate) ring: Option<Arc<dyn Keys>>,
}

impl Backend {
    pub(super) fn about_node(&self) -> NodeInfo {
        NodeInfo {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            commit: option_env!("PALISADE_COMMIT").unwrap_or_default().to_owned(),
            moniker: self.identity.moniker.clone(),
            peer_id: self.identity.peer_id.clone(),
            listen_addresses: self.network.dial_addresses(),
            started: self.identity.started,
        }
    }

    /// The set that decides the next block.
    fn current_set(&self) -> Option<ValidatorSet> {
        let epoch = self.engine.borrow().epoch;
        runtime::query::validator_set(&self.snapshots.latest().state, epoch)
            .ok()
            .flatten()
    }

    /// Where this node's validator stands in the epoch's set.
    pub(super) fn seat(&self) -> Option<ValidatorIndex> {
        let set = self.current_set()?;
        self.keys().iter().find_map(|key| set.index_of(key))
    }

    fn keys(&self) -> Vec<KeyBytes> {
        let ring = self.identity.ring.as_ref();
        ring.map(|ring| ring.public_keys()).unwrap_or_default()
    }

    pub(super) fn list_peers(&self) -> Vec<Peer> {
        let set = self.current_set();
        let operator_of = |key: &[u8; 32]| {
            set.as_ref()?
                .validators
                .iter()
                .find(|v| v.p2p_key == *key)
                .map(|v| v.operator)
        };
        let shown = |peer: network::PeerInfo| Peer {
            key: peer.key.0,
            peer_id: peer.peer_id,
            address: peer.address,
            direction: match peer.direction {
                NetworkDirection::Inbound => Direction::Inbound,
                NetworkDirection::Outbound => Direction::Outbound,
            },
            validator: operator_of(&peer.key.0),
            connected_ms: peer.connected_for_ms,
            latency_us: peer.rtt_us,
            bytes_in: peer.bytes_in,
            bytes_out: peer.bytes_out,
        };
        self.network.peers().into_iter().map(shown).collect()
    }

    pub(super) fn about_validator(&self) -> Option<LocalValidator> {
        let status = *self.engine.borrow();
        let set = self.current_set();
        let index = self.seat();
        let votes = index.and_then(|index| set.as_ref()?.get(index));
        let key = votes.map(|v| v.key).or_else(|| self.keys().last().copied())?;
        let state = self.snapshots.latest().state.clone();
        let operator = runtime::staking::query::operator_of(&state, &key).ok().flatten();
        let others = self.keys().into_iter().filter(|other| *other != key).collect();
        let silent = if index.is_none() {
            Some("its key is not in the epoch's validator set".to_owned())
        } else if status.behind {
            Some("the node is catching up".to_owned())
        } else {
            self.identity.ring.as_ref().and_then(|keys| keys.silent())
        };
        let last_vote = index.map(|_| (status.epoch, status.view));
        Some(LocalValidator {
            key,
            others,
            operator,
            index,
            silent,
            last_vote,
        })
    }
}

/// Counts how well the members of the epoch's set do their work, from what was committed here.
#[derive(Debug, Default)]
pub(crate) struct Work(Mutex<Counted>);

#[derive(Debug, Default)]
struct Counted {
    epoch: Epoch,
    from: Height,
    to: Height,
    members: BTreeMap<AccountId, Member>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Member {
    proposed: u64,
    missed: u64,
    last_signed: Option<Height>,
}

impl Work {
    /// A block was committed; `missed` are the operators whose views were skipped before it.
    pub(crate) fn count(
        &self,
        block: &Block,
        certificate: Option<&Certificate>,
        set: &ValidatorSet,
        missed: &[AccountId],
    ) {
        let mut counted = self.0.lock();
        if counted.epoch != set.epoch || counted.members.is_empty() {
            let members = set
                .validators
                .iter()
                .map(|v| (v.operator, Member::default()))
                .collect();
            *counted = Counted {
                epoch: set.epoch,
                from: block.header.height,
                to: block.header.height,
                members,
            };
        }
        counted.to = block.header.height;
        let proposer = set.get(block.header.proposer).map(|v| v.operator);
        if let Some(member) = proposer.and_then(|operator| counted.members.get_mut(&operator)) {
            member.proposed += 1;
        }
        for operator in missed {
            if let Some(member) = counted.members.get_mut(operator) {
                member.missed += 1;
            }
        }
        for index in certificate
            .iter()
            .flat_map(|certificate| certificate.signers.iter())
        {
            let operator = set.get(index).map(|v| v.operator);
            if let Some(member) = operator.and_then(|operator| counted.members.get_mut(&operator)) {
                member.last_signed = Some(block.header.height);
            }
        }
    }

    pub(super) fn infos(&self) -> Vec<SigningInfo> {
        let counted = self.0.lock();
        let info = |(operator, member): (&AccountId, &Member)| SigningInfo {
            operator: *operator,
            from: counted.from,
            to: counted.to,
            proposed: member.proposed,
            missed: member.missed,
            last_signed: member.last_signed,
        };
        counted.members.iter().map(info).collect()
    }
}
