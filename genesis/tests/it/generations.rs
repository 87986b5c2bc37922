//! Development chains that go on from a checkpoint.

use crate::document;
use light_palisade::{Header, Statement};
use palisade_genesis::{Continuation, Document, GenesisError, Hex, Kind};
use primitives::{BlockHash, ChainClock, Digest, Epoch, Height, Timestamp, View};

/// A block at height 40 of epoch 0 that left the state of genesis.
fn checkpoint(document: &Document) -> (Header, Continuation) {
    let start = document.start().unwrap();
    let from = Continuation::of(&start.header, Epoch::ZERO, &start.state);
    let header = Header {
        height: Height::new(40),
        parent: BlockHash::new([7; 32]),
        time: Timestamp::new(9_000),
        chain_clock: ChainClock::new(8_000),
        seed: Digest::new([3; 32]),
        ..start.header
    };
    let from = Continuation {
        height: header.height,
        time_ms: header.time,
        chain_clock: header.chain_clock,
        seed: Hex(*header.seed.as_bytes()),
        ..from
    };
    (header, from)
}

#[test]
fn the_chain_goes_on_from_the_state_in_a_generation_in_which_nothing_was_signed() {
    let first = document();
    let (header, from) = checkpoint(&first);
    let next = first.continued(4, from.clone()).unwrap();
    assert_eq!(next.generation, 5);
    let text = next.to_json().unwrap();
    let read = Document::from_json(text.as_bytes()).unwrap();
    assert_eq!(read, next);
    let (before, after) = (first.start().unwrap(), read.start().unwrap());
    assert_eq!(after.state.root(), before.state.root());
    assert_eq!(after.validators, before.validators);
    assert!(after.header.is_genesis() && !header.is_genesis());
    assert_eq!(
        (
            after.header.height,
            after.header.time,
            after.header.chain_clock,
            after.header.seed
        ),
        (header.height, header.time, header.chain_clock, header.seed)
    );
    // What was signed in the one says nothing in the other.
    assert_ne!(after.chain_hash, before.chain_hash);
    let statement = Statement::Nullify {
        epoch: Epoch::ZERO,
        view: View::new(9),
    };
    assert_ne!(
        statement.sign_bytes(&before.chain_hash),
        statement.sign_bytes(&after.chain_hash)
    );
    // The hash is of the state too, and of the generation.
    let mut other = next.clone();
    other.continues.as_mut().unwrap().state[0].value.0.push(1);
    assert_ne!(other.chain_hash(), next.chain_hash());
    let again = next.continued(0, from).unwrap();
    assert_eq!(again.generation, 6);
    assert_ne!(again.chain_hash(), next.chain_hash());
}

#[test]
fn what_cannot_be_gone_on_from_is_refused() {
    let first = document();
    let (_, from) = checkpoint(&first);
    let refused = |change: &dyn Fn(&mut Document)| {
        let mut wrong = first.continued(0, from.clone()).unwrap();
        change(&mut wrong);
        let error = wrong.start().unwrap_err();
        assert!(!error.hint().is_empty());
        error
    };
    let part = |error: GenesisError| error.to_string();
    let continues = |wrong: &mut Document| wrong.continues.clone().unwrap();
    assert!(
        part(refused(&|wrong| {
            let mut from = continues(wrong);
            from.height = Height::ZERO;
            wrong.continues = Some(from);
        }))
        .contains("height")
    );
    assert!(
        part(refused(&|wrong| wrong
            .continues
            .as_mut()
            .unwrap()
            .state
            .reverse()))
        .contains("ascending")
    );
    assert!(part(refused(&|wrong| wrong.continues.as_mut().unwrap().state.clear())).contains("validators"));
    assert!(
        part(refused(
            &|wrong| wrong.continues.as_mut().unwrap().epoch = Epoch::new(77)
        ))
        .contains("validators")
    );
    let mut live = first.clone();
    live.network = Kind::Live;
    assert!(matches!(
        live.continued(0, from),
        Err(GenesisError::DevelopmentOnly(_))
    ));
}
