//! Final blocks and what shows that they are.

use super::{Backend, broken, off_thread};
use light_palisade::VoteKind;
use light_palisade::{Certificate, Header};
use primitives::codec::{decode, encode};
use primitives::{AccountId, Epoch, Height, TxId};
use rpc::backend::{FinalBlock, FinalityProof, Handover, Place, Places, ReadError};
use runtime::{BlockEvents, Receipt};
use std::ops::RangeInclusive;
use std::sync::Arc;
use store::{EventPosition, Store, StoreError};

/// Headers from a block to the finalization that covers it, at most: a run of views without a finalization.
const DESCENDANTS: u64 = 1_024;
/// Blocks searched at once for an account's transactions, and how often per question.
const WINDOW: u64 = 2_000;
const WINDOWS: usize = 16;

impl Backend {
    pub(super) async fn final_block(&self, height: Height) -> Result<Option<Arc<FinalBlock>>, ReadError> {
        if height.is_zero() {
            return Ok(None);
        }
        let chain = self.chain.clone();
        let found = off_thread(move || {
            let store = chain.store();
            let (Some(block), Some(outcome), Some(proof)) = (
                store.block(height)?,
                store.receipts(height)?,
                finality(store, height)?,
            ) else {
                return Ok(None);
            };
            Ok(Some((block, outcome, proof.certificate)))
        });
        let Some((block, outcome, certificate)) = found.await? else {
            return Ok(None);
        };
        let (receipts, events): (Vec<Receipt>, BlockEvents) = decode(&outcome).map_err(broken)?;
        let size = encode(block.as_ref()).len() as u64;
        let block = Arc::unwrap_or_clone(block);
        Ok(Some(Arc::new(FinalBlock {
            block,
            receipts,
            events,
            certificate,
            size,
        })))
    }

    pub(super) async fn final_place(&self, id: TxId) -> Result<Option<Place>, ReadError> {
        let chain = self.chain.clone();
        let found = off_thread(move || chain.store().transaction(&id)).await?;
        Ok(found.map(|(height, index)| Place { height, index }))
    }

    /// Searches downwards, a window of blocks at a time.
    pub(super) async fn places_of(
        &self,
        account: AccountId,
        heights: RangeInclusive<Height>,
        before: Option<Place>,
        limit: usize,
    ) -> Result<Places, ReadError> {
        let tip = self.snapshots.latest().header.height;
        let lowest = (*heights.start()).max(Height::new(1));
        let top = Place {
            height: (*heights.end()).min(tip),
            index: u32::MAX,
        };
        let mut upper = before.map_or(top, |before| before.min(top));
        let mut places = Vec::new();
        for _ in 0..WINDOWS {
            if upper.height < lowest || places.len() >= limit {
                break;
            }
            let from = Height::new(upper.height.get().saturating_sub(WINDOW)).max(lowest);
            let chain = self.chain.clone();
            let found = off_thread(move || {
                let start = EventPosition {
                    height: from,
                    event: 0,
                };
                chain.store().events(&[account.as_bytes()], start, usize::MAX)
            });
            let mut window: Vec<Place> = found
                .await?
                .into_iter()
                .map(|position| Place {
                    height: position.height,
                    index: position.event,
                })
                .filter(|place| {
                    if before == Some(upper) {
                        *place < upper
                    } else {
                        *place <= upper
                    }
                })
                .collect();
            window.reverse();
            places.extend(window);
            upper = Place {
                height: Height::new(from.get().saturating_sub(1)),
                index: u32::MAX,
            };
            if from == lowest {
                upper.height = Height::ZERO;
            }
        }
        let more = places.len() > limit || upper.height >= lowest;
        places.truncate(limit);
        let next = if more {
            places.last().copied().or(Some(upper))
        } else {
            None
        };
        Ok(Places { places, next })
    }
}

/// The finalization that covers the block at `height`: its own, or that of the nearest descendant that has one.
pub(super) fn finality(store: &Store, height: Height) -> Result<Option<FinalityProof>, StoreError> {
    let Some(head) = store.head(height)? else {
        return Ok(None);
    };
    let mut descendants: Vec<Header> = Vec::new();
    let mut certificate = head.certificate.clone().filter(finalizes);
    let mut above = height;
    while certificate.is_none() && above.get() < height.get().saturating_add(DESCENDANTS) {
        above = Height::new(above.get().saturating_add(1));
        let Some(next) = store.head(above)? else {
            return Ok(None);
        };
        descendants.push(next.header.clone());
        certificate = next.certificate.clone().filter(finalizes);
    }
    Ok(certificate.map(|certificate| FinalityProof {
        header: head.header.clone(),
        descendants,
        certificate,
    }))
}

fn finalizes(certificate: &Certificate) -> bool {
    certificate.statement.kind() == VoteKind::Finalize
}

/// The set of an epoch, and the block that put it in.
pub(super) fn handover(store: &Store, epoch: Epoch) -> Result<Option<Handover>, StoreError> {
    let Some(set) = store.validator_set(epoch)? else {
        return Ok(None);
    };
    let Some(before) = epoch.get().checked_sub(1) else {
        return Ok(Some(Handover { set, finality: None }));
    };
    let end = store.hand_overs(Epoch::new(before), 1)?.pop();
    Ok(end.map(|end| Handover {
        set,
        finality: Some(FinalityProof {
            header: end.header,
            descendants: Vec::new(),
            certificate: end.certificate,
        }),
    }))
}
