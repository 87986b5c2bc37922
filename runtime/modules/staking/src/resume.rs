//! The module's tables as they are, so that a chain can go on from them.

use crate::error::Error;
use crate::genesis::Genesis;
use crate::invariants;
use crate::standing::Standing;
use crate::state::{
    self, BONDS, CONVICTIONS, CUT, DUTIES, ISSUED_UNTIL, KEYS, LIABLE, LONGER, PARAMS, ROTATIONS, ROUNDS,
    SETS, STANDINGS, TIPS, UNBONDING_COUNT, UNBONDINGS, VALIDATORS,
};
use crate::types::{BondRecord, Conviction, Duty, Rotation, Unbonding, ValidatorRecord};
use kernel::{Ctx, Invariant, Key, Map, Read, StateError};
use light_palisade::ValidatorSet;
use primitives::codec::{Decode, Encode};
use primitives::{AccountId, Amount, ChainClock, Digest, Epoch, Height, Longer};

/// Every table's entries, each in key order.
#[derive(Clone, Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)]
pub struct Tables {
    validators: Vec<(AccountId, ValidatorRecord)>,
    keys: Vec<(Digest, AccountId)>,
    bonds: Vec<((AccountId, AccountId), BondRecord)>,
    unbondings: Vec<((ChainClock, u64), Unbonding)>,
    unbonding_count: u64,
    rounds: Vec<(AccountId, u32)>,
    sets: Vec<(Epoch, ValidatorSet)>,
    issued_until: ChainClock,
    convictions: Vec<((Epoch, AccountId), Conviction)>,
    liable: Vec<((Epoch, AccountId), Amount)>,
    cut: Option<Height>,
    duties: Vec<(AccountId, Duty)>,
    rotations: Vec<((AccountId, Epoch), Rotation)>,
    standings: Vec<((Epoch, AccountId), Standing)>,
    tips: Vec<(AccountId, Amount)>,
    longer: Option<Longer>,
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

/// A genesis from which the module goes on exactly where it is in `store`, in the same epoch and at the same chain
/// time.
///
/// # Errors
/// The store is broken.
pub fn as_genesis(store: &(impl Read + ?Sized)) -> Result<Genesis, StateError> {
    let tables = Tables {
        validators: all(store, &VALIDATORS)?,
        keys: all(store, &KEYS)?,
        bonds: all(store, &BONDS)?,
        unbondings: all(store, &UNBONDINGS)?,
        unbonding_count: UNBONDING_COUNT.require(store)?,
        rounds: all(store, &ROUNDS)?,
        sets: all(store, &SETS)?,
        issued_until: ISSUED_UNTIL.require(store)?,
        convictions: all(store, &CONVICTIONS)?,
        liable: all(store, &LIABLE)?,
        cut: CUT.get(store)?,
        duties: all(store, &DUTIES)?,
        rotations: all(store, &ROTATIONS)?,
        standings: all(store, &STANDINGS)?,
        tips: all(store, &TIPS)?,
        longer: LONGER.get(store)?,
    };
    Ok(Genesis {
        params: state::params(store)?,
        validators: Vec::new(),
        resumed: Some(tables),
    })
}

/// Writes the tables of a chain that goes on, and checks that everything that must hold between blocks does: they may
/// come from a file that somebody edited. The bank's part is written already.
pub(crate) fn init(ctx: &mut Ctx<'_>, params: &crate::Params, tables: Tables) -> Result<(), Error> {
    fn put<K: Key, V: Encode + Decode>(
        ctx: &mut Ctx<'_>,
        table: &Map<K, V>,
        entries: Vec<(K, V)>,
    ) -> Result<(), StateError> {
        entries
            .iter()
            .try_for_each(|(key, value)| table.put(ctx, key, value))
    }
    PARAMS.put(ctx, params)?;
    put(ctx, &VALIDATORS, tables.validators)?;
    put(ctx, &KEYS, tables.keys)?;
    put(ctx, &BONDS, tables.bonds)?;
    put(ctx, &UNBONDINGS, tables.unbondings)?;
    put(ctx, &ROUNDS, tables.rounds)?;
    put(ctx, &SETS, tables.sets)?;
    put(ctx, &STANDINGS, tables.standings)?;
    put(ctx, &TIPS, tables.tips)?;
    if let Some(longer) = tables.longer {
        LONGER.put(ctx, &longer)?;
    }
    UNBONDING_COUNT.put(ctx, &tables.unbonding_count)?;
    ISSUED_UNTIL.put(ctx, &tables.issued_until)?;
    put(ctx, &CONVICTIONS, tables.convictions)?;
    put(ctx, &LIABLE, tables.liable)?;
    put(ctx, &DUTIES, tables.duties)?;
    put(ctx, &ROTATIONS, tables.rotations)?;
    if let Some(cut) = tables.cut {
        CUT.put(ctx, &cut)?;
    }
    if !SETS.contains(ctx, &ctx.epoch())? {
        return Err(Error::Genesis(
            "the tables have no set for the epoch that goes on",
        ));
    }
    let view = ctx.view();
    let holds = |invariant: &Invariant| (invariant.check)(&view).is_ok();
    if invariants::ALL.iter().all(holds) {
        Ok(())
    } else {
        Err(Error::Genesis("the tables contradict each other or the balances"))
    }
}
