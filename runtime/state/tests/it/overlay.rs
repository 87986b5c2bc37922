//! Tables over overlays, nested and failing, against plain maps.

use palisade_state::{Changes, Item, Map, Overlay, Read, State, StateError, Write};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Two tables that lie side by side, the last table that there can be, and one value.
const LOW: Map<(u8, u8), u16> = Map::new([1, 255]);
const HIGH: Map<(u8, u8), u16> = Map::new([2, 0]);
const LAST: Map<(u8, u8), u16> = Map::new([255, 255]);
const ONE: Item<u64> = Item::new([2, 1]);

fn table(number: u8) -> Map<(u8, u8), u16> {
    match number % 3 {
        0 => LOW,
        1 => HIGH,
        _ => LAST,
    }
}

type Model = BTreeMap<(u8, (u8, u8)), u16>;

#[derive(Clone, Debug)]
enum Step {
    Put(u8, (u8, u8), u16),
    Remove(u8, (u8, u8)),
    Part { steps: Vec<Self>, fails: bool },
    Look(u8, (u8, u8), usize),
}

fn step() -> impl Strategy<Value = Step> {
    let edge = prop::sample::select(vec![0u8, 1, 7, 254, 255]);
    let key = (edge.clone(), edge);
    let leaf = prop_oneof![
        3 => (0u8..3, key.clone(), any::<u16>()).prop_map(|(table, key, value)| Step::Put(table, key, value)),
        2 => (0u8..3, key.clone()).prop_map(|(table, key)| Step::Remove(table, key)),
        1 => (0u8..3, key, 0usize..6).prop_map(|(table, key, limit)| Step::Look(table, key, limit)),
    ];
    leaf.prop_recursive(3, 40, 8, |inner| {
        (proptest::collection::vec(inner, 0..8), any::<bool>())
            .prop_map(|(steps, fails)| Step::Part { steps, fails })
    })
}

/// What a table gives is what the model has.
fn look(store: &impl Read, model: &Model, number: u8, key: (u8, u8), limit: usize) {
    let all: Vec<((u8, u8), u16)> = model
        .iter()
        .filter(|((table, _), _)| *table == number)
        .map(|((_, key), value)| (*key, *value))
        .collect();
    let cut = |entries: Vec<((u8, u8), u16)>| Ok(entries.into_iter().take(limit).collect::<Vec<_>>());
    let down: Vec<_> = all.iter().rev().copied().collect();
    let pick = |entries: &[((u8, u8), u16)], wanted: &dyn Fn(&(u8, u8)) -> bool| {
        cut(entries.iter().filter(|(key, _)| wanted(key)).copied().collect())
    };
    let map = table(number);
    assert_eq!(map.get(store, &key), Ok(model.get(&(number, key)).copied()));
    assert_eq!(map.contains(store, &key), Ok(model.contains_key(&(number, key))));
    assert_eq!(map.range(store, None, limit), pick(&all, &|_| true));
    assert_eq!(map.range_back(store, None, limit), pick(&down, &|_| true));
    assert_eq!(
        map.range(store, Some(&key), limit),
        pick(&all, &|found| *found > key)
    );
    assert_eq!(
        map.range_back(store, Some(&key), limit),
        pick(&down, &|found| *found < key)
    );
    let first = key.1;
    assert_eq!(
        map.range_of(store, &first, None, limit),
        pick(&all, &|found| found.0 == first)
    );
    assert_eq!(
        map.range_back_of(store, &first, None, limit),
        pick(&down, &|found| found.0 == first)
    );
    // The cursor may lie outside the prefix.
    let inside = |found: &(u8, u8)| found.0 == first && *found > key;
    assert_eq!(
        map.range_of(store, &first, Some(&key), limit),
        pick(&all, &inside)
    );
    let inside = |found: &(u8, u8)| found.0 == first && *found < key;
    assert_eq!(
        map.range_back_of(store, &first, Some(&key), limit),
        pick(&down, &inside)
    );
    assert_eq!(map.first(store), Ok(all.first().copied()));
    assert_eq!(map.last(store), Ok(all.last().copied()));
}

fn run(overlay: &mut Overlay, model: &mut Model, steps: &[Step]) {
    for step in steps {
        match step {
            Step::Put(number, key, value) => {
                table(*number).put(overlay, key, value).unwrap();
                model.insert((*number, *key), *value);
            }
            Step::Remove(number, key) => {
                table(*number).remove(overlay, key).unwrap();
                model.remove(&(*number, *key));
            }
            Step::Look(number, key, limit) => look(overlay, model, *number, *key, *limit),
            Step::Part { steps, fails } => {
                let before = model.clone();
                let outcome = Overlay::atomically(
                    overlay,
                    |overlay| overlay,
                    |overlay| {
                        run(overlay, model, steps);
                        if *fails { Err(()) } else { Ok(()) }
                    },
                );
                assert_eq!(outcome.is_err(), *fails);
                if *fails {
                    *model = before;
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn an_overlay_is_a_map_whose_failed_parts_never_were(
        blocks in proptest::collection::vec(proptest::collection::vec(step(), 0..25), 1..4),
    ) {
        let mut state = State::new();
        let mut model = Model::new();
        for steps in blocks {
            let mut overlay = Overlay::new(state.clone());
            run(&mut overlay, &mut model, &steps);
            for number in 0..3 {
                look(&overlay, &model, number, (7, 7), 99);
            }
            let changes = overlay.into_changes();
            // In order, each once, none without effect: or `new` would refuse them.
            prop_assert_eq!(Changes::new(changes.as_slice().to_vec()), Some(changes.clone()));
            state = state.apply(&changes).unwrap();
            prop_assert_eq!(state.len(), model.len());
            for number in 0..3 {
                look(&state, &model, number, (7, 7), 99);
            }
        }
    }
}

#[test]
fn a_body_may_put_another_overlay_in_place_of_its_own() {
    let mut overlay = Overlay::new(State::new());
    let outcome: Result<(), ()> = Overlay::atomically(
        &mut overlay,
        |overlay| overlay,
        |overlay| {
            ONE.put(overlay, &1).unwrap();
            Overlay::atomically(
                overlay,
                |overlay| overlay,
                |overlay| {
                    *overlay = Overlay::new(State::new());
                    Err(())
                },
            )
        },
    );
    assert_eq!(outcome, Err(()));
    assert!(overlay.into_changes().is_empty());
}

#[test]
fn writing_what_is_there_already_changes_nothing() {
    let mut overlay = Overlay::new(State::new());
    ONE.put(&mut overlay, &5).unwrap();
    let state = State::new().apply(&overlay.into_changes()).unwrap();
    let mut overlay = Overlay::new(state.clone());
    ONE.put(&mut overlay, &6).unwrap();
    ONE.put(&mut overlay, &5).unwrap();
    LOW.put(&mut overlay, &(1, 1), &1).unwrap();
    LOW.remove(&mut overlay, &(1, 1)).unwrap();
    HIGH.remove(&mut overlay, &(1, 1)).unwrap();
    assert_eq!(overlay.base().root(), state.root());
    assert!(overlay.into_changes().is_empty());
}

#[test]
fn what_does_not_decode_is_corrupt_and_says_where() {
    let mut overlay = Overlay::new(State::new());
    Map::<(u8, u8), u8>::new([1, 255])
        .put(&mut overlay, &(1, 2), &3)
        .unwrap();
    let place = |error| match error {
        StateError::Corrupt { module, table, .. } => (module, table),
        other => panic!("{other}"),
    };
    assert_eq!(place(LOW.get(&overlay, &(1, 2)).unwrap_err()), (1, 255));
    assert_eq!(place(LOW.range(&overlay, None, 1).unwrap_err()), (1, 255));
    Map::<u8, u16>::new([2, 0]).put(&mut overlay, &1, &3).unwrap();
    assert_eq!(place(HIGH.range(&overlay, None, 1).unwrap_err()), (2, 0));
    Map::<(u8, u8, u8), u16>::new([255, 255])
        .put(&mut overlay, &(1, 1, 1), &3)
        .unwrap();
    assert_eq!(place(LAST.range(&overlay, None, 1).unwrap_err()), (255, 255));
    assert_eq!(place(ONE.require(&overlay).unwrap_err()), (2, 1));
}

#[test]
fn items_and_defaults() {
    let mut overlay = Overlay::new(State::new());
    assert_eq!(ONE.get(&overlay), Ok(None));
    assert_eq!(ONE.or_default(&overlay), Ok(0));
    assert_eq!(LOW.or_default(&overlay, &(1, 1)), Ok(0));
    let store: &mut dyn Write = &mut overlay;
    ONE.put(store, &7).unwrap();
    assert_eq!(ONE.require(store), Ok(7));
    assert_eq!(ONE.raw_key(), [2, 1]);
    assert_eq!(LOW.raw_key(&(3, 4)), [1, 255, 3, 4]);
    ONE.remove(store).unwrap();
    assert_eq!(ONE.get(&overlay), Ok(None));
}
