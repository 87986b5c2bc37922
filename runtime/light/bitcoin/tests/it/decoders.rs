//! Fuzz bodies as plain functions: whatever a stranger's bytes are, nothing panics, and what is accepted has exactly
//! the bytes that it came from. The tests run them on random bytes and on valid ones that were damaged.

use crate::attacks::{LANE, alice, memo, pays, transaction};
use crate::world::{LATE, World};
use palisade_light_bitcoin::limits::MAX_TRANSACTION_BYTES;
use palisade_light_bitcoin::{
    Bits, Checkpoint, Header, InclusionProof, Level, Network, Payout, Record, Script, Tip, Transaction, View,
    check, deposits, settle,
};
use primitives::Digest;
use primitives::codec::{Decode, Encode, decode, encode};
use proptest::prelude::*;
use std::sync::LazyLock;

/// Decodes, and checks that encoding gives the same bytes again.
fn reencoded<T: Encode + Decode>(bytes: &[u8]) -> Option<T> {
    let value: T = decode(bytes).ok()?;
    assert_eq!(encode(&value), bytes, "one value, one encoding");
    Some(value)
}

fn fuzz_header(bytes: &[u8]) {
    let (codec, own) = (reencoded::<Header>(bytes), Header::from_slice(bytes));
    assert_eq!(codec, own, "the canonical encoding is Bitcoin's");
    if let Some(header) = own {
        assert_eq!(header.to_bytes(), bytes);
        let rules = Network::Mainnet.rules();
        let (id, record) = Checkpoint::genesis(Network::Mainnet).root(&rules).unwrap();
        assert!(
            check(&rules, &id, &record, &header, LATE).is_err(),
            "nobody finds work"
        );
    }
    if let Some(headers) = Header::all_from_slice(bytes) {
        assert_eq!(headers.len() * Header::SIZE, bytes.len());
    }
}

fn fuzz_bits(bytes: &[u8]) {
    if let Some(bits) = reencoded::<Bits>(bytes)
        && let Ok(target) = bits.target()
    {
        assert!(!target.is_zero());
        assert!(Bits::of(target).target() == Ok(target));
        assert!(bits.work().unwrap().get() > ruint::aliases::U256::ZERO);
        let limit = Network::Mainnet.rules().limit;
        assert!(bits.retarget(0, 1, limit).unwrap() <= limit);
    }
}

fn fuzz_stored(bytes: &[u8]) {
    if let Some(record) = reencoded::<Record>(bytes) {
        assert!(bytes.len() <= Record::MAX_BYTES);
        assert!(record.times.as_slice().contains(&record.times.median()));
    }
    reencoded::<Level>(bytes);
    reencoded::<Tip>(bytes);
    reencoded::<palisade_light_bitcoin::deposit::DepositKey>(bytes);
    reencoded::<palisade_light_bitcoin::Lane>(bytes);
    reencoded::<Payout>(bytes);
}

fn fuzz_checkpoint(bytes: &[u8]) {
    if let Some(checkpoint) = reencoded::<Checkpoint>(bytes) {
        for network in [
            Network::Mainnet,
            Network::Testnet4,
            Network::Signet,
            Network::Regtest,
        ] {
            if let Ok((id, record)) = checkpoint.root(&network.rules()) {
                assert_eq!(
                    (id, record.time()),
                    (checkpoint.header.id(), checkpoint.header.time)
                );
            }
        }
    }
}

fn fuzz_transaction(bytes: &[u8]) {
    let Ok(transaction) = Transaction::decode(bytes) else {
        return;
    };
    assert!(!transaction.inputs.is_empty() && !transaction.outputs.is_empty());
    let mut sum = 0;
    for output in &transaction.outputs {
        sum += output.sats;
    }
    for deposit in deposits(&transaction, &LANE) {
        assert!(deposit.sats <= sum && !transaction.is_coinbase());
    }
    let settlement = settle(&transaction, &[], &LANE.script).unwrap();
    assert_eq!(settlement.change + settlement.elsewhere, sum);
    for output in &transaction.outputs {
        if let Some(script) = Script::from_bytes(&output.script) {
            assert_eq!(script.to_bytes(), output.script);
        }
    }
}

fn fuzz_inclusion(bytes: &[u8]) {
    if let Some(proof) = reencoded::<InclusionProof>(bytes) {
        let root = Digest::new([1; 32]);
        assert!(proof.verify(&root, &VALID[0]).is_err(), "nobody finds a hash");
        assert!(proof.verify(&root, bytes).is_err());
    }
}

const BODIES: [fn(&[u8]); 6] = [
    fuzz_header,
    fuzz_bits,
    fuzz_stored,
    fuzz_checkpoint,
    fuzz_transaction,
    fuzz_inclusion,
];

/// Valid encodings, one or more for each body.
static VALID: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let mut world = World::regtest();
    let headers = world.grow(12, 1);
    let id = world.tip();
    let deposit = transaction((1, 0), &[], &[pays(50_000), memo(&alice())]);
    let mut witnessed = deposit.clone();
    witnessed.splice(4..4, [0, 1]);
    let end = witnessed.len() - 4;
    witnessed.splice(end..end, [1, 2, 0xab, 0xcd]);
    let hashes = vec![Digest::new([2; 32]); 3];
    let proof = InclusionProof {
        index: 5,
        branch: hashes.clone(),
        coinbase: transaction((0, u32::MAX), &[1, 1], &[pays(1)]),
        coinbase_branch: hashes,
    };
    let record = world.memory.record(&id).unwrap().unwrap();
    vec![
        deposit,
        witnessed,
        encode(&headers[3]),
        encode(&Bits::new(0x1d00_ffff)),
        encode(&record),
        encode(&world.memory.level(3).unwrap().unwrap()),
        encode(&world.memory.best()),
        encode(&Checkpoint::genesis(Network::Regtest)),
        encode(&proof),
        encode(&LANE),
    ]
});

#[test]
fn every_body_accepts_what_is_valid() {
    let accepted = |check: fn(&[u8]) -> bool| VALID.iter().any(|bytes| check(bytes));
    assert!(accepted(|bytes| Header::from_slice(bytes).is_some()));
    assert!(accepted(|bytes| decode::<Bits>(bytes).is_ok()));
    assert!(accepted(|bytes| decode::<Record>(bytes).is_ok()));
    assert!(accepted(|bytes| decode::<Level>(bytes).is_ok()));
    assert!(accepted(|bytes| decode::<Tip>(bytes).is_ok()));
    assert!(accepted(|bytes| Transaction::decode(bytes).is_ok()));
    assert!(accepted(|bytes| decode::<InclusionProof>(bytes).is_ok()));
    assert!(accepted(|bytes| {
        decode::<Checkpoint>(bytes).is_ok_and(|c| c.root(&Network::Regtest.rules()).is_ok())
    }));
    for bytes in VALID.iter() {
        BODIES.iter().for_each(|body| body(bytes));
    }
}

#[test]
fn a_record_takes_at_most_what_is_stated() {
    let mut world = World::regtest();
    world.grow(12, 1);
    let mut record = world.memory.record(&world.tip()).unwrap().unwrap();
    record.warped_at = Some(1);
    assert_eq!(encode(&record).len(), Record::MAX_BYTES);
}

#[test]
fn a_transaction_beyond_its_limit_is_refused_unread() {
    let outcome = Transaction::decode(&vec![0; MAX_TRANSACTION_BYTES + 1]);
    assert!(outcome.unwrap_err().to_string().contains("leave out the witness"));
}

#[test]
fn counts_that_promise_much_allocate_nothing() {
    let mut promised = vec![1, 0, 0, 0, 0xff];
    promised.extend([0xff; 8]);
    assert!(Transaction::decode(&promised).is_err());
    let mut promised = vec![1, 0, 0, 0, 0, 1, 0xfe];
    promised.extend([0xff; 60]);
    assert!(Transaction::decode(&promised).is_err());
    assert!(decode::<Level>(&[0, 0xff, 0xff, 0xff, 0xff]).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_024))]

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        BODIES.iter().for_each(|body| body(&bytes));
    }

    #[test]
    fn damaged_encodings_never_panic(
        which in any::<prop::sample::Index>(),
        flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..5),
        cut in prop::option::of(any::<prop::sample::Index>()),
        tail in proptest::collection::vec(any::<u8>(), 0..4),
    ) {
        let mut bytes = which.get(&VALID).clone();
        for (at, mask) in &flips {
            let at = at.index(bytes.len());
            bytes[at] ^= mask;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        bytes.extend(tail);
        BODIES.iter().for_each(|body| body(&bytes));
    }
}
