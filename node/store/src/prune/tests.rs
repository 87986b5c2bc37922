use super::*;
use crate::engine::{Crash, Fault, Memory};
use crate::fixture::{Builder, initialized, open};
use crate::store::tests::check_all;
use crate::{CommittedBlock, EventPosition};
use primitives::Epoch;
use proptest::prelude::*;
use std::sync::Arc;

fn grown(count: usize) -> (Arc<Memory>, Store, Builder, Vec<CommittedBlock>) {
    let (engine, store, mut builder) = initialized();
    let blocks: Vec<CommittedBlock> = (0..count).map(|_| builder.next()).collect();
    store.commit(blocks.clone()).unwrap();
    store.settle().unwrap();
    (engine, store, builder, blocks)
}

fn all_the_way(_: Duration) -> bool {
    true
}

/// Nothing of the pruned blocks is found by any way there is; their epochs' ends are.
fn check_gone(store: &Store, blocks: &[CommittedBlock]) {
    for block in blocks {
        let height = block.block.header.height;
        assert!(store.head(height).unwrap().is_none() && store.block(height).unwrap().is_none());
        assert!(store.changes(height).unwrap().is_none() && store.receipts(height).unwrap().is_none());
        assert_eq!(store.height_of(&block.hash).unwrap(), None);
        for id in &block.transactions {
            assert_eq!(store.transaction(id).unwrap(), None);
        }
        if let Some(next) = &block.next_validators {
            assert_eq!(store.validator_set(next.epoch).unwrap().as_ref(), Some(next));
            let end = store.hand_overs(block.block.header.epoch, 1).unwrap().remove(0);
            assert_eq!(end.header, block.block.header);
        }
    }
}

#[test]
fn what_is_pruned_is_gone_and_what_verifiers_need_stays() {
    let (engine, store, builder, blocks) = grown(30);
    let before = store.space().unwrap();
    let pruned = store.prune(Height::new(21), &all_the_way).unwrap();
    assert_eq!((pruned.earliest.get(), pruned.blocks), (21, 21));
    assert!(pruned.bytes > 0);
    let space = store.space().unwrap();
    assert!(space.live + pruned.bytes == before.live && space.on_disk < before.on_disk);
    let check = |store: &Store| {
        assert_eq!(store.earliest().get(), 21);
        check_gone(store, &blocks[..20]);
        check_all(store, &blocks[20..]);
        assert_eq!(store.hand_overs(Epoch::ZERO, 99).unwrap().len(), 6);
        let genesis = builder.genesis().header;
        assert_eq!(store.header(Height::ZERO).unwrap(), Some(genesis.clone()));
        assert_eq!(store.height_of(&genesis.hash()).unwrap(), Some(Height::ZERO));
    };
    check(&store);
    drop(store);
    let (store, recovered) = open(engine).unwrap();
    assert_eq!(recovered.state.root(), builder.state.root());
    check(&store);
}

#[test]
fn a_state_below_the_window_says_which_the_first_is() {
    let (_, store, builder, _) = grown(20);
    store.prune(Height::new(11), &all_the_way).unwrap();
    let state = |height| store.state_at(Height::new(height), Height::new(20), &builder.state);
    assert_eq!(state(11).unwrap().root(), builder.states[11].root());
    assert_eq!(state(10).unwrap().root(), builder.states[10].root());
    match state(9) {
        Err(StoreError::Unavailable { asked, earliest, .. }) => {
            assert_eq!((asked.get(), earliest.get()), (9, 11));
        }
        other => panic!("{:?}", other.map(|state| state.root())),
    }
}

#[test]
fn what_a_restart_replays_is_never_pruned() {
    let (engine, store, mut builder, mut blocks) = grown(10);
    // A crash right after: the leaves of the new blocks may be on disk or not.
    let more: Vec<CommittedBlock> = (0..4).map(|_| builder.next()).collect();
    store.commit(more.clone()).unwrap();
    blocks.extend(more);
    store.prune(Height::new(999), &all_the_way).unwrap();
    let (store, recovered) = open(Arc::new(engine.crash(&Crash::Prefix(0)))).unwrap();
    assert_eq!(recovered.state.root(), builder.state.root());
    let first = usize::try_from(store.earliest().get()).unwrap();
    assert!((10..=14).contains(&first), "{first}");
    check_all(&store, &blocks[first - 1..]);
}

#[test]
fn pruning_that_was_interrupted_goes_on_and_comes_to_the_same() {
    let (engine, store, _, blocks) = grown(40);
    let stopped = store.prune(Height::new(30), &|_| false).unwrap();
    assert_eq!(stopped.earliest.get(), 30);
    check_gone(&store, &blocks[..29]);
    drop(store);
    let (store, _) = open(engine.clone()).unwrap();
    check_gone(&store, &blocks[..29]);
    store.prune(Height::new(30), &all_the_way).unwrap();
    let left = engine.keys(Tree::Log);
    let below = |key: &&Vec<u8>| key[0] == 1 && key[1..9] < 30u64.to_be_bytes()[..] && key[1..9] != [0; 8];
    assert_eq!(left.iter().filter(below).count(), 0);
    check_all(&store, &blocks[29..]);
}

#[test]
fn pages_of_events_start_at_the_window() {
    let (_, store, _, _) = grown(60);
    store.prune(Height::new(50), &all_the_way).unwrap();
    let start = EventPosition {
        height: Height::ZERO,
        event: 0,
    };
    let page = store.events(&[b"block"], start, 3).unwrap();
    let heights: Vec<u64> = page.iter().map(|position| position.height.get()).collect();
    assert_eq!(heights, [50, 51, 52]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_crash_while_pruning_loses_nothing_that_is_kept(
        below in 1u64..30, after in 0u32..12, survivors in 0usize..8, bits in any::<u64>(), prefix in any::<bool>(),
    ) {
        let (engine, store, builder, blocks) = grown(30);
        engine.inject(Fault::PowerCut { after });
        // It fails or not, as the fault comes.
        drop(store.prune(Height::new(below), &all_the_way));
        let crash = if prefix { Crash::Prefix(survivors) } else { Crash::Some(bits) };
        let (store, recovered) = open(Arc::new(engine.crash(&crash))).unwrap();
        prop_assert_eq!(recovered.state.root(), builder.state.root());
        let earliest = store.earliest().get();
        prop_assert!(earliest == 0 || earliest == below);
        check_all(&store, &blocks[usize::try_from(earliest.saturating_sub(1)).unwrap()..]);
        store.prune(Height::new(below), &all_the_way).unwrap();
        check_gone(&store, &blocks[..usize::try_from(below - 1).unwrap()]);
        check_all(&store, &blocks[usize::try_from(below - 1).unwrap()..]);
    }
}
