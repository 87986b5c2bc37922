//! Telling each other where validators are.

use super::Driver;
use crate::book::{List, MAX_LIST_BYTES};
use crate::shared::{Command, Shared};
use crate::streams::Lane;
use crate::{PeerKey, frame};
use bytes::Bytes;
use futures::io::AsyncWriteExt;
use libp2p::{Multiaddr, Stream};
use primitives::codec::{decode_limited, encode};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// How often somebody is asked for addresses that are missing.
const ASK_EVERY: Duration = Duration::from_secs(5);
/// How long an answer may take, to give and to get.
const EXCHANGE_TIME: Duration = Duration::from_secs(10);

impl Driver {
    /// Asks one peer, each time the next one, while a validator is neither connected nor known to be anywhere.
    pub(super) fn ask_for_addresses(&mut self) {
        let now = Instant::now();
        if self.asked.is_some_and(|at| now.duration_since(at) < ASK_EVERY) {
            return;
        }
        let validators = self.validators.borrow().clone();
        let missing = |peer: &PeerKey| {
            *peer != self.shared.key
                && !self.connections.contains(*peer)
                && !self.persistent.contains_key(peer)
                && self.book.addresses(*peer).is_empty()
        };
        if !validators.contains(&self.shared.key) || !validators.iter().any(missing) {
            return;
        }
        let peers: Vec<PeerKey> = self.shared.peers().keys().copied().collect();
        let next = peers
            .iter()
            .find(|peer| self.last_asked.is_none_or(|last| **peer > last))
            .or(peers.first());
        if let Some(peer) = next.copied() {
            self.asked = Some(now);
            self.last_asked = Some(peer);
            let stop = self.shared.stop.clone();
            let asking = ask(self.shared.clone(), peer);
            self.shared.tasks.spawn(stop.run_until_cancelled_owned(asking));
        }
    }

    /// Answers such a question.
    pub(super) fn tell_addresses(&self, stream: Stream) {
        let validators = self.validators.borrow().clone();
        let list = Bytes::from(encode(&self.book.list(validators.iter())));
        if list.len() > MAX_LIST_BYTES as usize {
            return;
        }
        let telling = async move {
            if timeout(EXCHANGE_TIME, tell(stream, list)).await.is_err() {
                tracing::debug!("a list of addresses was not taken in time");
            }
        };
        let stop = self.shared.stop.clone();
        self.shared.tasks.spawn(stop.run_until_cancelled_owned(telling));
    }

    /// Keeps what is of use: addresses of validators.
    pub(super) fn learn(&mut self, from: PeerKey, list: Vec<(PeerKey, Vec<Multiaddr>)>) {
        let validators = self.validators.borrow().clone();
        let link = self.connections.ip(from);
        for (peer, addresses) in list {
            if validators.contains(&peer) && peer != self.shared.key {
                self.book.told(peer, &addresses, link);
            }
        }
    }
}

async fn ask(shared: Arc<Shared>, peer: PeerKey) {
    let asking = async {
        let mut stream = shared
            .open(peer, Lane::Addresses)
            .await
            .map_err(|error| error.to_string())?;
        let bytes = frame::read(&mut stream, MAX_LIST_BYTES)
            .await
            .map_err(|error| error.to_string())?;
        decode_limited::<List>(&bytes, MAX_LIST_BYTES as usize).map_err(|error| error.to_string())
    };
    match timeout(EXCHANGE_TIME, asking).await {
        Ok(Ok(list)) => {
            let command = Command::Learned {
                from: peer,
                list: list.entries(),
            };
            // An error means that the network is ending.
            drop(shared.commands.send(command).await);
        }
        Ok(Err(error)) => tracing::debug!(%peer, %error, "no addresses from this peer"),
        Err(_) => tracing::debug!(%peer, "no addresses from this peer in time"),
    }
}

async fn tell(mut stream: Stream, list: Bytes) -> io::Result<()> {
    stream.write_all(&frame::header(&list)).await?;
    stream.write_all(&list).await?;
    stream.close().await
}
