//! What the module starts with.

use crate::error::Error;
use crate::params::Params;
use crate::state::{COOLDOWNS, COUNT, DUE, OPEN, PARAMS, QUEUE, REQUESTS};
use crate::types::{Due, Ending, Request};
use borsh::{BorshDeserialize, BorshSerialize};
use kernel::{Ctx, Key, Map, Read, StateError};
use primitives::codec::{Decode, Encode};
use primitives::{AccountId, ChainClock, ServiceId};

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
            params: Params::localnet(),
            resumed: None,
        }
    }
}

/// Every table but the parameters; what is open follows from the requests.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Tables {
    requests: Vec<(u64, Request)>,
    count: u64,
    cooldowns: Vec<((ServiceId, AccountId, u8), ChainClock)>,
    due: Vec<((ChainClock, u64), Due)>,
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
    for (number, request) in &tables.requests {
        REQUESTS.put(ctx, number, request)?;
        if request.ending == Ending::Open {
            QUEUE.put(ctx, &(request.due_at, *number), &())?;
            for vault in &request.vaults {
                OPEN.put(ctx, &(*vault, *number), &())?;
            }
        }
    }
    for (key, until) in &tables.cooldowns {
        COOLDOWNS.put(ctx, key, until)?;
    }
    for (key, due) in &tables.due {
        DUE.put(ctx, key, due)?;
    }
    if tables.count > 0 {
        COUNT.put(ctx, &tables.count)?;
    }
    Ok(())
}

/// Everything in `store`: starting from it writes the same entries.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn as_genesis(store: &(impl Read + ?Sized)) -> Result<Genesis, StateError> {
    let tables = Tables {
        requests: all(store, &REQUESTS)?,
        count: COUNT.or_default(store)?,
        cooldowns: all(store, &COOLDOWNS)?,
        due: all(store, &DUE)?,
    };
    Ok(Genesis {
        params: PARAMS.require(store)?,
        resumed: Some(tables),
    })
}
