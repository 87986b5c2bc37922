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
        assert_eq!(taken, left * bps / 10_000);
        left -= taken;
        for other in 1..=3 {
            assert_eq!(world.slashable(id, other), left, "everybody has what is left");
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

/// A unit of the vectors here: thresholds of a half and of two thirds divide it, and rounding would show.
const UNIT: u128 = 6_000_000;

/// What each operator has, and what each has pledged to each service, in units of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Network {
    stakes: Vec<u128>,
    pledges: Vec<Vec<u128>>,
}

/// A service's prize and its threshold.
type Prize = (u128, (u128, u128));

impl Network {
    /// The vector's own.
    fn of(case: &Value) -> Self {
        let all = |value: &Value| -> Vec<u128> {
            let numbers = value.as_array().unwrap().iter().map(number);
            numbers.map(|one| one * UNIT).collect()
        };
        Self {
            stakes: all(&case["operators"]),
            pledges: case["allocations"].as_array().unwrap().iter().map(all).collect(),
        }
    }

    /// What is left once each of `failed` has slashed all that was pledged to it: `σ' = max(0, σ − Σ w)`, and every pledge
    /// stretches to `min(w, σ')` (risk.md, section 1.10).
    fn after(&self, failed: &[usize]) -> Self {
        let mut left = self.clone();
        for (stake, row) in left.stakes.iter_mut().zip(&mut left.pledges) {
            *stake = stake.saturating_sub(
                failed
                    .iter()
                    .map(|service| row[*service])
                    .fold(0, u128::saturating_add),
            );
            for (service, pledge) in row.iter_mut().enumerate() {
                *pledge = if failed.contains(&service) {
                    0
                } else {
                    (*pledge).min(*stake)
                };
            }
        }
        left
    }

    /// The most that an attack on some of `services` gains: prizes less
    /// `min over F of σ_F + Σ max(0, θ W − w_F)`; none where there is nothing to attack.
    fn best_attack(&self, prizes: &[Prize], services: &[usize]) -> Option<i128> {
        let subsets =
            |of: usize| (0..1usize << of).map(move |bits| (0..of).filter(move |n| bits >> n & 1 == 1));
        let mut best = None;
        for chosen in subsets(services.len()) {
            let attacked: Vec<usize> = chosen.map(|place| services[place]).collect();
            if attacked.is_empty() {
                continue;
            }
            let prize: u128 = attacked
                .iter()
                .map(|one| prizes[*one].0)
                .fold(0, u128::saturating_add);
            let cost = |whole: Vec<usize>| {
                let mut cost: u128 = whole
                    .iter()
                    .map(|one| self.stakes[*one])
                    .fold(0, u128::saturating_add);
                for service in &attacked {
                    let all = self
                        .pledges
                        .iter()
                        .map(|row| row[*service])
                        .fold(0, u128::saturating_add);
                    let theirs = whole
                        .iter()
                        .map(|one| self.pledges[*one][*service])
                        .fold(0, u128::saturating_add);
                    let (n, d) = prizes[*service].1;
                    cost += (all * n / d).saturating_sub(theirs);
                }
                cost
            };
            let least = subsets(self.stakes.len())
                .map(|whole| cost(whole.collect()))
                .min()
                .unwrap();
            let net = i128::try_from(prize).unwrap() - i128::try_from(least).unwrap();
            best = best.max(Some(net));
        }
        best
    }
}

/// The chain's vaults, one per operator of the vector, pledged as the vector says.
fn pledge(network: &Network) -> Vec<(World, vaults::VaultId)> {
    let rows = network.stakes.iter().zip(&network.pledges);
    let vault = |(stake, row): (&u128, &Vec<u128>)| {
        // The least magnitude that is worth the pledge.
        let magnitudes: Vec<u128> = row
            .iter()
            .map(|pledge| (WHOLE * pledge).div_ceil(*stake))
            .collect();
        World::pledged(levered(4), *stake, &magnitudes)
    };
    rows.map(vault).collect()
}

/// What the chain says that there is.
fn on_chain(vaults: &[(World, vaults::VaultId)], services: usize) -> Network {
    let numbers = 1..=u32::try_from(services).unwrap();
    Network {
        stakes: vaults.iter().map(|(world, id)| world.assets_of(*id)).collect(),
        pledges: vaults
            .iter()
            .map(|(world, id)| {
                numbers
                    .clone()
                    .map(|number| world.slashable(*id, number))
                    .collect()
            })
            .collect(),
    }
}

fn fraction(text: &str) -> (i128, i128) {
    let (n, d) = text.split_once('/').unwrap();
    (n.parse().unwrap(), d.parse().unwrap())
}

/// Every elastic vector: what is pledged, what is left when any of its services slash everything in any order, what the
/// best attack gains on that, and how much of the network may fail before it is insecure. To the unit, by what the chain
/// says is slashable.
#[test]
fn the_elastic_vectors_hold() {
    let Some(vectors) = fixture() else { return };
    let cases = vectors["elastic"].as_array().unwrap();
    assert_eq!(cases.len(), 6, "each of them is looked at");
    for case in cases {
        let id = &case["id"];
        let network = Network::of(case);
        let prizes: Vec<Prize> = case["services"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| {
                (
                    number(&one["profit"]) * UNIT,
                    (number(&one["theta"][0]), number(&one["theta"][1])),
                )
            })
            .collect();
        let expected = &case["expect"];
        let all: Vec<usize> = (0..prizes.len()).collect();
        let start = on_chain(&pledge(&network), prizes.len());
        assert_eq!(start, network, "{id}");
        let gain = start.best_attack(&prizes, &all).unwrap();
        let (n, d) = fraction(expected["max_net_profit"].as_str().unwrap());
        assert_eq!(gain * d, n * i128::try_from(UNIT).unwrap(), "{id}");
        assert_eq!(
            gain < 0,
            expected["secure_strict_elastic"].as_bool().unwrap(),
            "{id}"
        );
        assert_eq!(gain <= 0, expected["secure_ties_ok"].as_bool().unwrap(), "{id}");
        // What a service counts for when it fails: its prize by its threshold, in sixths.
        let weigh = |services: &[usize]| {
            let weight = |one: &usize| prizes[*one].0 * 6 * prizes[*one].1.1 / prizes[*one].1.0;
            services.iter().map(weight).fold(0, u128::saturating_add)
        };
        let mut least = weigh(&all);
        for bits in 0..1usize << all.len() {
            let failed: Vec<usize> = all.iter().copied().filter(|n| bits >> n & 1 == 1).collect();
            let others: Vec<usize> = all.iter().copied().filter(|n| bits >> n & 1 == 0).collect();
            let left = network.after(&failed);
            for order in [failed.clone(), failed.iter().rev().copied().collect()] {
                let mut vaults = pledge(&network);
                for (world, vault) in &mut vaults {
                    let at = world.epoch_start;
                    for service in &order {
                        world.slash(*vault, u32::try_from(*service).unwrap() + 1, 10_000, at);
                    }
                }
                assert_eq!(on_chain(&vaults, prizes.len()), left, "{id}: {order:?} fail");
            }
            if left.best_attack(&prizes, &others).is_some_and(|gain| gain >= 0) {
                least = least.min(weigh(&failed));
            }
        }
        let (n, d) = fraction(expected["robustness_weight_fraction"].as_str().unwrap());
        let (least, whole) = (
            i128::try_from(least).unwrap(),
            i128::try_from(weigh(&all)).unwrap(),
        );
        assert_eq!(least * d, n * whole, "{id}");
    }
}

/// Half of each pledge of each vector, one service after the other: what is left of the others is untouched until the
/// vault is smaller.
#[test]
fn half_of_each_pledge_of_the_vectors_is_taken_to_the_unit() {
    let Some(vectors) = fixture() else { return };
    for case in vectors["elastic"].as_array().unwrap() {
        let mut network = Network::of(case);
        for (place, (world, id)) in pledge(&network).iter_mut().enumerate() {
            let (stake, row) = (&mut network.stakes[place], &mut network.pledges[place]);
            let at = world.epoch_start;
            for service in 0..row.len() {
                let taken = world.slash(*id, u32::try_from(service).unwrap() + 1, 5_000, at);
                let half = row[service] / 2;
                assert!(
                    taken <= half && taken + 1 >= half,
                    "{}: {taken} of {half}",
                    case["id"]
                );
                *stake -= taken;
                row[service] -= taken;
                for (number, pledge) in (1u32..).zip(row.iter_mut()) {
                    *pledge = (*pledge).min(*stake);
                    let found = world.slashable(*id, number);
                    assert!(
                        found.abs_diff(*pledge) <= 1,
                        "{}: {found} where {pledge}",
                        case["id"]
                    );
                }
            }
        }
    }
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
