//! What leaves, and what must be durable before it may.

use crate::compact;
use bytes::Bytes;
use consensus::{Message, Peer};
use network::{Class, Handle as Network, PeerKey};
use primitives::codec::encode;
use std::collections::VecDeque;

/// Something that waits for the log.
#[derive(Debug)]
pub(crate) enum Held {
    /// A message to everybody, or to one.
    Send(Option<Peer>, Box<Message>),
    /// Own votes, signed and durable in the guard.
    Signed(crate::signing::Signed),
}

/// Things in order, each with the turn of the log that must be durable first.
#[derive(Debug, Default)]
pub(crate) struct Barrier {
    durable: u64,
    held: VecDeque<(u64, Held)>,
}

impl Barrier {
    /// Takes `item` in; gives it back at once when nothing it needs is outstanding.
    pub(crate) fn hold(&mut self, turn: u64, item: Held) -> Option<Held> {
        if turn <= self.durable {
            return Some(item);
        }
        self.held.push_back((turn, item));
        None
    }

    /// Everything up to `turn` is durable: gives what was waiting for that, in order.
    pub(crate) fn release(&mut self, turn: u64) -> Vec<Held> {
        self.durable = self.durable.max(turn);
        let durable = self.durable;
        let (free, held): (VecDeque<_>, VecDeque<_>) = std::mem::take(&mut self.held)
            .into_iter()
            .partition(|(needs, _)| *needs <= durable);
        self.held = held;
        free.into_iter().map(|(_, item)| item).collect()
    }
}

/// Sends a message over the direct streams. What does not arrive is sent again by the core's retries.
pub(crate) fn send(network: &Network, to: Option<Peer>, message: &Message) {
    // Who is asked for one peer alone may lack more than it has: it gets everything.
    let compact = if to.is_none() {
        compact::pack(message)
    } else {
        None
    };
    let frame = compact.unwrap_or_else(|| Bytes::from(encode(message)));
    let outcome = match to {
        None => network.broadcast(Class::Consensus, frame).map(|_| ()),
        Some(peer) => network.send(PeerKey(peer.0), Class::Consensus, frame),
    };
    if let Err(error) = outcome {
        tracing::debug!(%error, ?to, "a consensus message was not sent");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item() -> Held {
        Held::Send(None, Box::new(Message::Votes(Vec::new())))
    }

    #[test]
    fn nothing_leaves_before_its_turn_is_durable() {
        let mut barrier = Barrier::default();
        assert!(barrier.hold(0, item()).is_some());
        assert!(barrier.hold(2, item()).is_none());
        assert!(barrier.hold(1, item()).is_none());
        assert_eq!(barrier.release(1).len(), 1);
        assert!(barrier.hold(1, item()).is_some());
        assert_eq!(barrier.release(5).len(), 1);
        assert!(barrier.release(5).is_empty());
    }
}
