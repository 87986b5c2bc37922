//! Who is at the other end: seats in the sets, budgets, and who is not listened to any more.

use crate::limits::{ANSWERS_PER_SECOND, MAX_BANNED};
use crate::message::Peer;
use light_palisade::ValidatorSet;
use primitives::Millis;
use std::collections::{BTreeMap, BTreeSet};

/// Stands for everybody who has no seat: strangers share one budget.
const STRANGERS: Peer = Peer([0; 32]);

/// What is known about senders.
#[derive(Clone, Debug, Default)]
pub(crate) struct Peers {
    /// The current set, and the one before.
    seats: BTreeSet<Peer>,
    former: BTreeSet<Peer>,
    banned: BTreeSet<Peer>,
    /// Answers given to each in the current second.
    answers: BTreeMap<Peer, u32>,
    second: u64,
    /// When each of the current set was last heard to vote.
    heard: BTreeMap<Peer, Millis>,
}

impl Peers {
    /// The senders of an epoch with this set. Bans end; the former set is remembered for late evidence. Who was silent
    /// before is silent still; newcomers count as heard just now.
    pub(crate) fn seat(&mut self, set: &ValidatorSet, now: Millis) {
        let seats: BTreeSet<Peer> = set
            .validators
            .iter()
            .map(|validator| Peer(validator.p2p_key))
            .collect();
        self.heard = seats
            .iter()
            .map(|peer| (*peer, self.heard.get(peer).copied().unwrap_or(now)))
            .collect();
        self.former = core::mem::replace(&mut self.seats, seats);
        self.banned = BTreeSet::new();
        self.answers = BTreeMap::new();
    }

    /// A validator of the current set voted.
    pub(crate) fn hear(&mut self, peer: Peer, now: Millis) {
        if let Some(heard) = self.heard.get_mut(&peer) {
            *heard = now;
        }
    }

    /// Counts everybody as heard just now: it was us who did not listen.
    pub(crate) fn hear_all(&mut self, now: Millis) {
        for heard in self.heard.values_mut() {
            *heard = now;
        }
    }

    /// When a validator of the current set was last heard to vote.
    pub(crate) fn heard(&self, peer: &Peer) -> Option<Millis> {
        self.heard.get(peer).copied()
    }

    /// Whether a validator of the current set is at this address.
    pub(crate) fn is_seated(&self, peer: &Peer) -> bool {
        self.seats.contains(peer)
    }

    /// Whether a sender is not listened to; with the list full, that is every stranger.
    pub(crate) fn is_banned(&self, peer: &Peer) -> bool {
        let full = self.banned.len() >= MAX_BANNED;
        self.banned.contains(peer) || (full && !self.seats.contains(peer))
    }

    /// Stops listening to a sender; false when it was so already. When the list is full, nobody is added.
    pub(crate) fn ban(&mut self, peer: Peer) -> bool {
        self.banned.len() < MAX_BANNED && self.banned.insert(peer)
    }

    /// Takes one answer from a sender's budget of this second.
    pub(crate) fn may_answer(&mut self, peer: &Peer, now: Millis) -> bool {
        let second = now.get().checked_div(1_000).unwrap_or(0);
        if second != self.second {
            self.second = second;
            self.answers = BTreeMap::new();
        }
        let known = self.seats.contains(peer) || self.former.contains(peer);
        let given = self
            .answers
            .entry(if known { *peer } else { STRANGERS })
            .or_default();
        *given = given.saturating_add(1);
        *given <= ANSWERS_PER_SECOND
    }
}
