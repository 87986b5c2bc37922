//! Gossip, in and out.

use super::Driver;
use super::behaviour::{gossip_id, message_id};
use crate::metrics::GOSSIP;
use crate::{DisconnectReason, GossipId, PeerKey, Verdict};
use bytes::Bytes;
use libp2p::gossipsub::{self, MessageAcceptance, PublishError};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// What rejections are counted over; also how long a peer with too many of them is banned.
const WINDOW: Duration = Duration::from_secs(60);
const MAX_COUNTED: usize = 4_096;

/// Rejected messages of each peer in its current minute.
#[derive(Debug)]
pub(super) struct Rejections {
    limit: u32,
    counts: BTreeMap<PeerKey, (Instant, u32)>,
}

impl Rejections {
    pub(super) const fn new(limit: u32) -> Self {
        Self {
            limit,
            counts: BTreeMap::new(),
        }
    }

    /// Counts one; gives whether the peer has had too many.
    fn count(&mut self, peer: PeerKey, now: Instant) -> bool {
        if self.counts.len() >= MAX_COUNTED && !self.counts.contains_key(&peer) {
            // Many peers and few rejections each: the minute's end makes room.
            return false;
        }
        let (since, count) = self.counts.entry(peer).or_insert((now, 0));
        if now.duration_since(*since) >= WINDOW {
            (*since, *count) = (now, 0);
        }
        *count += 1;
        *count > self.limit
    }

    pub(super) fn forget_old(&mut self, now: Instant) {
        self.counts
            .retain(|_, (since, _)| now.duration_since(*since) < WINDOW);
    }
}

impl Driver {
    pub(super) fn publish(&mut self, message: Bytes) {
        let size = message.len();
        let topic = self.topic.clone();
        match self.swarm.behaviour_mut().gossip.publish(topic, message) {
            Ok(_) => self.shared.metrics.sent(GOSSIP, size),
            // The same bytes were gossiped a moment ago, by anyone.
            Err(PublishError::Duplicate) => {}
            Err(PublishError::NoPeersSubscribedToTopic) => {
                self.shared.metrics.dropped(GOSSIP, "no_peers", 1);
            }
            Err(error) => {
                tracing::debug!(%error, size, "a message was not gossiped");
                self.shared.metrics.dropped(GOSSIP, "queue_full", 1);
            }
        }
    }

    pub(super) fn on_gossip(&mut self, event: gossipsub::Event) {
        let gossipsub::Event::Message {
            propagation_source,
            message,
            ..
        } = event
        else {
            return;
        };
        let Some(from) = PeerKey::from_peer_id(&propagation_source) else {
            return;
        };
        // The gossip protocol has the chain in its name: whoever speaks it is on this chain.
        self.admit(from);
        let id = gossip_id(&message.data);
        let size = message.data.len();
        self.shared.metrics.received(GOSSIP, size);
        if let Some(peer) = self.shared.peer(from) {
            peer.count_in(size);
        }
        if !self.shared.shaper.admits(from) {
            self.shared.metrics.dropped(GOSSIP, "shaped", 1);
            self.judge(id, from, Verdict::Ignore);
        } else if size > self.shared.config.gossip.max_message_bytes as usize {
            self.shared.metrics.dropped(GOSSIP, "oversized", 1);
            self.judge(id, from, Verdict::Reject);
        } else if !self.shared.inbox.gossip(from, id, message.data.into()) {
            self.shared.metrics.dropped(GOSSIP, "queue_full", 1);
            self.judge(id, from, Verdict::Ignore);
        }
    }

    /// Passes a message on, or not; a peer with too many bad ones is banned for a while.
    pub(super) fn judge(&mut self, id: GossipId, from: PeerKey, verdict: Verdict) {
        let acceptance = match verdict {
            Verdict::Accept => MessageAcceptance::Accept,
            Verdict::Reject => MessageAcceptance::Reject,
            Verdict::Ignore => MessageAcceptance::Ignore,
        };
        if let Some(source) = from.peer_id() {
            let gossip = &mut self.swarm.behaviour_mut().gossip;
            // `false`: the message is too old to be known any more.
            gossip.report_message_validation_result(&message_id(id), &source, acceptance);
        }
        if verdict == Verdict::Reject && self.rejections.count(from, Instant::now()) {
            tracing::warn!(peer = %from, seconds = WINDOW.as_secs(), "banned for gossiping bad messages");
            self.swarm.behaviour_mut().gate.ban(from, WINDOW);
            self.part(from, DisconnectReason::BadGossip);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejections_are_counted_per_peer_and_minute() {
        let mut rejections = Rejections::new(2);
        let (peer, other) = (PeerKey([1; 32]), PeerKey([2; 32]));
        let now = Instant::now();
        assert!(!rejections.count(peer, now));
        assert!(!rejections.count(peer, now));
        assert!(!rejections.count(other, now));
        assert!(rejections.count(peer, now));
        let later = now + WINDOW;
        assert!(!rejections.count(peer, later));
        rejections.forget_old(later);
        assert_eq!(rejections.counts.len(), 1);
    }
}
