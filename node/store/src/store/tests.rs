use super::*;
use crate::engine::{Crash, Fault, Memory};
use crate::fixture::{Builder, chain_hash, finalization, initialized, open, transaction_id};
use crate::{CommittedBlock, EventPosition, StoreError};
use primitives::{BlockHash, ChainHash, Digest, Epoch, TxId};

fn commit(store: &Store, builder: &mut Builder, count: usize) -> Vec<CommittedBlock> {
    let blocks: Vec<CommittedBlock> = (0..count).map(|_| builder.next()).collect();
    store.commit(blocks.clone()).unwrap();
    blocks
}

/// Everything that was committed can be read by every way there is.
pub(crate) fn check_all(store: &Store, blocks: &[CommittedBlock]) {
    for block in blocks {
        let height = block.block.header.height;
        let head = store.head(height).unwrap().unwrap();
        assert_eq!((head.hash, head.roots), (block.hash, block.roots));
        assert_eq!(store.certificate(height).unwrap(), block.certificate);
        assert_eq!(store.block(height).unwrap().as_ref(), Some(&block.block));
        assert_eq!(
            store.block_by_hash(&block.hash).unwrap().as_ref(),
            Some(&block.block)
        );
        assert_eq!(store.changes(height).unwrap().as_ref(), Some(&block.changes));
        assert_eq!(store.receipts(height).unwrap().as_ref(), Some(&block.receipts));
        assert_eq!(
            store.transaction_ids(height).unwrap().as_ref(),
            Some(&block.transactions)
        );
        for (number, id) in (0u32..).zip(&block.transactions) {
            assert_eq!(store.transaction(id).unwrap(), Some((height, number)));
        }
        if let Some(next) = &block.next_validators {
            assert_eq!(store.validator_set(next.epoch).unwrap().as_ref(), Some(next));
            let ends = store.hand_overs(block.block.header.epoch, 1).unwrap();
            assert_eq!(ends[0].header, block.block.header);
            assert_eq!(Some(&ends[0].certificate), block.certificate.as_ref());
        }
    }
    let start = EventPosition {
        height: Height::ZERO,
        event: 0,
    };
    let found = store.events(&[b"block"], start, 10_000).unwrap();
    let expected: Vec<Height> = blocks.iter().map(|block| block.block.header.height).collect();
    assert_eq!(
        found.iter().map(|position| position.height).collect::<Vec<_>>(),
        expected
    );
}

#[test]
fn what_is_committed_can_be_read_by_every_way_at_once_and_later() {
    let (engine, store, mut builder) = initialized();
    let mut all = Vec::new();
    for count in [1, 3, 1, 9, 2, 17] {
        all.extend(commit(&store, &mut builder, count));
        check_all(&store, &all);
    }
    store.settle().unwrap();
    check_all(&store, &all);
    assert_eq!(store.tip().unwrap().hash, all[32].hash);
    assert_eq!(store.hand_overs(Epoch::ZERO, 3).unwrap().len(), 3);
    assert_eq!(store.hand_overs(Epoch::ZERO, 99).unwrap().len(), 6);
    drop(store);
    let (store, recovered) = open(engine).unwrap();
    assert_eq!(
        (recovered.state.root(), recovered.replayed),
        (builder.state.root(), 0)
    );
    check_all(&store, &all);
    let space = store.space().unwrap();
    assert!(space.live > 0 && space.on_disk > 0);
}

#[test]
fn what_is_not_there_is_not_found() {
    let (_, store, mut builder) = initialized();
    commit(&store, &mut builder, 2);
    let above = Height::new(3);
    assert!(store.block(above).unwrap().is_none() && store.head(above).unwrap().is_none());
    assert!(store.block(Height::ZERO).unwrap().is_none());
    let genesis = builder.genesis().header;
    assert_eq!(store.header(Height::ZERO).unwrap(), Some(genesis.clone()));
    assert_eq!(store.height_of(&genesis.hash()).unwrap(), Some(Height::ZERO));
    assert_eq!(store.height_of(&BlockHash::new([1; 32])).unwrap(), None);
    assert_eq!(store.transaction(&TxId::new([1; 32])).unwrap(), None);
    assert_eq!(store.validator_set(Epoch::new(1)).unwrap(), None);
    assert!(store.hand_overs(Epoch::ZERO, 9).unwrap().is_empty());
}

#[test]
fn events_are_paged_without_gaps_or_repetition() {
    let (_, store, mut builder) = initialized();
    commit(&store, &mut builder, 40);
    let keys: [&[u8]; 3] = [&[0, 1], &[1, 1], b"block"];
    let start = EventPosition {
        height: Height::new(4),
        event: 0,
    };
    let all = store.events(&keys, start, 1_000).unwrap();
    assert!(all.len() > 40 && all.is_sorted());
    let (mut paged, mut from) = (Vec::new(), start);
    loop {
        let page = store.events(&keys, from, 7).unwrap();
        let Some(last) = page.last() else { break };
        from = EventPosition {
            event: last.event + 1,
            ..*last
        };
        paged.extend(page);
    }
    assert_eq!(paged, all);
}

#[test]
fn older_states_come_back_by_undoing() {
    let (_, store, mut builder) = initialized();
    commit(&store, &mut builder, 12);
    for height in [0u64, 1, 7, 12] {
        let state = store
            .state_at(Height::new(height), Height::new(12), &builder.state)
            .unwrap();
        assert_eq!(state.root(), builder.states[height as usize].root());
    }
    let refused = store.state_at(Height::new(5), Height::new(4), &builder.state);
    assert!(matches!(refused, Err(StoreError::Unavailable { .. })));
}

#[test]
fn a_block_that_does_not_follow_is_refused_and_nothing_is_written() {
    let (_, store, mut builder) = initialized();
    commit(&store, &mut builder, 3);
    let good = builder.clone().next();
    let changed = |change: &dyn Fn(&mut CommittedBlock)| {
        let mut block = good.clone();
        change(&mut block);
        block
    };
    let header = |change: &dyn Fn(&mut light_palisade::Header)| {
        changed(&|block| {
            let mut inner = (*block.block).clone();
            change(&mut inner.header);
            block.hash = inner.header.hash();
            block.certificate = Some(finalization(&inner.header));
            block.block = Arc::new(inner);
        })
    };
    let other = finalization(&builder.genesis().header);
    let bad = [
        ("height", header(&|header| header.height = Height::new(9))),
        ("parent", header(&|header| header.parent = BlockHash::ZERO)),
        ("roots", header(&|header| header.state_root = Digest::ZERO)),
        ("hash", changed(&|block| block.hash = BlockHash::ZERO)),
        (
            "transaction",
            changed(&|block| block.transactions.push(TxId::ZERO)),
        ),
        (
            "another block",
            changed(&|block| block.certificate = Some(other.clone())),
        ),
        (
            "only then",
            header(&|header| header.next_validators_root = Digest::new([1; 32])),
        ),
    ];
    for (what, block) in bad {
        let error = store.commit(vec![block]).unwrap_err();
        assert!(
            matches!(error, StoreError::Refused { .. }) && error.to_string().contains(what),
            "{error}"
        );
    }
    store.commit(vec![good]).unwrap();
}

#[test]
fn an_epoch_ends_with_its_own_finalization_and_the_right_set() {
    let (_, store, mut builder) = initialized();
    commit(&store, &mut builder, 4);
    let boundary = builder.next();
    let mut unsure = boundary.clone();
    unsure.certificate = None;
    assert!(
        store
            .commit(vec![unsure])
            .unwrap_err()
            .to_string()
            .contains("own finalization")
    );
    let mut wrong = boundary.clone();
    wrong.next_validators = store.validator_set(Epoch::ZERO).unwrap();
    assert!(
        store
            .commit(vec![wrong])
            .unwrap_err()
            .to_string()
            .contains("not the header's")
    );
    store.commit(vec![boundary]).unwrap();
}

#[test]
fn a_store_begins_once_and_only_with_a_genesis() {
    let engine = Arc::new(Memory::default());
    let (store, _) = open(engine).unwrap();
    let mut builder = Builder::new();
    assert!(matches!(
        store.commit(vec![builder.clone().next()]),
        Err(StoreError::Genesis(_))
    ));
    let mut late = builder.genesis();
    // A header with a parent is not what a chain starts with.
    late.header.parent = late.header.hash();
    assert!(matches!(store.initialize(&late), Err(StoreError::Genesis(_))));
    store.initialize(&builder.genesis()).unwrap();
    assert!(matches!(
        store.initialize(&builder.genesis()),
        Err(StoreError::Genesis(_))
    ));
    commit(&store, &mut builder, 1);
}

#[test]
fn after_a_failed_write_nothing_more_is_acknowledged() {
    for fault in [Fault::FlushFails { after: 0 }, Fault::DiskFull { after: 0 }] {
        let (engine, store, mut builder) = initialized();
        let before = commit(&store, &mut builder, 2);
        store.settle().unwrap();
        engine.inject(fault);
        let failed = store.commit(vec![builder.next()]).unwrap_err();
        assert!(
            matches!(failed, StoreError::Io { .. } | StoreError::DiskFull(_)),
            "{failed}"
        );
        assert_eq!(store.tip().unwrap().hash, before[1].hash);
        assert!(matches!(
            store.commit(vec![builder.clone().next()]),
            Err(StoreError::Refused { .. })
        ));
        builder.go_back_to(&store.tip().unwrap());
        assert!(matches!(
            store.commit(vec![builder.next()]),
            Err(StoreError::Stopped(_) | StoreError::DiskFull(_))
        ));
        drop(store);
        let (store, recovered) = open(Arc::new(engine.crash(&Crash::Prefix(0)))).unwrap();
        builder.go_back_to(&recovered.tip.unwrap());
        check_all(&store, &before);
        commit(&store, &mut builder, 1);
    }
}

#[test]
fn a_failure_in_the_background_stops_commits() {
    let (engine, store, mut builder) = initialized();
    store.settle().unwrap();
    // The log's own batch and flush succeed; the first one of the leaves does not.
    engine.inject(Fault::DiskFull { after: 1 });
    commit(&store, &mut builder, 1);
    for error in [
        store.settle().unwrap_err(),
        store.commit(vec![builder.next()]).unwrap_err(),
    ] {
        assert!(matches!(error, StoreError::DiskFull(_)), "{error}");
        assert_eq!(error.exit_code(), 24);
    }
}

#[test]
fn a_store_of_another_chain_or_version_is_not_opened() {
    let (engine, store, _) = initialized();
    drop(store);
    let other = ChainHash::new([1; 32]);
    let wrong = Store::open_with(engine.clone(), &Config::default(), &other, Metrics::default());
    let error = wrong.err().unwrap();
    assert!(matches!(error, StoreError::WrongChain { found, .. } if found == chain_hash()));
    assert_eq!(error.exit_code(), 3);
    let mut batch = Batch::default();
    let newer = record::Binding {
        format: 3,
        chain: chain_hash(),
    };
    record::put(&mut batch, &key::binding(), &newer);
    engine.apply(Tree::Log, batch).unwrap();
    assert!(matches!(
        open(engine).err(),
        Some(StoreError::WrongFormat { found: 3, known: 2 })
    ));
}

#[test]
fn damage_anywhere_in_what_is_replayed_is_named_and_stops_the_node() {
    let (engine, store, mut builder) = initialized();
    commit(&store, &mut builder, 2);
    store.settle().unwrap();
    drop(store);
    let part = |height, part| {
        let mut key = key::part(Height::new(height), part);
        key.extend_from_slice(&[0, 0]);
        key
    };
    let applied = [key::applied(), vec![0, 0]].concat();
    let manifest = [key::manifest(), vec![0, 0]].concat();
    let cases = [
        (Tree::Log, part(2, Part::Head), "header"),
        (Tree::Log, [key::tip(), vec![0, 0]].concat(), "latest height"),
        (Tree::Log, [key::binding(), vec![0, 0]].concat(), "first record"),
        (Tree::State, applied, "leaves"),
        (Tree::Index, manifest, "runs"),
    ];
    for (tree, key, what) in cases {
        let damaged = Arc::new(engine.crash(&Crash::Prefix(0)));
        assert!(damaged.damage(tree, &key, 12), "{what}");
        let error = open(damaged).err().unwrap();
        assert!(
            error.to_string().contains(what) && error.exit_code() == 22,
            "{error}"
        );
    }
}

#[test]
fn a_state_with_another_root_is_never_used() {
    let (engine, store, mut builder) = initialized();
    commit(&store, &mut builder, 3);
    store.settle().unwrap();
    drop(store);
    let leaf = engine
        .keys(Tree::State)
        .into_iter()
        .find(|key| key.len() == 2)
        .unwrap();
    assert!(engine.damage(Tree::State, &leaf, 1));
    let error = open(engine).err().unwrap();
    assert!(matches!(error, StoreError::RootMismatch { .. }));
    assert_eq!(error.exit_code(), 22);
}

#[test]
fn damage_that_is_read_later_is_an_error_and_not_a_block() {
    let (engine, store, mut builder) = initialized();
    let blocks = commit(&store, &mut builder, 40);
    store.settle().unwrap();
    drop(store);
    for what in [Part::Block, Part::Receipts, Part::Changes] {
        let damaged = Arc::new(engine.crash(&Crash::Prefix(0)));
        let mut key = key::part(Height::new(3), what);
        key.extend_from_slice(&[0, 0]);
        assert!(damaged.damage(Tree::Log, &key, 15));
        let (store, _) = open(damaged).unwrap();
        let error = match what {
            Part::Block => store.block(Height::new(3)).err(),
            Part::Receipts => store.receipts(Height::new(3)).err(),
            Part::Changes | Part::Head | Part::Terms => store.changes(Height::new(3)).err(),
        };
        assert_eq!(error.unwrap().exit_code(), 22);
    }
    assert_eq!(
        blocks[2].transactions.first().copied(),
        blocks[2].transactions.first().map(|_| transaction_id(0, 3, 0))
    );
}

#[test]
fn a_chain_that_goes_on_from_a_height_has_nothing_below_it_and_opens_again_after_any_crash() {
    let mut older = Builder::new();
    for _ in 0..7 {
        older.next();
    }
    let entries = |state: &state::State| {
        let all = state.range(
            core::ops::Bound::Unbounded,
            core::ops::Bound::Unbounded,
            usize::MAX,
            state::Order::Ascending,
        );
        let entry = |(key, value): (&[u8], &[u8])| state::Change {
            key: state::Bytes::from(key.to_vec()),
            old: None,
            new: Some(state::Bytes::from(value.to_vec())),
        };
        all.into_iter().map(entry).collect::<Vec<_>>()
    };
    let mut genesis = older.genesis();
    genesis.header.height = Height::new(7);
    genesis.header.epoch = Epoch::new(1);
    genesis.validators = crate::fixture::set(1);
    genesis.changes = Arc::new(state::Changes::new(entries(&older.state)).unwrap());
    genesis.roots.state = older.state.root();

    let engine = Arc::new(Memory::default());
    let (store, _) = open(engine.clone()).unwrap();
    let mut wrong = genesis.clone();
    wrong.validators = crate::fixture::set(0);
    assert!(matches!(store.initialize(&wrong), Err(StoreError::Genesis(_))));
    store.initialize(&genesis).unwrap();
    assert_eq!(store.earliest(), Height::new(8));
    assert_eq!(
        store.head(Height::new(7)).unwrap().unwrap().header,
        genesis.header
    );
    assert!(store.head(Height::new(6)).unwrap().is_none() && store.block(Height::new(7)).unwrap().is_none());
    drop(store);
    // Opened again before and after the first blocks; the state is there each time.
    let (store, recovered) = open(engine.clone()).unwrap();
    assert_eq!(recovered.state.root(), older.state.root());
    let mut builder = older.going_on(&genesis);
    commit(&store, &mut builder, 5);
    drop(store);
    let (store, recovered) = open(engine).unwrap();
    assert_eq!(recovered.state.root(), builder.state.root());
    assert_eq!(recovered.tip.unwrap().header.height, Height::new(12));
    let back = store
        .state_at(Height::new(7), Height::new(12), &builder.state)
        .unwrap();
    assert_eq!(back.root(), older.state.root());
    assert_eq!(
        store.height_of(&genesis.header.hash()).unwrap(),
        Some(Height::new(7))
    );
}
