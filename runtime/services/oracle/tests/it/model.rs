//! Rounds of any stakes, values and absences, against a model on paper that shares no code: it counts heads.

use crate::world::{CLIENT, FEES, World, rules};
use palisade_oracle::Rules;
use primitives::{Amount, Bps};
use proptest::prelude::*;

/// What a round comes to by the rules in words.
#[derive(Debug, PartialEq, Eq)]
struct Expected {
    price: Option<u128>,
    paid: Vec<u128>,
    back: u128,
}

fn on_paper(stakes: &[u128], values: &[Option<u128>], tolerance: u128, fee: u128) -> Expected {
    let mut crowd = Vec::new();
    for (stake, value) in stakes.iter().zip(values) {
        for _ in 0..*stake {
            crowd.extend(*value);
        }
    }
    crowd.sort_unstable();
    let all = stakes.iter().copied().fold(0, u128::saturating_add);
    let all = usize::try_from(all).unwrap();
    if crowd.len() * 3 < all * 2 {
        return Expected {
            price: None,
            paid: vec![0; stakes.len()],
            back: fee,
        };
    }
    let price = crowd[(crowd.len() - 1) >> 1];
    let near =
        |value: &Option<u128>| value.is_some_and(|value| value.abs_diff(price) * 10_000 <= price * tolerance);
    let sharing: u128 = stakes
        .iter()
        .zip(values)
        .filter(|(_, value)| near(value))
        .fold(0, |sum, (stake, _)| sum + stake);
    let paid: Vec<u128> = stakes
        .iter()
        .zip(values)
        .map(|(stake, value)| {
            if near(value) {
                (fee * stake).checked_div(sharing).unwrap()
            } else {
                0
            }
        })
        .collect();
    let back = paid.iter().fold(fee, |left, part| left - part);
    Expected {
        price: Some(price),
        paid,
        back,
    }
}

fn stated() -> impl Strategy<Value = (u128, Option<u128>)> {
    (1u128..40, prop::option::weighted(0.85, 90u128..110))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn rounds_come_to_what_the_model_says(
        operators in prop::collection::vec(stated(), 2..7),
        tolerance in 0u16..1_500,
        fee in 1u128..5_000,
    ) {
        let (stakes, values): (Vec<u128>, Vec<Option<u128>>) = operators.into_iter().unzip();
        let mut world = World::with(&stakes, dss::Kind::Oracle);
        let mut feed = Rules {
            tolerance: Bps::new(tolerance).unwrap(),
            ..rules()
        };
        feed.fee.amount = Amount::new(fee);
        world.create(feed).unwrap();
        world.fund(CLIENT, fee).unwrap();
        let before = world.held(CLIENT, FEES);
        world.pass(1_000);
        let outcome = world.play(&values);
        let expected = on_paper(&stakes, &values, u128::from(tolerance), fee);
        let paid: Vec<u128> = (1u8..).take(stakes.len()).map(|n| world.held(n, FEES)).collect();
        let found = Expected {
            price: outcome.price,
            back: world.held(CLIENT, FEES) - before,
            paid,
        };
        prop_assert_eq!(found, expected);
    }
}
