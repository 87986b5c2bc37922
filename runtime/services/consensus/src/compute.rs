//! How stake becomes power. Pure: plain structs in, plain structs out.
//!
//! ```text
//! backing, valued ─▶ barred: nothing ─▶ assets' caps ─▶ minimum ─▶ validators' cap ─▶ bound of rises
//!        └ a fall of prices beyond the bound is held up here, so that no cap is ever exceeded by it
//! ```
//!
//! Shall:
//! - let nothing count that does not back, whatever counted in the epoch before;
//! - take every cap as a part of the uncapped whole, once: what a cap takes from one it gives to nobody, so no cap hands
//!   power to dust;
//! - choose by what assets' caps leave, so that an asset beyond its cap takes nobody's seat;
//! - let power rise, and fall because of prices, by no more than a part of all power in the epoch before; a slash, an exit,
//!   a pledge that is taken back and jail count in full.
//!
//! # Source
//! restaking.md, "Power".

use crate::types::{AssetPower, Barred, Candidate, Holding, Part, Place, Record, Valuation};
use primitives::{AccountId, Amount, AssetId, Bps, MathError, Rounding};
use std::collections::BTreeMap;

/// A validator that counts for less than this part of the whole is left out.
const DUST: u128 = 1_000;

/// What binds everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Seats.
    pub seats: usize,
    /// The least that a validator must count for, in npal.
    pub least: Amount,
    /// The most of the whole that it may.
    pub cap: Bps,
    /// The most of all power before by which one validator's rises, or falls by prices.
    pub change: Bps,
}

/// What the epoch before was made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Previous {
    /// By operator.
    pub records: BTreeMap<AccountId, Record>,
}

impl Previous {
    /// All power together.
    #[must_use]
    pub fn power(&self) -> Amount {
        total(self.records.values().map(|record| record.power))
    }
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Computed {
    /// What those who are chosen count for before any cap.
    pub whole: Amount,
    /// The most that one validator may count for.
    pub most: Amount,
    /// The least that it must.
    pub least: Amount,
    /// The bound of changes.
    pub change: Option<Amount>,
    /// Every asset that backs one who was chosen, by number.
    pub assets: Vec<AssetPower>,
    /// Everybody with stake, in the candidates' order.
    pub records: Vec<(AccountId, Record)>,
}

impl Computed {
    /// What each member's weight is made of.
    #[must_use]
    pub fn powers(&self) -> Vec<(AccountId, Amount)> {
        let chosen = self.records.iter().filter(|(_, record)| !record.power.is_zero());
        chosen
            .map(|(operator, record)| (*operator, record.power))
            .collect()
    }
}

fn total(amounts: impl Iterator<Item = Amount>) -> Amount {
    amounts.fold(Amount::ZERO, Amount::saturating_add)
}

fn chosen(records: &[(AccountId, Record)]) -> impl Iterator<Item = &Record> {
    let all = records.iter().map(|(_, record)| record);
    all.filter(|record| record.place == Place::Chosen)
}

/// What everybody counts for, and why. An asset without a valuation counts for nothing.
///
/// # Errors
/// Never: what counts is bounded.
pub fn compute(
    rules: &Rules,
    valuations: &BTreeMap<AssetId, Valuation>,
    candidates: Vec<Candidate>,
    previous: Option<&Previous>,
) -> Result<Computed, MathError> {
    // Rounding: the bound counts Up, or the smallest sets could never change.
    let bound = |previous: &Previous| rules.change.of(previous.power().get(), Rounding::Up);
    let change = previous.map(bound).transpose()?.map(Amount::new);
    let mut records = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        let before = previous.and_then(|previous| previous.records.get(&candidate.operator));
        let held = before.filter(|record| record.place == Place::Chosen).zip(change);
        records.push((candidate.operator, valued(rules, valuations, &candidate, held)?));
    }
    // Among all, to see who is largest; then among those who are chosen.
    cap_assets(valuations, &mut records)?;
    keep_largest(rules.seats, &mut records);
    let (whole, assets) = cap_assets(valuations, &mut records)?;
    let dust = whole.mul_div(1, DUST, Rounding::Up)?;
    let least = rules.least.max(dust);
    // At least one unit: a cap of a small whole leaves nobody without power.
    let most = Amount::new(rules.cap.of(whole.get(), Rounding::Down)?.max(1));
    for (operator, record) in &mut records {
        if record.place != Place::Chosen {
            continue;
        }
        if record.counted < least {
            record.place = Place::BelowMinimum;
            continue;
        }
        record.capped = record.counted.min(most);
        let before = previous.and_then(|previous| previous.records.get(operator));
        let before = before.map_or(Amount::ZERO, |record| record.power);
        record.power = change.map_or(record.capped, |change| {
            record.capped.min(before.saturating_add(change))
        });
    }
    Ok(Computed {
        whole,
        most,
        least,
        change,
        assets,
        records,
    })
}

/// What a candidate counts for before any cap.
fn valued(
    rules: &Rules,
    valuations: &BTreeMap<AssetId, Valuation>,
    candidate: &Candidate,
    before: Option<(&Record, Amount)>,
) -> Result<Record, MathError> {
    let value = |asset: &AssetId, amount| {
        let known = valuations.get(asset);
        known.map_or(Amount::ZERO, |valuation| valuation.value(amount))
    };
    let part = |holding: &Holding| Part {
        source: holding.source,
        asset: holding.asset,
        backing: holding.backing,
        value: value(&holding.asset, holding.backing),
        counted: Amount::ZERO,
    };
    let mut parts: Vec<Part> = candidate.holdings.iter().map(part).collect();
    if let Some((before, change)) = before {
        hold_up(&mut parts, before, change, &value)?;
    }
    let all = total(parts.iter().map(|part| part.value));
    let place = match candidate.barred {
        Some(barred @ (Barred::Jailed | Barred::NotServing)) => Place::Barred(barred),
        None if all < rules.least || all.is_zero() => Place::BelowMinimum,
        None => Place::Chosen,
    };
    Ok(Record {
        place,
        parts,
        value: all,
        counted: Amount::ZERO,
        capped: Amount::ZERO,
        power: Amount::ZERO,
    })
}

/// Holds values up that fell by more than `change` together, of what backed before and still does: by as much as is
/// beyond it, each in proportion to its fall. What is gone falls in full.
fn hold_up(
    parts: &mut [Part],
    before: &Record,
    change: Amount,
    value: &impl Fn(&AssetId, Amount) -> Amount,
) -> Result<(), MathError> {
    let mut falls = Vec::with_capacity(parts.len());
    for part in parts.iter() {
        let old = before.parts.iter().find(|old| old.source == part.source);
        let fall = match old.filter(|old| !old.backing.is_zero()) {
            Some(old) => {
                let still = part.backing.min(old.backing);
                let was = old
                    .value
                    .mul_div(still.get(), old.backing.get(), Rounding::Down)?;
                was.saturating_sub(value(&part.asset, still))
            }
            None => Amount::ZERO,
        };
        falls.push(fall);
    }
    let all = total(falls.iter().copied());
    let beyond = all.saturating_sub(change);
    if beyond.is_zero() {
        return Ok(());
    }
    for (part, fall) in parts.iter_mut().zip(falls) {
        // Rounding: what counts for power counts Down.
        let lift = beyond.mul_div(fall.get(), all.get(), Rounding::Down)?;
        part.value = part.value.saturating_add(lift);
    }
    Ok(())
}

/// Cuts what each holding of those chosen counts for where its asset is more than its part of their whole; gives that
/// whole and what each asset is of it.
fn cap_assets(
    valuations: &BTreeMap<AssetId, Valuation>,
    records: &mut [(AccountId, Record)],
) -> Result<(Amount, Vec<AssetPower>), MathError> {
    let whole = total(chosen(records).map(|record| record.value));
    let mut sums: BTreeMap<AssetId, Amount> = BTreeMap::new();
    for part in chosen(records).flat_map(|record| &record.parts) {
        let sum = sums.entry(part.asset).or_default();
        *sum = sum.saturating_add(part.value);
    }
    let mut assets: BTreeMap<AssetId, AssetPower> = BTreeMap::new();
    for (asset, value) in sums {
        let nothing = Valuation {
            price: primitives::Ratio::ZERO,
            ..Valuation::PAL
        };
        let valuation = valuations.get(&asset).copied().unwrap_or(nothing);
        let most = valuation.cap.of(whole.get(), Rounding::Down)?;
        let one = AssetPower {
            asset,
            price: valuation.price,
            haircut: valuation.haircut,
            value,
            most: Amount::new(most),
        };
        assets.insert(asset, one);
    }
    for (_, record) in records {
        if record.place != Place::Chosen {
            continue;
        }
        for part in &mut record.parts {
            part.counted = match assets.get(&part.asset) {
                // Rounding: what counts for power counts Down.
                Some(one) if one.value > one.most => {
                    part.value
                        .mul_div(one.most.get(), one.value.get(), Rounding::Down)?
                }
                Some(_) | None => part.value,
            };
        }
        record.counted = total(record.parts.iter().map(|part| part.counted));
    }
    Ok((whole, assets.into_values().collect()))
}

/// Leaves out all but the `seats` that count for most; of equal ones those that come first by account.
fn keep_largest(seats: usize, records: &mut [(AccountId, Record)]) {
    let mut order: Vec<(Amount, AccountId)> = records
        .iter()
        .filter(|(_, record)| record.place == Place::Chosen)
        .map(|(operator, record)| (record.counted, *operator))
        .collect();
    if order.len() <= seats {
        return;
    }
    order.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    let Some(last) = seats.checked_sub(1).and_then(|place| order.get(place)).copied() else {
        return;
    };
    for (operator, record) in records {
        let kept = record.counted > last.0 || (record.counted == last.0 && *operator <= last.1);
        if record.place == Place::Chosen && !kept {
            record.place = Place::NotAmongLargest;
            record.counted = Amount::ZERO;
            for part in &mut record.parts {
                part.counted = Amount::ZERO;
            }
        }
    }
}
