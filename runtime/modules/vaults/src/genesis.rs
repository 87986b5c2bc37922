//! What the module starts with, and its tables as they are.

use crate::error::Error;
use crate::id::VaultId;
use crate::invariants;
use crate::params::Params;
use crate::state::{
    self, ALLOWED, BUFFERS, CURSOR, DEFICITS, FUNDERS, HELD, MARKS, OPERATED, OWNED, PARAMS, PINS, POSITIONS,
    Pins, QUEUE, VAULT_COUNT, VAULTS, WITHDRAWAL_COUNT, WITHDRAWALS,
};
use crate::types::{Buffer, Holder, Mark, Position, Vault, Withdrawal};
use kernel::{Ctx, Invariant, Key, Map, Read, StateError};
use primitives::codec::{Decode, Encode};
use primitives::{AccountId, Amount, AssetId, ChainClock, Shares};

/// What the module starts with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Genesis {
    /// The parameters.
    pub params: Params,
    /// The tables of a chain that goes on where it was; none for a new chain, which starts without vaults.
    pub resumed: Option<Tables>,
}

/// Every table's entries, each in key order; what follows from others is left out.
#[derive(Clone, Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)]
pub struct Tables {
    vaults: Vec<(VaultId, Vault)>,
    vault_count: u64,
    positions: Vec<((VaultId, AccountId), Position)>,
    withdrawals: Vec<(u64, Withdrawal)>,
    withdrawal_count: u64,
    cursor: Option<(ChainClock, u64)>,
    marks: Vec<((VaultId, ChainClock), Mark)>,
    allowed: Vec<((VaultId, AccountId), ())>,
    held: Vec<(AssetId, Amount)>,
    buffers: Vec<(VaultId, Buffer)>,
    funders: Vec<((VaultId, AccountId), Shares)>,
    deficits: Vec<((VaultId, AccountId), Amount)>,
    pins: Vec<(AccountId, Pins)>,
}

pub(crate) fn init(ctx: &mut Ctx<'_>, genesis: Genesis) -> Result<(), Error> {
    genesis.params.validate()?;
    PARAMS.put(ctx, &genesis.params)?;
    match genesis.resumed {
        Some(tables) => resume(ctx, tables),
        None => {
            VAULT_COUNT.put(ctx, &0)?;
            Ok(WITHDRAWAL_COUNT.put(ctx, &0)?)
        }
    }
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
/// come from a file that somebody edited. The bank's part is written already.
fn resume(ctx: &mut Ctx<'_>, tables: Tables) -> Result<(), Error> {
    put(ctx, &VAULTS, &tables.vaults)?;
    for (id, vault) in &tables.vaults {
        OPERATED.put(ctx, &(vault.operator, *id), &())?;
    }
    put(ctx, &POSITIONS, &tables.positions)?;
    put(ctx, &WITHDRAWALS, &tables.withdrawals)?;
    for (number, entry) in &tables.withdrawals {
        QUEUE.put(ctx, &(entry.due, *number), &())?;
        if let Holder::Account { owner, .. } = entry.holder {
            OWNED.put(ctx, &(entry.vault, owner, *number), &())?;
        }
    }
    put(ctx, &MARKS, &tables.marks)?;
    put(ctx, &ALLOWED, &tables.allowed)?;
    put(ctx, &HELD, &tables.held)?;
    put(ctx, &BUFFERS, &tables.buffers)?;
    put(ctx, &FUNDERS, &tables.funders)?;
    put(ctx, &DEFICITS, &tables.deficits)?;
    put(ctx, &PINS, &tables.pins)?;
    VAULT_COUNT.put(ctx, &tables.vault_count)?;
    WITHDRAWAL_COUNT.put(ctx, &tables.withdrawal_count)?;
    if let Some(cursor) = tables.cursor {
        CURSOR.put(ctx, &cursor)?;
    }
    let view = ctx.view();
    let holds = |invariant: &Invariant| (invariant.check)(&view).is_ok();
    if invariants::ALL.iter().all(holds) {
        Ok(())
    } else {
        Err(Error::Genesis("the tables contradict each other or the balances"))
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
        vaults: all(store, &VAULTS)?,
        vault_count: VAULT_COUNT.require(store)?,
        positions: all(store, &POSITIONS)?,
        withdrawals: all(store, &WITHDRAWALS)?,
        withdrawal_count: WITHDRAWAL_COUNT.require(store)?,
        cursor: CURSOR.get(store)?,
        marks: all(store, &MARKS)?,
        allowed: all(store, &ALLOWED)?,
        held: all(store, &HELD)?,
        buffers: all(store, &BUFFERS)?,
        funders: all(store, &FUNDERS)?,
        deficits: all(store, &DEFICITS)?,
        pins: all(store, &PINS)?,
    };
    Ok(Genesis {
        params: state::params(store)?,
        resumed: Some(tables),
    })
}
