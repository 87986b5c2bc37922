//! Opening: what is on disk is brought together, or found to be damaged.

use crate::background::Job;
use crate::engine::{Batch, Direction, Disk, Engine, Guard, Scan, Tree};
use crate::error::StoreError;
use crate::index::Index;
use crate::key::{self, Part};
use crate::leaves::{self, Coalesced};
use crate::prune::PruneRecord;
use crate::record::{self, Binding, FORMAT, Head, Terms, TipRecord};
use crate::store::{Store, entries_of};
use crate::{Config, Metrics};
use core::ops::Bound;
use primitives::{ChainHash, Height};
use state::{Changes, State};
use std::path::Path;
use std::sync::Arc;

/// What a store holds when it is opened.
pub struct Recovered {
    /// The latest block, genesis before the first; `None` in a new store, which wants [`Store::initialize`].
    pub tip: Option<Arc<Head>>,
    /// The state after it; empty in a new store. Its root was checked.
    pub state: State,
    /// How many blocks were replayed from the log to get there.
    pub replayed: u64,
}

impl Store {
    /// Opens the store in the folder `path`, which is made where it is missing, for the chain `chain`.
    ///
    /// # Errors
    /// [`StoreError`]: in use, of another chain or version, not permitted, no room, or damaged. Damage is never
    /// passed over, and nothing on disk is changed because of it.
    pub fn open(
        path: &Path,
        config: &Config,
        chain: &ChainHash,
        metrics: Metrics,
    ) -> Result<(Self, Recovered), StoreError> {
        let disk = Disk::open(path, config.cache_bytes)?;
        Self::open_with(Arc::new(disk), config, chain, metrics)
    }

    /// As [`Store::open`], on any database.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_with(
        engine: Arc<dyn Engine>,
        config: &Config,
        chain: &ChainHash,
        metrics: Metrics,
    ) -> Result<(Self, Recovered), StoreError> {
        let engine: Arc<dyn Engine> = Arc::new(Guard::new(engine));
        bind(engine.as_ref(), chain)?;
        let index = Arc::new(Index::open(Arc::clone(&engine))?);
        let Some(tip) = read_tip(engine.as_ref())? else {
            let store = Self::assemble(engine, index, config, metrics)?;
            let recovered = Recovered {
                tip: None,
                state: State::new(),
                replayed: 0,
            };
            return Ok((store, recovered));
        };
        let head = Arc::new(read_head(engine.as_ref(), tip.height)?);
        if head.hash != tip.hash {
            return Err(StoreError::corrupt(format!(
                "the header of height {} is not the latest one's",
                tip.height
            )));
        }
        let pruned = PruneRecord::read(engine.as_ref())?;
        index.forget(pruned.earliest);
        let store = Self::assemble(Arc::clone(&engine), index, config, metrics)?;
        *store.inner.pruned.lock() = pruned;
        let (state, jobs, replayed) = store.replay(&head)?;
        let (computed, expected) = (state.root(), head.roots.state);
        if computed != expected {
            return Err(StoreError::RootMismatch {
                height: tip.height,
                computed,
                expected,
            });
        }
        *store.inner.log_bytes.lock() = tip.log_bytes;
        *store.inner.tip.write() = Some(Arc::clone(&head));
        for job in jobs {
            store.inner.background.push(job);
        }
        store.settle()?;
        let recovered = Recovered {
            tip: Some(head),
            state,
            replayed,
        };
        Ok((store, recovered))
    }

    /// The state at the tip: the leaves on disk and what the log says since; what the background has missed; and how
    /// many blocks' leaves that is.
    fn replay(&self, tip: &Head) -> Result<(State, Vec<Job>, u64), StoreError> {
        let engine = self.inner.engine.as_ref();
        let height = tip.header.height;
        let after = |done: Option<Height>| done.map_or(Ok(Height::ZERO), |done| done.next());
        let applied = leaves::applied(engine)?;
        let indexed = self.inner.index.indexed();
        if applied.max(indexed) > Some(height) {
            return Err(StoreError::corrupt(
                "the leaves or the index are ahead of the latest block",
            ));
        }
        let end = |_| StoreError::corrupt("a height at the end of the numbers");
        let (first_leaf, first_entry) = (after(applied).map_err(end)?, after(indexed).map_err(end)?);
        let mut coalesced = Coalesced::default();
        let mut jobs = Vec::new();
        let mut parent: Option<Head> = None;
        for number in first_leaf.min(first_entry).get()..=height.get() {
            let at = Height::new(number);
            let head = read_head(engine, at)?;
            if parent.is_some_and(|parent| parent.hash != head.header.parent) {
                return Err(StoreError::corrupt(format!(
                    "the block at height {at} does not follow the one before"
                )));
            }
            let changes: Option<Arc<Changes>> = if at >= first_leaf {
                Some(Arc::new(read_changes(engine, at)?))
            } else {
                None
            };
            if at >= first_entry {
                self.inner.index.add(at, read_entries(engine, &head)?);
            }
            if let Some(changes) = &changes {
                coalesced.add(changes);
            }
            parent = Some(head);
            jobs.push(Job { height: at, changes });
        }
        let leaves = leaves::load(engine)?;
        let bytes = leaves
            .iter()
            .map(|(key, value)| key.len() + value.len())
            .sum::<usize>();
        *self.inner.state_bytes.lock() = u64::try_from(bytes).unwrap_or(u64::MAX);
        let replayed = height.get().saturating_add(1).saturating_sub(first_leaf.get());
        Ok((coalesced.over(leaves).collect(), jobs, replayed))
    }
}

/// Checks for which chain the store is, or says so in a new one.
fn bind(engine: &dyn Engine, chain: &ChainHash) -> Result<(), StoreError> {
    let what = || "the store's first record".to_owned();
    let bound: Option<Binding> = record::read(engine, Tree::Log, &key::binding(), &what)?;
    match bound {
        Some(bound) if bound.format != FORMAT => Err(StoreError::WrongFormat {
            found: bound.format,
            known: FORMAT,
        }),
        Some(bound) if bound.chain != *chain => Err(StoreError::WrongChain {
            found: bound.chain,
            expected: *chain,
        }),
        Some(_) => Ok(()),
        None => {
            for tree in Tree::ALL {
                let any = Scan {
                    start: Bound::Unbounded,
                    end: Bound::Unbounded,
                    limit: 1,
                    direction: Direction::Up,
                };
                if !engine.scan(tree, &any)?.is_empty() {
                    return Err(StoreError::corrupt("it does not say which chain it belongs to"));
                }
            }
            let mut batch = Batch::default();
            let binding = Binding {
                format: FORMAT,
                chain: *chain,
            };
            record::put(&mut batch, &key::binding(), &binding);
            engine.apply(Tree::Log, batch)?;
            Ok(engine.flush()?)
        }
    }
}

fn read_tip(engine: &dyn Engine) -> Result<Option<TipRecord>, StoreError> {
    let what = || "the record of the latest height".to_owned();
    record::read(engine, Tree::Log, &key::tip(), &what)
}

/// The head at a height that must be there, and is what its hash says.
fn read_head(engine: &dyn Engine, height: Height) -> Result<Head, StoreError> {
    let head: Option<Head> = record::read_part(engine, height, Part::Head)?;
    let head =
        head.ok_or_else(|| StoreError::corrupt(format!("the header of height {height} is missing")))?;
    if head.header.height != height || head.header.hash() != head.hash {
        return Err(StoreError::corrupt(format!(
            "the header of height {height} is another one"
        )));
    }
    Ok(head)
}

fn read_changes(engine: &dyn Engine, height: Height) -> Result<Changes, StoreError> {
    record::read_part(engine, height, Part::Changes)?
        .ok_or_else(|| StoreError::corrupt(format!("the state changes of height {height} are missing")))
}

fn read_entries(engine: &dyn Engine, head: &Head) -> Result<Arc<[u128]>, StoreError> {
    let height = head.header.height;
    if height == Height::ZERO {
        return Ok(Arc::from([]));
    }
    let terms: Option<Terms> = record::read_part(engine, height, Part::Terms)?;
    let terms = terms
        .ok_or_else(|| StoreError::corrupt(format!("the search terms of height {height} are missing")))?;
    entries_of(head, &terms).map_err(StoreError::corrupt)
}
