//! Tables: what each epoch's power was made of.

use crate::ID;
use crate::types::{EpochPower, Record};
use kernel::{Map, Read, StateError};
use primitives::{AccountId, Epoch, MathError};

/// Epoch → what its power was made of. As long as the epoch's set.
pub(crate) const EPOCHS: Map<Epoch, EpochPower> = Map::new(ID.table(0));
/// (epoch, operator) → what its power was made of. Those of the last [`REMEMBERED`] epochs.
pub(crate) const RECORDS: Map<(Epoch, AccountId), Record> = Map::new(ID.table(1));

/// Epochs, the present and the next among them, of which every record is kept.
pub(crate) const REMEMBERED: u64 = 8;

/// Entries read at once where a table is walked.
pub(crate) const PAGE: usize = 256;

/// Arithmetic on what the tables say cannot fail on a sound store.
pub(crate) const fn broken_math(source: MathError) -> StateError {
    StateError::Math {
        module: ID.number(),
        what: "what counts for power adds up",
        source,
    }
}

/// Every record of an epoch, by operator.
pub(crate) fn records(
    store: &(impl Read + ?Sized),
    epoch: Epoch,
) -> Result<Vec<(AccountId, Record)>, StateError> {
    let mut found: Vec<(AccountId, Record)> = Vec::new();
    loop {
        let after = found.last().map(|(operator, _)| (epoch, *operator));
        let page = RECORDS.range_of(store, &epoch, after.as_ref(), PAGE)?;
        let last = page.len() < PAGE;
        found.extend(page.into_iter().map(|((_, operator), record)| (operator, record)));
        if last {
            return Ok(found);
        }
    }
}
