//! Fuzz bodies of what validators tell each other and log: on random bytes, and on what a simulated network really
//! said, with damage done to it. Nothing panics, counts stay bounded, and whatever is accepted has one encoding.

use consensus::limits::{MAX_CERTIFICATES, MAX_MESSAGE_BYTES, MAX_VOTES};
use consensus::{Content, Message, Record};
use palisade_sim::faults::Fault;
use palisade_sim::{MockScheme, Plan, World};
use primitives::codec::{decode, encode};
use proptest::prelude::*;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, LazyLock};

/// A message between validators.
fn fuzz_message(bytes: &[u8]) {
    let Ok(message) = Message::decode(bytes) else {
        return;
    };
    assert_eq!(encode(&message), bytes, "one message, one encoding");
    assert!(bytes.len() <= MAX_MESSAGE_BYTES);
    match &message {
        Message::Votes(votes) => assert!(votes.len() <= MAX_VOTES),
        Message::Certificates(all) => assert!(all.len() <= MAX_CERTIFICATES),
        Message::Proposal(proposal) => {
            if let Content::Fresh(block) = &proposal.content {
                // What a stranger's block claims is looked at without a panic, whatever it claims.
                let _checked = block.check_limits();
                assert_eq!(block.hash(), block.header.hash());
            }
        }
        Message::CertificatesWanted { .. } => {}
    }
}

/// A record of the log.
fn fuzz_record(bytes: &[u8]) {
    if let Ok(record) = decode::<Record>(bytes) {
        assert_eq!(encode(&record), bytes, "one record, one encoding");
    }
}

const BODIES: [fn(&[u8]); 2] = [fuzz_message, fuzz_record];
/// Of each kind of message and record, so many are kept.
const KEPT: usize = 12;

/// What a network with a double voter and a rule breaker says, and what its logs would hold.
static SAID: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let mut plan = Plan::calm(11, 7);
    plan.epoch_ms = 3_000;
    plan.work_ms = 700;
    plan.byzantine.insert(1, vec![Fault::DoubleVoter]);
    plan.byzantine.insert(2, vec![Fault::JustificationLiar]);
    let said: Rc<RefCell<BTreeMap<u8, Vec<Vec<u8>>>>> = Rc::default();
    let mut world = World::new(MockScheme, plan).unwrap();
    // Links are made well at the start, which would take the ear away.
    world.run_until(1).unwrap();
    let heard = Rc::clone(&said);
    world.filter = Some(Box::new(move |_, _, _, message| {
        let keep = |kind: u8, bytes: Vec<u8>| {
            let mut said = heard.borrow_mut();
            let kept = said.entry(kind).or_default();
            if kept.len() < KEPT && !kept.contains(&bytes) {
                kept.push(bytes);
            }
        };
        match message {
            Message::Proposal(proposal) => {
                if let Content::Fresh(block) = &proposal.content {
                    keep(10, encode(&Record::Block(Arc::clone(block))));
                }
                keep(0, encode(message));
            }
            Message::Votes(votes) => {
                keep(11, encode(&Record::Voted(votes[0].statement)));
                keep(1, encode(message));
            }
            Message::Certificates(all) => {
                keep(12, encode(&Record::Certificate(all[0].clone())));
                keep(2, encode(message));
            }
            Message::CertificatesWanted { .. } => keep(3, encode(message)),
        }
        false
    }));
    if let Err(failure) = world.run_until(9_000) {
        panic!("{}", failure.story);
    }
    let said = said.borrow();
    assert!(said.contains_key(&0) && said.contains_key(&10) && said.contains_key(&12));
    said.values().flatten().cloned().collect()
});

fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let edit = (any::<prop::sample::Index>(), any::<u32>(), 0u8..5);
    let edits = proptest::collection::vec(edit, 0..5);
    (any::<prop::sample::Index>(), any::<prop::sample::Index>(), edits).prop_map(|(which, other, edits)| {
        let mut bytes = which.get(&SAID).clone();
        for (place, value, kind) in edits {
            let at = place.index(bytes.len().max(1));
            let byte = value as u8;
            match kind {
                0 if at < bytes.len() => bytes[at] ^= byte.max(1),
                1 => bytes.insert(at.min(bytes.len()), byte),
                2 => bytes.truncate(at),
                // Four bytes that may be a length or a count.
                3 => {
                    let places = bytes.iter_mut().skip(at);
                    places
                        .zip(value.to_le_bytes())
                        .for_each(|(place, byte)| *place = byte);
                }
                _ => {
                    let piece = other.get(&SAID);
                    bytes.extend_from_slice(&piece[at.min(piece.len())..]);
                }
            }
        }
        bytes
    })
}

#[test]
fn what_was_said_is_accepted() {
    for bytes in SAID.iter() {
        assert!(Message::decode(bytes).is_ok() || decode::<Record>(bytes).is_ok());
        BODIES.iter().for_each(|body| body(bytes));
    }
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        BODIES.iter().for_each(|body| body(&bytes));
    }

    #[test]
    fn damaged_messages_and_records_never_panic(bytes in damaged()) {
        BODIES.iter().for_each(|body| body(&bytes));
    }
}
