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
}

impl Peers {
    /// The senders of an epoch with this set. Bans end; the former set is remembered for late evidence.
    pub(crate) fn seat(&mut self, set: &ValidatorSet) {
        let seats = set
            .validators
            .iter()
            .map(|validator| Peer(validator.p2p_key))
            .collect();
        self.former = core::mem::replace(&mut self.seats, seats);
        self.banned = BTreeSet::new();
        self.answers = BTreeMap::new();
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
