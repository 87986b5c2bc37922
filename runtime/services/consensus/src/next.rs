//! The set of the next epoch, and what it is made of.
//!
//! Shall:
//! - read stake, prices and jail from one state, and every vault of a validator once;
//! - bound changes by what the epoch in force was made of;
//! - keep the set in force, with what it was made of, where nobody would be chosen.

use crate::compute::{Computed, Previous, Rules, compute};
use crate::event::PowerComputed;
use crate::hooks::Wiring;
use crate::state::{EPOCHS, PAGE, RECORDS, REMEMBERED, broken_math, records};
use crate::types::{Barred, Candidate, EpochPower, Holding, Place, Record, Source, Valuation};
use kernel::{Ctx, StateError, View};
use light_palisade::ValidatorSet;
use primitives::{AccountId, AssetId, ChainClock, Epoch};
use staking::ValidatorRecord;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// A set that is decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Next {
    /// The set.
    pub set: ValidatorSet,
    /// What it is made of, as far as that is the same for all.
    pub power: EpochPower,
    /// What each validator with stake gave.
    pub records: Vec<(AccountId, Record)>,
}

/// The set that the stake in `before` gives `epoch`, which will end at `ends_at`. `now` is the state in which `current` is
/// in force: what it was made of bounds the changes.
///
/// # Errors
/// The store is broken.
pub fn next<W: Wiring>(
    before: &View<'_>,
    now: &View<'_>,
    (epoch, ends_at): (Epoch, ChainClock),
    current: &ValidatorSet,
) -> Result<Next, StateError> {
    let known = EPOCHS.contains(now, &current.epoch)?;
    let previous = if known {
        let records = records(now, current.epoch)?.into_iter().collect();
        Some(Previous { records })
    } else {
        None
    };
    let params = staking::query::params(before)?;
    let rules = Rules {
        seats: usize::from(params.max_validators),
        least: params.min_bond,
        cap: params.validator_cap,
        change: params.power_change,
    };
    let candidates = candidates::<W>(before)?;
    let valuations = valuations::<W>(before, &candidates)?;
    let computed = compute(&rules, &valuations, candidates, previous.as_ref()).map_err(broken_math)?;
    let powers = computed.powers();
    let set = staking::set_from(before, (epoch, ends_at), (computed.whole, &powers), current)?;
    let Computed {
        whole,
        most,
        least,
        change,
        assets,
        mut records,
    } = computed;
    let kept = powers.is_empty();
    if let Some(previous) = previous.filter(|_| kept) {
        // What is kept, is kept whole: the next bound counts from it.
        let chosen = |(_, record): &(AccountId, Record)| record.place == Place::Chosen;
        let old: BTreeMap<AccountId, Record> = previous.records.into_iter().filter(chosen).collect();
        records.retain(|(operator, _)| !old.contains_key(operator));
        records.extend(old);
    }
    let power = EpochPower {
        since: now.block().chain_clock,
        whole,
        most,
        least,
        change,
        assets,
        kept,
        concentrated: staking::is_concentrated(&set),
    };
    Ok(Next { set, power, records })
}

/// Every validator that has stake, by operator.
fn candidates<W: Wiring>(view: &View<'_>) -> Result<Vec<Candidate>, StateError> {
    let mut all = Vec::new();
    let mut after: Option<AccountId> = None;
    loop {
        let page = staking::query::validators(view, after.as_ref(), PAGE)?;
        let Some((last, _)) = page.last() else {
            return Ok(all);
        };
        after = Some(*last);
        for (operator, record) in page {
            let candidate = candidate::<W>(view, operator, &record)?;
            if !candidate.holdings.is_empty() {
                all.push(candidate);
            }
        }
    }
}

fn candidate<W: Wiring>(
    view: &View<'_>,
    operator: AccountId,
    record: &ValidatorRecord,
) -> Result<Candidate, StateError> {
    let bonded = record.bonded.assets;
    let mut holdings = Vec::new();
    if !bonded.is_zero() {
        holdings.push(Holding {
            source: Source::Bond,
            asset: AssetId::PAL,
            backing: bonded,
        });
    }
    let barred = if record.is_jailed() {
        Some(Barred::Jailed)
    } else if let Some(vaults) = W::backing(view, &operator)? {
        holdings.extend(vaults.into_iter().filter(|holding| !holding.backing.is_zero()));
        None
    } else {
        Some(Barred::NotServing)
    };
    Ok(Candidate {
        operator,
        barred,
        holdings,
    })
}

/// By what each asset counts that somebody has.
fn valuations<W: Wiring>(
    view: &View<'_>,
    candidates: &[Candidate],
) -> Result<BTreeMap<AssetId, Valuation>, StateError> {
    let mut known = BTreeMap::new();
    for holding in candidates.iter().flat_map(|candidate| &candidate.holdings) {
        if let Entry::Vacant(place) = known.entry(holding.asset) {
            place.insert(W::valuation(view, holding.asset)?);
        }
    }
    Ok(known)
}

/// Writes what a set is made of, and forgets what is too old. Called in the epoch's last block, once the set is written.
///
/// # Errors
/// The store is broken.
pub fn store(ctx: &mut Ctx<'_>, next: &Next) -> Result<(), StateError> {
    let epoch = next.set.epoch;
    EPOCHS.put(ctx, &epoch, &next.power)?;
    for (operator, record) in &next.records {
        RECORDS.put(ctx, &(epoch, *operator), record)?;
    }
    if let Some(old) = epoch.get().checked_sub(REMEMBERED).map(Epoch::new) {
        for (operator, _) in records(ctx, old)? {
            RECORDS.remove(ctx, &(old, operator))?;
        }
    }
    // One more than comes, so that a shorter delay is caught up with.
    for (old, _) in EPOCHS.range(ctx, None, 2)? {
        if staking::set_of(&ctx.view(), old)?.is_none() {
            EPOCHS.remove(ctx, &old)?;
        }
    }
    ctx.emit(&PowerComputed {
        epoch,
        whole: next.power.whole,
        members: u64::try_from(next.set.validators.len()).unwrap_or(u64::MAX),
        kept: next.power.kept,
        concentrated: next.power.concentrated,
    })
}
