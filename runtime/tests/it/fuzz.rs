//! The fuzz bodies on random bytes, and on valid bytes with a few of them changed.

use crate::services::terms;
use crate::{burn, people, register, transfer};
use palisade_runtime::Message;
use primitives::codec::encode;
use primitives::{AccountId, Amount, Bps, ChainClock, Digest, Epoch, ServiceId, Shares};
use proptest::prelude::*;
use testing::fuzz::{
    fuzz_body, fuzz_dispatch, fuzz_genesis, fuzz_program, fuzz_receipt, fuzz_stored, fuzz_transaction,
};
use testing::{Chain, Draft, ValidatorKeys};

/// A body with one of everything.
fn rich(chain: &Chain) -> Draft {
    let (alice, bob) = people();
    let validator = alice.id();
    let amount = Amount::new(3);
    let mut messages = vec![
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
    messages.extend(restaking(validator));
    chain.draft(&alice, messages)
}

/// One of what operators, stakers, services and slashers ask.
fn restaking(operator: AccountId) -> Vec<Message> {
    let (vault, service, amount) = (Digest::new([1; 32]), ServiceId::new(1), Amount::new(3));
    let (shares, least) = (Shares::new(3), Shares::ZERO);
    let metadata = delegation::Metadata::new("an operator", "https://there.is/more").unwrap();
    let slash = slashing::RequestSlash {
        service,
        operator,
        class: 2,
        epoch: Epoch::new(1),
        fraction: Bps::ONE,
        reason: vault,
    };
    let deposit = vaults::Deposit {
        vault,
        amount,
        min_shares: least,
        max_open_slash: Bps::ONE,
    };
    let withdraw = vaults::Withdraw {
        vault,
        shares,
        beneficiary: operator,
        min_assets: amount,
    };
    let amend = vaults::AmendCharter {
        vault,
        charter: vaults::Charter::PLAIN,
    };
    let allocate = delegation::Allocate {
        vault,
        service,
        magnitude: delegation::Magnitude::WHOLE,
    };
    vec![
        Message::Vaults(vaults::Msg::Deposit(deposit)),
        Message::Vaults(vaults::Msg::Withdraw(withdraw)),
        Message::Vaults(vaults::Msg::AmendCharter(amend)),
        Message::Delegation(delegation::Msg::Register(delegation::Register { metadata })),
        Message::Delegation(delegation::Msg::Allocate(allocate)),
        Message::Dss(dss::Msg::Register(Box::new(terms(dss::Destination::Burn)))),
        Message::Dss(dss::Msg::Leave { service }),
        Message::Slashing(slashing::Msg::Request(slash)),
        Message::Slashing(slashing::Msg::Veto { request: 1 }),
    ]
}

fn request() -> Vec<u8> {
    encode(&slashing::Request {
        service: ServiceId::new(1),
        operator: AccountId::new([1; 32]),
        class: 2,
        epoch: Epoch::new(3),
        fraction: Bps::ONE,
        cap: Bps::ONE,
        liable_since: ChainClock::new(4),
        vaults: vec![Digest::new([5; 32]); 3],
        reason: Digest::new([6; 32]),
        slasher: AccountId::new([7; 32]),
        bond: Amount::new(8),
        asked_at: ChainClock::new(9),
        due_at: ChainClock::new(10),
        ending: slashing::Ending::Open,
    })
}

fn record() -> Vec<u8> {
    encode(&dss::Record {
        owner: AccountId::new([1; 32]),
        terms: terms(dss::Destination::Recipient(AccountId::new([2; 32]))),
        phase: dss::Phase::WindingDown {
            until: ChainClock::new(3),
        },
        bond: Amount::new(4),
        joined: 5,
        open_tasks: 6,
    })
}

fn program() -> Vec<u8> {
    wat::parse_str(crate::services::PROGRAM).unwrap()
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
        fuzz_stored(&bytes);
        fuzz_program(&bytes);
    }

    #[test]
    fn mutated_values_of_the_store_never_panic(bytes in prop_oneof![mutated(request()), mutated(record())]) {
        fuzz_stored(&bytes);
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 8_192, ..ProptestConfig::default() })]

    #[test]
    fn mutated_programs_end(bytes in mutated(program())) {
        fuzz_program(&bytes);
    }
}
