//! For whom a deposit is.

use crate::attacks::{LANE, alice, memo, pays, transaction};
use palisade_light_bitcoin::deposit::{
    Unclaimed, address_of, deposits, deposits_to, memo_of, witness_script,
};
use palisade_light_bitcoin::script::{Script, memo as said, memo_script};
use palisade_light_bitcoin::{Lane, Transaction};
use primitives::AccountId;

fn read(outputs: &[(u64, Vec<u8>)]) -> Transaction {
    Transaction::decode(&transaction((1, 0), &[], outputs)).unwrap()
}

fn recipients(outputs: &[(u64, Vec<u8>)]) -> Vec<(u32, u64, Result<AccountId, Unclaimed>)> {
    let deposit = |d: palisade_light_bitcoin::Deposit| (d.outpoint.vout, d.sats, d.recipient);
    deposits(&read(outputs), &LANE).into_iter().map(deposit).collect()
}

fn raw(data: &[u8]) -> (u64, Vec<u8>) {
    (0, memo_script(data).unwrap())
}

#[test]
fn two_deposits_in_one_transaction_are_two_outpoints() {
    let found = recipients(&[pays(10_000), memo(&alice()), (7, vec![0x51]), pays(20_000)]);
    assert_eq!(found, [(0, 10_000, Ok(alice())), (3, 20_000, Ok(alice()))]);
}

#[test]
fn a_recipient_named_twice_is_nobody() {
    let bob = AccountId::new([0xb0; 32]);
    let several = Err(Unclaimed::SeveralRecipients);
    for other in [alice(), bob] {
        assert_eq!(
            recipients(&[pays(10_000), memo(&alice()), memo(&other)]),
            [(0, 10_000, several)]
        );
    }
    // A memo of another program does not count, a broken one of ours does.
    let found = recipients(&[raw(b"omni"), pays(10_000), memo(&alice())]);
    assert_eq!(found, [(1, 10_000, Ok(alice()))]);
    assert_eq!(
        recipients(&[raw(b"PLSD"), pays(10_000), memo(&alice())]),
        [(1, 10_000, several)]
    );
}

#[test]
fn what_names_nobody_is_kept_with_its_reason() {
    let good = memo_of(LANE.tag, &alice());
    let with = |change: fn(&mut Vec<u8>)| {
        let mut data = good.to_vec();
        change(&mut data);
        recipients(&[pays(10_000), raw(&data)])[0].2
    };
    assert_eq!(with(|_| ()), Ok(alice()));
    assert_eq!(with(|data| data[4] = 2), Err(Unclaimed::Malformed));
    assert_eq!(with(|data| data[5] ^= 1), Err(Unclaimed::OtherChain));
    assert_eq!(with(|data| data.truncate(40)), Err(Unclaimed::Malformed));
    assert_eq!(with(|data| data.push(0)), Err(Unclaimed::Malformed));
    assert_eq!(with(|data| data.truncate(4)), Err(Unclaimed::Malformed));
    assert_eq!(with(|data| data[9..].fill(0)), Err(Unclaimed::Malformed));
    assert_eq!(with(|data| data[0] = b'Q'), Err(Unclaimed::NoRecipient));
    assert_eq!(recipients(&[pays(10_000)])[0].2, Err(Unclaimed::NoRecipient));
    assert_eq!(
        recipients(&[pays(9_999), memo(&alice())])[0].2,
        Err(Unclaimed::TooLittle)
    );
}

#[test]
fn a_script_that_is_off_by_a_byte_pays_somebody_else() {
    for change in [0usize, 1, 2, 33] {
        let (sats, mut script) = pays(10_000);
        script[change] ^= 1;
        assert_eq!(recipients(&[(sats, script), memo(&alice())]), []);
    }
    let (sats, mut script) = pays(10_000);
    script.push(0);
    assert_eq!(recipients(&[(sats, script), memo(&alice())]), []);
    assert_eq!(
        recipients(&[pays(0), memo(&alice())]),
        [],
        "nothing paid is nothing deposited"
    );
}

#[test]
fn a_taproot_lane_is_paid_as_well() {
    let lane = Lane {
        script: Script::P2tr([9; 32]),
        ..LANE
    };
    let outputs = [(50_000, lane.script.to_bytes()), memo(&alice())];
    assert_eq!(deposits(&read(&outputs), &lane)[0].recipient, Ok(alice()));
    assert_eq!(recipients(&outputs), []);
}

#[test]
fn an_address_of_ones_own_needs_no_memo() {
    let policy = [0x51];
    let (bob, script) = (
        AccountId::new([0xb0; 32]),
        address_of(&policy, LANE.tag, &alice()),
    );
    let paid = read(&[(70_000, script.to_bytes()), (1, vec![0x51])]);
    let found = deposits_to(&paid, &policy, &LANE, &alice());
    assert_eq!(
        (found.len(), found[0].sats, found[0].recipient),
        (1, 70_000, Ok(alice()))
    );
    assert_eq!(
        deposits_to(&paid, &policy, &LANE, &bob),
        [],
        "nobody else can claim it"
    );
    assert_eq!(deposits_to(&paid, &[0x52], &LANE, &alice()), []);
    assert_eq!(deposits(&paid, &LANE), []);
    let script = witness_script(&policy, LANE.tag, &alice());
    assert_eq!((script.len(), script[0], script[42]), (44, 41, 0x75));
}

#[test]
fn scripts_and_memos_are_read_as_they_are_written() {
    let kinds = [
        Script::P2pkh([1; 20]),
        Script::P2sh([2; 20]),
        Script::P2wpkh([3; 20]),
        Script::P2wsh([4; 32]),
        Script::P2tr([5; 32]),
    ];
    for script in kinds {
        let bytes = script.to_bytes();
        assert_eq!(Script::from_bytes(&bytes), Some(script));
        assert_eq!(Script::from_bytes(&bytes[1..]), None);
        assert_eq!(Script::from_bytes(&[bytes.as_slice(), &[0]].concat()), None);
    }
    assert_eq!(said(&memo_script(&[7; 75]).unwrap()), Some([7; 75].as_slice()));
    assert_eq!((memo_script(&[]), memo_script(&[7; 76])), (None, None));
    assert_eq!(
        (said(&[0x6a]), said(&[0x6a, 2, 1]), said(&[0x6a, 0x4c, 1, 1])),
        (None, None, None)
    );
}
