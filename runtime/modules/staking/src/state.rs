//! Tables: who is a validator, who bonded what, what is on its way out, and the sets.

use crate::error::Error;
use crate::params::Params;
use crate::standing::Standing;
use crate::types::{BondRecord, Conviction, Duty, Rotation, Unbonding, ValidatorRecord};
use crate::{ID, Moniker};
use crypto::bls::KeyBytes;
use crypto::domain::Domain;
use crypto::hash::tagged;
use kernel::{Ctx, Item, Key, Map, Read, StateError, Write};
use light_palisade::ValidatorSet;
use primitives::MathError;
use primitives::codec::{Decode, Encode};
use primitives::{AccountId, Amount, AssetId, ChainClock, Coin, Digest, Epoch, Height, Longer, Millis};

/// The module's parameters.
pub(crate) const PARAMS: Item<Params> = Item::new(ID.table(0));
/// Operator → its validator; never removed.
pub(crate) const VALIDATORS: Map<AccountId, ValidatorRecord> = Map::new(ID.table(1));
/// Hash of a consensus or network key → the operator it belongs to, forever.
pub(crate) const KEYS: Map<Digest, AccountId> = Map::new(ID.table(2));
/// (operator, account) → the account's bond behind that validator.
pub(crate) const BONDS: Map<(AccountId, AccountId), BondRecord> = Map::new(ID.table(3));
/// (when it is paid, number) → what is on its way out. Walked in order, a bounded number per block.
pub(crate) const UNBONDINGS: Map<(ChainClock, u64), Unbonding> = Map::new(ID.table(4));
/// How many unbondings there ever were: the next one's number.
pub(crate) const UNBONDING_COUNT: Item<u64> = Item::new(ID.table(5));
/// Epoch → its validators, for as long as stake of that epoch is liable: evidence may be about them.
pub(crate) const SETS: Map<Epoch, ValidatorSet> = Map::new(ID.table(6));
/// Up to when PAL was issued.
pub(crate) const ISSUED_UNTIL: Item<ChainClock> = Item::new(ID.table(7));
/// Operator → how many of its unbonding pools a slash emptied and another followed; no entry for none.
pub(crate) const ROUNDS: Map<AccountId, u32> = Map::new(ID.table(8));
/// (epoch, operator) → how it contradicted itself in that epoch. Kept as long as the epoch's set.
pub(crate) const CONVICTIONS: Map<(Epoch, AccountId), Conviction> = Map::new(ID.table(9));
/// (epoch, operator) → what could be slashed of it when the epoch began. Kept as long as the epoch's set.
pub(crate) const LIABLE: Map<(Epoch, AccountId), Amount> = Map::new(ID.table(10));
/// The height at which the epoch ends early, when too much of its weight is jailed.
pub(crate) const CUT: Item<Height> = Item::new(ID.table(11));
/// Operator → how its validator does its work; no entry for nothing to tell.
pub(crate) const DUTIES: Map<AccountId, Duty> = Map::new(ID.table(12));
/// (operator, epoch in which it was asked for) → a change of its consensus key.
pub(crate) const ROTATIONS: Map<(AccountId, Epoch), Rotation> = Map::new(ID.table(13));
/// (epoch, operator) → with which standing it entered the epoch; no entry for an active one. Those of the present epoch
/// and the one before are kept.
pub(crate) const STANDINGS: Map<(Epoch, AccountId), Standing> = Map::new(ID.table(14));
/// Operator → tips of the epoch that goes on, which its end shares out.
pub(crate) const TIPS: Map<AccountId, Amount> = Map::new(ID.table(15));
/// The evidence window before it was shortened; no entry where it never was.
pub(crate) const LONGER: Item<Longer> = Item::new(ID.table(16));

/// Entries read at once where a table is walked whole.
const PAGE: usize = 256;

/// Holds everything that is bonded or unbonding.
#[must_use]
pub const fn bonding_account() -> AccountId {
    bank::module_account(ID, 0)
}

/// Holds the rewards that are not claimed yet.
#[must_use]
pub const fn reward_account() -> AccountId {
    bank::module_account(ID, 1)
}

/// `amount` of PAL.
pub(crate) const fn pal(amount: Amount) -> Coin {
    Coin {
        asset: AssetId::PAL,
        amount,
    }
}

/// Arithmetic on what the tables say cannot fail on a sound store.
pub(crate) const fn broken_math(source: MathError) -> StateError {
    StateError::Math {
        module: ID.number(),
        what: "what the tables say adds up",
        source,
    }
}

/// The hash under which a consensus key is known.
pub(crate) fn consensus_key_hash(key: &KeyBytes) -> Digest {
    tagged(Domain::ConsensusKey, &[b"consensus", &key.0])
}

/// The hash under which a network key is known.
pub(crate) fn p2p_key_hash(key: &[u8; 32]) -> Digest {
    tagged(Domain::ConsensusKey, &[b"p2p", key])
}

pub(crate) fn params(store: &(impl Read + ?Sized)) -> Result<Params, StateError> {
    PARAMS.require(store)
}

/// How long after an epoch's end evidence about it counts at `now`: what began before the window was shortened keeps the
/// longer one.
///
/// # Errors
/// The store is broken.
pub fn evidence_window(store: &(impl Read + ?Sized), now: ChainClock) -> Result<Millis, StateError> {
    Ok(LONGER.or_default(store)?.or(params(store)?.evidence_window, now))
}

/// Sets the parameters, whose rules the caller has checked. Exits keep the longer of their delay and the new one, and what
/// happened before a shorter evidence window keeps the longer.
///
/// # Errors
/// The store is broken.
pub fn set_params(ctx: &mut Ctx<'_>, params: &Params) -> Result<(), StateError> {
    let before = PARAMS.require(ctx)?;
    // Age counts from the end of an epoch, which may have begun just now.
    let lag = before.epoch_length.saturating_add(ChainClock::MAX_STEP);
    let known = LONGER.or_default(ctx)?;
    let longer = known.shortened(
        before.evidence_window,
        params.evidence_window,
        lag,
        ctx.chain_clock(),
    );
    if longer != known {
        LONGER.put(ctx, &longer)?;
    }
    PARAMS.put(ctx, params)
}

pub(crate) fn validator(
    store: &(impl Read + ?Sized),
    operator: &AccountId,
) -> Result<ValidatorRecord, Error> {
    VALIDATORS
        .get(store, operator)?
        .ok_or(Error::UnknownValidator(*operator))
}

/// Writes a bond, or forgets it when nothing is left of it.
pub(crate) fn put_bond(
    store: &mut (impl Write + ?Sized),
    key: &(AccountId, AccountId),
    bond: &BondRecord,
) -> Result<(), StateError> {
    if bond.is_over() {
        BONDS.remove(store, key)
    } else {
        BONDS.put(store, key, bond)
    }
}

/// What a new validator starts as.
pub(crate) fn new_validator(moniker: Moniker, consensus_key: KeyBytes, p2p_key: [u8; 32]) -> ValidatorRecord {
    ValidatorRecord {
        moniker,
        consensus_key,
        p2p_key,
        bonded: crate::Pool::default(),
        unbonding: crate::Pool::default(),
        per_share: primitives::Ratio::ZERO,
        undivided: Amount::ZERO,
        jail: None,
    }
}

/// Walks a whole table in key order, a page at a time.
pub(crate) fn each<K: Key + Clone, V: Encode + Decode, E: From<StateError>>(
    store: &(impl Read + ?Sized),
    table: &Map<K, V>,
    visit: impl FnMut(K, V) -> Result<(), E>,
) -> Result<(), E> {
    walk(|after| table.range(store, after, PAGE), visit)
}

/// Walks the bonds behind one validator, by account.
pub(crate) fn each_bond<E: From<StateError>>(
    store: &(impl Read + ?Sized),
    operator: &AccountId,
    mut visit: impl FnMut(AccountId, BondRecord) -> Result<(), E>,
) -> Result<(), E> {
    walk(
        |after| BONDS.range_of(store, operator, after, PAGE),
        |(_, account), bond| visit(account, bond),
    )
}

/// Walks what belongs to one epoch in a table, by operator.
pub(crate) fn each_of_epoch<V: Encode + Decode, E: From<StateError>>(
    store: &(impl Read + ?Sized),
    table: &Map<(Epoch, AccountId), V>,
    epoch: Epoch,
    mut visit: impl FnMut(AccountId, V) -> Result<(), E>,
) -> Result<(), E> {
    walk(
        |after| table.range_of(store, &epoch, after, PAGE),
        |(_, operator), value| visit(operator, value),
    )
}

fn walk<K: Clone, V, E: From<StateError>>(
    page_after: impl Fn(Option<&K>) -> Result<Vec<(K, V)>, StateError>,
    mut visit: impl FnMut(K, V) -> Result<(), E>,
) -> Result<(), E> {
    let mut after: Option<K> = None;
    loop {
        let page = page_after(after.as_ref())?;
        let Some((last, _)) = page.last() else {
            return Ok(());
        };
        after = Some(last.clone());
        for (key, value) in page {
            visit(key, value)?;
        }
    }
}
