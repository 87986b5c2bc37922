//! Which branch is the best: against a model that shares no code, in whatever order headers come.

use crate::world::{LATE, Naive, World, block, cheap_testnet};
use palisade_light_bitcoin::limits::Limits;
use palisade_light_bitcoin::{Bits, BlockId, Header, Refusal, Standing, View, standing};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// Sixteen times the work of the easiest.
const HARD: Bits = Bits::new(0x2007_ffff);

/// A tree of blocks, hard ones and easy ones: where each begins is a choice among those before it.
fn tree(choices: &[(prop::sample::Index, bool)]) -> (World, Vec<Header>) {
    let world = World::of(cheap_testnet(), 2_016, HARD, 1_800_000_000);
    let root = world.tip();
    let (mut ids, mut headers) = (vec![root], Vec::<Header>::new());
    for (salt, (parent, easy)) in (1..).zip(choices) {
        let parent = parent.index(ids.len());
        let time = if parent == 0 {
            1_800_000_000
        } else {
            headers[parent - 1].time
        };
        let (late, bits) = if *easy {
            (1_201, world.rules.limit)
        } else {
            (600, HARD)
        };
        let header = block(ids[parent], time + late, bits, salt);
        ids.push(header.id());
        headers.push(header);
    }
    (world, headers)
}

/// An order in which every parent comes before its children, by a list of priorities.
fn shuffled(headers: &[Header], priorities: &[u32]) -> Vec<Header> {
    let mut left: Vec<(u32, Header)> = headers
        .iter()
        .enumerate()
        .map(|(place, header)| (priorities[place % priorities.len()], *header))
        .collect();
    let ids: BTreeSet<BlockId> = headers.iter().map(Header::id).collect();
    let mut given = BTreeSet::new();
    let mut order = Vec::new();
    while !left.is_empty() {
        let ready = |header: &Header, given: &BTreeSet<BlockId>| {
            !ids.contains(&header.parent) || given.contains(&header.parent)
        };
        let next = (0..left.len())
            .filter(|place| ready(&left[*place].1, &given))
            .min_by_key(|place| (left[*place].0, *place))
            .unwrap();
        let (_, header) = left.remove(next);
        given.insert(header.id());
        order.push(header);
    }
    order
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_order_of_any_tree_ends_where_the_model_ends(
        choices in proptest::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 1..40),
        priorities in proptest::collection::vec(any::<u32>(), 1..40),
    ) {
        let (mut world, headers) = tree(&choices);
        world.limits.rivals = 64;
        let mut model = Naive::default();
        for header in shuffled(&headers, &priorities) {
            model.add(&header);
            let before = world.memory.best();
            let extension = world.submit(&[header], LATE).unwrap();
            prop_assert_eq!(world.tip(), model.best());
            let left = extension.reorg.is_some_and(|reorg| reorg.from == before.id);
            let stayed = header.parent == before.id || world.tip() == before.id;
            prop_assert!(left != stayed, "a reorganisation is reported exactly when there is one");
        }
    }

    #[test]
    fn one_batch_is_as_good_as_its_headers_one_by_one(
        choices in proptest::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 1..24),
        runs in proptest::collection::vec((any::<prop::sample::Index>(), 1usize..8), 1..12),
    ) {
        let (mut one, headers) = tree(&choices);
        one.limits.rivals = 64;
        let mut other = World::of(cheap_testnet(), 2_016, HARD, 1_800_000_000);
        other.limits.rivals = 64;
        for (end, longest) in runs {
            // A run of blocks that ends somewhere, with what it stands on known already.
            let mut batch: Vec<Header> = vec![*end.get(&headers)];
            while let Some(parent) = headers.iter().find(|header| header.id() == batch[0].parent) {
                batch.insert(0, *parent);
            }
            let known = batch.iter().take_while(|h| one.memory.record(&h.id()).unwrap().is_some()).count();
            let to = batch.len().min(known + longest);
            let batch = &batch[known.saturating_sub(1)..to];
            let whole = one.submit(batch, LATE).unwrap();
            prop_assert_eq!(whole.known + whole.added, batch.len());
            for header in batch {
                other.submit(&[*header], LATE).unwrap();
            }
            prop_assert_eq!(one.tip(), other.tip());
        }
    }
}

#[test]
fn headers_that_are_known_are_passed_over() {
    let mut world = World::regtest();
    let headers = world.mine(world.tip(), 10, 1);
    assert_eq!(world.submit(&headers[..6], LATE).unwrap().added, 6);
    let again = world.submit(&headers, LATE).unwrap();
    assert_eq!((again.known, again.added), (6, 4));
    let before = world.memory.clone();
    let nothing = world.submit(&headers, LATE).unwrap();
    assert_eq!((nothing.known, nothing.added, nothing.reorg), (10, 0, None));
    assert_eq!(world.memory, before);
}

#[test]
fn a_reorganisation_says_from_where_to_where_and_how_deep() {
    let mut world = World::regtest();
    let trunk = world.grow(5, 1);
    let fork = world.tip();
    let left = world.grow(3, 2);
    let right = world.mine(fork, 4, 3);
    assert_eq!(
        world.submit(&right[..3], LATE).unwrap().reorg,
        None,
        "as heavy is not heavier"
    );
    assert_eq!(
        standing(&world.memory, &right[2].id()).unwrap().0,
        Standing::Rival
    );
    let reorg = world.submit(&right[3..], LATE).unwrap().reorg.unwrap();
    assert_eq!((reorg.from, reorg.to), (left[2].id(), right[3].id()));
    assert_eq!((reorg.fork, reorg.depth), (5, 3));
    let stands = |header: &Header| standing(&world.memory, &header.id()).unwrap().0;
    assert_eq!(stands(&left[0]), Standing::Rival);
    assert_eq!(stands(&right[0]), Standing::Best { confirmations: 4 });
    assert_eq!(stands(&trunk[4]), Standing::Best { confirmations: 5 });
    assert_eq!(
        standing(&world.memory, &BlockId::new([9; 32])).unwrap(),
        (Standing::Unknown, None)
    );
}

#[test]
fn what_is_below_the_window_is_forgotten() {
    let mut world = World::regtest();
    world.limits = Limits {
        batch: 10,
        window: 20,
        ..Limits::default()
    };
    let first = world.grow(1, 1)[0].id();
    let side = world.mine(first, 3, 2);
    world.grow(5, 1);
    world.submit(&side, LATE).unwrap();
    for _ in 0..6 {
        world.grow(10, 1);
    }
    assert_eq!((world.memory.best().height, world.memory.best().floor), (66, 46));
    assert_eq!(world.memory.len(), 21);
    assert_eq!(
        standing(&world.memory, &first).unwrap(),
        (Standing::Unknown, None)
    );
    assert_eq!(world.submit(&side, LATE), Err(Refusal::UnknownParent));
}

#[test]
fn a_window_smaller_than_a_batch_is_as_large_as_one() {
    let mut world = World::regtest();
    world.limits = Limits {
        batch: 50,
        window: 3,
        ..Limits::default()
    };
    world.grow(50, 1);
    world.grow(50, 1);
    assert_eq!((world.memory.best().floor, world.memory.len()), (50, 51));
}

#[test]
fn a_heavier_chain_from_below_the_window_is_reported_and_not_taken() {
    let mut world = World::regtest();
    world.limits = Limits {
        batch: 10,
        window: 10,
        lead: 100,
        rivals: 8,
    };
    let fork = world.grow(2, 1)[1].id();
    // Ten blocks of each, so that the fork is on the floor, and then below it.
    let rival = world.mine(fork, 10, 2);
    world.grow(10, 1);
    world.submit(&rival, LATE).unwrap();
    world.grow(1, 1);
    let more = world.mine(rival[9].id(), 2, 2);
    assert_eq!(world.submit(&more, LATE), Err(Refusal::TooDeep));
}

#[test]
fn a_batch_that_wins_is_taken_where_there_is_no_room_for_rivals() {
    let mut world = World::regtest();
    world.limits.rivals = 2;
    let root = world.tip();
    world.grow(3, 1);
    for salt in 2..4 {
        let rival = world.mine(root, 1, salt);
        world.submit(&rival, LATE).unwrap();
    }
    let fifth = world.mine(root, 4, 9);
    assert_eq!(
        world.submit(&fifth[..1], LATE),
        Err(Refusal::NoRoom { height: 1 })
    );
    let reorg = world.submit(&fifth, LATE).unwrap().reorg.unwrap();
    assert_eq!((reorg.depth, world.tip()), (3, fifth[3].id()));
}

#[test]
fn batches_are_bounded_and_not_empty() {
    let mut world = World::regtest();
    world.limits.batch = 4;
    assert_eq!(world.submit(&[], LATE), Err(Refusal::Empty));
    let headers = world.mine(world.tip(), 5, 1);
    assert_eq!(
        world.submit(&headers, LATE),
        Err(Refusal::TooMany { headers: 5, limit: 4 })
    );
}
