//! What the module starts with.

use crate::error::Error;
use crate::invariants;
use crate::params::Params;
use crate::state::{ACCOUNTS, EARNED, ENDED, PARAMS, POOLS, SUMS};
use crate::types::{Account, PerShare};
use borsh::{BorshDeserialize, BorshSerialize};
use kernel::{Ctx, Key, Map, Read, StateError};
use primitives::codec::{Decode, Encode};
use primitives::{AccountId, Amount, AssetId, Epoch, ServiceId};
use vaults::VaultId;

/// How many entries are read at once.
const PAGE: usize = 256;

/// Parameters, and everything that there is when a chain goes on.
#[derive(
    Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Genesis {
    /// The parameters.
    pub params: Params,
    /// The tables of a chain that goes on; a new chain has none.
    #[serde(skip)]
    pub resumed: Option<Tables>,
}

impl Default for Genesis {
    fn default() -> Self {
        Self {
            params: Params::standard(),
            resumed: None,
        }
    }
}

/// Every table but the parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Tables {
    pools: Vec<((Epoch, ServiceId, AssetId), Amount)>,
    sums: Vec<((VaultId, AssetId), PerShare)>,
    accounts: Vec<((VaultId, AccountId, AssetId), Account)>,
    earned: Vec<((Epoch, ServiceId, AccountId, AssetId), Amount)>,
    ended: Vec<((VaultId, AssetId, u32), u128)>,
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
pub(crate) fn init(ctx: &mut Ctx<'_>, genesis: Genesis) -> Result<(), Error> {
    genesis.params.validate()?;
    PARAMS.put(ctx, &genesis.params)?;
    let Some(tables) = genesis.resumed else {
        return Ok(());
    };
    for (key, amount) in &tables.pools {
        POOLS.put(ctx, key, amount)?;
    }
    for (key, sum) in &tables.sums {
        SUMS.put(ctx, key, sum)?;
    }
    for (key, account) in &tables.accounts {
        ACCOUNTS.put(ctx, key, account)?;
    }
    for (key, amount) in &tables.earned {
        EARNED.put(ctx, key, amount)?;
    }
    for (key, sum) in &tables.ended {
        ENDED.put(ctx, key, sum)?;
    }
    let view = ctx.view();
    let holds = |invariant: &kernel::Invariant| (invariant.check)(&view).is_ok();
    if invariants::ALL.iter().all(holds) {
        Ok(())
    } else {
        Err(Error::BadGenesis)
    }
}

/// Everything in `store`: starting from it writes the same entries.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn as_genesis(store: &(impl Read + ?Sized)) -> Result<Genesis, StateError> {
    let tables = Tables {
        pools: all(store, &POOLS)?,
        sums: all(store, &SUMS)?,
        accounts: all(store, &ACCOUNTS)?,
        earned: all(store, &EARNED)?,
        ended: all(store, &ENDED)?,
    };
    Ok(Genesis {
        params: PARAMS.require(store)?,
        resumed: Some(tables),
    })
}
