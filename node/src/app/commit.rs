//! Making finalized blocks durable, and only then telling everybody.

use super::chain::{Chain, ChainError};
use super::{Outcome, Snapshot};
use engine::{Committed, Finalized};
use light_palisade::{Certificate, Committee};
use mempool::Transaction;
use primitives::codec::encode;
use primitives::{BlockHash, Height};
use std::sync::Arc;
use store::{CommittedBlock, EventKey};
use tokio::sync::watch;

/// Tells of committed blocks.
#[derive(Clone, Debug)]
pub(crate) struct Publisher {
    height: watch::Sender<Height>,
}

impl Publisher {
    pub(crate) fn new(height: Height) -> Self {
        Self {
            height: watch::Sender::new(height),
        }
    }

    /// The height of the last committed block; everything about it can be read when this changes.
    pub(crate) fn subscribe(&self) -> watch::Receiver<Height> {
        self.height.subscribe()
    }
}

/// A block's outcome, and what certifies that very block.
type Certified = (Arc<Outcome>, Option<Certificate>);

impl Chain {
    /// Commits groups of blocks in order. Blocks that are committed already are passed over: block sync and
    /// consensus may both bring them.
    pub(super) fn finalize(&self, groups: Vec<Finalized>) -> Result<Committed, ChainError> {
        let _one_at_a_time = self.committing.lock();
        let mut outcomes = Vec::new();
        for group in groups {
            self.gather(group, &mut outcomes)?;
        }
        self.commit_outcomes(&outcomes)
    }

    /// Commits blocks that block sync showed to be final and that were executed here.
    pub(super) fn commit_judged(
        &self,
        judged: Vec<(BlockHash, Option<Certificate>)>,
    ) -> Result<(), ChainError> {
        let _one_at_a_time = self.committing.lock();
        let mut outcomes = Vec::new();
        for (hash, certificate) in judged {
            let forks = self.forks.lock();
            // What is not held above the tip any more was committed by consensus meanwhile.
            if let Some(outcome) = forks.get(&hash) {
                outcomes.push((outcome.clone(), certificate));
            }
        }
        self.commit_outcomes(&outcomes).map(|_| ())
    }

    fn commit_outcomes(&self, outcomes: &[Certified]) -> Result<Committed, ChainError> {
        let Some((last, _)) = outcomes.last() else {
            return Ok(Committed::default());
        };
        let (height, blocks) = (last.height().get(), outcomes.len());
        let _span = tracing::info_span!("commit", height, blocks).entered();
        let records = outcomes
            .iter()
            .map(|(outcome, certificate)| record(outcome, certificate.clone()))
            .collect();
        tracing::info_span!("write").in_scope(|| self.store.commit(records))?;
        let mut included = Vec::new();
        for (outcome, certificate) in outcomes {
            self.count(outcome, certificate.as_ref())?;
            self.advance(&outcome.hash)?;
            included.extend(outcome.transactions.iter().cloned());
        }
        self.mempool.finalized(&included);
        self.forget_evidence();
        self.publisher.height.send_replace(last.height());
        self.stir();
        self.next_epoch(last)
    }

    /// The outcomes of a group's blocks above the tip, each with the certificate over it.
    fn gather(&self, group: Finalized, outcomes: &mut Vec<Certified>) -> Result<(), ChainError> {
        let forks = self.forks.lock();
        let committed = outcomes
            .last()
            .map_or(forks.height(), |(outcome, _)| outcome.height());
        let count = group.blocks.len();
        for (position, block) in group.blocks.iter().enumerate() {
            if block.header.height <= committed {
                continue;
            }
            let hash = block.hash();
            let outcome = forks.get(&hash).cloned();
            let outcome = outcome.ok_or(ChainError::Broken("a finalized block was not executed here"))?;
            let certificate = if position + 1 == count {
                Some(group.certificate.clone())
            } else {
                // Its child carries the notarization that it was built upon.
                let child = group
                    .blocks
                    .get(position + 1)
                    .and_then(|child| child.justification.parent.clone());
                child.filter(|certificate| certificate.statement.block().is_some_and(|(_, b)| b == hash))
            };
            outcomes.push((outcome, certificate));
        }
        Ok(())
    }

    fn advance(&self, hash: &BlockHash) -> Result<(), ChainError> {
        let advanced = self.forks.lock().advance(hash);
        let outcome = advanced.ok_or(ChainError::Broken("a finalized block does not follow the tip"))?;
        self.snapshots.push(Snapshot {
            hash: outcome.hash,
            header: outcome.block.header.clone(),
            roots: outcome.roots,
            state: outcome.state.clone(),
        });
        Ok(())
    }

    /// Counts who did its work, before the outcome becomes the tip: the set in force is in its parent's state.
    fn count(&self, outcome: &Outcome, certificate: Option<&Certificate>) -> Result<(), ChainError> {
        let parent = self.forks.lock().tip().clone();
        let set = Self::set_of(&parent, outcome.block.header.epoch)?;
        let missed = self.missed(&parent.state, &set, &outcome.block.justification)?;
        self.work.count(&outcome.block, certificate, &set, &missed);
        Ok(())
    }

    fn next_epoch(&self, last: &Outcome) -> Result<Committed, ChainError> {
        let Some(set) = &last.next_validators else {
            return Ok(Committed::default());
        };
        let committee =
            Committee::new(set.clone()).map_err(|_| ChainError::Broken("the next set is no committee"))?;
        let draw = self.draw(&last.state, set)?;
        Ok(Committed {
            next_epoch: Some((Arc::new(committee), draw)),
        })
    }
}

fn record(outcome: &Outcome, certificate: Option<Certificate>) -> CommittedBlock {
    CommittedBlock {
        block: outcome.block.clone(),
        hash: outcome.hash,
        certificate,
        roots: outcome.roots,
        changes: outcome.changes.clone(),
        receipts: encode(&(&outcome.receipts, &outcome.events)).into(),
        transactions: outcome.transactions.iter().map(|one| one.id()).collect(),
        events: event_keys(outcome),
        next_validators: outcome.next_validators.clone(),
    }
}

/// By what the events of a block can be found: the accounts they name, and the senders of its transactions.
fn event_keys(outcome: &Outcome) -> Vec<EventKey> {
    let mut keys = Vec::new();
    for (position, (transaction, receipt)) in (0u32..).zip(outcome.transactions.iter().zip(&outcome.receipts))
    {
        let mut named: Vec<Vec<u8>> = vec![transaction.sender().as_bytes().to_vec()];
        for event in &receipt.events {
            for account in runtime::query::accounts_of(event) {
                let key = account.as_bytes().to_vec();
                if !named.contains(&key) {
                    named.push(key);
                }
            }
        }
        keys.extend(named.into_iter().map(|key| EventKey { event: position, key }));
    }
    keys
}
