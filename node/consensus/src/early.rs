//! Messages of the next epoch that came before it started.

use crate::limits::{EARLY_BYTES, EARLY_MESSAGES, EARLY_STRANGERS, MAX_SOURCES};
use crate::message::{Content, Message, Peer};
use crate::tree;
use std::collections::BTreeMap;

/// Bytes of votes and certificates kept for one sender.
const SMALL_BYTES: usize = 16 * 1024;
/// Bytes of an encoded vote or certificate, at most (1,024 validators).
const ITEM_BYTES: usize = 320;

#[derive(Clone, Debug, Default)]
struct Waiting {
    messages: Vec<Message>,
    bytes: usize,
    proposed: bool,
}

/// Messages that wait for the next epoch.
#[derive(Clone, Debug, Default)]
pub(crate) struct Early {
    senders: BTreeMap<Peer, Waiting>,
    strangers: usize,
    bodies: usize,
}

impl Early {
    /// Keeps a message if there is room. `seated` says whether the sender has a seat now.
    pub(crate) fn keep(&mut self, from: Peer, seated: bool, message: Message) {
        let (small, body) = sizes(&message);
        if !self.senders.contains_key(&from) && !seated {
            if self.strangers >= EARLY_STRANGERS {
                return;
            }
            self.strangers = self.strangers.saturating_add(1);
        }
        let waiting = self.senders.entry(from).or_default();
        let bodies = self.bodies.saturating_add(body);
        let bytes = waiting.bytes.saturating_add(small);
        let room = waiting.messages.len() < EARLY_MESSAGES
            && bytes <= SMALL_BYTES
            && (body == 0 || (!waiting.proposed && bodies <= EARLY_BYTES));
        if room {
            waiting.proposed |= body > 0;
            waiting.bytes = bytes;
            waiting.messages.push(message);
            self.bodies = bodies;
        }
    }

    /// Everything that was kept, by sender, in the order of arrival.
    pub(crate) fn take(&mut self) -> Vec<(Peer, Message)> {
        core::mem::take(self)
            .senders
            .into_iter()
            .flat_map(|(from, waiting)| waiting.messages.into_iter().map(move |message| (from, message)))
            .collect()
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.senders.is_empty()
    }

    /// Some of those who sent something.
    pub(crate) fn senders(&self) -> Vec<Peer> {
        self.senders.keys().take(MAX_SOURCES).copied().collect()
    }

    /// Messages kept in all.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.senders.values().map(|waiting| waiting.messages.len()).sum()
    }
}

/// Bytes of the small parts, and of a body.
fn sizes(message: &Message) -> (usize, usize) {
    match message {
        Message::Proposal(proposal) => match &proposal.content {
            Content::Fresh(block) => (0, tree::size(block)),
            Content::Again(justification) => (
                0,
                justification
                    .nullifications
                    .len()
                    .saturating_add(1)
                    .saturating_mul(ITEM_BYTES),
            ),
        },
        Message::Votes(votes) => (votes.len().saturating_mul(ITEM_BYTES), 0),
        Message::Certificates(certificates) => (certificates.len().saturating_mul(ITEM_BYTES), 0),
        Message::CertificatesWanted { .. } => (0, 0),
    }
}
