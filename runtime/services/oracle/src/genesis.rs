//! What the module starts with.

use crate::error::Error;
use crate::params::Params;
use crate::state::{
    BY_SERVICE, COMMITMENTS, DEPOSITS, FEED_COUNT, FEEDS, HISTORY, LATEST, LOWS, PAGE, PARAMS, ROUNDS,
    SCHEDULE, VALUES,
};
use crate::types::{Deposit, Feed, Price, Round};
use borsh::{BorshDeserialize, BorshSerialize};
use kernel::{Ctx, Key, Map, Read, StateError};
use primitives::codec::{Decode, Encode};
use primitives::{ChainClock, Digest, ServiceId};

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

/// Every table but the parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Tables {
    feeds: Vec<(u64, Feed)>,
    feed_count: u64,
    by_service: Vec<((ServiceId, u64), ())>,
    schedule: Vec<((ChainClock, u64), ())>,
    rounds: Vec<((u64, u64), Round)>,
    commitments: Vec<((u64, u64, u8), Digest)>,
    values: Vec<((u64, u64, u8), u128)>,
    deposits: Vec<((u64, u64), Deposit)>,
    latest: Vec<(u64, Price)>,
    history: Vec<((u64, u64), Price)>,
    lows: Vec<((u64, u64), u128)>,
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

fn fill<K: Key, V: Encode + Decode>(
    ctx: &mut Ctx<'_>,
    table: &Map<K, V>,
    entries: &[(K, V)],
) -> Result<(), StateError> {
    entries
        .iter()
        .try_for_each(|(key, value)| table.put(ctx, key, value))
}

/// Writes what the module starts with.
pub(crate) fn init(ctx: &mut Ctx<'_>, genesis: Genesis) -> Result<(), Error> {
    genesis.params.validate()?;
    PARAMS.put(ctx, &genesis.params)?;
    let Some(tables) = genesis.resumed else {
        return Ok(());
    };
    fill(ctx, &FEEDS, &tables.feeds)?;
    fill(ctx, &BY_SERVICE, &tables.by_service)?;
    fill(ctx, &SCHEDULE, &tables.schedule)?;
    fill(ctx, &ROUNDS, &tables.rounds)?;
    fill(ctx, &COMMITMENTS, &tables.commitments)?;
    fill(ctx, &VALUES, &tables.values)?;
    fill(ctx, &DEPOSITS, &tables.deposits)?;
    fill(ctx, &LATEST, &tables.latest)?;
    fill(ctx, &HISTORY, &tables.history)?;
    fill(ctx, &LOWS, &tables.lows)?;
    if tables.feed_count > 0 {
        FEED_COUNT.put(ctx, &tables.feed_count)?;
    }
    crate::invariants::check_all(&ctx.view()).map_err(|violation| match violation {
        kernel::Violation::Broken(_) => Error::BadGenesis("the tables break an invariant"),
        kernel::Violation::State(error) => Error::State(error),
    })
}

/// Everything in `store`: starting from it writes the same entries.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn as_genesis(store: &(impl Read + ?Sized)) -> Result<Genesis, StateError> {
    let tables = Tables {
        feeds: all(store, &FEEDS)?,
        feed_count: FEED_COUNT.or_default(store)?,
        by_service: all(store, &BY_SERVICE)?,
        schedule: all(store, &SCHEDULE)?,
        rounds: all(store, &ROUNDS)?,
        commitments: all(store, &COMMITMENTS)?,
        values: all(store, &VALUES)?,
        deposits: all(store, &DEPOSITS)?,
        latest: all(store, &LATEST)?,
        history: all(store, &HISTORY)?,
        lows: all(store, &LOWS)?,
    };
    Ok(Genesis {
        params: PARAMS.require(store)?,
        resumed: Some(tables),
    })
}
