//! The latest blocks, kept at hand: many clients ask for the same ones at the same time, most of them for proofs.

use crate::backend::FinalBlock;
use crate::convert::proof;
use crypto::merkle::Tree;
use light_palisade::block::transaction_leaf;
use primitives::Height;
use proto::ledger::v1 as wire;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use tokio::sync::OnceCell;

/// How many of the latest blocks are kept.
const MAX_BLOCKS: u64 = 16;
/// How many bytes of blocks, but for one.
const MAX_BYTES: u64 = 32 << 20;

/// A final block with what was computed of it.
pub(crate) struct Record {
    pub(crate) block: Arc<FinalBlock>,
    transactions: OnceLock<Tree>,
    /// What shows that it is final, once somebody asked.
    pub(crate) finality: OnceCell<wire::FinalityProof>,
}

impl Record {
    pub(crate) fn new(block: Arc<FinalBlock>) -> Self {
        Self {
            block,
            transactions: OnceLock::new(),
            finality: OnceCell::new(),
        }
    }

    /// Where the transaction at a position stands under its header's transactions root; `None` beyond the end.
    pub(crate) fn inclusion(&self, index: u32) -> Option<wire::InclusionProof> {
        let tree = self.transactions.get_or_init(|| {
            let transactions = self.block.receipts.iter().zip(&self.block.block.transactions);
            Tree::new(
                transactions
                    .map(|(receipt, bytes)| transaction_leaf(&receipt.id, bytes))
                    .collect(),
            )
        });
        tree.prove(index).map(|path| proof::inclusion(&path))
    }

    fn height(&self) -> Height {
        self.block.block.header.height
    }
}

/// The latest blocks that were asked for. Final blocks never change, so what is kept is never wrong.
#[derive(Default)]
pub(crate) struct Recent(Mutex<VecDeque<Arc<Record>>>);

impl Recent {
    pub(crate) fn get(&self, height: Height) -> Option<Arc<Record>> {
        self.lock()
            .iter()
            .find(|record| record.height() == height)
            .cloned()
    }

    /// Keeps a record if it is one of the latest below `tip`, and gives back the one that is kept for its height.
    pub(crate) fn keep(&self, record: Record, tip: Height) -> Arc<Record> {
        let height = record.height();
        let oldest = tip.get().saturating_sub(MAX_BLOCKS);
        let mut kept = self.lock();
        if let Some(there) = kept.iter().find(|there| there.height() == height) {
            return there.clone();
        }
        let record = Arc::new(record);
        if height.get() > oldest {
            kept.retain(|there| there.height().get() > oldest);
            kept.push_back(record.clone());
            while kept.len() > 1 && kept.iter().map(|there| there.block.size).sum::<u64>() > MAX_BYTES {
                kept.pop_front();
            }
        }
        record
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<Record>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
