use super::*;
use crate::Admission;
use crate::fixture::{Chain, Spec, Tx, account, spec};
use primitives::Gas;

fn small(limits: Config) -> (Chain, Pool<Tx>) {
    (Chain::default(), Pool::new(limits, Height::ZERO, Amount::ZERO))
}

fn insert(pool: &mut Pool<Tx>, chain: &Chain, spec: Spec) -> Result<Inserted, Rejection> {
    pool.insert(spec.transaction(), chain.account(&account(spec.sender)))
}

fn insert_all(pool: &mut Pool<Tx>, chain: &Chain, specs: &[Spec]) {
    for spec in specs {
        insert(pool, chain, *spec).unwrap();
    }
}

fn everything() -> Selection {
    Selection {
        height: Height::new(1),
        base_price: Amount::ZERO,
        max_bytes: usize::MAX,
        max_gas: Gas::MAX,
        max_transactions: usize::MAX,
    }
}

fn selected(pool: &Pool<Tx>, room: &Selection, reserved: &Reserved) -> Vec<(u8, u64)> {
    let chosen = pool.select(room, reserved);
    chosen
        .iter()
        .map(|tx| (tx.spec.sender, tx.spec.sequence))
        .collect()
}

fn reasons(pool: &mut Pool<Tx>) -> Vec<(u8, u64, &'static str)> {
    let left = pool.take_left().into_iter();
    left.map(|change| {
        let reason = change.reason.map_or("INCLUDED", |reason| reason.reason());
        (
            change.transaction.spec.sender,
            change.transaction.spec.sequence,
            reason,
        )
    })
    .collect()
}

#[test]
fn the_highest_price_goes_first_but_never_before_its_predecessor() {
    let (chain, mut pool) = small(Config::default());
    let specs = [
        spec(1, 0, 5),
        spec(1, 1, 90),
        spec(2, 0, 50),
        spec(2, 1, 1),
        spec(3, 0, 50),
    ];
    insert_all(&mut pool, &chain, &specs);
    let order = selected(&pool, &everything(), &Reserved::default());
    assert_eq!(order, [(2, 0), (3, 0), (1, 0), (1, 1), (2, 1)]);
}

#[test]
fn what_lies_behind_a_gap_waits_for_the_missing_one() {
    let (chain, mut pool) = small(Config::default());
    assert_eq!(
        insert(&mut pool, &chain, spec(1, 2, 9)),
        Ok(Inserted::Added(Place::Queued))
    );
    assert_eq!(
        insert(&mut pool, &chain, spec(1, 0, 9)),
        Ok(Inserted::Added(Place::Ready))
    );
    assert_eq!((pool.queued(), pool.pending_sequence(&account(1))), (1, Some(1)));
    assert_eq!(selected(&pool, &everything(), &Reserved::default()), [(1, 0)]);
    assert_eq!(
        insert(&mut pool, &chain, spec(1, 1, 9)),
        Ok(Inserted::Added(Place::Ready))
    );
    assert_eq!((pool.queued(), pool.pending_sequence(&account(1))), (0, Some(3)));
    assert_eq!(
        selected(&pool, &everything(), &Reserved::default()),
        [(1, 0), (1, 1), (1, 2)]
    );
}

#[test]
fn what_unfinalized_ancestors_hold_is_not_chosen_again() {
    let (chain, mut pool) = small(Config::default());
    insert_all(
        &mut pool,
        &chain,
        &[spec(1, 0, 9), spec(1, 1, 8), spec(2, 0, 7), spec(3, 2, 6)],
    );
    let mut reserved = Reserved::default();
    reserved.add_all(&[spec(1, 0, 9).transaction()]);
    // Account 3 sent its first two through another node.
    reserved.add(account(3), 1);
    assert_eq!(reserved.next(&account(3)), Some(2));
    assert_eq!(
        selected(&pool, &everything(), &reserved),
        [(1, 1), (2, 0), (3, 2)]
    );
}

#[test]
fn a_block_takes_what_fits_and_its_base_price_allows() {
    let (chain, mut pool) = small(Config::default());
    let big = Spec {
        gas: 80,
        ..spec(1, 0, 90)
    };
    let late = spec(4, 0, 70).until(4);
    insert_all(&mut pool, &chain, &[big, spec(2, 0, 50), spec(3, 0, 9), late]);
    let room = Selection {
        max_gas: Gas::new(50),
        base_price: Amount::new(10),
        height: Height::new(5),
        ..everything()
    };
    assert_eq!(selected(&pool, &room, &Reserved::default()), [(2, 0)]);
    let room = Selection {
        max_transactions: 1,
        ..everything()
    };
    assert_eq!(selected(&pool, &room, &Reserved::default()), [(1, 0)]);
    let room = Selection {
        max_bytes: 3,
        ..everything()
    };
    assert_eq!(selected(&pool, &room, &Reserved::default()), []);
}

/// The reason of a refusal and the values in it.
fn refused(pool: &mut Pool<Tx>, chain: &Chain, spec: Spec) -> (&'static str, String) {
    let rejection = insert(pool, chain, spec).unwrap_err();
    assert_eq!(rejection.transaction, Some(spec.id()));
    let values: Vec<String> = rejection.metadata.into_iter().map(|(_, value)| value).collect();
    (rejection.reason, values.join(","))
}

#[test]
fn every_refusal_has_its_own_reason() {
    let limits = Config {
        max_transactions: 3,
        max_per_account: 4,
        max_queued: 1,
        max_transaction_bytes: 100,
        ..Config::default()
    };
    let (chain, mut pool) = small(limits);
    chain.set(1, 5, 10);
    pool.height = Height::new(9);
    let alone = [
        (spec(1, 5, 9).sized(101), "TX_TOO_LARGE", "101,100"),
        (spec(1, 5, 9).until(9), "TX_EXPIRED", "9,9"),
        (spec(1, 4, 9), "SEQUENCE_MISMATCH", "5,4"),
        (spec(1, 9, 9), "TOO_MANY_PENDING", "5,9,4"),
        (spec(1, 5, 9).costing(11), "INSUFFICIENT_FUNDS", "10,11"),
    ];
    for (spec, reason, values) in alone {
        assert_eq!(refused(&mut pool, &chain, spec), (reason, values.to_owned()));
    }
    insert_all(&mut pool, &chain, &[spec(1, 5, 9).costing(6), spec(2, 1, 9)]);
    let among_others = [
        (spec(1, 6, 9).costing(5), "INSUFFICIENT_FUNDS", "10,11"),
        (spec(1, 5, 9).until(99), "REPLACEMENT_UNDERPRICED", "10,10"),
        (spec(3, 1, 9), "SEQUENCE_GAP", "0,1"),
    ];
    for (spec, reason, values) in among_others {
        assert_eq!(refused(&mut pool, &chain, spec), (reason, values.to_owned()));
    }
    insert_all(&mut pool, &chain, &[spec(4, 0, 7), spec(5, 0, 7)]);
    let (reason, values) = refused(&mut pool, &chain, spec(6, 0, 7));
    assert_eq!((reason, values.as_str()), ("MEMPOOL_FULL", "8"));
    assert_eq!(
        insert(&mut pool, &chain, spec(5, 0, 7)),
        Ok(Inserted::AlreadyPending)
    );
}

#[test]
fn a_replacement_pays_a_tenth_more_and_takes_the_place() {
    let (chain, mut pool) = small(Config::default());
    insert_all(&mut pool, &chain, &[spec(1, 0, 100), spec(1, 1, 100)]);
    assert!(insert(&mut pool, &chain, spec(1, 0, 109)).is_err());
    let higher_price_only = spec(1, 0, 200).tipping(100);
    assert!(insert(&mut pool, &chain, higher_price_only).is_err());
    assert_eq!(
        insert(&mut pool, &chain, spec(1, 0, 110)),
        Ok(Inserted::Added(Place::Ready))
    );
    assert_eq!(reasons(&mut pool), [(1, 0, "TX_REPLACED")]);
    assert_eq!((pool.len(), pool.queued()), (2, 0));
    assert!(pool.find(&spec(1, 0, 100).id()).is_none());
}

#[test]
fn when_it_is_full_the_worst_goes_last_of_its_account_first() {
    let (chain, mut pool) = small(Config {
        max_transactions: 4,
        ..Config::default()
    });
    insert_all(
        &mut pool,
        &chain,
        &[spec(1, 0, 10), spec(1, 1, 99), spec(2, 0, 20), spec(3, 0, 30)],
    );
    insert_all(&mut pool, &chain, &[spec(4, 0, 15)]);
    // The 99 behind a 10 is worth 10.
    assert_eq!(reasons(&mut pool), [(1, 1, "MEMPOOL_FULL")]);
    insert_all(&mut pool, &chain, &[spec(5, 0, 16)]);
    assert_eq!(reasons(&mut pool), [(1, 0, "MEMPOOL_FULL")]);
    let rejection = insert(&mut pool, &chain, spec(6, 0, 15)).unwrap_err();
    assert_eq!(
        (rejection.reason, rejection.metadata),
        ("MEMPOOL_FULL", vec![("min_fee", "16".to_owned())])
    );
    assert_eq!(pool.len(), 4);
}

#[test]
fn a_changed_base_price_changes_who_is_the_worst() {
    let (chain, mut pool) = small(Config {
        max_transactions: 2,
        ..Config::default()
    });
    // At base 0 the first pays 1, at base 60 it pays 61.
    insert_all(&mut pool, &chain, &[spec(1, 0, 100).tipping(1), spec(2, 0, 50)]);
    insert_all(&mut pool, &chain, &[spec(3, 0, 100).tipping(2)]);
    assert_eq!(reasons(&mut pool), [(1, 0, "MEMPOOL_FULL")]);
    chain.advance(1, 60);
    pool.finalized(&[], &chain);
    insert_all(&mut pool, &chain, &[spec(4, 0, 61)]);
    assert_eq!(reasons(&mut pool), [(2, 0, "MEMPOOL_FULL")]);
}

#[test]
fn queued_ones_go_before_ready_ones_whatever_they_pay() {
    let (chain, mut pool) = small(Config {
        max_transactions: 2,
        ..Config::default()
    });
    insert_all(
        &mut pool,
        &chain,
        &[spec(1, 3, 900), spec(2, 0, 5), spec(3, 0, 5)],
    );
    assert_eq!(reasons(&mut pool), [(1, 3, "MEMPOOL_FULL")]);
}

#[test]
fn one_that_fills_a_gap_may_push_out_what_waits_behind_it() {
    let (chain, mut pool) = small(Config {
        max_transactions: 2,
        ..Config::default()
    });
    insert_all(&mut pool, &chain, &[spec(1, 1, 9), spec(1, 2, 9), spec(1, 0, 9)]);
    assert_eq!(reasons(&mut pool), [(1, 2, "MEMPOOL_FULL")]);
    assert_eq!(
        selected(&pool, &everything(), &Reserved::default()),
        [(1, 0), (1, 1)]
    );
}

#[test]
fn room_in_bytes_is_made_from_several_or_not_at_all() {
    let limits = Config {
        max_bytes: 300,
        max_transaction_bytes: 200,
        ..Config::default()
    };
    let (chain, mut pool) = small(limits);
    let sized = |sender, price, size| spec(sender, 0, price).sized(size);
    insert_all(
        &mut pool,
        &chain,
        &[sized(1, 1, 100), sized(2, 2, 100), sized(3, 9, 100)],
    );
    assert!(insert(&mut pool, &chain, sized(4, 2, 200)).is_err());
    assert_eq!((pool.len(), pool.bytes()), (3, 300));
    insert_all(&mut pool, &chain, &[sized(4, 3, 200)]);
    assert_eq!(
        reasons(&mut pool),
        [(1, 0, "MEMPOOL_FULL"), (2, 0, "MEMPOOL_FULL")]
    );
    assert_eq!(pool.bytes(), 300);
}

#[test]
fn a_finalized_block_takes_its_own_and_what_it_makes_impossible() {
    let (chain, mut pool) = small(Config::default());
    let costly = spec(3, 1, 5).costing(600_000);
    insert_all(
        &mut pool,
        &chain,
        &[spec(1, 0, 5), spec(1, 1, 5), spec(2, 0, 5), spec(3, 0, 5), costly],
    );
    let included = [spec(1, 0, 5), spec(2, 0, 77), spec(3, 0, 5)].map(|spec| spec.transaction());
    chain.set(1, 1, 1_000);
    chain.set(2, 1, 1_000);
    chain.set(3, 1, 599_999);
    chain.advance(1, 0);
    pool.finalized(&included, &chain);
    let mut left = reasons(&mut pool);
    left.sort_unstable();
    let expected = [
        (1, 0, "INCLUDED"),
        (2, 0, "TX_SUPERSEDED"),
        (3, 0, "INCLUDED"),
        (3, 1, "INSUFFICIENT_FUNDS"),
    ];
    assert_eq!(left, expected);
    assert_eq!(selected(&pool, &everything(), &Reserved::default()), [(1, 1)]);
}

#[test]
fn what_times_out_leaves_and_what_waits_too_long_too() {
    let (chain, mut pool) = small(Config {
        ttl_blocks: 10,
        ..Config::default()
    });
    insert_all(
        &mut pool,
        &chain,
        &[spec(1, 0, 5).until(3), spec(1, 1, 5), spec(2, 0, 5)],
    );
    chain.advance(2, 0);
    pool.finalized(&[], &chain);
    assert_eq!(reasons(&mut pool), []);
    chain.advance(3, 0);
    pool.finalized(&[], &chain);
    assert_eq!(reasons(&mut pool), [(1, 0, "TX_EXPIRED")]);
    assert_eq!(pool.queued(), 1);
    chain.advance(10, 0);
    pool.finalized(&[], &chain);
    assert_eq!(reasons(&mut pool), [(1, 1, "TX_EXPIRED"), (2, 0, "TX_EXPIRED")]);
    assert!(pool.is_empty());
}

#[test]
fn all_accounts_are_checked_again_in_turn() {
    let (chain, mut pool) = small(Config {
        recheck_per_block: 2,
        ..Config::default()
    });
    for sender in 1..=5 {
        insert_all(&mut pool, &chain, &[spec(sender, 0, 5)]);
        chain.set(sender, 0, 0);
    }
    let mut left = Vec::new();
    for height in 1..=3 {
        chain.advance(height, 0);
        pool.finalized(&[], &chain);
        left.push(
            reasons(&mut pool)
                .into_iter()
                .map(|(sender, ..)| sender)
                .collect::<Vec<_>>(),
        );
    }
    assert_eq!(left, [vec![1, 2], vec![3, 4], vec![5]]);
}

#[test]
fn a_check_that_fails_later_takes_the_first_of_its_account() {
    let (chain, mut pool) = small(Config::default());
    insert_all(&mut pool, &chain, &[spec(1, 0, 5), spec(1, 1, 500)]);
    chain.set_floor(6);
    pool.finalized(&[], &chain);
    assert_eq!(reasons(&mut pool), [(1, 0, "FEE_TOO_LOW")]);
    assert_eq!(pool.queued(), 1);
}

#[test]
fn a_state_that_moved_ahead_of_the_pool_is_believed() {
    let (chain, mut pool) = small(Config::default());
    insert_all(&mut pool, &chain, &[spec(1, 0, 5), spec(1, 1, 5)]);
    chain.set(1, 1, 1_000);
    insert_all(&mut pool, &chain, &[spec(1, 2, 5)]);
    assert_eq!(reasons(&mut pool), [(1, 0, "INCLUDED")]);
    assert_eq!(
        selected(&pool, &everything(), &Reserved::default()),
        [(1, 1), (1, 2)]
    );
    assert_eq!(
        insert(&mut pool, &chain, spec(1, 0, 5)).unwrap_err().reason,
        "SEQUENCE_MISMATCH"
    );
}

#[test]
fn what_turned_out_to_be_invalid_leaves_and_its_successors_queue_within_the_limit() {
    let (chain, mut pool) = small(Config {
        max_queued: 1,
        ..Config::default()
    });
    insert_all(&mut pool, &chain, &[spec(1, 0, 5), spec(1, 1, 5), spec(1, 2, 5)]);
    let why = Rejection::new(crate::Class::Precondition, "OPERATOR_FROZEN", "frozen");
    pool.remove(&[(spec(1, 0, 5).id(), why)]);
    assert_eq!(
        reasons(&mut pool),
        [(1, 0, "OPERATOR_FROZEN"), (1, 2, "MEMPOOL_FULL")]
    );
    assert_eq!((pool.len(), pool.queued()), (1, 1));
}

#[test]
fn unordered_ones_wait_for_nobody_and_nobody_for_them() {
    let (chain, mut pool) = small(Config::default());
    let free = spec(1, 0, 7).unordered();
    let other = spec(1, 0, 9).unordered();
    insert_all(&mut pool, &chain, &[spec(1, 1, 99), free, other]);
    assert_eq!(pool.queued(), 1, "the ordered one waits for sequence 0");
    assert_eq!(pool.pending_sequence(&account(1)), None);
    assert_eq!(insert(&mut pool, &chain, free), Ok(Inserted::AlreadyPending));
    insert_all(&mut pool, &chain, &[spec(1, 0, 8)]);
    let prices: Vec<u128> = pool
        .select(&everything(), &Reserved::default())
        .iter()
        .map(|tx| tx.spec.price)
        .collect();
    assert_eq!(prices, [9, 8, 99, 7]);
    // What an unfinalized ancestor holds is left out.
    let mut reserved = Reserved::default();
    reserved.add_all(&[other.transaction()]);
    let rest = pool.select(&everything(), &reserved);
    assert_eq!(rest.len(), 3);
    assert!(rest.iter().all(|tx| tx.spec.price != 9));
}

#[test]
fn unordered_ones_in_a_block_leave_and_the_others_stay() {
    let (chain, mut pool) = small(Config::default());
    let (in_block, waiting) = (spec(1, 0, 7).unordered(), spec(1, 0, 9).unordered());
    insert_all(&mut pool, &chain, &[in_block, waiting, spec(1, 0, 5)]);
    chain.advance(1, 0);
    pool.finalized(&[in_block.transaction()], &chain);
    assert_eq!(reasons(&mut pool), [(1, 0, "INCLUDED")]);
    assert_eq!((pool.len(), pool.queued()), (2, 0));
    assert!(pool.find(&waiting.id()).is_some());
}

#[test]
fn an_account_pays_for_all_that_waits_ordered_or_not_and_there_is_a_limit() {
    let (chain, mut pool) = small(Config {
        max_per_account: 3,
        ..Config::default()
    });
    chain.set(1, 0, 100);
    let free = |price: u128, cost| spec(1, 0, price).unordered().costing(cost);
    insert_all(&mut pool, &chain, &[spec(1, 0, 5).costing(60), free(1, 30)]);
    let refused = insert(&mut pool, &chain, free(2, 11)).unwrap_err();
    assert_eq!(refused.reason, "INSUFFICIENT_FUNDS");
    let refused = insert(&mut pool, &chain, spec(1, 1, 5).costing(11)).unwrap_err();
    assert_eq!(refused.reason, "INSUFFICIENT_FUNDS");
    insert_all(&mut pool, &chain, &[free(2, 5), free(3, 5)]);
    let refused = insert(&mut pool, &chain, free(4, 0)).unwrap_err();
    assert_eq!(refused.reason, "TOO_MANY_PENDING");
    // Once poor, the account's lanes are emptied as their turn to be looked at comes.
    chain.set(1, 0, 4);
    chain.advance(1, 0);
    pool.finalized(&[], &chain);
    assert!(pool.is_empty(), "{:?}", reasons(&mut pool));
    chain.set(1, 0, 100);
    insert_all(&mut pool, &chain, &[free(1, 100)]);
}
