//! Executing stored blocks again, to see whether this program comes to what was stored.

use super::chain::{Beside, Chain, ChainError};
use super::evidence::EvidencePool;
use super::{Base, Gate, Mempool, Mischief, Snapshot, Snapshots};
use crate::backend::Work;
use consensus::{Verdict, Verify};
use engine::Application;
use primitives::codec::encode;
use primitives::{ChainHash, Height};
use runtime::State;
use std::sync::Arc;
use store::Store;

/// The first height at which this program comes to something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    pub(crate) height: Height,
    /// What differs, and how.
    pub(crate) what: String,
}

/// Executes the blocks from `first` to the tip, whose state is `tip`, on the state before them. Nothing is written.
///
/// # Errors
/// [`ChainError`]: the store does not give what it should, or nothing can be executed.
pub(crate) fn replay(
    chain: ChainHash,
    store: &Store,
    tip: &State,
    first: Height,
    progress: &dyn Fn(Height),
) -> Result<Option<Difference>, ChainError> {
    let top = store.tip().map_or(Height::ZERO, |head| head.header.height);
    let before = Height::new(first.get().saturating_sub(1));
    let base = base_at(store, before, top, tip)?;
    let snapshots = Arc::new(Snapshots::new(
        None,
        Snapshot {
            hash: base.hash,
            header: base.header.clone(),
            roots: base.roots,
            state: base.state.clone(),
        },
    ));
    let gate = Arc::new(Gate::new(chain, snapshots.clone()));
    let mempool = Mempool::new(gate, mempool::Config::default(), mempool::Metrics::default())
        .map_err(|_| ChainError::Broken("the default settings of the mempool work"))?;
    let again = Chain::new(
        chain,
        store.clone(),
        base,
        Beside {
            snapshots,
            mempool: Arc::new(mempool),
            work: Arc::new(Work::default()),
            evidence: EvidencePool::closed(),
            mischief: Arc::new(Mischief::default()),
        },
    );
    for height in (first.get()..=top.get()).map(Height::new) {
        if let Some(what) = one(&again, height)? {
            return Ok(Some(Difference { height, what }));
        }
        progress(height);
    }
    Ok(None)
}

/// The block at `height` and the states after it and one block earlier.
fn base_at(store: &Store, height: Height, top: Height, tip: &State) -> Result<Base, ChainError> {
    let head = store
        .head(height)?
        .ok_or(ChainError::Broken("the block before the first is not kept"))?;
    let state = store.state_at(height, top, tip)?;
    let before = match height.get().checked_sub(1) {
        Some(earlier) => store.state_at(Height::new(earlier), height, &state)?,
        None => state.clone(),
    };
    Ok(Base {
        hash: head.hash,
        header: head.header.clone(),
        roots: head.roots,
        state,
        before,
    })
}

/// Executes one block; what differs from what is stored.
fn one(chain: &Chain, height: Height) -> Result<Option<String>, ChainError> {
    let store = chain.store();
    let missing = ChainError::Broken("a block within the window is missing");
    let (Some(head), Some(block), Some(changes), Some(receipts)) = (
        store.head(height)?,
        store.block(height)?,
        store.changes(height)?,
        store.receipts(height)?,
    ) else {
        return Err(missing);
    };
    let verify = Verify {
        hash: head.hash,
        block,
    };
    let verdict = chain
        .verify(&verify)
        .map_err(|error| match error.downcast::<ChainError>() {
            Ok(error) => *error,
            Err(_) => ChainError::Broken("the block cannot be executed"),
        })?;
    match verdict {
        Verdict::Valid => {}
        Verdict::Invalid(why) | Verdict::Corrupt(why) => {
            return Ok(Some(format!("the block is not valid: {why}")));
        }
    }
    let advanced = chain.forks.lock().advance(&head.hash);
    let Some(outcome) = advanced else {
        return Err(ChainError::Broken(
            "an executed block does not follow the one before",
        ));
    };
    let again: Arc<[u8]> = encode(&(&outcome.receipts, &outcome.events)).into();
    let differs = if outcome.roots.state != head.roots.state {
        let (ours, stored) = (outcome.roots.state, head.roots.state);
        Some(format!("the state's root is {ours}, stored is {stored}"))
    } else if outcome.roots != head.roots {
        Some(format!(
            "the roots are {:?}, stored are {:?}",
            outcome.roots, head.roots
        ))
    } else if again != receipts {
        Some("the receipts or events are others than the stored ones".to_owned())
    } else if *outcome.changes != *changes {
        Some("the state changes are others than the stored ones".to_owned())
    } else {
        None
    };
    Ok(differs)
}
