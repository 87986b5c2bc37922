//! What every service stands on: the backend, and how long streams may wait.

use crate::backend::{Backend, FinalBlock, Place, Tip};
use crate::convert::{ledger, proof};
use crate::recent::{Recent, Record};
use crate::refusal::Refusal;
use crate::stream::Terms;
use primitives::address::Network;
use primitives::{Height, TxId};
use proto::ledger::v1 as wire;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// What the services share.
#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) backend: Arc<dyn Backend>,
    pub(crate) recent: Arc<Recent>,
    pub(crate) terms: Terms,
    /// Ends subscriptions before everything else ends.
    pub(crate) subscriptions: CancellationToken,
}

impl Api {
    pub(crate) fn tip(&self) -> Tip {
        *self.backend.tip().borrow()
    }

    /// How long subscriptions wait, and for what they end.
    pub(crate) fn subscription_terms(&self) -> Terms {
        Terms {
            drained: Some(self.subscriptions.clone()),
            ..self.terms.clone()
        }
    }

    pub(crate) fn network(&self) -> Network {
        self.backend.chain().network
    }

    /// The height of a final block that is asked for: 0 is the latest.
    pub(crate) fn block_height(&self, asked: u64) -> Result<Height, Refusal> {
        let tip = self.tip();
        let asked = if asked == 0 {
            tip.height
        } else {
            Height::new(asked)
        };
        if asked.is_zero() {
            // Nothing but genesis yet, which has no block.
            return Err(Refusal::in_future(Height::new(1), asked));
        }
        if asked > tip.height {
            return Err(Refusal::in_future(asked, tip.height));
        }
        if asked < tip.earliest_block {
            return Err(Refusal::pruned(asked, tip.earliest_block, tip.height));
        }
        Ok(asked)
    }

    /// The final block at a height that was checked.
    pub(crate) async fn block(&self, height: Height) -> Result<Arc<Record>, Refusal> {
        match self.find_block(height).await? {
            Some(record) => Ok(record),
            // Pruned since.
            None => Err(self.pruned(height)),
        }
    }

    /// The final block at a height; `None` when the node does not hold it.
    pub(crate) async fn find_block(&self, height: Height) -> Result<Option<Arc<Record>>, Refusal> {
        if let Some(record) = self.recent.get(height) {
            return Ok(Some(record));
        }
        let block = self.backend.block(height).await?;
        Ok(block.map(|block| self.recent.keep(Record::new(block), self.tip().height)))
    }

    fn pruned(&self, height: Height) -> Refusal {
        let tip = self.tip();
        Refusal::pruned(height, tip.earliest_block, tip.height)
    }

    /// The transaction at a place of a block.
    pub(crate) fn transaction(&self, block: &FinalBlock, place: Place) -> Result<wire::Transaction, Refusal> {
        let index = usize::try_from(place.index).unwrap_or(usize::MAX);
        ledger::transaction(self.network(), block, index)
            .ok_or_else(|| Refusal::internal("a transaction's place is beyond the end of its block"))
    }

    /// The block that holds a transaction, and where in it.
    pub(crate) async fn find(&self, id: TxId) -> Result<(Arc<Record>, Place), Refusal> {
        let tip = self.tip();
        match self.backend.place(id).await? {
            Some(place) if place.height >= tip.earliest_block => Ok((self.block(place.height).await?, place)),
            Some(_) | None => Err(Refusal::tx_not_found(id, &tip)),
        }
    }

    /// What shows that a block is final.
    pub(crate) async fn finality(&self, record: &Record) -> Result<wire::FinalityProof, Refusal> {
        let height = record.block.block.header.height;
        let read = async {
            match self.backend.finality(height).await? {
                Some(proof) => Ok(proof::finality(&proof)),
                None => Err(self.pruned(height)),
            }
        };
        record.finality.get_or_try_init(|| read).await.cloned()
    }
}
