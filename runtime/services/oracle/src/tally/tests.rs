//! The median against one that counts heads.

use super::*;
use proptest::prelude::*;

fn votes(pairs: &[(u128, u128)]) -> Vec<Vote> {
    let each = pairs.iter().enumerate();
    each.map(|(seat, (value, weight))| Vote {
        seat: u8::try_from(seat).unwrap(),
        value: *value,
        weight: *weight,
    })
    .collect()
}

#[test]
fn the_median_is_the_lowest_value_that_half_of_the_weight_does_not_exceed() {
    assert_eq!(median(&[]), None);
    assert_eq!(median(&votes(&[(5, 0)])), None);
    assert_eq!(median(&votes(&[(5, 1)])), Some(5));
    assert_eq!(median(&votes(&[(9, 1), (5, 1)])), Some(5));
    assert_eq!(median(&votes(&[(9, 2), (5, 1)])), Some(9));
    assert_eq!(median(&votes(&[(1, 1), (100, 1), (7, 1)])), Some(7));
    assert_eq!(median(&votes(&[(3, u128::MAX), (1, 0)])), Some(3));
}

#[test]
fn two_thirds_are_counted_up() {
    assert_eq!(quorum(3), Ok(2));
    assert_eq!(quorum(4), Ok(3));
    assert_eq!(quorum(100), Ok(67));
    assert!(quorum(u128::MAX).is_ok());
}

#[test]
fn nearness_counts_both_sides_and_its_edge() {
    let one_percent = Bps::new(100).unwrap();
    for (value, near) in [(99, true), (101, true), (98, false), (102, false)] {
        assert_eq!(is_near(value, 100, one_percent), Ok(near), "{value}");
    }
    assert_eq!(is_near(100, 100, Bps::ZERO), Ok(true));
    assert_eq!(is_near(200, 100, Bps::ONE), Ok(true));
}

proptest! {
    #[test]
    fn it_is_the_middle_of_a_crowd_in_which_each_stands_as_often_as_it_weighs(
        pairs in prop::collection::vec((1u128..50, 0u128..20), 1..12)
    ) {
        let mut crowd: Vec<u128> = Vec::new();
        for (value, weight) in &pairs {
            for _ in 0..*weight {
                crowd.push(*value);
            }
        }
        crowd.sort_unstable();
        // The lower one of the two in the middle.
        let middle = crowd.len().checked_sub(1).map(|last| last >> 1);
        let expected = middle.and_then(|middle| crowd.get(middle)).copied();
        prop_assert_eq!(median(&votes(&pairs)), expected);
    }

    #[test]
    fn less_than_half_of_the_weight_moves_it_no_further_than_the_rest_states(
        honest in prop::collection::vec((1_000u128..1_100, 1u128..20), 1..8),
        liar in 1u128..1_000_000,
    ) {
        let held: u128 = honest.iter().map(|(_, weight)| *weight).fold(0, u128::saturating_add);
        let mut all = honest.clone();
        all.push((liar, held.saturating_sub(1)));
        let stated = median(&votes(&all)).unwrap();
        let least = honest.iter().map(|(value, _)| *value).min().unwrap();
        let most = honest.iter().map(|(value, _)| *value).max().unwrap();
        prop_assert!(least <= stated && stated <= most, "{}", stated);
    }
}
