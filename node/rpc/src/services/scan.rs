//! Walking through blocks for a page: bounded by items, by the answer's bytes, and by what is read for it.

use crate::api::Api;
use crate::backend::{FinalBlock, Place};
use crate::convert::{ledger, receipt};
use crate::cursor::EventPlace;
use crate::page::PAGE_BYTES;
use crate::refusal::Refusal;
use crate::services::filter::Filter;
use primitives::Height;
use prost::Message;
use proto::ledger::v1 as wire;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// The most blocks that are read for one page.
const MAX_BLOCKS: u64 = 1_000;
/// The most bytes of blocks that are read for one page.
const MAX_READ: u64 = 64 << 20;

/// What a page may still take.
struct Budget {
    items: usize,
    answer: usize,
    blocks: u64,
    read: u64,
}

impl Budget {
    const fn new(items: usize) -> Self {
        Self {
            items,
            answer: PAGE_BYTES,
            blocks: MAX_BLOCKS,
            read: MAX_READ,
        }
    }

    /// Whether another block may be read.
    const fn may_read(&self) -> bool {
        self.items > 0 && self.answer > 0 && self.blocks > 0 && self.read > 0
    }

    const fn read(&mut self, block: &FinalBlock) {
        self.blocks = self.blocks.saturating_sub(1);
        self.read = self.read.saturating_sub(block.size);
    }

    /// Whether another item may be taken. The last one may go over the bytes: an item is never larger than an
    /// answer may be.
    const fn may_take(&self) -> bool {
        self.items > 0 && self.answer > 0
    }

    fn take(&mut self, item: &impl Message) {
        self.items = self.items.saturating_sub(1);
        self.answer = self.answer.saturating_sub(item.encoded_len());
    }
}

/// Blocks in the basic view from `from` down to `lowest`, and the height to go on with.
pub(crate) async fn blocks(
    api: &Api,
    from: Height,
    lowest: Height,
    size: usize,
) -> Result<(Vec<wire::Block>, Option<Height>), Refusal> {
    let mut budget = Budget::new(size);
    let mut found = Vec::new();
    let mut next = Some(from).filter(|height| *height >= lowest);
    while let Some(height) = next {
        if !budget.may_read() {
            break;
        }
        let block = api.block(height).await?.block.clone();
        budget.read(&block);
        let block = ledger::block(api.network(), &block, false);
        budget.take(&block);
        found.push(block);
        next = before(height, lowest);
    }
    Ok((found, next))
}

/// The height before, if it is still asked for.
fn before(height: Height, lowest: Height) -> Option<Height> {
    (height > lowest).then(|| Height::new(height.get() - 1))
}

/// Transactions of all accounts at `heights`, the newest first, before `from`, and the place to go on before.
pub(crate) async fn transactions(
    api: &Api,
    heights: &RangeInclusive<Height>,
    from: Option<Place>,
    size: usize,
) -> Result<(Vec<wire::Transaction>, Option<Place>), Refusal> {
    let mut budget = Budget::new(size);
    let mut found = Vec::new();
    let top = Place {
        height: *heights.end(),
        index: u32::MAX,
    };
    let mut next = Some(from.map_or(top, |from| from.min(top))).filter(|end| end.height >= *heights.start());
    while let Some(end) = next {
        if !budget.may_read() {
            break;
        }
        let block = api.block(end.height).await?.block.clone();
        budget.read(&block);
        let count = u32::try_from(block.receipts.len())
            .unwrap_or(u32::MAX)
            .min(end.index);
        next = before(end.height, *heights.start()).map(|height| Place {
            height,
            index: u32::MAX,
        });
        for index in (0..count).rev() {
            if !budget.may_take() {
                next = Some(Place {
                    height: end.height,
                    index: index + 1,
                });
                break;
            }
            let one = api.transaction(
                &block,
                Place {
                    height: end.height,
                    index,
                },
            )?;
            budget.take(&one);
            found.push(one);
        }
    }
    Ok((found, next))
}

/// The transactions at `places`, as many as fit a page, and the last of them if not all did.
pub(crate) async fn at_places(
    api: &Api,
    places: &[Place],
    size: usize,
) -> Result<(Vec<wire::Transaction>, Option<Place>), Refusal> {
    let mut budget = Budget::new(size);
    let mut found = Vec::new();
    let mut held: Option<Arc<FinalBlock>> = None;
    let mut last = None;
    for place in places {
        if !budget.may_read() {
            return Ok((found, last));
        }
        let block = match held
            .take()
            .filter(|block| block.block.header.height == place.height)
        {
            Some(block) => block,
            None => {
                let block = api.block(place.height).await?.block.clone();
                budget.read(&block);
                block
            }
        };
        let one = api.transaction(&block, *place)?;
        budget.take(&one);
        found.push(one);
        held = Some(block);
        last = Some(*place);
    }
    Ok((found, None))
}

/// Events from `from` up to the last of `highest` that `filter` means, and the place to go on from.
pub(crate) async fn events(
    api: &Api,
    from: EventPlace,
    highest: Height,
    filter: &Filter,
    size: usize,
) -> Result<(Vec<wire::Event>, Option<EventPlace>), Refusal> {
    let mut budget = Budget::new(size);
    let mut found = Vec::new();
    let mut next = from;
    while next.height <= highest {
        if !budget.may_read() {
            return Ok((found, Some(next)));
        }
        let block = api.block(next.height).await?.block.clone();
        budget.read(&block);
        let all = receipt::occurred(api.network(), &block);
        for event in all.filter(|event| event.index >= next.index && filter.matches(event)) {
            let index = event.index;
            if !budget.may_take() {
                return Ok((found, Some(EventPlace { index, ..next })));
            }
            let event = event.to_wire();
            budget.take(&event);
            found.push(event);
        }
        next = EventPlace::start(next.height.saturating_add(Height::new(1)));
    }
    Ok((found, None))
}
