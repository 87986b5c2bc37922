//! What to catch up with: one finalized header, proven by a set that this node follows from its own state.

use crate::ask::{self, Failure};
use crate::error::SyncError;
use crate::peers::{Lie, Peers};
use crate::syncer::{Ids, Local, Run};
use crate::wire::{HandOver, Status};
use light_palisade::{Certificate, Committee, FinalityProof, Header};
use network::PeerKey;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::task::JoinSet;

/// Peers asked at once where they stand.
const ASKED: usize = 16;

/// A finalized header above this node's, in the epoch that this node's next block belongs to.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) header: Header,
    pub(crate) certificate: Certificate,
    /// Who decides the next epoch, when the header ends this one.
    pub(crate) next: Option<Arc<Committee>>,
}

impl<P: Peers, I: Ids> Run<P, I> {
    /// What to fetch next; `None` when nobody shows that this node is behind by more than a few blocks.
    pub(crate) async fn next_target(&mut self, local: &Local) -> Result<Option<Target>, SyncError> {
        loop {
            if let Some(target) = self.known_hand_over(local) {
                return Ok(Some(target));
            }
            let statuses = self.statuses().await;
            if statuses.is_empty() {
                self.wait_for_peers(local.header.height, "where it stands")
                    .await?;
                continue;
            }
            let near = local
                .header
                .height
                .get()
                .saturating_add(self.config.close_enough_blocks);
            let mut claims: Vec<(PeerKey, Status)> = statuses.into_iter().collect();
            claims.retain(|(_, status)| status.header.height.get() > near);
            if claims.is_empty() {
                return Ok(None);
            }
            // A claim only decides whose proof is looked at first.
            claims.sort_by_key(|(_, status)| core::cmp::Reverse((status.header.epoch, status.header.height)));
            for (peer, status) in claims {
                match self.prove(peer, status, local).await {
                    Ok(target) => return Ok(Some(target)),
                    Err(failure) => self.failed(peer, failure),
                }
            }
            self.wait_for_peers(local.header.height, "a finalization").await?;
        }
    }

    /// Where the peers say that they stand.
    async fn statuses(&mut self) -> BTreeMap<PeerKey, Status> {
        let mut asking = JoinSet::new();
        for peer in self.roster.usable().into_iter().take(ASKED) {
            let (peers, timeout) = (Arc::clone(&self.roster.peers), self.config.request_timeout());
            asking.spawn(async move { (peer, ask::status(peers.as_ref(), peer, timeout).await) });
        }
        let mut statuses = BTreeMap::new();
        while let Some(answer) = asking.join_next().await {
            match answer {
                Ok((peer, Ok(status))) => {
                    self.roster.keeps_from(peer, status.earliest);
                    statuses.insert(peer, status);
                }
                Ok((peer, Err(failure))) => self.failed(peer, failure),
                Err(error) => tracing::error!(%error, "a task of block sync ended early"),
            }
        }
        statuses
    }

    /// Checks a peer's claim, or the first hand-over on the way to it.
    async fn prove(&mut self, peer: PeerKey, status: Status, local: &Local) -> Result<Target, Failure> {
        let Status {
            header, certificate, ..
        } = status;
        let committee = &local.committee;
        if header.chain_hash != self.chain {
            return Err(Failure::Lie(Lie::OtherChain));
        }
        let certificate = certificate.ok_or(Failure::Lie(Lie::Certificate))?;
        if header.epoch < committee.epoch() {
            return Err(Failure::Lie(Lie::Certificate));
        }
        if header.epoch == committee.epoch() && !header.is_boundary() {
            let proof = FinalityProof { header, certificate };
            proof
                .verify(&self.chain, committee)
                .map_err(|_| Failure::Lie(Lie::Certificate))?;
            let FinalityProof { header, certificate } = proof;
            return Ok(Target {
                header,
                certificate,
                next: None,
            });
        }
        let timeout = self.config.request_timeout();
        let hand_overs =
            ask::hand_overs(self.roster.peers.as_ref(), peer, committee.epoch(), timeout).await?;
        let mut hand_overs = hand_overs.into_iter();
        let first = hand_overs.next().ok_or(Failure::Silent)?;
        let target = self.check_hand_over(first, local).map_err(Failure::Lie)?;
        self.hand_overs = hand_overs.map(|hand_over| (peer, hand_over)).collect();
        Ok(target)
    }

    /// The next hand-over, if the last answer brought it along.
    fn known_hand_over(&mut self, local: &Local) -> Option<Target> {
        let (peer, hand_over) = self.hand_overs.pop_front()?;
        match self.check_hand_over(hand_over, local) {
            Ok(target) => Some(target),
            Err(lie) => {
                self.hand_overs.clear();
                self.roster.blame(peer, lie);
                None
            }
        }
    }

    fn check_hand_over(&self, hand_over: HandOver, local: &Local) -> Result<Target, Lie> {
        let HandOver {
            header,
            certificate,
            next,
        } = hand_over;
        let committee = &local.committee;
        if header.chain_hash != self.chain {
            return Err(Lie::OtherChain);
        }
        let follows = header.epoch == committee.epoch()
            && header.is_boundary()
            && header.height > local.header.height
            && header.validators_root == committee.root()
            && header.epoch.next().is_ok_and(|epoch| epoch == next.epoch)
            && header.next_validators_root == next.root();
        if !follows {
            return Err(Lie::HandOver);
        }
        let proof = FinalityProof { header, certificate };
        proof
            .verify(&self.chain, committee)
            .map_err(|_| Lie::Certificate)?;
        // A quorum committed to this set, so it is one; whoever broke that rule, it was not this peer alone.
        let next = Committee::new(next).map_err(|_| Lie::HandOver)?;
        let FinalityProof { header, certificate } = proof;
        Ok(Target {
            header,
            certificate,
            next: Some(Arc::new(next)),
        })
    }
}
