//! What was found on paper before the first line, by name.

use crate::world::{PAL, barred, bps, candidate, powers, previous, rules, source, valuations};
use palisade_service_consensus as service;
use primitives::{Amount, Bps};
use service::{Barred, Place, Rules, compute};

const ETH: u32 = 7;

#[test]
fn caps_hand_no_power_to_dust() {
    let known = valuations(&[(PAL, 1_000, 0, 10_000), (ETH, 1_000, 0, 2_000)]);
    let strict = Rules {
        cap: bps(2_000),
        ..rules()
    };
    // Almost everything is one validator's, and of a capped asset.
    let all = || {
        vec![
            candidate(1, &[(1, ETH, 1_000_000)]),
            candidate(2, &[(0, PAL, 1_100)]),
            candidate(3, &[(0, PAL, 1_000)]),
            candidate(4, &[(0, PAL, 11)]),
        ]
    };
    let found = compute(&strict, &known, all(), None).unwrap();
    // Parts of the uncapped whole, once: who holds a thousandth has a thousandth, dust is out, and nobody got what the
    // caps have taken.
    assert_eq!(powers(&found), [(1, 200_422), (2, 1_100)]);
    assert_eq!(found.records[2].1.place, Place::BelowMinimum);
    assert_eq!(found.records[3].1.place, Place::BelowMinimum);
    let free = compute(
        &rules(),
        &valuations(&[(PAL, 1_000, 0, 10_000), (ETH, 1_000, 0, 10_000)]),
        all(),
        None,
    );
    assert_eq!(powers(&free.unwrap())[1], (2, 1_100), "with caps as without");
}

#[test]
fn no_bound_keeps_power_that_nothing_backs() {
    let before = valuations(&[(PAL, 1_000, 0, 10_000), (ETH, 2_000, 0, 10_000)]);
    let first = compute(
        &rules(),
        &before,
        vec![candidate(1, &[(0, PAL, 1_000)]), candidate(2, &[(1, ETH, 500)])],
        None,
    )
    .unwrap();
    assert_eq!(powers(&first), [(1, 1_000), (2, 1_000)]);
    let crash = valuations(&[(PAL, 1_000, 0, 10_000), (ETH, 200, 0, 10_000)]);
    let after = |backing| {
        let all = vec![
            candidate(1, &[(0, PAL, 1_000)]),
            candidate(2, &[(1, ETH, backing)]),
        ];
        powers(&compute(&rules(), &crash, all, Some(&previous(&first))).unwrap())
    };
    // A fall of the price alone: by a tenth of all power, no more.
    assert_eq!(after(500), [(1, 1_000), (2, 800)]);
    // Half of it is gone as well: that half counts for nothing at once, the other is held up by what is beyond the bound.
    assert_eq!(after(250), [(1, 1_000), (2, 300)]);
    // All but a little is gone: nothing holds that up.
    assert_eq!(after(100), [(1, 1_000), (2, 20)]);
    assert_eq!(after(1), [(1, 1_000)]);
}

#[test]
fn slashes_exits_and_jail_count_in_full_and_at_once() {
    let known = valuations(&[(PAL, 1_000, 0, 10_000)]);
    let first = compute(
        &rules(),
        &known,
        vec![candidate(1, &[(0, PAL, 1_000)]), candidate(2, &[(0, PAL, 1_000)])],
        None,
    )
    .unwrap();
    let slashed = vec![candidate(1, &[(0, PAL, 1_000)]), candidate(2, &[(0, PAL, 20)])];
    let found = compute(&rules(), &known, slashed, Some(&previous(&first))).unwrap();
    assert_eq!(powers(&found), [(1, 1_000), (2, 20)]);
    for why in [Barred::Jailed, Barred::NotServing] {
        let out = vec![
            candidate(1, &[(0, PAL, 1_000)]),
            barred(why, candidate(2, &[(0, PAL, 1_000)])),
        ];
        let found = compute(&rules(), &known, out, Some(&previous(&first))).unwrap();
        assert_eq!(powers(&found), [(1, 1_000)]);
        assert_eq!(found.records[1].1.place, Place::Barred(why));
    }
}

#[test]
fn power_rises_by_a_part_of_all_power_per_epoch_whatever_it_rises_by() {
    let known = |price| valuations(&[(PAL, 1_000, 0, 10_000), (ETH, price, 0, 10_000)]);
    let all = |eth| vec![candidate(1, &[(0, PAL, 1_000)]), candidate(2, &[(1, ETH, eth)])];
    let first = compute(&rules(), &known(1_000), all(1_000), None).unwrap();
    let dearer = compute(&rules(), &known(3_000), all(1_000), Some(&previous(&first))).unwrap();
    assert_eq!(powers(&dearer), [(1, 1_000), (2, 1_200)]);
    assert_eq!(
        dearer.records[1].1.capped.get(),
        3_000,
        "and what it would be is told"
    );
    let more = compute(&rules(), &known(1_000), all(5_000), Some(&previous(&first))).unwrap();
    assert_eq!(powers(&more), [(1, 1_000), (2, 1_200)]);
    let again = compute(&rules(), &known(1_000), all(5_000), Some(&previous(&more))).unwrap();
    assert_eq!(powers(&again), [(1, 1_000), (2, 1_420)]);
    // Who is new rises from nothing.
    let mut joined = all(1_000);
    joined.push(candidate(3, &[(0, PAL, 4_000)]));
    let found = compute(&rules(), &known(1_000), joined, Some(&previous(&first))).unwrap();
    assert_eq!(powers(&found), [(1, 1_000), (2, 1_000), (3, 200)]);
}

#[test]
fn caps_bind_what_a_fall_of_prices_holds_up() {
    let known = |price| valuations(&[(PAL, 1_000, 0, 10_000), (ETH, price, 0, 3_000)]);
    let all = || vec![candidate(1, &[(0, PAL, 1_000)]), candidate(2, &[(1, ETH, 1_000)])];
    let first = compute(&rules(), &known(1_000), all(), None).unwrap();
    assert_eq!(powers(&first), [(1, 1_000), (2, 600)]);
    let crash = compute(&rules(), &known(100), all(), Some(&previous(&first))).unwrap();
    // Held up at 1000 - 160 of value; of a whole of 1840 its asset may be 552.
    assert_eq!(crash.records[1].1.value.get(), 840);
    assert_eq!(powers(&crash), [(1, 1_000), (2, 552)]);
}

#[test]
fn an_asset_beyond_its_cap_takes_nobodys_seat() {
    let known = valuations(&[(PAL, 1_000, 0, 10_000), (ETH, 1_000, 0, 1_000)]);
    let mut all: Vec<_> = (1..=4).map(|n| candidate(n, &[(1, ETH, 1_500)])).collect();
    all.extend((5..=8).map(|n| candidate(n, &[(0, PAL, 1_000)])));
    let found = compute(&rules(), &known, all, None).unwrap();
    assert_eq!(powers(&found), [(5, 1_000), (6, 1_000), (7, 1_000), (8, 1_000)]);
    assert!(
        found.records[..4]
            .iter()
            .all(|(_, record)| record.place == Place::NotAmongLargest)
    );
}

#[test]
fn pal_is_one_asset_bonded_or_in_vaults() {
    let known = valuations(&[(PAL, 1_000, 0, 5_000), (ETH, 1_000, 0, 10_000)]);
    let all = vec![
        candidate(1, &[(0, PAL, 400), (1, PAL, 400)]),
        candidate(2, &[(2, ETH, 200)]),
    ];
    let found = compute(&rules(), &known, all, None).unwrap();
    assert_eq!(powers(&found), [(1, 500), (2, 200)]);
    let parts = &found.records[0].1.parts;
    assert_eq!(parts[0].source, source(0));
    assert_eq!((parts[0].counted.get(), parts[1].counted.get()), (250, 250));
}

#[test]
fn what_has_no_price_counts_for_nothing_and_no_price_breaks_a_sum() {
    let known = valuations(&[(PAL, 1_000, 0, 10_000), (ETH, 0, 0, 10_000)]);
    let all = vec![
        candidate(1, &[(0, PAL, 100), (1, ETH, u128::MAX)]),
        candidate(2, &[(2, 9, u128::MAX)]),
    ];
    let found = compute(&rules(), &known, all, None).unwrap();
    assert_eq!(powers(&found), [(1, 100)]);
    let absurd = valuations(&[(PAL, 1_000, 0, 10_000), (ETH, 1_000_000_000_000, 0, 10_000)]);
    let all = (1..=4).map(|n| candidate(n, &[(n, ETH, u128::MAX)])).collect();
    let found = compute(&rules(), &absurd, all, None).unwrap();
    assert_eq!(found.whole.get(), 4 << 96);
    let least = Amount::new(1);
    let few = Rules {
        least,
        cap: Bps::ONE,
        ..rules()
    };
    assert!(
        compute(&few, &absurd, Vec::new(), None)
            .unwrap()
            .powers()
            .is_empty()
    );
}
