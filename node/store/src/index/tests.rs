use super::*;
use crate::engine::Memory;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn add(index: &Index, entries: &BTreeSet<u128>, height: u64) {
    let sorted: Vec<u128> = entries.iter().copied().collect();
    index.add(Height::new(height), Arc::from(sorted));
    let staged = index.stage(Height::new(height)).unwrap();
    index.engine.flush().unwrap();
    index.publish(staged).unwrap();
    index.engine.flush().unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_was_added_is_found_through_every_merge_and_restart(
        rounds in proptest::collection::vec(
            proptest::collection::vec((0u64..40, 0u32..1_000), 0..60), 1..90),
        reopen_every in 1usize..20,
        limit in 1usize..50,
    ) {
        let engine = Arc::new(Memory::default());
        let mut index = Index::open(engine.clone()).unwrap();
        let mut all: BTreeSet<(u64, u64)> = BTreeSet::new();
        for (height, round) in rounds.iter().enumerate() {
            let mut entries = BTreeSet::new();
            for (term, number) in round {
                let position = Position::new(Height::new(height as u64), *number);
                entries.insert(entry(Term::event(*term << 40), position));
                all.insert((*term, position.0));
            }
            add(&index, &entries, height as u64);
            while index.merge().unwrap() {}
            if height % reopen_every == 0 {
                index = Index::open(engine.clone()).unwrap();
                prop_assert_eq!(index.indexed(), Some(Height::new(height as u64)));
            }
        }
        for term in 0..40u64 {
            let from = Position::new(Height::new(rounds.len() as u64 / 3), 0);
            let expected: Vec<u64> = all
                .iter()
                .filter(|(other, position)| *other == term && *position >= from.0)
                .map(|(_, position)| *position)
                .take(limit)
                .collect();
            let found = index.find(Term::event(term << 40), from, limit).unwrap();
            prop_assert_eq!(found.iter().map(|position| position.0).collect::<Vec<_>>(), expected);
        }
        let runs: usize = index.inner.read().manifest.levels.iter().map(Vec::len).sum();
        prop_assert!(runs < 3 * FAN_OUT, "{} runs", runs);
    }
}

#[test]
fn a_run_of_many_chunks_is_found_in_from_any_place() {
    let engine = Arc::new(Memory::default());
    let index = Index::open(engine).unwrap();
    let term = Term::event(77 << 40);
    let many: BTreeSet<u128> = (0..20_000)
        .map(|n| entry(term, Position::new(Height::new(3), n)))
        .collect();
    add(&index, &many, 3);
    for from in [0u32, 1, 3_839, 3_840, 3_841, 19_999] {
        let found = index
            .find(term, Position::new(Height::new(3), from), 5_000)
            .unwrap();
        let expected: Vec<u32> = (from..20_000).take(5_000).collect();
        assert_eq!(
            found.iter().map(|position| position.number()).collect::<Vec<_>>(),
            expected
        );
    }
    let other = index.find(Term::event(78 << 40), Position::new(Height::ZERO, 0), 9);
    assert_eq!(other.unwrap(), []);
}

#[test]
fn an_unfinished_run_leaves_nothing_behind() {
    let engine = Arc::new(Memory::default());
    let index = Index::open(engine.clone()).unwrap();
    let term = Term::event(5);
    index.add(
        Height::new(1),
        Arc::from([entry(term, Position::new(Height::new(1), 0))]),
    );
    let staged = index.stage(Height::new(1)).unwrap();
    drop(staged);
    assert_eq!(engine.keys(Tree::Index).len(), 1);
    let index = Index::open(engine.clone()).unwrap();
    assert!(engine.keys(Tree::Index).is_empty());
    assert_eq!(index.indexed(), None);
}

#[test]
fn a_damaged_chunk_is_said_to_be_damaged() {
    let engine = Arc::new(Memory::default());
    let index = Index::open(engine.clone()).unwrap();
    let (term, position) = (Term::event(5), Position::new(Height::new(1), 0));
    add(&index, &BTreeSet::from([entry(term, position)]), 1);
    assert!(engine.damage(Tree::Index, &key::run_chunk(0, entry(term, position)), 9));
    let error = index.find(term, position, 1).unwrap_err();
    assert_eq!(error.exit_code(), 22);
}

#[test]
fn runs_of_pruned_blocks_go_and_others_lose_their_entries() {
    let index = Index::open(Arc::new(Memory::default())).unwrap();
    let entries = |height| {
        let position = Position::new(Height::new(height), 0);
        BTreeSet::from([entry(Term::event(7 << 40), position)])
    };
    for height in 1..=21 {
        add(&index, &entries(height), height);
        while index.merge().unwrap() {}
    }
    index.forget(Height::new(13));
    for height in 22..=24 {
        add(&index, &entries(height), height);
        while index.merge().unwrap() {}
    }
    // Of the three runs of eight blocks the first is gone; the second was written before, and stays whole.
    let kept: u64 = index
        .inner
        .read()
        .manifest
        .levels
        .iter()
        .flatten()
        .map(|run| run.entries)
        .sum();
    assert_eq!(kept, 16);
    for height in 25..=72 {
        add(&index, &entries(height), height);
        while index.merge().unwrap() {}
    }
    let found = index
        .find(Term::event(7 << 40), Position::new(Height::ZERO, 0), 99)
        .unwrap();
    let heights: Vec<u64> = found.iter().map(|position| position.height().get()).collect();
    assert_eq!(heights, (13..=72).collect::<Vec<_>>());
}
