//! One question to one peer.

use crate::peers::{Lie, Peers};
use crate::wire::{Answer, HandOver, Request, Status};
use light_palisade::{Block, Header};
use network::PeerKey;
use primitives::{BlockHash, Epoch, Height};
use std::time::Duration;

/// Why a question was not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It said nothing, or that it has nothing.
    Silent,
    /// It has forgotten what was asked for: the first block that it keeps is this one.
    Pruned(Height),
    /// It said what cannot be.
    Lie(Lie),
}

async fn ask<P: Peers>(
    peers: &P,
    peer: PeerKey,
    request: &Request,
    timeout: Duration,
) -> Result<Answer, Failure> {
    let answer = peers.request(peer, request.to_bytes(), timeout).await;
    let bytes = answer.map_err(|error| {
        tracing::debug!(%peer, %error, ?request, "a peer did not answer");
        Failure::Silent
    })?;
    Answer::parse(&bytes).map_err(|_| Failure::Lie(Lie::Malformed))
}

pub(crate) async fn status<P: Peers>(peers: &P, peer: PeerKey, timeout: Duration) -> Result<Status, Failure> {
    match ask(peers, peer, &Request::Status, timeout).await? {
        Answer::Status(status) => Ok(*status),
        Answer::Headers(_) | Answer::Bodies(_) | Answer::HandOvers(_) | Answer::Pruned { .. } => {
            Err(Failure::Lie(Lie::Malformed))
        }
    }
}

/// Exactly the headers of these heights; whether they link is for the caller to see.
pub(crate) async fn headers<P: Peers>(
    peers: &P,
    peer: PeerKey,
    (from, to): (Height, Height),
    timeout: Duration,
) -> Result<Vec<Header>, Failure> {
    match ask(peers, peer, &Request::Headers { from, to }, timeout).await? {
        Answer::Headers(headers) => {
            let complete = (from.get()..=to.get()).eq(headers.iter().map(|header| header.height.get()));
            complete.then_some(headers).ok_or(Failure::Lie(Lie::Headers))
        }
        // Who keeps all of them, and says that it does not, lies.
        Answer::Pruned { earliest } if earliest > from => Err(Failure::Pruned(earliest)),
        Answer::Pruned { .. } => Err(Failure::Lie(Lie::Malformed)),
        Answer::Status(_) | Answer::Bodies(_) | Answer::HandOvers(_) => Err(Failure::Lie(Lie::Malformed)),
    }
}

/// The first few of the blocks with these hashes, at least one.
pub(crate) async fn bodies<P: Peers>(
    peers: &P,
    peer: PeerKey,
    hashes: Vec<BlockHash>,
    timeout: Duration,
) -> Result<Vec<Block>, Failure> {
    let request = Request::Bodies {
        hashes: hashes.clone(),
    };
    match ask(peers, peer, &request, timeout).await? {
        Answer::Bodies(blocks) if blocks.is_empty() => Err(Failure::Silent),
        Answer::Pruned { earliest } => Err(Failure::Pruned(earliest)),
        Answer::Bodies(blocks) => {
            let ours =
                blocks.len() <= hashes.len() && blocks.iter().zip(&hashes).all(|(b, hash)| b.hash() == *hash);
            ours.then_some(blocks).ok_or(Failure::Lie(Lie::OtherBlock))
        }
        Answer::Status(_) | Answer::Headers(_) | Answer::HandOvers(_) => Err(Failure::Lie(Lie::Malformed)),
    }
}

/// The ends of epochs from `from` on; none when the peer knows of none.
pub(crate) async fn hand_overs<P: Peers>(
    peers: &P,
    peer: PeerKey,
    from: Epoch,
    timeout: Duration,
) -> Result<Vec<HandOver>, Failure> {
    match ask(peers, peer, &Request::HandOvers { from }, timeout).await? {
        Answer::HandOvers(hand_overs) => Ok(hand_overs),
        Answer::Status(_) | Answer::Headers(_) | Answer::Bodies(_) | Answer::Pruned { .. } => {
            Err(Failure::Lie(Lie::Malformed))
        }
    }
}
