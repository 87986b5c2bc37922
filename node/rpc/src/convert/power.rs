//! Where consensus power comes from.

use crate::reading::Reading;
use primitives::{AccountId, Amount, Epoch};
use proto::staking::v1 as wire;
use proto::staking::v1::{PowerLimit, PowerPlace};
use runtime::service_consensus::{AssetPower, Barred, EpochPower, Part, Place, Record, Source, Valuation};

const fn place(place: Place) -> PowerPlace {
    match place {
        Place::Chosen => PowerPlace::Chosen,
        Place::Barred(Barred::Jailed) => PowerPlace::Jailed,
        Place::Barred(Barred::NotServing) => PowerPlace::NotServing,
        Place::BelowMinimum => PowerPlace::BelowMinimum,
        Place::NotAmongLargest => PowerPlace::NotAmongLargest,
    }
}

fn asset(asset: &AssetPower) -> wire::AssetPower {
    wire::AssetPower {
        asset_id: asset.asset.get(),
        price: asset.price.raw().to_string(),
        haircut_bps: u32::from(asset.haircut.get()),
        value: asset.value.to_string(),
        most: asset.most.to_string(),
    }
}

pub(crate) fn epoch(epoch: Epoch, power: &EpochPower) -> wire::EpochPower {
    wire::EpochPower {
        epoch: epoch.get(),
        since_ms: power.since.get(),
        whole: power.whole.to_string(),
        most: power.most.to_string(),
        least: power.least.to_string(),
        change: power.change.map(|most| most.to_string()).unwrap_or_default(),
        assets: power.assets.iter().map(asset).collect(),
        kept: power.kept,
        concentrated: power.concentrated,
    }
}

/// What took something away. In an epoch whose set was kept, caps are those of the epoch that it comes from.
fn limits(record: &Record) -> Vec<i32> {
    if record.place != Place::Chosen {
        return vec![PowerLimit::Place.into()];
    }
    let cut = [
        (record.counted < record.value, PowerLimit::AssetCap),
        (record.capped < record.counted, PowerLimit::ValidatorCap),
        (record.power < record.capped, PowerLimit::Rise),
    ];
    let bound = cut.into_iter().filter(|(bound, _)| *bound);
    bound.map(|(_, limit)| limit.into()).collect()
}

fn part(reading: &Reading, power: &EpochPower, part: &Part) -> wire::PowerPart {
    let known = power.assets.iter().find(|one| one.asset == part.asset);
    let worth = known.map(|one| {
        let valuation = Valuation {
            price: one.price,
            haircut: one.haircut,
            ..Valuation::PAL
        };
        valuation.value(part.backing)
    });
    wire::PowerPart {
        vault: match &part.source {
            Source::Bond => String::new(),
            Source::Vault(id) => reading.vault(id),
        },
        asset_id: part.asset.get(),
        backing: part.backing.to_string(),
        price: known.map(|one| one.price.raw().to_string()).unwrap_or_default(),
        haircut_bps: known.map_or(0, |one| u32::from(one.haircut.get())),
        value: part.value.to_string(),
        // A set that is kept has the values of the epoch that it comes from.
        held_up: !power.kept && worth.is_some_and(|worth| worth < part.value),
        counted: part.counted.to_string(),
    }
}

/// What a validator gave; all zero for one that had no stake.
pub(crate) fn record(
    reading: &Reading,
    operator: &AccountId,
    record: Option<&Record>,
) -> wire::ValidatorPower {
    let zero = || Amount::ZERO.to_string();
    let validator = reading.operator(operator);
    match record {
        Some(record) => wire::ValidatorPower {
            validator,
            place: place(record.place).into(),
            value: record.value.to_string(),
            counted: record.counted.to_string(),
            capped: record.capped.to_string(),
            power: record.power.to_string(),
            limits: limits(record),
            parts: Vec::new(),
        },
        None => wire::ValidatorPower {
            validator,
            value: zero(),
            counted: zero(),
            capped: zero(),
            power: zero(),
            ..wire::ValidatorPower::default()
        },
    }
}

/// What each of a validator's holdings gave.
pub(crate) fn parts(reading: &Reading, power: &EpochPower, record: &Record) -> Vec<wire::PowerPart> {
    record.parts.iter().map(|one| part(reading, power, one)).collect()
}
