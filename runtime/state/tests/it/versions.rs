use crate::{Entries, difference, version};
use core::ops::Bound;
use palisade_state::{Bytes, Change, Changes, Order, State, StateError};
use primitives::codec::{decode, encode};
use proptest::prelude::*;

fn entries() -> impl Strategy<Value = Entries> {
    let key = proptest::collection::vec(prop::sample::select(vec![0u8, 1, 254, 255]), 0..4);
    let value = (any::<u8>(), 0usize..80).prop_map(|(byte, length)| vec![byte; length]);
    proptest::collection::btree_map(key, value, 0..30)
}

fn bound() -> impl Strategy<Value = Bound<Vec<u8>>> {
    let key = proptest::collection::vec(prop::sample::select(vec![0u8, 1, 254, 255]), 0..4);
    (0u8..3, key).prop_map(|(kind, key)| match kind {
        0 => Bound::Unbounded,
        1 => Bound::Included(key),
        _ => Bound::Excluded(key),
    })
}

fn as_slice(bound: &Bound<Vec<u8>>) -> Bound<&[u8]> {
    bound.as_ref().map(Vec::as_slice)
}

/// Whether `key` lies between the bounds.
fn lies(key: &[u8], start: &Bound<Vec<u8>>, end: &Bound<Vec<u8>>) -> bool {
    let above = match start {
        Bound::Included(start) => key >= start.as_slice(),
        Bound::Excluded(start) => key > start.as_slice(),
        Bound::Unbounded => true,
    };
    let below = match end {
        Bound::Included(end) => key <= end.as_slice(),
        Bound::Excluded(end) => key < end.as_slice(),
        Bound::Unbounded => true,
    };
    above && below
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_version_is_its_entries_and_not_its_history(
        stages in proptest::collection::vec(entries(), 1..6),
        order in any::<prop::sample::Index>(),
    ) {
        let mut states = vec![State::new()];
        let mut before = Entries::new();
        for after in &stages {
            let changes = difference(&before, after);
            let stored = encode(&changes);
            prop_assert_eq!(stored.len(), changes.size());
            prop_assert_eq!(decode::<Changes>(&stored), Ok(changes.clone()));
            let state = states.last().unwrap().apply(&changes).unwrap();
            prop_assert_eq!(state.root(), version(after).root());
            prop_assert_eq!(state.len(), after.len());
            // Stepping back gives the version before, and forth again this one.
            let back = state.apply(&changes.undo()).unwrap();
            prop_assert_eq!(back.root(), states.last().unwrap().root());
            prop_assert_eq!(&changes.undo().undo(), &changes);
            states.push(state);
            before = after.clone();
        }
        // Older versions are what they were; dropping one leaves the others.
        states.remove(order.index(states.len()));
        for state in &states[1..] {
            let found: Entries = state
                .range(Bound::Unbounded, Bound::Unbounded, usize::MAX, Order::Ascending)
                .into_iter()
                .map(|(key, value)| (key.to_vec(), value.to_vec()))
                .collect();
            prop_assert_eq!(state.root(), version(&found).root());
            prop_assert!(found.is_empty() || stages.contains(&found));
        }
    }

    #[test]
    fn the_order_of_loading_does_not_matter(entries in entries(), seed in any::<u64>()) {
        let mut shuffled: Vec<_> = entries.iter().collect();
        shuffled.sort_by_key(|(key, _)| crypto::hash::sha256(&[&seed.to_be_bytes(), key.as_slice()]));
        let twice = shuffled.iter().map(|(key, _)| (Bytes::from(key.as_slice()), Bytes::from(vec![1, 2, 3])));
        let real = shuffled.iter().map(|(key, value)| (Bytes::from(key.as_slice()), Bytes::from(value.as_slice())));
        let state: State = twice.chain(real).collect();
        prop_assert_eq!(state.root(), version(&entries).root());
        prop_assert_eq!(state.len(), entries.len());
        let single = shuffled.iter().fold(State::new(), |state, (key, value)| {
            let one = Entries::from([((*key).clone(), (*value).clone())]);
            state.apply(&difference(&Entries::new(), &one)).unwrap()
        });
        prop_assert_eq!(single.root(), state.root());
    }

    #[test]
    fn a_range_is_what_lies_between_its_bounds(
        entries in entries(), start in bound(), end in bound(), limit in 0usize..12,
    ) {
        let state = version(&entries);
        let mut expected: Vec<_> = entries
            .iter()
            .filter(|(key, _)| lies(key, &start, &end))
            .map(|(key, value)| (key.as_slice(), value.as_slice()))
            .collect();
        for order in [Order::Ascending, Order::Descending] {
            let found = state.range(as_slice(&start), as_slice(&end), limit, order);
            prop_assert_eq!(&found[..], &expected[..limit.min(expected.len())]);
            expected.reverse();
        }
    }

    #[test]
    fn changes_from_another_version_are_refused(before in entries(), after in entries(), third in entries()) {
        let changes = difference(&before, &after);
        let wrong = changes.as_slice().iter().find(|change| {
            third.get(change.key.as_ref()).map(Vec::as_slice) != change.old.as_ref().map(AsRef::as_ref)
        });
        let outcome = version(&third).apply(&changes);
        match wrong {
            None => prop_assert!(outcome.is_ok()),
            Some(_) => {
                let refused = matches!(outcome, Err(StateError::WrongBase { .. }));
                prop_assert!(refused);
            }
        }
    }

    #[test]
    fn damaged_changes_decode_to_changes_that_encode_so_or_not_at_all(
        before in entries(), after in entries(), position in any::<prop::sample::Index>(), bit in 0u8..8,
    ) {
        let mut stored = encode(&difference(&before, &after));
        let position = position.index(stored.len());
        stored[position] ^= 1 << bit;
        if let Ok(changes) = decode::<Changes>(&stored) {
            prop_assert_eq!(encode(&changes), stored);
        }
    }
}

#[test]
fn changes_out_of_order_or_without_effect_are_none() {
    let change = |key: &[u8], old: Option<u8>, new: Option<u8>| Change {
        key: Bytes::from(key),
        old: old.map(|byte| Bytes::from(vec![byte])),
        new: new.map(|byte| Bytes::from(vec![byte])),
    };
    let good = vec![change(b"a", None, Some(1)), change(b"b", Some(1), None)];
    assert_eq!(Changes::new(good.clone()).unwrap().as_slice(), good);
    for bad in [
        vec![good[1].clone(), good[0].clone()],
        vec![good[0].clone(), good[0].clone()],
        vec![change(b"a", Some(1), Some(1))],
        vec![change(b"a", None, None)],
    ] {
        assert_eq!(Changes::new(bad.clone()), None);
        assert!(decode::<Changes>(&encode(&bad)).is_err());
    }
}

#[test]
fn versions_are_read_from_other_threads() {
    let entries: Entries = (0u8..200).map(|byte| (vec![byte], vec![byte; 50])).collect();
    let state = version(&entries);
    let root = state.root();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            let state = state.clone();
            let entries = &entries;
            scope.spawn(move || {
                for (key, value) in entries {
                    assert_eq!(state.get(key), Some(value.as_slice()));
                    assert_eq!(state.prove(key).unwrap().verify(&root, key, Some(value)), Ok(()));
                }
            });
        }
        let emptied = state.apply(&difference(&entries, &Entries::new())).unwrap();
        assert!(emptied.is_empty() && emptied.root().is_zero());
    });
}
