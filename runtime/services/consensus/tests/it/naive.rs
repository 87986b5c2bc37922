//! The same rule on paper: rows of numbers, plain operators, nothing shared with the crate.

use std::collections::{BTreeMap, BTreeSet};

/// Operator, source, asset, backing.
pub(crate) type Row = (u8, u8, u32, u128);

#[derive(Clone, Copy, Debug)]
pub(crate) struct Price {
    /// In thousandths of PAL.
    pub(crate) price: u128,
    pub(crate) haircut: u128,
    pub(crate) cap: u128,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) seats: usize,
    pub(crate) least: u128,
    pub(crate) cap: u128,
    pub(crate) change: u128,
}

/// What the epoch before came to: rows of the chosen with their values, and powers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Last {
    pub(crate) rows: BTreeMap<(u8, u8), (u128, u128)>,
    pub(crate) powers: BTreeMap<u8, u128>,
}

fn sum<'a>(values: impl Iterator<Item = &'a u128>) -> u128 {
    values.fold(0, |sum, value| sum.saturating_add(*value))
}

fn worth(prices: &BTreeMap<u32, Price>, asset: u32, amount: u128) -> u128 {
    let one = prices[&asset];
    amount * one.price / 1_000 * (10_000 - one.haircut) / 10_000
}

/// What each of `who` counts for once assets beyond their part of the whole are cut, and that whole.
fn after_assets(
    prices: &BTreeMap<u32, Price>,
    rows: &[(Row, u128)],
    who: &BTreeSet<u8>,
) -> (u128, BTreeMap<u8, u128>) {
    let rows: Vec<_> = rows
        .iter()
        .filter(|((operator, ..), _)| who.contains(operator))
        .collect();
    let whole = sum(rows.iter().map(|(_, value)| value));
    let mut counts = BTreeMap::new();
    for ((operator, _, asset, _), value) in &rows {
        let same = rows.iter().filter(|((_, _, other, _), _)| other == asset);
        let of_asset = sum(same.map(|(_, value)| value));
        let most = whole * prices[asset].cap / 10_000;
        let counted = if of_asset > most {
            value * most / of_asset
        } else {
            *value
        };
        *counts.entry(*operator).or_default() += counted;
    }
    (whole, counts)
}

/// Powers by operator, and what the next epoch needs to know.
pub(crate) fn powers(
    bounds: Bounds,
    prices: &BTreeMap<u32, Price>,
    rows: &[Row],
    out: &BTreeSet<u8>,
    last: Option<&Last>,
) -> Last {
    let change = last.map(|last| (sum(last.powers.values()) * bounds.change).div_ceil(10_000));
    let mut valued: Vec<(Row, u128)> = Vec::new();
    let operators: BTreeSet<u8> = rows.iter().map(|row| row.0).collect();
    for operator in &operators {
        let own: Vec<Row> = rows.iter().filter(|row| row.0 == *operator).copied().collect();
        let fall = |row: &Row| {
            let (_, source, asset, backing) = *row;
            let before = last.and_then(|last| last.rows.get(&(*operator, source)));
            let Some((had, value)) = before else { return 0 };
            let still = backing.min(*had);
            (value * still / had).saturating_sub(worth(prices, asset, still))
        };
        let falls = own.iter().map(fall).fold(0, u128::saturating_add);
        let beyond = change.map_or(0, |change| falls.saturating_sub(change));
        for row in own {
            let lift = if beyond > 0 {
                beyond * fall(&row) / falls
            } else {
                0
            };
            valued.push((row, worth(prices, row.2, row.3) + lift));
        }
    }
    let has = |operator: u8| -> u128 {
        let own = valued.iter().filter(|(row, _)| row.0 == operator);
        sum(own.map(|(_, value)| value))
    };
    let may: BTreeSet<u8> = operators
        .into_iter()
        .filter(|one| !out.contains(one) && has(*one) >= bounds.least.max(1))
        .collect();
    let (_, counts) = after_assets(prices, &valued, &may);
    let mut order: Vec<u8> = may.into_iter().collect();
    order.sort_by_key(|operator| (u128::MAX - counts[operator], *operator));
    order.truncate(bounds.seats);
    let chosen: BTreeSet<u8> = order.into_iter().collect();
    let (whole, counts) = after_assets(prices, &valued, &chosen);
    let least = bounds.least.max(whole.div_ceil(1_000));
    let most = (whole * bounds.cap / 10_000).max(1);
    let mut result = Last::default();
    for (operator, counted) in counts {
        if counted < least {
            continue;
        }
        let before = last
            .and_then(|last| last.powers.get(&operator))
            .copied()
            .unwrap_or(0);
        let risen = change.map_or(u128::MAX, |change| before + change);
        result.powers.insert(operator, counted.min(most).min(risen));
        for ((_, source, _, backing), value) in valued.iter().filter(|(row, _)| row.0 == operator) {
            result.rows.insert((operator, *source), (*backing, *value));
        }
    }
    result
}
