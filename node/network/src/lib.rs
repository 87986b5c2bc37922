//! libp2p: direct streams between validators, gossip to everyone else, every queue bounded.
//!
//! May name: primitives.
//!
//! [`Network::start`] gives a [`Handle`] to act with and [`Events`] to listen to. The network carries bytes; what they
//! mean is the owner's business.
//!
//! | what | how | when a queue is full |
//! |---|---|---|
//! | consensus | one stream per validator pair and direction | the oldest frame is dropped |
//! | transactions among validators | the same, written in batches | the newest frame is refused |
//! | transactions to and from everyone | gossipsub, passed on once the owner accepts | ignored, not passed on |
//! | requests (sync, fetch) | one stream each, to and from anyone on the chain | answered "busy" |
//!
//! # Invariants
//!
//! - A peer is known by the ed25519 key that its link was authenticated with, and by nothing it says.
//! - Nodes of different chains have no protocol in common, and never see each other as connected.
//! - Whatever a stranger sends is bounded in size before memory is taken for it, and in number per peer.
//! - A slow or flooding peer delays nobody else: queues are per peer, and the owner serves peers in turn.
//! - The driver never waits: whatever can be slow is a task of its own, ended with the link it belongs to.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::integer_division,
    clippy::as_conversions,
    clippy::wildcard_enum_match_arm,
    reason = "node code is not consensus-critical: sizes are bounded by the configuration, and libp2p's event enums grow"
)]

mod book;
mod config;
mod dialer;
mod driver;
mod event;
mod frame;
mod gate;
mod handle;
mod inbox;
mod key;
mod links;
mod metrics;
mod network;
mod outbox;
mod request;
mod shaper;
mod shared;
mod streams;

pub use config::{Config, ConfigError, DialConfig, GossipConfig, LimitsConfig, QueueConfig, RequestConfig};
pub use event::{AnswerTooLong, Class, DisconnectReason, Event, GossipId, Responder, Verdict};
pub use handle::{AddPeerError, Handle, SendError};
pub use inbox::Events;
pub use key::{BadSecret, Identity, PeerKey};
pub use metrics::Metrics;
pub use network::{Network, NetworkError};
pub use request::RequestError;
pub use shaper::{LinkShape, Scope, ShapeError};
pub use shared::{Direction, PeerInfo};
