//! What the module starts with: nothing for a new chain, whose first epoch is computed; its tables for one that goes on.

use crate::error::Error;
use crate::hooks::Wiring;
use crate::invariants;
use crate::next::{next, store};
use crate::state::{EPOCHS, PAGE, RECORDS};
use crate::types::{EpochPower, Record};
use borsh::{BorshDeserialize, BorshSerialize};
use kernel::{Ctx, Invariant, Read, StateError};
use primitives::{AccountId, Epoch};

/// What the module starts with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Genesis {
    /// The tables of a chain that goes on; a new chain has none.
    pub resumed: Option<Tables>,
}

/// Every table's entries, each in key order.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Tables {
    epochs: Vec<(Epoch, EpochPower)>,
    records: Vec<((Epoch, AccountId), Record)>,
}

pub(crate) fn init<W: Wiring>(ctx: &mut Ctx<'_>, genesis: Genesis) -> Result<(), Error> {
    match genesis.resumed {
        Some(tables) => resume(ctx, &tables),
        None => begin::<W>(ctx),
    }
}

/// Decides the first epoch's set anew, from everything that genesis has put behind validators.
fn begin<W: Wiring>(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let first = {
        let view = ctx.view();
        let bonded = staking::set_in_force(&view)?;
        next::<W>(&view, &view, (bonded.epoch, bonded.ends_at), &bonded)?
    };
    staking::begin_with(ctx, &first.set)?;
    Ok(store(ctx, &first)?)
}

fn resume(ctx: &mut Ctx<'_>, tables: &Tables) -> Result<(), Error> {
    for (epoch, power) in &tables.epochs {
        EPOCHS.put(ctx, epoch, power)?;
    }
    for (place, record) in &tables.records {
        RECORDS.put(ctx, place, record)?;
    }
    let view = ctx.view();
    let holds = |invariant: &Invariant| (invariant.check)(&view).is_ok();
    if invariants::ALL.iter().all(holds) {
        Ok(())
    } else {
        Err(Error::BadGenesis("the tables contradict the set in force"))
    }
}

/// A genesis from which the module goes on exactly where it is in `store`.
///
/// # Errors
/// The store is broken.
pub fn as_genesis(store: &(impl Read + ?Sized)) -> Result<Genesis, StateError> {
    let mut tables = Tables::default();
    loop {
        let after = tables.epochs.last().map(|(epoch, _)| *epoch);
        let page = EPOCHS.range(store, after.as_ref(), PAGE)?;
        if page.is_empty() {
            break;
        }
        tables.epochs.extend(page);
    }
    loop {
        let after = tables.records.last().map(|(place, _)| *place);
        let page = RECORDS.range(store, after.as_ref(), PAGE)?;
        if page.is_empty() {
            break;
        }
        tables.records.extend(page);
    }
    Ok(Genesis {
        resumed: Some(tables),
    })
}
