//! What the network counts. Names follow CometBFT's `p2p_*`, so that known dashboards fit.

use crate::{Class, DisconnectReason, PeerKey};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// The label of traffic: `consensus`, `transactions`, `gossip` or `request`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Traffic {
    class: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Drops {
    class: &'static str,
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Peer {
    peer: String,
}

/// The class label of gossip.
pub(crate) const GOSSIP: &str = "gossip";
/// The class label of requests and answers.
pub(crate) const REQUEST: &str = "request";

/// The network's metrics. Clones count into the same numbers.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    peers: Gauge,
    sent: Family<Traffic, Counter>,
    received: Family<Traffic, Counter>,
    pending: Family<Peer, Gauge>,
    dropped: Family<Drops, Counter>,
    disconnects: Family<Reason, Counter>,
    refused: Family<Reason, Counter>,
    failed_dials: Counter,
    busy: Counter,
}

impl Metrics {
    /// Metrics that `registry` exports:
    ///
    /// - `p2p_peers`: peers on this chain with a link;
    /// - `p2p_message_send_bytes_total{class}`, `p2p_message_receive_bytes_total{class}`: payload bytes; a gossiped
    ///   message counts once, however many peers get it;
    /// - `p2p_peer_pending_send_bytes{peer}`: bytes that wait for a peer;
    /// - `p2p_dropped_frames_total{class,reason}`;
    /// - `p2p_disconnects_total{reason}`, `p2p_refused_connections_total{reason}`, `p2p_failed_dials_total`,
    ///   `p2p_busy_answers_total`.
    #[must_use]
    pub fn registered(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let p2p = registry.sub_registry_with_prefix("p2p");
        p2p.register("peers", "Peers on this chain with a link", metrics.peers.clone());
        p2p.register("message_send_bytes", "Payload bytes sent", metrics.sent.clone());
        p2p.register(
            "message_receive_bytes",
            "Payload bytes received",
            metrics.received.clone(),
        );
        p2p.register(
            "peer_pending_send_bytes",
            "Bytes that wait for a peer",
            metrics.pending.clone(),
        );
        p2p.register(
            "dropped_frames",
            "Messages that were dropped",
            metrics.dropped.clone(),
        );
        p2p.register(
            "disconnects",
            "Peers whose last link ended",
            metrics.disconnects.clone(),
        );
        p2p.register(
            "refused_connections",
            "Connections that were refused",
            metrics.refused.clone(),
        );
        p2p.register(
            "failed_dials",
            "Attempts to reach a peer that failed",
            metrics.failed_dials.clone(),
        );
        p2p.register(
            "busy_answers",
            "Requests answered with busy",
            metrics.busy.clone(),
        );
        metrics
    }

    pub(crate) fn peers(&self, count: usize) {
        self.peers.set(count as i64);
    }

    pub(crate) fn sent(&self, class: &'static str, bytes: usize) {
        self.sent.get_or_create(&Traffic { class }).inc_by(bytes as u64);
    }

    pub(crate) fn received(&self, class: &'static str, bytes: usize) {
        self.received
            .get_or_create(&Traffic { class })
            .inc_by(bytes as u64);
    }

    pub(crate) fn pending(&self, peer: PeerKey, bytes: usize) {
        self.pending
            .get_or_create(&Peer { peer: peer.short() })
            .set(bytes as i64);
    }

    /// Forgets the per-peer numbers, so that the labels stay as few as the peers.
    pub(crate) fn forget(&self, peer: PeerKey) {
        self.pending.remove(&Peer { peer: peer.short() });
    }

    pub(crate) fn dropped(&self, class: &'static str, reason: &'static str, count: usize) {
        if count > 0 {
            self.dropped
                .get_or_create(&Drops { class, reason })
                .inc_by(count as u64);
        }
    }

    /// How many messages of `class` were dropped for `reason` so far.
    #[must_use]
    pub fn dropped_frames(&self, class: Class, reason: &'static str) -> u64 {
        let class = class.name();
        self.dropped.get_or_create(&Drops { class, reason }).get()
    }

    pub(crate) fn disconnected(&self, reason: &DisconnectReason) {
        let reason = reason.label();
        self.disconnects.get_or_create(&Reason { reason }).inc();
    }

    /// How many links ended for the reason with this label.
    #[must_use]
    pub fn disconnects(&self, reason: &'static str) -> u64 {
        self.disconnects.get_or_create(&Reason { reason }).get()
    }

    pub(crate) fn refused(&self, reason: &'static str) {
        self.refused.get_or_create(&Reason { reason }).inc();
    }

    pub(crate) fn dial_failed(&self) {
        self.failed_dials.inc();
    }

    pub(crate) fn busy(&self) {
        self.busy.inc();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_those_of_known_dashboards() {
        let mut registry = Registry::default();
        let metrics = Metrics::registered(&mut registry);
        metrics.peers(3);
        metrics.sent(Class::Consensus.name(), 10);
        metrics.received(GOSSIP, 20);
        metrics.pending(PeerKey([1; 32]), 30);
        metrics.dropped(Class::Transactions.name(), "queue_full", 2);
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        for line in [
            "p2p_peers 3",
            "p2p_message_send_bytes_total{class=\"consensus\"} 10",
            "p2p_message_receive_bytes_total{class=\"gossip\"} 20",
            "p2p_peer_pending_send_bytes{peer=\"01010101\"} 30",
            "p2p_dropped_frames_total{class=\"transactions\",reason=\"queue_full\"} 2",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
        metrics.forget(PeerKey([1; 32]));
        text.clear();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        assert!(!text.contains("01010101"));
    }
}
