//! Digests of what consensus stores of Bitcoin. One that changes is a change of consensus: it needs everyone's
//! agreement, and then the new digest in conformance.txt.

use palisade_light_bitcoin::deposit::{DepositKey, memo_of};
use palisade_light_bitcoin::{
    BlockId, Checkpoint, InclusionProof, Lane, Level, Network, Outpoint, Payout, Script, Tip, TxId,
};
use primitives::codec::{Encode, encode};
use primitives::{AccountId, Digest};

const PINNED: &str = include_str!("../conformance.txt");

fn of<T: Encode + ?Sized>(value: &T) -> String {
    of_bytes(&encode(value))
}

fn of_bytes(bytes: &[u8]) -> String {
    hex::encode(crypto::hash::sha256(&[bytes]))
}

fn of_headers() -> Vec<(&'static str, String)> {
    let mut checkpoint = Checkpoint::genesis(Network::Regtest);
    let (id, mut record) = checkpoint.root(&Network::Regtest.rules()).unwrap();
    for time in 1..20 {
        record.times = record.times.then(time);
    }
    checkpoint.times = record.times;
    record.warped_at = Some(2_016);
    let level = Level {
        best: Some(id),
        rivals: vec![BlockId::new([1; 32]), BlockId::new([2; 32])],
    };
    let tip = Tip {
        id,
        height: 3,
        work: record.work,
        floor: 1,
    };
    let networks = [
        Network::Mainnet,
        Network::Testnet4,
        Network::Signet,
        Network::Regtest,
    ];
    vec![
        ("bitcoin header", of(&checkpoint.header)),
        ("bitcoin record", of(&record)),
        ("bitcoin level", of(&level)),
        ("bitcoin tip", of(&tip)),
        ("bitcoin checkpoint", of(&checkpoint)),
        ("bitcoin networks", of(&networks)),
    ]
}

fn of_payments() -> Vec<(&'static str, String)> {
    let lane = Lane {
        script: Script::P2wsh([4; 32]),
        tag: *b"test",
        least: 5,
    };
    let key = DepositKey {
        outpoint: Outpoint {
            txid: TxId::new([6; 32]),
            vout: 7,
        },
        block: Network::Regtest.genesis().id(),
    };
    let proof = InclusionProof {
        index: 8,
        branch: vec![Digest::new([9; 32])],
        coinbase: vec![10, 11],
        coinbase_branch: vec![Digest::new([12; 32])],
    };
    let payout = Payout {
        script: Script::P2tr([13; 32]),
        sats: 14,
    };
    let memo = memo_of(lane.tag, &AccountId::new([15; 32]));
    vec![
        ("bitcoin lane", of(&lane)),
        ("bitcoin deposit key", of(&key)),
        ("bitcoin memo", of_bytes(&memo)),
        ("bitcoin inclusion proof", of(&proof)),
        ("bitcoin payout", of(&payout)),
    ]
}

#[test]
fn no_encoding_that_is_stored_has_changed() {
    let found: String = [of_headers(), of_payments()]
        .concat()
        .iter()
        .map(|(name, digest)| format!("{digest}  {name}\n"))
        .collect();
    assert!(
        found == PINNED,
        "an encoding has changed. If that is meant, put this into tests/conformance.txt:\n\n{found}"
    );
}
