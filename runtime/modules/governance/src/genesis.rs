//! What the module starts with.

use crate::error::Error;
use crate::halt::Subject;
use crate::hooks::Wiring;
use crate::invariants;
use crate::params::Params;
use crate::state::{COUNT, HALT_ENDS, HALTS, OPEN, PARAMS, QUEUE, SWEEP, VOTES, proposals};
use crate::types::{Proposal, Vote};
use borsh::{BorshDeserialize, BorshSerialize};
use kernel::{Ctx, Key, Map, Read, StateError};
use primitives::codec::{Decode, Encode};
use primitives::{AccountId, ChainClock};

/// How many entries are read at once.
const PAGE: usize = 256;

/// Parameters, and everything that there is when a chain goes on.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Genesis<A> {
    /// The parameters.
    pub params: Params,
    /// The tables of a chain that goes on; a new chain has none.
    pub resumed: Option<Tables<A>>,
}

/// Every table but the parameters; the queues follow from them.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Tables<A> {
    proposals: Vec<(u64, Proposal<A>)>,
    count: u64,
    votes: Vec<((u64, AccountId), Vote)>,
    sweep: Vec<u64>,
    halts: Vec<(Subject, ChainClock)>,
}

/// A whole table, in order.
pub(crate) fn all<K: Key + Clone, V: Encode + Decode>(
    store: &(impl Read + ?Sized),
    table: &Map<K, V>,
) -> Result<Vec<(K, V)>, StateError> {
    let mut found: Vec<(K, V)> = Vec::new();
    loop {
        let after = found.last().map(|(key, _)| key.clone());
        let page = table.range(store, after.as_ref(), PAGE)?;
        if page.is_empty() {
            return Ok(found);
        }
        found.extend(page);
    }
}

/// Writes what the module starts with.
pub(crate) fn init<W: Wiring>(ctx: &mut Ctx<'_>, genesis: Genesis<W::Action>) -> Result<(), Error> {
    genesis.params.validate()?;
    PARAMS.put(ctx, &genesis.params)?;
    let Some(tables) = genesis.resumed else {
        return Ok(());
    };
    let mut open: u16 = 0;
    for (number, proposal) in &tables.proposals {
        proposals().put(ctx, number, proposal)?;
        if let Some(due) = proposal.phase.due() {
            QUEUE.put(ctx, &(due, *number), &())?;
            open = open.saturating_add(1);
        }
    }
    for (key, vote) in &tables.votes {
        VOTES.put(ctx, key, vote)?;
    }
    for number in &tables.sweep {
        SWEEP.put(ctx, number, &())?;
    }
    for (subject, until) in &tables.halts {
        HALTS.put(ctx, &subject.key(), until)?;
        HALT_ENDS.put(ctx, &(*until, subject.key()), &())?;
    }
    if tables.count > 0 {
        COUNT.put(ctx, &tables.count)?;
    }
    if open > 0 {
        OPEN.put(ctx, &open)?;
    }
    match invariants::check::<W>(&ctx.view()) {
        Ok(()) => Ok(()),
        Err(kernel::Violation::State(error)) => Err(error.into()),
        Err(kernel::Violation::Broken(_)) => Err(Error::BadGenesis),
    }
}

/// Everything in `store`: starting from it writes the same entries.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn as_genesis<A: Encode + Decode>(store: &(impl Read + ?Sized)) -> Result<Genesis<A>, StateError> {
    let sweep = all(store, &SWEEP)?;
    let halts = all(store, &HALTS)?;
    let tables = Tables {
        proposals: all(store, &proposals())?,
        count: COUNT.or_default(store)?,
        votes: all(store, &VOTES)?,
        sweep: sweep.into_iter().map(|(number, ())| number).collect(),
        halts: halts
            .into_iter()
            .map(|(key, until)| (Subject::of_key(key), until))
            .collect(),
    };
    Ok(Genesis {
        params: PARAMS.require(store)?,
        resumed: Some(tables),
    })
}
