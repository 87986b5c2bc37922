//! What the module starts with.

use crate::error::Error;
use crate::params::Params;
use crate::score::Score;
use crate::snapshot::Snapshot;
use crate::state::{
    ANSWERS, COMMITMENTS, CONVICTIONS, EPOCH_ENDS, LONGER, PAGE, PARAMS, QUEUE, SCORES, SERVICE_COUNT,
    SERVICES, SNAPSHOTS, TASK_COUNT, TASKS,
};
use crate::types::{Conviction, Record, Task};
use borsh::{BorshDeserialize, BorshSerialize};
use kernel::{Ctx, Key, Map, Read, StateError};
use primitives::codec::{Decode, Encode};
use primitives::{AccountId, ChainClock, Digest, Epoch, Longer, ServiceId};

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
    services: Vec<(ServiceId, Record)>,
    service_count: u32,
    snapshots: Vec<((ServiceId, Epoch), Snapshot)>,
    epoch_ends: Vec<(Epoch, ChainClock)>,
    tasks: Vec<(u64, Task)>,
    task_count: u64,
    queue: Vec<((ChainClock, u64), ())>,
    commitments: Vec<((u64, u8), Digest)>,
    answers: Vec<((u64, u8), Digest)>,
    convictions: Vec<((ServiceId, Epoch, AccountId, u8), Conviction)>,
    scores: Vec<((ServiceId, AccountId), Score)>,
    longer: Option<Longer>,
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
    genesis.params.validate(&delegation::query::params(ctx)?)?;
    PARAMS.put(ctx, &genesis.params)?;
    let Some(tables) = genesis.resumed else {
        return Ok(());
    };
    fill(ctx, &SERVICES, &tables.services)?;
    fill(ctx, &SNAPSHOTS, &tables.snapshots)?;
    fill(ctx, &EPOCH_ENDS, &tables.epoch_ends)?;
    fill(ctx, &TASKS, &tables.tasks)?;
    fill(ctx, &QUEUE, &tables.queue)?;
    fill(ctx, &COMMITMENTS, &tables.commitments)?;
    fill(ctx, &ANSWERS, &tables.answers)?;
    fill(ctx, &CONVICTIONS, &tables.convictions)?;
    fill(ctx, &SCORES, &tables.scores)?;
    if let Some(longer) = tables.longer {
        LONGER.put(ctx, &longer)?;
    }
    if tables.service_count > 0 {
        SERVICE_COUNT.put(ctx, &tables.service_count)?;
    }
    if tables.task_count > 0 {
        TASK_COUNT.put(ctx, &tables.task_count)?;
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
        services: all(store, &SERVICES)?,
        service_count: SERVICE_COUNT.or_default(store)?,
        snapshots: all(store, &SNAPSHOTS)?,
        epoch_ends: all(store, &EPOCH_ENDS)?,
        tasks: all(store, &TASKS)?,
        task_count: TASK_COUNT.or_default(store)?,
        queue: all(store, &QUEUE)?,
        commitments: all(store, &COMMITMENTS)?,
        answers: all(store, &ANSWERS)?,
        convictions: all(store, &CONVICTIONS)?,
        scores: all(store, &SCORES)?,
        longer: LONGER.get(store)?,
    };
    Ok(Genesis {
        params: PARAMS.require(store)?,
        resumed: Some(tables),
    })
}
