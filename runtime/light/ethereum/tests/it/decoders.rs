//! Fuzz bodies as plain functions: whatever a stranger's bytes are, nothing panics, and what is accepted keeps its
//! rules. The tests run them on random bytes and on valid ones that were damaged.

use crate::world::{Draft, Members, Tree, begin, header, spec, ssz, update};
use crypto::hash::keccak256;
use palisade_light_ethereum::client::Conflict;
use palisade_light_ethereum::header::ExecutionHeader;
use palisade_light_ethereum::spec::ExecutionFields;
use palisade_light_ethereum::trie::{Trie, lookup};
use palisade_light_ethereum::update::{container_fork, decode_stream};
use palisade_light_ethereum::{
    BlockHeader, Bootstrap, Client, ClientRecord, CommitteeRecord, Fork, Policy, Preset, Receipt, Spec,
    Update, UpdateKind, json,
};
use primitives::codec::{Decode, Encode, decode, encode};
use proptest::prelude::*;
use std::sync::LazyLock;

static WORLD: LazyLock<(Spec, Client, Vec<u8>)> = LazyLock::new(|| {
    let spec = spec(Preset::MINIMAL, Fork::Fulu);
    let members = Members::new(5, 32, 3);
    let (_, client) = begin(&spec, 64, &members);
    let finalized = header(&spec, 80, &Tree::default());
    let next = Some(&members.committee);
    let draft = Draft {
        attested: 90,
        finalized: &finalized,
        next,
        signature: 91,
    };
    let bytes = ssz(&update(&spec, &draft, &members, |_| true));
    (spec, client, bytes)
});

/// Decodes, and checks that encoding gives the same bytes again.
fn reencoded<T: Encode + Decode>(bytes: &[u8]) -> Option<T> {
    let value: T = decode(bytes).ok()?;
    assert_eq!(encode(&value), bytes, "one value, one encoding");
    Some(value)
}

fn fuzz_update(bytes: &[u8]) {
    let (spec, client, good) = &*WORLD;
    let forks = [
        Fork::Altair,
        Fork::Capella,
        Fork::Deneb,
        Fork::Electra,
        Fork::Unsupported,
    ];
    for fork in forks {
        for kind in [UpdateKind::Full, UpdateKind::Finality, UpdateKind::Optimistic] {
            let Ok(update) = Update::decode(spec, fork, kind, bytes) else {
                continue;
            };
            assert_ne!(fork, Fork::Unsupported);
            assert_eq!(update.aggregate.bits.len(), 4);
            let policy = Policy::bridge(spec);
            let outcome = client.advance(spec, &policy, &update, 10_000);
            // All but the signature's slot is signed or proven.
            let only_slot = bytes.len() == good.len() && update.signature_slot != 91;
            assert!(outcome.is_err() || bytes == good.as_slice() || only_slot);
        }
        if let Ok(start) = Bootstrap::decode(spec, fork, bytes) {
            assert_eq!(start.committee.pubkeys.len(), 32);
            assert!(Client::bootstrap(spec, &[1; 32], &start).is_err());
        }
    }
    assert!(
        container_fork(spec, bytes).is_ok_and(|fork| fork != Fork::Unsupported) || bytes != good.as_slice()
    );
    if let Ok(updates) = decode_stream(spec, bytes) {
        assert!(updates.len() <= bytes.len());
    }
}

fn fuzz_execution(bytes: &[u8]) {
    for fields in [ExecutionFields::Capella, ExecutionFields::Deneb] {
        if let Ok(header) = ExecutionHeader::decode(bytes, fields) {
            assert_eq!(header.fields(), fields);
            assert!(header.extra_data.len() <= 32 && bytes.len() <= 584 + 32);
        }
    }
    assert!(
        BlockHeader::decode(bytes, &[1; 32]).is_err(),
        "nobody finds a hash"
    );
    if BlockHeader::decode(bytes, &keccak256(bytes)).is_ok() {
        assert!(bytes.len() <= 1_024);
    }
    if let Ok(receipt) = Receipt::decode(bytes) {
        assert!(receipt.kind <= 4);
        assert!(receipt.logs.iter().all(|log| log.topics.len() <= 4));
        assert!(receipt.succeeded || receipt.log(0).is_err());
    }
}

fn fuzz_trie(bytes: &[u8]) {
    let proof = vec![bytes.to_vec()];
    assert!(lookup(&[1; 32], b"key", &proof).is_err(), "nobody finds a hash");
    if let Ok(Some(value)) = lookup(&keccak256(bytes), b"key", &proof) {
        assert!(!value.is_empty() && value.len() < bytes.len());
    }
}

fn fuzz_stored(bytes: &[u8]) {
    if let Some(record) = reencoded::<CommitteeRecord>(bytes) {
        assert!(record.keys.len() * 96 <= bytes.len());
        if let Ok(committee) = record.restore(&Preset::MINIMAL) {
            assert_eq!(committee.to_record(), record);
        }
    }
    reencoded::<ClientRecord>(bytes);
    reencoded::<Conflict>(bytes);
    if let Some(spec) = reencoded::<Spec>(bytes)
        && spec.validate().is_ok()
    {
        assert!(spec.forks.len() <= 16 && spec.slots_per_period() > 0);
    }
}

fn fuzz_json(bytes: &[u8]) {
    let (spec, client, _) = &*WORLD;
    let Ok(value) = serde_json::from_slice(bytes) else {
        return;
    };
    if let Ok(update) = json::update(spec, &value) {
        let outcome = client.advance(spec, &Policy::bridge(spec), &update, 10_000);
        assert!(outcome.is_err());
    }
    assert!(json::bootstrap(spec, &value).is_err() || bytes.len() > 3_000);
}

fn all(bytes: &[u8]) {
    fuzz_update(bytes);
    fuzz_execution(bytes);
    fuzz_trie(bytes);
    fuzz_stored(bytes);
    fuzz_json(bytes);
}

#[test]
fn what_is_longer_than_any_update_is_not_read() {
    let (spec, ..) = &*WORLD;
    let bytes = vec![0; palisade_light_ethereum::update::MAX_UPDATE_BYTES + 1];
    let long = Err(palisade_light_ethereum::ssz::SszError::Limit);
    assert_eq!(Update::decode(spec, Fork::Fulu, UpdateKind::Full, &bytes), long);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn random_bytes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..2_800)) {
        all(&bytes);
    }

    #[test]
    fn damaged_values_do_no_harm(
        what in 0usize..6,
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<prop::sample::Index>(),
    ) {
        let (spec, client, update) = &*WORLD;
        let receipts = vec![vec![0xc0; 40]; 20];
        let mut bytes = match what {
            0 => update.clone(),
            1 => encode(&client.current().to_record()),
            2 => encode(&client.to_record()),
            3 => encode(spec),
            4 => Trie::of_list(&receipts).prove(&[3]).concat(),
            _ => serde_json::json!({"attested_header": {"beacon": {"slot": "1"}}}).to_string().into_bytes(),
        };
        all(&bytes);
        let place = at.index(bytes.len());
        bytes[place] = byte;
        all(&bytes);
        bytes.truncate(cut.index(bytes.len()));
        all(&bytes);
    }
}
