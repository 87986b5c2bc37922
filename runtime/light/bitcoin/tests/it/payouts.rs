//! Whether what was to leave has left.

use crate::attacks::{LANE, transaction};
use palisade_light_bitcoin::limits::MAX_PAYOUTS;
use palisade_light_bitcoin::payout::PayoutError;
use palisade_light_bitcoin::{Outpoint, Payout, Script, Transaction, TxId, settle};

fn to(n: u8, sats: u64) -> Payout {
    Payout {
        script: Script::P2wpkh([n; 20]),
        sats,
    }
}

fn paying(outputs: &[Payout]) -> Transaction {
    let outputs: Vec<(u64, Vec<u8>)> = outputs
        .iter()
        .map(|payout| (payout.sats, payout.script.to_bytes()))
        .collect();
    Transaction::decode(&transaction((1, 3), &[], &outputs)).unwrap()
}

#[test]
fn each_payout_has_an_output_of_its_own() {
    let change = Payout {
        script: LANE.script,
        sats: 900,
    };
    let made = paying(&[to(2, 20), to(1, 10), change, to(1, 10), to(3, 5)]);
    let settlement = settle(&made, &[to(1, 10), to(2, 20), to(1, 10), to(1, 10)], &LANE.script).unwrap();
    assert_eq!(settlement.paid, [Some(1), Some(0), Some(3), None]);
    assert_eq!((settlement.change, settlement.elsewhere), (900, 5));
}

#[test]
fn a_satoshi_more_or_less_settles_nothing() {
    for sats in [9, 11] {
        let settlement = settle(&paying(&[to(1, sats)]), &[to(1, 10)], &LANE.script).unwrap();
        assert_eq!((settlement.paid, settlement.elsewhere), (vec![None], sats));
    }
    let key = Script::P2tr([1; 32]);
    let other = Payout {
        script: key,
        sats: 10,
    };
    assert_eq!(
        settle(&paying(&[other]), &[to(1, 10)], &LANE.script)
            .unwrap()
            .paid,
        [None]
    );
}

#[test]
fn a_payout_to_the_lane_itself_is_paid_before_change() {
    let own = Payout {
        script: LANE.script,
        sats: 10,
    };
    let settlement = settle(&paying(&[own, own]), &[own], &LANE.script).unwrap();
    assert_eq!((settlement.paid, settlement.change), (vec![Some(0)], 10));
}

#[test]
fn what_is_spent_is_known() {
    let made = paying(&[to(1, 10)]);
    let outpoint = |vout| Outpoint {
        txid: TxId::new([1; 32]),
        vout,
    };
    assert!(made.spends(&outpoint(3)) && !made.spends(&outpoint(2)));
}

#[test]
fn too_many_payouts_are_not_matched() {
    let many = vec![to(1, 10); MAX_PAYOUTS + 1];
    assert_eq!(
        settle(&paying(&[to(1, 10)]), &many, &LANE.script),
        Err(PayoutError::TooMany {
            payouts: 257,
            limit: 256
        })
    );
    assert!(settle(&paying(&[to(1, 10)]), &many[1..], &LANE.script).is_ok());
}
