//! What every connection of a node does.

use crate::config::{Config, GossipConfig};
use crate::gate::Gate;
use crate::streams::{self, Protocols};
use crate::{GossipId, Metrics};
use libp2p::gossipsub::{self, IdentTopic, MessageAuthenticity, MessageId, ValidationMode, Version};
use libp2p::identity::Keypair;
use libp2p::swarm::NetworkBehaviour;
use libp2p::{identify, ping};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// Bytes that gossip adds around a message: topic, framing, control messages that travel along.
const ENVELOPE: usize = 32 << 10;
/// Messages that may wait for one peer.
const GOSSIP_QUEUE: usize = 1_000;

/// The behaviours of a connection. `gate` stands first: what it refuses, no other one hears of.
#[derive(NetworkBehaviour)]
#[behaviour(prelude = "libp2p::swarm::derive_prelude")]
pub(crate) struct Behaviour {
    pub(super) gate: Gate,
    pub(super) streams: streams::Behaviour,
    pub(super) identify: identify::Behaviour,
    pub(super) ping: ping::Behaviour,
    pub(super) gossip: gossipsub::Behaviour,
}

impl Behaviour {
    pub(crate) fn new(
        config: &Config,
        pair: &Keypair,
        protocols: &Protocols,
        metrics: &Metrics,
    ) -> Result<Self, String> {
        let identify = identify::Config::new(protocols.prefix().to_owned(), pair.public())
            .with_agent_version(concat!("palisade/", env!("CARGO_PKG_VERSION")).to_owned())
            .with_push_listen_addr_updates(true)
            .with_cache_size(0);
        let ping = ping::Config::new()
            .with_interval(Duration::from_millis(config.ping_interval_ms))
            .with_timeout(Duration::from_millis(config.ping_timeout_ms));
        Ok(Self {
            gate: Gate::new(config.limits.clone(), metrics.clone()),
            streams: streams::Behaviour::new(protocols.clone()),
            identify: identify::Behaviour::new(identify),
            ping: ping::Behaviour::new(ping),
            gossip: gossip(&config.gossip, protocols)?,
        })
    }
}

/// The one topic.
pub(super) fn topic(protocols: &Protocols) -> IdentTopic {
    IdentTopic::new(format!("{}/transactions", protocols.prefix()))
}

/// The name of a message: the hash of its content, so that it is the same whoever passes it on.
pub(super) fn gossip_id(content: &[u8]) -> GossipId {
    GossipId(Sha256::digest(content).into())
}

pub(super) fn message_id(id: GossipId) -> MessageId {
    MessageId::new(&id.0)
}

fn gossip(config: &GossipConfig, protocols: &Protocols) -> Result<gossipsub::Behaviour, String> {
    let settings = gossipsub::ConfigBuilder::default()
        .protocol_id(format!("{}/gossip/1", protocols.prefix()), Version::V1_1)
        .heartbeat_interval(Duration::from_millis(config.heartbeat_ms))
        .heartbeat_initial_delay(Duration::from_millis(config.heartbeat_ms))
        .mesh_outbound_min(
            (config.mesh_n / 2)
                .min(config.mesh_n_low.saturating_sub(1))
                .min(2),
        )
        .mesh_n_low(config.mesh_n_low)
        .mesh_n(config.mesh_n)
        .mesh_n_high(config.mesh_n_high)
        .max_transmit_size(config.max_message_bytes as usize + ENVELOPE)
        .connection_handler_queue_len(GOSSIP_QUEUE)
        // A transaction says by itself who signed it; nothing about its way is anyone's business.
        .validation_mode(ValidationMode::Anonymous)
        .validate_messages()
        .message_id_fn(|message| message_id(gossip_id(&message.data)))
        .build()
        .map_err(|error| error.to_string())?;
    let mut gossip =
        gossipsub::Behaviour::new(MessageAuthenticity::Anonymous, settings).map_err(str::to_owned)?;
    gossip
        .subscribe(&topic(protocols))
        .map_err(|error| error.to_string())?;
    Ok(gossip)
}
