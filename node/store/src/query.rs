//! Reading: nothing here waits for a writer longer than one batch takes.

use crate::engine::Tree;
use crate::error::StoreError;
use crate::index::{Position, Term, hash_of_key};
use crate::key::{self, Part};
use crate::recent::Recent;
use crate::record::{self, HandOver, Head, Terms};
use crate::{blob, store::Store};
use light_palisade::{Block, Certificate, Header, ValidatorSet};
use primitives::{BlockHash, Epoch, Height, TxId};
use state::{Changes, State};
use std::sync::Arc;

/// How many of one kind a query gives at most, whatever it asks for.
const MAX_PAGE: usize = 10_000;
/// How many transactions with the same start of their ids are looked at: two is once in an age of the universe.
const MAX_ALIKE: usize = 64;

/// Where an event is: the block, and the event's number in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventPosition {
    /// The block.
    pub height: Height,
    /// The event's number within it, from 0.
    pub event: u32,
}

/// What the store takes on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// Bytes that the database takes.
    pub on_disk: u64,
    /// Bytes that are in use, about: more than five times as much on disk is worth an export and import.
    pub live: u64,
}

impl Store {
    /// The header at a height with what was decided about it; `None` above the tip.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub fn head(&self, height: Height) -> Result<Option<Arc<Head>>, StoreError> {
        self.fetch(
            height,
            |recent| Arc::clone(&recent.head),
            || Ok(self.part::<Head>(height, Part::Head)?.map(Arc::new)),
        )
    }

    /// The header at a height.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub fn header(&self, height: Height) -> Result<Option<Header>, StoreError> {
        Ok(self.head(height)?.map(|head| head.header.clone()))
    }

    /// A certificate over the block at a height, where one is stored.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub fn certificate(&self, height: Height) -> Result<Option<Certificate>, StoreError> {
        Ok(self.head(height)?.and_then(|head| head.certificate.clone()))
    }

    /// The block at a height; `None` above the tip and at genesis.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub fn block(&self, height: Height) -> Result<Option<Arc<Block>>, StoreError> {
        self.fetch(
            height,
            |recent| Arc::clone(&recent.block),
            || Ok(self.part::<Block>(height, Part::Block)?.map(Arc::new)),
        )
    }

    /// What the block at a height changed in the state.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub fn changes(&self, height: Height) -> Result<Option<Arc<Changes>>, StoreError> {
        self.fetch(
            height,
            |recent| Arc::clone(&recent.changes),
            || Ok(self.part::<Changes>(height, Part::Changes)?.map(Arc::new)),
        )
    }

    /// The receipts at a height, as they were committed.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub fn receipts(&self, height: Height) -> Result<Option<Arc<[u8]>>, StoreError> {
        self.fetch(
            height,
            |recent| Arc::clone(&recent.receipts),
            || {
                let what = || format!("the receipts of height {height}");
                let key = key::part(height, Part::Receipts);
                let bytes = blob::read(self.inner.engine.as_ref(), Tree::Log, &key, &what)?;
                Ok(bytes.map(Arc::from))
            },
        )
    }

    /// The ids of the transactions at a height, in order.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub fn transaction_ids(&self, height: Height) -> Result<Option<Vec<TxId>>, StoreError> {
        self.fetch(
            height,
            |recent| recent.transactions.clone(),
            || {
                let terms: Option<Terms> = self.part(height, Part::Terms)?;
                Ok(terms.map(|terms| terms.transactions))
            },
        )
    }

    /// At which height the block with this hash is, genesis included.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub fn height_of(&self, hash: &BlockHash) -> Result<Option<Height>, StoreError> {
        if let Some(recent) = self.inner.recents.by_hash(hash) {
            return Ok(Some(recent.head.header.height).filter(|height| self.has(*height)));
        }
        let mut heights = self.find(Term::block(hash), Position::new(self.earliest(), 0), MAX_ALIKE)?;
        heights.push(Position::new(Height::ZERO, 0));
        heights.extend(
            self.inner
                .pruned
                .lock()
                .restored
                .map(|height| Position::new(height, 0)),
        );
        for position in heights {
            if let Some(head) = self.head(position.height())?
                && head.hash == *hash
            {
                return Ok(Some(position.height()));
            }
        }
        Ok(None)
    }

    /// The block with this hash.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub fn block_by_hash(&self, hash: &BlockHash) -> Result<Option<Arc<Block>>, StoreError> {
        match self.height_of(hash)? {
            Some(height) => self.block(height),
            None => Ok(None),
        }
    }

    /// In which block a transaction is, and at which place there.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub fn transaction(&self, id: &TxId) -> Result<Option<(Height, u32)>, StoreError> {
        let start = Position::new(self.earliest(), 0);
        for position in self.find(Term::transaction(id), start, MAX_ALIKE)? {
            let (height, number) = (position.height(), position.number());
            let ids = self.transaction_ids(height)?.unwrap_or_default();
            let place = usize::try_from(number).unwrap_or(usize::MAX);
            if ids.get(place) == Some(id) && self.has(height) {
                return Ok(Some((height, number)));
            }
        }
        Ok(None)
    }

    /// Events that have one of `keys`, from `from` on, ascending, at most `limit` (and 10,000).
    ///
    /// Keys are compared by the start of their hashes: the caller looks at each event again.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub fn events(
        &self,
        keys: &[&[u8]],
        from: EventPosition,
        limit: usize,
    ) -> Result<Vec<EventPosition>, StoreError> {
        let limit = limit.min(MAX_PAGE);
        let earliest = self.earliest();
        let start = if from.height < earliest {
            Position::new(earliest, 0)
        } else {
            Position::new(from.height, from.event)
        };
        let mut found = Vec::new();
        for key in keys {
            found.extend(self.find(Term::event(hash_of_key(key)), start, limit)?);
        }
        found.sort_unstable();
        found.dedup();
        let seen = found.into_iter().filter(|position| self.has(position.height()));
        let event = |position: Position| EventPosition {
            height: position.height(),
            event: position.number(),
        };
        Ok(seen.take(limit).map(event).collect())
    }

    /// The ends of epochs from `from` on, ascending, without gaps, at most `limit` (and 10,000).
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub fn hand_overs(&self, from: Epoch, limit: usize) -> Result<Vec<HandOver>, StoreError> {
        let mut found = Vec::new();
        let mut epoch = from;
        while found.len() < limit.min(MAX_PAGE) {
            let Some(hand_over) = record::read_hand_over(self.inner.engine.as_ref(), epoch)? else {
                break;
            };
            if self
                .tip()
                .is_none_or(|tip| hand_over.header.height > tip.header.height)
            {
                break;
            }
            found.push(hand_over);
            let Ok(next) = epoch.next() else { break };
            epoch = next;
        }
        Ok(found)
    }

    /// The validator set of an epoch that has begun or is the next.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub fn validator_set(&self, epoch: Epoch) -> Result<Option<ValidatorSet>, StoreError> {
        record::read_validators(self.inner.engine.as_ref(), epoch)
    }

    /// The state after the block at `height`, by undoing what the blocks above it changed in the state `from` after
    /// the block at `from_height`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when `from_height` is not at or above `height`, or not in the store.
    pub fn state_at(&self, height: Height, from_height: Height, from: &State) -> Result<State, StoreError> {
        let tip = self.tip().map_or(Height::ZERO, |tip| tip.header.height);
        if from_height < height || from_height > tip {
            return Err(StoreError::Unavailable {
                asked: height.max(from_height),
                earliest: self.earliest(),
                tip,
            });
        }
        let mut state = from.clone();
        for above in (height.get().saturating_add(1)..=from_height.get()).rev() {
            let above = Height::new(above);
            let Some(changes) = self.changes(above)? else {
                let earliest = self.earliest();
                // They may have been pruned meanwhile.
                return Err(if above < earliest {
                    StoreError::Unavailable {
                        asked: height,
                        earliest,
                        tip,
                    }
                } else {
                    StoreError::corrupt(format!("the state changes of height {above} are missing"))
                });
            };
            state = state.apply(&changes.undo())?;
        }
        Ok(state)
    }

    /// What the store takes on disk, and how much of it is in use. Sets the metrics too.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub fn space(&self) -> Result<Space, StoreError> {
        let on_disk = self.inner.engine.size_on_disk()?;
        // The log's lock is held while a commit waits for the disk: the tip's own figure would do as well, but this
        // is asked for rarely.
        let written = *self.inner.log_bytes.lock() + *self.inner.state_bytes.lock();
        let live = written.saturating_sub(self.inner.pruned.lock().freed_bytes);
        let gauge = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
        self.inner.metrics.disk_bytes.set(gauge(on_disk));
        self.inner.metrics.live_bytes.set(gauge(live));
        Ok(Space { on_disk, live })
    }

    /// Whether something of the block at a height is here: it is committed, and not pruned. Of genesis, and of where
    /// a snapshot was restored, the header is kept.
    fn has(&self, height: Height) -> bool {
        let pruned = *self.inner.pruned.lock();
        let kept = height >= pruned.earliest || height.is_zero() || pruned.restored == Some(height);
        kept && self.tip().is_some_and(|tip| height <= tip.header.height)
    }

    fn find(&self, term: Term, from: Position, limit: usize) -> Result<Vec<Position>, StoreError> {
        self.inner.index.find(term, from, limit)
    }

    /// What is asked for from a recent block, or else from the log. Nothing above the tip is shown: a block may be
    /// written there, and not yet durable.
    fn fetch<T>(
        &self,
        height: Height,
        recent: impl FnOnce(&Recent) -> T,
        stored: impl FnOnce() -> Result<Option<T>, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        if !self.has(height) {
            return Ok(None);
        }
        match self.inner.recents.at(height) {
            Some(block) => Ok(Some(recent(&block))),
            None => stored(),
        }
    }

    fn part<T: borsh::BorshDeserialize>(&self, height: Height, part: Part) -> Result<Option<T>, StoreError> {
        record::read_part(self.inner.engine.as_ref(), height, part)
    }
}
