//! How epochs end and validators change.

use crate::people;
use palisade_runtime::{Message, query};
use primitives::{Amount, Epoch, Height, Millis};
use testing::{Chain, ValidatorKeys};

const BOND: u128 = 20_000_000_000_000;

#[test]
fn an_epoch_ends_when_the_parents_clock_has_passed_its_end() {
    let mut chain = Chain::new();
    let ends_at = chain.start.validators.ends_at;
    let boundary = chain.end_epoch();
    let block = &chain.at(boundary).block;
    assert!(block.header.is_boundary());
    let parent = &chain.at(boundary.saturating_sub(Height::new(1))).block.header;
    let before = &chain.at(boundary.saturating_sub(Height::new(2))).block.header;
    assert!(parent.chain_clock >= ends_at && before.chain_clock < ends_at);
    let next = chain.next_set();
    assert_eq!(next.epoch, Epoch::new(1));
    assert_eq!(block.header.next_validators_root, next.root());
    let header = chain.next_block().block.header.clone();
    assert_eq!((header.epoch, header.view.get()), (Epoch::new(1), 1));
    assert_eq!(header.validators_root, next.root());
}

#[test]
fn a_new_validator_votes_in_the_epoch_after_it_bonded() {
    let (alice, _) = people();
    let mut chain = Chain::new();
    let mut keys = ValidatorKeys::named("newcomer");
    keys.operator = alice.clone();
    chain.enlist(keys.clone());
    let registration = staking::Msg::RegisterValidator(keys.registration(Amount::new(BOND)));
    let receipt = chain.send(&alice, vec![Message::Staking(registration)]);
    assert!(receipt.succeeded(), "{receipt:?}");
    chain.end_epoch();
    let set = chain.next_set();
    assert_eq!(set.validators.len(), 5);
    let index = set.index_of(&keys.consensus_key()).unwrap();
    assert_eq!(set.get(index).unwrap().operator, alice.id());
    assert!(set.get(index).unwrap().weight > set.validators.iter().map(|v| v.weight).min().unwrap());
    for _ in 0..6 {
        chain.next_block();
    }
    let one = chain
        .view(|view| query::validator(view, &set, &alice.id()).unwrap())
        .unwrap();
    assert_eq!((one.status, one.index), (query::Status::Active, Some(index)));
}

#[test]
fn what_happens_within_the_look_back_waits_for_the_epoch_after() {
    let (alice, _) = people();
    let mut chain = Chain::new();
    chain.step = Millis::new(10_000);
    // The epoch is 20 s: blocks 1 and 2 reach its end, block 3 is the boundary, and looks at the state of block 1.
    chain.next_block();
    let mut keys = ValidatorKeys::named("newcomer");
    keys.operator = alice.clone();
    chain.enlist(keys.clone());
    let registration = staking::Msg::RegisterValidator(keys.registration(Amount::new(BOND)));
    assert!(
        chain
            .send(&alice, vec![Message::Staking(registration)])
            .succeeded()
    );
    assert_eq!(chain.end_epoch(), Height::new(3));
    assert_eq!(chain.next_set().validators.len(), 4);
    chain.end_epoch();
    assert_eq!(chain.next_set().validators.len(), 5);
}

#[test]
fn a_handover_is_proven_by_the_old_validators() {
    let mut chain = Chain::new();
    let boundary = chain.end_epoch();
    let proof = chain.finality(boundary);
    let committee = light_palisade::Committee::new(chain.start.validators.clone()).unwrap();
    proof.verify(&chain.hash(), &committee).unwrap();
    assert_eq!(proof.header.next_validators_root, chain.next_set().root());
}

#[test]
fn chain_time_passes_at_most_ten_seconds_per_block() {
    let mut chain = Chain::new();
    chain.block_after(Millis::new(86_400_000));
    assert_eq!(chain.tip().chain_clock.get(), 10_000);
    chain.advance(Millis::new(25_000));
    assert_eq!(chain.tip().chain_clock.get(), 35_000);
}
