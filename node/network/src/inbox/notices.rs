//! Connections that came and went, merged while the owner looks elsewhere.

use crate::{DisconnectReason, Event, PeerKey};
use std::collections::VecDeque;

/// At most a `Disconnected` and a `Connected` per peer wait, so that a peer that comes and goes fills nothing: a
/// connection that ended before the owner heard of it is not told at all.
#[derive(Debug, Default)]
pub(super) struct Notices(VecDeque<Notice>);

#[derive(Debug)]
struct Notice {
    peer: PeerKey,
    /// `None`: connected.
    ended: Option<DisconnectReason>,
}

impl Notices {
    pub(super) fn connected(&mut self, peer: PeerKey) {
        self.0.push_back(Notice { peer, ended: None });
    }

    pub(super) fn disconnected(&mut self, peer: PeerKey, reason: DisconnectReason) {
        match self
            .0
            .iter()
            .rposition(|notice| notice.peer == peer && notice.ended.is_none())
        {
            Some(unheard) => drop(self.0.remove(unheard)),
            None => self.0.push_back(Notice {
                peer,
                ended: Some(reason),
            }),
        }
    }

    pub(super) fn pop(&mut self) -> Option<Event> {
        self.0.pop_front().map(|notice| match notice.ended {
            None => Event::Connected(notice.peer),
            Some(reason) => Event::Disconnected(notice.peer, reason),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_that_comes_and_goes_fills_nothing() {
        let mut notices = Notices::default();
        let peer = PeerKey([1; 32]);
        notices.connected(peer);
        assert!(matches!(notices.pop(), Some(Event::Connected(_))));
        for _ in 0..100 {
            notices.disconnected(peer, DisconnectReason::ClosedByPeer);
            notices.connected(peer);
        }
        assert!(matches!(notices.pop(), Some(Event::Disconnected(..))));
        assert!(matches!(notices.pop(), Some(Event::Connected(_))));
        assert!(notices.pop().is_none());
    }
}
