//! Random stakes, prices, jails and exits over several epochs, against the rule on paper.

use crate::naive::{self, Bounds, Last, Price, Row};
use crate::world::{barred, bps, candidate, powers, previous, valuations};
use palisade_service_consensus as service;
use primitives::Amount;
use proptest::prelude::*;
use service::{Barred, Place, Previous, Rules, compute};
use std::collections::{BTreeMap, BTreeSet};

const ASSETS: u32 = 3;

/// What one epoch's end finds: prices by asset, backings by operator and source, who is jailed.
#[derive(Clone, Debug)]
struct Scene {
    prices: Vec<(u128, u16, u16)>,
    backings: Vec<Vec<u128>>,
    jailed: BTreeSet<u8>,
}

fn scene() -> impl Strategy<Value = Scene> {
    let price = (0u128..4_000, 0u16..=10_000, 0u16..=10_000);
    let amount = prop_oneof![Just(0u128), 1u128..50, 1u128..1 << 40];
    let backings = prop::collection::vec(prop::collection::vec(amount, 4), 1..9);
    let jailed = prop::collection::btree_set(0u8..9, 0..3);
    (prop::collection::vec(price, ASSETS as usize), backings, jailed).prop_map(
        |(mut prices, backings, jailed)| {
            // PAL is its own unit; its cap may be anything.
            prices[0].0 = 1_000;
            prices[0].1 = 0;
            Scene {
                prices,
                backings,
                jailed,
            }
        },
    )
}

/// Source 0 is the bond; the others are vaults of assets 0, 1 and 2.
fn rows(scene: &Scene) -> Vec<Row> {
    let mut rows = Vec::new();
    for (operator, sources) in (1u8..).zip(&scene.backings) {
        for (source, backing) in (0u8..).zip(sources) {
            if *backing > 0 {
                rows.push((operator, source, u32::from(source.saturating_sub(1)), *backing));
            }
        }
    }
    rows
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn power_is_as_on_paper(
        scenes in prop::collection::vec(scene(), 1..6),
        (seats, least, cap, change) in (1usize..7, 0u128..40, 1u16..=10_000, 1u16..=10_000),
    ) {
        let rules = Rules { seats, least: Amount::new(least), cap: bps(cap), change: bps(change) };
        let bounds = Bounds { seats, least, cap: u128::from(cap), change: u128::from(change) };
        let mut before: Option<(Previous, Last)> = None;
        for scene in scenes {
            let rows = rows(&scene);
            let known: Vec<_> = (0u32..)
                .zip(&scene.prices)
                .map(|(asset, (price, haircut, cap))| (asset, *price, *haircut, *cap))
                .collect();
            let prices: BTreeMap<u32, Price> = known
                .iter()
                .map(|(asset, price, haircut, cap)| {
                    let (haircut, cap) = (u128::from(*haircut), u128::from(*cap));
                    (*asset, Price { price: *price, haircut, cap })
                })
                .collect();
            let operators: BTreeSet<u8> = rows.iter().map(|row| row.0).collect();
            let candidates = operators.iter().map(|operator| {
                let own: Vec<_> = rows.iter().filter(|row| row.0 == *operator).map(|row| (row.1, row.2, row.3)).collect();
                let one = candidate(*operator, &own);
                if scene.jailed.contains(operator) { barred(Barred::Jailed, one) } else { one }
            });
            let last = before.as_ref();
            let found = compute(&rules, &valuations(&known), candidates.collect(), last.map(|last| &last.0)).unwrap();
            let paper = naive::powers(bounds, &prices, &rows, &scene.jailed, last.map(|last| &last.1));
            prop_assert_eq!(powers(&found), paper.powers.iter().map(|(who, power)| (*who, *power)).filter(|(_, power)| *power > 0).collect::<Vec<_>>());
            check(&found, &rules)?;
            // Where nobody is chosen the last set is kept, whole.
            if !paper.powers.is_empty() {
                before = Some((previous(&found), paper));
            }
        }
    }
}

/// What holds whatever came in.
fn check(found: &service::Computed, rules: &Rules) -> Result<(), TestCaseError> {
    let chosen: Vec<_> = found
        .records
        .iter()
        .filter(|(_, record)| record.place == Place::Chosen)
        .collect();
    prop_assert!(chosen.len() <= rules.seats);
    for (_, record) in &found.records {
        let power = record.power;
        prop_assert!(
            power <= record.capped && record.capped <= record.counted && record.counted <= record.value
        );
        prop_assert_eq!(
            power.is_zero(),
            record.place != Place::Chosen || record.capped.is_zero()
        );
        let backed = record.parts.iter().any(|part| !part.backing.is_zero());
        prop_assert!(power.is_zero() || backed, "power without anything behind it");
    }
    for asset in &found.assets {
        let counted: u128 = chosen
            .iter()
            .flat_map(|(_, record)| &record.parts)
            .filter(|part| part.asset == asset.asset)
            .fold(0, |sum, part| sum + part.counted.get());
        prop_assert!(counted <= asset.most.get().max(asset.value.get()));
        prop_assert!(asset.value <= asset.most || counted <= asset.most.get());
    }
    Ok(())
}
