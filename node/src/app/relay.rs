//! Transactions to and from peers.

use super::Mempool;
use bytes::{Bytes, BytesMut};
use engine::Incoming;
use light_palisade::limits::MAX_TRANSACTION_SIZE;
use mempool::{Class as Refused, Intake, Origin, Peer, Transaction};
use network::{Class, Handle as Network, PeerKey, Verdict};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// The most transactions in one frame.
const MAX_BATCH: usize = 8_192;

/// Passes transactions between the mempool and the network.
pub(crate) struct Relay {
    pub(crate) mempool: Arc<Mempool>,
    pub(crate) intake: Intake,
    pub(crate) network: Network,
    /// Whether this node relays over the validators' direct streams; others gossip.
    pub(crate) validator: bool,
}

impl Relay {
    /// Runs both directions until it is stopped.
    pub(crate) async fn run(self, mut incoming: mpsc::Receiver<Incoming>, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                batch = self.mempool.relay() => self.send(&batch),
                received = incoming.recv() => match received {
                    Some(received) => self.receive(received),
                    None => return,
                },
            }
        }
    }

    /// To each validator what it is not known to have; to everybody else by gossip what came from a client.
    ///
    /// What came from a validator goes no further: that one has sent it to every validator itself, and n validators
    /// that pass on what each of them got would send it n times to each. A validator without a link to the first does
    /// not propose it; those that have it do.
    fn send(&self, batch: &[mempool::Relayed<super::Admitted>]) {
        let linked = self.network.linked();
        let fresh: Vec<&mempool::Relayed<super::Admitted>> = batch
            .iter()
            .filter(|relayed| {
                let from = relayed.origin.peer();
                from.is_none_or(|from| !linked.contains(&PeerKey(from.0)))
            })
            .collect();
        for peer in &linked {
            let peer = *peer;
            let lacks =
                |relayed: &&&mempool::Relayed<super::Admitted>| !relayed.known_by.contains(&Peer(peer.0));
            let frame = pack(
                fresh
                    .iter()
                    .filter(lacks)
                    .map(|relayed| relayed.transaction.bytes()),
            );
            if !frame.is_empty()
                && let Err(error) = self.network.send(peer, Class::Transactions, frame)
            {
                tracing::debug!(%peer, %error, "transactions were not relayed");
            }
        }
        if linked.is_empty() || !self.validator {
            for relayed in batch.iter().filter(|relayed| relayed.origin == Origin::Local) {
                let bytes = Bytes::copy_from_slice(relayed.transaction.bytes());
                if let Err(error) = self.network.gossip(bytes) {
                    tracing::debug!(%error, "a transaction was not gossiped");
                }
            }
        }
    }

    fn receive(&self, incoming: Incoming) {
        match incoming {
            Incoming::Relayed { from, bytes } => match unpack(&bytes) {
                Some(transactions) => self.offer(transactions, from, None),
                None => tracing::warn!(peer = %from, "a batch of transactions is malformed"),
            },
            Incoming::Gossiped { from, id, bytes } => self.offer(vec![bytes], from, Some(id)),
        }
    }

    /// Offers to the mempool, and tells the network what to think of a gossiped message.
    fn offer(&self, transactions: Vec<Bytes>, from: PeerKey, gossiped: Option<network::GossipId>) {
        let receipt = self.intake.offer(transactions, Origin::Peer(Peer(from.0)));
        let network = self.network.clone();
        let Some(id) = gossiped else {
            if let Err(error) = receipt {
                tracing::debug!(peer = %from, %error, "transactions were not taken in");
            }
            return;
        };
        tokio::spawn(async move {
            let answer = match receipt {
                Ok(receipt) => receipt.answers().await.pop(),
                Err(error) => Some(Err(error)),
            };
            let verdict = match answer {
                Some(Ok(mempool::Outcome::Accepted(_))) => Verdict::Accept,
                Some(Err(rejection)) if rejection.class == Refused::Malformed => Verdict::Reject,
                Some(Ok(mempool::Outcome::AlreadyPending(_)) | Err(_)) | None => Verdict::Ignore,
            };
            if let Err(error) = network.report(id, from, verdict) {
                tracing::debug!(%error, "a verdict on gossip came too late");
            }
        });
    }
}

/// Each transaction behind its length, four bytes, big-endian.
fn pack<'a>(transactions: impl Iterator<Item = &'a [u8]>) -> Bytes {
    let mut frame = BytesMut::new();
    for bytes in transactions {
        if let Ok(length) = u32::try_from(bytes.len()) {
            frame.extend_from_slice(&length.to_be_bytes());
            frame.extend_from_slice(bytes);
        }
    }
    frame.freeze()
}

/// What [`pack`] packed; `None` when a length does not fit, or is beyond a transaction's limit.
fn unpack(frame: &Bytes) -> Option<Vec<Bytes>> {
    let mut transactions = Vec::new();
    let mut rest = frame.clone();
    while !rest.is_empty() {
        let (length, _) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        if length > MAX_TRANSACTION_SIZE
            || rest.len() < length.checked_add(4)?
            || transactions.len() >= MAX_BATCH
        {
            return None;
        }
        let mut tail = rest.split_off(4);
        rest = tail.split_off(length);
        transactions.push(tail);
    }
    Some(transactions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_comes_back_and_a_broken_one_does_not() {
        let batch: [&[u8]; 3] = [b"one", b"", b"three"];
        let frame = pack(batch.into_iter());
        let back = unpack(&frame).unwrap();
        assert_eq!(back.iter().map(|b| &b[..]).collect::<Vec<_>>(), batch);
        for cut in 1..frame.len() {
            let whole = [7, 3 + 4 + 4].contains(&cut);
            assert_eq!(unpack(&frame.slice(..cut)).is_some(), whole, "cut at {cut}");
        }
        assert_eq!(unpack(&Bytes::from_static(&[0xff; 8])), None);
    }
}
