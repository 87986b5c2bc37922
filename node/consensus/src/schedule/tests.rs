#![allow(clippy::arithmetic_side_effects, reason = "tests state small figures")]

use super::*;
use crate::machine::tests::committee;
use proptest::prelude::*;

const CHAIN: ChainHash = ChainHash::new([7; 32]);

fn leaders(weights: &[u64], randomness: u8, views: u64) -> Vec<u16> {
    let set = committee(3, 0, weights);
    let mut schedule = Schedule::new(&CHAIN, &set, &Draw::of(Digest::new([randomness; 32])));
    schedule.extend_to(View::new(views));
    let first = views.saturating_sub(KEPT) + 1;
    (first..=views)
        .map(|view| schedule.leader(View::new(view)).unwrap().get())
        .collect()
}

#[test]
fn it_is_fixed_by_the_seed_and_by_nothing_else() {
    let weights = [3, 1, 4, 1, 5];
    assert_eq!(leaders(&weights, 1, 100), leaders(&weights, 1, 100));
    assert_ne!(leaders(&weights, 1, 100), leaders(&weights, 2, 100));
}

#[test]
fn it_does_not_matter_in_which_steps_it_is_extended() {
    let set = committee(3, 0, &[3, 1, 4]);
    let mut steps = Schedule::new(&CHAIN, &set, &Draw::default());
    let mut once = Schedule::new(&CHAIN, &set, &Draw::default());
    once.extend_to(View::new(50));
    for view in [3, 2, 10, 10, 49, 50] {
        steps.extend_to(View::new(view));
    }
    assert_eq!(steps.leaders, once.leaders);
}

#[test]
fn a_leader_that_failed_has_a_hundredth_of_its_turns() {
    let set = committee(3, 0, &[50; 4]);
    let draw = Draw {
        reputation: vec![100, 1, 10],
        ..Draw::default()
    };
    let mut schedule = Schedule::new(&CHAIN, &set, &draw);
    let mut led = [0u32; 4];
    for view in 1..=2_110 {
        schedule.extend_to(View::new(view));
        led[usize::from(schedule.leader(View::new(view)).unwrap().get())] += 1;
    }
    // 100 + 1 + 10 + 100: whoever is not named has a full share.
    let off = led
        .iter()
        .zip([1_000u32, 10, 100, 1_000])
        .map(|(led, due)| led.abs_diff(due));
    assert!(off.max() <= Some(2), "{led:?}");
}

#[test]
fn equal_weights_take_turns() {
    let order = leaders(&[7; 5], 9, 50);
    for (early, late) in order.iter().zip(order.iter().skip(5)) {
        assert_eq!(early, late);
    }
}

#[test]
fn old_leaders_are_forgotten_and_nobody_leads_view_zero() {
    let set = committee(3, 0, &[1, 1]);
    let mut schedule = Schedule::new(&CHAIN, &set, &Draw::default());
    schedule.extend_to(View::new(2_000));
    assert_eq!(schedule.leader(View::ZERO), None);
    assert_eq!(schedule.leader(View::new(2_000 - KEPT)), None);
    assert!(schedule.leader(View::new(2_001 - KEPT)).is_some());
    assert_eq!(schedule.leader(View::new(2_001)), None);
    assert_eq!(u64::try_from(schedule.leaders.len()).unwrap(), KEPT);
}

proptest! {
    /// In any first N views a validator of weight w leads N·w/W of them, give or take two.
    #[test]
    fn everybody_leads_in_proportion_to_its_weight(
        weights in proptest::collection::vec(1u64..1_000, 1..12),
        randomness in any::<u8>(),
        views in 1u64..KEPT,
    ) {
        let order = leaders(&weights, randomness, views);
        let total: u64 = weights.iter().sum();
        for (index, weight) in (0u16..).zip(&weights) {
            let led = u64::try_from(order.iter().filter(|leader| **leader == index).count()).unwrap();
            let off = (led * total).abs_diff(views * weight);
            prop_assert!(off <= 2 * total, "{led} of {views} views for {weight} of {total}");
        }
    }
}
