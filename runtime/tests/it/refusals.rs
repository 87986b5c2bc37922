//! Everything that keeps a transaction out of a block, each by its name, and what a block becomes that holds one.

use crate::{people, transfer};
use kernel::Fault;
use palisade_runtime::transaction::{MAX_MEMO_BYTES, MAX_MESSAGES, MAX_TRANSACTION_SIZE};
use palisade_runtime::{Body, Class, TransactionError, decode, sign_bytes, wire};
use primitives::{AccountId, Amount, ChainHash, Height};
use testing::{Account, Chain, Draft};

fn draft(chain: &Chain) -> Draft {
    let (alice, bob) = people();
    chain.draft(&alice, vec![transfer(&bob, 0, 5)])
}

/// Why the bytes never become a verified transaction.
fn refusal(chain: &Chain, bytes: &[u8]) -> TransactionError {
    match decode(&chain.hash(), bytes) {
        Ok(decoded) => decoded.verify().unwrap_err(),
        Err(error) => error,
    }
}

/// The reason after `change` to a good body.
fn changed(change: impl FnOnce(&mut Body)) -> TransactionError {
    let chain = Chain::new();
    let mut draft = draft(&chain);
    change(&mut draft.body);
    refusal(&chain, &draft.sign(&chain.hash()))
}

/// The envelope of a good draft with its parts changed.
fn envelope(change: impl FnOnce(&mut u8, &mut Vec<[u8; 32]>, &mut Vec<(u32, [u8; 64])>)) -> TransactionError {
    let chain = Chain::new();
    let draft = draft(&chain);
    let body = draft.body_bytes();
    let (mut threshold, mut keys) = (draft.signer.threshold(), draft.signer.public_keys());
    let mut signatures = draft.signer.sign(sign_bytes(&chain.hash(), &body).as_bytes());
    change(&mut threshold, &mut keys, &mut signatures);
    refusal(
        &chain,
        &wire::transaction::write_signed(&body, threshold, &keys, &signatures),
    )
}

#[test]
fn bytes_that_are_no_transaction_are_named() {
    let chain = Chain::new();
    let good = draft(&chain).sign(&chain.hash());
    assert!(decode(&chain.hash(), &good).unwrap().verify().is_ok());
    assert_eq!(
        refusal(&chain, &vec![0; MAX_TRANSACTION_SIZE + 1]).reason(),
        "TX_TOO_LARGE"
    );
    assert_eq!(refusal(&chain, &good[..good.len() - 1]).reason(), "MALFORMED");
    assert_eq!(refusal(&chain, &[]).reason(), "FIELD_INVALID");
    assert_eq!(refusal(&chain, b"hello").reason(), "MALFORMED");
    // Field 3 of the envelope, which nobody knows.
    let unknown = [good.as_slice(), &[0x18, 1]].concat();
    let error = refusal(&chain, &unknown);
    assert_eq!(error.reason(), "UNKNOWN_FIELD");
    assert!(error.metadata().contains(&("field", "3".to_owned())));
    // An empty authorization once more: it means nothing, and is another encoding.
    let twice = [good.as_slice(), &[0x12, 0]].concat();
    assert_eq!(refusal(&chain, &twice).reason(), "NOT_CANONICAL");
}

#[test]
fn a_body_has_one_encoding() {
    let chain = Chain::new();
    let signer = Account::named("alice");
    let good = draft(&chain).body_bytes();
    let with = |body: &[u8]| {
        let signatures = signer.sign(sign_bytes(&chain.hash(), body).as_bytes());
        refusal(
            &chain,
            &wire::transaction::write_signed(body, 1, &signer.public_keys(), &signatures),
        )
    };
    // `unordered` written out at its default.
    let default = [good.as_slice(), &[0x28, 0]].concat();
    assert_eq!(with(&default).reason(), "NOT_CANONICAL");
    // The timeout in more bytes than it needs.
    let timeout = good.iter().rposition(|byte| *byte == 0x30).unwrap();
    let mut long = good.clone();
    long[timeout + 1] |= 0x80;
    long.insert(timeout + 2, 0);
    assert_eq!(with(&long).reason(), "NOT_CANONICAL");
    // Field 8 of the body, and a field within a message, that nobody knows.
    let unknown = [good.as_slice(), &[0x40, 1]].concat();
    assert_eq!(with(&unknown).reason(), "UNKNOWN_FIELD");
    // Bytes of the other field first.
    let memo_first = [&[0x3a, 1, b'x'], good.as_slice()].concat();
    assert_eq!(with(&memo_first).reason(), "NOT_CANONICAL");
}

#[test]
fn fields_out_of_bounds_are_named() {
    assert_eq!(
        changed(|body| body.memo = "x".repeat(MAX_MEMO_BYTES + 1)).reason(),
        "FIELD_INVALID"
    );
    assert_eq!(changed(|body| body.messages.clear()).reason(), "MESSAGE_COUNT");
    assert_eq!(
        changed(|body| body.messages = vec![body.messages[0].clone(); MAX_MESSAGES + 1]).reason(),
        "MESSAGE_COUNT"
    );
    assert_eq!(
        changed(|body| body.timeout_height = Height::ZERO).reason(),
        "TIMEOUT_MISSING"
    );
    assert_eq!(
        changed(|body| body.fee.tip = Amount::new(1_001)).reason(),
        "TIP_ABOVE_MAX_PRICE"
    );
    assert_eq!(
        changed(|body| body.fee.max_price = Amount::MAX).reason(),
        "FEE_OVERFLOW"
    );
    let zero = changed(|body| body.messages = vec![transfer(&Account::named("bob"), 0, 0)]);
    assert_eq!(zero.reason(), "ZERO_AMOUNT");
    assert_eq!(zero.code(), Some(bank::ID.code(3)), "the module's own number");
    let locked = bank::Transfer {
        recipient: staking::bonding_account(),
        coin: crate::coin(0, 1),
    };
    let locked = palisade_runtime::Message::Bank(bank::Msg::Transfer(locked));
    assert_eq!(
        changed(|body| body.messages = vec![locked]).reason(),
        "LOCKED_ACCOUNT"
    );
    let numbered = changed(|body| {
        body.unordered = true;
        body.sequence = 1;
    });
    assert_eq!(numbered.reason(), "UNORDERED_SEQUENCE");
}

#[test]
fn keys_and_signatures_must_be_the_senders() {
    let wrong = changed(|body| body.sender = AccountId::new([1; 32]));
    assert_eq!(wrong.reason(), "WRONG_SENDER");
    let bob = Account::named("bob").public_keys()[0];
    assert_eq!(envelope(|_, keys, _| keys[0] = bob).reason(), "WRONG_SENDER");
    assert_eq!(envelope(|_, keys, _| keys.push(keys[0])).reason(), "KEYS_INVALID");
    assert_eq!(
        envelope(|threshold, _, _| *threshold = 2).reason(),
        "KEYS_INVALID"
    );
    assert_eq!(
        envelope(|_, keys, _| keys[0] = [0xff; 32]).reason(),
        "KEYS_INVALID"
    );
    let mut identity = [0; 32];
    identity[0] = 1;
    assert_eq!(
        envelope(|_, keys, _| keys[0] = identity).reason(),
        "KEY_OF_SMALL_ORDER"
    );
    assert_eq!(
        envelope(|_, _, signatures| signatures.clear()).reason(),
        "SIGNATURE_COUNT"
    );
    assert_eq!(
        envelope(|_, _, signatures| signatures[0].0 = 1).reason(),
        "KEY_INDEX"
    );
    assert_eq!(
        envelope(|_, _, signatures| signatures[0].1[5] ^= 1).reason(),
        "BAD_SIGNATURE"
    );
}

#[test]
fn several_signatures_must_ascend() {
    let chain = Chain::new();
    let signer = Account::multisig(2, &["one", "two"]);
    let draft = Draft::new(&signer, vec![transfer(&signer, 0, 1)], 0, Height::new(9));
    let body = draft.body_bytes();
    let mut signatures = signer.sign(sign_bytes(&chain.hash(), &body).as_bytes());
    signatures.reverse();
    let bytes = wire::transaction::write_signed(&body, 2, &signer.public_keys(), &signatures);
    assert_eq!(refusal(&chain, &bytes).reason(), "SIGNATURE_ORDER");
    let twice = [signatures[0], signatures[0]];
    let bytes = wire::transaction::write_signed(&body, 2, &signer.public_keys(), &twice);
    assert_eq!(refusal(&chain, &bytes).reason(), "SIGNATURE_ORDER");
}

#[test]
fn a_transaction_for_another_chain_is_simply_not_signed() {
    let chain = Chain::new();
    let bytes = draft(&chain).sign(&ChainHash::new([1; 32]));
    let error = refusal(&chain, &bytes);
    assert_eq!(error.reason(), "BAD_SIGNATURE");
    assert!(error.hint().contains("another chain"));
}

#[test]
fn an_id_is_found_without_reading_the_rest() {
    let chain = Chain::new();
    let bytes = draft(&chain).sign(&chain.hash());
    let id = decode(&chain.hash(), &bytes).unwrap().transaction().id();
    assert_eq!(palisade_runtime::peek_id(&chain.hash(), &bytes), id);
    for other in [
        &[][..],
        &bytes[1..],
        &bytes[..20],
        &[0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
    ] {
        assert!(palisade_runtime::peek_id(&chain.hash(), other).is_zero());
    }
}

#[test]
fn a_batch_gives_each_its_own_verdict() {
    let chain = Chain::new();
    let mut good = Vec::new();
    for sequence in 0..40 {
        let mut bytes = draft(&chain).with_sequence(sequence).sign(&chain.hash());
        if sequence % 7 == 3 {
            let last = bytes.len() - 1;
            bytes[last] ^= 1;
        }
        good.push(decode(&chain.hash(), &bytes).unwrap());
    }
    let mut rng = <rand_chacha::ChaCha8Rng as rand_chacha::rand_core::SeedableRng>::seed_from_u64(1);
    let single: Vec<bool> = good.iter().map(|one| one.clone().verify().is_ok()).collect();
    let verdicts = palisade_runtime::verify_batch(good, &mut rng);
    assert_eq!(verdicts.iter().map(Result::is_ok).collect::<Vec<_>>(), single);
    assert_eq!(single.iter().filter(|ok| !**ok).count(), 6);
}

/// The reason why a verified transaction may not be the next.
fn out_of_place(draft: impl FnOnce(&mut Chain) -> Draft) -> TransactionError {
    let mut chain = Chain::new();
    let draft = draft(&mut chain);
    let verified = decode(&chain.hash(), &draft.sign(&chain.hash()))
        .unwrap()
        .verify()
        .unwrap();
    let pricing = palisade_runtime::authorize::Pricing::of(chain.state()).unwrap();
    let next = chain.height().next().unwrap();
    let outcome =
        palisade_runtime::authorize::authorize(chain.state(), &pricing, next, verified.transaction());
    outcome.unwrap_err()
}

#[test]
fn a_transaction_out_of_turn_or_money_is_named() {
    let (alice, bob) = people();
    let replayed = out_of_place(|chain| {
        let first = draft(chain);
        chain.submit(&first);
        chain.next_block();
        first
    });
    assert_eq!(
        (replayed.reason(), replayed.class()),
        ("SEQUENCE_MISMATCH", Class::Sequence)
    );
    let early = out_of_place(|chain| draft(chain).with_sequence(3));
    assert_eq!(early.reason(), "SEQUENCE_MISMATCH");
    assert!(early.metadata().contains(&("expected", "0".to_owned())));
    let late = out_of_place(|chain| {
        chain.next_block();
        chain.next_block();
        draft(chain).until(Height::new(2))
    });
    assert_eq!((late.reason(), late.class()), ("EXPIRED", Class::Expired));
    assert_eq!(
        out_of_place(|chain| draft(chain).with_fee(300_000, 0, 0)).reason(),
        "FEE_TOO_LOW"
    );
    assert_eq!(
        out_of_place(|chain| draft(chain).with_fee(1, 10, 0)).reason(),
        "GAS_LIMIT_TOO_LOW"
    );
    assert_eq!(
        out_of_place(|chain| draft(chain).with_fee(u64::MAX, 10, 0)).reason(),
        "GAS_LIMIT_TOO_HIGH"
    );
    let poor = Account::named("poor");
    let error = out_of_place(|chain| chain.draft(&poor, vec![transfer(&bob, 0, 1)]));
    assert_eq!(
        (error.reason(), error.class()),
        ("INSUFFICIENT_FUNDS", Class::Funds)
    );
    assert!(error.metadata().contains(&("have", "0".to_owned())));
    // The last height at which it is valid.
    let chain = Chain::new();
    let last = chain
        .draft(&alice, vec![transfer(&bob, 0, 1)])
        .until(Height::new(1));
    let verified = decode(&chain.hash(), &last.sign(&chain.hash()))
        .unwrap()
        .verify()
        .unwrap();
    let pricing = palisade_runtime::authorize::Pricing::of(chain.state()).unwrap();
    let at = |height| {
        palisade_runtime::authorize::authorize(
            chain.state(),
            &pricing,
            Height::new(height),
            verified.transaction(),
        )
        .is_ok()
    };
    assert!(at(1) && !at(2));
}

#[test]
fn every_refusal_has_its_own_number_and_a_hint() {
    let errors = [
        changed(|body| body.memo = "x".repeat(257)),
        changed(|body| body.messages.clear()),
        changed(|body| body.timeout_height = Height::ZERO),
        changed(|body| body.fee.tip = Amount::new(1_001)),
        changed(|body| body.fee.max_price = Amount::MAX),
        changed(|body| body.sender = AccountId::new([1; 32])),
        envelope(|_, _, signatures| signatures.clear()),
        envelope(|_, _, signatures| signatures[0].0 = 1),
        envelope(|_, _, signatures| signatures[0].1[5] ^= 1),
        envelope(|threshold, _, _| *threshold = 2),
        out_of_place(|chain| draft(chain).with_sequence(3)),
        out_of_place(|chain| draft(chain).with_fee(300_000, 0, 0)),
        out_of_place(|chain| draft(chain).with_fee(1, 10, 0)),
        out_of_place(|chain| draft(chain).with_fee(u64::MAX, 10, 0)),
    ];
    let mut codes: Vec<_> = errors.iter().map(|error| error.code().unwrap()).collect();
    codes.sort();
    codes.dedup();
    assert_eq!(codes.len(), errors.len());
    for error in &errors {
        assert!(!error.hint().is_empty() && error.reason().len() <= 63);
    }
}
