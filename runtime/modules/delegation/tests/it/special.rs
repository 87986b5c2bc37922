//! What others' models are, as settings of this one.

use crate::world::{UP, WHOLE, World, levered};
use palisade_delegation::{Charter, Magnitude, taking};
use primitives::{Amount, Bps};
use proptest::prelude::*;
use serde_json::Value;
use vaults::Mark;

type Z = ruint::Uint<512, 8>;

/// Unique stake: `slashedMag = ceil(m · wad / 1e18)`, taken `A − ceil(A · (max − slashedMag) / max)`; nobody else's
/// magnitude is touched (restaking-facts.md, section 2.2).
fn eigenlayer(assets: u128, max: u128, current: u128, bps: u16) -> (Z, Z) {
    let wad = Z::from(bps) * Z::from(100_000_000_000_000u128);
    let one = Z::from(WHOLE);
    let slashed = (Z::from(current) * wad + one - Z::from(1)) / one;
    let new = Z::from(max) - slashed;
    let left = (Z::from(assets) * new + Z::from(max) - Z::from(1)) / Z::from(max);
    (slashed, Z::from(assets) - left)
}

#[test]
fn with_leverage_one_the_numbers_are_those_of_unique_stake() {
    // Sets with 0.6 and 0.4 of an operator: the first is slashed whole, then the second by half.
    let (mut world, id) = World::pledged(Charter::PLAIN, 1_000_000, &[WHOLE / 10 * 6, WHOLE / 10 * 4]);
    let at = world.epoch_start;
    assert_eq!(
        (world.slashable(id, 1), world.slashable(id, 2)),
        (600_000, 400_000)
    );
    assert_eq!(world.slash(id, 1, 10_000, at), 600_000);
    assert_eq!((world.slashable(id, 1), world.slashable(id, 2)), (0, 400_000));
    assert_eq!(world.vault(id).pool.magnitude.get(), WHOLE / 10 * 4);
    assert_eq!(world.slash(id, 2, 5_000, at), 200_000);
    assert_eq!((world.slashable(id, 2), world.assets_of(id)), (200_000, 200_000));
}

#[test]
fn pledged_whole_to_all_it_is_whole_sharing() {
    // Two services that each may take everything: A · (1 − p) · (1 − q), floored at each step.
    let (mut world, id) = World::pledged(levered(3), 1_000_003, &[WHOLE, WHOLE, WHOLE]);
    let at = world.epoch_start;
    let mut left: u128 = 1_000_003;
    for (service, bps) in [(1u32, 5_000u128), (2, 1_000), (3, 3_333)] {
        let taken = world.slash(id, service, u16::try_from(bps).unwrap(), at);
        let expected = left * bps / 10_000;
        assert!(
            taken.abs_diff(expected) <= 1,
            "{taken} where {expected} was expected"
        );
        left -= taken;
        for other in 1..=3 {
            assert!(
                world.slashable(id, other).abs_diff(left) <= 1,
                "everybody has what is left"
            );
        }
    }
    // The second of two that take everything finds nothing, and fails at nothing.
    assert_eq!(world.slash(id, 1, 10_000, at), left);
    assert_eq!(world.slash(id, 2, 10_000, at), 0);
}

#[test]
fn between_them_a_pledge_stretches_until_the_vault_is_smaller() {
    let (mut world, id) = World::pledged(levered(2), 100, &[WHOLE / 10 * 8, WHOLE / 10 * 8]);
    let at = world.epoch_start;
    // The example of elastic restaking: 100 in stake, 80 pledged twice; half of the first is slashed.
    assert_eq!(world.slash(id, 1, 5_000, at), 40);
    assert_eq!(world.assets_of(id), 60);
    assert_eq!(world.slashable(id, 1), 40);
    assert_eq!(world.slashable(id, 2), 60, "stretched: no more than the vault");
}

fn fixture() -> Option<Value> {
    let folder = option_env!("PALISADE_FIXTURES").map_or_else(
        || {
            std::path::PathBuf::from(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../../../../shared/fixtures"
            ))
        },
        std::path::PathBuf::from,
    );
    let path = folder.join("risk/vectors.json");
    let Ok(bytes) = std::fs::read(&path) else {
        assert!(
            option_env!("CI").is_none(),
            "fixtures not found at {}",
            path.display()
        );
        println!("skipped: fixtures not found at {}", path.display());
        return None;
    };
    Some(serde_json::from_slice(&bytes).unwrap())
}

fn number(value: &Value) -> u128 {
    u128::from(value.as_u64().unwrap())
}

/// In the elastic model an operator of stake σ that loses x has σ − x left, and every pledge is min(w, σ − x). Each
/// service of each vector slashes all of its pledges, one after the other; the vault must do the same to the unit.
#[test]
fn the_elastic_vectors_hold() {
    let Some(vectors) = fixture() else { return };
    let mut checked = 0;
    for case in vectors["elastic"].as_array().unwrap() {
        let stakes = case["operators"].as_array().unwrap();
        let allocations = case["allocations"].as_array().unwrap();
        for (stake, row) in stakes.iter().zip(allocations) {
            let stake = number(stake);
            let row: Vec<u128> = row.as_array().unwrap().iter().map(number).collect();
            if stake == 0 || row.len() > 3 {
                continue;
            }
            // A unit of the vectors is a million here, so that rounding shows.
            let scale = 1_000_000;
            let pledges: Vec<u128> = row.iter().map(|w| WHOLE / stake * (*w).min(stake)).collect();
            let (mut world, id) = World::pledged(levered(4), stake * scale, &pledges);
            let at = world.epoch_start;
            let mut left = stake * scale;
            let mut weights: Vec<u128> = row.iter().map(|w| w * scale).collect();
            for (index, service) in (1u32..=u32::try_from(row.len()).unwrap()).enumerate() {
                let due = weights[index].min(left);
                let taken = world.slash(id, service, 5_000, at);
                assert!(taken.abs_diff(due / 2) <= 2, "{}: {taken} of {due}", case["id"]);
                left -= taken;
                weights[index] = due - taken;
                for weight in &mut weights {
                    *weight = (*weight).min(left);
                }
                for (number, weight) in (1u32..).zip(&weights) {
                    let found = world.slashable(id, number);
                    assert!(
                        found.abs_diff(*weight) <= 3,
                        "{}: {found} where {weight}",
                        case["id"]
                    );
                }
                checked += 1;
            }
        }
    }
    assert!(checked > 10, "the vectors hold something: {checked}");
}

#[test]
fn an_increase_binds_after_its_delay_and_not_before() {
    let mut world = World::new();
    let id = world.create(1, crate::world::TOKEN, Charter::PLAIN);
    world.deposit(3, id, 1_000).unwrap();
    world.allocate(1, id, 1, WHOLE).unwrap();
    world.block(UP - 1);
    assert_eq!(world.slashable(id, 1), 0);
    world.block(1);
    assert_eq!(world.slashable(id, 1), 1_000);
}

proptest! {
    #[test]
    fn a_slash_of_unique_stake_differs_from_theirs_by_rounding_alone(
        assets in 1u128..1 << 90, max in 1_000_000_000_000..=WHOLE, part in 1u128..=1_000, bps in 1u16..=10_000,
    ) {
        let current = max / 1_000 * part;
        let mark = Mark { assets: Amount::new(assets), magnitude: Magnitude::new(max) };
        let m = Magnitude::new(current);
        let ours = taking(mark, m, (mark, m), Bps::new(bps).unwrap()).unwrap();
        let (d, taken) = eigenlayer(assets, max, current, bps);
        // Never more than theirs; less by a unit of magnitude at most, where that is what the fraction rounds to.
        let (our_d, our_amount) = (Z::from(ours.magnitude.get()), Z::from(ours.amount.get()));
        prop_assert!(our_amount <= taken);
        let unit = Z::from(assets / max + 2);
        prop_assert!(taken - our_amount <= unit, "{taken} and {our_amount}");
        if assets <= max {
            prop_assert_eq!((our_d, our_amount), (d, taken));
        }
    }
}
