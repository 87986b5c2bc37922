//! What the module starts with, and its tables as they are.

use crate::error::Error;
use crate::hooks::Wiring;
use crate::invariants;
use crate::key;
use crate::params::Params;
use crate::state::{
    self, ALLOCATIONS, COMMISSIONS, EFFECT_CURSOR, EFFECTS, HISTORY, KEYS, KeyPlace, LEAVES, LIABLE_UNTIL,
    MEMBERS, MEMBERSHIPS, OPERATORS, PARAMS, SERVICE_KEYS,
};
use crate::types::{Allocation, Commission, Level, Membership, Operator, ServiceKey, Status};
use kernel::{Ctx, Invariant, Key, Map, Read, StateError};
use primitives::codec::{Decode, Encode};
use primitives::{AccountId, ChainClock};
use vaults::{ServiceId, VaultId};

/// What the module starts with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Genesis {
    /// The parameters.
    pub params: Params,
    /// The tables of a chain that goes on where it was; none for a new chain, which starts without operators.
    pub resumed: Option<Tables>,
}

type Pledge = (VaultId, ServiceId);

/// Every table's entries, each in key order; what follows from others is left out.
#[derive(Clone, Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)]
pub struct Tables {
    operators: Vec<(AccountId, Operator)>,
    service_keys: Vec<(KeyPlace, ServiceKey)>,
    commissions: Vec<((AccountId, ServiceId), Commission)>,
    memberships: Vec<((AccountId, ServiceId), Membership)>,
    allocations: Vec<(Pledge, Allocation)>,
    history: Vec<((VaultId, ServiceId, ChainClock), Level)>,
    cursor: Option<(ChainClock, VaultId, ServiceId)>,
    liable_until: Vec<(VaultId, ChainClock)>,
}

pub(crate) fn init<W: Wiring>(ctx: &mut Ctx<'_>, genesis: Genesis) -> Result<(), Error> {
    let vaults = vaults::query::params(ctx)?;
    genesis.params.validate(&vaults, W::timing(ctx)?)?;
    PARAMS.put(ctx, &genesis.params)?;
    genesis.resumed.map_or(Ok(()), |tables| resume(ctx, tables))
}

fn put<K: Key, V: Encode + Decode>(
    ctx: &mut Ctx<'_>,
    table: &Map<K, V>,
    entries: &[(K, V)],
) -> Result<(), StateError> {
    entries
        .iter()
        .try_for_each(|(key, value)| table.put(ctx, key, value))
}

/// Writes the tables of a chain that goes on, and checks that everything that must hold between blocks does: they may
/// come from a file that somebody edited. The vaults' part is written already.
fn resume(ctx: &mut Ctx<'_>, tables: Tables) -> Result<(), Error> {
    put(ctx, &OPERATORS, &tables.operators)?;
    put(ctx, &SERVICE_KEYS, &tables.service_keys)?;
    for ((operator, ..), service_key) in &tables.service_keys {
        let hash = key::hash(service_key);
        if KEYS.contains(ctx, &hash)? {
            return Err(Error::KeyTaken);
        }
        KEYS.put(ctx, &hash, operator)?;
    }
    put(ctx, &COMMISSIONS, &tables.commissions)?;
    put(ctx, &MEMBERSHIPS, &tables.memberships)?;
    for ((operator, service), membership) in &tables.memberships {
        match membership.status {
            Status::Active => MEMBERS.put(ctx, &(*service, *operator), &())?,
            Status::Leaving { until } => LEAVES.put(ctx, &(until, *operator, *service), &())?,
            Status::Left => {}
        }
    }
    put(ctx, &ALLOCATIONS, &tables.allocations)?;
    for ((vault, service), allocation) in &tables.allocations {
        if let Some(change) = allocation.pending {
            EFFECTS.put(ctx, &(change.due, *vault, *service), &())?;
        }
    }
    put(ctx, &HISTORY, &tables.history)?;
    put(ctx, &LIABLE_UNTIL, &tables.liable_until)?;
    if let Some(cursor) = tables.cursor {
        EFFECT_CURSOR.put(ctx, &cursor)?;
    }
    let view = ctx.view();
    let holds = |invariant: &Invariant| (invariant.check)(&view).is_ok();
    if invariants::ALL.iter().all(holds) {
        Ok(())
    } else {
        Err(Error::Genesis("the tables contradict each other or the vaults"))
    }
}

fn all<K: Key + Clone, V: Encode + Decode>(
    store: &(impl Read + ?Sized),
    table: &Map<K, V>,
) -> Result<Vec<(K, V)>, StateError> {
    let mut entries: Vec<(K, V)> = Vec::new();
    state::each(store, table, |key, value| {
        entries.push((key, value));
        Ok::<(), StateError>(())
    })?;
    Ok(entries)
}

/// A genesis from which the module goes on exactly where it is in `store`.
///
/// # Errors
/// The store is broken.
pub fn as_genesis(store: &(impl Read + ?Sized)) -> Result<Genesis, StateError> {
    let tables = Tables {
        operators: all(store, &OPERATORS)?,
        service_keys: all(store, &SERVICE_KEYS)?,
        commissions: all(store, &COMMISSIONS)?,
        memberships: all(store, &MEMBERSHIPS)?,
        allocations: all(store, &ALLOCATIONS)?,
        history: all(store, &HISTORY)?,
        cursor: EFFECT_CURSOR.get(store)?,
        liable_until: all(store, &LIABLE_UNTIL)?,
    };
    Ok(Genesis {
        params: state::params(store)?,
        resumed: Some(tables),
    })
}
