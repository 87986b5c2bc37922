use super::*;
use crate::fixture::{Spec, account, mempool, spec};
use crate::{Class, Intake};
use bytes::Bytes;
use primitives::{Amount, Gas, Height};

fn submit(pool: &Mempool<crate::fixture::Chain>, specs: &[Spec], origin: Origin) -> Vec<&'static str> {
    let batch: Vec<(Bytes, Origin)> = specs.iter().map(|spec| (spec.bytes(), origin)).collect();
    let answers = pool.submit(&batch).into_iter();
    answers
        .map(|answer| match answer {
            Ok(Outcome::Accepted(_)) => "accepted",
            Ok(Outcome::AlreadyPending(_)) => "pending",
            Err(rejection) => rejection.reason,
        })
        .collect()
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

#[test]
fn answers_come_in_order_and_each_entry_stands_for_itself() {
    let (chain, pool) = mempool(Config {
        max_transaction_bytes: 200,
        ..Config::default()
    });
    chain.set_floor(3);
    let specs = [
        spec(1, 0, 9),
        spec(1, 0, 9),
        spec(2, 0, 2),
        spec(3, 0, 9).sized(201),
        spec(1, 1, 9),
    ];
    let answers = submit(&pool, &specs, Origin::Local);
    assert_eq!(
        answers,
        ["accepted", "pending", "FEE_TOO_LOW", "TX_TOO_LARGE", "accepted"]
    );
    let rejection = pool
        .submit(&[(Bytes::from_static(b"junk"), Origin::Local)])
        .remove(0)
        .unwrap_err();
    assert_eq!(
        (rejection.class, rejection.reason),
        (Class::Malformed, "FIELD_INVALID")
    );
    assert_eq!(
        pool.size(),
        Size {
            transactions: 2,
            queued: 0,
            bytes: 2 * spec(1, 0, 9).bytes().len()
        }
    );
}

#[test]
fn bytes_are_verified_once_whether_they_came_alone_or_in_a_block() {
    let (chain, pool) = mempool(Config::default());
    submit(&pool, &[spec(1, 0, 9)], Origin::Local);
    submit(&pool, &[spec(1, 0, 9)], Origin::Local);
    assert_eq!(chain.verifications(), 1);
    let block: Vec<Vec<u8>> = [spec(1, 0, 9), spec(2, 0, 9)]
        .iter()
        .map(|spec| spec.bytes().to_vec())
        .collect();
    for _ in 0..3 {
        let verified = pool.verify_block(&block).unwrap();
        assert_eq!(
            verified.iter().map(|tx| tx.spec.sender).collect::<Vec<_>>(),
            [1, 2]
        );
    }
    assert_eq!(chain.verifications(), 2);
    assert_eq!(submit(&pool, &[spec(2, 0, 9)], Origin::Local), ["accepted"]);
    assert_eq!(chain.verifications(), 2);
}

#[test]
fn the_same_id_with_another_signature_is_verified_again() {
    let (chain, pool) = mempool(Config::default());
    submit(&pool, &[spec(1, 0, 9)], Origin::Local);
    let resigned = Spec {
        signature: 1,
        ..spec(1, 0, 9)
    };
    assert_eq!(resigned.id(), spec(1, 0, 9).id());
    let verified = pool.verify_block(&[resigned.bytes().to_vec()]).unwrap();
    assert_eq!(verified[0].spec, resigned);
    assert_eq!(chain.verifications(), 2);
    assert_eq!(submit(&pool, &[resigned], Origin::Local), ["pending"]);
}

#[test]
fn a_block_with_a_bad_transaction_says_which() {
    let (_, pool) = mempool(Config::default());
    let block = [spec(1, 0, 9).bytes().to_vec(), b"junk".to_vec()];
    let (place, rejection) = pool.verify_block(&block).unwrap_err();
    assert_eq!((place, rejection.reason), (1, "FIELD_INVALID"));
}

#[test]
fn the_memory_of_verdicts_is_bounded_and_never_forgets_who_waits() {
    let (chain, pool) = mempool(Config {
        remembered_transactions: 2,
        ..Config::default()
    });
    submit(&pool, &[spec(1, 0, 9)], Origin::Local);
    for sender in 2..10 {
        pool.verify_block(&[spec(sender, 0, 9).bytes().to_vec()]).unwrap();
    }
    assert_eq!(pool.lock().verdicts.len(), 3);
    pool.verify_block(&[spec(1, 0, 9).bytes().to_vec(), spec(9, 0, 9).bytes().to_vec()])
        .unwrap();
    assert_eq!(chain.verifications(), 9);
    // Once it is final it is remembered only as long as the others.
    chain.set(1, 1, 100);
    pool.finalized(&[spec(1, 0, 9).transaction()]);
    assert_eq!(pool.lock().verdicts.len(), 2);
    for sender in 2..10 {
        pool.verify_block(&[spec(sender, 0, 9).bytes().to_vec()]).unwrap();
    }
    assert_eq!(pool.lock().verdicts.len(), 2);
}

#[test]
fn one_can_ask_what_became_of_a_transaction() {
    let (chain, pool) = mempool(Config {
        max_transactions: 2,
        ..Config::default()
    });
    submit(&pool, &[spec(1, 0, 9), spec(2, 4, 9)], Origin::Local);
    assert_eq!(pool.status(&spec(1, 0, 9).id()), Status::Pending(Place::Ready));
    assert_eq!(pool.status(&spec(2, 4, 9).id()), Status::Pending(Place::Queued));
    assert_eq!(pool.status(&spec(3, 0, 9).id()), Status::Unknown);
    submit(&pool, &[spec(3, 0, 7)], Origin::Local);
    let evicted = Dropped::Evicted {
        min_fee: Amount::new(7),
    };
    assert_eq!(pool.status(&spec(2, 4, 9).id()), Status::Dropped(evicted));
    chain.set(1, 1, 100);
    pool.finalized(&[spec(1, 0, 9).transaction()]);
    assert_eq!(pool.status(&spec(1, 0, 9).id()), Status::Unknown);
    let why = Rejection::new(Class::Precondition, "OPERATOR_FROZEN", "frozen");
    pool.remove(&[(spec(3, 0, 7).id(), why.clone())]);
    assert_eq!(
        pool.status(&spec(3, 0, 7).id()),
        Status::Dropped(Dropped::Invalid(why))
    );
    assert_eq!(submit(&pool, &[spec(3, 0, 7)], Origin::Local), ["accepted"]);
    assert_eq!(pool.status(&spec(3, 0, 7).id()), Status::Pending(Place::Ready));
    assert_eq!(pool.transaction(&spec(3, 0, 7).id()).unwrap().spec, spec(3, 0, 7));
}

#[test]
fn the_pending_sequence_counts_what_waits() {
    let (chain, pool) = mempool(Config::default());
    chain.set(1, 5, 100);
    assert_eq!(pool.pending_sequence(&account(1)), 5);
    submit(
        &pool,
        &[spec(1, 5, 9), spec(1, 6, 9), spec(1, 9, 9)],
        Origin::Local,
    );
    assert_eq!(pool.pending_sequence(&account(1)), 7);
    chain.set(1, 8, 100);
    assert_eq!(pool.pending_sequence(&account(1)), 8);
}

#[test]
fn a_leader_learns_of_arrivals_that_can_be_selected_only() {
    let (_, pool) = mempool(Config::default());
    let mut arrivals = pool.arrivals();
    submit(&pool, &[spec(1, 1, 9)], Origin::Local);
    assert!(!arrivals.has_changed().unwrap());
    submit(&pool, &[spec(1, 0, 9), spec(2, 0, 9)], Origin::Local);
    assert!(arrivals.has_changed().unwrap());
    assert_eq!(*arrivals.borrow_and_update(), 2);
    assert_eq!(pool.select(&everything(), &Reserved::default()).len(), 3);
}

#[tokio::test]
async fn new_transactions_are_passed_on_with_who_knows_them() {
    let batch = spec(1, 0, 9).bytes().len() * 2;
    let (_, pool) = mempool(Config {
        relay_batch_bytes: batch,
        ..Config::default()
    });
    let (a, b) = (Peer([7; 32]), Peer([8; 32]));
    submit(&pool, &[spec(1, 0, 9)], Origin::Peer(a));
    submit(&pool, &[spec(1, 0, 9)], Origin::Peer(b));
    submit(&pool, &[spec(1, 0, 9)], Origin::Peer(b));
    submit(&pool, &[spec(2, 0, 9), spec(3, 0, 9)], Origin::Local);
    let first = pool.relay().await;
    assert_eq!(
        first
            .iter()
            .map(|relayed| relayed.transaction.spec.sender)
            .collect::<Vec<_>>(),
        [1, 2]
    );
    assert_eq!(
        (first[0].origin, first[0].known_by.as_slice()),
        (Origin::Peer(a), [a, b].as_slice())
    );
    assert!(first[1].known_by.is_empty());
    assert_eq!(pool.relay().await.len(), 1);
}

#[tokio::test]
async fn a_full_relay_leaves_out_and_counts() {
    let (_, pool) = mempool(Config {
        relay_transactions: 1,
        relay_delay_ms: 1,
        ..Config::default()
    });
    assert_eq!(
        submit(&pool, &[spec(1, 0, 9), spec(2, 0, 9)], Origin::Local),
        ["accepted", "accepted"]
    );
    assert_eq!(pool.relay().await.len(), 1);
    assert_eq!(pool.metrics.relay_skipped_txs.get(), 1);
}

#[tokio::test]
async fn the_intake_answers_each_caller_with_its_own() {
    let (chain, pool) = mempool(Config {
        verify_batch: 3,
        ..Config::default()
    });
    let intake = Intake::start(Arc::new(pool)).unwrap();
    let offers: Vec<_> = (0..20u64)
        .map(|n| {
            let own = vec![spec(1, n, 9).bytes(), Bytes::from_static(b"junk")];
            intake.offer(own, Origin::Local).unwrap()
        })
        .collect();
    for (n, offer) in (0u64..).zip(offers) {
        let answers = offer.answers().await;
        assert_eq!(answers[0], Ok(Outcome::Accepted(spec(1, n, 9).id())));
        assert_eq!(answers[1].as_ref().unwrap_err().reason, "FIELD_INVALID");
    }
    assert_eq!(chain.verifications(), 40);
    let again = intake.submit(spec(1, 0, 9).bytes(), Origin::Local).await;
    assert_eq!(again, Ok(Outcome::AlreadyPending(spec(1, 0, 9).id())));
}

#[tokio::test]
async fn more_than_the_intake_holds_is_refused_at_once() {
    let config = Config {
        intake_bytes: 100,
        max_transaction_bytes: 100,
        ..Config::default()
    };
    let (_, pool) = mempool(config);
    let intake = Intake::start(Arc::new(pool)).unwrap();
    let too_much = vec![Bytes::from(vec![0; 101])];
    assert_eq!(
        intake.offer(too_much, Origin::Local).err().map(|r| r.reason),
        Some("INTAKE_BUSY")
    );
    assert!(intake.submit(spec(1, 0, 9).bytes(), Origin::Local).await.is_ok());
}
