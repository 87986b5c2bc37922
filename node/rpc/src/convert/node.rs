//! The node, its peers and how far it has come.

use crate::backend::{ChainInfo, Direction, NodeInfo, Peer, Tip};
use crate::convert::{bytes, hash};
use primitives::address::Network;
use proto::node::v1 as wire;

pub(crate) fn info(chain: &ChainInfo, node: NodeInfo) -> wire::GetNodeInfoResponse {
    wire::GetNodeInfoResponse {
        version: node.version,
        commit: node.commit,
        chain_id: chain.id.clone(),
        chain_hash: hash(&chain.hash),
        generation: chain.generation,
        development: chain.network == Network::Development,
        moniker: node.moniker,
        peer_id: node.peer_id,
        listen_addresses: node.listen_addresses,
        started_ms: node.started.get(),
    }
}

pub(crate) fn sync_status(tip: &Tip, peers: usize) -> wire::GetSyncStatusResponse {
    wire::GetSyncStatusResponse {
        syncing: tip.syncing,
        height: tip.height.get(),
        target_height: tip.target.max(tip.height).get(),
        earliest_height: tip.earliest_state.get(),
        earliest_block_height: tip.earliest_block.get(),
        epoch: tip.epoch.get(),
        view: tip.view.get(),
        time_ms: tip.time.get(),
        peers: u32::try_from(peers).unwrap_or(u32::MAX),
    }
}

pub(crate) fn peer(peer: &Peer) -> wire::Peer {
    let direction = match peer.direction {
        Direction::Inbound => wire::Direction::Inbound,
        Direction::Outbound => wire::Direction::Outbound,
    };
    wire::Peer {
        key: bytes(peer.key),
        peer_id: peer.peer_id.clone(),
        address: peer.address.clone(),
        direction: direction.into(),
        validator: peer.validator.as_ref().map(hash).unwrap_or_default(),
        connected_ms: peer.connected_ms,
        latency_us: peer.latency_us,
        bytes_in: peer.bytes_in,
        bytes_out: peer.bytes_out,
    }
}
