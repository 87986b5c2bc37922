//! The fuzz bodies on random bytes, and on valid bytes with a few of them changed.

use crate::{burn, people, register, transfer};
use palisade_runtime::Message;
use primitives::Amount;
use primitives::codec::encode;
use proptest::prelude::*;
use testing::fuzz::{fuzz_body, fuzz_dispatch, fuzz_genesis, fuzz_receipt, fuzz_transaction};
use testing::{Chain, Draft, ValidatorKeys};

/// A body with one of everything.
fn rich(chain: &Chain) -> Draft {
    let (alice, bob) = people();
    let validator = alice.id();
    let amount = Amount::new(3);
    let messages = vec![
        transfer(&bob, 0, 5),
        burn(0, 1),
        register(7, "SEVEN"),
        Message::Staking(staking::Msg::RegisterValidator(
            ValidatorKeys::named("v").registration(Amount::new(2_000_000_000)),
        )),
        Message::Staking(staking::Msg::Bond(staking::Bond { validator, amount })),
        Message::Staking(staking::Msg::Unbond(staking::Unbond { validator, amount })),
        Message::Staking(staking::Msg::ClaimRewards(staking::ClaimRewards { validator })),
    ];
    chain.draft(&alice, messages)
}

fn mutated(source: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let length = source.len();
    let edit = (0..length, any::<u8>(), 0u8..3);
    proptest::collection::vec(edit, 0..4).prop_map(move |edits| {
        let mut bytes = source.clone();
        for (at, value, kind) in edits {
            let at = at.min(bytes.len().saturating_sub(1));
            match kind {
                0 => bytes[at] = value,
                1 => bytes.insert(at, value),
                _ => {
                    bytes.remove(at);
                }
            }
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        fuzz_transaction(&bytes);
        fuzz_body(&bytes);
        fuzz_receipt(&bytes);
        fuzz_genesis(&bytes);
        fuzz_dispatch(&bytes);
    }

    #[test]
    fn mutated_transactions_never_panic(bytes in mutated({
        let chain = Chain::new();
        rich(&chain).sign(&chain.hash())
    })) {
        fuzz_transaction(&bytes);
    }

    #[test]
    fn mutated_bodies_never_panic_or_halt(bytes in mutated(rich(&Chain::new()).body_bytes())) {
        fuzz_body(&bytes);
        fuzz_dispatch(&bytes);
    }

    #[test]
    fn mutated_receipts_never_panic(bytes in mutated({
        let (alice, bob) = people();
        encode(&Chain::new().send(&alice, vec![transfer(&bob, 0, 5)]))
    })) {
        fuzz_receipt(&bytes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn mutated_genesis_documents_never_panic(bytes in mutated(
        Chain::new().document.to_json().unwrap().into_bytes()
    )) {
        fuzz_genesis(&bytes);
    }
}
