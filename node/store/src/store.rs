//! The store: opened once, written by one, read by many.

use crate::background::{Background, Job};
use crate::engine::{Batch, Engine, Tree};
use crate::error::StoreError;
use crate::index::{Index, MAX_NUMBER, Position, Term, entry, hash_of_key};
use crate::key::{self, Part};
use crate::leaves::{self, Coalesced};
use crate::prune::PruneRecord;
use crate::recent::{Recent, Recents};
use crate::record::{self, CommittedBlock, Genesis, HandOver, Head, Terms, TipRecord};
use crate::{Config, Metrics, blob};
use light_palisade::VoteKind;
use parking_lot::{Mutex, RwLock};
use primitives::Height;
use state::Changes;
use std::sync::Arc;
use std::time::Instant;

/// Writes of one batch of the log at most, unless a single block has more.
const LOG_BATCH: usize = 128;
/// Bytes of one batch of the log at most, unless a single block has more.
const LOG_BATCH_BYTES: usize = 4 << 20;

/// The finalized chain on disk. Cheap to clone; the database closes with the last clone.
#[derive(Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    /// Before the engine: it ends first.
    pub(crate) background: Background,
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) index: Arc<Index>,
    pub(crate) recents: Recents,
    pub(crate) tip: RwLock<Option<Arc<Head>>>,
    /// Held by the one who commits.
    pub(crate) log_bytes: Mutex<u64>,
    /// Bytes of the state's entries, about.
    pub(crate) state_bytes: Mutex<u64>,
    /// What was pruned, as far as readers know.
    pub(crate) pruned: Mutex<PruneRecord>,
    /// Held by the one who prunes.
    pub(crate) pruning: Mutex<()>,
    pub(crate) metrics: Metrics,
}

/// A block on its way to the log.
struct Prepared {
    batch: Batch,
    head: Arc<Head>,
    entries: Arc<[u128]>,
}

impl Store {
    pub(crate) fn assemble(
        engine: Arc<dyn Engine>,
        index: Arc<Index>,
        config: &Config,
        metrics: Metrics,
    ) -> Result<Self, StoreError> {
        let background = Background::start(Arc::clone(&engine), Arc::clone(&index), config, metrics.clone())?;
        Ok(Self {
            inner: Arc::new(Inner {
                background,
                engine,
                index,
                recents: Recents::new(config.recent_bytes),
                tip: RwLock::new(None),
                log_bytes: Mutex::new(0),
                state_bytes: Mutex::new(0),
                pruned: Mutex::new(PruneRecord::default()),
                pruning: Mutex::new(()),
                metrics,
            }),
        })
    }

    /// Writes the beginning of the chain, once: at height 0, or where it goes on from a checkpoint. Durable on return.
    ///
    /// # Errors
    /// [`StoreError::Genesis`] when there is one already, or its parts contradict each other; else as
    /// [`Store::commit`].
    pub fn initialize(&self, genesis: &Genesis) -> Result<(), StoreError> {
        let mut log_bytes = self.inner.log_bytes.lock();
        if self.inner.tip.read().is_some() {
            return Err(StoreError::Genesis("the store has a genesis already"));
        }
        if !genesis.header.is_genesis() || genesis.validators.epoch != genesis.header.epoch {
            return Err(StoreError::Genesis(
                "genesis has no parent, and its validators are of its own epoch",
            ));
        }
        let height = genesis.header.height;
        let head = Head {
            hash: genesis.header.hash(),
            header: genesis.header.clone(),
            certificate: None,
            roots: genesis.roots,
            transactions: 0,
        };
        let mut batch = Batch::default();
        record::put(&mut batch, &key::part(height, Part::Head), &head);
        if height.is_zero() {
            record::put(
                &mut batch,
                &key::part(height, Part::Changes),
                genesis.changes.as_ref(),
            );
        } else {
            // Order: nothing is replayed of what is below the tip, so its leaves are there first.
            self.begin_at(height, &genesis.changes)?;
            begun_above(height).put(&mut batch);
        }
        record::put(
            &mut batch,
            &key::validators(genesis.validators.epoch),
            &genesis.validators,
        );
        let total = *log_bytes + wide(batch.bytes());
        put_tip(&mut batch, &head, total);
        self.write_durably(batch)?;
        *log_bytes = total;
        self.grow_state(&genesis.changes);
        *self.inner.tip.write() = Some(Arc::new(head));
        if height.is_zero() {
            self.inner.background.push(Job {
                height,
                changes: Some(Arc::clone(&genesis.changes)),
            });
        } else {
            *self.inner.pruned.lock() = begun_above(height);
        }
        Ok(())
    }

    /// The leaves of a chain that goes on from a height at which nothing was before, and that the index begins above it.
    fn begin_at(&self, height: Height, changes: &Changes) -> Result<(), StoreError> {
        let engine = self.inner.engine.as_ref();
        let mut coalesced = Coalesced::default();
        coalesced.add(changes);
        coalesced.write(engine, &|_| true)?;
        engine.flush()?;
        leaves::set_applied(engine, height)?;
        self.inner.index.begin_above(height)
    }

    /// Appends finalized blocks, in order of height. Durable on return; on error none of them counts as committed,
    /// and the store takes no more until it is opened again. It waits for the disk: call it off the async threads.
    ///
    /// # Errors
    /// [`StoreError::Refused`] before anything is written, when a block does not follow; otherwise what the database
    /// says.
    pub fn commit(&self, blocks: Vec<CommittedBlock>) -> Result<(), StoreError> {
        let inner = &self.inner;
        let mut log_bytes = inner.log_bytes.lock();
        let mut parent = self
            .tip()
            .ok_or(StoreError::Genesis("the store has no genesis yet"))?;
        let mut prepared = Vec::with_capacity(blocks.len());
        for block in &blocks {
            check_follows(block, &parent).map_err(|what| StoreError::Refused {
                height: block.block.header.height,
                hash: block.hash,
                what,
            })?;
            let next = prepare(block)?;
            parent = Arc::clone(&next.head);
            prepared.push(next);
        }
        inner.background.wait_for_room()?;
        *log_bytes = self.append(&mut prepared, *log_bytes)?;
        for (block, prepared) in blocks.into_iter().zip(prepared) {
            self.publish(block, prepared);
        }
        Ok(())
    }

    /// Writes the prepared blocks durably, each in one batch with the tip that it makes; the bytes of the log then.
    fn append(&self, blocks: &mut [Prepared], mut total: u64) -> Result<u64, StoreError> {
        let mut batch = Batch::default();
        for block in blocks {
            let own = core::mem::take(&mut block.batch);
            let full = batch.len() + own.len() >= LOG_BATCH || batch.bytes() + own.bytes() >= LOG_BATCH_BYTES;
            if full && !batch.is_empty() {
                self.write_durably(core::mem::take(&mut batch))?;
            }
            total += wide(own.bytes());
            batch.append(own);
            put_tip(&mut batch, &block.head, total);
        }
        if !batch.is_empty() {
            self.write_durably(batch)?;
        }
        Ok(total)
    }

    /// Order: a batch is durable before the next one is written, so that no tip survives without what is below it.
    fn write_durably(&self, batch: Batch) -> Result<(), StoreError> {
        let start = Instant::now();
        self.inner.engine.apply(Tree::Log, batch)?;
        let applied = Instant::now();
        self.inner.engine.flush()?;
        let metrics = &self.inner.metrics;
        metrics.apply_seconds.observe((applied - start).as_secs_f64());
        metrics.flush_seconds.observe(applied.elapsed().as_secs_f64());
        Ok(())
    }

    /// Lets readers see a block that is durable, and hands the rest to the background.
    fn publish(&self, block: CommittedBlock, prepared: Prepared) {
        let inner = &self.inner;
        self.grow_state(&block.changes);
        let job = Job {
            height: prepared.head.header.height,
            changes: Some(Arc::clone(&block.changes)),
        };
        inner.index.add(job.height, prepared.entries);
        let bytes = block.block.transactions.iter().map(Vec::len).sum::<usize>()
            + block.receipts.len()
            + block.changes.len() * 256;
        let recent = Recent::new(block, Arc::clone(&prepared.head), bytes);
        // Order: it can be found and read before the tip says that it is there.
        inner.recents.push(recent);
        *inner.tip.write() = Some(prepared.head);
        inner.background.push(job);
    }

    pub(crate) fn grow_state(&self, changes: &state::Changes) {
        let mut bytes = self.inner.state_bytes.lock();
        for change in changes.as_slice() {
            let size = |value: &Option<state::Bytes>| {
                value
                    .as_ref()
                    .map_or(0, |value| wide(change.key.len() + value.len()))
            };
            *bytes = bytes.saturating_sub(size(&change.old)) + size(&change.new);
        }
    }

    /// The latest block's head, genesis before the first block; `None` before [`Store::initialize`].
    #[must_use]
    pub fn tip(&self) -> Option<Arc<Head>> {
        self.inner.tip.read().clone()
    }

    /// Waits until the leaves and indexes of everything committed are written: the next start then replays nothing.
    ///
    /// # Errors
    /// [`StoreError::Stopped`] when the background failed.
    pub fn settle(&self) -> Result<(), StoreError> {
        self.inner.background.drain()
    }
}

fn wide(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// What is not there below a height at which a chain goes on.
fn begun_above(height: Height) -> PruneRecord {
    PruneRecord {
        earliest: Height::new(height.get().saturating_add(1)),
        removed: height,
        freed_bytes: 0,
        restored: Some(height),
    }
}

fn put_tip(batch: &mut Batch, head: &Head, log_bytes: u64) {
    let tip = TipRecord {
        height: head.header.height,
        hash: head.hash,
        log_bytes,
    };
    record::put(batch, &key::tip(), &tip);
}

/// Why a block does not follow its parent, if it does not.
fn check_follows(block: &CommittedBlock, parent: &Head) -> Result<(), String> {
    let header = &block.block.header;
    let expected = parent.header.height.next().map_err(|error| error.to_string())?;
    let boundary = header.is_boundary();
    let finalizes = |kind| {
        block
            .certificate
            .as_ref()
            .is_some_and(|c| c.statement.kind() == kind)
    };
    let about =
        |c: &light_palisade::Certificate| c.statement.block().map(|(_, hash)| hash) == Some(block.hash);
    let next_root = block
        .next_validators
        .as_ref()
        .map(light_palisade::ValidatorSet::root);
    let next_epoch = header.epoch.next().ok();
    let roots = (header.state_root, header.receipts_root, header.outbox_root);
    let rules = [
        (header.height == expected, "its height is not the next one"),
        (header.parent == parent.hash, "its parent is not the latest block"),
        (header.hash() == block.hash, "the hash is not its header's"),
        (
            roots == (parent.roots.state, parent.roots.receipts, parent.roots.outbox),
            "its header does not have the roots that its parent left",
        ),
        (
            block.transactions.len() == block.block.transactions.len(),
            "not every transaction has an id",
        ),
        (
            block.certificate.as_ref().is_none_or(about),
            "the certificate is about another block",
        ),
        (
            !boundary || finalizes(VoteKind::Finalize),
            "the last block of an epoch needs its own finalization",
        ),
        (
            boundary == next_root.is_some(),
            "the next validator set comes with the last block of an epoch, and only then",
        ),
        (
            next_root.is_none_or(|root| root == header.next_validators_root),
            "the next validator set is not the header's",
        ),
        (
            block
                .next_validators
                .as_ref()
                .is_none_or(|set| Some(set.epoch) == next_epoch),
            "the next validator set is of another epoch than the next",
        ),
    ];
    rules
        .iter()
        .find(|(holds, _)| !holds)
        .map_or(Ok(()), |(_, what)| Err((*what).to_owned()))
}

fn prepare(block: &CommittedBlock) -> Result<Prepared, StoreError> {
    let height = block.block.header.height;
    let head = Head {
        hash: block.hash,
        header: block.block.header.clone(),
        certificate: block.certificate.clone(),
        roots: block.roots,
        transactions: u32::try_from(block.transactions.len()).unwrap_or(u32::MAX),
    };
    let terms = Terms {
        transactions: block.transactions.clone(),
        events: block
            .events
            .iter()
            .map(|event| (hash_of_key(&event.key), event.event))
            .collect(),
    };
    let entries = entries_of(&head, &terms).map_err(|what| StoreError::Refused {
        height,
        hash: block.hash,
        what,
    })?;
    let mut batch = Batch::default();
    record::put(&mut batch, &key::part(height, Part::Head), &head);
    record::put(&mut batch, &key::part(height, Part::Block), block.block.as_ref());
    record::put(
        &mut batch,
        &key::part(height, Part::Changes),
        block.changes.as_ref(),
    );
    blob::put(&mut batch, &key::part(height, Part::Receipts), &block.receipts);
    record::put(&mut batch, &key::part(height, Part::Terms), &terms);
    if let (Some(certificate), Some(next)) = (&block.certificate, &block.next_validators) {
        let hand_over = HandOver {
            header: block.block.header.clone(),
            certificate: certificate.clone(),
        };
        record::put(&mut batch, &key::hand_over(block.block.header.epoch), &hand_over);
        record::put(&mut batch, &key::validators(next.epoch), next);
    }
    Ok(Prepared {
        batch,
        head: Arc::new(head),
        entries,
    })
}

/// The sorted index entries of a block.
pub(crate) fn entries_of(head: &Head, terms: &Terms) -> Result<Arc<[u128]>, String> {
    let height = head.header.height;
    let too_many = terms.transactions.len() > MAX_NUMBER as usize
        || terms.events.iter().any(|(_, number)| *number > MAX_NUMBER);
    if too_many {
        return Err(format!(
            "a block has at most {MAX_NUMBER} transactions and as many events"
        ));
    }
    let hash = [entry(Term::block(&head.hash), Position::new(height, 0))];
    let transactions = (0u32..)
        .zip(&terms.transactions)
        .map(|(number, id)| entry(Term::transaction(id), Position::new(height, number)));
    let events = terms
        .events
        .iter()
        .map(|(hash, number)| entry(Term::event(*hash), Position::new(height, *number)));
    let mut entries: Vec<u128> = hash.into_iter().chain(transactions).chain(events).collect();
    entries.sort_unstable();
    Ok(Arc::from(entries))
}

#[cfg(test)]
pub(crate) mod tests;
