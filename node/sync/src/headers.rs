//! From a finalized header down to this node's block, by hash.

use crate::ask::{self, Failure};
use crate::error::SyncError;
use crate::peers::{Lie, Peers};
use crate::syncer::{Ids, Run};
use crate::wire::MAX_HEADERS;
use light_palisade::Header;
use primitives::{BlockHash, Height};

/// Blocks between this node and the finalized header at most: 32 bytes each are kept.
const MAX_GAP: u64 = 1 << 22;

impl<P: Peers, I: Ids> Run<P, I> {
    /// The hashes of all blocks above `local` up to `target`, which is finalized.
    pub(crate) async fn hashes(
        &mut self,
        local: &Header,
        target: &Header,
    ) -> Result<Vec<BlockHash>, SyncError> {
        let (bottom, top) = (local.height.get(), target.height.get());
        let count = top - bottom;
        if count > MAX_GAP {
            return Err(SyncError::TooFar {
                epoch: target.epoch,
                height: local.height,
                limit: MAX_GAP,
            });
        }
        // From the top down.
        let mut hashes = vec![target.hash()];
        let mut parent = target.parent;
        let mut to = top - 1;
        while to > bottom {
            let from = to.saturating_sub(MAX_HEADERS - 1).max(bottom + 1);
            let headers = self.linked(Height::new(from), Height::new(to), parent).await?;
            for header in headers.iter().rev() {
                hashes.push(parent);
                parent = header.parent;
            }
            to = from - 1;
        }
        let ours = local.hash();
        if parent != ours {
            return Err(SyncError::Forked {
                height: local.height,
                ours,
                theirs: parent,
            });
        }
        hashes.reverse();
        Ok(hashes)
    }

    /// The headers of these heights, of which the last has the hash `expected`, from whoever has them.
    async fn linked(
        &mut self,
        from: Height,
        to: Height,
        expected: BlockHash,
    ) -> Result<Vec<Header>, SyncError> {
        loop {
            let Some(peer) = self.roster.pick(usize::MAX) else {
                self.wait_for_peers(from, "headers").await?;
                continue;
            };
            let timeout = self.config.request_timeout();
            let answer = ask::headers(self.roster.peers.as_ref(), peer, (from, to), timeout).await;
            match answer {
                Ok(headers) if links(&headers, expected) => {
                    self.served(peer);
                    return Ok(headers);
                }
                Ok(_) => self.failed(peer, Failure::Lie(Lie::Headers)),
                Err(failure) => self.failed(peer, failure),
            }
        }
    }
}

/// Whether the last has the hash `expected` and each is the parent of the next.
fn links(headers: &[Header], expected: BlockHash) -> bool {
    let mut expected = expected;
    headers.iter().rev().all(|header| {
        let linked = header.hash() == expected;
        expected = header.parent;
        linked
    })
}
