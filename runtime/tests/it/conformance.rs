//! Digests of every encoding that consensus hashes, signs or stores. One that changes is a change of consensus: it
//! needs everyone's agreement, and then the new digest in conformance.txt.

use crate::{coin, register};
use crypto::bls::{KeyBytes, SignatureBytes};
use crypto::hash::sha256;
use crypto::statement::{self, Quote};
use kernel::{Attribute, Code, Event, ModuleId, Name, ShortBytes, Value};
use light_palisade::{
    Bitmap, Block, Certificate, Evidence, Header, Justification, Statement, Validator, ValidatorIndex,
    ValidatorSet, Vote,
};
use oracle::{Bounds, Feed, Outcome, Pair, Round, Rules, Weighing};
use palisade_runtime::{Failure, Params, Receipt, genesis, sign_bytes};
use primitives::codec::encode;
use primitives::{
    AccountId, Amount, AssetId, BlockHash, Bps, ChainClock, ChainHash, Digest, Epoch, Gas, Height, Millis,
    Power, Ratio, ServiceId, Shares, Timestamp, TxId, View,
};
use testing::{Account, Draft};

const PINNED: &str = include_str!("../conformance.txt");

fn header() -> Header {
    let digest = |n: u8| Digest::new([n; 32]);
    Header {
        version: 1,
        chain_hash: ChainHash::new([1; 32]),
        height: Height::new(2),
        epoch: Epoch::new(3),
        view: View::new(4),
        parent: BlockHash::new([5; 32]),
        proposer: ValidatorIndex::new(6),
        time: Timestamp::new(7),
        chain_clock: ChainClock::new(8),
        transactions_root: digest(9),
        justification_root: digest(10),
        evidence_root: digest(11),
        validators_root: digest(12),
        next_validators_root: digest(13),
        state_root: digest(14),
        receipts_root: digest(15),
        outbox_root: digest(16),
        seed: digest(17),
    }
}

fn statement() -> Statement {
    let (epoch, view, parent_view, block) =
        (Epoch::new(1), View::new(2), View::new(1), BlockHash::new([3; 32]));
    Statement::Finalize {
        epoch,
        view,
        parent_view,
        block,
    }
}

fn certificate() -> Certificate {
    let signers = Bitmap::new(9, [0, 3, 8].map(ValidatorIndex::new));
    Certificate {
        statement: statement(),
        signers,
        signature: SignatureBytes([4; 48]),
    }
}

fn vote() -> Vote {
    let nullify = Statement::Nullify {
        epoch: Epoch::new(1),
        view: View::new(2),
    };
    Vote {
        statement: nullify,
        signer: ValidatorIndex::new(3),
        signature: SignatureBytes([4; 48]),
    }
}

/// An event with a value of every kind.
fn event() -> Event {
    let values = [
        Value::Account(AccountId::new([1; 32])),
        Value::Operator(AccountId::new([2; 32])),
        Value::Vault(Digest::new([3; 32])),
        Value::ConsensusKey(Digest::new([4; 32])),
        Value::Digest(Digest::new([5; 32])),
        Value::Asset(AssetId::new(6)),
        Value::Id(7),
        Value::Amount(Amount::new(8)),
        Value::Shares(Shares::new(9)),
        Value::Power(Power::new(10)),
        Value::Bps(Bps::ONE),
        Value::Ratio(Ratio::ONE),
        Value::Number(11),
        Value::Height(Height::new(12)),
        Value::Epoch(Epoch::new(13)),
        Value::Timestamp(Timestamp::new(14)),
        Value::ChainClock(ChainClock::new(15)),
        Value::Millis(Millis::new(16)),
        Value::Flag(true),
        Value::Label(Name::new("label").unwrap()),
        Value::Code(Code { module: 1, number: 2 }),
        Value::Bytes(ShortBytes::truncated(b"bytes")),
    ];
    let attributes = values
        .into_iter()
        .map(|value| (Name::new("value").unwrap(), value))
        .collect();
    Event {
        module: 3,
        name: Name::new("Happened").unwrap(),
        attributes,
    }
}

fn receipt() -> Receipt {
    Receipt {
        id: TxId::new([1; 32]),
        failure: Some(Failure {
            message: 2,
            code: bank::ID.code(1),
        }),
        gas_used: Gas::new(3),
        fee: Amount::new(4),
        events: vec![event()],
    }
}

fn transferred() -> Event {
    let (sender, recipient) = (AccountId::new([1; 32]), AccountId::new([2; 32]));
    Event::new(&bank::Transferred {
        sender,
        recipient,
        coin: coin(0, 5),
    })
    .unwrap()
}

fn set() -> ValidatorSet {
    let validator = |n: u8| Validator {
        key: KeyBytes([n; 96]),
        weight: Power::new(u64::from(n)),
        operator: AccountId::new([n; 32]),
        p2p_key: [n; 32],
    };
    ValidatorSet {
        epoch: Epoch::new(1),
        ends_at: ChainClock::new(2),
        validators: (1..4).map(validator).collect(),
    }
}

fn of(bytes: &[u8]) -> String {
    hex::encode(sha256(&[bytes]))
}

fn block() -> Block {
    Block {
        header: header(),
        justification: Justification {
            parent: Some(certificate()),
            nullifications: vec![certificate()],
        },
        seed_signature: SignatureBytes([5; 48]),
        evidence: vec![
            Evidence::Votes(vote(), vote()),
            Evidence::Certificates(certificate(), certificate()),
        ],
        transactions: vec![b"one".to_vec(), b"two".to_vec()],
    }
}

/// What validators and verifiers hash, sign and send.
fn of_consensus() -> Vec<(&'static str, String)> {
    let hash = ChainHash::new([1; 32]);
    vec![
        ("header", of(&encode(&header()))),
        ("header hash", header().hash().to_string()),
        ("vote", of(&encode(&vote()))),
        ("sign bytes of a vote", of(&vote().statement.sign_bytes(&hash))),
        ("sign bytes of a finalization", of(&statement().sign_bytes(&hash))),
        ("certificate", of(&encode(&certificate()))),
        ("justification root", block().justification.root().to_string()),
        (
            "evidence root",
            Block::evidence_root(&block().evidence).to_string(),
        ),
        ("block", of(&encode(&block()))),
        ("validator set", of(&encode(&set()))),
        ("validator set root", set().root().to_string()),
    ]
}

/// What execution takes and leaves.
fn of_execution() -> Vec<(&'static str, String)> {
    let alice = Account::named("alice");
    let draft = Draft::new(&alice, vec![register(7, "SEVEN")], 0, Height::new(9));
    let hash = ChainHash::new([1; 32]);
    let body = draft.body_bytes();
    vec![
        ("event", of(&encode(&event()))),
        ("transfer event", of(&encode(&transferred()))),
        ("receipt", of(&encode(&receipt()))),
        (
            "receipts root",
            palisade_runtime::receipts_root(&[receipt(), receipt()]).to_string(),
        ),
        ("transaction body", of(&body)),
        ("transaction id", sign_bytes(&hash, &body).to_string()),
        ("signed transaction", of(&draft.sign(&hash))),
        ("account", alice.id().to_string()),
        (
            "account of three keys",
            Account::multisig(2, &["one", "two", "three"]).id().to_string(),
        ),
        ("module account", staking::bonding_account().to_string()),
        ("parameters", of(&encode(&Params::mainnet()))),
        ("staking parameters", of(&encode(&staking::Params::mainnet()))),
        ("vault parameters", of(&encode(&vaults::Params::mainnet()))),
        (
            "delegation parameters",
            of(&encode(&delegation::Params::mainnet())),
        ),
        ("reward parameters", of(&encode(&rewards::Params::standard()))),
        (
            "governance parameters",
            of(&encode(&governance::Params::mainnet())),
        ),
        ("actions of proposals", of(&encode(&crate::governance::actions()))),
    ]
}

fn rules_of_a_feed() -> Rules {
    Rules {
        pair: Pair {
            base: AssetId::new(1),
            quote: AssetId::PAL,
        },
        decimals: 2,
        bounds: Bounds { least: 1, most: 9 },
        every: Millis::new(10),
        commit: Millis::new(3),
        reveal: Millis::new(4),
        tolerance: Bps::ONE,
        fee: coin(0, 5),
        weighing: Weighing::Power,
    }
}

/// What operators of services sign, and what an oracle keeps.
fn of_prices() -> Vec<(&'static str, String)> {
    let (chain, operator) = (ChainHash::new([1; 32]), AccountId::new([2; 32]));
    let quote = Quote {
        feed: 3,
        round: 4,
        value: 5,
        salt: Digest::new([6; 32]),
    };
    let statement = statement::sign_bytes(&chain, ServiceId::new(1), 3, 9, &quote.hash());
    let hidden = statement::commitment(&operator, 3, &quote.hash(), &quote.salt);
    let rules = rules_of_a_feed();
    let bounds = rules.bounds;
    let feed = Feed {
        service: ServiceId::new(1),
        rules,
        rounds: 2,
        open: true,
        due: ChainClock::new(3),
        ended: false,
        deposits: 4,
    };
    let outcome = Outcome {
        price: Some(5),
        revealed: 6,
        shown: dss::Seats::from_bits(7),
        near: dss::Seats::from_bits(3),
        paid: Amount::new(8),
    };
    let round = Round {
        epoch: Epoch::new(1),
        opened_at: ChainClock::new(2),
        commit_until: ChainClock::new(3),
        reveal_until: ChainClock::new(4),
        bounds,
        fee: Amount::new(5),
        payers: vec![(operator, Amount::new(5))],
        weights: vec![1, 2],
        total: 3,
        outcome: Some(outcome),
    };
    let source = [
        assets::Source::Feed(1),
        assets::Source::Stated(Ratio::from_raw(2)),
    ];
    vec![
        ("quote", quote.hash().to_string()),
        ("statement of a service", statement.to_string()),
        ("commitment to an answer", hidden.to_string()),
        ("feed", of(&encode(&feed))),
        ("round", of(&encode(&round))),
        ("oracle parameters", of(&encode(&oracle::Params::mainnet()))),
        ("sources of prices", of(&encode(&source.to_vec()))),
        ("valuation parameters", of(&encode(&assets::Params::mainnet()))),
    ]
}

/// What a chain starts with, and where a block leads it.
fn of_a_chain() -> Vec<(&'static str, String)> {
    let chain = testing::Chain::new();
    let exported = chain.view(|view| genesis::export(view).unwrap());
    let mut busy = chain.clone();
    busy.send(&Account::named("alice"), vec![register(7, "SEVEN")]);
    vec![
        (
            "staking tables",
            of(&encode(&exported.modules.staking.resumed.unwrap())),
        ),
        (
            "vault tables",
            of(&encode(&exported.modules.vaults.resumed.unwrap())),
        ),
        (
            "delegation tables",
            of(&encode(&exported.modules.delegation.resumed.unwrap())),
        ),
        (
            "reward tables",
            of(&encode(&exported.modules.rewards.resumed.unwrap())),
        ),
        (
            "power tables",
            of(&encode(&exported.modules.service_consensus.resumed.unwrap())),
        ),
        (
            "governance tables",
            of(&encode(&exported.modules.governance.resumed.unwrap())),
        ),
        ("genesis", of(&chain.document.canonical())),
        ("chain hash", chain.hash().to_string()),
        ("state root at genesis", chain.start.state.root().to_string()),
        ("changes of a block", of(&encode(&busy.last().executed.changes))),
        ("state root after a block", busy.state().root().to_string()),
        ("block hash", busy.last().block.hash().to_string()),
    ]
}

#[test]
fn no_encoding_that_consensus_uses_has_changed() {
    let all = [of_consensus(), of_execution(), of_prices(), of_a_chain()].concat();
    let found: String = all
        .iter()
        .map(|(name, digest)| format!("{digest}  {name}\n"))
        .collect();
    assert!(
        found == PINNED,
        "an encoding has changed. If that is meant, put this into runtime/tests/conformance.txt:\n\n{found}"
    );
}

#[test]
fn attributes_keep_their_kinds() {
    let attribute = Attribute::new("amount", Amount::new(1));
    assert_eq!(attribute.value, Value::Amount(Amount::new(1)));
    assert_eq!(ModuleId::KERNEL.number(), 0);
}
